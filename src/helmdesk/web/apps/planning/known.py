"""Writing down what is known of days: single days, events, public holidays. Each change ends what
stood before and adds anew, so that what was believed when can be read for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone

from helmdesk.errors import NotFoundError, UsageError
from helmdesk.plan.named_days import public_holidays
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.planning.models import KnownDay

MOST_DAYS, MOST_KNOWN = 62, 1000


class _OfQueue(forms.Form):
    queue = forms.CharField(required=False, max_length=200)


class DayForm(_OfQueue):
    """A day, or days in a row, that are different."""

    day = forms.DateField(label="Day")
    until = forms.DateField(label="Until", required=False)
    reason = forms.CharField(label="Name or reason", max_length=200)
    share = forms.FloatField(
        label="Percent of a usual day", required=False, min_value=0, max_value=1000
    )


class EventForm(_OfQueue):
    """Something that brings more or less work for a while."""

    reason = forms.CharField(label="Event", max_length=200)
    day = forms.DateField(label="First day")
    uplift = forms.FloatField(label="More contacts, in percent", min_value=-95, max_value=1000)
    half_life = forms.FloatField(label="Half of it after days", min_value=0.5, max_value=365)


class HolidaysForm(forms.Form):
    """Whose public holidays count."""

    place = forms.CharField(label="Country", max_length=8)


FORMS: dict[str, type[forms.Form]] = {
    "day": DayForm,
    "event": EventForm,
    "holidays": HolidaysForm,
}


@dataclass(frozen=True)
class Entry:
    """One thing that is known, as it is read.

    Attributes:
        when, what: "Thu 24 December 2026", "40% of a usual day". by: who wrote it.
        kind: which form changes it. standing: what it is in the database.
    """

    known: KnownDay
    when: str
    what: str
    kind: str


def entry_of(known: KnownDay) -> Entry:
    """Return what is known as it is read."""
    when = f"{known.day:%a %-d %B %Y}" if known.day else ""
    if known.kind == "holidays" or known.day is None:
        return Entry(known, "every year", "like public holidays before", "holidays")
    if known.kind == "event":
        share = (known.factor or 1.0) - 1
        more = "more" if share >= 0 else "fewer"
        life = f"{known.half_life_days or 0:g}"
        return Entry(
            known, f"from {when}", f"{abs(share):.0%} {more}, half of it after {life} days", "event"
        )
    if known.factor is None:
        return Entry(known, when, "like other days of this name", "day")
    return Entry(known, when, f"{known.factor:.0%} of a usual day", "day")


def write(request: Any, kind: str, queues: Sequence[str]) -> str:
    """Write down what a form says, in place of what it changes; return what was done.

    Args:
        queues: names that may be meant.

    Raises:
        UsageError: a field that is none, or more than can be kept.
    """
    if kind not in FORMS:
        raise UsageError("choose what is known: a day, an event or public holidays")
    form = FORMS[kind](request.POST)
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise UsageError(f"{form.fields[name].label}: {problems[0]}")
    said = form.cleaned_data
    if (queue := said.get("queue", "")) and queue not in queues:
        raise UsageError(f"no queue '{queue[:40]}'; choose one of the list, or all queues")
    made = {"day": _days, "event": _event, "holidays": _holidays}[kind](said)
    for each in made:
        each.person = request.user
    with transaction.atomic():
        if KnownDay.standing().count() + len(made) > MOST_KNOWN:
            raise UsageError(f"{MOST_KNOWN} things are known already; take some back first")
        changes = request.POST.get("changes", "")
        if changes.isdecimal():
            _end(request, int(changes), queues)
        if kind == "holidays":
            KnownDay.standing().filter(kind="holidays", reason=made[0].reason).update(
                ended_at=timezone.now(), ended_by=request.user
            )
        KnownDay.objects.bulk_create(made)
        audit(
            "said what is known of days",
            made[0].reason[:300],
            request=request,
            days=len(made),
            what=entry_of(made[0]).what,
        )
    days = f" for {len(made)} days" if len(made) > 1 else ""
    return f"“{made[0].reason}” counts from now on{days}."


def _days(said: dict[str, Any]) -> list[KnownDay]:
    first, last = said["day"], said["until"] or said["day"]
    if last < first:
        raise UsageError("Until: the last day lies before the first")
    if (last - first).days >= MOST_DAYS:
        raise UsageError(f"Until: at most {MOST_DAYS} days at once")
    share = said["share"]
    return [
        KnownDay(
            kind="named" if share is None else "factor",
            day=first + timedelta(days=i),
            factor=None if share is None else share / 100,
            reason=said["reason"],
            queue=said["queue"],
        )
        for i in range((last - first).days + 1)
    ]


def _event(said: dict[str, Any]) -> list[KnownDay]:
    return [
        KnownDay(
            kind="event",
            day=said["day"],
            factor=1 + said["uplift"] / 100,
            half_life_days=said["half_life"],
            reason=said["reason"],
            queue=said["queue"],
        )
    ]


def _holidays(said: dict[str, Any]) -> list[KnownDay]:
    place = said["place"].strip().upper()
    try:
        public_holidays(place, date(2026, 1, 1), date(2026, 12, 31))
    except NotFoundError as error:
        raise UsageError(str(error)) from error
    return [KnownDay(kind="holidays", reason=place)]


def take_back(request: Any, pk: int, queues: Sequence[str]) -> str:
    """End something that is known; NotFoundError where it does not count any more."""
    with transaction.atomic():
        found = _end(request, pk, queues)
        audit("took back what is known of days", found.reason[:300], request=request)
    return f"“{found.reason}” does not count any more."


def _end(request: Any, pk: int, queues: Sequence[str]) -> KnownDay:
    found = KnownDay.standing().select_for_update(of=("self",)).filter(pk=pk).first()
    if found is None or (found.queue and found.queue not in queues):
        raise NotFoundError("that does not count any more; look at the list again")
    found.ended_at, found.ended_by = timezone.now(), request.user
    found.save(update_fields=("ended_at", "ended_by"))
    return found
