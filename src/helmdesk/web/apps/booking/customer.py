"""The pages that a customer opens from a link: choosing a time, and moving or cancelling a call.

They work without script, name nobody of the team, and say the same of every link that opens
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_date
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from helmdesk.act.booking.times import Slot, local_day
from helmdesk.web.apps.booking import bookings
from helmdesk.web.apps.booking.bookings import Caller, Outcome
from helmdesk.web.apps.booking.doors import (
    can_change,
    change_token,
    open_booking,
    open_link,
    zone_named,
)
from helmdesk.web.apps.booking.letters import (
    LOCALE,
    about_words,
    city_words,
    how_words,
    place_words,
    time_words,
    when_words,
)
from helmdesk.web.apps.booking.models import Booking, CallType, Door, Link, Reach, State
from helmdesk.web.apps.booking.people import Crew, crew_to_book
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.outbox.post import is_address
from helmdesk.web.guests import asks_too_often, private
from helmdesk.web.request import DeskRequest

DAYS_SHOWN = 5
READS, WRITES = "120/m/ip", "20/m/ip"
PHONE = re.compile(r"\+?[0-9][0-9 ()/.\-]{4,30}")
View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Day:
    """One day that can be chosen: its name, how many times are free, and its address."""

    name: str
    number: int
    free: int
    link: str
    is_shown: bool


@dataclass(frozen=True)
class Time:
    """One time that can be chosen: what the form sends, and how it is read."""

    value: str
    label: str
    spoken: str


def guarded(view: View) -> View:
    """Return a view of which nobody's browser tells others, and which nobody asks all the time."""

    @wraps(view)
    def asked(request: DeskRequest, token: str) -> HttpResponse:
        if asks_too_often(request, "booking", READS, WRITES):
            return private(
                said(
                    request,
                    "One moment, please",
                    "That was often within a short time. Try again in a minute.",
                    status=429,
                )
            )
        return private(view(request, token))

    return csrf_exempt(asked)


@guarded
def book_call(request: DeskRequest, token: str) -> HttpResponse:
    """Show the times that can be booked; book one of them when the form is sent."""
    link = open_link(token)
    if link is None:
        return dead_end(request)
    if request.method != "POST":
        return choosing(request, link.kind, link=link)
    caller, problem = _caller(request, link)
    start = _start(request)
    if start is None:
        problem = problem or "Choose one of the times."
    if problem or start is None:
        return choosing(request, link.kind, link=link, problem=problem)
    outcome, made = bookings.book(link, start, caller)
    if outcome is Outcome.DONE and made is not None:
        return redirect(f"{reverse('booked_call', args=[change_token(made)])}?done")
    if outcome is Outcome.CLOSED:
        return dead_end(request)
    gone = "That time has just been taken. Here are those that are free now."
    return choosing(request, link.kind, link=link, problem=gone)


@guarded
def booked_call(request: DeskRequest, token: str) -> HttpResponse:
    """Show a booked call; move or cancel it."""
    booking = open_booking(token)
    if booking is None:
        return dead_end(request)
    moment = queue.now()
    if request.method == "POST":
        return _change(request, booking, token)
    if booking.state == State.CANCELLED:
        return said(
            request,
            "This call is cancelled",
            "We call you no more about it. If you need us all the same:",
            is_door=True,
        )
    if booking.state != State.BOOKED or booking.end_at <= moment:
        return said(
            request,
            "This call is over",
            "If there is more that we can do for you:",
            is_door=True,
        )
    if "move" in request.GET and can_change(booking, moment):
        return choosing(request, booking.kind, booking=booking)
    return confirmed(request, booking, moment)


def _change(request: DeskRequest, booking: Booking, token: str) -> HttpResponse:
    here = reverse("booked_call", args=[token])
    if request.POST.get("do") == "cancel":
        outcome = bookings.cancel(booking.pk)
        if outcome is Outcome.DONE:
            return redirect(here)
    else:
        start = _start(request)
        if start is None:
            return choosing(
                request, booking.kind, booking=booking, problem="Choose one of the times."
            )
        outcome, _ = bookings.move(booking.pk, start, _zone(request, booking.zone).key)
        if outcome is Outcome.DONE:
            return redirect(f"{here}?done")
        if outcome is Outcome.GONE:
            gone = "That time has just been taken. Here are those that are free now."
            return choosing(request, booking.kind, booking=booking, problem=gone)
    return said(
        request,
        "It is too late to change this call here",
        "Please answer the mail with your invitation, or turn to us:",
        is_door=True,
        status=409,
    )


def confirmed(request: DeskRequest, booking: Booking, moment: datetime) -> HttpResponse:
    """Show a call that is to come."""
    zone = ZoneInfo(booking.zone)
    notice = timedelta(minutes=booking.kind.says.change_minutes)
    context = {
        "title": "Your call is booked",
        "booking": booking,
        "kind": booking.kind,
        "about": about_words(booking.ticket_id, booking.subject),
        "day": format_date(booking.start_at.astimezone(zone), "EEEE d MMMM", locale=LOCALE),
        "time": time_words(booking.start_at, zone),
        "place": place_words(zone, booking.start_at),
        "how": how_words(booking),
        "is_new": "done" in request.GET,
        "has_mail": is_address(booking.address),
        "can_change": can_change(booking, moment),
        "until": when_words(booking.start_at - notice, zone),
        "door": Door.read(),
    }
    return _page(request, "booking_booked.html", context)


def choosing(
    request: DeskRequest,
    kind: CallType,
    *,
    link: Link | None = None,
    booking: Booking | None = None,
    problem: str = "",
    is_trial: bool = False,
) -> HttpResponse:
    """Show the times of a kind of call, a day at a time, on the customer's clock."""
    moment = queue.now()
    known = booking.zone if booking else link.zone if link else ""
    zone = _zone(request, known, kind.zone)
    crew = crew_to_book(kind, moment, booking)
    offered = [slot for slot in crew.slots(moment) if not booking or slot.start != booking.start_at]
    days = _days(crew, offered, zone, moment)
    shown = _shown(request, days)
    keeps_zone = f"zone={zone.key}&" if "zone" in request.GET else ""
    move = "move&" if booking else ""
    page = _page_of(days, shown)
    about = booking or link
    context = {
        "title": "When may we call you?" if kind.reach == Reach.PHONE else "When shall we meet?",
        "kind": kind,
        "about": about_words(about.ticket_id, about.subject) if about else "",
        "days": [_day(day, len(days[day]), shown, f"?{move}{keeps_zone}") for day in page],
        "earlier": _beside(days, page, -1, f"?{move}{keeps_zone}"),
        "later": _beside(days, page, 1, f"?{move}{keeps_zone}"),
        "day": format_date(shown, "EEEE d MMMM", locale=LOCALE) if shown else "",
        "times": _times(days.get(shown, []), zone) if shown else [],
        "chosen": request.POST.get("slot", ""),
        "zone": zone,
        "place": city_words(zone),
        "zones": sorted(available_timezones()),
        "given": {name: request.POST.get(name, "") for name in ("phone", "email", "name", "note")},
        "asks_phone": kind.reach == Reach.PHONE and booking is None,
        "asks_mail": booking is None and not (link and link.address),
        "booking": booking,
        "was": when_words(booking.start_at, zone) if booking else "",
        "link_ends": when_words(link.expires_at, zone) if link else "",
        "is_single": link is not None and link.most == 1,
        "problem": problem,
        "is_trial": is_trial,
        "door": Door.read(),
    }
    return _page(request, "booking_choose.html", context, 400 if problem else 200)


def _days(
    crew: Crew, offered: list[Slot], zone: ZoneInfo, moment: datetime
) -> dict[date, list[Slot]]:
    """Return the times of each day on the customer's clock; days on which the team is at work and
    nothing is free have none.
    """
    days: dict[date, list[Slot]] = {}
    terms = crew.kind.says
    first = int((moment + timedelta(minutes=terms.notice_minutes)).timestamp()) // 300
    last = int((moment + timedelta(days=terms.days_ahead)).timestamp()) // 300
    # An hour is the finest on which days of zones begin, but for quarters that no day begins on.
    pieces = {piece // 3 for host in crew.hosts for piece in host.there if first <= piece <= last}
    for day in sorted({local_day(piece * 3, zone) for piece in pieces}):
        days[day] = []
    for slot in offered:
        days.setdefault(slot.start.astimezone(zone).date(), []).append(slot)
    return dict(sorted(days.items()))


def _shown(request: DeskRequest, days: dict[date, list[Slot]]) -> date | None:
    """Return the day whose times are shown: the one asked for, else the first with any."""
    given = request.GET.get("day", "")
    start = _start(request)
    if start is not None:
        zone = _zone(request)
        given = given or start.astimezone(zone).date().isoformat()
    try:
        wanted = date.fromisoformat(given)
    except ValueError:
        wanted = None
    if wanted in days:
        return wanted
    return next((day for day, slots in days.items() if slots), next(iter(days), None))


def _page_of(days: dict[date, list[Slot]], shown: date | None) -> list[date]:
    listed = list(days)
    if shown is None:
        return []
    place = listed.index(shown) // DAYS_SHOWN * DAYS_SHOWN
    return listed[place : place + DAYS_SHOWN]


def _beside(days: dict[date, list[Slot]], page: list[date], step: int, query: str) -> str:
    """Return the address of the days before or after those shown; empty where there are none."""
    listed = list(days)
    if not page:
        return ""
    place = listed.index(page[0]) + (len(page) if step > 0 else -DAYS_SHOWN)
    if not 0 <= place < len(listed):
        return ""
    free = next((day for day in listed[place : place + DAYS_SHOWN] if days[day]), listed[place])
    return f"{query}day={free.isoformat()}"


def _day(day: date, free: int, shown: date | None, query: str) -> Day:
    name = format_date(day, "EEE", locale=LOCALE)
    return Day(name, day.day, free, f"{query}day={day.isoformat()}", day == shown)


def _times(slots: list[Slot], zone: ZoneInfo) -> list[Time]:
    labels = [time_words(slot.start, zone) for slot in slots]
    found = []
    for slot, label in zip(slots, labels, strict=True):
        # On the night on which clocks go back an hour comes twice.
        is_twice = labels.count(label) > 1
        offset = f"{slot.start.astimezone(zone):%z}"
        plain = f"{label} (UTC{offset[:3]})" if is_twice else label
        found.append(Time(f"{slot.start:%Y-%m-%dT%H:%MZ}", plain, when_words(slot.start, zone)))
    return found


def _start(request: DeskRequest) -> datetime | None:
    """Return the instant that a form names; None where it names none."""
    given = request.POST.get("slot", "")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", given):
        return None
    try:
        return datetime.strptime(given, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _zone(request: DeskRequest, *otherwise: str) -> ZoneInfo:
    return zone_named(request.POST.get("zone", ""), request.GET.get("zone", ""), *otherwise)


def _caller(request: DeskRequest, link: Link) -> tuple[Caller, str]:
    """Return what a customer says of themselves, and what is wrong with it."""
    given = {
        name: " ".join(request.POST.get(name, "").split())
        for name in ("phone", "email", "name", "note")
    }
    caller = Caller(
        address=link.address or given["email"],
        phone=given["phone"],
        name=given["name"][:100],
        note=given["note"][:500],
        zone=_zone(request, link.zone, link.kind.zone).key,
    )
    if link.kind.reach == Reach.PHONE and not PHONE.fullmatch(caller.phone):
        return caller, "Write the number that we call, such as +49 30 5550 142."
    if not link.address and not is_address(caller.address):
        return caller, "Write your mail address: the invitation goes there."
    return caller, ""


def dead_end(request: DeskRequest) -> HttpResponse:
    """Show what every link opens that opens nothing, whatever the reason: the same to the byte."""
    return said(
        request,
        "This link does not open anything any more",
        "Links to book a call are for one purpose, and they end. If you have booked already, the"
        " mail with your invitation has the link to move or cancel it. Otherwise:",
        is_door=True,
        status=410,
    )


def said(
    request: DeskRequest, title: str, more: str, *, is_door: bool = False, status: int = 200
) -> HttpResponse:
    """Show a page that says one thing, and perhaps where to turn to."""
    door = Door.read() if is_door else None
    context = {"title": title, "more": more, "door": door}
    return _page(request, "booking_said.html", context, status)


def _page(
    request: DeskRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    shown = {"language": "en", "desk_name": request.desk.settings.name, **context}
    return render(request, template, shown, status=status)
