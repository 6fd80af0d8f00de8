"""Booked calls as your people see them: the team's week with what is left of it, one call to
prepare, who is not there, and one's own private calendar.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from helmdesk.act.booking.feeds import is_stale
from helmdesk.act.booking.times import piece_of
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.query.filters import Compare, to_text
from helmdesk.web.apps.booking import bookings
from helmdesk.web.apps.booking.bookings import Outcome
from helmdesk.web.apps.booking.calendars import read_calendar
from helmdesk.web.apps.booking.choosing import ask_to_move, note_absence
from helmdesk.web.apps.booking.forms import AbsenceForm, CalendarForm
from helmdesk.web.apps.booking.letters import how_words
from helmdesk.web.apps.booking.models import Absence, Booking, Calendar, CallType, Member, State
from helmdesk.web.apps.booking.people import Crew, crew_of, names_of
from helmdesk.web.apps.booking.seen import (
    calls_of,
    is_agent,
    kinds_of,
    own_agents,
    refuse_agents,
)
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.summaries.shown import summary_of
from helmdesk.web.pages.tickets.story import history_of, promises_of
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = 7
SHOWN = 10


def calls(request: DeskRequest) -> HttpResponse:
    """Show the calls of a team's week with what is left of the team; an agent's own calls."""
    if is_agent(request):
        return _own_calls(request)
    teams = sorted(set(kinds_of(request).values_list("team", flat=True)))
    team = request.GET.get("team", "")
    if team not in teams:
        team = teams[0] if teams else ""
    zone = ZoneInfo(request.desk.settings.time_zone)
    kinds = list(kinds_of(request).filter(team=team))
    if kinds:
        zone = kinds[0].own_zone
    start = _week(request, zone)
    begins, ends = (
        datetime.combine(day, time(), zone).astimezone(UTC) for day in (start, start + WEEK * DAY)
    )
    rows = list(calls_of(request).filter(kind__team=team, start_at__gte=begins, start_at__lt=ends))
    crew = crew_of(kinds[0], begins, ends) if kinds else None
    moment = queue.now()
    names = names_of(team)
    return show(
        request,
        "booking_calls.html",
        "Booked calls",
        team=team,
        teams=[(each, f"?{urlencode({'team': each, 'start': start})}") for each in teams],
        days=_days(rows, crew, kinds, start, zone, names, moment),
        lost=[
            _row(row, crew, zone, names, moment) for row in rows if row.lost_at and not row.agent
        ],
        unsaid=[
            _row(row, crew, zone, names, moment)
            for row in calls_of(request).filter(
                kind__team=team, state=State.BOOKED, end_at__lte=moment
            )[:SHOWN]
        ],
        dates=f"{start:%-d %B} to {start + 6 * DAY:%-d %B %Y}",
        before=f"?{urlencode({'team': team, 'start': start - WEEK * DAY})}",
        after=f"?{urlencode({'team': team, 'start': start + WEEK * DAY})}",
        zone_name=zone.key,
        absences=_absences(team, names, zone, moment),
        absence_form=AbsenceForm(names=_present(team)),
        has_kinds=bool(teams),
        unknown=_unknown(team, names, moment),
    )


def _week(request: DeskRequest, zone: ZoneInfo) -> date:
    given = request.GET.get("start", "")
    try:
        day = date.fromisoformat(given)
    except ValueError:
        day = queue.now().astimezone(zone).date()
    return day - day.weekday() * DAY


def _own_calls(request: DeskRequest) -> HttpResponse:
    moment = queue.now()
    zone = ZoneInfo(request.desk.settings.time_zone)
    rows = calls_of(request).filter(end_at__gt=moment - DAY)
    return show(
        request,
        "booking_own.html",
        "Your calls",
        rows=[_row(row, None, zone, {}, moment) for row in rows],
        zone_name=zone.key,
    )


def _days(
    rows: list[Booking],
    crew: Crew | None,
    kinds: list[CallType],
    start: date,
    zone: ZoneInfo,
    names: dict[str, str],
    moment: datetime,
) -> list[dict[str, Any]]:
    found = []
    for number in range(WEEK):
        day = start + number * DAY
        mine = [
            _row(row, crew, zone, names, moment)
            for row in rows
            if row.start_at.astimezone(zone).date() == day
        ]
        hours = _hours(crew, day, zone, moment) if crew else []
        if mine or hours:
            found.append({"name": f"{day:%A %-d %B}", "rows": mine, "hours": hours})
    return found


def _hours(crew: Crew, day: date, zone: ZoneInfo, moment: datetime) -> list[dict[str, Any]]:
    """Return hour by hour how many are at work, in calls, left, and to be left; hours in which
    nobody is at work are left out. Of an hour its tightest five minutes count.
    """
    found = []
    for hour in range(24):
        begins = datetime.combine(day, time(hour), zone)
        first = piece_of(begins.astimezone(UTC))
        pieces = range(first, first + 12)
        there = [sum(piece in host.there for host in crew.hosts) for piece in pieces]
        if not any(there):
            continue
        at = min(pieces, key=lambda piece: (crew.cover.spare(piece), piece))
        work = there[at - first]
        left = crew.cover.left.get(at, 0)
        need = max(crew.cover.floor, crew.cover.need.get(at, 0))
        found.append(
            {
                "hour": f"{hour:02d}:00",
                "work": work,
                "calls": work - left,
                "left": left,
                "need": need,
                "is_over": begins.astimezone(UTC) + HOUR <= moment,
                "is_short": left < need,
                "is_at_floor": left == need,
            }
        )
    return found


def _row(
    row: Booking,
    crew: Crew | None,
    zone: ZoneInfo,
    names: dict[str, str],
    moment: datetime,
) -> dict[str, Any]:
    choose_at = row.start_at - timedelta(minutes=row.kind.says.choose_minutes)
    left = None
    if crew is not None and row.state == State.BOOKED:
        pieces = range(piece_of(row.start_at), piece_of(row.end_at))
        left = min((crew.cover.left.get(piece, 0) for piece in pieces), default=0)
    return {
        "it": row,
        "when": f"{row.start_at.astimezone(zone):%a %-d %b, %H:%M}",
        "time": f"{row.start_at.astimezone(zone):%H:%M}–{row.end_at.astimezone(zone):%H:%M}",
        "who": names.get(row.agent, row.agent) if row.chosen_at else "",
        "chosen_at": f"{choose_at.astimezone(zone):%a %H:%M}",
        "is_lost": row.state == State.BOOKED and not row.agent,
        "is_over": row.end_at <= moment,
        "has_begun": row.start_at <= moment,
        "left": left,
    }


def _present(team: str) -> dict[str, str]:
    rows = Member.objects.filter(team=team, is_present=True)
    return dict(rows.values_list("agent", "name"))


def _absences(
    team: str, names: dict[str, str], zone: ZoneInfo, moment: datetime
) -> list[dict[str, Any]]:
    rows = Absence.objects.filter(agent__in=_present(team), end_at__gt=moment)
    return [
        {
            "it": row,
            "name": names.get(row.agent, row.agent),
            "span": f"{row.start_at.astimezone(zone):%a %-d %b %H:%M} to"
            f" {row.end_at.astimezone(zone):%a %-d %b %H:%M}",
        }
        for row in rows
    ]


def _unknown(team: str, names: dict[str, str], moment: datetime) -> list[str]:
    """Return whose private calendar tells nothing any more, so that they get no new calls."""
    rows = Calendar.objects.filter(agent__in=_present(team))
    return [names.get(row.agent, row.agent) for row in rows if is_stale(row.fetched_at, moment)]


# -- one call --------------------------------------------------------------------------------------


def prepare(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Show what whoever calls should know: the case, the account, what was before."""
    row = _call(request, pk)
    zone, moment = row.kind.own_zone, queue.now()
    return show(
        request,
        "booking_call.html",
        f"{row.kind.name}, {row.start_at.astimezone(zone):%-d %B %H:%M}",
        row=_row(row, None, zone, names_of(row.kind.team), moment),
        booking=row,
        zone_name=zone.key,
        how=how_words(row),
        theirs=f"{row.start_at.astimezone(ZoneInfo(row.zone)):%A %-d %B, %H:%M}",
        story=_story(request, row.ticket_id),
        account_link=_account_link(row.account),
        earlier=calls_of(request)
        .filter(customer_id=row.customer_id)
        .exclude(pk=row.pk)
        .order_by("-start_at")[:SHOWN]
        if row.customer_id
        else [],
        is_lead=not is_agent(request),
    )


def _call(request: DeskRequest, pk: UUID) -> Booking:
    found = calls_of(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _story(request: DeskRequest, ticket_id: str) -> dict[str, Any] | None:
    """Return the ticket as its reader may see it, with its last messages; None where they may not,
    or there is none.
    """
    if not ticket_id:
        return None
    try:
        story = request.desk.ticket(ticket_id)
    except HelmdeskError:
        return None
    return {
        "ticket": story.ticket,
        "promises": promises_of(story),
        "history": history_of(story)[-SHOWN:],
        "summary": summary_of(request, story.id),
        "id": story.id,
    }


def _account_link(account: str) -> str:
    if not account:
        return ""
    where = to_text(Compare("account", "=", account))
    return f"{reverse('rows')}?{urlencode({'metric': 'ticket_volume', 'where': where})}"


@require_POST
def change_call(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Say what became of a call, cancel it, or ask the customer to choose another time."""
    row, do = _call(request, pk), request.POST.get("do", "")
    if do in ("held", "no_show"):
        outcome = bookings.conclude(row.pk, State(do))
        words = "Noted." if outcome is Outcome.DONE else ""
    elif do == "cancel":
        refuse_agents(request)
        outcome = bookings.cancel(row.pk, "desk", by_desk=True)
        words = "Cancelled. The customer is told by mail." if outcome is Outcome.DONE else ""
    elif do == "ask":
        refuse_agents(request)
        words = "The customer is asked by mail to choose another time." * ask_to_move(row.pk)
    else:
        raise UsageError("say that it took place, that the customer was not there, or cancel it")
    if not words:
        raise UsageError(
            "that cannot be done any more: the call has not begun yet, is over, or is decided"
        )
    audit("changed a booked call", str(row.pk), request=request, changed=[do])
    messages.success(request, words)
    return redirect("prepare_call", row.pk)


# -- who is not there ------------------------------------------------------------------------------


@require_POST
def absence(request: DeskRequest) -> HttpResponse:
    """Note that somebody is not there; their calls go to others at once."""
    team = request.POST.get("team", "")
    kind = kinds_of(request).filter(team=team).first()
    if kind is None:
        raise UsageError("choose one of your teams that take calls")
    form = AbsenceForm(request.POST, names=_present(team))
    if not form.is_valid():
        raise UsageError("say who is not there, from when and until when")
    given = form.cleaned_data
    # The form's times are those of the team's own clock.
    start, end = (
        given[name].replace(tzinfo=None).replace(tzinfo=kind.own_zone).astimezone(UTC)
        for name in ("start", "end")
    )
    audit("noted who is not there", request=request)
    lost = note_absence(given["agent"], start, end, request.user)
    if lost:
        count = len(lost)
        messages.warning(
            request,
            f"Noted. {count} call{'s have' if count > 1 else ' has'} nobody who can take"
            f" {'them' if count > 1 else 'it'}: see below.",
        )
    else:
        messages.success(request, "Noted. Every call has somebody who takes it.")
    return redirect(f"{reverse('booking_calendar')}?{urlencode({'team': team})}")


@require_POST
def remove_absence(request: DeskRequest, pk: int) -> HttpResponse:
    """Take an absence back."""
    found = get_object_or_404(Absence, pk=pk)
    teams = set(kinds_of(request).values_list("team", flat=True))
    if not Member.objects.filter(agent=found.agent, team__in=teams).exists():
        raise Http404
    with transaction.atomic():
        found.delete()
        audit("noted who is there again", request=request)
    messages.success(request, "Taken back.")
    return redirect("booking_calendar")


# -- one's own calendar ----------------------------------------------------------------------------


def own_calendar(request: DeskRequest) -> HttpResponse:
    """Show, give or remove one's own private calendar; nobody else sees its address."""
    agents = own_agents(request)
    if request.method == "POST" and request.POST.get("do") == "remove":
        Calendar.objects.filter(agent__in=agents).delete()
        messages.success(request, "Removed, with everything that was kept of it.")
        return redirect("booking_own_calendar")
    form = CalendarForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not agents:
            raise UsageError(
                "your account is not tied to anybody in the data; an administrator does that"
                " under People"
            )
        made = _keep_calendar(request, agents, form.cleaned_data["url"])
        if not made:
            return redirect("booking_own_calendar")
        form.add_error("url", made)
    return show(
        request,
        "booking_own_calendar.html",
        "Your private calendar",
        400 if form.is_bound and form.errors else 200,
        form=form,
        agents=agents,
        known=Calendar.objects.filter(agent__in=agents).first(),
        now=queue.now(),
    )


def _keep_calendar(request: DeskRequest, agents: list[str], url: str) -> str:
    """Keep the address of a calendar that can be read; return why it cannot."""
    known = Member.objects.filter(agent__in=agents).values_list("agent", flat=True).first()
    calendar, _ = Calendar.objects.update_or_create(
        agent=known or agents[0], defaults={"url": url, "fetched_at": None, "problem": ""}
    )
    problem = read_calendar(calendar, ZoneInfo(request.desk.settings.time_zone))
    if problem:
        calendar.delete()
        return problem
    audit("gave a private calendar", request=request)
    messages.success(request, "Read. You get no calls while you are busy.")
    return ""
