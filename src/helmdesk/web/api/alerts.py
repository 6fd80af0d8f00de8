"""The API of alerts: one's own rules, tried, kept, changed, and what they saw."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema, Status
from pydantic import Field

from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.insight.alerts import Watch, read_watch
from helmdesk.query.filters import parse_filter
from helmdesk.web.access import LEADS
from helmdesk.web.api.problems import ERRORS
from helmdesk.web.api.tokens import Needs
from helmdesk.web.apps.alerts.models import Evaluation, Rule
from helmdesk.web.apps.alerts.page import change_rule, keep_rule
from helmdesk.web.pages.insight.page import annotations_of

router = Router(tags=["Alerts"])
reads, writes = Needs("numbers"), Needs("alerts")
SHOWN = 100


class Said(Schema):
    """A rule: what is watched. Levels are in the metric's unit (0.8 for 80 %, seconds)."""

    kind: Literal["verdict", "target", "level", "promises", "lateness", "shortfall"]
    metric: Annotated[str, Field(max_length=100)] = ""
    where: Annotated[str, Field(max_length=500)] = ""
    grain: Literal["day", "week", "month"] = "week"
    is_above: bool = True
    enter: float = 0.0
    leave: float | None = None
    hold: Annotated[int, Field(ge=1, le=30)] = 1
    hours: Annotated[float, Field(ge=0, le=8760)] = 0.0
    team: Annotated[str, Field(max_length=200)] = ""


class Tried(Said):
    """A rule, and over how many days of the past to try it."""

    days: Annotated[int, Field(ge=1, le=730)] = 90


class Changed(Schema):
    """What becomes of a rule (`day` and `week` mute it); `role` says with whose people it is
    shared, `team` with whose leads.
    """

    do: Literal["on", "off", "day", "week", "unmute", "programs", "no-programs", "share", ""] = ""
    role: Annotated[list[str], Field(default_factory=list, max_length=10)]
    team: Annotated[list[str], Field(default_factory=list, max_length=100)]


def _watch(said: Said) -> Watch:
    given = said.model_dump(exclude={"days"})
    if given["leave"] is None:
        given["leave"] = given["enter"]
    if given["where"]:
        parse_filter(given["where"])
    return read_watch(given)


def _for_leads(request: Any) -> None:
    if request.user.role not in LEADS:
        raise NotPermittedError("alerts are for those who answer for a team or the desk")


def _described(request: Any, rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "sentence": request.desk.alert_sentence(rule.watch),
        "rule": rule.watch.as_dict(),
        "is_on": rule.is_on,
        "state": rule.state,
        "since": rule.since,
        "words": rule.words,
        "problem": rule.problem,
        "looked_at": rule.looked_at,
        "muted_until": rule.muted_until,
        "shared_with": rule.audience,
        "shared_with_leads_of": rule.audience_teams,
        "is_shared_with_me": rule.shared_from is not None,
    }


def _find(request: Any, pk: int) -> Rule:
    _for_leads(request)
    found = Rule.objects.filter(pk=pk, person=request.user).first()
    if found is None:
        raise NotFoundError(f"you have no alert {pk}; GET /alerts lists yours")
    return found


@router.get("/alerts", auth=reads, response={200: Any, **ERRORS}, summary="One's own alerts")
def list_alerts(request: Any) -> Any:
    """Return the rules of the token's person, those that others share with them too."""
    _for_leads(request)
    return [_described(request, rule) for rule in Rule.objects.filter(person=request.user)]


@router.post(
    "/alerts/try", auth=reads, response={200: Any, **ERRORS}, summary="Try an alert on the past"
)
def try_alert(request: Any, said: Tried) -> Any:
    """Return when a rule would have spoken; nothing is kept."""
    _for_leads(request)
    watch = _watch(said)
    notes = annotations_of(request, watch.metric or None)
    past = request.desk.try_alert(watch, days=said.days, annotations=notes)
    return {
        "sentence": past.sentence,
        "days": past.days,
        "words": past.describe(),
        "state": past.steps[-1].memory.state.value if past.steps else None,
        "begun": [
            {"period": each.period, "until": f"{each.until.isoformat()}Z", "words": each.words}
            for each in past.begun
        ],
    }


@router.post("/alerts", auth=writes, response={201: Any, **ERRORS}, summary="Write an alert")
def write_alert(request: Any, said: Said) -> Any:
    """Keep a rule, in preview until it is turned on."""
    _for_leads(request)
    return Status(201, _described(request, keep_rule(request, _watch(said))))


@router.get(
    "/alerts/{int:pk}",
    auth=reads,
    response={200: Any, **ERRORS},
    summary="One alert, and what it saw",
)
def get_alert(request: Any, pk: int) -> Any:
    """Return a rule with its newest evaluations, the newest first."""
    rule = _find(request, pk)
    seen = Evaluation.objects.filter(rule=rule)[:SHOWN]
    return {
        **_described(request, rule),
        "evaluations": [
            {
                "first_at": each.first_at,
                "last_at": each.last_at,
                "times": each.times,
                "outcome": each.outcome,
                "state": each.state,
                "words": each.words,
                "was_sent": each.was_sent,
            }
            for each in seen
        ],
    }


@router.post(
    "/alerts/{int:pk}", auth=writes, response={200: Any, **ERRORS}, summary="Change an alert"
)
def change_alert(request: Any, pk: int, said: Query[Changed]) -> Any:
    """Turn a rule on or off, mute it, or share it."""
    rule = _find(request, pk)
    change_rule(request, rule, said.do, said.role, said.team)
    return _described(request, _find(request, pk))


@router.delete(
    "/alerts/{int:pk}", auth=writes, response={204: None, **ERRORS}, summary="Remove an alert"
)
def remove_alert(request: Any, pk: int) -> Any:
    """Remove one's own rule; one that somebody shares is turned off instead."""
    change_rule(request, _find(request, pk), "remove")
    return Status(204, None)
