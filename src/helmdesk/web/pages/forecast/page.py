"""Forecast: what comes to a queue, how right that has been, and what planners know of days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from helmdesk.errors import HelmdeskError, NotFoundError
from helmdesk.plan.demand import Demand
from helmdesk.plan.forecast import Event, Forecast
from helmdesk.plan.forecast.known import informed, measured, of_queue
from helmdesk.query.periods import week_shift
from helmdesk.query.words import show_signed
from helmdesk.web.access import LEADS
from helmdesk.web.apps.jobs.kind import Nothing
from helmdesk.web.apps.jobs.queue import enqueue
from helmdesk.web.apps.planning.asked import Asked, Week, asked_of, week_of, weeks
from helmdesk.web.apps.planning.jobs import keep_forecast
from helmdesk.web.apps.planning.known import Entry, entry_of, take_back, write
from helmdesk.web.apps.planning.models import KnownDay, planners_know
from helmdesk.web.apps.planning.words import show_day, show_days
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.forecast import words
from helmdesk.web.pages.forecast.picture import course
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

TITLE = "Forecast"
PAST_DAYS = 56
MOST_ENDED = 20


def forecast(request: DeskRequest) -> HttpResponse:
    """Show what is expected of a queue in a week to come."""
    try:
        asked, demand, made, week, known = _asked(request, request.GET)
    except HelmdeskError as error:
        problem = f"{str(error)[:1].upper()}{str(error)[1:]}"
        return show(request, "forecast.html", TITLE, 400, problem=problem)
    queues = [each.queue for each in request.desk.plan.planner().demands]
    place = known.index(week)
    dates = show_days(week.start, week.start + timedelta(days=week.days - 1))
    handle, handle_told = words.work_of(demand)
    return show(
        request,
        "forecast.html",
        TITLE,
        asked=asked,
        queue=demand.queue,
        queues=[(name, _query(name, week)) for name in queues],
        dates=dates,
        week=week,
        weeks=[
            (
                show_days(each.start, each.start + timedelta(days=each.days - 1)),
                each.name,
                _query(demand.queue, each),
            )
            for each in known
        ],
        before=_query(demand.queue, known[place - 1]) if place else "",
        after=_query(demand.queue, known[place + 1]) if place + 1 < len(known) else "",
        sentence=words.sentence(made, dates),
        figures=_figures(made, handle, handle_told),
        picture=_picture(request, demand, made),
        past=show_days(
            demand.last_day - timedelta(days=min(PAST_DAYS, demand.days) - 1), demand.last_day
        ),
        rows=words.days_of(made),
        grid=words.grid_of(made),
        days=[show_day(made.first_day + timedelta(days=i)) for i in range(made.days)],
        models=words.models_of(made),
        chosen=words.chosen_of(made),
        changed_on=made.changed_on,
        holes=words.holes_of(informed(demand, of_queue(planners_know(), demand.queue))),
        own={"queue": demand.queue, "start": week.start.isoformat()},
        coverage=reverse("coverage"),
        **_known(request, demand, queues),
        **_kept(request, demand),
    )


def _asked(
    request: DeskRequest, given: QueryDict
) -> tuple[Asked, Demand, Forecast, Week, list[Week]]:
    asked, queue = asked_of(given), given.get("queue", "").strip()
    planner = request.desk.plan.planner()
    if not planner.demands:
        raise NotFoundError(
            "no contacts to forecast", "load calls, chats or tickets with their times"
        )
    demand = planner.demand(queue) if queue else planner.demands[0]
    known = weeks(demand.last_day + timedelta(days=1), week_shift(request.desk.settings.week_start))
    week = known[week_of(asked, known)]
    demand, made = request.desk.plan.forecast(
        demand.queue, start=week.start, days=week.days, factors=planners_know()
    )
    return asked, demand, made, week, known


def _query(queue: str, week: Week) -> str:
    return f"?{urlencode({'queue': queue, 'start': week.start.isoformat()})}"


def _figures(made: Forecast, handle: str, told: str) -> list[tuple[str, str, str]]:
    low, high = made.total_bounds()
    has_bounds = made.competition.trial is not None
    figures = [
        (
            "Contacts expected",
            words.show_contacts(float(made.totals.sum())),
            f"likely {low:,.0f}–{high:,.0f}" if has_bounds else "no range yet: too little history",
        )
    ]
    busiest = int(made.totals.argmax())
    day = made.first_day + timedelta(days=busiest)
    figures.append(
        ("Busiest day", show_day(day), f"{words.show_contacts(made.totals[busiest])} expected")
    )
    score, naive = made.competition.score_of(made.model), made.competition.score_of("naive")
    if score and naive:
        figures.append(
            ("Usually off by", f"{score.wape:.0%}", f"last week's numbers: {naive.wape:.0%}")
        )
    figures.append(("Work on one contact", handle, told))
    return figures


def _picture(request: DeskRequest, demand: Demand, made: Forecast) -> Any:
    """Return the last weeks, and what is expected up to the end of the days looked at."""
    days = (made.first_day - demand.last_day).days - 1 + made.days
    _, whole = request.desk.plan.forecast(demand.queue, days=days, factors=planners_know())
    low, high = whole.day_bounds()
    came = demand.contacts.sum(axis=1)[-PAST_DAYS:]
    first = demand.last_day - timedelta(days=came.size - 1)
    return course(first, np.asarray(came), whole.totals, low, high)


def _known(request: DeskRequest, demand: Demand, queues: list[str]) -> dict[str, Any]:
    """Return what planners know, by kind, what it has brought, and the form that changes it."""
    seen = [each for each in KnownDay.standing() if each.queue == "" or each.queue in set(queues)]
    entries = [entry_of(each) for each in seen]
    today = demand.last_day
    events = [
        (each, _brought(demand, each.known))
        for each in entries
        if each.kind == "event" and each.known.queue in ("", demand.queue)
    ]
    edit = next((e for e in entries if str(e.known.pk) == request.GET.get("edit", "")), None)
    ended = [
        entry_of(each)
        for each in KnownDay.objects.select_related("person", "ended_by")
        .exclude(ended_at=None)
        .order_by("-ended_at")[:MOST_ENDED]
        if each.queue == "" or each.queue in set(queues)
    ]
    days = [e for e in entries if e.kind == "day"]
    return {
        "coming": [e for e in days if e.known.day and e.known.day > today],
        "been": [e for e in reversed(days) if e.known.day and e.known.day <= today],
        "events": events,
        "holidays": [e for e in entries if e.kind == "holidays"],
        "ended": ended,
        "edit": _edit(edit),
        "all_queues": queues,
    }


def _edit(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    known = entry.known
    share = None if known.factor is None else round(100 * known.factor, 1)
    return {
        "pk": known.pk,
        "kind": entry.kind,
        "day": known.day,
        "reason": known.reason,
        "queue": known.queue,
        "share": "" if share is None else f"{share:g}",
        "uplift": "" if share is None else f"{share - 100:g}",
        "half_life": f"{known.half_life_days:g}" if known.half_life_days else "",
    }


def _brought(demand: Demand, known: KnownDay) -> str:
    """Return what an event has brought so far beside what was expected of it."""
    event = known.as_known
    found = measured(demand, event) if isinstance(event, Event) else None
    if found is None:
        return ""
    came, expected = show_signed(100 * found.came), show_signed(100 * found.expected)
    return f"so far {came}% in {found.days} days, expected were {expected}%"


def _kept(request: DeskRequest, demand: Demand) -> dict[str, Any]:
    """Return how right kept forecasts were: of the whole desk, for who may see all of it."""
    if request.policy.predicate is not None:
        return {"sees_kept": False}
    plan = request.desk.plan
    zone = ZoneInfo(request.desk.settings.time_zone)
    found = [each for each in plan.accuracy() if each.queue == demand.queue]
    return {
        "sees_kept": True,
        "accuracy": words.accuracy_of(found),
        "versions": words.versions_of(plan.versions(demand.queue), demand, zone),
    }


@require_POST
def know(request: DeskRequest) -> HttpResponse:
    """Write down what is known of days, take it back, or keep the forecast as it is now."""
    queues = [each.queue for each in request.desk.plan.planner().demands]
    do = request.POST.get("do", "")
    if do == "keep":
        enqueue(keep_forecast, f"forecast:{timezone.now():%Y%m%dT%H%M%S}", Nothing())
        messages.success(request, "The forecast is being kept; it is listed here in a minute.")
    elif do == "end":
        pk = request.POST.get("pk", "")
        messages.success(request, take_back(request, int(pk) if pk.isdecimal() else 0, queues))
    else:
        messages.success(request, write(request, do, queues))
    own = {name: request.POST.get(f"own_{name}", "") for name in ("queue", "start")}
    said = urlencode({name: text for name, text in own.items() if text})
    return redirect(f"{reverse('forecast')}?{said}" if said else reverse("forecast"))


page = Page(
    title=TITLE,
    roles=LEADS,
    place=41,
    group="Plan",
    icon="forecast",
    help="what comes, how right such forecasts were, holidays, events, days that are different",
    routes=(
        Route("plan/forecast", forecast, "forecast"),
        Route("plan/forecast/know", know, "know_of_days"),
    ),
)
