"""ketacare demo: a clinic of made-up people at work, served on this machine."""

import argparse
import asyncio
import importlib
import os
import socket
import sys
import time
import webbrowser
from argparse import Namespace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import django
from django.conf import settings

from ketacare.config.commands.serve import taken
from ketacare.config.demo import apart

LOOPBACK = "127.0.0.1"
JOIN_S = 15
TRY_EVERY_S = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="default: %(default)s")
    parser.add_argument(
        "--seed", type=int, help="other people: any whole number (default: those of the last start, or 1)"
    )
    parser.add_argument("--fresh", action="store_true", help="make the day anew, also when the last one is not over")
    parser.add_argument("--open", action="store_true", help="open the address in a browser")


def run(options: argparse.Namespace) -> int:
    if complaint := taken(LOOPBACK, options.port):
        print(complaint, file=sys.stderr)
        return 1
    var = apart.settle()
    os.environ["KETACARE_PUBLIC_URL"] = f"http://localhost:{options.port}"  # where the links in messages lead
    django.setup()
    opening = importlib.import_module("ketacare.config.demo.opening")  # only now: it reads the settings
    lock = opening.take(var)
    if lock is None:
        print(f"ketacare: refused: another demo is running on {var}. Stop it first.", file=sys.stderr)
        return 1
    with lock:
        try:
            serve(opening, options, var)
        except KeyboardInterrupt:
            return 1
    return 0


def serve(opening: Any, options: argparse.Namespace, var: Path) -> None:
    """Make the clinic, then serve it while the shift goes on."""
    team = opening.open_or_go_on(var, seed=options.seed, is_fresh=options.fresh, say=say)
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when it is missing
    print(opening.log_ins(), flush=True)
    print(f"What patients are sent is not sent: it lies in {var / 'mail'} and {var / 'texts'}.", flush=True)
    if options.open:
        Thread(target=open_browser, args=(options.port,), daemon=True).start()
    stop = Event()
    shift = Thread(target=opening.play, args=(team, stop), name="demo-shift")
    shift.start()
    listener = importlib.import_module("ketacare.config.live.listener")
    try:
        asyncio.run(listener.serve(served(options.port)))
    finally:
        stop.set()
        shift.join(JOIN_S)


def served(port: int) -> Namespace:
    """What the listener is to listen on."""
    return Namespace(bind=LOOPBACK, host_shown="localhost", port=port, tls_cert=None, tls_key=None)


def say(step: str) -> None:
    """Tell what takes a while."""
    print(f"» {step}", file=sys.stderr, flush=True)


def open_browser(port: int) -> None:
    """Open the address once it answers."""
    while True:
        try:
            socket.create_connection((LOOPBACK, port)).close()
        except OSError:
            time.sleep(TRY_EVERY_S)
        else:
            webbrowser.open(f"http://localhost:{port}")
            return
