"""What agents were planned to do: an approved change replaces its shift, an unapproved one does
not.
"""

from helmdesk.facts.build.fact import Fact, Whole

fact = Fact(
    name="shifts",
    grain="one planned activity of one agent",
    refresh=Whole(with_time="agent_states"),
    families=("workforce",),
    only_if="select 1 from workforce_records where type in ('shift_planned', 'shift_changed')",
    sql="""
    with plans as (
        select *, coalesce(type = 'shift_changed' and approved_by is not null, false) as is_change
        from workforce_records
        where (type = 'shift_planned' or (type = 'shift_changed' and approved_by is not null))
            and end_at > start_at
    )
    select agent_id, activity, start_at, end_at, record_id, source,
        coalesce(shift_id, record_id) as shift_id
    from (select *, bool_or(is_change) over (partition by coalesce(shift_id,
        record_id)) as is_changed,
            max(case when is_change then occurred_at end) over (partition by coalesce(shift_id,
                record_id)) as last_change_at
        from plans)
    where not is_changed or (is_change and occurred_at = last_change_at)
    """,
)
