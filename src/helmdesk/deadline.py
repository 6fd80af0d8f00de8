"""An end to a conversation with another machine, however slowly that answers.

A socket's own timeout begins anew with every byte, so that one byte a second would hold a worker
for ever.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer


class Line:
    """The connection of a conversation, which can be cut from beside it."""

    def __init__(self) -> None:
        self._turn, self._is_over = Lock(), False
        self._held: list[socket.socket] = []

    @property
    def is_over(self) -> bool:
        """Whether it was cut."""
        return self._is_over

    def hold(self, connection: socket.socket) -> socket.socket:
        """Keep a second handle on a connection, which stays good when TLS takes the first one
        over; return the connection.
        """
        with self._turn:
            self._held.append(connection.dup())
        if self._is_over:
            self.cut()
        return connection

    def cut(self) -> None:
        """End the conversation: who waits for an answer gets an error."""
        with self._turn:
            self._is_over = True
            for each in self._held:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Let go of the second handles, without which a connection that was closed stays open."""
        with self._turn:
            while self._held:
                self._held.pop().close()


@contextmanager
def within(seconds: float) -> Iterator[Line]:
    """Cut a conversation after so many seconds."""
    line = Line()
    timer = Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        line.release()
