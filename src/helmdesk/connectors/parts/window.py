"""Things in the order of their last change, where a system has no cursor of its own.

Never by counting pages: what changes while we read moves to the end, and everything behind it
moves up, past the edge of the page that was just read. Each step begins at the last change seen
instead, and pages are counted only within one instant. Runs overlap by five minutes of the
system's own clock, and what came already is known by its version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from helmdesk.connectors.parts.access import ConnectError

T = TypeVar("T")
OVERLAP = timedelta(minutes=5)
MOST_PAGES = 300
"""Pages of one and the same instant; more of them: a system does not do what was asked."""


def instant_of(text: str) -> datetime:
    """Return a time with an offset as an instant; one without is UTC."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def text_of(instant: datetime) -> str:
    """Return an instant as systems write it: 2026-11-27T09:00:00Z."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Seen:
    """How far a reading by last change is.

    Attributes:
        until: the last change seen; None at the beginning.
        versions: of what changed within the overlap, by id.
    """

    until: datetime | None = None
    versions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> Seen:
        """Return what a cursor says."""
        if not cursor.get("until"):
            return cls()
        return cls(instant_of(cursor["until"]), dict(cursor["versions"]))

    def cursor(self) -> dict[str, Any]:
        """Return it as a cursor."""
        return {"until": self.until and self.until.isoformat(), "versions": self.versions}

    def begin(self, since: str) -> datetime:
        """Return where to begin.

        Args:
            since: first day to fetch; empty for all.
        """
        if self.until:
            return self.until - OVERLAP
        return instant_of(since or "2000-01-01")

    def take(self, id_: str, version: str) -> bool:
        """Remember a thing; False where it came already."""
        if self.versions.get(id_) == version:
            return False
        self.versions[id_] = version
        return True

    def advance(self, until: datetime, changed_at: Callable[[str], datetime]) -> None:
        """Go on to the last change seen, and forget what the next run cannot meet.

        Args:
            changed_at: time of the last change, of a version.
        """
        self.until = max(until, self.until) if self.until else until
        first = self.until - OVERLAP
        self.versions = {
            id_: version for id_, version in self.versions.items() if changed_at(version) >= first
        }


@dataclass(frozen=True)
class Changes(Generic[T]):
    """How a system is asked for what changed.

    Attributes:
        fetch: gives things changed at or after an instant, oldest change first, and the page
        among them, counted from 1.
        changed_at: time of a thing's last change.
        size: things on a full page.
        step: the smallest difference of two times that the system knows.
    """

    fetch: Callable[[datetime, int], Sequence[T]]
    changed_at: Callable[[T], datetime]
    size: int
    step: timedelta = timedelta(seconds=1)

    def since(self, begin: datetime) -> Iterator[tuple[Sequence[T], bool]]:
        """Give pages, each with whether it is the last.

        Raises:
            ConnectError: the system does not order by last change, or gives one page for ever.
        """
        place, page = begin, 1
        while True:
            found = self.fetch(place, page)
            times = [self.changed_at(each) for each in found]
            if times != sorted(times) or (times and times[0] < place - self.step):
                raise ConnectError(
                    "the account gives tickets in another order than it was asked for",
                    "nothing of them was taken; tell the makers of this connector",
                )
            is_last = len(found) < self.size
            yield found, is_last
            if is_last:
                return
            if times[-1] > place:
                place, page = times[-1], 1
            elif (page := page + 1) > MOST_PAGES:
                raise ConnectError(
                    f"more than {MOST_PAGES * self.size:,} tickets changed at {text_of(place)}",
                    "the account gives no more of one instant; what was before is stored",
                )
