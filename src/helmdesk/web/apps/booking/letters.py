"""Mails about a booking: to the customer with an invitation, to whoever takes the call, to leads.

The customer's mails name the team's desk and nobody of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from helmdesk.act.booking.invitation import Invitation, ics_of
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.web.access import Role
from helmdesk.web.apps.booking.doors import address_of, change_token, zone_named
from helmdesk.web.apps.booking.models import Booking, Link, Member, Reach
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.outbox.mail_server import mail_server
from helmdesk.web.apps.outbox.models import Message
from helmdesk.web.apps.outbox.post import CalendarPart, is_address, put_mail
from helmdesk.web.apps.people.models import Person
from helmdesk.zones import comes_twice

TOPIC = "booking"
LOCALE = "en_GB"


class Occasion(StrEnum):
    """Why a customer is written to."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    ASKED_TO_MOVE = "asked_to_move"


TITLES = {
    Occasion.BOOKED: "Your call is booked",
    Occasion.MOVED: "Your call has moved",
    Occasion.CANCELLED: "Your call is cancelled",
    Occasion.REMINDER: "Your call is coming up",
    Occasion.ASKED_TO_MOVE: "Please choose another time for your call",
}
INVITING = (Occasion.BOOKED, Occasion.MOVED, Occasion.CANCELLED)


def when_words(start: datetime, zone: ZoneInfo) -> str:
    """Return day and time as the customer reads them, with the place of the zone."""
    local = start.astimezone(zone)
    day = format_date(local, "EEEE d MMMM", locale=LOCALE)
    return f"{day} at {time_words(start, zone)} ({place_words(zone, start)})"


def time_words(start: datetime, zone: ZoneInfo) -> str:
    """Return a time of the day in a zone."""
    return str(format_time(start.astimezone(zone), "HH:mm", locale=LOCALE))


def place_words(zone: ZoneInfo, start: datetime) -> str:
    """Return a zone as people say it, such as Berlin time; twice an hour on the night on which
    clocks go back is told apart by its distance from UTC.
    """
    city = city_words(zone)
    if zone.key == city:
        return city
    if comes_twice(start, zone):
        return f"{city} time, UTC{start.astimezone(zone):%z}"
    return f"{city} time"


def city_words(zone: ZoneInfo) -> str:
    """Return the place of a zone."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def how_words(booking: Booking) -> str:
    """Return how the call takes place."""
    if booking.kind.reach == Reach.PHONE:
        return f"We call you at {booking.phone}." if booking.phone else "We call you."
    return f"It takes place at {booking.kind.place}"


def write_link(link: Link, address: str) -> Message:
    """Mail a link to the customer it is for, with the transaction around."""
    desk_name = Desk(settings.DESK_FOLDER).settings.name
    kind, end = link.kind, when_words(link.expires_at, _zone(link.zone))
    context = {
        "title": f"Choose a time for your call with {desk_name}",
        "about": about_words(link.ticket_id, link.subject),
        "lines": [
            f"{kind.title}: {kind.says.minutes} minutes. {kind.words}".strip(),
            "Choose the time that suits you:",
        ],
        "link": address,
        "link_words": "Choose a time",
        "after": f"The link is for you and ends on {end}.",
        "desk_name": desk_name,
    }
    made = put_mail(TOPIC, link.address, str(context["title"]), _text(context), _html(context))
    Link.objects.filter(pk=link.pk).update(message=made.id)
    return made


def write_to_customer(booking: Booking, occasion: Occasion) -> Message | None:
    """Mail the customer about a booking, with the transaction around; None where nobody knows an
    address.
    """
    if not is_address(booking.address):
        return None
    desk_name = Desk(settings.DESK_FOLDER).settings.name
    is_over = occasion is Occasion.CANCELLED
    link = "" if is_over else address_of("booked_call", change_token(booking))
    when = when_words(booking.start_at, ZoneInfo(booking.zone))
    lines = [f"{booking.kind.title}, {when}, {booking.kind.says.minutes} minutes."]
    if occasion is Occasion.ASKED_TO_MOVE:
        lines = [
            f"We are sorry: we cannot keep your call on {when}.",
            "Please choose another time; it takes a moment.",
        ]
    elif not is_over:
        lines.append(how_words(booking))
    context = {
        "title": TITLES[occasion],
        "about": about_words(booking.ticket_id, booking.subject),
        "lines": lines,
        "link": link,
        "link_words": "Choose another time"
        if occasion is Occasion.ASKED_TO_MOVE
        else "Move or cancel it",
        "after": "",
        "desk_name": desk_name,
    }
    part = invitation_of(booking, occasion, desk_name, link)
    made = put_mail(
        TOPIC,
        booking.address,
        f"{TITLES[occasion]}: {when}"[:200],
        _text(context),
        _html(context),
        calendar=part,
    )
    booking.letters = [*booking.letters, str(made.id)]
    booking.save(update_fields=["letters"])
    return made


def invitation_of(
    booking: Booking, occasion: Occasion, desk_name: str, link: str
) -> CalendarPart | None:
    """Return the invitation that goes with a mail; None where it has none, or nobody knows from
    whom mail comes.
    """
    sender = _sender()
    if occasion not in INVITING or not sender:
        return None
    made = Invitation(
        booking=booking.id,
        sequence=booking.sequence,
        start=booking.start_at,
        end=booking.end_at,
        made_at=queue.now(),
        title=f"{booking.kind.title} · {desk_name}",
        note="\n".join(
            line
            for line in (about_words(booking.ticket_id, booking.subject), how_words(booking))
            if line
        ),
        sender=sender,
        attendee=booking.address,
        link=link,
        is_cancelled=occasion is Occasion.CANCELLED,
    )
    return CalendarPart(made.method, ics_of(made))


def _sender() -> str:
    try:
        server = mail_server()
    except HelmdeskError:
        return ""
    return server.sender if server else ""


def write_to_agent(booking: Booking, agent: str, *, is_theirs: bool) -> Message | None:
    """Tell somebody of the team that a call is theirs, or is no more; None where they have no mail
    address here.
    """
    address = _address_of(booking.kind.team, agent)
    if not address:
        return None
    zone = booking.kind.own_zone
    when = when_words(booking.start_at, zone)
    title = f"Your call: {when}" if is_theirs else f"Not your call any more: {when}"
    context = {
        "title": title,
        "about": "",
        "lines": [
            f"{booking.kind.name}, {booking.kind.says.minutes} minutes."
            if is_theirs
            else "It was moved, cancelled, or given to somebody else. There is nothing to do."
        ],
        "link": f"{settings.PUBLIC_URL}{reverse('prepare_call', args=[booking.id])}"
        if is_theirs
        else "",
        "link_words": "Prepare it",
        "after": "",
        "desk_name": "",
    }
    return put_mail("booking_staff", address, title[:200], _text(context), _html(context))


def _address_of(team: str, agent: str) -> str:
    named = Member.objects.filter(team=team, agent=agent).values_list("name", flat=True).first()
    person = Person.objects.filter(agent__in=[agent, named or agent], is_active=True).first()
    return person.email if person and is_address(person.email) else ""


def write_to_leads(bookings: Iterable[Booking]) -> int:
    """Tell leaders, and leads of the team, of calls that nobody can take; return how many people
    were told. With the transaction around.
    """
    rows = list(bookings)
    told = 0
    for person in Person.objects.filter(
        is_active=True, role__in=(Role.LEADER, Role.ADMINISTRATOR, Role.TEAM_LEAD)
    ):
        mine = [
            row
            for row in rows
            if person.role != Role.TEAM_LEAD or row.kind.team in (person.teams or ())
        ]
        if not mine or not is_address(person.email):
            continue
        context = {
            "title": "Nobody can take a booked call"
            if len(mine) == 1
            else f"Nobody can take {len(mine)} booked calls",
            "about": "",
            "lines": [
                *(
                    f"{row.kind.name}, {when_words(row.start_at, row.kind.own_zone)}."
                    for row in mine
                ),
                "Put somebody on shift, or ask the customer to choose another time.",
            ],
            "link": f"{settings.PUBLIC_URL}{reverse('booking_calendar')}",
            "link_words": "Look at the calls",
            "after": "",
            "desk_name": "",
        }
        put_mail(
            "booking_staff", person.email, str(context["title"]), _text(context), _html(context)
        )
        told += 1
    return told


def about_words(ticket_id: str, subject: str) -> str:
    """Return which case it is about; empty where there is none."""
    short = " ".join(subject.split())[:100]
    if not ticket_id:
        return f"About “{short}”" if short else ""
    return f"Your case {ticket_id}: “{short}”" if short else f"Your case {ticket_id}"


def _zone(name: str) -> ZoneInfo:
    return zone_named(name)


def _text(context: Mapping[str, object]) -> str:
    lines = [context["title"], context["about"], *_lines(context)]
    if context["link"]:
        lines.append(f"{context['link_words']}: {context['link']}")
    lines += [context["after"], context["desk_name"]]
    return "\n\n".join(str(line) for line in lines if line) + "\n"


def _lines(context: Mapping[str, object]) -> list[str]:
    found = context["lines"]
    return [str(line) for line in found] if isinstance(found, list) else []


def _html(context: Mapping[str, object]) -> str:
    return render_to_string("booking_letter.html", dict(context))
