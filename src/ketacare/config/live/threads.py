"""The threads behind the listener: database work of the live parts, and the loops that run beside it."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")
WORKERS = 4

_pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="live")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do blocking work, the database above all, off the event loop."""
    call = functools.partial(_with_fresh_connection, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def _with_fresh_connection(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As Django does around a request: a connection that has died or grown old is not used again."""
    close_old_connections()
    try:
        return work(*args, **kwargs)
    finally:
        close_old_connections()
