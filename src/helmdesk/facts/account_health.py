"""Every account at the end of each month: components from 0 to 100 and their declared mixture.

Version 1. Each component looks back 90 days; one with fewer than five cases is unknown, and the
weights of the known ones are scaled up to add to one. ``components`` says which were known. Months
end in UTC.
"""

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.fact import BySteps, Dimension, Fact

WEIGHTS = {
    "satisfaction": 25,
    "satisfaction_trend": 10,
    "open_work": 10,
    "aged_work": 15,
    "promises": 20,
    "escalations": 10,
    "recommendation": 10,
}
SMALL, DAYS = 5, 90

_WEIGHED = " + ".join(f"coalesce({weight} * {name}, 0)" for name, weight in WEIGHTS.items())
_TOTAL = " + ".join(
    f"case when {name} is null then 0 else {weight} end" for name, weight in WEIGHTS.items()
)
_KNOWN = " + ".join(f"case when {name} is null then 0 else 1 end" for name in WEIGHTS)
_NAMES = ", ".join(f"case when {name} is not null then '{name}' end" for name in WEIGHTS)

# Which accounts are assessed when.
ASSESSMENTS = """
    with accounts as (
        select account_id, min(created_at) as first_at from tickets where account_id is not null
            group by account_id
    ),
    ends as (
        -- A month's end sees what happened strictly before it; the end of the data sees its last
        -- event too.
        select distinct case when month_at <= as_of then month_at - interval 1 microsecond
            else as_of end as assessed_at
        from (
            select z.as_of, unnest(generate_series(date_trunc('month',
                f.first_at) + interval 1 month, z.as_of + interval 1 month,
                interval 1 month)) as month_at
            from watermark z
            cross join (select min(first_at) as first_at from accounts) f
        ) months
    )
    select a.account_id, e.assessed_at from accounts a join ends e on e.assessed_at > a.first_at
"""


def create_assessments(engine: Engine) -> None:
    """Create ``assessments``: every account at every end of a month since its first ticket."""
    engine.make("assessments", ASSESSMENTS, "temp table")


fact = Fact(
    name="account_health",
    grain="one account at the end of one month, or at the end of the data",
    refresh=BySteps(
        "accounts are assessed again from the month in which something of theirs changed"
    ),
    families=(),
    only_if="select 1 from tickets where account_id is not null",
    depends=("tickets", "responses", "sla_clocks"),
    prepare=create_assessments,
    dimensions=(
        Dimension("account", "account", "customer's company"),
        Dimension("tier", "tier", "account's tier at that time"),
        Dimension("region", "region", "account's region at that time"),
    ),
    sql=f"""
    with grid as (select account_id, assessed_at from assessments),
    work as (
        select g.account_id, g.assessed_at,
            count_if(t.created_at > g.assessed_at - days({DAYS})) as created,
            count_if(t.last_solved_at > g.assessed_at) as unsolved,
            count_if(t.last_solved_at > g.assessed_at
                and t.created_at < g.assessed_at - days(7)) as aged,
            count_if(t.last_solved_at between g.assessed_at - days({DAYS})
                and g.assessed_at) as solved,
            count_if(t.last_solved_at between g.assessed_at - days({DAYS}) and g.assessed_at
                and t.escalations > 0) as escalated
        from grid g
        join tickets t on t.account_id = g.account_id and t.is_counted
            and t.created_at <= g.assessed_at and t.last_solved_at > g.assessed_at - days({DAYS})
        group by g.account_id, g.assessed_at
    ),
    answers as (
        select g.account_id, g.assessed_at,
            count_if(r.instrument_kind = 'csat'
                and r.responded_at > g.assessed_at - days({DAYS})) as n,
            count_if(r.instrument_kind = 'csat' and r.is_positive
                and r.responded_at > g.assessed_at - days({DAYS})) as happy,
            count_if(r.instrument_kind = 'csat'
                and r.responded_at <= g.assessed_at - days({DAYS})) as n_before,
            count_if(r.instrument_kind = 'csat' and r.is_positive
                and r.responded_at <= g.assessed_at - days({DAYS})) as happy_before,
            count_if(r.instrument_kind = 'nps' and r.is_last_of_contact
                and r.score is not null) as asked,
            count_if(r.instrument_kind = 'nps' and r.is_last_of_contact
                and r.score >= 9) as promoters,
            count_if(r.instrument_kind = 'nps' and r.is_last_of_contact
                and r.score <= 6) as detractors
        from grid g
        join responses r on r.account_id = g.account_id and r.is_counted and r.is_last
            and r.is_answer and r.responded_at <= g.assessed_at
            and r.responded_at > g.assessed_at - days({2 * DAYS})
        group by g.account_id, g.assessed_at
    ),
    kept as (
        select g.account_id, g.assessed_at, count(*) as judged, count_if(c.state = 'met') as met
        from grid g
        join sla_clocks c on c.account_id = g.account_id and c.is_counted and not c.is_doubled
            and c.state in ('met', 'breached', 'overdue')
            and c.judged_at <= g.assessed_at and c.judged_at > g.assessed_at - days({DAYS})
        group by g.account_id, g.assessed_at
    ),
    components as (
        select g.account_id, g.assessed_at,
            case when a.n >= {SMALL} then 100.0 * a.happy / a.n end as satisfaction,
            case when a.n >= {SMALL} and a.n_before >= {SMALL}
                then greatest(0, least(100,
                    50 + 250.0 * (a.happy / a.n::double - a.happy_before / a.n_before::double)))
                    end as satisfaction_trend,
            case when w.created >= {SMALL}
                then 100.0 * (1 - least(1, w.unsolved / w.created::double)) end as open_work,
            case when w.unsolved > 0 then 100.0 * (1 - w.aged / w.unsolved::double)
                when w.created >= {SMALL} then 100.0 end as aged_work,
            case when k.judged >= {SMALL} then 100.0 * k.met / k.judged end as promises,
            case when w.solved >= {SMALL} then 100.0 * (1 - least(1,
                w.escalated / w.solved::double / 0.3)) end as escalations,
            case when a.asked >= {SMALL} then 50 + 50.0 * (a.promoters - a.detractors) / a.asked
                end as recommendation
        from grid g
        left join work w on w.account_id = g.account_id and w.assessed_at = g.assessed_at
        left join answers a on a.account_id = g.account_id and a.assessed_at = g.assessed_at
        left join kept k on k.account_id = g.account_id and k.assessed_at = g.assessed_at
    )
    select c.*,
        -- Fourteen hours before a month's end it is that month everywhere on earth: no zone moves a
        -- month into the next.
        least(c.assessed_at, date_trunc('month',
            c.assessed_at) + interval 1 month - interval 14 hour) as placed_at,
        case when {_KNOWN} >= 2 then ({_WEIGHED}) / ({_TOTAL}) end as health,
            concat_ws(', ', {_NAMES}) as components,
        coalesce(v.name, c.account_id) as account, v.tier, v.region, 'derived' as fidelity
    from components c
    left join account_versions v on v.entity_id = c.account_id and c.assessed_at >= v.valid_from
        and c.assessed_at < v.valid_to
    """,
)
