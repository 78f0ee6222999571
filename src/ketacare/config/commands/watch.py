"""ketacare watch: the clock alone, for a service that runs it apart from the web application."""

import argparse
import signal
from threading import Event

from ketacare.config.live import watcher


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """This command takes none."""


def run(options: argparse.Namespace) -> int:
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    print("watching", flush=True)
    watcher.watch(stop)
    return 0
