"""Merged tickets and where they went: the ticket each was merged into, and the one that survives at
the end of the chain.

What was done on a merged ticket was done for the survivor: logged work, calls, replies and touches
are added there. Tickets merged in a circle have no survivor; what was done on them stays with each.
"""

from helmdesk.facts.build.fact import ByTicket, Fact


def _twice_as_far(steps: str) -> str:
    """Return SQL that follows every chain of `steps` twice as far."""
    return (
        "select a.ticket_id, a.merged_into, coalesce(b.survivor_id, a.survivor_id) as survivor_id"
        f" from {steps} a left join {steps} b on b.ticket_id = a.survivor_id"
    )


fact = Fact(
    name="merges",
    grain="one merged ticket",
    refresh=ByTicket(),
    families=("ticket",),
    key="ticket_id",
    only_if="select 1 from ticket_records where type = 'merged_into'",
    sql=f"""
    with one as (
        select ticket_id, arg_max(target_ticket_id,
            (occurred_at, coalesce(seq, 0), record_id)) as merged_into,
            arg_max(target_ticket_id, (occurred_at, coalesce(seq, 0), record_id)) as survivor_id
        from ticket_records
        where type = 'merged_into' and target_ticket_id <> ticket_id
        group by ticket_id
    ),
    two as ({_twice_as_far("one")}),
    four as ({_twice_as_far("two")}),
    eight as ({_twice_as_far("four")}),
    sixteen as ({_twice_as_far("eight")})
    select s.ticket_id, s.merged_into, case when o.ticket_id is null then s.survivor_id
        end as survivor_id
    from sixteen s
    left join one o on o.ticket_id = s.survivor_id
    """,
)
