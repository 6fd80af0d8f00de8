"""Schedule: a team's week by people and days, its gaps, its rules; published to the records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from helmdesk.errors import HelmdeskError, NotFoundError, UsageError
from helmdesk.plan.crews import find_crew
from helmdesk.plan.shifts.gaps import short_spans
from helmdesk.plan.shifts.publish import calendar_of, events_of, read_sheet, sheet_of
from helmdesk.plan.shifts.week import Week
from helmdesk.plan.simulation.people import Shift
from helmdesk.query.periods import week_shift
from helmdesk.web.access import LEADS, Role
from helmdesk.web.apps.events.jobs import gather
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.jobs.kind import Nothing
from helmdesk.web.apps.jobs.queue import enqueue
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.planning.asked import Asked, asked_of, week_of, weeks
from helmdesk.web.apps.planning.charts import halves
from helmdesk.web.apps.planning.models import Draft, ShiftRequest, planners_know, shift_said
from helmdesk.web.apps.planning.requests import decide
from helmdesk.web.apps.planning.words import show_day, show_days, show_hours, show_minute
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.schedule.drafts import (
    RULES,
    Plan,
    begin,
    change_shift,
    fill,
    plan_of,
    rules_of,
)
from helmdesk.web.pages.schedule.requests import asked_of_plan
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

TITLE = "Schedule"
DECIDERS = LEADS - {Role.ANALYST}
EARLY, LATE = 540, 720
MOST_GAPS = 6
MOST_BYTES = 2 * 1024**2


def schedule(request: DeskRequest) -> HttpResponse:
    """Show a team's week."""
    try:
        asked, week, place, known = _asked_week(request, request.GET)
    except HelmdeskError as error:
        problem = f"{str(error)[:1].upper()}{str(error)[1:]}"
        return show(request, "schedule.html", TITLE, 400, problem=problem)
    plan = plan_of(request, week)
    crews = request.desk.plan.crews()
    days = [week.first_day + timedelta(days=i) for i in range(week.need.shape[0])]
    own = {"team": week.coverage.crew.name, "start": week.first_day.isoformat()}
    return show(
        request,
        "schedule.html",
        TITLE,
        asked=asked,
        plan=plan,
        week=week,
        own=own,
        here=f"?{urlencode(own)}",
        dates=show_days(days[0], days[-1]),
        week_name=known[place].name,
        weeks=[
            (
                show_days(each.start, each.start + timedelta(days=each.days - 1)),
                each.name,
                asked.query(start=each.start),
            )
            for each in known
        ],
        before=asked.query(start=known[place - 1].start) if place else "",
        after=asked.query(start=known[place + 1].start) if place + 1 < len(known) else "",
        crews=[(each.name, asked.query(team=each.name)) for each in crews],
        days=[show_day(day) for day in days],
        rows=_rows(plan),
        total=show_hours(sum(shift.paid_minutes for shift in plan.shifts) / 60),
        under=_under(plan),
        gaps=_gaps(plan, days),
        breaches=[
            (week.names.get(b.person, b.person), show_day(days[b.day]), b.rule)
            for b in plan.breaches
        ],
        edit=_edit(request, plan, days),
        rule_fields=_rule_fields(plan),
        sentence=_sentence(plan),
        coverage=f"{reverse('coverage')}?{urlencode(own)}",
        try_link=f"{reverse('what_if')}?{urlencode(own)}",
        asks=asked_of_plan(plan),
        elsewhere=_elsewhere(own["team"], days),
        published=Draft.objects.filter(team=own["team"], start=week.first_day)
        .exclude(published_at=None)
        .first(),
    )


def _asked_week(request: DeskRequest, given: Any) -> tuple[Asked, Week, int, list[Any]]:
    asked = asked_of(given)
    plan = request.desk.plan
    crew = find_crew(plan.crews(), asked.team)
    first = crew.demand.last_day + timedelta(days=1)
    known = weeks(first, week_shift(request.desk.settings.week_start))
    place = week_of(asked, known)
    factors = planners_know()
    found = plan.week(crew.name, start=known[place].start, days=known[place].days, factors=factors)
    return asked, found, place, known


def _rows(plan: Plan) -> list[dict[str, Any]]:
    """Return the roster: people down, days across."""
    by_key = {(shift.person, shift.day): shift for shift in plan.shifts}
    changed = plan.changed
    rows = []
    for person in plan.members:
        name = plan.week.names.get(person.name, person.name)
        cells = []
        for day in range(plan.week.need.shape[0]):
            shift = by_key.get((person.name, day))
            cells.append(
                {
                    "link": urlencode({"person": person.name, "day": day}),
                    "is_changed": (person.name, day) in changed,
                    "tone": _tone(shift, day in person.off),
                    "text": _hours(shift) if shift else "Away" if day in person.off else "–",
                    "meal": f"Lunch {show_minute(shift.meals[0][0])}"
                    if shift and shift.meals
                    else "",
                }
            )
        mine = [shift for shift in plan.shifts if shift.person == person.name]
        hours = sum(shift.paid_minutes for shift in mine) / 60
        rows.append(
            {"name": name, "cells": cells, "hours": show_hours(hours), "person": person.name}
        )
    return sorted(rows, key=lambda row: str(row["name"]).casefold())


def _tone(shift: Shift | None, is_off: bool) -> str:
    if shift is None:
        return "leave" if is_off else "off"
    return "early" if shift.start < EARLY else "late" if shift.start >= LATE - 120 else "mid"


def _hours(shift: Shift) -> str:
    return f"{show_minute(shift.start)}–{show_minute(shift.end % 1440 or 1440)}"


def _under(plan: Plan) -> list[tuple[Any, str]]:
    """Return for each day its coverage as a picture and in words."""
    spare, minutes = plan.spare, plan.week.interval_minutes
    used = ((plan.week.need > 0) | (plan.people > 0)).any(axis=0).nonzero()[0]
    if not used.size:
        return []
    first, last = int(used[0]), int(used[-1]) + 1
    most = float(abs(spare).max())
    found = []
    for day in range(spare.shape[0]):
        short = -spare[day][spare[day] < 0]
        words = "covered"
        if short.size:
            words = f"{int(short.max())} short, {show_hours(short.size * minutes / 60)}"
        elif not plan.week.need[day].any():
            words = "closed"
        found.append((halves(spare[day, first:last], first, minutes, most, words), words))
    return found


def _gaps(plan: Plan, days: list[Any]) -> list[tuple[str, str]]:
    """Return what is still short, the worst first, each with why."""
    return [
        (
            f"{show_day(days[span.day])}, {show_minute(span.start)} to {show_minute(span.end)}:"
            f" short by {span.people}",
            plan.why(span.day, span.start),
        )
        for span in short_spans(plan.spare, plan.week.interval_minutes)[:MOST_GAPS]
    ]


def _elsewhere(team: str, days: list[Any]) -> list[tuple[str, str]]:
    """Return where requests of other weeks wait: their day, and the address of that week."""
    waiting = ShiftRequest.objects.filter(team=team, state__in=("asked", "agreed")).exclude(
        day__gte=days[0], day__lte=days[-1]
    )
    found = [each for each in waiting if each.awaits_lead and each.last_day >= days[0]]
    return [
        (
            f"{show_day(each.day)} {each.day:%B}: {each.agent}",
            f"?{urlencode({'team': team, 'start': each.day.isoformat()})}",
        )
        for each in found[:MOST_GAPS]
    ]


@require_POST
def decide_request(request: DeskRequest) -> HttpResponse:
    """Approve or decline what somebody asked of their shifts."""
    _, week, _, _ = _asked_week(request, request.POST)
    plan, pk = plan_of(request, week), request.POST.get("pk", "")
    done = decide(
        request,
        week,
        int(pk) if pk.isdecimal() else 0,
        plan.rules,
        plan.members,
        plan.draft,
        is_approved=request.POST.get("do", "") == "approve",
        words=request.POST.get("words", "").strip(),
    )
    messages.success(request, f"{done.agent}: {done.state}. It is on the page of own shifts.")
    return _back(week)


def _edit(request: DeskRequest, plan: Plan, days: list[Any]) -> dict[str, Any] | None:
    """Return the form of one person's day where the address asks for one."""
    person, day = request.GET.get("person", ""), request.GET.get("day", "")
    if person not in {each.name for each in plan.members} or not day.isdecimal():
        return None
    if int(day) >= len(days):
        return None
    shift = next((s for s in plan.shifts if (s.person, s.day) == (person, int(day))), None)
    return {
        "person": person,
        "day": day,
        "name": plan.week.names.get(person, person),
        "when": f"{days[int(day)]:%A, %-d %B}",
        "start": show_minute(shift.start) if shift else "",
        "end": show_minute(shift.end) if shift else "",
        "meal": show_minute(shift.meals[0][0]) if shift and shift.meals else "",
        "is_on": shift is not None,
    }


def _rule_fields(plan: Plan) -> list[tuple[str, str, Any, str]]:
    said = plan.draft.rules if plan.draft else {}
    fields = [
        (name, words, said.get(name, ""), f"{usual:g}") for name, (words, usual) in RULES.items()
    ]
    return [
        *fields,
        ("earliest", "Shifts begin from", said.get("earliest", ""), "0:00"),
        ("latest", "Shifts end by", said.get("latest", ""), "24:00"),
    ]


def _sentence(plan: Plan) -> str:
    level = ""
    if plan.level is not None and plan.level_before is not None:
        before, now = f"{plan.level_before:.0%}", f"{plan.level:.0%}"
        level = f" Service level {now}." if before == now else f" Service level {before} → {now}."
    if plan.draft is None:
        as_on = plan.week.planned_as_on
        if not plan.shifts:
            return "Nobody is planned yet."
        if as_on:
            return f"Not planned yet: as it was last planned, from {as_on:%-d %B} on.{level}"
        return f"As published.{level}"
    changes = len(plan.changed)
    return f"Draft: {changes} change{'' if changes == 1 else 's'} to the plan.{level}"


@require_POST
def change(request: DeskRequest) -> HttpResponse:
    """Change the draft: one shift, the rules, everything anew; or throw it away."""
    _, week, _, _ = _asked_week(request, request.POST)
    draft, do = begin(request, week), request.POST.get("do", "")
    if do == "discard":
        if draft.pk:
            draft.delete()
        messages.success(request, "The draft is gone; the plan is as it was.")
        return _back(week)
    if do in ("fill", "rules"):
        said = {name: request.POST.get(name, "").strip() for name in (*RULES, "earliest", "latest")}
        if do == "rules":
            rules_of(said)
            draft.rules = {name: text for name, text in said.items() if text}
        made = fill(week, draft)
        unfilled = sum(made.unfilled.values())
        words = f"Planned: short by {show_hours(made.short_hours)} now."
        if unfilled:
            words += f" {unfilled} more shifts would help, and nobody may work them."
        messages.success(request, words)
    else:
        messages.success(request, change_shift(week, draft, request.POST))
    _keep(draft)
    return _back(week)


def _keep(draft: Draft) -> None:
    draft.changed_at = timezone.now()
    draft.save()


def _back(week: Week) -> HttpResponse:
    own = {"team": week.coverage.crew.name, "start": week.first_day.isoformat()}
    return redirect(f"{reverse('schedule')}?{urlencode(own)}")


@require_POST
def publish(request: DeskRequest) -> HttpResponse:
    """Tell the plan to the records: adherence, utilization and coverage go by it from then on."""
    _, week, _, _ = _asked_week(request, request.POST)
    plan = plan_of(request, week)
    if plan.draft is None:
        raise UsageError("nothing was changed; change or fill the week before it is published")
    if plan.breaches:
        raise UsageError(
            f"{len(plan.breaches)} rules are broken; mend them, or change the rules, before the"
            " plan is published"
        )
    zone = ZoneInfo(request.desk.settings.time_zone)
    # What was carried on is in no records yet.
    before = week.shifts if week.planned_as_on is None else ()
    version = uuid4().hex[:12]
    approved = str(getattr(request.user, "username", "planner"))
    told = events_of(before, plan.shifts, week.keys, week.first_day, zone, approved, version)
    if not told:
        messages.success(request, "Nothing has changed since it was published.")
        return _back(week)
    moment = timezone.now()
    with transaction.atomic():
        for kind, said in told:
            note_event(kind, moment, **said)
        draft = begin(request, week)
        Draft.objects.filter(team=draft.team, start=draft.start, policy=draft.policy).exclude(
            published_at=None
        ).delete()
        draft.published_at = moment
        _keep(draft)
        enqueue(gather, f"events:{version}", Nothing())
        audit("published a schedule", draft.team, request=request, start=str(draft.start))
    people = len({said["agent_id"] for _, said in told})
    messages.success(
        request,
        f"Published to {people} {'person' if people == 1 else 'people'}. Numbers go by it as soon"
        " as it is in the data, in some minutes.",
    )
    return _back(week)


@require_POST
def take_in(request: DeskRequest) -> HttpResponse:
    """Read a spreadsheet of shifts into the draft."""
    _, week, _, _ = _asked_week(request, request.POST)
    file: Any = request.FILES.get("file")
    if file is None or file.size > MOST_BYTES:
        raise UsageError("choose a CSV of shifts, as “Save as spreadsheet” writes it")
    try:
        content = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("the file is no text; save it as CSV (UTF-8)") from error
    shifts, problems = read_sheet(content, week.first_day, week.need.shape[0])
    if problems:
        raise UsageError(f"{'; '.join(problems[:3])}")
    by_name = {name.casefold(): person for person, name in week.names.items()}
    known = {person.name for person in week.people}
    made = []
    for shift in shifts:
        person = shift.person if shift.person in known else by_name.get(shift.person.casefold())
        if person is None:
            raise UsageError(f"'{shift.person[:40]}' is not one of this team")
        queues = list(range(len(week.coverage.crew.queues)))
        made.append({**shift_said(shift), "person": person, "queues": queues})
    if not made:
        raise UsageError("no shift of this week is in the file")
    draft = begin(request, week)
    draft.shifts = made
    _keep(draft)
    messages.success(request, f"{len(made)} shifts read.")
    return _back(week)


def save_as(request: DeskRequest, form: str) -> HttpResponse:
    """Give the plan away: a spreadsheet, or one person's calendar file."""
    _, week, _, _ = _asked_week(request, request.GET)
    plan = plan_of(request, week)
    name = f"schedule-{week.first_day}"
    if form == "csv":
        body, kind = sheet_of(plan.shifts, week.first_day, week.names), "text/csv"
    elif form == "ics":
        person = request.GET.get("person", "")
        mine = [shift for shift in plan.shifts if shift.person == person]
        if not mine:
            raise NotFoundError("nobody of that name has a shift in this week")
        title = f"Shifts of {week.names.get(person, person)}"
        zone = ZoneInfo(request.desk.settings.time_zone)
        body = calendar_of(mine, week.first_day, zone, title, datetime.now(UTC))
        kind, name = "text/calendar", f"{name}-{person}"
    else:
        raise NotFoundError("save it as csv or ics")
    response = HttpResponse(body, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{form}")
    return response


page = Page(
    title=TITLE,
    roles=LEADS,
    place=46,
    group="Plan",
    icon="calendar",
    help="who works when; gaps, rules, published to the records",
    routes=(
        Route("plan/schedule", schedule, "schedule"),
        Route("plan/schedule/change", change, "change_schedule"),
        Route("plan/schedule/publish", publish, "publish_schedule"),
        Route("plan/schedule/import", take_in, "import_schedule"),
        Route("plan/schedule/decide", decide_request, "decide_request", DECIDERS),
        Route("plan/schedule/save/<slug:form>", save_as, "save_schedule"),
    ),
)
