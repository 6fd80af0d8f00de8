"""Private calendars of agents: fetched from the very address that was checked, and only times are
kept.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from helmdesk.act.booking.feeds import MOST_BYTES, busy_times
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.version import __version__
from helmdesk.web.apps.booking.models import Busy, Calendar
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import NotSent
from helmdesk.web.apps.outbox import webhooks
from helmdesk.web.apps.outbox.pinned import parts_of

EVERY = timedelta(minutes=30)
AHEAD = timedelta(days=63)
HEADERS = {"user-agent": f"helmdesk/{__version__}", "accept": "text/calendar"}


def plain_url(text: str) -> str:
    """Return the address of a calendar as it is fetched: calendars also write webcal://.

    Raises:
        UsageError: it is none.
    """
    given = text.strip()
    if given.lower().startswith("webcal://"):
        given = f"https://{given[9:]}"
    try:
        parts_of(given)
    except UsageError as error:
        raise UsageError(
            "that is no address of a calendar; write one such as"
            " https://calendar.example.org/private-1234/basic.ics"
        ) from error
    return given


def read_calendar(calendar: Calendar, zone: ZoneInfo) -> str:
    """Fetch a calendar and keep when its owner is busy; return why that failed, or nothing.

    Where it fails the times of the last reading stay, and count for nothing once they are a day
    old.
    """
    moment = queue.now()
    try:
        answer = webhooks.client().get(calendar.url, HEADERS, MOST_BYTES)
        if answer.status != 200:
            raise NotSent(_refusal(answer.status))
        spans = busy_times(answer.body, moment - timedelta(days=1), moment + AHEAD, zone)
    except HelmdeskError as error:
        problem = " ".join(str(error).split())[:300]
        Calendar.objects.filter(pk=calendar.pk).update(tried_at=moment, problem=problem)
        return problem
    with transaction.atomic():
        Busy.objects.filter(calendar=calendar).delete()
        Busy.objects.bulk_create(
            Busy(calendar=calendar, start_at=span.start, end_at=span.end) for span in spans
        )
        Calendar.objects.filter(pk=calendar.pk).update(
            fetched_at=moment, tried_at=moment, problem=""
        )
    return ""


def _refusal(status: int) -> str:
    if status in (301, 302, 303, 307, 308):
        return "the address leads on to another one; give that one"
    if status in (401, 403, 404, 410):
        return "there is no calendar at that address any more; give its private address anew"
    return f"the calendar answered with {status}"


def read_due(zone: ZoneInfo) -> int:
    """Read the calendars that were not read for half an hour; return how many failed."""
    before = queue.now() - EVERY
    failed = 0
    for calendar in Calendar.objects.all():
        if calendar.tried_at is None or not before < calendar.tried_at <= queue.now():
            failed += bool(read_calendar(calendar, zone))
    return failed
