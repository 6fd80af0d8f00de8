"""What a ticket is about and whose it is: attributes given at creation, and what happened to it as a whole."""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="ticket_openings",
    grain="one ticket",
    key="ticket_id",
    sql="""
    with opened as (
        select ticket_id, min(occurred_at) as created_at, arg_min(source, occurred_at) as source, arg_min(channel, occurred_at) as channel,
            arg_min(subject, occurred_at) as subject, arg_min(severity, occurred_at) as severity,
            arg_min(issue_type, occurred_at) as first_issue_type, arg_min(customer_id, occurred_at) as customer_id,
            arg_min(account_id, occurred_at) as own_account_id, arg_min(region, occurred_at) as own_region,
            arg_min(extra, occurred_at) as custom, min(fidelity) as fidelity
        from ticket_records
        where type = 'created'
        group by ticket_id
    ),
    -- Most records say who and how far; what happens to few tickets is looked for apart.
    stations as (
        select ticket_id, count_if(type = 'assigned' and agent_id <> '') as assignee_stations, count_if(type = 'assigned' and team_id <> '') as group_stations,
            count_if(type = 'status_changed' and status_raw = 'on-hold') > 0 as has_old_hold
        from ticket_records
        where type = 'assigned' or (type = 'status_changed' and status_raw = 'on-hold')
        group by ticket_id
    ),
    happened as (
        select ticket_id,
            count_if(type = 'escalated') as escalations,
            count_if(type = 'spam_marked') > 0 as is_spam,
            count_if(type = 'merged_into') > 0 as is_merged,
            count_if(type = 'split') > 0 as is_split,
            coalesce(arg_max(type, (occurred_at, coalesce(seq, 0), record_id)) filter (where type in ('deleted', 'restored')) = 'deleted', false) as is_deleted,
            arg_max(target_ticket_id, (occurred_at, coalesce(seq, 0), record_id)) filter (where type = 'merged_into') as survivor_ticket_id
        from ticket_records
        where type in ('escalated', 'spam_marked', 'merged_into', 'split', 'deleted', 'restored')
        group by ticket_id
    ),
    named as (
        select ticket_id, arg_max(case type when 'seen' then issue_type else value end, (occurred_at, coalesce(seq, 0), record_id)) as issue_type
        from ticket_records
        where (type = 'field_changed' and field = 'issue_type') or (type = 'seen' and issue_type is not null)
        group by ticket_id
    )
    select o.ticket_id, o.created_at, o.source, o.channel, o.subject, o.severity, nullif(coalesce(n.issue_type, o.first_issue_type), '') as issue_type,
        o.customer_id, coalesce(o.own_account_id, c.account_id) as account_id, o.own_region, o.custom, o.fidelity,
        coalesce(h.escalations, 0) as escalations, coalesce(h.is_spam, false) as is_spam, coalesce(h.is_merged, false) as is_merged,
        coalesce(h.is_split, false) as is_split, coalesce(h.is_deleted, false) as is_deleted, h.survivor_ticket_id,
        coalesce(p.assignee_stations, 0) as assignee_stations, coalesce(p.group_stations, 0) as group_stations,
        coalesce(p.has_old_hold, false) as has_old_hold, c.entity_id is not null or g.entity_id is not null as is_requester_known
    from opened o
    left join stations p on p.ticket_id = o.ticket_id
    left join happened h on h.ticket_id = o.ticket_id
    left join named n on n.ticket_id = o.ticket_id
    left join latest_agents g on g.entity_id = o.customer_id
    left join customer_versions c on c.entity_id = o.customer_id and o.created_at >= c.valid_from and o.created_at < c.valid_to
    """,
)
