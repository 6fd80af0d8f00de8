"""SLA clocks as they stood at an instant: what runs, what is paused, what is late, and how much
time is left.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlglot
from sqlglot import exp

from helmdesk.engines.engine import Engine
from helmdesk.engines.translation import HOUSE_DIALECT
from helmdesk.facts.build.fact import load_facts
from helmdesk.query.bounds import Bounds
from helmdesk.query.dimensions import conditions, dimensions_of
from helmdesk.query.request import Request
from helmdesk.query.ticket_numbers import shown_numbers

COLUMNS = (
    "ticket_id",
    "clock",
    "state",
    "time_left_seconds",
    "elapsed_seconds",
    "target_seconds",
    "started_at",
    "priority",
    "team",
    "agent",
    "account",
)


class ClockState(StrEnum):
    """How a clock that is alive stands."""

    OVERDUE = "overdue"
    RUNNING = "running"
    PAUSED = "paused"


# The run a clock is in at the instant, or was in last, says what had passed.
_SQL = """
    with point as (select instant_ as at_),
    alive as (
        select c.clock_id
        from sla_clocks c
        cross join point p
        where c.started_at <= p.at_ and p.at_ < c.stopped_at
    ),
    runs as (
        select r.*, least(p.at_, r.ended_at) as until_at, p.at_
        from sla_runs r
        join alive a on a.clock_id = r.clock_id
        cross join point p
        where r.started_at <= p.at_
        qualify row_number() over (partition by r.clock_id order by r.started_at desc) = 1
    ),
    elapsed as (
        select r.clock_id, r.ended_at > r.at_ as is_running, r.elapsed_before + case
            when r.clock_calendar_id = 'always' then seconds(r.started_at, r.until_at)
            else coalesce(w.seconds_before + seconds(w.start_at, least(r.until_at, w.end_at)),
                0) - r.at_start end as elapsed_seconds
        from runs r
        asof left join working_time w on w.calendar_id = r.clock_calendar_id
            and w.start_at <= r.until_at
    )
    select sla_clocks.ticket_id, sla_clocks.clock,
        case when coalesce(e.elapsed_seconds, 0) > sla_clocks.target_seconds then 'overdue'
            when coalesce(e.is_running, false) then 'running' else 'paused' end as state,
        sla_clocks.target_seconds - coalesce(e.elapsed_seconds, 0) as time_left_seconds,
        coalesce(e.elapsed_seconds, 0) as elapsed_seconds,
        sla_clocks.target_seconds, sla_clocks.started_at, sla_clocks.priority, sla_clocks.team,
        sla_clocks.agent, sla_clocks.account
    from sla_clocks
    cross join point p
    left join elapsed e on e.clock_id = sla_clocks.clock_id
    where sla_clocks.basis = 'measured' and (sla_clocks.state not in ('cancelled', 'no_calendar')
        or e.clock_id is not null) and sla_clocks.is_counted
        and greatest(sla_clocks.started_at, sla_clocks.applied_at) <= p.at_
            and p.at_ < sla_clocks.stopped_at
"""


def sla_at(
    engine: Engine, instant: datetime, request: Request, bounds: Bounds
) -> list[dict[str, Any]]:
    """Return the clocks alive at an instant, those with the least time left first.

    Args:
        instant: naive UTC; nothing is known after the end of the data.
        request: carries filter and policy.
    """
    query = sqlglot.parse_one(_SQL, dialect=HOUSE_DIALECT)
    literal = exp.cast(exp.Literal.string(instant.strftime("%Y-%m-%d %H:%M:%S.%f")), "timestamp")
    query = query.transform(
        lambda node: (
            literal.copy() if isinstance(node, exp.Column) and node.name == "instant_" else node
        )
    )
    known = dimensions_of(load_facts()["sla_clocks"], "started_at", request, bounds)
    for condition in conditions(request, known):
        qualified = condition.transform(
            lambda node: (
                exp.column(node.name, table="sla_clocks")
                if isinstance(node, exp.Column) and not node.table
                else node
            )
        )
        query = query.where(qualified, copy=False)  # type: ignore[union-attr]
    rows = engine.run(engine.translate(query) + " order by time_left_seconds, ticket_id, clock")
    listed = set(request.policy.shown(COLUMNS))
    shown = shown_numbers(engine, (row[0] for row in rows))
    rows = [(shown.get(row[0], row[0]), *row[1:]) for row in rows]
    return [
        {name: cell for name, cell in zip(COLUMNS, row, strict=True) if name in listed}
        for row in rows
    ]
