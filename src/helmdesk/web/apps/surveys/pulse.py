"""Pulses: asking the people of the desk so that nobody, here or later, can tell who said what."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from helmdesk.act.pulses import MINIMUM, OTHERS, published
from helmdesk.act.surveys import MOST_COMMENT, SCALES
from helmdesk.errors import UsageError
from helmdesk.web.access import STAFF
from helmdesk.web.apps.events.models import Event
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.people.models import Person
from helmdesk.web.apps.surveys.models import Instrument, Participation, Remark, Slip, Wave

_shuffle = random.SystemRandom().shuffle
_choice = random.SystemRandom().choice


def open_wave(instrument: Instrument, closes_at: datetime, teams: dict[str, str | None]) -> Wave:
    """Ask everybody of the desk; who belongs to which group is settled now, once.

    Args:
        closes_at: aware.
        teams: the present team of every agent in the data.

    Raises:
        UsageError: it asks customers; too few people are here; one is open already.
    """
    if not instrument.asks.is_pulse:
        raise UsageError(f"{instrument} asks customers; choose one that asks your own people")
    moment = queue.now()
    if closes_at <= moment:
        raise UsageError("a pulse ends later than now")
    people = list(Person.objects.filter(is_active=True, role__in=STAFF))
    if len(people) < MINIMUM:
        raise UsageError(
            f"{len(people)} people can sign in here; with fewer than {MINIMUM} everybody would know"
            " who said what"
        )
    with transaction.atomic():
        if Wave.objects.select_for_update().filter(closed_at=None).exists():
            raise UsageError("a pulse is open already; the next one can begin when it is over")
        wave = Wave.objects.create(instrument=instrument, closes_at=closes_at)
        groups = {person.pk: group_of(person, teams) for person in people}
        Participation.objects.bulk_create(
            [Participation(wave=wave, person=each, group=groups[each.pk]) for each in people]
        )
        slips = [Slip(wave=wave, group=group) for group in groups.values()]
        _shuffle(slips)
        Slip.objects.bulk_create(slips)
    return wave


def group_of(person: Person, teams: dict[str, str | None]) -> str:
    """Return the group in which somebody's answer counts."""
    own = teams.get(person.agent) if person.agent else None
    return own or (person.teams[0] if person.teams else "") or OTHERS


def waiting(person: Any) -> Participation | None:
    """Return the open pulse that somebody has still to answer."""
    moment = queue.now()
    return (
        Participation.objects.select_related("wave__instrument")
        .filter(
            person=person,
            has_answered=False,
            wave__closed_at=None,
            wave__opened_at__lte=moment,
            wave__closes_at__gt=moment,
        )
        .first()
    )


def answer(person: Any, wave: Wave, value: str, comment: str) -> bool:
    """Put somebody's answer into the box; False where they have answered, or were not asked.

    Raises:
        UsageError: it is no answer, or the comment is too long.
    """
    if value not in SCALES[wave.instrument.asks].answers:
        raise UsageError("choose one of the answers first")
    plain = comment.replace("\r\n", "\n").strip()
    if len(plain) > MOST_COMMENT:
        raise UsageError(f"the comment is longer than {MOST_COMMENT:,} characters; shorten it")
    with transaction.atomic():
        own = Participation.objects.select_for_update().filter(wave=wave, person=person).first()
        if own is None or own.has_answered or not wave.is_open(queue.now()):
            return False
        Participation.objects.filter(pk=own.pk).update(has_answered=True)
        empty = Slip.objects.select_for_update().filter(wave=wave, group=own.group, value="")
        slip = _choice(list(empty.values_list("pk", flat=True)))
        Slip.objects.filter(pk=slip).update(value=value, comment=plain)
    return True


def close(wave: Wave) -> bool:
    """End a pulse: cut the answers into groups that hide everybody, give them to the records, and
    burn the slips. False where that was done before.
    """
    from helmdesk.web.apps.events.jobs import Batch, record

    moment = queue.now()
    with transaction.atomic():
        if not Wave.objects.filter(pk=wave.pk, closed_at=None).update(closed_at=moment):
            return False
        box = Slip.objects.filter(wave=wave)
        given = list(box.exclude(value="").values_list("group", "value", "comment"))
        _shuffle(given)
        shown = published(Counter(group for group, _, _ in given))
        batch = uuid4()
        events = [
            Event(
                kind="employee_response",
                at=moment,
                batch=batch,
                said={
                    "instrument_id": wave.instrument.record_id,
                    "team_id": shown[group],
                    "answer": value,
                },
            )
            for group, value, _ in given
            if group in shown
        ]
        Event.objects.bulk_create(events)
        if shown:
            Remark.objects.bulk_create(
                [Remark(wave=wave, text=text) for text in sorted(t for _, _, t in given if t)]
            )
            # One batch whatever its size: two states of the lake never differ by a few answers.
            queue.enqueue(record, f"events:{batch}", Batch(batch=batch))
        box.delete()
        # With everybody's answer known, that everybody answered would say too much as well.
        Participation.objects.filter(wave=wave).delete()
        Wave.objects.filter(pk=wave.pk).update(answers=len(given), is_shown=bool(shown))
    return True
