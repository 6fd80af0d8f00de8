"""Every turn of a customer on a ticket: when the wait began, and what ended it.

A turn begins with the first message that nobody has answered. It ends with a person's public reply;
with the answer of a bot or an assistant (bots answer for bots: nobody waits for a person then);
with a solve or a close. An automatic acknowledgement ends nothing. What a customer writes while a
bot has the conversation is the bot's to answer: when the bot hands over, the wait for a person
begins. A message on a solved ticket starts no wait by itself; if the ticket comes back, the wait
starts with the message that brought it back, else with the first since the solve.

The opening of a ticket counts as what its customer said first where no message of the customer
stands at it; such a turn has no ``message_id``.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

# Systems write one action down as several events some moments apart: a reply and its solve, a
# message and its reopen.
MOMENT = "interval 1 minute"

fact = Fact(
    name="reply_turns",
    grain="one customer turn on a ticket, answered, ended otherwise or still waiting",
    refresh=ByTicket(),
    families=("handoff",),
    is_internal=True,
    key="ticket_id",
    only_if="select 1 from messages",
    depends=("messages", "episodes", "ticket_openings", "source_habits"),
    sql=f"""
    with openings as (
        select o.ticket_id, o.created_at
        from ticket_openings o
        join source_habits h on h.source = o.source and h.keeps_messages
        left join (select distinct m.ticket_id from messages m join ticket_openings c
            on c.ticket_id = m.ticket_id
            where m.is_customer and m.sent_at <= c.created_at + {MOMENT}) spoken
                on spoken.ticket_id = o.ticket_id
        where o.is_asked and spoken.ticket_id is null
    ),
    returns as (
        select distinct e.ticket_id, greatest(e.started_at - {MOMENT},
            e.last_ended_at) as returned_at
        from (select ticket_id, episode, started_at,
            lag(ended_at) over (partition by ticket_id order by episode) as last_ended_at
            from episodes) e
        join messages m on m.ticket_id = e.ticket_id and m.is_customer
            and m.sent_at between greatest(e.started_at - {MOMENT}, e.last_ended_at)
                and e.started_at
        where e.episode > 1
    ),
    happenings as (
        select ticket_id, sent_at as happened_at, 4 as place, seq, message_id as id, actor_id,
            fidelity,
            case when is_customer then 'customer' when is_human_reply and not is_opening
                then 'person' else 'bot' end as kind
        from messages
        where is_customer or is_bot_answer or (is_human_reply and not is_opening)
        union all
        select ticket_id, created_at, 0, 0, null, null, 'derived', 'customer' from openings
        union all
        select ticket_id, returned_at, 1, 0, null, null, null, 'return' from returns
        union all
        select ticket_id, occurred_at, case type when 'bot_ended' then 3 else 2 end,
            coalesce(seq, 0), record_id, null, 'derived', type from handoff_records
        union all
        select ticket_id, ended_at, 5, 0, null, null, null, 'solve' from episodes
            where ended_at < forever()
    ),
    -- Who has the conversation when it happens, and what comes next.
    placed as (
        select *, last_value(case when kind in ('bot_started', 'bot_handoff', 'bot_ended', 'person')
            then kind end ignore nulls) over earlier as keeper,
            last_value(case when kind = 'customer'
                then id end ignore nulls) over earlier as last_id,
            lead(kind) over life as next_kind, lead(happened_at) over life as next_at
        from happenings
        window life as (partition by ticket_id order by happened_at, place, seq, id),
            earlier as (partition by ticket_id order by happened_at, place, seq, id
                rows between unbounded preceding and 1 preceding)
    ),
    cut as (
        select *, kind in ('customer', 'bot_handoff') as is_asking,
            sum(case when kind in ('person', 'bot', 'bot_started', 'solve', 'return') then 1
                else 0 end)
                over (partition by ticket_id order by happened_at, place, seq, id
                    rows between unbounded preceding and 1 preceding) as turn
        from placed
        where kind <> 'bot_ended'
            -- While a bot has the conversation it is asked, not we; when it has handed over, its
            -- words end no wait.
            and not (kind = 'customer' and coalesce(keeper, '') = 'bot_started')
                and not (kind = 'bot' and coalesce(keeper, '') = 'bot_handoff')
            -- Solved in the moment of the reply: the reply is what ended the wait.
            and not (kind = 'solve' and coalesce(next_kind = 'person'
                and next_at <= happened_at + {MOMENT}, false))
    ),
    turns as (
        select ticket_id, coalesce(turn, 0) as turn,
            min(case when is_asking then happened_at end) as sent_at,
            arg_min(case when kind = 'customer' then coalesce(id, '')
                else coalesce(last_id, '') end,
                (happened_at, place, seq, coalesce(id, ''))) filter (where is_asking) as message_id,
            min(case when is_asking then fidelity end) as fidelity,
            max(case when not is_asking then happened_at end) as ended_at,
                max(case when not is_asking then kind end) as ended_by,
            max(case when kind = 'person' then actor_id end) as agent_id
        from cut
        group by ticket_id, coalesce(turn, 0)
    )
    select ticket_id, nullif(message_id, '') as message_id, sent_at,
        coalesce(ended_at, forever()) as ended_at,
        case when ended_by = 'person' then ended_at end as replied_at,
        case ended_by when 'bot_started' then 'bot' when 'return' then 'solve' else ended_by
            end as ended_by, agent_id, fidelity
    from turns
    where sent_at is not null
    """,
)
