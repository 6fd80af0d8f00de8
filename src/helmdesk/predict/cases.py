"""What was known of tickets at certain moments: nothing that happened later is among it.

What a ticket is about, its priority and its team are those that were in force then; replies, solves
and answers are counted up to then. No name of an agent is among the features. A test rebuilds them
from records that are cut off at the moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.build import ensure_fact
from helmdesk.predict.targets import Target

KINDS = ("channel", "topic", "priority", "team", "tier", "region")
"""Features that are words."""
NUMBERS = (
    "hour",
    "weekday",
    "age_hours",
    "unanswered_hours",
    "first_reply_hours",
    "replies",
    "customer_messages",
    "team_changes",
    "solves",
    "earlier_tickets",
    "earlier_bad_answers",
    "load",
    "thanks",
    "trouble",
    "open_question",
    "promise",
)
"""Features that are numbers; nan where they are not known, or not yet."""
HOUR, DAY = 3600.0, 86_400.0
MOST_CASES = 40_000
"""The newest are taken where there are more."""

_MOMENTS = """
    with outcomes as ({outcomes}),
    moments as (
        select ticket_id, is_bad, known_at, started_at as at_, 0 as part from outcomes
        union all
        select ticket_id, is_bad, known_at, ended_at as at_, 2 as part from outcomes
        where {with_end}
        union all
        select ticket_id, is_bad, known_at, started_at + to_seconds(cast(floor(
            date_diff('second', started_at, ended_at)
            * cast(('0x' || substr(md5(ticket_id), 1, 6)) as integer) / 16777216.0) as bigint))
            as at_, 1 as part
        from outcomes
        where ended_at > started_at
    )
    select ticket_id, at_, known_at, is_bad from moments
    where known_at > at_ or {with_end}
    order by at_ desc, ticket_id limit {most}
"""
_NOW = """
    select r.ticket_id, z.as_of as at_, cast(null as timestamp) as known_at,
        cast(null as boolean) as is_bad
    from ({running}) r cross join watermark z
"""
_SOLVED = """
    select t.ticket_id, t.last_solved_at as at_, o.known_at, o.is_bad
    from tickets t
    left join ({outcomes}) o on o.ticket_id = t.ticket_id and o.known_at > t.last_solved_at
    where t.is_counted and t.last_solved_at < forever() and t.outcome = 'solved'
    order by t.last_solved_at desc, t.ticket_id limit {most}
"""
_FEATURES = """
    with asked as ({moments}),
    cases as (select row_number() over (order by at_, ticket_id) as place, * from asked),
    topic as (
        select c.place, max(1) as is_said, arg_max(p.issue_type, p.said_at) as issue_type
        from cases c join topics p on p.ticket_id = c.ticket_id and p.said_at <= c.at_
        group by c.place
    ),
    held as (
        select c.place, arg_max(i.priority, i.started_at) as priority,
            arg_max(i.team, i.started_at) as team,
            count(case when i.is_team_change then 1 end) as team_changes
        from cases c join intervals i on i.ticket_id = c.ticket_id and i.started_at <= c.at_
        group by c.place
    ),
    said as (
        select c.place, count(case when m.is_human_reply then 1 end) as replies,
            min(case when m.is_human_reply then m.sent_at end) as first_reply_at,
            max(case when m.is_human_reply then m.sent_at end) as last_reply_at,
            max(case when m.is_customer then m.sent_at end) as last_customer_at,
            count(case when m.is_customer and m.is_public then 1 end) as customer_messages,
            arg_max(m.says_thanks, m.sent_at) filter (where m.is_customer) as thanks,
            sum(case when m.is_customer and m.says_trouble then 1
                when m.is_customer and m.says_trouble is not null then 0 end) as trouble,
            arg_max(m.asks, m.sent_at) filter (where m.is_customer) as asks,
            arg_max(m.promises, m.sent_at) filter (where m.is_human_reply) as promise
        from cases c join messages m on m.ticket_id = c.ticket_id and m.sent_at <= c.at_
        group by c.place
    ),
    solved as (
        select c.place, count(*) as solves
        from cases c join episodes e on e.ticket_id = c.ticket_id and e.ended_at <= c.at_
        group by c.place
    ),
    earlier as (
        select c.place, count(*) as tickets
        from cases c join tickets t on t.ticket_id = c.ticket_id
        join tickets p on p.customer_id = t.customer_id and p.created_at < t.created_at
            and p.created_at >= t.created_at - interval 90 day
        group by c.place
    ),
    bad as (
        select c.place, count(*) as answers
        from cases c join tickets t on t.ticket_id = c.ticket_id
        join responses r on r.customer_id = t.customer_id and r.responded_at < c.at_
            and r.instrument_kind = 'csat' and r.is_first and not r.is_positive
            and r.responded_at >= c.at_ - interval 365 day
        group by c.place
    )
    select c.ticket_id, c.at_, c.known_at, c.is_bad, t.channel,
        case when p.is_said = 1 then p.issue_type else t.issue_type end as topic,
        h.priority, h.team, t.tier, t.region, t.clock_started_at, s.replies, s.first_reply_at,
        s.last_reply_at, s.last_customer_at, s.customer_messages, h.team_changes, v.solves,
        e.tickets, b.answers, s.thanks, s.trouble, s.asks, s.promise
    from cases c
    join tickets t on t.ticket_id = c.ticket_id
    left join topic p on p.place = c.place
    left join held h on h.place = c.place
    left join said s on s.place = c.place
    left join solved v on v.place = c.place
    left join earlier e on e.place = c.place
    left join bad b on b.place = c.place
    order by c.place
"""


@dataclass(frozen=True)
class Cases:
    """Moments of tickets, oldest first.

    Attributes:
        tickets: their ids. at: the moments, seconds since 1970 UTC. known_at: when the outcome was
        known; inf where it is not yet. is_bad: 1.0 or 0.0; nan where not known. words: (cases,)
        each of `KINDS`, "" for unknown. numbers: (cases, numbers).
    """

    tickets: np.ndarray
    at: np.ndarray
    known_at: np.ndarray
    is_bad: np.ndarray
    words: dict[str, np.ndarray]
    numbers: np.ndarray

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.tickets)

    def taken(self, which: np.ndarray) -> Cases:
        """Return some of the cases."""
        return Cases(
            self.tickets[which],
            self.at[which],
            self.known_at[which],
            self.is_bad[which],
            {name: column[which] for name, column in self.words.items()},
            self.numbers[which],
        )


def past_cases(engine: Engine, target: Target, zone: str) -> Cases:
    """Return the moments of tickets whose outcome is known."""
    moments = _MOMENTS.format(
        outcomes=target.outcomes,
        with_end="true" if target.asks_at_the_end else "false",
        most=MOST_CASES,
    )
    return _read(engine, moments, zone)


def present_cases(engine: Engine, target: Target, zone: str) -> Cases:
    """Return the tickets of which it is asked now, at the end of the data."""
    return _read(engine, _NOW.format(running=target.running), zone)


def solved_cases(engine: Engine, outcomes: str, zone: str) -> Cases:
    """Return the last solve of each solved ticket, of the newest `MOST_CASES`; the outcome is nan
    where it is not known yet, or was known before the solve.

    Args:
        outcomes: house SQL of (ticket_id, known_at, is_bad).
    """
    return _read(engine, _SOLVED.format(outcomes=outcomes, most=MOST_CASES), zone)


def _read(engine: Engine, moments: str, zone: str) -> Cases:
    ensure_fact(engine, "intervals")
    rows = engine.run(_FEATURES.format(moments=moments))
    opened = engine.run("select created_at from tickets where is_counted order by created_at")
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) if rows else [()] * 24
    at = _seconds(columns[1])
    return Cases(
        np.array(columns[0], dtype=object),
        at,
        _seconds(columns[2], missing=float("inf")),
        _counts(columns[3], missing=float("nan")),
        {
            name: np.array([each or "" for each in columns[4 + place]], dtype=object)
            for place, name in enumerate(KINDS)
        },
        _numbers(columns, at, _seconds([row[0] for row in opened]), zone),
    )


def _numbers(
    columns: list[tuple[Any, ...]], at: np.ndarray, opened: np.ndarray, zone: str
) -> np.ndarray:
    started, first, last, asked = (_seconds(columns[place]) for place in (10, 12, 13, 14))
    replies, messages, changes, solves, tickets, bad = (
        _counts(columns[place]) for place in (11, 15, 16, 17, 18, 19)
    )
    thanks, trouble, asks, promise = (
        _counts(columns[place], missing=float("nan")) for place in range(20, 24)
    )
    local = [
        datetime.fromtimestamp(each, ZoneInfo("UTC")).astimezone(ZoneInfo(zone)) for each in at
    ]
    # Who wrote last waits; before the first reply, since the beginning.
    since = np.where(np.isnan(last), started, np.where(asked > last, asked, np.nan))
    day = np.searchsorted(opened, at, side="right") - np.searchsorted(opened, at - DAY)
    month = np.searchsorted(opened, at, side="right") - np.searchsorted(opened, at - 28 * DAY)
    load = np.divide(28.0 * day, month, out=np.full(len(at), np.nan), where=month > 28)
    return np.column_stack(
        [
            np.array([each.hour for each in local], dtype=float),
            np.array([each.weekday() for each in local], dtype=float),
            np.maximum(at - started, 0) / HOUR,
            np.maximum(at - since, 0) / HOUR,
            (first - started) / HOUR,
            replies,
            messages,
            changes,
            solves,
            tickets,
            bad,
            load,
            thanks,
            trouble,
            # Asked, and not answered since.
            np.where(np.isnan(asks), np.nan, asks * ~np.isnan(since)),
            promise,
        ]
    ).reshape(len(at), len(NUMBERS))


def _counts(column: tuple[Any, ...], missing: float = 0.0) -> np.ndarray:
    """Return numbers, and something else where there is none."""
    return np.array([missing if each is None else float(each) for each in column], dtype=float)


def _seconds(column: Sequence[Any], missing: float = float("nan")) -> np.ndarray:
    """Return instants as seconds; the far future is missing too."""
    found = []
    for each in column:
        is_known = isinstance(each, datetime) and each.year < 9000
        found.append(each.replace(tzinfo=ZoneInfo("UTC")).timestamp() if is_known else missing)
    return np.array(found, dtype=float)
