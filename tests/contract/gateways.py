"""A real ``ketacare gateway`` in a process of its own, and a monitor that talks MLLP with it."""

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps, loads

import hl7

from ketacare.config.live.gateway import Gateway
from ketacare.config.live.mllp import Limits
from ketacare.config.live.posting import Door, Post
from tests.serving import first_line, free_port

START, END = b"\x0b", b"\x1c\r"
GATEWAY_TOKEN = "the token of a gateway"
LIMITS = Limits(idle_s=30, frame_s=0.4, most_bytes=20_000)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A gateway that listens."""

    process: subprocess.Popen[str]
    port: int


def start(server: str, *options: str, port: int | None = None, token: str = GATEWAY_TOKEN) -> Running:
    chosen = port or free_port()
    command = [sys.executable, "-m", "ketacare", "gateway", "--listen", f"127.0.0.1:{chosen}", "--server", server]
    environment = os.environ | {"KETACARE_DEVICE_TOKEN": token}
    process = subprocess.Popen([*command, *options], env=environment, stdout=subprocess.PIPE, text=True)
    assert "listening" in first_line(process)
    return Running(process=process, port=chosen)


def stop(gateway: Running) -> str:
    gateway.process.terminate()
    said, _ = gateway.process.communicate(timeout=15)
    return said


class Monitor:
    """One connection of a bedside monitor."""

    def __init__(self, port: int, *, timeout_s: float = 20, tls: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self.socket = tls.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain
        self.buffer = b""

    def send(self, content: bytes) -> str:
        """Send one message; gives the code of its answer."""
        self.post(content)
        return self.code(self.answer())

    def post(self, content: bytes) -> None:
        self.socket.sendall(START + content + END)

    def answer(self) -> hl7.Message:
        while END not in self.buffer:
            got = self.socket.recv(65536)
            if not got:
                raise ConnectionError("the gateway has closed the connection")
            self.buffer += got
        frame, self.buffer = self.buffer.split(END, 1)
        return hl7.parse(frame.removeprefix(START).decode())

    @staticmethod
    def code(answer: hl7.Message) -> str:
        return str(answer.segment("MSA")[1])

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()


class Shelf(BaseHTTPRequestHandler):
    """Takes every row, and remembers it."""

    kept: list[dict] = []

    def do_POST(self) -> None:
        sent = loads(self.rfile.read(int(self.headers["Content-Length"])))["rows"]
        self.kept.extend(sent)
        rows = [{"key": one["key"], "status": "stored", "seq": 1, "problems": []} for one in sent]
        body = dumps({"rows": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        """Quiet."""


@contextmanager
def a_gateway(url: str | None = None, *, patience_s: float = 0.5):
    """A gateway in this process before a server that keeps everything, or before ``url``."""
    Shelf.kept = []
    shelf = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    threading.Thread(target=shelf.serve_forever, daemon=True).start()
    door = Door(url=url or f"http://127.0.0.1:{shelf.server_port}", token="t", patience_s=patience_s)
    loop, ready = asyncio.new_event_loop(), threading.Event()
    gateway = Gateway(post=Post(door=door), limits=LIMITS)
    where: dict[str, int] = {}

    async def live() -> None:
        posting = asyncio.create_task(gateway.post.run())
        server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0, limit=LIMITS.most_bytes)
        where["port"] = server.sockets[0].getsockname()[1]
        ready.set()
        await where_to_stop.wait()
        server.close()
        await gateway.close()
        posting.cancel()

    where_to_stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(live()))
    thread.start()
    ready.wait(10)
    try:
        yield gateway, where["port"]
    finally:
        loop.call_soon_threadsafe(where_to_stop.set)
        thread.join(10)
        shelf.shutdown()
        shelf.server_close()
