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
_drawing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drawing")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do blocking work, the database above all, off the event loop."""
    return await _run(_pool, functools.partial(work, *args, **kwargs))


async def in_turn(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for what is drawn for screens, one after the other: four that draw at once would leave the writer a fifth of the processor."""
    return await _run(_drawing, functools.partial(work, *args, **kwargs))


async def _run(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, _with_fresh_connection, work)


def _with_fresh_connection(work: Callable[[], T]) -> T:
    """As Django does around a request: a connection that has died or grown old is not used again."""
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
