"""What one request may take of a machine that answers many: a turn to work, and a time after which
its work is stopped.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from helmdesk.errors import BusyError, TooLongError

LOOK_SECONDS = 0.1
"""How often it is looked whether time is up, or nobody waits any more."""
SLOW_SECONDS = 0.5
"""Whoever works longer than this is in the way of others."""
WAIT_SECONDS = 1.0


Opened = TypeVar("Opened")


class Stoppable(Protocol):
    """A connection whose running statement another thread can stop."""

    def interrupt(self) -> None:
        """Stop the running statement; nothing happens where none runs."""
        ...


class Turns:
    """Who works at the same time, so that nobody's slow questions take every thread from the
    others.

    Args:
        each: requests of one person that may work at once.
        slow: requests of all that may work at once once they are slow.
        threads: requests that can be in hand at all.
    """

    def __init__(self, each: int = 2, slow: int = 5, threads: int = 8) -> None:
        self._each, self._slow, self._most_waiting = each, slow, max(threads - slow - 1, 1)
        self._working: dict[object, tuple[str, float]] = {}
        self._waiting = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def taken(self, who: str, wait: float = WAIT_SECONDS) -> Iterator[None]:
        """Work when it is one's turn.

        Raises:
            BusyError: one's own questions, or those of all, leave no room within `wait` seconds.
        """
        mark, until = object(), time.monotonic() + wait
        with self._changed:
            while problem := self._problem(who):
                # Those who wait hold a thread each: where slow work fills the house, only a few
                # may.
                if time.monotonic() >= until or (
                    self._count_slow() and self._waiting >= self._most_waiting
                ):
                    raise BusyError(problem)
                self._waiting += 1
                try:
                    self._changed.wait(
                        timeout=min(LOOK_SECONDS, max(until - time.monotonic(), 0.001))
                    )
                finally:
                    self._waiting -= 1
            self._working[mark] = (who, time.monotonic())
        try:
            yield
        finally:
            with self._changed:
                del self._working[mark]
                self._changed.notify_all()

    def _problem(self, who: str) -> str:
        if Counter(each for each, _ in self._working.values())[who] >= self._each:
            return (
                f"{self._each} of your questions are being worked on; ask again when one has been"
                " answered"
            )
        if self._count_slow() >= self._slow:
            return "many slow questions are being worked on; ask again in a moment"
        return ""

    def _count_slow(self) -> int:
        return sum(time.monotonic() - since > SLOW_SECONDS for _, since in self._working.values())


class Ration:
    """The share of one request: whatever it asks of a database waits for its turn, and is stopped
    when time is up.

    Args:
        seconds: how long it may work, from its first statement.
        is_wanted: whether somebody still waits for the answer; None where that cannot be known.
    """

    def __init__(
        self, who: str, seconds: float, turns: Turns, is_wanted: Callable[[], bool] | None = None
    ) -> None:
        self._who, self._seconds, self._turns, self._is_wanted = who, seconds, turns, is_wanted
        self._stack = contextlib.ExitStack()
        self._running: list[Stoppable] = []
        self._lock, self._done = threading.Lock(), threading.Event()
        self._until: float | None = None
        self._kept: dict[object, Any] = {}

    def __enter__(self) -> Ration:
        """Become the ration of what this thread does."""
        token = _CURRENT.set(self)
        self._stack.callback(_CURRENT.reset, token)
        return self

    def __exit__(self, *_: object) -> None:
        """Close what was kept, and give the turn back."""
        self._done.set()
        self._kept.clear()
        self._stack.close()

    def keep(
        self, key: object, make: Callable[[], contextlib.AbstractContextManager[Opened]]
    ) -> Opened:
        """Return what this request has open under `key`; opened when it is first asked for, closed
        with the request.
        """
        if key not in self._kept:
            self._kept[key] = self._stack.enter_context(make())
        kept: Opened = self._kept[key]
        return kept

    @contextlib.contextmanager
    def spent(self, connection: Stoppable) -> Iterator[None]:
        """Run a statement of a connection.

        Raises:
            BusyError: no turn came.
            TooLongError: time is up, or nobody waits for the answer; a statement that was stopped
            by that raises whatever
                the database raises then, and `check` tells why.
        """
        if self._until is None:
            self._stack.enter_context(self._turns.taken(self._who))
            self._until = time.monotonic() + self._seconds
            threading.Thread(target=self._watch, name="ration", daemon=True).start()
        self.check()
        with self._lock:
            self._running.append(connection)
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(connection)

    def check(self) -> None:
        """Raise TooLongError when the work is to end."""
        if self._until is not None and time.monotonic() >= self._until:
            raise TooLongError(
                f"this took more than {self._seconds:g} seconds and was stopped; ask for a shorter"
                " window, a coarser grain or fewer groups"
            )
        if self._is_wanted is not None and not self._is_wanted():
            raise TooLongError("nobody waits for this answer any more")

    def _watch(self) -> None:
        """Stop what runs once the work is to end; again and again, because one more statement may
        just have begun.
        """
        while not self._done.wait(LOOK_SECONDS):
            try:
                self.check()
            except TooLongError:
                with self._lock:
                    for connection in self._running:
                        connection.interrupt()


_CURRENT: ContextVar[Ration | None] = ContextVar("ration", default=None)


def current_ration() -> Ration | None:
    """Return the ration of the request that this thread works for."""
    return _CURRENT.get()
