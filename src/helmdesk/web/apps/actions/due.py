"""Actions on which somebody has to decide: the brief and its mail remind of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone

from helmdesk.act.actions import Stage
from helmdesk.desk.desk import Desk
from helmdesk.query.periods import local_date, week_shift
from helmdesk.settings import Settings
from helmdesk.web.apps.actions.models import Action


def local_day(settings: Settings, as_of: datetime) -> date:
    """Return the local day: that of a sample is the end of its data.

    Args:
        as_of: end of the data, naive UTC.
    """
    moment = as_of if settings.is_sample else timezone.now().replace(tzinfo=None)
    return local_date(moment, settings.time_zone)


def day_of(desk: Desk) -> date:
    """Return the local day of a desk."""
    with desk.marts.reader() as reader:
        return local_day(desk.settings, reader.bounds.as_of)


def due_actions(policy: Any, today: date, settings: Settings) -> list[Action]:
    """Return the actions that a reader may see and whose weeks are over, those that wait longest
    first.
    """
    shift = week_shift(settings.week_start)
    opened = Action.seen(policy).filter(closed_as="", started_at__isnull=False)
    due = [each for each in opened if each.stage(today, shift) is Stage.DUE]
    return sorted(due, key=lambda each: (each.hypothesis.start, each.pk))
