"""Public and internal messages, each marked: a customer speaking, a person of the team replying, a
bot answering.

An automatic acknowledgement is nobody's answer; a bot's or an assistant's answer is the bot's. What
an agent wrote down for a caller when the ticket was opened, before the customer wrote
(``is_opening``), is a person's work, but no reply to anybody. An author whose side no source told
is of the team if the desk knows an agent by that id (a bot, if that is the agent's role), else
unknown: no reply and no customer's word.

Of what was written only whether it thanks, complains again, asks or promises is kept, and not even
that where the source gives no text (null).
"""

from helmdesk.facts.build.cue_words import CUES, is_said
from helmdesk.facts.build.fact import ByTicket, Fact

fact = Fact(
    name="messages",
    grain="one message on a ticket",
    refresh=ByTicket(),
    families=("message",),
    refers={"agent": "actor_id"},
    key="ticket_id",
    depends=("ticket_openings",),
    sql=f"""
    with strangers as (select distinct actor_id from message_records where actor_kind = 'unknown'),
    recognised as (
        select s.actor_id, case when lower(a.role) in ('bot', 'ai_agent', 'automation')
            then lower(a.role) else 'human' end as actor_kind
        from strangers s
        join latest_agents a on a.entity_id = s.actor_id
    ),
    told as (
        select m.ticket_id, m.record_id, m.occurred_at, m.seq, m.actor_id,
            coalesce(r.actor_kind, m.actor_kind) as actor_kind, m.visibility,
            case when r.actor_id is not null then 'outbound' else m.direction end as direction,
            coalesce(m.is_automated, false)
                or coalesce(r.actor_kind = 'automation', false) as is_automated, m.fidelity,
            {", ".join(f"{is_said('m.text', words)} as {name}" for name, words in CUES.items())}
        from message_records m
        left join recognised r on r.actor_id = m.actor_id and m.actor_kind = 'unknown'
    ),
    -- Tickets that agents wrote down, and when the customer first wrote.
    typed as (
        select o.ticket_id, o.created_at, coalesce(min(m.occurred_at), forever()) as asked_at
        from ticket_openings o
        left join told m on m.ticket_id = o.ticket_id and m.direction = 'inbound'
            and m.visibility = 'public' and coalesce(m.actor_kind, '') <> 'unknown'
        where o.is_typed
        group by o.ticket_id, o.created_at
    )
    select m.ticket_id, m.record_id as message_id, m.occurred_at as sent_at,
        coalesce(m.seq, 0) as seq,
        m.actor_id, m.actor_kind,
        m.visibility = 'public' as is_public, m.direction,
        m.direction = 'inbound' and m.visibility = 'public' and not m.is_automated
            and coalesce(m.actor_kind, '') <> 'unknown' as is_customer,
        m.direction = 'outbound' and m.visibility = 'public' and m.actor_kind = 'human'
            and not m.is_automated as is_human_reply,
        m.direction = 'outbound' and m.visibility = 'public' and m.actor_kind in ('bot', 'ai_agent')
            and not m.is_automated as is_bot_answer,
        coalesce(m.actor_kind = 'human' and m.occurred_at <= o.created_at + interval 1 minute
            and m.occurred_at < o.asked_at, false) as is_opening,
        m.is_automated, m.fidelity, {", ".join(f"m.{name}" for name in CUES)}
    from told m
    left join typed o on o.ticket_id = m.ticket_id
    """,
)
