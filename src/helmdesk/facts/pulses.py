"""Employee answers, by group and month only, and only of groups large enough to hide a person.

The minimum is enforced here: an answer of a team that gave fewer than five in a month is not in the
table, so no query, no export and no subtraction of one total from another can bring it back. Rows
carry no time but the middle of their month, no comment and no identity.
"""

from helmdesk.facts.build.fact import Dimension, Fact, Whole
from helmdesk.records.answers import read_answers

MINIMUM = 5

fact = Fact(
    name="pulses",
    grain="one anonymous answer within a team's month of at least five",
    dated="round_at",
    refresh=Whole(),
    families=("pulse",),
    only_if="select 1 from pulse_records",
    dimensions=(
        Dimension("team", "team", "team whose members answered"),
        Dimension("instrument", "instrument_id", "question"),
        Dimension("source", "source", "system the record came from"),
    ),
    sql=f"""
    with answers as (
        select p.instrument_id, p.team_id, p.source, p.fidelity, p.instrument_kind, p.scale_high,
            date_trunc('month', p.occurred_at) as month_at,
            p.number as score, p.is_positive as is_favourable, p.is_negative as is_unfavourable,
            count(*) over (partition by p.instrument_id, p.team_id,
                date_trunc('month', p.occurred_at)) as group_size
        from {read_answers("pulse_records")} p
        where p.type = 'employee_response' and p.is_answer
    )
    select a.instrument_id, a.instrument_kind, a.scale_high,
        a.month_at + interval 14 day + interval 12 hour as round_at,
        coalesce(e.name, a.team_id) as team,
        a.score, a.is_favourable, a.is_unfavourable, a.group_size, a.source, a.fidelity
    from answers a
    left join latest_teams e on e.entity_id = a.team_id
    where a.group_size >= {MINIMUM}
    """,
)
