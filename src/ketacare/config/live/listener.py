"""The listener: granian in this process, in front of ketacare.config.asgi."""

import asyncio
import contextlib
import io
import signal
from argparse import Namespace

from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from ketacare.config.asgi import application
from ketacare.config.live.runtime import running

TRY_EVERY_S = 0.05
MOST_CONNECTIONS = 4096  # open at once: monitors and pages keep theirs; whoever is one too many waits without a word


def unready() -> str | None:
    """Why the software may not serve this database now: an old schema, lost guards, a broken setting."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "ketacare: refused: the database is not up to date. Run 'ketacare migrate' first."
    try:
        call_command("check", databases=["default"], stdout=io.StringIO())
    except SystemCheckError as error:
        return f"ketacare: refused: {error}"
    finally:
        connection.close()
    return None


async def serve(options: Namespace) -> None:
    """Listen until told to stop; then let streams and replies end first."""
    server = Server(
        application,
        address=options.bind,
        port=options.port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.error,
        backlog=MOST_CONNECTIONS,
        backpressure=MOST_CONNECTIONS,
        ssl_cert=options.tls_cert,
        ssl_key=options.tls_key,
    )
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop, server)
    announcing = asyncio.create_task(announce(options))
    await server.serve()
    announcing.cancel()


def stop(server: Server) -> None:
    """End gracefully: open streams would otherwise hold the listener for ever."""
    running.close_streams()
    server.stop()


async def announce(options: Namespace) -> None:
    """Print the address once it answers. localhost, never 127.0.0.1: passkeys work on the first alone."""
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(options.bind, options.port)
            writer.close()
            break
        await asyncio.sleep(TRY_EVERY_S)
    scheme = "https" if options.tls_cert else "http"
    print(f"{scheme}://{options.host_shown}:{options.port}", flush=True)
