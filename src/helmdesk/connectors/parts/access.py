"""Being connected to something, whatever it is: an account over HTTP, a table, a folder."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from helmdesk.connectors.parts.pace import Clock, Pace
from helmdesk.errors import HelmdeskError

T = TypeVar("T")


class ConnectError(HelmdeskError):
    """A system did not give what it was asked for; says what to do."""


class RefusedError(ConnectError):
    """The key is wrong, or was withdrawn."""


class MissingRightError(ConnectError):
    """The key may not read this, or the plan does not hold it."""


class GoneError(ConnectError):
    """There is no such thing any more."""


class Access(ABC):
    """A connection as every run needs it.

    Args:
        secrets: texts that no message may hold.
        limits: requests a minute by budget, until the system says otherwise; none where nothing is
        limited.
    """

    def __init__(self, secrets: Iterable[str] = (), limits: Mapping[str, float] | None = None):
        self.limits = limits or {}
        self._secrets = sorted({each for each in secrets if each}, key=len, reverse=True)
        self.missing: dict[str, str] = {}
        self._time: datetime | None = None
        self._lock = threading.Lock()
        self.use(Clock())

    def use(self, clock: Clock) -> None:
        """Take the time from this clock."""
        self.clock = clock
        self.paces = {name: Pace(limit, clock) for name, limit in self.limits.items()}

    @abstractmethod
    def be_brief(self, attempts: int, seconds: float) -> None:
        """Try fewer times, and wait less for each answer: somebody waits."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection."""

    @property
    def time(self) -> datetime:
        """The time of the system's own clock, when it last answered."""
        return self._time or datetime.now(UTC)

    def maybe(self, what: str, mend: str, ask: Callable[[], T]) -> T | None:
        """Ask for what helps but is not needed; a right that is missing is noted, None returned.

        Args:
            what: what goes without it, in plain words.
        """
        try:
            return ask()
        except MissingRightError:
            self.missing[what] = mend
            return None

    def without_secrets(self, text: str) -> str:
        """Return a text without any of the account's secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text
