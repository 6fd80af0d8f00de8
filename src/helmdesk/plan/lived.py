"""A team's past out of a desk: its contacts one by one, and its people's time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.build import ensure_fact
from helmdesk.plan.contacts import visible_rows
from helmdesk.plan.crews import Crew
from helmdesk.plan.simulation.past import Past, Piece
from helmdesk.plan.simulation.people import Shift, from_pieces
from helmdesk.query.bounds import Bounds
from helmdesk.query.request import Request
from helmdesk.quoting import text

_CONTACTS = """
    select coalesce(contacts.queue, contacts.channel, 'unnamed') as queue_name,
        contacts.offered_at as offered_at, contacts.wait_seconds as waited,
        contacts.handle_seconds as own, contacts.elapsed_handle_seconds as elapsed,
        contacts.outcome = 'answered' as is_answered, contacts.threshold_seconds as threshold,
        contacts.short_abandon_seconds as short
    from contacts
    where contacts.is_counted and contacts.direction is distinct from 'outbound'
        and contacts.outcome in ('answered', 'abandoned', 'missed')
        and contacts.offered_at >= cast('{since}' as timestamp)
    order by contacts.offered_at
"""
_TIME = """
    select agent_time.agent_id as person, agent_time.started_at as started_at,
        agent_time.ended_at as ended_at, agent_time.activity as activity,
        agent_time.state as state, agent_time.agent as name
    from agent_time
    where agent_time.team = {team} and agent_time.started_at >= cast('{since}' as timestamp)
    order by agent_time.agent_id, agent_time.started_at
"""


def past_of(engine: Engine, request: Request, bounds: Bounds, crew: Crew, weeks: int) -> Past:
    """Return a team's last weeks, up to the last whole day of its demand.

    Planned time after that is in it, too. Times are local wall-clock times; in the night in which
    clocks change they are an hour off.
    """
    zone = ZoneInfo(request.time_zone)
    origin = crew.demand.last_day - timedelta(days=7 * weeks + 6)
    since = datetime.combine(origin, time(), zone).astimezone(UTC).replace(tzinfo=None)

    def seconds(instant: datetime) -> float:
        local = instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        return (local - datetime.combine(origin, time())).total_seconds()

    number = {queue: i for i, queue in enumerate(crew.queues)}
    contacts = [
        row
        for row in visible_rows(
            engine, request, bounds, "contacts", "offered_at", _CONTACTS.format(since=since)
        )
        if row[0] in number
    ]
    spent = visible_rows(
        engine, request, bounds, "agent_time", "started_at",
        _TIME.format(since=since, team=text(crew.name)),
    )  # fmt: skip
    return _past(origin, crew, contacts, number, seconds, spent)


def _past(
    origin: date,
    crew: Crew,
    contacts: list[tuple[Any, ...]],
    number: dict[str, int],
    seconds: Any,
    spent: list[tuple[Any, ...]],
) -> Past:
    def column(place: int) -> Any:
        return np.array([np.nan if row[place] is None else row[place] for row in contacts], float)

    return Past(
        origin=origin,
        days=(crew.demand.last_day - origin).days + 1,
        queues=crew.queues,
        queue=np.array([number[row[0]] for row in contacts], np.int64),
        at=np.array([seconds(row[1]) for row in contacts], float),
        wait=column(2),
        own=column(3),
        elapsed=column(4),
        is_answered=np.array([bool(row[5]) for row in contacts], bool),
        threshold=column(6),
        short=column(7),
        pieces=tuple(
            Piece(str(person), seconds(start), seconds(end), activity, state)
            for person, start, end, activity, state, _ in spent
        ),
        names={str(row[0]): str(row[5] or row[0]) for row in spent},
    )


_OWN = """
    select agent_time.agent_id as person, agent_time.started_at as started_at,
        agent_time.ended_at as ended_at, agent_time.activity as activity
    from agent_time
    where agent_time.agent = {agent} and agent_time.activity is not null
        and agent_time.started_at >= cast('{since}' as timestamp)
        and agent_time.started_at < cast('{until}' as timestamp)
    order by agent_time.started_at
"""


def own_plan(
    engine: Engine, request: Request, bounds: Bounds, agent: str, first: date, days: int
) -> tuple[list[Shift], list[int]]:
    """Return the shifts planned for one person, and the numbers of the days that are time off.

    Args:
        agent: own name in the data. first: local day.
    """
    zone = ZoneInfo(request.time_zone)

    def utc(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)

    def minute(instant: datetime) -> int:
        local = instant.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        return round((local - datetime.combine(first, time())).total_seconds() / 60)

    sql = _OWN.format(agent=text(agent), since=utc(first), until=utc(first + timedelta(days=days)))
    pieces, off = [], set()
    for person, start, end, activity in visible_rows(
        engine, request, bounds, "agent_time", "started_at", sql
    ):
        day, begin = divmod(minute(start), 1440)
        if activity == "time_off":
            off.add(day)
        else:
            pieces.append((str(person), day, begin, minute(end) - 1440 * day, str(activity)))
    return from_pieces(pieces, lambda _: (0,)), sorted(off)


_KEYS = """
    select shifts.agent_id as person, shifts.shift_id as shift, min(shifts.start_at) as start_at,
        max(shifts.end_at) as end_at
    from shifts
    where shifts.agent_id in ({people}) and shifts.start_at >= cast('{since}' as timestamp)
        and shifts.start_at < cast('{until}' as timestamp)
    group by 1, 2
"""


def planned_keys(
    engine: Engine, zone_name: str, people: Sequence[str], first: date, days: int
) -> dict[tuple[str, int], list[str]]:
    """Return the identities of planned shifts by person and number of the day.

    Args:
        people: identities that the reader may see.
    """
    if not people:
        return {}
    ensure_fact(engine, "shifts")
    zone = ZoneInfo(zone_name)

    def utc(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)

    sql = _KEYS.format(
        people=", ".join(text(each) for each in people),
        since=utc(first),
        until=utc(first + timedelta(days=days)),
    )
    found: dict[tuple[str, int], list[str]] = {}
    for person, shift, start, _ in engine.ask(sql):
        local = start.replace(tzinfo=UTC).astimezone(zone).date()
        found.setdefault((str(person), (local - first).days), []).append(str(shift))
    return {key: sorted(keys) for key, keys in found.items()}
