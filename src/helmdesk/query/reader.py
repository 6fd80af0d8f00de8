"""A mart opened for questions: the one way by which every number is asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from helmdesk.engines.engine import Engine
from helmdesk.query.bounds import Bounds
from helmdesk.query.request import Request
from helmdesk.query.run import Answer, read_bounds, run_requests

Found = TypeVar("Found")


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
        """Answer requests that differ in their windows and the length of their periods alone, in one pass."""
        return run_requests(self.engine, requests, self.bounds)

    def remember(self, _key: object, make: Callable[[], Found]) -> Found:
        """Return what `make` gives; a reader that remembers may have it already."""
        return make()


class Memory:
    """Results by (mart, question with its policy), the least recently used forgotten first; safe between threads.

    A mart never changes once it is published, so nothing in here can be out of date.
    """

    def __init__(self, size: int = 4096) -> None:
        self._found: OrderedDict[object, Any] = OrderedDict()
        self._size, self._lock = size, Lock()

    def get(self, key: object, make: Callable[[], Found]) -> Found:
        """Return what is known under `key`, or make it."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]  # type: ignore[no-any-return]
        made = make()
        with self._lock:
            self._found[key] = made
            while len(self._found) > self._size:
                self._found.popitem(last=False)
        return made

    def __contains__(self, key: object) -> bool:
        """Whether a result is known."""
        with self._lock:
            return key in self._found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._found.clear()

    def __len__(self) -> int:
        """Return how many results are known."""
        return len(self._found)


class RememberingReader(Reader):
    """A reader that gives the same answer to the same question without asking again.

    Args:
        mart: identity of the mart and of the settings that it was made with; part of every key.
    """

    def __init__(self, engine: Engine, bounds: Bounds, memory: Memory, mart: object, currency: str = "") -> None:
        super().__init__(engine, bounds, currency)
        self._memory, self._mart = memory, mart

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer the requests that are not known yet; the keys hold the policy, because it is part of a request."""
        unknown = [request for request in requests if (self._mart, request) not in self._memory]
        made = dict(zip(unknown, super().answers(unknown), strict=True)) if unknown else {}

        def make(request: Request) -> Answer:
            # Another thread may have pushed out meanwhile what was known before.
            return made[request] if request in made else super(RememberingReader, self).answers([request])[0]

        return [self._memory.get((self._mart, request), partial(make, request)) for request in requests]

    def remember(self, key: object, make: Callable[[], Found]) -> Found:
        """Return what is known under `key` in this mart, or make it."""
        return self._memory.get((self._mart, key), make)
