"""Public and internal messages, each marked: a customer speaking, or a person of the team replying."""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="messages",
    grain="one message on a ticket",
    key="ticket_id",
    sql="""
    select ticket_id, record_id as message_id, occurred_at as sent_at, coalesce(seq, 0) as seq,
        actor_id, actor_kind,
        visibility = 'public' as is_public, direction,
        direction = 'inbound' and visibility = 'public' and not coalesce(is_automated, false) as is_customer,
        direction = 'outbound' and visibility = 'public' and actor_kind = 'human' and not coalesce(is_automated, false) as is_human_reply,
        coalesce(is_automated, false) as is_automated, fidelity
    from message_records
    """,
)
