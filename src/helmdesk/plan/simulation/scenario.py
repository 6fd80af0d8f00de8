"""What is changed: the levers of a scenario, in an address, on the command line, in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from helmdesk.errors import UsageError
from helmdesk.plan.simulation.people import Minutes

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = (
    "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays",
)  # fmt: skip
TIME = re.compile(r"(\d{1,2}):(\d\d)")
MOST_PEOPLE = 200


@dataclass(frozen=True)
class Scenario:
    """A change. What is not given stays as it is.

    Attributes:
        meals: between which minutes of the day meals are spread, so that people are short least.
        later: so many shifts a day begin at `begin` instead, and end as much later;
            later_on: only on that weekday, 0 = Monday; None: every day.
        swap: so many shifts a week are worked on weekday `swap_to` instead of on days with people
            to spare.
        more: so many people more, there at `hours` on the days on which others are.
        away: so many people away every day.
        contacts: more or fewer of them: 0.1 is a tenth more.
        handle: longer or shorter work: -0.1 is a tenth shorter.
        moved: share of the contacts of queue `moved_from` that come to `moved_to` instead.
        open: contacts outside these minutes of the day are not taken.
        pool: another team; both serve the queues of both.
    """

    meals: Minutes | None = None
    later: int = 0
    begin: int = 630
    later_on: int | None = None
    swap: int = 0
    swap_to: int = 0
    more: int = 0
    hours: Minutes = (600, 840)
    away: int = 0
    contacts: float = 0.0
    handle: float = 0.0
    moved: float = 0.0
    moved_from: str = ""
    moved_to: str = ""
    open: Minutes | None = None
    pool: str = ""

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is changed."""
        return not self.changes()

    @property
    def lever(self) -> str:
        """What it takes, in a word: people, their hours, or where work goes; empty where what
        comes, or how long it takes, is changed.
        """
        if self.more:
            return "staffing"
        if any(self._of_people()):
            return "scheduling"
        return "routing" if self.moved else ""

    def changes(self) -> list[str]:
        """Return what is changed, each as part of a sentence that begins with "What if"."""
        return [said for said in (*self._of_people(), *self._of_work()) if said]

    def _of_people(self) -> list[str]:
        day = "" if self.later_on is None else f" on {DAY_NAMES[self.later_on]}"
        return [
            f"meals are spread over {_span(self.meals)}" if self.meals else "",
            f"{_number(self.later, 'shift')} begin{'s' * (self.later == 1)} at {_time(self.begin)}"
            f"{day or ' every day'}"
            if self.later
            else "",
            f"{_number(self.swap, 'shift')} a week move{'s' * (self.swap == 1)} to"
            f" {DAY_NAMES[self.swap_to]}"
            if self.swap
            else "",
            f"{_number(self.more, 'more person', 'more people')} work{'s' * (self.more == 1)}"
            f" {_span(self.hours)}"
            if self.more
            else "",
            f"{_number(self.away, 'person is', 'people are')} away every day" if self.away else "",
            f"{self.pool} helps, and is helped" if self.pool else "",
        ]

    def _of_work(self) -> list[str]:
        return [
            f"{abs(self.contacts):.0%} {_more(self.contacts)} contacts come"
            if self.contacts
            else "",
            f"work takes {abs(self.handle):.0%} {'longer' if self.handle > 0 else 'less time'}"
            if self.handle
            else "",
            f"{self.moved:.0%} of {self.moved_from} come to {self.moved_to} instead"
            if self.moved
            else "",
            f"contacts are taken {_span(self.open)} only" if self.open else "",
        ]

    @property
    def sentence(self) -> str:
        """The change as a question."""
        return f"What if {self.told or 'nothing changes'}?"

    @property
    def told(self) -> str:
        """The change as a statement, without its capital; empty where nothing changes."""
        said = self.changes()
        return f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else "".join(said)

    def as_query(self) -> dict[str, str]:
        """Return what is changed as plain text, as `scenario_of` reads it."""
        plain = Scenario()
        said = {
            each.name: _text(each.name, getattr(self, each.name))
            for each in fields(self)
            if getattr(self, each.name) != getattr(plain, each.name)
        }
        return {name: text for name, text in said.items() if _is_used(self, name)}


def scenario_of(given: Mapping[str, str]) -> Scenario:
    """Return the scenario that plain text says; other names in it are let alone.

    Raises:
        UsageError: what is written is not one of its levers' values; says which.
    """
    said: dict[str, object] = {}
    for each in fields(Scenario):
        text = (given.get(each.name) or "").strip()
        if text:
            said[each.name] = _read(each.name, text)
    found = replace(Scenario(), **said)  # type: ignore[arg-type]
    if found.moved and not (found.moved_from and found.moved_to):
        raise UsageError("contacts moved to another queue: say from which queue and to which")
    if found.moved and found.moved_from == found.moved_to:
        raise UsageError(f"contacts moved from {found.moved_from} to itself; choose two queues")
    return found


def _read(name: str, text: str) -> object:
    if name in ("meals", "hours", "open"):
        return read_span(_WORDS[name], text)
    if name == "begin":
        return read_time(_WORDS[name], text)
    if name in ("later_on", "swap_to"):
        return _weekday(text)
    if name in ("later", "swap", "more", "away"):
        return int(_between(name, text, 0, MOST_PEOPLE))
    if name in ("contacts", "handle"):
        return _between(name, text, -90, 100) / 100
    if name == "moved":
        return _between(name, text, 0, 100) / 100
    return text


_WORDS = {
    "meals": "meals spread",
    "hours": "hours of more people",
    "open": "opening hours",
    "begin": "begin of shifts",
    "later": "shifts that begin later",
    "swap": "shifts on another day",
    "more": "more people",
    "away": "people away",
    "contacts": "more or fewer contacts",
    "handle": "time that work takes",
    "moved": "contacts moved",
}


def _between(name: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text.replace(",", ".").replace("−", "-").rstrip("% "))
    except ValueError as error:
        raise UsageError(f"{_WORDS[name]}: '{text[:20]}' is no number") from error
    if not low <= value <= high:
        raise UsageError(f"{_WORDS[name]}: give a number from {low:g} to {high:g}")
    return value


def read_time(words: str, text: str) -> int:
    """Return the minute of the day that a time says; UsageError where it is none."""
    found = TIME.fullmatch(text)
    if not found or int(found[1]) > 24 or int(found[2]) > 59:
        raise UsageError(f"{words}: '{text[:20]}' is no time; write 10:30")
    return int(found[1]) * 60 + int(found[2])


def read_span(words: str, text: str) -> Minutes:
    """Return the minutes of the day that "11:30-14:30" says; UsageError where it is none."""
    parts = re.split(r"\s*(?:-|–|to)\s*", text)
    if len(parts) != 2:
        raise UsageError(f"{words}: '{text[:30]}'; write two times as 11:30-14:30")
    start, end = (read_time(words, part) for part in parts)
    if end <= start:
        raise UsageError(f"{words}: {text} ends before it begins")
    return start, end


def _weekday(text: str) -> int:
    place = next((i for i, day in enumerate(WEEKDAYS) if text.lower()[:3] == day), None)
    if place is None:
        raise UsageError(f"'{text[:20]}' is no weekday; write mon, tue ...")
    return place


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"{_time(value[0])}-{_time(value[1])}"
    if name == "begin":
        return _time(int(str(value)))
    if name in ("later_on", "swap_to"):
        return WEEKDAYS[int(str(value))]
    if isinstance(value, float):
        return f"{100 * value:g}"
    return str(value)


def _is_used(scenario: Scenario, name: str) -> bool:
    """Whether a part says something: when shifts begin says nothing where none is moved."""
    needs = {
        "begin": scenario.later, "later_on": scenario.later, "swap_to": scenario.swap,
        "hours": scenario.more, "moved_from": scenario.moved, "moved_to": scenario.moved,
    }  # fmt: skip
    return bool(needs.get(name, True))


def _time(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


def _span(minutes: Minutes | None) -> str:
    return f"{_time(minutes[0])} to {_time(minutes[1])}" if minutes else ""


def _number(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _more(change: float) -> str:
    return "more" if change > 0 else "fewer"
