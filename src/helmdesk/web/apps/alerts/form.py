"""The form of a rule: numbers as people write them, in percent, minutes and hours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from helmdesk.catalogue.metric import Metric
from helmdesk.errors import UsageError
from helmdesk.insight.alerts import GRAINS, WITHOUT_METRIC, Kind, Watch, in_unit
from helmdesk.query.filters import parse_filter
from helmdesk.query.words import DURATIONS, SHARES
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import whole_number

# The longest first: a level is written in the largest unit that it is a whole number of.
SECONDS = {"d": 86_400.0, "h": 3600.0, "min": 60.0, "s": 1.0}
DURATION = re.compile(r"([0-9.,]+)\s*(d|h|min|s)")
FIELDS = ("kind", "metric", "side", "enter", "leave", "grain", "hold", "hours", "team", "where")
KINDS = {
    Kind.VERDICT: "its verdict turns for the worse",
    Kind.TARGET: "it misses its target",
    Kind.LEVEL: "it passes a level that I choose",
    Kind.PROMISES: "promises to customers run out",
    Kind.LATENESS: "no data come any more",
    Kind.SHORTFALL: "fewer people are planned than the forecast needs",
}


def unit_words(metric: Metric | None) -> str:
    """Return in which unit a level is written down."""
    if metric is None:
        return ""
    if metric.unit in SHARES:
        return "%"
    return (
        "minutes, or with its unit: 5 d, 3 h, 90 min, 45 s"
        if metric.unit in DURATIONS
        else metric.unit.replace("_", " ")
    )


def watch_of(request: DeskRequest, given: QueryDict) -> Watch:
    """Return the rule that a form says.

    Raises:
        UsageError, NotFoundError, FilterError: it says none, or of nothing known.
    """
    said = {name: given.get(name, "").strip() for name in FIELDS}
    try:
        kind = Kind(said["kind"])
    except ValueError as error:
        raise UsageError("choose what the rule goes by") from error
    if said["where"]:
        parse_filter(said["where"])
    metric = None
    if kind not in WITHOUT_METRIC:
        if not said["metric"]:
            raise UsageError("choose the metric that the rule goes by")
        metric = request.desk.find_metric(said["metric"]).metric
    key = metric.key if metric else ""
    where = said["where"] if kind not in (Kind.LATENESS, Kind.SHORTFALL) else ""
    hold = whole_number("in a row", said["hold"] or "1", 1, 30)
    if kind in (Kind.VERDICT, Kind.TARGET):
        return Watch(kind, key, where, hold=hold if kind is Kind.TARGET else 1)
    unit = metric.unit if metric else ""
    enter = level_of("where it begins", said["enter"], unit)
    leave = level_of("where it is over", said["leave"], unit) if said["leave"] else enter
    if kind is Kind.LEVEL:
        return Watch(
            kind,
            key,
            where,
            grain=said["grain"] if said["grain"] in GRAINS else "week",
            is_above=said["side"] != "below",
            enter=enter,
            leave=leave,
            hold=hold,
        )
    if kind is Kind.SHORTFALL:
        return Watch(kind, enter=enter, leave=leave, hold=hold, team=said["team"])
    hours = _number("hours", said["hours"]) if said["hours"] else 0.0
    if kind is Kind.LATENESS:
        return Watch(kind, enter=enter, leave=enter)
    return Watch(kind, where=where, enter=enter, leave=leave, hold=hold, hours=hours)


def fields_of(watch: Watch, metric: Metric | None) -> Mapping[str, Any]:
    """Return how a form says a rule."""

    def written(number: float) -> str:
        unit = metric.unit if metric and watch.kind is Kind.LEVEL else ""
        if unit in DURATIONS:
            fitting = [name for name, size in SECONDS.items() if number % size == 0]
            name = fitting[0] if fitting else "s"
            return f"{number / SECONDS[name]:.6g} {name}"
        return f"{number / in_unit(1.0, unit):.6g}"

    found: dict[str, Any] = {"kind": watch.kind.value, "metric": watch.metric}
    if watch.where:
        found["where"] = watch.where
    if watch.kind in (Kind.LEVEL, *WITHOUT_METRIC):
        found["enter"] = written(watch.enter)
    if watch.kind in (Kind.LEVEL, Kind.PROMISES, Kind.SHORTFALL):
        found["leave"] = written(watch.leave)
    if watch.kind is Kind.LEVEL:
        found |= {"side": "above" if watch.is_above else "below", "grain": watch.grain}
    if watch.team:
        found["team"] = watch.team
    if watch.hold > 1:
        found["hold"] = str(watch.hold)
    if watch.hours:
        found["hours"] = f"{watch.hours:g}"
    return found


def level_of(name: str, text: str, unit: str) -> float:
    """Read a level in a metric's unit; a duration may say its own: "5 d", "90 min"."""
    if unit in DURATIONS and (found := DURATION.fullmatch(text.strip())):
        return _number(name, found[1]) * SECONDS[found[2]]
    return in_unit(_number(name, text), unit)


def _number(name: str, text: str) -> float:
    """Read a number as people write it: "80", "80 %", "1,500", "2.5"."""
    plain = text.removesuffix("%").strip().replace(",", "")
    try:
        found = float(plain)
    except ValueError as error:
        raise UsageError(
            f"{name} = {text[:40]!r}: write a number such as 80 or 2.5"
            if text
            else f"write the number for {name}"
        ) from error
    if not -1e9 < found < 1e9:
        raise UsageError(f"{name} = {text[:40]!r}: that is no number a metric reaches")
    return found
