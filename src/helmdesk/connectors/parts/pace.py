"""Keeping within a system's limit: requests are spread evenly over the minute, at most four fifths
of what is allowed, so that the people who work in the system never wait because of us.

Spread evenly, no burst follows a restart: a run that was killed leaves nothing to remember.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

SHARE = 0.8
MINUTE = 60.0
SLICE_SECONDS = 1.0


class Clock:
    """Time as it passes; while it waits it says so, that whoever is to stop can.

    Attributes:
        on_wait: called at least once a second while waiting.
    """

    def __init__(self, on_wait: Callable[[], None] = lambda: None) -> None:
        self.on_wait = on_wait

    def now(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        end = self.now() + seconds
        while (left := end - self.now()) > 0:
            self.on_wait()
            time.sleep(min(left, SLICE_SECONDS))


class Pace:
    """One limit of a system.

    Args:
        per_minute: requests that the system allows in a minute, until it says otherwise.
    """

    def __init__(self, per_minute: float, clock: Clock) -> None:
        self.per_minute, self.clock = per_minute, clock
        self.requests = 0
        self.most_in_a_minute = 0
        self._last = self._free_at = float("-inf")
        self._cost = 1
        self._latest: deque[float] = deque()
        self._lock = threading.Lock()

    def wait(self, cost: int = 1) -> None:
        """Wait for a request's turn.

        Args:
            cost: for how many requests it counts.
        """
        with self._lock:
            now = self.clock.now()
            apart = max(cost, self._cost) * MINUTE / (SHARE * self.per_minute)
            turn = max(now, self._free_at, self._last + apart)
            self._last, self._cost = turn, cost
            self.requests += cost
            self._latest.extend([turn] * cost)
            while self._latest[0] <= turn - MINUTE:
                self._latest.popleft()
            self.most_in_a_minute = max(self.most_in_a_minute, len(self._latest))
        if turn > now:
            self.clock.sleep(turn - now)

    def hold(self, seconds: float) -> None:
        """Let nobody ask before so many seconds have passed."""
        with self._lock:
            self._free_at = max(self._free_at, self.clock.now() + seconds)

    def learn(self, per_minute: float | None, remaining: float | None, reset: float | None) -> None:
        """Take over what the system says of its limit.

        Args:
            remaining: requests that are left to everybody together, people included.
            reset: seconds until there are more.
        """
        with self._lock:
            if per_minute and per_minute > 0:
                self.per_minute = per_minute
            if remaining is not None and remaining <= (1 - SHARE) * self.per_minute:
                pause = MINUTE if reset is None else min(max(reset, 0.0), MINUTE)
                self._free_at = max(self._free_at, self.clock.now() + pause)
