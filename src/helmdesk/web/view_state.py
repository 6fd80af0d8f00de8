"""What a page looks at: window, comparison and filters, all of it in the address, so that any view
is a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import QueryDict

from helmdesk.errors import UsageError
from helmdesk.query import window as windows
from helmdesk.query.filters import Filter, all_of, is_value, parse_filter, to_text
from helmdesk.query.periods import GRAINS, parse_boundary
from helmdesk.query.question import Compared, Filtered
from helmdesk.query.segments import OFFERED
from helmdesk.query.words import NONE
from helmdesk.web.request import DeskRequest

WINDOWS = {
    "7-days": "last 7 days",
    "28-days": "last 28 days",
    "91-days": "last 13 weeks",
    "364-days": "last 52 weeks",
    **{
        name: name.replace("-", " ") + (" so far" if name.startswith("this") else "")
        for name in windows.CALENDAR
    },
}
COMPARISONS = {**windows.COMPARISONS, "none": "nothing"}
DEFAULT_WINDOW = f"{windows.DAYS}-days"
WITHOUT = NONE  # the visible segment of rows without a value
KEPT = (
    "window",
    "days",
    "start",
    "end",
    "compare",
    "where",
    "variant",
    "clock",
    "grain",
    "by",
    *OFFERED,
)


@dataclass(frozen=True)
class ViewState:
    """The state that every page shares.

    Attributes:
        window: a named one, such as last-month or 28-days; empty when `start` or `end` is given.
        start, end: local dates, half-open; as in `Desk.measure`.
        compare: with what; or none.
        where: a filter as text, beside `picked`.
        picked: one chosen value by dimension.
    """

    window: str = DEFAULT_WINDOW
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
    def of(cls, request: DeskRequest) -> ViewState:
        """Read the address: it says all of the view, so that whoever opens it sees the same.

        Raises:
            UsageError: a window, comparison or grain that does not exist.
        """
        return cls.read(request.GET)

    @classmethod
    def read(cls, given: QueryDict | Mapping[str, str], compare: str = "previous") -> ViewState:
        """Read the parts of an address; see `of`."""
        text = {name: (given.get(name) or "").strip() for name in KEPT}
        text.update(_own_dates(given))
        compare = text["compare"] or compare
        if compare not in COMPARISONS:
            raise UsageError(f"unknown comparison '{compare}'; use {', '.join(COMPARISONS)}")
        if text["grain"] and text["grain"] not in GRAINS:
            raise UsageError(f"unknown grain '{text['grain']}'; use {', '.join(GRAINS)}")
        has_dates = bool(text["start"] or text["end"])
        if text["days"]:
            # How links said it before windows had names.
            whole_number("days", text["days"], 1, windows.MOST_DAYS)
        window = (
            ""
            if has_dates
            else text["window"] or (f"{text['days']}-days" if text["days"] else DEFAULT_WINDOW)
        )
        windows.check_name(window)
        for name in ("start", "end"):
            if text[name]:
                parse_boundary(text[name], "UTC", name)
        picked = {name: text[name] for name in OFFERED if text[name]}
        return cls(
            window,
            text["start"],
            text["end"],
            compare,
            text["where"],
            text["variant"],
            text["clock"] or "calendar",
            text["grain"],
            text["by"],
            picked,
        )

    @property
    def without(self) -> str:
        """What stands in an address for the segment of rows without a value."""
        return WITHOUT

    @property
    def filter(self) -> str | None:
        """The whole filter as text; None for everything."""
        return to_text(self.condition) or None

    @property
    def condition(self) -> Filter | None:
        """The whole filter: what was picked, and what was written.

        Raises:
            FilterError: what was written is no condition.
        """
        picked = [
            is_value(name, None if value == WITHOUT else value)
            for name, value in self.picked.items()
        ]
        return all_of(*picked, parse_filter(self.where) if self.where else None)

    def dates(self, request: DeskRequest) -> tuple[str | None, str | None]:
        """Return start and end as the desk takes them."""
        if not self.window:
            return self.start or None, self.end or None
        zone = request.desk.settings.time_zone
        found = request.desk.window(window=self.window)
        return windows.boundary(found.start, zone), windows.boundary(found.end, zone)

    @property
    def asked(self) -> Compared:
        """The window and comparison as the desk takes them."""
        return {
            "window": self.window or None,
            "start": self.start or None,
            "end": self.end or None,
            "compare": self.comparison,
        }

    @property
    def comparison(self) -> str:
        """The comparison as the desk takes it; "none" still needs one to compute, and is left out
        by the page.
        """
        return "previous" if self.compare == "none" else self.compare

    def items(self) -> dict[str, str]:
        """Return what differs from the defaults, as parts of an address."""
        found = {
            "window": self.window if self.window != DEFAULT_WINDOW else "",
            "start": self.start,
            "end": self.end,
            "where": self.where,
            "variant": self.variant,
            "clock": self.clock if self.clock != "calendar" else "",
            "grain": self.grain,
            "by": self.by,
            "compare": self.compare if self.compare != "previous" else "",
            **self.picked,
        }
        return {name: value for name, value in found.items() if value}

    def query(self, **changes: str | None) -> str:
        """Return the address's query with changes; None takes a part out."""
        parts = {**self.items(), **changes}
        if changes.get("window"):
            parts.update(start=None, end=None)
        if changes.get("start") or changes.get("end"):
            parts.update(window=None)
        kept = {name: value for name, value in parts.items() if value}
        return "?" + urlencode(kept) if kept else "?"

    def segment(self, dimension: str, value: object) -> str:
        """Return the query that narrows this view to one value of a dimension."""
        picked = WITHOUT if value is None else str(value)
        # What an address would not give back as it is, is written as a condition.
        is_plain = value is None or (picked == picked.strip() and picked not in ("", WITHOUT))
        if dimension in OFFERED and is_plain:
            return self.query(**{dimension: picked}, by=None)
        return self.query(where=to_text(self.narrowed((dimension, value))), by=None)

    def narrowed(self, *segments: tuple[str, object]) -> Filter | None:
        """Return the written condition, narrowed to segments."""
        return all_of(
            parse_filter(self.where) if self.where else None,
            *(is_value(name, value) for name, value in segments),
        )

    def question(self, request: DeskRequest) -> Filtered:
        """Return the arguments that every question of this view shares."""
        start, end = self.dates(request)
        return {"start": start, "end": end, "where": self.filter}


def _own_dates(given: QueryDict | Mapping[str, str]) -> dict[str, str]:
    """Return the dates of the form for dates of one's own, whose last day is included.

    Raises:
        UsageError: one of them is no day.
    """
    first, last = ((given.get(name) or "").strip() for name in ("first", "last"))
    found = {}
    if first:
        found["start"] = first
    if last:
        parse_boundary(last, "UTC", "last")
        found["end"] = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    return {**found, "window": "", "days": ""} if found else {}


def whole_number(name: str, text: str, low: int, high: int) -> int:
    """Read a whole number.

    Raises:
        UsageError: not one from `low` to `high`.
    """
    if (
        text.isascii()
        and text.isdigit()
        and len(text) <= len(str(high))
        and low <= int(text) <= high
    ):
        return int(text)
    raise UsageError(f"{name} = {text[:40]!r}: use a whole number from {low} to {high:,}")
