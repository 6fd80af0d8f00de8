"""A forecast in words and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from helmdesk.plan.demand import Demand, Gap, GapKind
from helmdesk.plan.forecast import Forecast, load_models
from helmdesk.plan.forecast.versions import Accuracy, Kept
from helmdesk.query.words import show_duration
from helmdesk.web.apps.planning.words import show_day, show_minute

HARDLY, MOST_SHOWN, MOST_VERSIONS = 0.005, 4, 8
SHADES = (0.25, 0.6, 0.85)


def show_contacts(value: float) -> str:
    """Return contacts: whole from ten on, with a decimal below."""
    return f"{value:,.0f}" if value >= 9.95 or value == round(value) else f"{value:.1f}"


def sentence(made: Forecast, dates: str) -> str:
    """Return what the page says first."""
    total, before = float(made.totals.sum()), float(made.naive.sum())
    low, high = made.total_bounds()
    said = f"{show_contacts(total)} contacts are expected, {dates}"
    if made.competition.trial is not None:
        said += f", likely {low:,.0f} to {high:,.0f}"
    if not before or abs(total / before - 1) < HARDLY:
        return f"{said}."
    more = "more" if total > before else "fewer"
    return f"{said}; {abs(total / before - 1):.0%} {more} than the last usual week brought."


@dataclass(frozen=True)
class Day:
    """One day of the table."""

    name: str
    expected: str
    likely: str
    before: str
    changes: tuple[str, ...]


def days_of(made: Forecast) -> list[Day]:
    """Return the days that are forecast, one a row."""
    low, high = made.day_bounds()
    has_bounds = made.competition.trial is not None
    days = []
    for i in range(made.days):
        day = made.first_day + timedelta(days=i)
        changes = tuple(
            f"× {each.factor:.2f}: {each.reason}"
            + ("" if each.author == "learned" else f" ({each.author})" if each.author else "")
            for each in made.factors
            if each.day == day and (made.totals[i] > 0 or each.factor == 0)
        )
        likely = f"{show_contacts(low[i])}–{show_contacts(high[i])}" if has_bounds else ""
        days.append(
            Day(
                show_day(day),
                show_contacts(made.totals[i]),
                likely,
                show_contacts(float(made.naive[i].sum())),
                changes,
            )
        )
    return days


def grid_of(made: Forecast) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return times down, days across: colour, contacts expected, and the same with its range."""
    used = (made.contacts > 0).any(axis=0).nonzero()[0]
    if not used.size:
        return []
    most = float(made.contacts.max())
    rows = []
    for i in range(int(used[0]), int(used[-1]) + 1):
        cells = []
        for day in range(made.days):
            value = float(made.contacts[day, i])
            if value <= 0:
                cells.append(("shut", "", "nothing is expected"))
                continue
            tone = sum(value >= shade * most for shade in SHADES)
            said = (
                f"{show_contacts(value)} expected, likely {made.low[day, i]:,.0f}"
                f" to {made.high[day, i]:,.0f}"
            )
            cells.append((f"p{tone}" if tone else "", show_contacts(value), said))
        rows.append((show_minute(i * made.interval_minutes), cells))
    return rows


def models_of(made: Forecast) -> list[tuple[str, str, bool]]:
    """Return every model that was tried: its name, how far it was off, whether it was taken."""
    return [
        (score.title, f"{score.wape:.1%}", score.name == made.model)
        for score in made.competition.scores
    ]


def chosen_of(made: Forecast) -> str:
    """Return which model was taken, and why, in words."""
    title = load_models()[made.model].title
    found = made.competition
    chosen, naive = found.score_of(made.model), found.score_of("naive")
    if chosen is None or naive is None:
        return (
            f"There is too little history to try models. Taken: {title}. How far it may be off"
            " cannot be said yet."
        )
    by = "day" if found.is_by_day or made.contacts.shape[1] == 1 else "half-hour"
    said = (
        f"Several ways were tried {found.origins} times on the past and held against what came, by"
        f" {by}."
        f" Taken: {title}, off by {chosen.wape:.1%} of contacts"
    )
    if made.model == "naive":
        return f"{said}. Nothing does better than the same weekday of the last usual week."
    return f"{said}; the same weekday of the last usual week is off by {naive.wape:.1%}."


def holes_of(demand: Demand) -> list[str]:
    """Return what is missing from history or no rule in it, as sentences."""
    by_kind: dict[GapKind, list[Gap]] = {}
    for gap in demand.gaps:
        by_kind.setdefault(gap.kind, []).append(gap)
    return [_hole(kind, gaps) for kind, gaps in by_kind.items()]


def _hole(kind: GapKind, gaps: Sequence[Gap]) -> str:
    days = [(day, gap.what) for gap in gaps for day in gap.days]
    match kind:
        case GapKind.SHORT_HISTORY:
            return "There are fewer than eight weeks of history: weekdays are hardly known yet."
        case GapKind.NO_HANDLE_TIME:
            return "How long the work takes was not recorded. Say it where people are planned."
        case GapKind.NO_PATIENCE:
            return "Nobody was recorded giving up: plans take it that everybody waits."
        case GapKind.EMPTY_DAY:
            return f"Nobody came, though they usually do: {_listed(days)}. Not taken for the rule."
        case GapKind.UNUSUAL_DAY:
            return f"Far more or fewer than usual: {_listed(days)}. Not taken for the rule."
        case GapKind.NAMED_DAY:
            return f"Days with a name, not taken for the rule: {_listed(days)}."


def _listed(days: Sequence[tuple[date, str]]) -> str:
    newest = sorted(days, reverse=True)
    said = [f"{day:%-d %b %Y}" + (f" ({what})" if what else "") for day, what in newest]
    more = f" and {len(said) - MOST_SHOWN} more" if len(said) > MOST_SHOWN else ""
    return ", ".join(said[:MOST_SHOWN]) + more


def accuracy_of(found: Sequence[Accuracy]) -> list[tuple[str, int, str, str, str]]:
    """Return how right kept forecasts were, by how long before they were made."""
    rows = []
    for each in found:
        lead = f"{each.first_lead} to {each.last_lead} days before"
        if each.last_lead == each.first_lead:
            lead = "the day before" if each.first_lead == 1 else f"{each.first_lead} days before"
        rows.append(
            (lead, each.days, f"{each.wape:.1%}", f"{each.naive_wape:.1%}", f"{each.inside:.0%}")
        )
    return rows


def versions_of(
    kept: Sequence[Kept], demand: Demand, zone: Any
) -> list[tuple[str, str, str, str, str]]:
    """Return the newest kept forecasts: made when, by which model, for which days, what they said
    of the days that have come, and what came.
    """
    from datetime import UTC

    rows = []
    for each in sorted(kept, key=lambda version: version.made_at, reverse=True)[:MOST_VERSIONS]:
        last = each.first_day + timedelta(days=each.contacts.shape[0] - 1)
        place = (each.first_day - demand.first_day).days
        over = max(0, min(each.contacts.shape[0], demand.days - place))
        said, came = "", "not yet"
        if over > 0 and place >= 0:
            said = show_contacts(float(each.contacts[:over].sum()))
            came = show_contacts(float(demand.contacts[place : place + over].sum()))
        made_at = each.made_at.replace(tzinfo=UTC).astimezone(zone)
        title = load_models()[each.model].title if each.model in load_models() else each.model
        days = f"{each.first_day:%-d %b} – {last:%-d %b %Y}"
        rows.append((f"{made_at:%-d %b %Y, %H:%M}", title, days, said, came))
    return rows


def work_of(demand: Demand) -> tuple[str, str]:
    """Return the mean work on a contact, and what it is taken from."""
    seconds = demand.handle_seconds
    if seconds is None:
        return "–", "not recorded"
    return show_duration(seconds), "recorded in the last eight weeks"
