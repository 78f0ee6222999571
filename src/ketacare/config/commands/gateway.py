"""ketacare gateway: takes what bedside monitors send as HL7 v2 over MLLP and hands it to the server."""

import argparse
import asyncio
import os
import signal
import ssl
import sys
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ketacare.config.commands.serve import taken, unreadable, unsafe
from ketacare.config.live.gateway import Gateway
from ketacare.config.live.mllp import Limits
from ketacare.config.live.posting import Door, Post

TOKEN = "KETACARE_DEVICE_TOKEN"  # noqa: S105  (where the token is, not the token)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"The token of a gateway, made on the page of devices, is read from {TOKEN}. A message is acknowledged (AA) only when "
        "all of it is durable on the server; else the answer says why (AE, AR), and the monitor sends it again."
    )
    parser.add_argument(
        "--listen", type=address, default=("127.0.0.1", 2575), metavar="HOST:PORT", help="default: 127.0.0.1:2575"
    )
    parser.add_argument("--server", required=True, metavar="URL", help="where ketacare serves")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate of this gateway, PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key, PEM")
    parser.add_argument(
        "--tls-client-ca", type=Path, metavar="FILE", help="only clients with a certificate of this one"
    )
    parser.add_argument("--behind-proxy", action="store_true", help="a proxy in front does the encryption")
    parser.add_argument("--ca", metavar="FILE", help="the authority that signed the server's certificate, PEM")
    parser.add_argument(
        "--time-zone", type=zone, default=ZoneInfo("UTC"), metavar="NAME", help="of times without an offset (UTC)"
    )
    parser.add_argument(
        "--frame-seconds", type=float, default=20, metavar="S", help="how long one message may take (20)"
    )


def run(options: argparse.Namespace) -> int:
    options.bind, options.port = options.listen
    if complaint := unsafe(options) or unreadable(options) or taken(options.bind, options.port):
        print(complaint.replace("--port", "--listen"), file=sys.stderr)
        return 1
    if not (token := os.environ.get(TOKEN, "")):
        print(f"ketacare: refused: {TOKEN} holds no token.", file=sys.stderr)
        return 1
    try:
        door = Door(url=options.server, token=token, ca=options.ca)
    except ValueError as error:
        print(f"ketacare: refused: {error}", file=sys.stderr)
        return 1
    asyncio.run(serve(options, door))
    return 0


async def serve(options: argparse.Namespace, door: Door) -> None:
    """Listen until told to stop, then say what came of it."""
    gateway = Gateway(post=Post(door=door), zone=options.time_zone, limits=Limits(frame_s=options.frame_seconds))
    posting = asyncio.create_task(gateway.post.run())
    server = await asyncio.start_server(
        gateway.serve, options.bind, options.port, ssl=tls(options), limit=gateway.limits.most_bytes
    )
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    print(f"ketacare: gateway listening on {options.bind} port {options.port}", flush=True)
    await stop.wait()
    server.close()
    await gateway.close()
    posting.cancel()
    for name, number in sorted(gateway.counts.items()):
        print(f"{number} {name}")


def tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    """The gateway's own certificate, and whose clients it lets in."""
    if options.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    if options.tls_client_ca is not None:
        context.load_verify_locations(options.tls_client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError("must be HOST:PORT")
    return host.strip("[]"), int(port)


def zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError("is no time zone") from error
