"""The web server that ``helmdesk serve`` starts: waitress, which neither strangers' bodies nor
half-open connections hold up.

Waitress receives a whole request before a thread works on it, so slow clients cost no thread; but
it takes any body up to a gigabyte from anybody, lets whoever sends a byte now and then stay for
ever, and stops accepting when enough of them do.
"""

from __future__ import annotations

import copy
import gc
import sys
import time
from collections.abc import Callable
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

from helmdesk.web.guests import is_guests, languages_in, too_large
from helmdesk.web.middleware import SMALL_BODY, may_send

HEADER_SECONDS, BODY_BYTES_A_SECOND, BODY_GRACE_SECONDS = 20, 1024, 30
MOST_CONNECTIONS = 800
# Answers wait for slow readers on the disk, never in a thread.
WAITING_BYTES = 1 << 30
# Who watches the site learns within this path, whatever others ask.
WATCHED = "/healthz"
# How long a thread that computes lets one wait that only wants to pass: every look at a file costs
# a wait, and a page takes some dozens of them.
SWITCH_SECONDS = 0.0005
# Looking through what a page made holds every thread: the code and the open desk are left out of
# it, and it is done once so many objects are new.
NEW_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS = 50_000, 20, 50
# What stands around the files in an upload.
FORM_BYTES = 1 << 20


class SignInFirst(Error):
    """The answer to a body that a stranger wants to send; nothing of it was read."""

    code, reason = 401, "Unauthorized"


class Shorten(Error):
    """The answer to a body that a customer's page never sends."""

    code, reason = 413, "Content Too Large"


class Request(HTTPRequestParser):
    """A request whose body is taken only from somebody who is signed in, unless it is small."""

    adj: Adjustments
    error: Error | None
    may_send: Callable[[dict[str, str]], bool] = staticmethod(may_send)

    def parse_header(self, header_plus: bytes) -> None:
        """Look at who asks as soon as the headers are there."""
        super().parse_header(header_plus)
        if (self.chunked or self.content_length > SMALL_BODY) and not self.may_send(self.headers):
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = SMALL_BODY

    def received(self, data: bytes) -> int:
        """Take what came; a stranger's large body ends the request."""
        consumed = int(super().received(data))
        if (
            self.error is not None
            and self.error.code == 413
            and self.adj.max_request_body_size == SMALL_BODY
        ):
            self.error = self._refusal()
        return consumed

    def _refusal(self) -> Error:
        """Return what somebody reads whose body was not taken; customers have nothing to sign in
        with.
        """
        if is_guests(self.path):
            languages = languages_in(self.headers.get("ACCEPT_LANGUAGE", ""))
            return Shorten(too_large(languages))
        return SignInFirst(
            "sign in first: a body of this size is taken from people who are signed in"
        )


class Channel(HTTPChannel):
    """A connection that must get somewhere."""

    parser_class = Request
    since = 0.0

    def received(self, data: bytes) -> bool:
        """Remember when the request in progress began."""
        if self.request is None:
            self.since = time.time()
        return bool(super().received(data))

    @property
    def is_unused(self) -> bool:
        """Whether no request of it is in hand or waits to be sent."""
        return not self.requests and not self.total_outbufs_len

    def is_slow(self, now: float) -> bool:
        """Whether a request is longer on its way than it may be."""
        if self.requests or self.request is None:
            return False
        waited = now - self.since
        if not self.request.headers_finished:
            return waited > HEADER_SECONDS
        return bool(
            waited > BODY_GRACE_SECONDS
            and self.request.body_bytes_received < BODY_BYTES_A_SECOND * waited
        )


class Server(TcpWSGIServer):
    """Waitress with a door, and a thread of its own for those who watch the site: no queue stands
    before it.
    """

    channel_class = Channel

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.watch_dispatcher = ThreadedTaskDispatcher()
        self.watch_dispatcher.set_thread_count(1)
        super().__init__(*arguments, **named)

    def add_task(self, task: Channel) -> None:
        """Let a thread answer."""
        is_watched = bool(task.requests) and task.requests[0].path == WATCHED
        (self.watch_dispatcher if is_watched else self.task_dispatcher).add_task(task)

    def run(self) -> None:
        """Serve until somebody stops it."""
        try:
            super().run()
        finally:
            self.watch_dispatcher.shutdown()

    def handle_accept(self) -> None:
        """Take another connection; the oldest one that asks nothing makes room where there are too
        many.
        """
        if len(self.active_channels) >= MOST_CONNECTIONS:
            idle = [channel for channel in self.active_channels.values() if channel.is_unused]
            if idle:
                min(idle, key=lambda channel: channel.creation_time).handle_close()
        super().handle_accept()

    def maintenance(self, now: float) -> None:
        """Close what waits too long."""
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.is_slow(now):
                channel.will_close = True


def make_server(
    application: Any,
    host: str,
    port: int,
    threads: int,
    most_body_bytes: int,
    may_send: Callable[[dict[str, str]], bool],
) -> Server:
    """Return a server that listens; `run` serves until somebody stops it.

    Args:
        most_body_bytes: larger bodies are refused whoever sends them.
        may_send: whether the sender of these headers may send a large body.
    """
    Request.may_send = staticmethod(may_send)
    # With a look ahead the server notices a client that has gone, and the work for it ends.
    adjustments = Adjustments(
        host=host,
        port=port,
        threads=threads,
        ident="",
        channel_timeout=60,
        cleanup_interval=5,
        channel_request_lookahead=1,
        clear_untrusted_proxy_headers=False,
        connection_limit=10 * MOST_CONNECTIONS,
        asyncore_use_poll=True,
        backlog=1024,
        max_request_body_size=most_body_bytes,
        outbuf_high_watermark=WAITING_BYTES,
    )
    return Server(application, adj=adjustments)


def serve(host: str, port: int, threads: int) -> None:
    """Serve the site until somebody stops it."""
    from django.conf import settings

    from helmdesk.web.wsgi import application

    sys.setswitchinterval(SWITCH_SECONDS)
    server = make_server(
        application, host, port, threads, settings.UPLOAD_LIMIT_BYTES + FORM_BYTES, may_send
    )
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS)
    server.run()
