"""ketacare serve: the clinic's web application on one address."""

import argparse
import asyncio
import gc
import importlib
import os
import socket
import sys
from pathlib import Path

import django
from django.conf import settings

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
NEEDS_TLS = """\
ketacare: refused: {bind} can be reached from other machines, and patients' data must not travel unencrypted.
Either let a proxy of yours do the encryption and say --behind-proxy, or give --tls-cert and --tls-key.
A certificate of a small private authority will do; make it once:

  openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj "/CN=Clinic CA" -keyout ca.key -out ca.pem
  openssl req -newkey rsa:2048 -nodes -subj "/CN=ketacare.lan" -keyout ketacare.key -out ketacare.csr
  printf 'subjectAltName=DNS:ketacare.lan' > san.txt
  openssl x509 -req -days 825 -in ketacare.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san.txt -out ketacare.pem

Install ca.pem as a trusted authority on the clinic's devices, keep ca.key offline, and set KETACARE_HOSTS=ketacare.lan."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="default: %(default)s")
    parser.add_argument(
        "--bind", default="127.0.0.1", metavar="ADDRESS", help="default: this machine only (%(default)s)"
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate, PEM")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key, PEM")
    parser.add_argument("--behind-proxy", action="store_true", help="a proxy in front does the encryption")


def run(options: argparse.Namespace) -> int:
    if complaint := unsafe(options) or unreadable(options) or taken(options.bind, options.port):
        print(complaint, file=sys.stderr)
        return 1
    gc.disable()  # what is loaded now stays for good: to look through it again and again costs a tenth of the start
    prepare(options)
    listener = importlib.import_module("ketacare.config.live.listener")  # only now: it reads the settings
    if complaint := listener.unready():
        print(complaint, file=sys.stderr)
        return 1
    gc.freeze()
    gc.enable()
    asyncio.run(listener.serve(options))
    return 0


def unsafe(options: argparse.Namespace) -> str | None:
    """Why this address may not be served as asked, if it may not."""
    if (options.tls_cert is None) != (options.tls_key is None):
        return "ketacare: refused: --tls-cert and --tls-key belong together."
    is_encrypted = options.tls_cert is not None or options.behind_proxy
    return None if options.bind in LOOPBACK or is_encrypted else NEEDS_TLS.format(bind=options.bind)


def unreadable(options: argparse.Namespace) -> str | None:
    files = [file for file in (options.tls_cert, options.tls_key) if file is not None]
    missing = [str(file) for file in files if not os.access(file, os.R_OK)]
    return f"ketacare: refused: cannot read {' and '.join(missing)}." if missing else None


def taken(bind: str, port: int) -> str | None:
    """The listener would share the port with another one that does the same; so look first."""
    try:
        socket.create_server((bind, port), family=socket.AF_INET6 if ":" in bind else socket.AF_INET).close()
    except OSError as error:
        return f"ketacare: refused: cannot listen on {bind} port {port}: {error.strerror}. Choose another --port."
    return None


def prepare(options: argparse.Namespace) -> None:
    """Settle what the settings are to say before they are read."""
    options.host_shown = "localhost" if options.bind in LOOPBACK else options.bind
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.config.settings")
    if options.tls_cert or options.behind_proxy:
        os.environ.setdefault("KETACARE_SECURE", "yes")
    if options.behind_proxy:
        os.environ.setdefault("KETACARE_BEHIND_PROXY", "yes")
    django.setup()
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when it is missing
