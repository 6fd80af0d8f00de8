"""Schedules: rows whose ticks become jobs, each once, whoever looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from pydantic import ValidationError

from helmdesk.act.rhythm import read_rhythm
from helmdesk.desk.desk import SETTINGS_FILE
from helmdesk.errors import UsageError
from helmdesk.settings import read_settings
from helmdesk.web.apps.jobs.kind import JobKind
from helmdesk.web.apps.jobs.models import Job, Schedule
from helmdesk.web.apps.jobs.queue import enqueue, words_of


def make_missing(known: Mapping[str, JobKind[Any]]) -> None:
    """Give the site the schedules that kinds come with; one that somebody changed stays as it
    is.
    """
    for kind in known.values():
        if kind.schedule:
            zone = _desk_zone() if kind.is_local else "UTC"
            fields = {"kind": kind.name, "rhythm": kind.schedule, "zone": zone}
            Schedule.objects.get_or_create(name=kind.name, defaults=fields)


def _desk_zone() -> str:
    return read_settings(settings.DESK_FOLDER / SETTINGS_FILE).time_zone


def tick(known: Mapping[str, JobKind[Any]], moment: datetime) -> int:
    """Make jobs of what is due, one for each schedule however many ticks were missed; return how
    many.
    """
    made = 0
    for schedule in Schedule.objects.filter(is_on=True):
        try:
            newest = latest_tick(schedule, moment)
            if newest <= schedule.last_tick:
                continue
            kind = known.get(schedule.kind)
            if kind is None:
                raise UsageError(f"no app here has a kind of job called {schedule.kind!r}")
            made += _make(schedule, kind, newest)
        except (UsageError, ValidationError, ValueError, KeyError) as error:
            Schedule.objects.filter(pk=schedule.pk).update(problem=words_of(error)[:300])
    return made


def _make(schedule: Schedule, kind: JobKind[Any], newest: datetime) -> bool:
    """Make the job of a tick, unless another scheduler has."""
    payload = kind.payload.model_validate(schedule.payload)
    with transaction.atomic():
        if not Schedule.objects.filter(
            pk=schedule.pk, is_on=True, last_tick=schedule.last_tick
        ).update(last_tick=newest, problem=""):
            return False
        enqueue(
            kind, f"{schedule.name}:{newest.astimezone(zone_of(schedule)).isoformat()}", payload
        )
    return True


def run_now(schedule: Schedule, kind: JobKind[Any], moment: datetime) -> Job:
    """Make a job beside the schedule's ticks."""
    return enqueue(
        kind,
        f"{schedule.name}:now:{moment.isoformat()}",
        kind.payload.model_validate(schedule.payload),
    )


def zone_of(schedule: Schedule) -> ZoneInfo:
    """Return the zone whose local times a schedule means.

    Raises:
        UsageError: there is no such zone.
    """
    try:
        return ZoneInfo(schedule.zone)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(
            f"there is no time zone called {schedule.zone!r}; write one such as Europe/Berlin"
        ) from error


def latest_tick(schedule: Schedule, moment: datetime) -> datetime:
    """Return a schedule's last tick up to a moment."""
    return read_rhythm(schedule.rhythm).latest(moment, zone_of(schedule))


def last_tick(schedule: Schedule) -> datetime | None:
    """Return a schedule's newest tick that became a job; None where there was none since it was
    made or let go on.
    """
    try:
        return (
            schedule.last_tick
            if latest_tick(schedule, schedule.last_tick) == schedule.last_tick
            else None
        )
    except UsageError:
        return None


def next_tick(schedule: Schedule, moment: datetime) -> datetime | None:
    """Return a schedule's first tick after a moment; None while it is off, or nobody can read
    it.
    """
    try:
        return (
            read_rhythm(schedule.rhythm).after(moment, zone_of(schedule))
            if schedule.is_on
            else None
        )
    except UsageError:
        return None
