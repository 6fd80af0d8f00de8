"""Talking to a system over HTTP: within its limits, again after what passes, never with a secret in
a message.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from helmdesk.connectors.parts.access import (
    Access,
    ConnectError,
    GoneError,
    MissingRightError,
    RefusedError,
)
from helmdesk.connectors.parts.pace import Pace
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.version import __version__

ATTEMPTS = 8
LONGEST_WAIT = 900.0
"""Seconds that a system may ask us to wait."""
A_MOMENT = 0.01
TIMEOUT = 60.0
TOGETHER = 4
"""Requests under way at once: so that a slow answer does not keep us below the limit."""
SAID = 300
GOES_ON = "what was fetched before is kept, and the next run goes on from there"
GENERAL = "general"
T = TypeVar("T")
R = TypeVar("R")


class ChangedError(ConnectError):
    """It was changed since it was read, so nothing was written."""


class _Again(Exception):
    """It failed in a way that passes; after so many seconds, where the system says so."""

    def __init__(self, words: str, seconds: float | None = None) -> None:
        super().__init__(words)
        self.seconds = seconds


@dataclass(frozen=True)
class Told:
    """What a system says of one of its limits.

    Attributes:
        per_minute, remaining: requests.
        reset: seconds until there are more.
    """

    per_minute: float | None = None
    remaining: float | None = None
    reset: float | None = None


def number(value: str | None) -> float | None:
    """Return a header's number; None where it is none."""
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None


def _minute_limit(headers: Mapping[str, str]) -> Iterator[tuple[str, Told]]:
    """The headers most systems have, of a limit by the minute."""
    yield (
        GENERAL,
        Told(
            number(headers.get("x-rate-limit") or headers.get("x-ratelimit-limit")),
            number(headers.get("x-rate-limit-remaining") or headers.get("x-ratelimit-remaining")),
        ),
    )


def base_address(given: str, domain: str = "") -> str:
    """Return the address of an account from its name or its address.

    Args:
        domain: what follows the name, such as ``zendesk.com``.

    Raises:
        UsageError: no address, or one over which a key could be read on the way.
    """
    text = given.strip().rstrip("/")
    if domain and "." not in text and ":" not in text:
        text = f"{text}.{domain}"
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UsageError(f"'{given}': not the address of an account")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise UsageError(f"{text}: the key could be read on the way; write https://")
    return f"{parts.scheme}://{parts.netloc}"


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Api(Access):
    """One account of a system.

    Args:
        base: its address.
        headers: sent with every request; the key is among them.
        secrets: texts that no message may hold.
        limits: requests a minute by budget, until the system says otherwise.
        told: reads what a system says of its limits from the headers of an answer.
    """

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str],
        secrets: Iterable[str],
        limits: Mapping[str, float],
        told: Callable[[Mapping[str, str]], Iterable[tuple[str, Told]]] = _minute_limit,
    ) -> None:
        try:
            import httpx2
        except ImportError as error:
            raise HelmdeskError(
                f"the packages for live accounts are not installed ({error.name}); run: pip install"
                " 'helmdesk[connect]'"
            ) from error
        super().__init__(secrets, limits)
        self.base, self._told = base, told
        self._client = httpx2.Client(
            base_url=base,
            headers={"accept": "application/json", "user-agent": f"helmdesk/{__version__}"}
            | dict(headers),
            timeout=TIMEOUT,
            follow_redirects=False,
        )
        self.attempts, self._hint = ATTEMPTS, GOES_ON

    def be_brief(self, attempts: int, seconds: float) -> None:
        """Try fewer times, and wait less for each answer: somebody waits."""
        self.attempts = attempts
        self._hint = "is the address right, and can it be reached from here?"
        self._client.timeout = seconds

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def get(self, path: str, budget: str = GENERAL, *, cost: int = 1, **parameters: Any) -> Any:
        """Ask for something, and return the JSON.

        Args:
            cost: for how many requests the system counts it.

        Raises:
            RefusedError, MissingRightError, GoneError, ConnectError: it cannot be had.
        """
        return self._ask("GET", path, budget, cost, params=parameters)

    def search(self, path: str, body: Any, budget: str = GENERAL) -> Any:
        """Ask for something by a question in the body, where a system wants that; nothing is
        changed by it.
        """
        return self._ask("POST", path, budget, 1, json=body)

    def put(self, path: str, body: Any, budget: str = GENERAL) -> Any:
        """Change something that bears being asked for twice; return the JSON.

        Raises:
            ChangedError: it was changed since it was read.
        """
        return self._ask("PUT", path, budget, 1, json=body)

    def each(self, ask: Callable[[T], R], things: Iterable[T]) -> list[R]:
        """Ask for several things, some at once; in their order."""
        with ThreadPoolExecutor(TOGETHER) as pool:
            return list(pool.map(ask, things))

    def _ask(self, method: str, path: str, budget: str, cost: int, **request: Any) -> Any:
        import stamina

        pace = self.paces[budget]

        def is_passing(error: Exception) -> bool | float:
            if not isinstance(error, _Again):
                return False
            # What the system asks for is waited for by everybody, in `Pace`.
            return True if error.seconds is None else A_MOMENT

        try:
            for attempt in stamina.retry_context(
                on=is_passing, attempts=self.attempts, timeout=None, wait_initial=0.5, wait_max=60.0
            ):
                with attempt:
                    pace.wait(cost)
                    return self._try(method, path, request, pace)
        except _Again as error:
            raise ConnectError(
                f"{self.base}{path}: {error}, {self.attempts} times; {self._hint}"
            ) from None
        raise AssertionError("a retry that neither returned nor raised")

    def _try(self, method: str, path: str, request: Mapping[str, Any], pace: Pace) -> Any:
        import httpx2

        try:
            answer = self._client.request(method, path, **request)
        except httpx2.TransportError as error:
            raise _Again(self.without_secrets(f"no whole answer ({error})")) from None
        self._learn(answer.headers)
        status = answer.status_code
        if status == 429 or (status == 503 and "retry-after" in answer.headers):
            seconds = _seconds(answer.headers.get("retry-after"))
            if seconds is not None:
                pace.hold(seconds)
            raise _Again("asks to wait", seconds)
        if status >= 500 or status == 408:
            raise _Again(f"answers {status}")
        if status not in (200, 207):  # 207: some of a batch
            self._refuse(path, status, answer)
        try:
            return answer.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise _Again("an answer that is not whole JSON") from None

    def _learn(self, headers: Mapping[str, str]) -> None:
        for budget, told in self._told(headers):
            if budget in self.paces:
                self.paces[budget].learn(told.per_minute, told.remaining, told.reset)
        with suppress(ValueError, TypeError):
            time = parsedate_to_datetime(headers["date"]) if "date" in headers else None
            with self._lock:
                self._time = time.replace(tzinfo=time.tzinfo or UTC) if time else self._time

    def _refuse(self, path: str, status: int, answer: Any) -> None:
        said = self.without_secrets(" ".join(answer.text.split()))[:SAID]
        where = f"{self.base}{path} answers {status}"
        if status == 401:
            raise RefusedError(
                f"{where}: the key is wrong, has expired or was withdrawn",
                "make a new one, and run helmdesk connect again",
            )
        if status in (402, 403):
            raise MissingRightError(f"{where}: the key may not read this ({said or 'no reason'})")
        if status in (404, 410):
            raise GoneError(f"{where}: there is no such thing ({said or 'no reason'})")
        if status == 409:
            raise ChangedError(f"{where}: it was changed meanwhile ({said or 'no reason'})")
        if 300 <= status < 400:
            raise ConnectError(
                f"{where}: it points to {answer.headers.get('location', 'another address')}",
                "a key is never sent on to another address; give the right one",
            )
        raise ConnectError(f"{where}: {said or 'no reason given'}")


def _seconds(given: str | None) -> float | None:
    """Return what a Retry-After header asks for: seconds, or until a time."""
    if given is None:
        return None
    seconds = number(given)
    if seconds is None:
        try:
            seconds = (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
