"""What people ask of their own shifts, and what a lead makes of it: rules are checked, the plan in
the records and the draft follow, the log has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from helmdesk.errors import NotFoundError, UsageError
from helmdesk.plan.shifts.publish import TIME_OFF, events_of, instant
from helmdesk.plan.shifts.rules import Person, Rules, breaches
from helmdesk.plan.shifts.week import Week
from helmdesk.plan.simulation.people import Shift
from helmdesk.web.apps.events.jobs import gather
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.jobs.kind import Nothing
from helmdesk.web.apps.jobs.queue import enqueue
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.planning.models import Draft, ShiftRequest, shift_said

MOST_OPEN, MOST_DAYS = 20, 62
OPEN = ("asked", "agreed")


def ask(request: Any, made: ShiftRequest) -> ShiftRequest:
    """Keep a request.

    Raises:
        UsageError: too many are open, or the same was asked already.
    """
    mine = ShiftRequest.objects.filter(person=made.person, state__in=OPEN)
    if mine.count() >= MOST_OPEN:
        raise UsageError("you have asked for much already; withdraw something first")
    if made.until and made.until < made.day:
        raise UsageError("the last day lies before the first")
    if (made.last_day - made.day).days >= MOST_DAYS:
        raise UsageError(f"at most {MOST_DAYS} days at once")
    if any(each.day <= made.last_day and made.day <= each.last_day for each in mine):
        raise UsageError("something is asked for these days already; withdraw it first")
    made.save()
    audit(f"asked for {made.kind}", made.agent, request=request, day=str(made.day))
    return made


def withdraw(request: Any, pk: int) -> None:
    """Take back an own request that is still open; NotFoundError where it is none."""
    with transaction.atomic():
        found = _held(ShiftRequest.objects.filter(person=request.user), pk)
        found.state = "withdrawn"
        found.save(update_fields=("state",))
        audit(f"withdrew a request for {found.kind}", found.agent, request=request)


def answer(request: Any, pk: int, *, takes: bool, other_day: date | None) -> ShiftRequest:
    """Say as the colleague whether one takes a shift, and what is given in return.

    Raises:
        NotFoundError: nothing like it waits for this person.
        UsageError: the day in return is not of the same week.
    """
    with transaction.atomic():
        found = _held(
            ShiftRequest.objects.filter(colleague=request.user, kind="swap", state="asked"), pk
        )
        if takes and other_day is not None and abs((other_day - found.day).days) > 6:
            raise UsageError("give a shift of the same week in return, or none")
        found.state, found.other_day = ("agreed" if takes else "declined"), other_day
        found.save(update_fields=("state", "other_day"))
        audit(
            f"{'took' if takes else 'declined'} a colleague’s shift", found.agent, request=request
        )
    return found


def _held(those: Any, pk: int) -> ShiftRequest:
    found: ShiftRequest | None = (
        those.filter(pk=pk, state__in=OPEN).select_for_update(of=("self",)).first()
    )
    if found is None:
        raise NotFoundError("nothing like it is open any more; look at the list again")
    return found


def of_week(team: str, week: Week) -> list[ShiftRequest]:
    """Return what concerns a team's week: open requests and approved leave."""
    first, last = week.first_day, week.first_day + timedelta(days=week.need.shape[0] - 1)
    found = ShiftRequest.objects.select_related("person", "colleague").filter(
        team=team, day__lte=last, state__in=(*OPEN, "approved")
    )
    return [each for each in found if each.last_day >= first]


def identity_of(week: Week, name: str) -> str:
    """Return who in a team has a name.

    Raises:
        UsageError: nobody, or more than one.
    """
    found = [person for person, known in week.names.items() if known == name]
    mine = [person for person in found if person in {each.name for each in week.people}]
    if len(mine) != 1:
        several = "more than one person" if mine else "nobody"
        raise UsageError(f"{several} of this team is called '{name}' in the data")
    return mine[0]


def leave_days(week: Week, requests: Sequence[ShiftRequest]) -> dict[str, set[int]]:
    """Return the days of a week for which leave was approved, by person."""
    found: dict[str, set[int]] = {}
    for each in requests:
        if each.kind != "leave" or each.state != "approved":
            continue
        for person, name in week.names.items():
            if name == each.agent:
                found.setdefault(person, set()).update(_days(week, each))
    return found


def _days(week: Week, asked: ShiftRequest) -> list[int]:
    size = week.need.shape[0]
    first = (asked.day - week.first_day).days
    last = (asked.last_day - week.first_day).days
    return list(range(max(0, first), min(size - 1, last) + 1))


def changed(week: Week, asked: ShiftRequest, shifts: Sequence[Shift]) -> list[Shift]:
    """Return shifts of a week as they are once a request is approved.

    Raises:
        UsageError: nobody of that name; a shift that is to be swapped is not there any more.
    """
    who = identity_of(week, asked.agent)
    if asked.kind == "leave":
        days = set(_days(week, asked))
        return [each for each in shifts if each.person != who or each.day not in days]
    colleague = identity_of(week, getattr(asked.colleague, "agent", ""))
    given = _shift(shifts, who, (asked.day - week.first_day).days)
    made = [each for each in shifts if each != given]
    if asked.other_day is not None:
        back = _shift(shifts, colleague, (asked.other_day - week.first_day).days)
        made = [*(each for each in made if each != back), replace(back, person=who)]
    return [*made, replace(given, person=colleague)]


def _shift(shifts: Sequence[Shift], person: str, day: int) -> Shift:
    found = next((each for each in shifts if (each.person, each.day) == (person, day)), None)
    if found is None:
        raise UsageError("the shift is not planned like this any more")
    return found


def new_breaches(
    week: Week,
    before: Sequence[Shift],
    after: Sequence[Shift],
    rules: Rules,
    members: Sequence[Person],
) -> list[str]:
    """Return the rules that a change breaks and that were kept before, as they are read."""
    known = {person.name: person for person in members}
    had = {(b.person, b.day, b.rule) for b in breaches(before, rules, known)}
    return [
        f"{week.names.get(each.person, each.person)} {each.rule}"
        for each in breaches(after, rules, known)
        if (each.person, each.day, each.rule) not in had
    ]


def decide(
    request: Any,
    week: Week,
    pk: int,
    rules: Rules,
    members: Sequence[Person],
    draft: Draft | None,
    *,
    is_approved: bool,
    words: str,
) -> ShiftRequest:
    """Approve or decline what awaits the lead. Approved, the plan in the records follows, and the
    draft of the week, where there is one.

    Raises:
        NotFoundError: nothing like it waits. UsageError: a rule would be broken; it is named.
    """
    with transaction.atomic():
        found = _held(ShiftRequest.objects.filter(team=week.coverage.crew.name), pk)
        if not found.awaits_lead:
            raise UsageError("the colleague has not answered yet")
        found.state = "approved" if is_approved else "declined"
        found.answer, found.decided_by = words[:300], request.user
        found.decided_at = timezone.now()
        if is_approved:
            _apply(request, week, found, rules, members, draft)
        found.save()
        audit(
            f"{found.state} a request for {found.kind}",
            found.agent,
            request=request,
            day=str(found.day),
        )
    return found


def _apply(
    request: Any,
    week: Week,
    asked: ShiftRequest,
    rules: Rules,
    members: Sequence[Person],
    draft: Draft | None,
) -> None:
    now = draft.plan if draft is not None else list(week.shifts)
    after = changed(week, asked, now)
    if asked.kind == "swap" and (broken := new_breaches(week, now, after, rules, members)):
        raise UsageError(f"a rule of work would be broken: {'; '.join(broken[:3])}")
    if draft is not None:
        draft.shifts = [shift_said(shift) for shift in after]
        draft.changed_at = timezone.now()
        draft.save()
    zone, version = ZoneInfo(request.desk.settings.time_zone), uuid4().hex[:12]
    # What is only carried on from an earlier week is in no records yet: the draft alone has it.
    planned = week.shifts if week.planned_as_on is None else ()
    told: list[tuple[str, dict[str, str]]] = []
    if planned:
        told = events_of(
            planned,
            changed(week, asked, planned),
            week.keys,
            week.first_day,
            zone,
            str(request.user.username),
            version,
        )
    if asked.kind == "leave":
        told += _days_off(week, asked, {(s.person, s.day) for s in planned}, zone, version)
    moment = timezone.now()
    for kind, said in told:
        note_event(kind, moment, **said)
    if told:
        enqueue(gather, f"events:{version}", Nothing())


def _days_off(
    week: Week, asked: ShiftRequest, planned: set[tuple[str, int]], zone: ZoneInfo, version: str
) -> list[tuple[str, dict[str, str]]]:
    """Return whole days off in the records for the days on which no shift was planned."""
    who = identity_of(week, asked.agent)
    size = (asked.last_day - asked.day).days + 1
    first = (asked.day - week.first_day).days
    told = []
    for day in range(first, first + size):
        if (who, day) in planned:
            continue
        start, end = (instant(week.first_day, day, minute, zone) for minute in (0, 1440))
        told.append(
            (
                "shift_planned",
                {
                    "agent_id": who,
                    "activity": TIME_OFF,
                    "start_at": start.isoformat(),
                    "end_at": end.isoformat(),
                    "shift_id": f"leave:{version}:{who}:{week.first_day + timedelta(days=day)}",
                },
            )
        )
    return told
