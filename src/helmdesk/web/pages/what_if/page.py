"""What-if: levers, what they do, how right such answers have been, and scenarios kept by name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from helmdesk.act.actions import LONGEST
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.plan.crews import Crew, find_crew
from helmdesk.plan.simulation.scenario import Scenario, scenario_of
from helmdesk.plan.simulation.tape import Habits
from helmdesk.plan.simulation.what_if import Answer, Ground
from helmdesk.plan.simulation.words import BETTER, Row, rows_of, sentence
from helmdesk.query.filters import OneOf, to_text
from helmdesk.query.periods import week_shift
from helmdesk.web.access import LEADS
from helmdesk.web.apps.actions.form import written
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.planning.asked import Asked, Week, asked_of, week_of, weeks
from helmdesk.web.apps.planning.charts import halves, strip
from helmdesk.web.apps.planning.models import SavedScenario, planners_know, scope_of
from helmdesk.web.apps.planning.words import show_day, show_days, show_minute
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.what_if.levers import levers
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

TITLE = "What-if"
MOST_SAVED = 100
KEPT = ("service_level", "missed_contact_rate", "paid_hours")


def what_if(request: DeskRequest) -> HttpResponse:
    """Show what a change does to a week to come."""
    asked, crew, crews = Asked(), None, []
    try:
        scenario = scenario_of(request.GET)
        asked = asked_of(request.GET)
        crews = request.desk.plan.crews()
        crew = find_crew(crews, asked.team)
        week = _week(request, asked, crew)
        found = _found(request, asked, crew, week, scenario)
    except HelmdeskError as error:
        return show(
            request,
            "what_if.html",
            TITLE,
            400,
            problem=f"{str(error)[:1].upper()}{str(error)[1:]}",
            **_form(request, asked, crew, crews),
            **_saved(request, crew),
        )
    return show(
        request,
        "what_if.html",
        TITLE,
        scenario=scenario,
        week=week,
        dates=show_days(week.start, week.start + timedelta(days=week.days - 1)),
        coverage=f"{reverse('coverage')}?{urlencode({'team': crew.name, 'start': week.start})}",
        **found,
        **_form(request, asked, crew, crews),
        **_saved(request, crew),
    )


def _week(request: DeskRequest, asked: Asked, crew: Crew) -> Week:
    first = crew.demand.last_day + timedelta(days=1)
    known = weeks(first, week_shift(request.desk.settings.week_start))
    return known[week_of(asked, known)]


def _found(
    request: DeskRequest, asked: Asked, crew: Crew, week: Week, scenario: Scenario
) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    plan = request.desk.plan
    factors = planners_know()
    said: dict[str, Any] = {"start": week.start, "conditions": asked.conditions, "factors": factors}
    answer = plan.what_if(scenario, crew.name, **said)
    ground = plan.ground(crew.name, **said)
    test = plan.back_test(crew.name)
    rows = rows_of(answer)
    return {
        "answer": answer,
        "sentence": sentence(answer, ground.habits),
        "rows": [(row, _strip(answer, row)) for row in rows],
        "test": test,
        "test_weeks": [(show_days(w.start, w.start + timedelta(days=6)), w) for w in test.shown],
        "pictures": _pictures(answer, ground),
        "assumptions": ground.assumptions,
        "as_action": _as_action(
            request, crew, week, answer, ground.habits, is_sure=test.is_reliable
        ),
    }


def _as_action(
    request: DeskRequest,
    crew: Crew,
    week: Week,
    answer: Answer,
    habits: Sequence[Habits],
    *,
    is_sure: bool,
) -> str:
    """Return the address of an action that does what was tried, and expects of it the clearest good
    that it does; empty where it does none.

    Args:
        is_sure: whether the model was right about the past; else nothing is expected by it.
    """
    good = [
        moved
        for key, side in BETTER.items()
        if (moved := answer.moved[key]).is_clear and moved.change * side > 0
    ]
    if not good:
        return ""
    best = max(good, key=lambda moved: abs(moved.change) / max(moved.high - moved.low, 1e-9))
    metric = request.desk.find_metric(best.key).metric
    done = answer.scenario.told
    given = {
        "title": f"{done[:1].upper()}{done[1:]}",
        "belief": sentence(answer, habits),
        "metric": best.key,
        "towards": "higher" if best.change > 0 else "lower",
        "expected": written(_rounded(best.change), metric) if is_sure else "",
        "where": to_text(OneOf("queue", crew.queues)),
        "start": week.start.isoformat(),
        "lever": answer.scenario.lever,
        "origin": answer.scenario.sentence,
    }
    guards = [key for key in BETTER if key != best.key and not math.isnan(answer.moved[key].now)]
    found = {name: text[: LONGEST.get(name, 200)] for name, text in given.items() if text}
    # With what could show, at once.
    query = urlencode({**found, "guards": guards, "try": "yes"}, doseq=True)
    return f"{reverse('new_action')}?{query}"


def _rounded(change: float) -> float:
    """Return a change with two digits that count."""
    return float(f"{abs(change):.2g}")


def _strip(answer: Answer, row: Row) -> Any:
    moved = answer.moved[row.key]
    if (
        row.key in ("paid_hours", "occupancy", "utilization")
        or not moved.now
        or math.isnan(moved.now)
    ):
        return ""
    said = f"{row.change}, likely {row.likely}" if row.likely else row.change
    tone = {"good": "better", "bad": "worse"}.get(row.tone, "calm")
    return strip(moved.now, moved.change, moved.low, moved.high, tone, said)


def _pictures(answer: Answer, ground: Ground) -> list[tuple[str, Any]]:
    """Return the day that changes most, as now and with the change; nothing where none does."""
    spare = [np.floor(people + 1e-6) - answer.need for people in (answer.before, answer.after)]
    changed = np.abs(spare[1] - spare[0]).sum(axis=1)
    if not changed.any():
        return []
    number = int(changed.argmax())
    used = ((answer.need > 0) | (answer.before > 0) | (answer.after > 0))[number].nonzero()[0]
    first, last = int(used[0]), int(used[-1]) + 1
    minutes = ground.interval_minutes
    day = show_day(ground.first_day + timedelta(days=number))
    shown = [each[number, first:last] for each in spare]
    most = float(np.abs(shown).max())
    return [
        (f"{name} {day}", halves(bars, first, minutes, most, _short(each[number], minutes)))
        for name, bars, each in zip(("As now,", "With the change,"), shown, spare, strict=True)
    ]


def _short(spare: Any, minutes: int) -> str:
    places = np.flatnonzero(spare < 0)
    if not places.size:
        return "nowhere short"
    return (
        f"{places.size} intervals short, the first at {show_minute(int(places[0]) * minutes)}, by"
        f" {int(-spare.min())} at most"
    )


def _form(
    request: DeskRequest, asked: Asked, crew: Crew | None, crews: list[Crew]
) -> dict[str, Any]:
    first, more = levers(
        {name: text.strip() for name, text in request.GET.items()},
        crew.queues if crew else (),
        [each.name for each in crews if crew and each.name != crew.name],
    )
    kept = {name: text for name, text in asked.given.items() if text}
    plain = {k: v for k, v in kept.items() if k in ("team", "start")}
    return {
        "asked": asked,
        "crew": crew,
        "teams": [(each.name, f"?{urlencode({'team': each.name})}") for each in crews],
        "first_levers": first,
        "more_levers": more,
        "is_more_open": any(lever.is_moved for lever in more),
        "kept": kept,
        "back": f"?{urlencode(plain)}",
    }


def _saved(request: DeskRequest, crew: Crew | None) -> dict[str, Any]:
    if crew is None:
        return {}
    found = SavedScenario.seen(request.policy).filter(team=crew.name)[:MOST_SAVED]
    return {
        "saved": [
            (each, f"?{urlencode({'team': each.team, **each.levers})}", _is_own(request, each))
            for each in found
            if isinstance(each.levers, dict)
        ]
    }


def _is_own(request: DeskRequest, saved: SavedScenario) -> bool:
    return bool(saved.person == request.user)


@require_POST
def save(request: DeskRequest) -> HttpResponse:
    """Keep a scenario under a name, with what it does."""
    name = request.POST.get("name", "").strip()[:100]
    if not name:
        raise UsageError("give the scenario a name")
    scenario = scenario_of(request.POST)
    if scenario.is_nothing:
        raise UsageError("nothing is changed; move a lever before you keep it")
    asked = asked_of(request.POST)
    crew = find_crew(request.desk.plan.crews(), asked.team)
    seen = SavedScenario.seen(request.policy)
    if seen.count() >= MOST_SAVED:
        raise UsageError(f"{MOST_SAVED} scenarios are kept; remove one first")
    week = _week(request, asked, crew)
    found = _found(request, asked, crew, week, scenario)
    with transaction.atomic():
        made = SavedScenario.objects.create(
            person=request.user,
            name=name,
            team=crew.name,
            levers=scenario.as_query(),
            numbers=[[row.name, row.now, row.then] for row, _ in found["rows"] if row.key in KEPT],
            policy=scope_of(request.policy),
        )
        audit("kept a scenario", str(made.pk), request=request)
    messages.success(request, f"Kept as “{name}”.")
    return redirect(f"{reverse('what_if')}?{urlencode({'team': crew.name, **scenario.as_query()})}")


@require_POST
def forget(request: DeskRequest, pk: int) -> HttpResponse:
    """Remove a scenario that one kept."""
    found = SavedScenario.objects.filter(person=request.user, pk=pk).first()
    if found is None:
        raise Http404
    team = found.team
    found.delete()
    messages.success(request, "Removed.")
    return redirect(f"{reverse('what_if')}?{urlencode({'team': team})}")


page = Page(
    title=TITLE,
    roles=LEADS,
    place=44,
    group="Plan",
    icon="sliders",
    help="what a change of shifts, people or work would do",
    routes=(
        Route("plan/what-if", what_if, "what_if"),
        Route("plan/what-if/keep", save, "save_scenario"),
        Route("plan/what-if/kept/<int:pk>/remove", forget, "forget_scenario"),
    ),
)
