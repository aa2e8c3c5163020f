"""Sockets and threads: one thread by connection, answers written at once."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from tests.stripe_server import pages
from tests.stripe_server.api import Answer, Api
from tests.stripe_server.clock import Clock
from tests.stripe_server.controls import Controls
from tests.stripe_server.errors import StripeError
from tests.stripe_server.webhooks import Webhooks
from tests.stripe_server.world import World

LARGEST_BODY = 1 << 20


class Emulator:
    """One whole server: objects, clock, API, pages, webhooks, controls."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str = "",
        webhook_url: str = "",
        webhook_secret: str = "",
        state: Path | None = None,
        clock_file: Path | None = None,
    ) -> None:
        self.server = _Server((host, port), _Handler)
        self.server.emulator = self
        self.port = self.server.server_address[1]
        address = public_url or f"http://{host}:{self.port}"
        self.world = World(clock=Clock(clock_file), state=state, public_url=address)
        self.api = Api(self.world)
        self.webhooks = Webhooks(self.world, url=webhook_url, secret=webhook_secret)
        self.controls = Controls(self.world, self.api, self.webhooks)
        self._is_stopped = threading.Event()

    def run(self) -> None:
        """Serve until `stop`."""
        self.webhooks.start()
        threading.Thread(target=self._watch_clock, name="clock", daemon=True).start()
        try:
            self.server.serve_forever(poll_interval=0.1)
        finally:
            self._is_stopped.set()
            self.webhooks.stop()
            self.server.server_close()
            with self.world.lock:
                self.world.store.commit()
                self.world.store.close()

    def stop(self) -> None:
        """Ask `run` to return (from another thread)."""
        self.server.shutdown()

    def _watch_clock(self) -> None:
        while not self._is_stopped.wait(1):
            with self.world.lock:
                if not self._is_stopped.is_set() and self.world.advance_due():
                    self.world.store.commit()

    def answer(self, method: str, target: str, headers: Any, body: str) -> Answer:
        parts = urlsplit(target)
        if parts.path.startswith("/_test/"):
            return self.controls.respond(method, parts.path, parts.query, body)
        if not parts.path.startswith("/v1/"):
            return pages.respond(self.world, method, parts.path, body)
        fault = self.controls.take_fault(method, parts.path)
        if fault and fault.effect == "drop_before":
            return Answer(0, b"", is_dropped=True)
        if fault and fault.effect == "error_500":
            refusal = StripeError("Sorry, something went wrong.", status=500, type="api_error")
            return Answer(500, json.dumps(refusal.body(self.world.new_id("req"))).encode())
        seconds = fault.seconds if fault and fault.effect == "delay" else 0.0
        answer = self.api.answer(
            method, parts.path, parts.query, headers, body, pause=lambda: time.sleep(seconds) if seconds else None
        )
        if fault and fault.effect == "drop_after":
            answer.is_dropped = True
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    emulator: Emulator


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self._write(Answer(413, b"{}"))
            return
        body = self.rfile.read(length).decode("utf-8", "replace")
        answer = cast(_Server, self.server).emulator.answer(self.command, self.path, self.headers, body)
        if answer.is_dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._write(answer)

    def _write(self, answer: Answer) -> None:
        head = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('Answer',))[0]}"]
        head.append(f"Date: {self.date_time_string()}")
        if answer.status != 204:
            head += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        if self.close_connection:
            head.append("Connection: close")
        body = b"" if answer.status == 204 else answer.body
        self.wfile.write(("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a test run has thousands of requests."""
