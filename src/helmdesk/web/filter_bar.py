"""What a page is filtered by, as chips: what is looked at is always said, and one press changes it,
with script and without.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from helmdesk.query.periods import local_date
from helmdesk.query.window import TICK, Window, find_window, span_words
from helmdesk.web.access import Role
from helmdesk.web.labels import dimension_words, value_words
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import COMPARISONS, DEFAULT_WINDOW, WINDOWS, ViewState

SEARCHED = 12
"""A dimension of more values than this is searched instead of listed."""
LONG = 48


@dataclass(frozen=True)
class Choice:
    """Something to press.

    Attributes:
        text, note: what it is, and beside it what that comes to.
        url: the view with it.
        is_on: whether it is the present one.
    """

    text: str
    note: str
    url: str
    is_on: bool = False


@dataclass(frozen=True)
class Picked:
    """A filter that is set: pressing it takes it out."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class Offer:
    """A dimension to filter by, with the values it has here.

    Attributes:
        choices: all of them; none where there are too many to list: then `values` are searched.
    """

    name: str
    label: str
    count: int
    choices: tuple[Choice, ...]
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hidden:
    """What forms must not lose: all of a view, or all but what the form itself asks for."""

    all: tuple[tuple[str, str], ...]
    dates: tuple[tuple[str, str], ...]
    condition: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, parts: dict[str, str]) -> Hidden:
        """Return what three kinds of forms keep."""
        return cls(
            tuple(parts.items()),
            tuple(part for part in parts.items() if part[0] not in ("window", "start", "end")),
            tuple(part for part in parts.items() if part[0] != "where"),
            tuple(part for part in parts.items() if part[0] != "columns"),
        )


@dataclass(frozen=True)
class FilterBar:
    """The chips of a page.

    Attributes:
        dates, length: the days that are looked at and how many they are; empty on pages without.
        presets: named dates. first, last: the present ones, both included, for their own form.
        comparison: with what it is compared; empty on pages without. comparisons: with what else.
        picked: filters that are set. offers: what else can be set.
        scope: what this reader sees at all; empty for everything.
        condition: what was written by hand. without: the view without it.
        hidden: what forms must not lose. fixed: parts of the address that are no filter.
        clear: the page without its filters; empty where none is set.
        address: this view, to be saved.
    """

    dates: str
    length: str
    presets: tuple[Choice, ...]
    first: str
    last: str
    comparison: str
    comparisons: tuple[Choice, ...]
    picked: tuple[Picked, ...]
    offers: tuple[Offer, ...]
    scope: str
    condition: str
    without: str
    hidden: Hidden
    fixed: dict[str, str]
    clear: str
    address: str


def filter_bar(
    request: DeskRequest,
    view: ViewState,
    *,
    fixed: dict[str, str],
    has_dates: bool = True,
    has_comparison: bool = True,
) -> FilterBar:
    """Return the chips of a view.

    Args:
        fixed: parts of the address that are no filter and must not be lost.
        has_dates, has_comparison: whether the page has any.
    """
    window = request.desk.window(**view.asked) if has_dates else None
    zone = request.desk.settings.time_zone
    keep = _Links(view, fixed)
    items = view.items()
    return FilterBar(
        window.words(zone) if window else "",
        _length(window, zone) if window else "",
        tuple(_presets(request, view, keep)) if window else (),
        local_date(window.start, zone).isoformat() if window else "",
        local_date(window.end - TICK, zone).isoformat() if window else "",
        _comparison(window, view, zone) if window and has_comparison else "",
        tuple(_comparisons(view, keep)) if has_comparison else (),
        tuple(
            Picked(dimension_words(name), value_words(name, value), keep.url(**{name: None}))
            for name, value in view.picked.items()
        ),
        tuple(_offers(request, view, keep)),
        scope_words(request),
        view.where,
        keep.url(where=None),
        Hidden.of({**items, **fixed}),
        fixed,
        keep.bare() if items else "",
        request.path + keep.url(),
    )


@dataclass(frozen=True)
class _Links:
    view: ViewState
    fixed: dict[str, str]

    def url(self, **changes: str | None) -> str:
        """Return this view's query with changes."""
        return self.view.query(**{**self.fixed, **changes})

    def bare(self) -> str:
        """Return the query without any filter."""
        return "?" + urlencode(self.fixed)


def _length(window: Window, zone: str) -> str:
    days = (local_date(window.end - TICK, zone) - local_date(window.start, zone)).days + 1
    if days % 7 == 0 and days > 7:
        return f"{days // 7} weeks"
    return f"{days} day{'' if days == 1 else 's'}"


def _presets(request: DeskRequest, view: ViewState, keep: _Links) -> Iterable[Choice]:
    settings = request.desk.settings
    zone = settings.time_zone
    for name, text in WINDOWS.items():
        found = find_window(request.desk.as_of, zone, settings.week_start, name=name)
        yield Choice(
            text[0].upper() + text[1:],
            span_words(found.start, found.end, zone),
            keep.url(window=None if name == DEFAULT_WINDOW else name, start=None, end=None),
            view.window == name,
        )


def _comparison(window: Window, view: ViewState, zone: str) -> str:
    return (
        "No comparison"
        if view.compare == "none"
        else f"Compared with {window.previous_words(zone)}"
    )


def _comparisons(view: ViewState, keep: _Links) -> Iterable[Choice]:
    for name, text in COMPARISONS.items():
        chosen = None if name == "previous" else name
        yield Choice(text[0].upper() + text[1:], "", keep.url(compare=chosen), view.compare == name)


def _offers(request: DeskRequest, view: ViewState, keep: _Links) -> Iterable[Offer]:
    for name, values in request.desk.segments().items():
        if name in view.picked or len(values) < 2:
            continue
        label = dimension_words(name)
        if len(values) > SEARCHED:
            yield Offer(name, label, len(values), (), tuple(values))
            continue
        choices = [
            *(Choice(value_words(name, value), "", keep.url(**{name: value})) for value in values),
            Choice(value_words(name, None), "", keep.url(**{name: view.without})),
        ]
        yield Offer(name, label, len(values), tuple(choices))


def scope_words(request: DeskRequest) -> str:
    """Say what this reader sees at all; empty for everything."""
    role, person = getattr(request.user, "role", ""), request.user
    if role == Role.AGENT:
        return "Only your tickets"
    if role == Role.TEAM_LEAD:
        return f"Only {_listed(sorted(getattr(person, 'teams', ())))}"
    if role == Role.ACCOUNT_VIEWER:
        return f"Only {getattr(person, 'account', '') or 'nothing'}"
    return ""


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "nothing: no team was given to you"
    text = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return text if len(text) <= LONG else f"{len(names)} teams"
