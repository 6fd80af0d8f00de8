"""Public and internal messages, each marked: a customer speaking, a person of the team replying, a bot answering.

An automatic acknowledgement is nobody's answer; a bot's or an assistant's answer is the bot's. What an agent wrote down
for a caller when the ticket was opened (``is_opening``) is a person's work, but no reply to anybody.
"""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="messages",
    grain="one message on a ticket",
    key="ticket_id",
    depends=("ticket_openings",),
    sql="""
    select m.ticket_id, m.record_id as message_id, m.occurred_at as sent_at, coalesce(m.seq, 0) as seq,
        m.actor_id, m.actor_kind,
        m.visibility = 'public' as is_public, m.direction,
        m.direction = 'inbound' and m.visibility = 'public' and not coalesce(m.is_automated, false) and coalesce(m.actor_kind, '') <> 'unknown' as is_customer,
        m.direction = 'outbound' and m.visibility = 'public' and m.actor_kind = 'human' and not coalesce(m.is_automated, false) as is_human_reply,
        m.direction = 'outbound' and m.visibility = 'public' and m.actor_kind in ('bot', 'ai_agent') and not coalesce(m.is_automated, false) as is_bot_answer,
        coalesce(m.actor_kind = 'human' and m.occurred_at <= o.created_at + interval 1 minute, false) as is_opening,
        coalesce(m.is_automated, false) as is_automated, m.fidelity
    from message_records m
    left join (select ticket_id, created_at from ticket_openings where is_typed) o on o.ticket_id = m.ticket_id
    """,
)
