"""A bucket over real HTTP, hand-written from Amazon's published interface: lists in pages, gives
objects, and takes no request whose signature (version 4) it does not work out for itself.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

KEY_ID, SECRET = "AKHELMDESK", "s3cr3t/with+signs"
PER_PAGE = 2


class FakeS3:
    """One bucket."""

    def __init__(self, bucket: str = "exports") -> None:
        self.bucket = bucket
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.is_denied = False
        self.failing = 0
        self.reads: list[str] = []

    def put(self, name: str, content: bytes, at: datetime | None = None) -> None:
        self.objects[name] = (content, (at or datetime.now(UTC)).replace(microsecond=0))

    def answer(self, method: str, path: str, query: str, headers: dict[str, str]) -> Any:
        if self.failing:
            self.failing -= 1
            return 503, {}, _error("SlowDown")
        if not signed(method, path, query, headers):
            return 403, {}, _error("SignatureDoesNotMatch")
        if self.is_denied:
            return 403, {}, _error("AccessDenied")
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        if bucket != self.bucket:
            return 404, {}, _error("NoSuchBucket")
        asked = dict(parse_qsl(query, keep_blank_values=True))
        if not key:
            return 200, {}, self._list(asked) if "list-type" in asked else b""
        if key not in self.objects:
            return 404, {}, _error("NoSuchKey")
        content, at = self.objects[key]
        told = {"Last-Modified": format_datetime(at, usegmt=True), "ETag": '"x"'}
        if method == "HEAD":
            return 200, {**told, "Content-Length": str(len(content))}, b""
        self.reads.append(key)
        if found := re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", "")):
            begin, end = int(found[1]), int(found[2] or len(content) - 1)
            told["Content-Range"] = f"bytes {begin}-{end}/{len(content)}"
            return 206, told, content[begin : end + 1]
        return 200, told, content

    def _list(self, asked: dict[str, str]) -> bytes:
        names = sorted(name for name in self.objects if name.startswith(asked.get("prefix", "")))
        begin = int(asked.get("continuation-token") or 0)
        size = min(PER_PAGE, int(asked.get("max-keys", 1000)))
        shown, is_cut = names[begin : begin + size], begin + size < len(names)
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(self.objects[name][0])}</Size>"
            f"<LastModified>{self.objects[name][1]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            "</Contents>"
            for name in shown
        )
        following = f"<NextContinuationToken>{begin + size}</NextContinuationToken>"
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            f"<ListBucketResult><Name>{self.bucket}</Name><KeyCount>{len(shown)}</KeyCount>"
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{following if is_cut else ''}{rows}"
            "</ListBucketResult>"
        ).encode()


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()


def signed(method: str, path: str, query: str, headers: dict[str, str]) -> bool:
    """Whether a request is signed by the key, worked out from what Amazon publishes."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/s3/aws4_request, ?"
        r"SignedHeaders=([^,]+), ?Signature=(\w+)",
        headers.get("authorization", ""),
    )
    if not found or found[1] != KEY_ID:
        return False
    _, day, region, names, signature = found.groups()
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    told = "&".join(f"{quote(key, safe='-_.~')}={quote(each, safe='-_.~')}" for key, each in pairs)
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names.split(";"))
    body = headers["x-amz-content-sha256"]
    whole = "\n".join((method, quote(unquote(path), safe="/-_.~"), told, lines, names, body))
    scope = f"{day}/{region}/s3/aws4_request"
    digest = hashlib.sha256(whole.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest))
    key = f"AWS4{SECRET}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() == signature


@contextmanager
def serving(store: FakeS3) -> Iterator[str]:
    """Serve a bucket on this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told, content = store.answer(self.command, parts.path, parts.query, headers)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **told}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_HEAD = do_GET

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            """A client that went away is no error of the server's."""

    http = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
