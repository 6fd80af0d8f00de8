"""What a page looks at: window, comparison and filters, all of it in the address, so that any view is a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict

from helmdesk.errors import UsageError
from helmdesk.query import window as windows
from helmdesk.query.periods import GRAINS, parse_boundary
from helmdesk.query.segments import OFFERED
from helmdesk.query.words import NONE
from helmdesk.web.request import DeskRequest

WINDOWS = {
    "7-days": "last 7 days", "28-days": "last 28 days", "91-days": "last 13 weeks", "364-days": "last 52 weeks",
    **{name: name.replace("-", " ") + (" so far" if name.startswith("this") else "") for name in windows.CALENDAR},
}  # fmt: skip
COMPARISONS = {**windows.COMPARISONS, "none": "nothing"}
DEFAULT_WINDOW = f"{windows.DAYS}-days"
WITHOUT = NONE  # the visible segment of rows without a value
KEPT = ("window", "days", "start", "end", "compare", "where", "variant", "clock", "grain", "by", *OFFERED)


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
        if text["days"]:
            # How links said it before windows had names.
            whole_number("days", text["days"], 1, windows.MOST_DAYS)
        window = "" if has_dates else text["window"] or (f"{text['days']}-days" if text["days"] else DEFAULT_WINDOW)
        windows.check_name(window)
        for name in ("start", "end"):
            if text[name]:
                parse_boundary(text[name], "UTC", name)
        picked = {name: text[name] for name in OFFERED if text[name]}
        return cls(window, text["start"], text["end"], compare, text["where"], text["variant"], text["clock"] or "calendar",
                   text["grain"], text["by"], picked)  # fmt: skip

    @property
    def filter(self) -> str | None:
        """The whole filter as text, every chosen value quoted."""
        parts = [f"{name} is null" if value == WITHOUT else f"{name} = {quoted(value)}" for name, value in self.picked.items()]
        if self.where:
            parts.append(f"({self.where})")
        return " and ".join(parts) or None

    def dates(self, request: DeskRequest) -> tuple[str | None, str | None]:
        """Return start and end as the desk takes them."""
        if not self.window:
            return self.start or None, self.end or None
        zone = request.desk.settings.time_zone
        found = request.desk.window(window=self.window)
        return windows.boundary(found.start, zone), windows.boundary(found.end, zone)

    @property
    def asked(self) -> dict[str, str | None]:
        """The window and comparison as the desk takes them."""
        return {"window": self.window or None, "start": self.start or None, "end": self.end or None, "compare": self.comparison}

    @property
    def comparison(self) -> str:
        """The comparison as the desk takes it; "none" still needs one to compute, and is left out by the page."""
        return "previous" if self.compare == "none" else self.compare

    def items(self) -> dict[str, str]:
        """Return what differs from the defaults, as parts of an address."""
        found = {"window": self.window if self.window != DEFAULT_WINDOW else "", "start": self.start, "end": self.end, "where": self.where,
                 "variant": self.variant, "clock": self.clock if self.clock != "calendar" else "", "grain": self.grain, "by": self.by,
                 "compare": self.compare if self.compare != "previous" else "", **self.picked}  # fmt: skip
        return {name: value for name, value in found.items() if value}

    def query(self, **changes: str | None) -> str:
        """Return the address's query with changes; None takes a part out."""
        parts = {**self.items(), **changes}
        if changes.get("window"):
            parts.update(start=None, end=None)
        kept = {name: value for name, value in parts.items() if value}
        return "?" + urlencode(kept) if kept else "?"

    def segment(self, dimension: str, value: object) -> str:
        """Return the query that narrows this view to one value of a dimension."""
        if dimension in OFFERED:
            return self.query(**{dimension: WITHOUT if value is None else str(value)}, by=None)
        condition = f"{dimension} is null" if value is None else f"{dimension} = {value if isinstance(value, int) else quoted(str(value))}"
        return self.query(where=f"({self.where}) and {condition}" if self.where else condition, by=None)

    def question(self, request: DeskRequest) -> dict[str, str | None]:
        """Return the arguments that every question of this view shares."""
        start, end = self.dates(request)
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
