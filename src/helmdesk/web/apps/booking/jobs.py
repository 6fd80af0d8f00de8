"""Jobs of booking: who is there, private calendars, choosing, reminding, links that are over."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings

from helmdesk.desk.desk import Desk
from helmdesk.web.apps.booking.calendars import read_due
from helmdesk.web.apps.booking.choosing import (
    choose_due,
    remind_due,
    settle,
    teams_with_calls,
)
from helmdesk.web.apps.booking.doors import end_links
from helmdesk.web.apps.booking.models import CallType
from helmdesk.web.apps.booking.people import read_needs, read_teams
from helmdesk.web.apps.jobs.kind import Held, Nothing, job


@job("booking", "Look after booked calls", Nothing, schedule="every 5 minutes")
def look_after(held: Held[Nothing]) -> None:
    """See who is at work, give calls of those who are not to others, choose who takes the next
    ones, remind customers, and close links that are over. Each call is a transaction of its own.
    """
    end_links()
    if not CallType.objects.exists():
        return
    desk = Desk(settings.DESK_FOLDER)
    if read_teams(desk):
        held.tell("asking Staffing whom the days need")
        read_needs(desk)
    held.tell("looking who takes the calls to come")
    for team in teams_with_calls():
        settle(team)
    choose_due()
    remind_due()


@job("booking_calendars", "Read private calendars", Nothing, schedule="every 10 minutes")
def read_calendars(held: Held[Nothing]) -> None:
    """Read the calendars that agents gave."""
    read_due(ZoneInfo(Desk(settings.DESK_FOLDER).settings.time_zone))
