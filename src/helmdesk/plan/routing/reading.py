"""A desk's past for routing, out of its facts: stays, who was there when, what was promised."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.build import ensure_fact
from helmdesk.plan.contacts import visible_rows
from helmdesk.plan.routing.duty import Duty, Known, Span, from_signs
from helmdesk.plan.routing.replay import History, Promise
from helmdesk.plan.routing.stays import ASLEEP, Stay, Stretch, stays_of
from helmdesk.query.bounds import Bounds
from helmdesk.query.request import Request

# What came as a call or chat was somebody's from the first second on; that is no work to give out.
_STRETCHES = """
    select intervals.ticket_id, intervals.started_at, intervals.ended_at,
        intervals.status, intervals.is_unsolved, coalesce(intervals.agent_id, '') as agent,
        coalesce(intervals.team, '') as team, coalesce(intervals.priority, '') as priority,
        coalesce(intervals.channel, '') as channel, coalesce(intervals.issue_type, '') as topic,
        coalesce(intervals.customer_id, '') as customer, coalesce(intervals.tier, '') as tier,
        coalesce(intervals.agent, intervals.agent_id, '') as agent_name
    from intervals
    where intervals.is_counted and intervals.ended_at > cast('{since}' as timestamp)
        and intervals.started_at < cast('{until}' as timestamp)
        and intervals.ticket_id not in (
            select l.ticket_id from contacts l where l.ticket_id is not null)
    order by intervals.ticket_id, intervals.started_at
"""
_TIME = """
    select agent_time.agent_id as person, agent_time.started_at as started_at,
        agent_time.ended_at as ended_at, agent_time.activity as activity, agent_time.state as state
    from agent_time
    where agent_time.started_at >= cast('{since}' as timestamp)
        and agent_time.started_at < cast('{until}' as timestamp)
"""
_CALLS = """
    select contacts.offered_at as offered_at, contacts.wait_seconds as waited,
        coalesce(contacts.elapsed_handle_seconds, contacts.handle_seconds) as lasted,
        contacts.agent_id as person
    from contacts
    where contacts.outcome = 'answered' and contacts.agent_id is not null
        and contacts.offered_at >= cast('{since}' as timestamp)
        and contacts.offered_at < cast('{until}' as timestamp)
"""
_PROMISES = """
    select sla_clocks.ticket_id, sla_clocks.due_at, sla_clocks.stopped_at, sla_clocks.state
    from sla_clocks
    where sla_clocks.is_counted and not sla_clocks.is_doubled
        and sla_clocks.clock = 'first_response' and sla_clocks.basis = 'measured'
        and sla_clocks.state in ('met', 'breached')
        and sla_clocks.started_at >= cast('{since}' as timestamp)
        and sla_clocks.started_at < cast('{until}' as timestamp)
"""
_ACTS = """
    select messages.ticket_id, messages.actor_id, max(messages.sent_at) as last_at
    from messages
    where messages.actor_id is not null and messages.actor_kind = 'human'
        and not messages.is_customer and not messages.is_automated
        and messages.sent_at >= cast('{since}' as timestamp)
        and messages.sent_at < cast('{until}' as timestamp)
    group by messages.ticket_id, messages.actor_id
"""
AT_WORK = frozenset({"handling", "wrap", "available"})
LEAST_COVERED = 0.8
"""Share of what somebody took that a record of their time has to hold to be believed."""


def seconds(instant: datetime | None) -> float:
    """Return an instant, naive UTC, as seconds since 1970; infinite where there is none."""
    if instant is None or instant.year > 9000:
        return math.inf
    return instant.replace(tzinfo=UTC).timestamp()


def history_of(
    engine: Engine, request: Request, bounds: Bounds, since: datetime, until: datetime
) -> History:
    """Return what a reader may see of the past between two instants, naive UTC."""
    said = {"since": since, "until": until}
    ensure_fact(engine, "contacts")

    def rows(fact: str, anchor: str, sql: str) -> list[tuple[Any, ...]]:
        return visible_rows(engine, request, bounds, fact, anchor, sql.format(**said))

    lives = rows("intervals", "started_at", _STRETCHES)
    stretches = [
        Stretch(row[0], seconds(row[1]), seconds(row[2]), row[3] or "", bool(row[4]), *row[5:12])
        for row in lives
    ]
    begin = seconds(since)
    stays = [each for each in stays_of(stretches) if each.entered_at >= begin]
    spent = rows("agent_time", "started_at", _TIME)
    duty, known = _duty(spent, stretches, stays, ZoneInfo(request.time_zone))
    return History(
        stays,
        duty,
        known,
        [
            (start, start + float(lasted), str(person))
            for offered, waited, lasted, person in rows("contacts", "offered_at", _CALLS)
            if lasted is not None
            for start in (seconds(offered) + float(waited or 0.0),)
        ],
        {
            str(row[0]): Promise(seconds(row[1]), seconds(row[2]), row[3] == "breached")
            for row in rows("sla_clocks", "started_at", _PROMISES)
            if math.isfinite(seconds(row[1]))
        },
        max(begin, min((each.entered_at for each in stays), default=begin)),
        seconds(until),
        {str(row[5]): str(row[12]) for row in lives if row[5]},
        seconds(bounds.as_of),
        {
            (str(ticket), str(person)): seconds(last)
            for ticket, person, last in rows("messages", "sent_at", _ACTS)
        },
    )


def _duty(
    spent: Sequence[tuple[Any, ...]],
    stretches: Iterable[Stretch],
    stays: Sequence[Stay],
    zone: ZoneInfo,
) -> tuple[dict[str, Duty], dict[str, Known]]:
    """Return when people were there, and where that is known from: what they were logged doing,
    else what was planned, else what they did with tickets.
    """
    logged, planned = defaultdict[str, list[Span]](list), defaultdict[str, list[Span]](list)
    for person, start, end, activity, state in spent:
        if state in AT_WORK:
            logged[str(person)].append((seconds(start), seconds(end)))
        elif activity == "work":
            planned[str(person)].append((seconds(start), seconds(end)))
    signs, takes = _signs(stretches), defaultdict[str, list[float]](list)
    for stay in stays:
        if stay.agent:
            takes[stay.agent].append(stay.taken_at)
    duty, known = {}, {}
    for person in {*signs, *takes}:
        for kind, spans in ((Known.LOG, logged[person]), (Known.PLAN, planned[person])):
            found = Duty(spans)
            if spans and _covers(found, takes[person]):
                duty[person], known[person] = found, kind
                break
        else:
            local = [datetime.fromtimestamp(at, zone) for at in signs[person]]
            seen = [(each.toordinal(), _second(each)) for each in local]
            inferred = from_signs(seen, lambda day: _midnight(day, zone))
            duty[person] = Duty([*inferred, *logged[person], *planned[person]])
            known[person] = Known.WORK
    return duty, known


def _signs(stretches: Iterable[Stretch]) -> dict[str, list[float]]:
    """Return when people did something with tickets: took one, or changed one they were at. What a
    customer or a clock does with a ticket that waits, or is solved, is no sign of anybody.
    """
    found = defaultdict[str, list[float]](list)
    last: tuple[str, str] = ("", "")
    for each in stretches:
        if each.agent and (each.ticket, each.agent) != last:
            found[each.agent].append(each.start)
        last = (each.ticket, each.agent)
        if each.agent and each.is_unsolved and each.status not in ASLEEP and each.end < math.inf:
            found[each.agent].append(each.end)
    return found


def _second(local: datetime) -> float:
    return local.hour * 3600.0 + local.minute * 60.0 + local.second


def _midnight(day: int, zone: ZoneInfo) -> float:
    return datetime.combine(date.fromordinal(day), time(), zone).timestamp()


def _covers(duty: Duty, takes: Sequence[float]) -> bool:
    """Whether a record of somebody's time holds most of what they are known to have taken: else
    they worked at other times, too.
    """
    if not takes:
        return True
    return sum(duty.span_at(at) is not None for at in takes) >= LEAST_COVERED * len(takes)


def window_of(start: float, end: float, weeks: int) -> tuple[datetime, datetime]:
    """Return what has to be known for a replay between two instants, naive UTC."""

    def naive(at: float) -> datetime:
        return datetime.fromtimestamp(at, UTC).replace(tzinfo=None)

    return naive(start) - timedelta(weeks=weeks), naive(end) + timedelta(weeks=8)
