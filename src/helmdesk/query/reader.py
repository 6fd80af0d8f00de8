"""A mart opened for questions: the one way by which every number is asked for."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from helmdesk.engines.engine import Engine
from helmdesk.query.bounds import Bounds
from helmdesk.query.request import Request
from helmdesk.query.run import Answer, read_bounds, run_requests

Found = TypeVar("Found")
MOST_BYTES = 256 * 1024**2
SAMPLED = 50


class Reader:
    """Facts and what they allow.

    Attributes:
        engine: a connection of its own; not shared between threads.
        bounds: what the data allow.

    Args:
        currency: what the settings say money without a currency is in.
    """

    def __init__(self, engine: Engine, bounds: Bounds | None = None, currency: str = "") -> None:
        self.engine = engine
        self.bounds = replace(bounds or read_bounds(engine), stated_currency=currency)

    def answer(self, request: Request) -> Answer:
        """Answer one request; see `run_requests`."""
        return self.answers([request])[0]

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer requests that differ in their windows and the length of their periods alone, in
        one pass.
        """
        return run_requests(self.engine, requests, self.bounds)

    def cache(self, _key: object, make: Callable[[], Found]) -> Found:
        """Return what `make` gives; a reader with a cache may have it already."""
        return make()


class Memory:
    """Results by (mart, question with its policy), the least recently used forgotten first; safe
    between threads.

    A mart never changes once it is published, so nothing in here can be out of date. What several
    ask for at the same time is made once.

    Args:
        most_bytes: about how much all results may take. One that takes more than a quarter of it is
        not kept.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._found: OrderedDict[object, tuple[Any, int]] = OrderedDict()
        self._making: dict[object, Lock] = {}
        self._most, self._bytes, self._lock = most_bytes, 0, Lock()
        self._cleared = 0

    def get(self, key: object, make: Callable[[], Found]) -> Found:
        """Return what is known under `key`, or make it."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key][0]  # type: ignore[no-any-return]
            being_made = self._making.setdefault(key, Lock())
        with being_made:
            with self._lock:
                if key in self._found:
                    return self._found[key][0]  # type: ignore[no-any-return]
                cleared = self._cleared
            try:
                made = make()
                self._keep(key, made, cleared)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def _keep(self, key: object, made: object, cleared: int) -> None:
        """Remember a result, unless everything was forgotten since it was asked for."""
        size = approximate_bytes(made)
        if size > self._most // 4:
            return
        with self._lock:
            if cleared != self._cleared or key in self._found:
                return
            self._found[key] = (made, size)
            self._bytes += size
            while self._bytes > self._most:
                self._bytes -= self._found.popitem(last=False)[1][1]

    def __contains__(self, key: object) -> bool:
        """Whether a result is known."""
        with self._lock:
            return key in self._found

    def clear(self) -> None:
        """Forget everything, and what is being made now."""
        with self._lock:
            self._found.clear()
            self._bytes = 0
            self._cleared += 1

    def latest(self, most_bytes: int) -> list[tuple[object, Any]]:
        """Return the keys and results that were used last, as many as take about `most_bytes`."""
        taken: list[tuple[object, Any]] = []
        with self._lock:
            for key, (found, size) in reversed(self._found.items()):
                most_bytes -= size
                if most_bytes < 0:
                    break
                taken.append((key, found))
        return taken[::-1]

    def take(self, results: Iterable[tuple[object, Any]]) -> None:
        """Remember what was made elsewhere."""
        for key, found in results:
            self._keep(key, found, self._cleared)

    def __len__(self) -> int:
        """Return how many results are known."""
        return len(self._found)


def approximate_bytes(value: object, depth: int = 8) -> int:
    """Return about how much memory a result takes; long lists are judged by some of their
    members.
    """
    size = sys.getsizeof(value, 64)
    if depth == 0 or value is None or isinstance(value, str | bytes | int | float):
        return size
    members: Sequence[object] = ()
    if isinstance(value, Mapping):
        members = [*value.keys(), *value.values()]
    elif isinstance(value, Sequence | Set):
        members = list(value)
    elif hasattr(value, "__dict__"):
        members = list(vars(value).values())
    step = max(len(members) // SAMPLED, 1)
    return size + sum(approximate_bytes(member, depth - 1) for member in members[::step]) * step


class CachingReader(Reader):
    """A reader that gives the same answer to the same question without asking again.

    Args:
        mart: identity of the mart and of the settings that it was made with; part of every key.
    """

    def __init__(
        self, engine: Engine, bounds: Bounds, memory: Memory, mart: object, currency: str = ""
    ) -> None:
        super().__init__(engine, bounds, currency)
        self._memory, self._mart = memory, mart

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer the requests that are not known yet; the keys hold the policy, because it is part
        of a request.
        """
        unknown = [request for request in requests if (self._mart, request) not in self._memory]
        # One alone is made where it is kept, so that who asks for it meanwhile waits for it.
        made = dict(zip(unknown, super().answers(unknown), strict=True)) if len(unknown) > 1 else {}

        def make(request: Request) -> Answer:
            # Another thread may have pushed out meanwhile what was known before.
            return (
                made[request]
                if request in made
                else super(CachingReader, self).answers([request])[0]
            )

        return [
            self._memory.get((self._mart, request), partial(make, request)) for request in requests
        ]

    def cache(self, key: object, make: Callable[[], Found]) -> Found:
        """Return what is known under `key` in this mart, or make it."""
        return self._memory.get((self._mart, key), make)
