"""Calls that customers booked: when they were to be, how often they were moved, and what became of
them.
"""

from helmdesk.facts.build.fact import Dimension, Fact, Whole

# An answer that names no ticket is about the scheduled call of its customer that began within so
# many days before it.
ANSWERED_WITHIN_DAYS = 7
_KEPT = "case when b.moves > 0 or b.is_reassigned then 'changed' else 'kept' end"


def booking_dimension(fact_name: str, anchor: str) -> Dimension:
    """Return the dimension that tells answers about scheduled calls apart by whether the call kept
    its time and its agent.
    """
    # Looked up, not stored: a booking may be told of after the answer.
    return Dimension(
        "booking",
        f"""coalesce(
            (select arg_max({_KEPT}, b.start_at) from bookings as b
                where b.ticket_id = {fact_name}.ticket_id and not b.is_cancelled),
            (select arg_max({_KEPT}, b.start_at) from bookings as b
                where b.customer_id = {fact_name}.customer_id and not b.is_cancelled
                and b.start_at <= {fact_name}.{anchor}
                    and b.start_at >= {fact_name}.{anchor} - days({ANSWERED_WITHIN_DAYS})))""",
        "of answers about a scheduled call: whether it kept its time and its agent, or was changed",
    )


fact = Fact(
    name="bookings",
    grain="one scheduled call",
    refresh=Whole(),
    families=("booking",),
    only_if="select 1 from booking_records",
    sql="""
    select b.booking_id, max(b.ticket_id) as ticket_id, max(b.customer_id) as customer_id,
        max(b.account_id) as account_id,
        min(case when b.type = 'booked' then b.occurred_at end) as booked_at,
        arg_max(b.start_at, (b.occurred_at, b.type_order, b.record_id)) as start_at,
        arg_max(b.end_at, (b.occurred_at, b.type_order, b.record_id)) as end_at,
        count_if(b.type = 'moved') as moves, count(distinct b.agent_id) > 1 as is_reassigned,
        coalesce(max(case when b.type = 'cancelled' then b.occurred_at end)
            >= max(case when b.type in ('booked', 'moved') then b.occurred_at end),
            false) as is_cancelled,
        count_if(b.type = 'no_show') > 0 as is_no_show,
        count_if(b.type = 'held_booking') > 0 as is_held,
        min(b.source) as source, min(b.fidelity) as fidelity
    from booking_records b
    group by b.booking_id
    having count_if(b.type = 'booked') > 0
    """,
)
