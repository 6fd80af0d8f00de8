"""A small team that takes calls, for tests of booking: its people, shifts and a kind of call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday, nine in Berlin
TEAM = "Frontline Berlin"
PEOPLE = {"a1": "Aurelia Zwick", "a2": "Bartholomew Quist", "a3": "Cressida Vance"}
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
