"""My shifts: what one is planned to work, as a list and a calendar file; asking for days off or for
a colleague to work a shift.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from helmdesk.errors import UsageError
from helmdesk.plan.shifts.publish import calendar_of
from helmdesk.plan.simulation.people import Shift
from helmdesk.query.periods import week_shift
from helmdesk.web.access import Role
from helmdesk.web.apps.people.models import Person
from helmdesk.web.apps.planning.models import ShiftRequest
from helmdesk.web.apps.planning.requests import answer, ask, withdraw
from helmdesk.web.apps.planning.words import show_minute
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.schedule.requests import what_of
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

TITLE = "My shifts"
DAYS, MOST_SHOWN = 35, 30
STATES = {
    "asked": "waits for an answer",
    "agreed": "your colleague takes it; waits for the lead",
    "approved": "approved",
    "declined": "declined",
    "withdrawn": "withdrawn",
}


class LeaveForm(forms.Form):
    """Days off."""

    day = forms.DateField(label="First day")
    until = forms.DateField(label="Last day", required=False)
    reason = forms.CharField(label="Reason", max_length=300, required=False)


class SwapForm(forms.Form):
    """A shift that a colleague is to work."""

    day = forms.DateField(label="Shift")
    colleague = forms.IntegerField(label="Colleague", min_value=1)
    reason = forms.CharField(label="Reason", max_length=300, required=False)


def my_shifts(request: DeskRequest) -> HttpResponse:
    """Show the own shifts of the next weeks, and what was asked."""
    me: Any = request.user
    if not me.agent:
        return show(request, "my_shifts.html", TITLE)
    today = _today(request)
    shifts, off = request.desk.plan.own_shifts(today, DAYS)
    planned = [(today + timedelta(days=shift.day), shift) for shift in shifts]
    mine = ShiftRequest.objects.filter(person=me).select_related("colleague", "decided_by")
    offered = ShiftRequest.objects.filter(colleague=me, state="asked", kind="swap")
    return show(
        request,
        "my_shifts.html",
        TITLE,
        agent=me.agent,
        weeks=_weeks(request, planned, [today + timedelta(days=n) for n in off]),
        shifts=[(day.isoformat(), f"{_day(day)}, {_hours(shift)}") for day, shift in planned],
        colleagues=_colleagues(request),
        asked=[
            (each, what_of(each), STATES[each.state])
            for each in mine.order_by("-created_at")[:MOST_SHOWN]
        ],
        offered=[(each, what_of(each), _returns(each, planned)) for each in offered],
    )


def _today(request: DeskRequest) -> date:
    """Return the day that shifts are shown from: today, or the end of the data where that is past.

    What is planned lies after the data; a desk that is not fed any more would show nothing.
    """
    zone = ZoneInfo(request.desk.settings.time_zone)
    now = timezone.now().astimezone(zone).date()
    return min(now, request.desk.as_of.replace(tzinfo=UTC).astimezone(zone).date())


def _day(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B}"


def _hours(shift: Shift) -> str:
    return f"{show_minute(shift.start)} to {show_minute(shift.end % 1440 or 1440)}"


def _weeks(
    request: DeskRequest, planned: list[tuple[date, Shift]], off: list[date]
) -> list[tuple[str, str, list[dict[str, str]]]]:
    """Return the days with a shift or time off, by week: its name, paid hours, its days."""
    begins = week_shift(request.desk.settings.week_start)
    rows: dict[date, list[dict[str, str]]] = {}
    hours: dict[date, float] = {}

    def week(day: date) -> date:
        return day - timedelta(days=(day.weekday() - begins) % 7)

    taken = {day for day, _ in planned}
    for day, shift in planned:
        pauses = [("Lunch", *each) for each in shift.meals]
        pauses += [("Break", *each) for each in shift.breaks]
        said = ", ".join(f"{what} {show_minute(a)}–{show_minute(b)}" for what, a, b in pauses)
        row = {"day": _day(day), "hours": _hours(shift), "pauses": said, "key": f"{day}"}
        rows.setdefault(week(day), []).append(row)
        hours[week(day)] = hours.get(week(day), 0.0) + shift.paid_minutes / 60
    for day in off:
        if day not in taken:
            row = {"day": _day(day), "hours": "Day off", "pauses": "", "key": f"{day}"}
            rows.setdefault(week(day), []).append(row)
    return [
        (
            f"Week of {start.day} {start:%B}",
            f"{hours.get(start, 0.0):g} paid hours",
            sorted(rows[start], key=lambda row: row["key"]),
        )
        for start in sorted(rows)
    ]


def _colleagues(request: DeskRequest) -> list[Person]:
    """Return who of the own team has an account and a name in the data."""
    others = Person.objects.filter(is_active=True, role=Role.AGENT).exclude(pk=request.user.pk)
    named = list(others.exclude(agent=""))
    mates = set(request.desk.of_own_team([each.agent for each in named]))
    return [each for each in named if each.agent in mates]


def _returns(asked: ShiftRequest, planned: list[tuple[date, Shift]]) -> list[tuple[str, str]]:
    """Return the own shifts of the same week that may be given in return."""
    return [
        (day.isoformat(), f"{_day(day)}, {_hours(shift)}")
        for day, shift in planned
        if abs((day - asked.day).days) <= 6 and day != asked.day
    ]


@require_POST
def ask_for(request: DeskRequest) -> HttpResponse:
    """Ask for days off or a swap, answer a colleague, or take an own request back."""
    me: Any = request.user
    if not me.agent:
        raise PermissionDenied("only somebody with shifts of their own asks about them")
    do, pk = request.POST.get("do", ""), request.POST.get("pk", "")
    number = int(pk) if pk.isdecimal() else 0
    if do == "leave":
        said = _clean(LeaveForm(request.POST))
        _check_day(request, said["day"])
        ask(request, _made(request, "leave", **said))
        words = "Asked. Your lead decides; you see it here."
    elif do == "swap":
        said = _clean(SwapForm(request.POST))
        ask(request, _made(request, "swap", **_swap(request, said)))
        words = "Asked. Your colleague answers first, then your lead decides."
    elif do == "withdraw":
        withdraw(request, number)
        words = "Withdrawn."
    elif do in ("take", "refuse"):
        words = _answered(request, number, takes=do == "take")
    else:
        raise UsageError("choose what to ask for")
    messages.success(request, words)
    return redirect("my_shifts")


def _clean(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise UsageError(f"{form.fields[name].label}: {problems[0]}")
    return dict(form.cleaned_data)


def _made(request: DeskRequest, kind: str, **said: Any) -> ShiftRequest:
    me: Any = request.user
    team = request.desk.own_team
    if not team:
        raise UsageError("you are of no team in the data, so nobody could decide")
    return ShiftRequest(kind=kind, person=me, agent=me.agent, team=team, **said)


def _check_day(request: DeskRequest, day: date) -> None:
    if day < _today(request):
        raise UsageError("First day: it is over")


def _swap(request: DeskRequest, said: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked of whom.

    Raises:
        UsageError: no own shift that day, or nobody of the team.
    """
    today = _today(request)
    shifts, _ = request.desk.plan.own_shifts(today, DAYS)
    if said["day"] not in {today + timedelta(days=shift.day) for shift in shifts}:
        raise UsageError("Shift: you have none planned that day")
    colleague = next((c for c in _colleagues(request) if c.pk == said["colleague"]), None)
    if colleague is None:
        raise UsageError("Colleague: choose somebody of your team")
    return {**said, "colleague": colleague}


def _answered(request: DeskRequest, number: int, *, takes: bool) -> str:
    other: date | None = None
    if takes and (said := request.POST.get("other_day", "")):
        today = _today(request)
        shifts, _ = request.desk.plan.own_shifts(today, DAYS)
        days = {f"{today + timedelta(days=s.day)}": today + timedelta(days=s.day) for s in shifts}
        if said not in days:
            raise UsageError("In return: you have no shift planned that day")
        other = days[said]
    answer(request, number, takes=takes, other_day=other)
    return "You take it; your lead decides." if takes else "Declined."


def calendar(request: DeskRequest) -> HttpResponse:
    """Give the own shifts as a calendar file."""
    me: Any = request.user
    today = _today(request)
    shifts, _ = request.desk.plan.own_shifts(today, DAYS)
    zone = ZoneInfo(request.desk.settings.time_zone)
    body = calendar_of(shifts, today, zone, f"Shifts of {me.agent}", datetime.now(UTC))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-shifts.ics"'
    response["Cache-Control"] = "private, no-store"
    return response


page = Page(
    title=TITLE,
    roles=frozenset({Role.AGENT}),
    place=48,
    group="Plan",
    icon="calendar",
    tab="Shifts",
    help="what you are planned to work; days off and swaps",
    routes=(
        Route("me/shifts", my_shifts, "my_shifts"),
        Route("me/shifts/ask", ask_for, "ask_for_shifts"),
        Route("me/shifts.ics", calendar, "my_calendar"),
    ),
)
