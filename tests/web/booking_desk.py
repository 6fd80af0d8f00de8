"""A small team that takes calls, for tests of booking: its people, shifts and a kind of call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday, nine in Berlin
TEAM = "Frontline Berlin"
PEOPLE = {"a1": "Aurelia Zwick", "a2": "Bartholomew Quist", "a3": "Cressida Vance"}
TUESDAY = datetime(2027, 3, 2, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def clear() -> None:
    """Remove all that booking left on the site."""
    from django.core.cache import cache

    from helmdesk.web.apps.booking import models
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule, Switch
    from helmdesk.web.apps.outbox.models import Message

    kept = (models.Booking, models.Link, models.CallType, models.Team, models.Member)
    others = (models.Shift, models.Need, models.Absence, models.Calendar, models.Door)
    for model in (*kept, *others, Message, Event, Heartbeat, Job, Schedule):
        model.objects.all().delete()
    Switch.turn(Switch.State.PREVIEW)
    cache.clear()


def make_kind(*, is_on: bool = True, **changes: Any) -> Any:
    """Write a kind of call of the team; terms by their names."""
    from helmdesk.web.apps.booking.models import CallType

    terms = {
        "minutes": 30,
        "buffer_minutes": 10,
        "notice_minutes": 120,
        "floor": 1,
        **{name: changes.pop(name) for name in list(changes) if name in TERMS},
    }
    return CallType.objects.create(
        team=TEAM,
        name="Invoices",
        title="Help with your invoice",
        words="Have it at hand, please.",
        zone="Europe/Berlin",
        terms=terms,
        is_on=is_on,
        **changes,
    )


TERMS = (
    *("minutes", "step_minutes", "buffer_minutes", "notice_minutes", "days_ahead"),
    *("daily_limit", "choose_minutes", "change_minutes", "floor"),
)


def staff_always(moment: datetime, days: int = 10) -> None:
    """Put everybody on shift around the clock, from yesterday on: for tests on a real clock."""
    from helmdesk.web.apps.booking.models import Member, Shift, Team

    first = moment.replace(hour=0, minute=0, second=0, microsecond=0) - DAY
    for agent, name in PEOPLE.items():
        Member.objects.create(team=TEAM, agent=agent, name=name)
        Shift.objects.create(
            team=TEAM, agent=agent, start_at=first, end_at=first + (days + 1) * DAY
        )
    Team.objects.update_or_create(
        name=TEAM, defaults={"key": "t1", "shifts_until": first + (days + 1) * DAY}
    )


def staff(people: dict[str, str] = PEOPLE, days: int = 14, skills: tuple[str, ...] = ()) -> None:
    """Put people on shift: nine to five in Berlin on working days, with a break at noon."""
    from helmdesk.web.apps.booking.models import Member, Shift, Team

    first = NOW.replace(hour=0)
    for agent, name in people.items():
        Member.objects.create(team=TEAM, agent=agent, name=name, skills=list(skills))
        for number in range(days):
            day = first + number * DAY
            if day.weekday() < 5:
                for start, end in ((8, 11), (12, 16)):
                    Shift.objects.create(
                        team=TEAM,
                        agent=agent,
                        start_at=day + start * HOUR,
                        end_at=day + end * HOUR,
                    )
    Team.objects.update_or_create(
        name=TEAM, defaults={"key": "t1", "shifts_until": first + days * DAY}
    )


def token_of(address: str) -> str:
    """Return the token at the end of an address."""
    return address.rpartition("/")[2]


def link_for(kind: Any, **more: Any) -> tuple[Any, str]:
    from helmdesk.web.apps.booking.doors import About, issue_link

    about = About(
        ticket_id="T-7",
        subject="Password reset link has expired twice",
        customer_id="c1",
        account_id="acc1",
        account="Dalora",
        address="kim@customer.example",
        zone="Europe/Berlin",
    )
    link, address = issue_link(kind, about, **more)
    return link, token_of(address)


def booked(kind: Any, start: datetime = TUESDAY, **more: Any) -> Any:
    from helmdesk.web.apps.booking.bookings import Caller, Outcome, book

    link, _ = link_for(kind, **more)
    outcome, made = book(link, start, Caller(phone="+49 30 5550 142", zone="Europe/Berlin"))
    assert outcome is Outcome.DONE
    return made


def told(*kinds: str) -> list[dict[str, Any]]:
    from helmdesk.web.apps.events.models import Event

    rows = Event.objects.filter(kind__in=kinds) if kinds else Event.objects.all()
    return [{"type": row.kind, **row.said} for row in rows.order_by("at", "kind")]


def letters() -> list[Any]:
    from helmdesk.web.apps.outbox.models import Message

    return list(Message.objects.order_by("created_at"))
