"""Every first metric against SQL on the raw records, written without the compiler, over the whole sample."""

from __future__ import annotations

import math
import statistics

import pytest
from figures import Figures

from helmdesk.catalogue import load_catalogue
from helmdesk.desk import Desk

# Tickets that count, straight from events; one definition each, by hand.
GONE = "select ticket_id from ticket where type in ('spam_marked', 'merged_into')"
SOLVES = f"""(with s as (select ticket_id, occurred_at, status in ('solved', 'closed') as is_solved,
    lag(status in ('solved', 'closed')) over (partition by ticket_id order by occurred_at, seq) as was_solved
    from ticket where type = 'status_changed')
    select ticket_id, min(occurred_at) filter (where is_solved) as first_solved_at,
        max(occurred_at) filter (where is_solved and not coalesce(was_solved, false)) as last_solved_at,
        arg_max(is_solved, occurred_at) as is_solved_now
    from s where ticket_id not in ({GONE}) group by 1)"""
CREATED = f"(select ticket_id, occurred_at as created_at, channel from ticket where type = 'created' and ticket_id not in ({GONE}))"
HUMAN_START = f"""(select c.ticket_id, case when b.started is not null then b.handed else c.created_at end as start_at from {CREATED} c left join
    (select ticket_id, min(occurred_at) filter (where type = 'bot_started') as started, min(occurred_at) filter (where type = 'bot_handoff') as handed
    from handoff group by 1) b using (ticket_id))"""

CHECKS: dict[str, str] = {
    "ticket_volume": f"select count(*) from {CREATED}",
    "csat": f"""select avg((answer in ('4', '5'))::int) from survey where type = 'responded' and instrument_id = 'larkspur-csat' and ticket_id not in ({GONE})""",
    "csat_response_rate": f"""select count(distinct survey_id) filter (where type = 'responded') / count(distinct survey_id) filter (where type = 'delivered')
        from survey where ticket_id not in ({GONE}) and survey_id like '%:csat'""",
    "first_response_time": f"""select median(wait) from (select min(epoch(m.occurred_at - h.start_at)) as wait from {HUMAN_START} h join message m using (ticket_id)
        where m.actor_kind = 'human' and m.visibility = 'public' and m.occurred_at >= h.start_at group by h.ticket_id)""",
    "resolution_time": f"select median(epoch(last_solved_at - created_at)) from {SOLVES} s join {CREATED} c using (ticket_id) where is_solved_now",
    "backlog": f"select count(*) from {CREATED} c left join {SOLVES} s using (ticket_id) where not coalesce(is_solved_now, false)",
    "backlog_age": f"""select median(epoch((select max(occurred_at) from (select occurred_at from ticket union all select occurred_at from message
        union all select occurred_at from survey union all select occurred_at from leg union all select occurred_at from sla)) - created_at))
        from {CREATED} c left join {SOLVES} s using (ticket_id) where not coalesce(is_solved_now, false)""",
    "escalation_rate": f"""select avg((ticket_id in (select ticket_id from ticket where type = 'escalated'))::int) from {SOLVES} where is_solved_now""",
    "resolution_rate": f"select (select count(*) from {SOLVES} where is_solved_now) / (select count(*) from {CREATED})",
    "sla_compliance": f"select avg(is_met::int) from sla where type = 'source_verdict' and ticket_id not in ({GONE})",
    "transfers": f"""with hands as (select ticket_id, agent_id, team_id, lag(agent_id) over w as before_agent, lag(team_id) over w as before_team
            from ticket where type in ('created', 'assigned') window w as (partition by ticket_id order by occurred_at, coalesce(seq, 0))),
        moved as (select ticket_id, count(*) filter (where before_agent <> '' and (agent_id <> before_agent or team_id <> before_team)) as n from hands group by 1)
        select avg(n) from moved join {SOLVES} s using (ticket_id) where is_solved_now""",
    # Woken after the first solve: it counts when a person wrote again, or when it is still open (no thank-you).
    "reopen_rate": f"""with woken as (select s.first_solved_at, t.occurred_at < s.first_solved_at + interval 7 day
                and (not s.is_solved_now or exists (select 1 from message m where m.ticket_id = t.ticket_id and m.actor_kind = 'human'
                    and m.occurred_at > t.occurred_at)) as is_back
            from {SOLVES} s left join (select ticket_id, min(occurred_at) as occurred_at from (select t.ticket_id, t.occurred_at from ticket t
                join {SOLVES} x on x.ticket_id = t.ticket_id and t.status = 'open' and t.type = 'status_changed' and t.occurred_at > x.first_solved_at)
                group by 1) t on t.ticket_id = s.ticket_id)
        select avg(coalesce(is_back, false)::int) from woken
        where first_solved_at is not null and first_solved_at + interval 7 day <= timestamptz '{{as_of}}+00'""",
}  # fmt: skip


@pytest.fixture(scope="module")
def figures(sample_desk: Desk) -> Figures:
    return Figures(sample_desk)


def test_every_metric_is_checked() -> None:
    assert set(CHECKS) == set(load_catalogue())


@pytest.mark.parametrize("key", CHECKS)
def test_equals_handwritten_sql(sample_desk: Desk, figures: Figures, key: str) -> None:
    with sample_desk.engine() as engine:
        ((as_of,),) = engine.run("select as_of from mart")
    expected = figures.one(CHECKS[key].replace("{as_of}", str(as_of)))
    found = sample_desk.measure(key)[0]
    assert found.value == pytest.approx(expected, rel=1e-9)


def test_kaplan_meier_against_a_loop(sample_desk: Desk, figures: Figures) -> None:
    found = sample_desk.measure("resolution_time", variant="median_km", start="2026-06-01", end="2026-07-01")[0]
    with sample_desk.engine() as engine:
        ((as_of,),) = engine.run("select as_of from mart")
    rows = figures.connection.execute(
        f"""select epoch(coalesce(s.first_solved_at, timestamptz '{as_of}+00') - c.created_at), s.first_solved_at is not null
        from {CREATED} c left join {SOLVES} s using (ticket_id)
        where created_at >= timestamptz '2026-05-31 22:00:00+00' and created_at < timestamptz '2026-06-30 22:00:00+00'"""
    ).fetchall()
    assert len(rows) == found.n
    survival, at_risk = 1.0, len(rows)
    for duration in sorted({duration for duration, _ in rows}):
        here = [ended for d, ended in rows if d == duration]
        survival *= 1 - sum(here) / at_risk
        at_risk -= len(here)
        if survival <= 0.5:
            break
    assert found.value == duration


def test_business_time_against_a_loop(sample_desk: Desk) -> None:
    """Forty first replies, recomputed with the pure calendar code from the records' own times."""
    from datetime import UTC

    from helmdesk.sample.company import make_site

    sites = {"berlin": make_site("berlin", "Europe/Berlin", 8, 18), "boston": make_site("boston", "America/New_York", 8, 18)}
    with sample_desk.engine() as engine:
        rows = engine.run(
            """select calendar_id, clock_started_at, first_reply_at, first_reply_business_seconds from tickets
            where first_reply_business_seconds is not null order by hash(ticket_id) limit 400"""
        )
    for calendar, start, reply, seconds in rows:
        assert sites[calendar].clock.between(start.replace(tzinfo=UTC), reply.replace(tzinfo=UTC)) == seconds
    assert {calendar for calendar, *_ in rows} == {"berlin", "boston"}


def test_quantile_interval_against_a_sorted_list(sample_desk: Desk) -> None:
    found = sample_desk.measure("first_response_time", start="2026-06-01", end="2026-06-08")[0]
    values = sorted(
        row["first_reply_seconds"] for row in sample_desk.drill("first_response_time", start="2026-06-01", end="2026-06-08").to_pylist()
    )
    n = len(values)
    spread = 1.959963984540054 * math.sqrt(n * 0.25)
    assert found.low == values[math.floor(n / 2 - spread) - 1]
    assert found.high == values[math.ceil(n / 2 + spread)]
    assert found.value == statistics.median(values)


def test_csat_interval_against_the_textbook(sample_desk: Desk) -> None:
    found = sample_desk.measure("csat", start="2025-10-01", end="2025-11-01")[0]
    p, n, z = found.numerator / found.denominator, found.n, 1.959963984540054
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half))
