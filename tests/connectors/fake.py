"""A server over real HTTP that stands for a system: it answers what an account answers, and fails
as real ones do, by a script drawn at random.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FAULTS = ("429", "500", "503", "cut", "half", "gone")
MOST_IN_A_ROW = 4


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True)
class Said:
    """One answer."""

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Faults:
    """Which answers fail, and how; never so many in a row that nobody could get through."""

    def __init__(self, seed: int, share: float = 0.25) -> None:
        self.random, self.share, self.row = random.Random(seed), share, 0
        self.made: list[str] = []

    def next(self) -> str:
        if self.row < MOST_IN_A_ROW and self.random.random() < self.share:
            self.row += 1
            self.made.append(self.random.choice(FAULTS))
            return self.made[-1]
        self.row = 0
        return ""


@dataclass
class Server:
    """A running fake."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serve(answer: Callable[[Asked], Said], faults: Faults | None = None) -> Iterator[Server]:
    """Serve an account on this machine."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

        def _handle(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            asked = Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
            with lock:
                server.asked.append(asked)
                fault = faults.next() if faults else ""
                if fault in ("", "cut", "half"):
                    said = answer(asked)
                else:
                    said = Said({"error": fault}, {"429": 429, "503": 503}.get(fault, 500))
            if fault == "gone":
                self.close_connection = True
                return
            content = json.dumps(said.content).encode()
            headers = dict(said.headers)
            if fault == "429":
                headers["Retry-After"] = "0"
            if fault == "half":  # whole by its length, and no JSON
                content = content[: len(content) // 2]
            self.send_response_only(said.status)  # with the account's own date, or none
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if fault == "cut":
                content, self.close_connection = content[: len(content) // 2], True
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _handle

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_args: Any) -> None:
            """A client that was killed is no error of the server's."""

    http = Quiet(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
