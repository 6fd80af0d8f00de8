"""One moment of a queue as the helpdesk has it now, with what the desk knows of people and
customers. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from helmdesk.act.routing.helpdesk import State
from helmdesk.act.routing.snapshot import Agent, Contact, Need, Snapshot
from helmdesk.plan.routing.duty import Known
from helmdesk.plan.routing.floor import UNITS
from helmdesk.plan.routing.habits import Habits
from helmdesk.plan.routing.replay import History, known_by
from helmdesk.plan.routing.stays import Stay


def live_snapshot(
    states: Sequence[State],
    history: History,
    habits: Habits,
    queue: str,
    owed: Mapping[str, float],
    risks: Mapping[str, float],
    now: float,
    theirs: Callable[[str], str] = lambda own: own,
    standing: Mapping[str, str] | None = None,
) -> Snapshot:
    """Return who waits and who is there.

    Args:
        states: the open tickets of the queue, read at `now`; those that were changed in this very
        second are left for the next look, and those that wait for somebody else are in nobody's
        hands.
        history: what the desk knows; of a ticket that it does not have yet, nothing.
        risks: chances of a missed promise by ticket.
        theirs: the helpdesk's id of a ticket or person, by the desk's.
        standing: whom somebody was named for before, by ticket. Where nobody has it still, it is
        not decided again, and counts as in the hands of that person; where somebody else has it,
        people decided.
    """
    named = standing or {}
    states = [each for each in states if not each.is_waiting]
    stays: dict[str, int] = {}
    before: dict[str, Stay] = {}
    for number, stay in enumerate(history.stays):
        ticket = theirs(stay.ticket)
        if ticket in stays:
            before[ticket] = history.stays[stays[ticket]]
        stays[ticket] = number
    known = known_by(history.stays, [stays[each.ticket] for each in states if each.ticket in stays])
    in_hand = Counter(each.assignee or named.get(each.ticket, "") for each in states)
    states = [
        each
        for each in states
        if each.is_settled
        and (each.ticket not in named or (each.assignee and named[each.ticket] == each.assignee))
    ]
    return Snapshot(
        now,
        tuple(
            _held(
                _contact(
                    each,
                    history.stays[stays[each.ticket]] if each.ticket in stays else None,
                    history,
                    habits,
                    tuple(map(theirs, known.get(stays.get(each.ticket, -1), ()))),
                    risks,
                ),
                each,
                history.stays[stays[each.ticket]] if each.ticket in stays else None,
                before.get(each.ticket),
                history,
                theirs,
            )
            for each in states
        ),
        tuple(
            agent
            for person in habits.people.values()
            if queue in person.queues
            and (agent := _agent(person, history, in_hand, owed, now, theirs)) is not None
        ),
    )


def _agent(
    person: Agent,
    history: History,
    in_hand: Counter[str],
    owed: Mapping[str, float],
    now: float,
    theirs: Callable[[str], str],
) -> Agent | None:
    """Return somebody who is there; None where they are not."""
    duty = history.duty[person.id]
    span = duty.span_at(now)
    if span is None:
        return None
    is_known = history.known[person.id] is not Known.WORK
    name = theirs(person.id)
    return replace(
        person,
        id=name,
        used=UNITS * in_hand[name],
        since=span[0],
        until=duty.leaves_at(now) if is_known else None,
        owed=owed.get(name, 0.0),
    )


def _contact(
    state: State,
    stay: Stay | None,
    history: History,
    habits: Habits,
    knowing: tuple[str, ...],
    risks: Mapping[str, float],
) -> Contact:
    promise = history.promises.get(stay.ticket) if stay and stay.is_first else None
    arrived = stay.entered_at if stay and not state.assignee else state.created_at
    target = promise.due_at - arrived if promise and math.isfinite(promise.due_at) else math.inf
    if not math.isfinite(target):
        target = 4 * habits.median_wait.get(state.queue, 3600.0)
    return Contact(
        id=state.ticket,
        queue=state.queue,
        channel="case",
        arrived_at=arrived,
        target_seconds=max(60.0, target),
        priority=state.priority,
        needs=(Need(stay.topic, 0, can_wait=False),) if stay and stay.topic else (),
        known_by=knowing,
        risk=risks.get(stay.ticket) if stay else None,
        assignee=state.assignee,
        version=state.stamp,
    )


def _held(
    contact: Contact,
    state: State,
    stay: Stay | None,
    earlier: Stay | None,
    history: History,
    theirs: Callable[[str], str],
) -> Contact:
    """Return a contact with what is known of whoever has it: since when, their last sign, and
    whether it came back to them after it was solved.

    What the desk has not heard of yet counts as a sign: rather a silent case more than one that is
    taken from somebody who is at it.
    """
    if not state.assignee or stay is None or theirs(stay.agent) != state.assignee:
        return contact
    if state.changed_at > history.told_until or not math.isfinite(stay.taken_at):
        return contact
    wrote = history.acts.get((stay.ticket, stay.agent))
    since = stay.taken_at
    acted = wrote if wrote is not None and wrote >= since else None
    came_back = earlier is not None and not earlier.was_handed_on and earlier.left_at < since
    return replace(
        contact, assigned_at=since, acted_at=acted, is_reopened=came_back and acted is None
    )
