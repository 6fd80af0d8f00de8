"""Alerts: the rules of whoever looks, a new one tried on the past, and what one saw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from helmdesk.act.alerts import Change
from helmdesk.errors import HelmdeskError, NotFoundError, UsageError
from helmdesk.insight.alerts import DAYS, GRAINS, Past, Watch
from helmdesk.web.access import LEADS, Role
from helmdesk.web.apps.alerts.form import FIELDS, KINDS, fields_of, unit_words, watch_of
from helmdesk.web.apps.alerts.jobs import overdue
from helmdesk.web.apps.alerts.models import Evaluation, QuietHours, Rule
from helmdesk.web.apps.alerts.ready import fitting
from helmdesk.web.apps.alerts.sharing import audience_of, follow_one, share
from helmdesk.web.apps.people.audience import ROLES, may_share, read_audience
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.insight.page import annotations_of
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

MOST_RULES = 50
SHOWN = 60
PROGRAMS = {"programs": True, "no-programs": False}
# How the form asks for the number of those that have one.
NUMBERED = {
    "level": "It begins at",
    "promises": "So many promises",
    "lateness": "Hours without data",
    "shortfall": "Hours of people missing in the next 7 days",
}
MUTES = {"day": timedelta(days=1), "week": timedelta(days=7)}
STATES = {
    "ok": "quiet",
    "pending": "nearly",
    "firing": "on",
    "recovering": "nearly over",
    "unknown": "cannot be told",
}
OUTCOMES = {
    "began": "began",
    "ended": "over",
    "blind": "cannot be told any more",
    "sighted": "can be told again",
    "still": "still on",
    "quiet": "quiet",
    "skipped": "nothing to see",
    "failed": "could not be looked at",
}


def alerts(request: DeskRequest) -> HttpResponse:
    """Show one's own rules, those that are on first."""
    order = {"firing": 0, "recovering": 1, "unknown": 2, "pending": 3, "ok": 4}
    mine = sorted(_mine(request), key=lambda rule: (order[rule.state], rule.pk))
    return show(
        request,
        "alerts.html",
        "Alerts",
        rules=[_row(request, rule) for rule in mine],
        ready=[
            {
                "title": each.title,
                "sentence": request.desk.alert_sentence(each.watch),
                "query": "?" + urlencode(fields_of(each.watch, _metric(request, each.watch))),
            }
            for each in fitting(lambda key: _is_recorded(request, key))
        ],
        quiet=QuietHours.objects.filter(person=request.user).first(),
        silent=overdue(),
        now=timezone.now(),
        address=getattr(request.user, "email", ""),
    )


def new_alert(request: DeskRequest) -> HttpResponse:
    """Show the form of a rule, with what the rule would have told; keep it."""
    if request.method == "POST":
        kept = watch_of(request, request.POST)
        made = keep_rule(request, kept)
        messages.success(
            request,
            "Kept. It is in preview: it is followed, and nothing is sent until you turn it on.",
        )
        return redirect("alert", made.pk)
    past: Past | None = None
    watch: Watch | None = None
    problem = ""
    kind = request.GET.get("kind", "")
    # A level is asked for before it is missed.
    if kind and ("enter" in request.GET or kind not in NUMBERED):
        try:
            watch = watch_of(request, request.GET)
            past = _past(request, watch)
        except HelmdeskError as error:
            problem = str(error)
    metric = _metric(request, watch) if watch else None
    if metric is None and request.GET.get("metric"):
        known = request.desk.catalogue.get(request.GET["metric"])
        metric = known.metric if known else None
    return show(
        request,
        "alert_form.html",
        "New alert",
        given={"grain": "week"}
        | {name: request.GET[name] for name in FIELDS if name in request.GET},
        kinds={kind.value: words for kind, words in KINDS.items()},
        grains=GRAINS,
        metrics=[
            entry.metric
            for key, entry in request.desk.catalogue.items()
            if _is_recorded(request, key)
        ],
        unit=unit_words(metric),
        begins=NUMBERED,
        past=past,
        told=_told(past) if past else [],
        problem=problem,
    )


def keep_rule(request: DeskRequest, kept: Watch) -> Rule:
    """Keep a rule in preview.

    Raises:
        UsageError: too many already, or what cannot be followed here.
    """
    request.desk.try_alert(kept, days=7)  # what cannot be followed is not kept
    if _mine(request).filter(shared_from=None).count() >= MOST_RULES:
        raise UsageError(f"you have {MOST_RULES} alerts; remove one first")
    with transaction.atomic():
        made = Rule.objects.create(person=request.user, said=kept.as_dict())
        audit("wrote an alert", str(made.pk), request=request, kind=kept.kind.value)
    return made


def alert(request: DeskRequest, pk: int) -> HttpResponse:
    """Show one rule: where it stands, what it saw, and what it would have told."""
    rule = _find(request, pk)
    row = _row(request, rule)
    try:
        past, problem = _past(request, rule.watch), ""
    except HelmdeskError as error:
        past, problem = None, str(error)
    return show(
        request,
        "alert.html",
        "Alert",
        row=row,
        past=past,
        told=_told(past) if past else [],
        problem=problem,
        outcomes=OUTCOMES,
        evaluations=Evaluation.objects.filter(rule=rule)[:SHOWN],
        can_tell_programs=_is_administrator(request),
        audiences=ROLES if may_share(request.user) and rule.shared_from is None else (),
        audience=audience_of(rule),
        teams=_teams(request),
        now=timezone.now(),
    )


@require_POST
def change_alert(request: DeskRequest, pk: int) -> HttpResponse:
    """Turn a rule on or off, mute it for a while, or remove it."""
    rule, do = _find(request, pk), request.POST.get("do", "")
    change_rule(request, rule, do, request.POST.getlist("role"), request.POST.getlist("team"))
    if do == "remove":
        messages.success(request, "Removed.")
        return redirect("alerts")
    messages.success(request, "Saved.")
    return redirect("alert", rule.pk)


def change_rule(
    request: DeskRequest,
    rule: Rule,
    do: str,
    roles: Sequence[str] = (),
    teams: Sequence[str] = (),
) -> None:
    """Change one of the reader's own rules.

    Args:
        do: on, off, day or week (mute), unmute, remove, share, or, for administrators, programs and
        no-programs.
        roles, teams: with whom it is shared: everybody of a role, the leads of a team.

    Raises:
        UsageError: none of these, or not possible.
    """
    mine = Rule.objects.filter(pk=rule.pk)
    with transaction.atomic():
        audit("changed an alert", str(rule.pk), request=request, changed=[do])
        if do == "remove":
            if rule.shared_from is not None:
                raise UsageError("somebody shares this alert with you; turn it off instead")
            rule.delete()
        elif do in ("on", "off"):
            if do == "on" and not getattr(request.user, "email", ""):
                raise UsageError(
                    "you have no mail address here; an administrator enters it under People"
                )
            mine.update(is_on=do == "on")
            if rule.shared_from is None:
                follow_one(Rule.objects.select_related("person").get(pk=rule.pk))
        elif do == "share" and may_share(request.user):
            share(rule, read_audience(roles, teams, set(_teams(request)), "alerts"))
        elif do in MUTES:
            mine.update(muted_until=timezone.now() + MUTES[do])
        elif do == "unmute":
            mine.update(muted_until=None)
        elif do in PROGRAMS and _is_administrator(request):
            mine.update(tells_programs=PROGRAMS[do])
        else:
            raise UsageError("turn it on or off, mute it, or remove it")


@require_POST
def quiet_hours(request: DeskRequest) -> HttpResponse:
    """Keep when no mail about alerts is wanted, or that it always is."""
    start, end = (request.POST.get(name, "").strip() for name in ("start", "end"))
    if not start and not end:
        QuietHours.objects.filter(person=request.user).delete()
        messages.success(request, "Mail about alerts comes at any time.")
        return redirect("alerts")
    try:
        begins, ends = time.fromisoformat(start), time.fromisoformat(end)
    except ValueError as error:
        raise UsageError("quiet hours: write both times such as 19:00 and 07:00") from error
    if begins == ends:
        raise UsageError("quiet hours that end when they begin would be none, or all day")
    QuietHours.objects.update_or_create(
        person=request.user, defaults={"start": begins, "end": ends}
    )
    messages.success(request, f"No mail about alerts from {begins:%H:%M} to {ends:%H:%M}.")
    return redirect("alerts")


def _mine(request: DeskRequest) -> Any:
    return Rule.objects.filter(person=request.user)


def _find(request: DeskRequest, pk: int) -> Rule:
    return get_object_or_404(Rule, pk=pk, person=request.user)


def _teams(request: DeskRequest) -> list[str]:
    return request.desk.segments().get("team", [])


def _role(request: DeskRequest) -> str:
    return str(getattr(request.user, "role", ""))


def _is_administrator(request: DeskRequest) -> bool:
    return _role(request) == Role.ADMINISTRATOR


def _is_recorded(request: DeskRequest, key: str) -> bool:
    return key in request.desk.catalogue and not request.desk.missing(key)


def _metric(request: DeskRequest, watch: Watch) -> Any:
    return request.desk.find_metric(watch.metric).metric if watch.metric else None


def _past(request: DeskRequest, watch: Watch) -> Past:
    return request.desk.try_alert(
        watch, days=DAYS, annotations=annotations_of(request, watch.metric or None)
    )


def _told(past: Past) -> list[dict[str, Any]]:
    """Return when a rule would have spoken and how long what it told of lasted, latest first."""
    found: list[dict[str, Any]] = []
    for each in past.steps:
        if each.change is Change.BEGAN:
            found.append({"reading": each.reading, "over": None})
        elif each.change is Change.ENDED and found:
            found[-1]["over"] = each.reading
    return found[::-1]


def _row(request: DeskRequest, rule: Rule) -> dict[str, Any]:
    try:
        sentence = request.desk.alert_sentence(rule.watch)
    except (NotFoundError, UsageError) as error:
        sentence = f"A rule that cannot be followed here any more: {error}"
    return {
        "it": rule,
        "sentence": sentence,
        "state": STATES[rule.state],
        "is_muted": rule.is_muted(timezone.now()),
        "link": _link(rule.watch),
    }


def _link(watch: Watch) -> str:
    """Return the address of the page of what a rule goes by."""
    if not watch.metric:
        return ""
    query = "?" + urlencode({"where": watch.where}) if watch.where else ""
    return reverse("metric", args=[watch.metric]) + query


page = Page(
    title="Alerts",
    roles=LEADS,
    place=52,
    group="Act",
    icon="bell",
    help="rules that tell you when something begins, and when it is over",
    routes=(
        Route("alerts", alerts, "alerts"),
        Route("alerts/new", new_alert, "new_alert"),
        Route("alerts/quiet-hours", quiet_hours, "quiet_hours"),
        Route("alerts/<int:pk>", alert, "alert"),
        Route("alerts/<int:pk>/change", change_alert, "change_alert"),
    ),
)
