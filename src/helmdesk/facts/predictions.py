"""What was foretold of a ticket when it was last solved: how likely its customer is satisfied,
found it easy, and does not come back. A prediction is of one solve: what was said of an earlier one
no longer counts once the ticket was solved again.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

FORETOLD = ("csat", "ces", "fcr")
"""What is foretold, by the metric it stands beside."""

fact = Fact(
    name="predictions",
    grain="one ticket of whose last solve something was foretold",
    refresh=ByTicket(),
    families=("prediction",),
    key="ticket_id",
    only_if="select 1 from prediction_records",
    depends=("tickets",),
    sql=f"""
    with newest as (
        select p.ticket_id, p.metric,
            arg_max(least(greatest(p.number, 0), 1), (p.recorded_at, p.record_id)) as chance,
            arg_max(p.model_version, (p.recorded_at, p.record_id)) as model_version
        from prediction_records p
        join tickets t on t.ticket_id = p.ticket_id and t.last_solved_at = p.occurred_at
        where p.type = 'predicted'
        group by p.ticket_id, p.metric
    )
    select ticket_id, {
        ", ".join(
            f"max(case when metric = '{key}' then chance end) as {key}_chance,"
            f" max(case when metric = '{key}' then model_version end) as {key}_model"
            for key in FORETOLD
        )
    }
    from newest
    group by ticket_id
    """,
)
