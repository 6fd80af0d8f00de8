"""Under which conditions somebody worked: hours, shift, what the work was beside the team's, and
what happened around it; nothing of it is a judgement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from helmdesk.act.coaching import unlike, when_words
from helmdesk.catalogue.metric import Metric
from helmdesk.desk.scoped import ScopedDesk
from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.insight.context import Annotation
from helmdesk.query.words import show_measurement, show_share
from helmdesk.web.labels import dimension_words, value_words
from helmdesk.web.pages.insight.page import Reader, annotations_of
from helmdesk.web.pages.team.own import OwnNumber

# What a person's hours were like; no judgement of them.
HOURS = ("occupancy", "utilization", "schedule_adherence")
PARTS = ("queue", "channel", "issue_type", "tenure")
COUNTED = ("ticket_volume", "average_handle_time")
MOST_PARTS, MOST_HAPPENED = 4, 6


def conditions_of(
    desk: ScopedDesk, days: Mapping[str, Any], numbers: Sequence[OwnNumber]
) -> list[dict[str, str]]:
    """Return the conditions of the reader's work in some days: (name, words) of each that is known.

    Args:
        days: start and end, local dates as text, half-open.
        numbers: the reader's own, which know the mix of the team's work.
    """
    told = [*_hours(desk, days), *_shift(desk, days), *_parts(desk, days), *_beside(numbers)]
    return [{"name": name, "words": words} for name, words in told]


def recorded(desk: ScopedDesk, key: str) -> Metric | None:
    """Return a metric that this desk has and its reader may ask for; None otherwise."""
    if key not in desk.catalogue or desk.missing(key):
        return None
    return desk.find_metric(key).metric


def happened(desk: ScopedDesk, start: date, end: date) -> list[str]:
    """Say what was written down about these days, here and in the sources: tools, releases, rules,
    outages; the latest of them, oldest first.
    """
    known: dict[tuple[date, str], Annotation] = {}
    for each in (*desk.events(), *annotations_of(Reader(desk.policy))):
        if start <= each.day < end and each.text:
            known.setdefault((each.day, each.text), each)
    found = [known[place] for place in sorted(known)]
    return [
        f"{each.day:%-d %B}: {each.text}"
        + (f" ({each.kind.replace('_', ' ')})" if each.kind else "")
        for each in found[-MOST_HAPPENED:]
    ]


def _hours(desk: ScopedDesk, days: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for key in HOURS:
        metric = recorded(desk, key)
        if metric is None:
            continue
        try:
            found = desk.measure(key, **days)[0]
        except (NotFoundError, NotPermittedError):
            continue
        if found.n:
            yield metric.name, show_measurement(found)[0]


def _shift(desk: ScopedDesk, days: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Say at which times of the day and of the week the work came."""
    by_hour, by_day = (_counts(desk, days, by) for by in ("hour", "weekday"))
    words = when_words(
        {int(hour): count for hour, count in by_hour.items() if hour is not None},
        {str(day): count for day, count in by_day.items() if day is not None},
    )
    if words:
        yield "When it came", words


def _parts(desk: ScopedDesk, days: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Say what the work consisted of, by the share of its tickets or calls."""
    for by in PARTS:
        counts = _counts(desk, days, by)
        total = sum(counts.values())
        order = sorted(counts, key=lambda each: (-counts[each], str(each)))
        told = [f"{value_words(by, each)} {show_share(counts[each] / total)}" for each in order]
        more = len(told) - MOST_PARTS
        if more > 0:
            told = [*told[:MOST_PARTS], f"{more} more"]
        if told:
            yield dimension_words(by), ", ".join(told)


def _beside(numbers: Sequence[OwnNumber]) -> Iterable[tuple[str, str]]:
    """Say of which kinds of work there was clearly more or less than in the rest of the team."""
    widest = max((each.found for each in numbers), key=lambda each: len(each.mix), default=None)
    mix = widest.mix if widest else ()
    told = [
        f"{name.replace('_', ' ')} {show_share(own)}, of the team's {show_share(others)}"
        for name, own, others in unlike(mix, widest.own.n if widest else 0)
    ]
    if told:
        yield "Unlike the team's", "; ".join(told)
    elif mix:
        yield "Unlike the team's", "nothing beyond chance: the mix of work was the team's"


def _counts(desk: ScopedDesk, days: Mapping[str, Any], by: str) -> dict[Any, int]:
    """Return cases by the values of a dimension; nothing where it is not recorded."""
    for key in COUNTED:
        if recorded(desk, key) is not None and by in desk.dimensions(key):
            return {m.group[0][1]: m.n for m in desk.measure(key, **days, by=by) if m.n}
    return {}
