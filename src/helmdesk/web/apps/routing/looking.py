"""One look at a queue: what routing says of the cases that came, and what became of others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction

from helmdesk.act.routing.words import why_first, why_person
from helmdesk.desk.desk import Desk
from helmdesk.desk.questions import Questions
from helmdesk.errors import HelmdeskError, NotFoundError
from helmdesk.plan.routing.habits import habits_of
from helmdesk.plan.routing.replay import LEARNED_WEEKS, History
from helmdesk.plan.routing.shadow import After, Shadow, Shown, after
from helmdesk.query.policy import Policy
from helmdesk.query.words import show_count, show_duration
from helmdesk.web.apps.jobs.queue import now
from helmdesk.web.apps.routing.models import Decision, Look, RoutedQueue

LOOK_BACK = timedelta(days=28)
"""Looked at afterwards when a queue is put in shadow, so that there is something to read."""
FOLLOWED = timedelta(days=28)
"""So long it is looked what became of a case."""
ROUTING = Policy("routing")


@dataclass(frozen=True)
class Seen:
    """What a look saw.

    Attributes:
        until: up to when cases were looked at; None: nothing could be.
        after: what became of every case, by its id. owed: contacts due to each person.
    """

    shown: list[Shown] = field(default_factory=list)
    after: Mapping[str, After] = field(default_factory=dict)
    history: History | None = None
    owed: Mapping[str, float] = field(default_factory=dict)
    until: datetime | None = None
    words: str = ""
    problem: str = ""


Pasts = dict[tuple[datetime, datetime], History]


def look(desk: Desk, queue: RoutedQueue, pasts: Pasts | None = None) -> Seen:
    """Look at a queue, up to the end of the data; what goes wrong is part of what was seen.

    Args:
        pasts: what was read for other queues; several queues mostly want the same.
    """
    seen = desk.as_seen_by(ROUTING)
    with desk.marts.reader() as reader:
        as_of = reader.bounds.as_of.replace(tzinfo=UTC)
    if queue.seen_until is not None and queue.seen_until >= as_of:
        return Seen(until=queue.seen_until, words=queue.words)
    since = queue.seen_until or as_of - LOOK_BACK
    try:
        return _look(seen, queue, since, as_of, {} if pasts is None else pasts)
    except HelmdeskError as error:
        return Seen(problem=str(error)[:300])


def _look(
    desk: Questions, queue: RoutedQueue, since: datetime, as_of: datetime, pasts: Pasts
) -> Seen:
    start = min(since, as_of - FOLLOWED) - timedelta(weeks=LEARNED_WEEKS)
    if (start, as_of) not in pasts:
        pasts[start, as_of] = desk.plan.routing_past(_naive(start), _naive(as_of))
    history = pasts[start, as_of]
    begin, end = since.timestamp(), as_of.timestamp()
    before = [each for each in history.stays if each.entered_at < begin]
    during = [each for each in history.stays if begin <= each.entered_at]
    habits = habits_of(before or history.stays, during, history.duty)
    standing = dict(
        Decision.objects.filter(queue=queue, taken_by="").values_list("contact", "agent")
    )
    shadow = Shadow(
        history, habits, queue.name, queue.known_rules, standing, queue.owed, risks_of(desk)
    )
    if not shadow.people:
        raise NotFoundError(
            f"nobody took a case of {queue.name} that came without a person in"
            f" {LEARNED_WEEKS} weeks",
            "routing gives out what nobody has yet; here cases come with a person",
        )
    shown = shadow.looks(begin, end)
    count = sum(len(each.decisions) for each in shown)
    came = sum(begin <= stay.entered_at for stay in shadow.stays.values())
    words = f"{show_count(came, 'case')} came without a person; somebody was named for {count:,}"
    return Seen(shown, after(history), history, shadow.owed, as_of, words)


def risks_of(desk: Questions) -> dict[str, float]:
    """Return the chance of a missed promise by ticket, where a model was trained that may be
    used.
    """
    try:
        return {each.ticket_id: each.chance for each in desk.predict.warnings("breach")}
    except NotFoundError:
        return {}


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def instant(seconds: float) -> datetime | None:
    """Return seconds since 1970 as an instant; None where that is never."""
    return datetime.fromtimestamp(seconds, UTC) if math.isfinite(seconds) else None


def keep(queue: RoutedQueue, seen: Seen) -> None:
    """Write down what was seen, unless the queue was switched meanwhile."""
    with transaction.atomic():
        held = RoutedQueue.objects.select_for_update().get(pk=queue.pk)
        if (held.mode, held.seen_until) != (queue.mode, queue.seen_until):
            return
        if seen.history is not None:
            for shown in seen.shown:
                _keep_look(held, shown, seen.history)
            _follow(held, seen)
        RoutedQueue.objects.filter(pk=held.pk).update(
            seen_until=seen.until or held.seen_until,
            owed=dict(seen.owed) or held.owed,
            words=seen.words[:300],
            problem=seen.problem[:300],
            looked_at=now(),
        )


def _keep_look(queue: RoutedQueue, shown: Shown, history: History) -> None:
    at = datetime.fromtimestamp(shown.at, UTC)
    made = Look.objects.create(
        queue=queue, at=at, content=shown.kept.content, digest=shown.kept.digest
    )
    rows = []
    for each in shown.decisions:
        contact = shown.contacts[each.contact]
        ticket = each.contact.rpartition("@")[0]
        promise = history.promises.get(ticket)
        entered = datetime.fromtimestamp(contact.arrived_at, UTC)
        rows.append(
            Decision(
                queue=queue,
                look=made,
                contact=each.contact,
                ticket=ticket,
                entered_at=entered,
                at=at,
                agent=each.agent,
                agent_name=history.name(each.agent),
                cause=each.cause.value,
                reasons=[
                    *why_first(each, contact, shown.at, show_duration),
                    *why_person(each),
                ],
                possible=each.possible,
                known_by=list(contact.known_by),
                knows=each.agent in contact.known_by,
                due_at=instant(promise.due_at) if promise else None,
                is_before=queue.shadow_since is None or entered < queue.shadow_since,
            )
        )
    Decision.objects.bulk_create(rows, ignore_conflicts=True)


def _follow(queue: RoutedQueue, seen: Seen) -> None:
    """Note what people did with the cases somebody was named for."""
    assert seen.history is not None and seen.until is not None
    open_ones = Decision.objects.filter(queue=queue, at__gte=seen.until - FOLLOWED)
    changed = []
    for each in open_ones:
        became = seen.after.get(each.contact)
        if became is None or not math.isfinite(became.taken_at) or not became.agent:
            continue
        each.taken_by, each.taken_name = became.agent, seen.history.name(became.agent)
        each.taken_at = instant(became.taken_at)
        each.takes_knows = became.agent in each.known_by
        each.handed_on, each.was_late = became.handed_on, became.was_late
        changed.append(each)
    Decision.objects.bulk_update(
        changed,
        ["taken_by", "taken_name", "taken_at", "takes_knows", "handed_on", "was_late"],
        batch_size=200,
    )
