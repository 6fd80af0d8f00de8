"""What a page looks at: window, comparison and filters, all of it in the address, so that any view is a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict

from helmdesk.errors import UsageError
from helmdesk.query.periods import GRAINS, local_date, parse_boundary
from helmdesk.query.segments import OFFERED
from helmdesk.query.words import NONE

WINDOWS = {"7": "7 days", "28": "28 days", "91": "13 weeks", "364": "52 weeks"}
COMPARISONS = {"previous": "the window before", "year": "a year ago, same weekdays", "none": "nothing"}
DEFAULT_DAYS = "28"
WITHOUT = NONE  # the visible segment of rows without a value
KEPT = ("days", "start", "end", "compare", "where", "variant", "clock", "grain", "by", *OFFERED)


@dataclass(frozen=True)
class ViewState:
    """The state that every page shares.

    Attributes:
        days: length of a window that ends with the data; empty when `start` or `end` is given.
        start, end: local dates, half-open; as in `Desk.measure`.
        compare: previous, year or none.
        where: a filter as text, beside `picked`.
        picked: one chosen value by dimension.
    """

    days: str = DEFAULT_DAYS
    start: str = ""
    end: str = ""
    compare: str = "previous"
    where: str = ""
    variant: str = ""
    clock: str = "calendar"
    grain: str = ""
    by: str = ""
    picked: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: HttpRequest) -> ViewState:
        """Read the address; the comparison that was chosen last is remembered for the session.

        Raises:
            UsageError: a window, comparison or grain that does not exist.
        """
        return cls.read(request.GET, str(request.session.get("compare", "previous")))

    @classmethod
    def read(cls, given: QueryDict | Mapping[str, str], compare: str = "previous") -> ViewState:
        """Read the parts of an address; see `of`."""
        text = {name: (given.get(name) or "").strip() for name in KEPT}
        compare = text["compare"] or compare
        if compare not in COMPARISONS:
            raise UsageError(f"unknown comparison '{compare}'; use {', '.join(COMPARISONS)}")
        if text["grain"] and text["grain"] not in GRAINS:
            raise UsageError(f"unknown grain '{text['grain']}'; use {', '.join(GRAINS)}")
        has_dates = bool(text["start"] or text["end"])
        days = "" if has_dates else text["days"] or DEFAULT_DAYS
        if days:
            whole_number("days", days, 1, 3660)
        for name in ("start", "end"):
            if text[name]:
                parse_boundary(text[name], "UTC", name)
        picked = {name: text[name] for name in OFFERED if text[name]}
        return cls(days, text["start"], text["end"], compare, text["where"], text["variant"], text["clock"] or "calendar",
                   text["grain"], text["by"], picked)  # fmt: skip

    @property
    def filter(self) -> str | None:
        """The whole filter as text, every chosen value quoted."""
        parts = [f"{name} is null" if value == WITHOUT else f"{name} = {quoted(value)}" for name, value in self.picked.items()]
        if self.where:
            parts.append(f"({self.where})")
        return " and ".join(parts) or None

    def window(self, request: HttpRequest) -> tuple[str | None, str | None]:
        """Return start and end as the desk takes them; a window of days ends with the last complete day of the data."""
        desk = request.desk
        if not self.days:
            return self.start or None, self.end or None
        zone = desk.settings.time_zone
        with desk.reader() as reader:
            end = local_date(reader.bounds.as_of, zone)
        return (end - timedelta(days=int(self.days))).isoformat(), end.isoformat()

    @property
    def comparison(self) -> str:
        """The comparison as the desk takes it; "none" still needs one to compute, and is left out by the page."""
        return "previous" if self.compare == "none" else self.compare

    def items(self) -> dict[str, str]:
        """Return what differs from the defaults, as parts of an address."""
        found = {"days": self.days if self.days != DEFAULT_DAYS else "", "start": self.start, "end": self.end, "where": self.where,
                 "variant": self.variant, "clock": self.clock if self.clock != "calendar" else "", "grain": self.grain, "by": self.by,
                 "compare": self.compare if self.compare != "previous" else "", **self.picked}  # fmt: skip
        return {name: value for name, value in found.items() if value}

    def query(self, **changes: str | None) -> str:
        """Return the address's query with changes; None takes a part out."""
        parts = {**self.items(), **changes}
        if changes.get("days"):
            parts.update(start=None, end=None)
        kept = {name: value for name, value in parts.items() if value}
        return "?" + urlencode(kept) if kept else "?"

    def segment(self, dimension: str, value: object) -> str:
        """Return the query that narrows this view to one value of a dimension."""
        if dimension in OFFERED:
            return self.query(**{dimension: WITHOUT if value is None else str(value)}, by=None)
        condition = f"{dimension} is null" if value is None else f"{dimension} = {value if isinstance(value, int) else quoted(str(value))}"
        return self.query(where=f"({self.where}) and {condition}" if self.where else condition, by=None)

    def question(self, request: HttpRequest) -> dict[str, str | None]:
        """Return the arguments that every question of this view shares."""
        start, end = self.window(request)
        return {"start": start, "end": end, "where": self.filter}


def whole_number(name: str, text: str, low: int, high: int) -> int:
    """Read a whole number.

    Raises:
        UsageError: not one from `low` to `high`.
    """
    if text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high:
        return int(text)
    raise UsageError(f"{name} = {text[:40]!r}: use a whole number from {low} to {high:,}")


def quoted(value: str) -> str:
    """Return a value as the filter language writes texts."""
    return "'" + value.replace("'", "''") + "'"
