"""What a ticket is about and whose it is: attributes given at creation, and what happened to it as
a whole.

Who opened it is not always who asked. What an agent opens is outreach where the source says so, or
where the first public message is the agent's own and the channel is none on which customers come to
us; else the agent wrote down what a caller wanted (``is_typed``), which is demand like any other.
Chats that an agent or a bot begins with a greeting (``is_greeted``) are demand as well; there the
customer asks with the first words of his own.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

# On these a customer comes to us: an agent who opens such a ticket writes down what somebody said.
INBOUND = (
    "phone",
    "telefon",
    "téléphone",
    "teléfono",
    "voice",
    "call",
    "anruf",
    "appel",
    "llamada",
    "chat",
    "messaging",
    "walk",
    "person",
    "counter",
)
_IS_INBOUND = "(" + " or ".join(f"lower(o.channel) like '%{word}%'" for word in INBOUND) + ")"

fact = Fact(
    name="ticket_openings",
    grain="one ticket",
    refresh=ByTicket(),
    families=("message", "ticket"),
    is_internal=True,
    key="ticket_id",
    sql=f"""
    with opened as (
        select ticket_id, min(occurred_at) as created_at, arg_min(source, occurred_at) as source,
            arg_min(channel, occurred_at) as channel,
            arg_min(subject, occurred_at) as subject, arg_min(severity, occurred_at) as severity,
            arg_min(issue_type, occurred_at) as first_issue_type,
            arg_min(customer_id, occurred_at) as customer_id,
            arg_min(account_id, occurred_at) as own_account_id,
            arg_min(region, occurred_at) as own_region,
            arg_min(extra, occurred_at) as custom, min(fidelity) as fidelity,
            coalesce(arg_min(actor_kind, occurred_at), 'customer') as opener_kind,
            bool_or(is_outbound) as is_told_outbound
        from ticket_records
        where type = 'created'
        group by ticket_id
    ),
    first_words as (
        select m.ticket_id, arg_min(m.actor_kind = 'human' and m.direction = 'outbound',
            (m.occurred_at, coalesce(m.seq, 0), m.record_id)) as is_ours
        from message_records m
        join opened o on o.ticket_id = m.ticket_id and o.opener_kind = 'human'
            and o.is_told_outbound is null
        where m.visibility = 'public' and not coalesce(m.is_automated, false)
        group by m.ticket_id
    ),
    directed as (
        select o.ticket_id, o.opener_kind, coalesce(w.is_ours, false) as is_ours_first, case
            when o.is_told_outbound is not null then o.is_told_outbound
            when lower(o.channel) like '%outbound%' then true
            when o.opener_kind <> 'human' then false
            else coalesce(w.is_ours, false) and not coalesce({_IS_INBOUND}, false)
                end as is_outbound
        from opened o
        left join first_words w on w.ticket_id = o.ticket_id
    ),
    -- Most records say who and how far; what happens to few tickets is looked for apart.
    stations as (
        select ticket_id, count_if(type = 'assigned' and agent_id <> '') as assignee_stations,
            count_if(type = 'assigned' and team_id <> '') as group_stations,
            count_if(type = 'status_changed' and status_raw = 'on-hold') > 0 as has_old_hold
        from ticket_records
        where type = 'assigned' or (type = 'status_changed' and status_raw = 'on-hold')
        group by ticket_id
    ),
    happened as (
        select ticket_id,
            count_if(type = 'escalated') as escalations,
            min(case when type = 'escalated' then occurred_at end) as escalated_at,
            count_if(type = 'spam_marked') > 0 as is_spam,
            count_if(type = 'merged_into') > 0 as is_merged,
            count_if(type = 'split') > 0 as is_split,
            coalesce(arg_max(type, (occurred_at, coalesce(seq, 0),
                record_id)) filter (where type in ('deleted', 'restored')) = 'deleted',
                false) as is_deleted
        from ticket_records
        where type in ('escalated', 'spam_marked', 'merged_into', 'split', 'deleted', 'restored')
        group by ticket_id
    ),
    named as (
        select ticket_id, arg_max(case type when 'seen' then issue_type else value end,
            (occurred_at, coalesce(seq, 0), record_id)) as issue_type
        from ticket_records
        where (type = 'field_changed' and field = 'issue_type')
            or (type = 'seen' and issue_type is not null)
        group by ticket_id
    )
    select o.ticket_id, o.created_at, o.source, o.channel, o.subject, o.severity,
        nullif(coalesce(n.issue_type, o.first_issue_type), '') as issue_type,
        o.customer_id, coalesce(o.own_account_id, c.account_id) as account_id, o.own_region,
        o.custom, o.fidelity,
        coalesce(h.escalations, 0) as escalations, h.escalated_at,
        coalesce(h.is_spam, false) as is_spam,
        coalesce(h.is_merged, false) as is_merged,
        coalesce(h.is_split, false) as is_split, coalesce(h.is_deleted, false) as is_deleted,
        coalesce(p.assignee_stations, 0) as assignee_stations,
        coalesce(p.group_stations, 0) as group_stations,
        coalesce(p.has_old_hold, false) as has_old_hold, c.entity_id is not null
            or g.entity_id is not null as is_requester_known,
        d.is_outbound, d.opener_kind = 'human' and not d.is_outbound as is_typed,
        not d.is_outbound and d.opener_kind in ('human', 'customer', 'unknown') as is_asked,
        not d.is_outbound and (d.is_ours_first
            or d.opener_kind in ('bot', 'ai_agent')) as is_greeted
    from opened o
    join directed d on d.ticket_id = o.ticket_id
    left join stations p on p.ticket_id = o.ticket_id
    left join happened h on h.ticket_id = o.ticket_id
    left join named n on n.ticket_id = o.ticket_id
    left join latest_agents g on g.entity_id = o.customer_id
    left join customer_versions c on c.entity_id = o.customer_id and o.created_at >= c.valid_from
        and o.created_at < c.valid_to
    """,
)
