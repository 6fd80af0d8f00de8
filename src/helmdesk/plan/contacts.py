"""Demand out of a desk: calls and chats by queue, tickets of other channels by channel."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlglot
from sqlglot import exp

from helmdesk.engines.engine import Engine
from helmdesk.engines.translation import HOUSE_DIALECT
from helmdesk.facts.build.build import ensure_fact
from helmdesk.facts.build.fact import load_facts
from helmdesk.plan.crews import Crew, pooled
from helmdesk.plan.demand import Demand, from_rows
from helmdesk.plan.queues.waiting import Array
from helmdesk.query.bounds import Bounds
from helmdesk.query.dimensions import conditions, dimensions_of
from helmdesk.query.request import Request

QUARTER = 15
DAY_MINUTES = 1440
DEFAULT_THRESHOLD = 60.0
# Quarter-hours, since every zone's days begin on one.
_LIVE = """
    select coalesce(contacts.queue, contacts.channel, 'unnamed') as queue_name,
        min(coalesce(contacts.channel, 'unnamed')) as channel_name,
        time_bucket(interval 15 minute, contacts.offered_at) as quarter_at,
        sum(contacts.contacts) as offered,
        coalesce(sum(contacts.handle_seconds), 0) as worked,
        count(contacts.handle_seconds) as handled,
        coalesce(sum(contacts.wait_seconds), 0) as waited,
        count_if(contacts.outcome = 'abandoned') as lost
    from contacts
    where contacts.is_counted and contacts.direction is distinct from 'outbound'
    group by 1, 3
"""
# A ticket that came as a call or chat is in the queue of that already.
_DEFERRED = """
    select coalesce(tickets.channel, 'unnamed') as queue_name,
        coalesce(tickets.channel, 'unnamed') as channel_name,
        time_bucket(interval 15 minute, tickets.created_at) as quarter_at,
        count(*) as offered, 0 as worked, 0 as handled, 0 as waited, 0 as lost
    from tickets
    where tickets.is_counted
    group by 1, 3
"""
# Kinds of annotations that make a day unlike others of its weekday.
NAMED_KINDS = frozenset({"holiday", "outage", "launch", "campaign", "incident"})
MOST_NAMED_DAYS = 60


def demand_of(engine: Engine, request: Request, bounds: Bounds, minutes: int) -> list[Demand]:
    """Return the demand of every queue that a reader may see, the busiest first.

    Args:
        request: carries filter, policy and time zone.
        minutes: 15, 30 or 60.

    The last day is the last complete one.
    """
    zone = ZoneInfo(request.time_zone)
    last = bounds.as_of.replace(tzinfo=UTC).astimezone(zone).date() - timedelta(days=1)
    named = _named_days(engine, zone)
    live = visible_rows(engine, request, bounds, "contacts", "offered_at", _LIVE)
    deferred = visible_rows(engine, request, bounds, "tickets", "created_at", _DEFERRED)
    waiting = {row[1] for row in live}
    found = _by_queue(live, zone, last, named, is_live=True)
    found += _by_queue(
        [row for row in deferred if row[1] not in waiting], zone, last, named, is_live=False
    )
    whole = [each if minutes == QUARTER else each.every(minutes).described() for each in found]
    return sorted(whole, key=lambda each: -each.contacts.sum())


def visible_rows(
    engine: Engine, request: Request, bounds: Bounds, fact: str, anchor: str, sql: str
) -> list[tuple[Any, ...]]:
    """Return the rows of a query over one fact that a reader may see, with the request's filter."""
    ensure_fact(engine, fact)
    query = sqlglot.parse_one(sql, into=exp.Select, dialect=HOUSE_DIALECT)
    known = dimensions_of(load_facts()[fact], anchor, request, bounds)
    for condition in conditions(request, known):
        qualified = condition.transform(
            lambda node: (
                exp.column(node.name, table=fact)
                if isinstance(node, exp.Column) and not node.table
                else node
            )
        )
        query = query.where(qualified, copy=False)
    return engine.run(engine.translate(query))


# Which team answers a queue, by who answered in the last weeks of the data.
_TEAMS = """
    select coalesce(contacts.queue, contacts.channel, 'unnamed') as queue_name,
        contacts.team as team_name, count(*) as answered
    from contacts
    where contacts.is_counted and contacts.agent is not null and contacts.team is not null
        and contacts.direction is distinct from 'outbound'
    group by 1, 2
"""
# People planned at work, in seconds of each quarter-hour.
_PLANNED = """
    select agent_time.team as team_name,
        time_bucket(interval 15 minute, agent_time.started_at) as quarter_at,
        sum(agent_time.planned_work_seconds) as planned_seconds
    from agent_time
    where agent_time.planned_work_seconds > 0 and agent_time.team is not null
    group by 1, 2
"""
_LIMITS = """
    select coalesce(contacts.queue, contacts.channel, 'unnamed') as queue_name,
        max(contacts.threshold_seconds) as threshold
    from contacts
    where contacts.is_counted and contacts.threshold_seconds is not null
    group by 1
"""
_MEMBERS = """
    select agent_time.team as team_name, count(distinct agent_time.agent_id) as members
    from agent_time
    where agent_time.planned_work_seconds > 0 and agent_time.team is not null
        and agent_time.started_at >= (select max(a.started_at) from agent_time a
            where a.planned_work_seconds > 0) - interval 28 day
    group by 1
"""


def crews_of(engine: Engine, request: Request, bounds: Bounds, minutes: int) -> list[Crew]:
    """Return the teams that answer calls and chats, each with what comes to it and who is planned,
    the busiest first.

    A queue is the team's that answered most of it. A queue that nobody answered is left out.
    """
    live = {
        each.queue: each for each in demand_of(engine, request, bounds, minutes) if each.is_live
    }
    answered: dict[str, tuple[int, str]] = {}
    for queue, team, number in visible_rows(
        engine, request, bounds, "contacts", "offered_at", _TEAMS
    ):
        answered[queue] = max(answered.get(queue, (0, "")), (int(number), str(team)))
    by_team: dict[str, list[Demand]] = defaultdict(list)
    for queue, each in live.items():
        if queue in answered:
            by_team[answered[queue][1]].append(each)
    limits = dict(visible_rows(engine, request, bounds, "contacts", "offered_at", _LIMITS))
    planned = _planned(engine, request, bounds, minutes)
    members = dict(visible_rows(engine, request, bounds, "agent_time", "started_at", _MEMBERS))
    found = [
        Crew(
            team,
            tuple(each.queue for each in demands),
            pooled(team, demands),
            tuple(demands),
            planned.get(team, {}),
            int(members.get(team, 0)),
            _threshold(demands, limits),
        )
        for team, demands in by_team.items()
    ]
    return sorted(found, key=lambda crew: -float(crew.demand.contacts.sum()))


def _threshold(demands: list[Demand], limits: dict[str, float]) -> float:
    """Return what in time means for most contacts of some queues, in seconds."""
    weights: dict[float, float] = defaultdict(float)
    for each in demands:
        weights[float(limits.get(each.queue) or DEFAULT_THRESHOLD)] += float(each.contacts.sum())
    return max(weights, key=lambda limit: (weights[limit], -limit))


def _planned(
    engine: Engine, request: Request, bounds: Bounds, minutes: int
) -> dict[str, dict[date, Array]]:
    zone = ZoneInfo(request.time_zone)
    found: dict[str, dict[date, Array]] = defaultdict(dict)
    for team, quarter, seconds in visible_rows(
        engine, request, bounds, "agent_time", "started_at", _PLANNED
    ):
        at = _local(quarter, zone)
        day = found[team].setdefault(at.date(), np.zeros(DAY_MINUTES // minutes))
        day[(at.hour * 60 + at.minute) // minutes] += float(seconds) / (minutes * 60)
    return found


def _named_days(engine: Engine, zone: ZoneInfo) -> dict[date, str]:
    ensure_fact(engine, "annotations")
    found: dict[date, str] = {}
    for kind, title, start, end in engine.ask(
        "select annotation_kind, title, start_at, end_at from annotations order by start_at"
    ):
        if kind not in NAMED_KINDS:
            continue
        day = _local(start, zone).date()
        until = _local(end, zone).date() if end is not None and end > start else day
        while day <= until and (until - day).days < MOST_NAMED_DAYS:
            found[day] = title or kind
            day += timedelta(days=1)
    return found


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def _by_queue(
    rows: list[tuple[Any, ...]],
    zone: ZoneInfo,
    last: date,
    named: dict[date, str],
    *,
    is_live: bool,
) -> list[Demand]:
    by_queue: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        by_queue[row[0]].append(row)
    found = []
    for queue, some in by_queue.items():
        local = [(_local(row[2], zone), *row[3:]) for row in some]
        whole = [row for row in local if row[0].date() <= last]
        if not whole:
            continue
        found.append(
            from_rows(
                queue,
                str(some[0][1]),
                [
                    (at.date(), at.hour * 60 + at.minute, float(offered), float(worked), handled)
                    for at, offered, worked, handled, _, _ in whole
                ],
                interval_minutes=QUARTER,
                last_day=last,
                waited_seconds=float(sum(row[4] for row in whole)),
                abandoned=float(sum(row[5] for row in whole)),
                is_live=is_live,
                named_days=named,
            )
        )
    return found
