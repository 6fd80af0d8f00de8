"""Who spoke in turns: every customer's turn on a ticket with the first public reply by a person to it.

On its own so that the planner knows how few they are, and keeps them in memory instead of every state of every ticket.
"""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="reply_turns",
    grain="one customer turn on a ticket, answered or still waiting",
    key="ticket_id",
    only_if="select 1 from messages",
    depends=("messages",),
    sql="""
    with spoken as (
        select ticket_id, message_id, sent_at, seq, is_customer, actor_id, fidelity,
            lag(is_customer) over (partition by ticket_id order by sent_at, seq, message_id) as was_customer
        from messages
        where is_customer or is_human_reply
    ),
    -- Only where the speaker's side changes: what follows a customer's turn there is the first reply to it.
    turns as (
        select ticket_id, message_id, sent_at, is_customer, fidelity, lead(sent_at) over w as replied_at, lead(actor_id) over w as agent_id
        from spoken
        where is_customer is distinct from was_customer
        window w as (partition by ticket_id order by sent_at, seq, message_id)
    )
    select ticket_id, message_id, sent_at, replied_at, agent_id, fidelity from turns where is_customer
    """,
)
