"""The form of an action: numbers as people write them, in percent, minutes and hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict

from helmdesk.act.actions import MOST_GUARDS, Hypothesis, Towards
from helmdesk.catalogue.metric import Metric
from helmdesk.errors import UsageError
from helmdesk.insight.alerts import in_unit
from helmdesk.query.filters import All, parse_filter, simplified, to_text
from helmdesk.query.words import DURATIONS
from helmdesk.web.access import LEADS
from helmdesk.web.apps.alerts.form import SECONDS, level_of
from helmdesk.web.apps.people.models import Person
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import whole_number

FIELDS = (
    "title",
    "belief",
    "metric",
    "towards",
    "expected",
    "where",
    "start",
    "since",
    "weeks",
    "control",
    "lever",
    "cost",
    "origin",
    "owner",
)
TOWARDS = {Towards.HIGHER: "up", Towards.LOWER: "down"}
TYPICAL_GUARDS = ("csat", "reopen_rate", "first_response_time", "sla_compliance", "utilization")


def hypothesis_of(request: DeskRequest, given: QueryDict) -> Hypothesis:
    """Return what a form says; what its reader may not see is no part of it.

    Raises:
        UsageError, NotFoundError, FilterError: it says none, or of nothing known.
    """
    said = {name: given.get(name, "").strip() for name in FIELDS}
    if not said["metric"]:
        raise UsageError("choose the number that should move")
    metric = request.desk.find_metric(said["metric"]).metric
    guards = tuple(dict.fromkeys(key for key in given.getlist("guards") if key != metric.key))
    for key in guards:
        request.desk.find_metric(key)
    if said["control"]:
        parse_filter(said["control"])
    return Hypothesis(
        title=" ".join(said["title"].split()),
        belief=said["belief"],
        metric=metric.key,
        version=metric.version,
        where=_within(request, said["where"]),
        towards=_towards(said["towards"], metric),
        expected=_expected(said["expected"], metric),
        start=_day("start", said["start"]),
        since=_day("since", said["since"]) if said["since"] else None,
        weeks=whole_number("weeks", said["weeks"] or "8", 8, 52),
        guards=guards,
        control=said["control"],
        lever=said["lever"],
        cost=said["cost"],
        origin=said["origin"],
    )


def owner_of(request: DeskRequest, given: QueryDict) -> Any:
    """Return who does it; the reader, where nobody is named.

    Raises:
        UsageError: nobody of that name can own an action.
    """
    name = given.get("owner", "").strip()
    if not name:
        return request.user
    found = owners().filter(username=name).first()
    if found is None:
        raise UsageError(f"{name} cannot own an action: choose one of the list")
    return found


def owners() -> Any:
    """Return the people who can own an action."""
    return Person.objects.filter(is_active=True, role__in=LEADS).order_by("username")


def fields_of(said: Hypothesis, metric: Metric, owner: Any) -> dict[str, Any]:
    """Return how a form says an action."""
    return {
        "title": said.title,
        "belief": said.belief,
        "metric": said.metric,
        "towards": said.towards.value,
        "expected": written(said.expected, metric),
        "where": said.where,
        "start": said.start.isoformat(),
        "since": said.since.isoformat() if said.since else "",
        "weeks": str(said.weeks),
        "guards": list(said.guards),
        "control": said.control,
        "lever": said.lever,
        "cost": said.cost,
        "origin": said.origin,
        "owner": owner.username if owner else "",
    }


def begun(given: QueryDict, today: date) -> dict[str, Any]:
    """Return the fields of an empty form, with what an address says."""
    found: dict[str, Any] = {name: given.get(name, "") for name in FIELDS}
    found["weeks"] = found["weeks"] or "8"
    found["start"] = found["start"] or (today + timedelta(days=-today.weekday() % 7)).isoformat()
    found["guards"] = given.getlist("guards")
    return found


def offered_guards(metrics: list[Metric], chosen: Mapping[str, Any]) -> list[Metric]:
    """Return the metrics that are offered to be watched beside: typical ones first."""
    order = {key: place for place, key in enumerate(TYPICAL_GUARDS)}
    fitting = [each for each in metrics if each.direction in ("higher", "lower")]
    return sorted(
        (each for each in fitting if each.key != chosen.get("metric")),
        key=lambda each: (order.get(each.key, MOST_GUARDS), each.name),
    )


def _within(request: DeskRequest, where: str) -> str:
    """Return a filter within what the reader may see: everybody who sees the action reads the same
    number.
    """
    condition = parse_filter(where) if where else None
    if request.policy.predicate is None:
        return where
    parts = tuple(part for part in (request.policy.predicate, condition) if part is not None)
    return to_text(simplified(All(parts)))


def _towards(text: str, metric: Metric) -> Towards:
    if text in {each.value for each in Towards}:
        return Towards(text)
    if metric.direction in ("higher", "lower"):
        return Towards(metric.direction)
    raise UsageError(f"say whether {metric.name.lower()} should go up or down")


def _expected(text: str, metric: Metric) -> float | None:
    return abs(level_of("the change that is expected", text, metric.unit)) if text else None


def written(expected: float | None, metric: Metric) -> str:
    """Return a change that is expected as the form says it; empty for none."""
    if expected is None:
        return ""
    if metric.unit in DURATIONS:
        fitting = [name for name, size in SECONDS.items() if expected % size == 0]
        name = fitting[0] if fitting else "s"
        return f"{expected / SECONDS[name]:.6g} {name}"
    return f"{expected / in_unit(1.0, metric.unit):.6g}"


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{name} = {text[:30]!r}: write a day such as 2026-06-08" if text else f"say the {name}"
        ) from error
