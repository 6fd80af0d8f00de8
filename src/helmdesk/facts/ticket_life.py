"""The skeleton of `ticket_states`: state changes in order, collapsed to one row per distinct state.

Events before a ticket's creation are moved to it, in their order. At one instant only the last
state counts. A deletion that stands ends the last state. A ticket whose creation has not arrived
yet has no states. ``was_unsolved`` is null in the first one.

A creation that says "closed" repeats how the ticket ended: where changes of its status are known it
began as new, where none are it is closed since nobody knows when, and its whole life is one closed
state.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

SETTLING = "interval 1 minute"
"""Rules and triggers need some seconds: what they set this soon after creation holds from the
start.
"""

fact = Fact(
    name="ticket_life",
    grain=(
        "one stretch of a ticket's life during which status, assignee, team, priority and own"
        " calendar did not change"
    ),
    refresh=ByTicket(),
    families=("ticket",),
    is_internal=True,
    key="ticket_id",
    sql="""
    with changes as (
        select r.ticket_id, c.created_at, c.deleted_at,
            greatest(r.occurred_at, c.created_at) as changed_at, r.type <> 'created' as is_later,
            r.occurred_at, coalesce(r.seq, 0) as seq, r.type_order, r.record_id,
            case r.type when 'status_changed' then r.status
                when 'created' then case when r.status not in ('solved', 'closed')
                    or not c.has_changes then coalesce(r.status, 'new') else 'new' end
                end as status,
            case when r.type = 'created' then coalesce(case when c.told_agent_at < c.seen_at
                then null else c.seen_agent_id end, r.agent_id, '')
                when r.type in ('assigned', 'seen') then r.agent_id end as agent_id,
            case when r.type = 'created' then coalesce(case when c.told_team_at < c.seen_at
                then null else c.seen_team_id end, r.team_id, '')
                when r.type in ('assigned', 'seen') then r.team_id end as team_id,
            case when r.type = 'created' then coalesce(case when c.told_priority_at < c.seen_at
                then null else c.seen_priority end, r.priority, '') when r.type = 'seen'
                then r.priority
                when r.field = 'priority' then coalesce(r.value, '') end as priority,
            case when r.type = 'created' then r.calendar_id when r.field = 'calendar_id'
                then r.value end as calendar_id
        from ticket_records r
        join (
            -- What a row showed when it was first seen is the best there is to know of the time
            -- before, unless a history tells it.
            select ticket_id, min(case when type = 'created' then occurred_at end) as created_at,
                count_if(type = 'status_changed') > 0 as has_changes,
                min(case when type = 'seen' then occurred_at end) as seen_at,
                min(case when type = 'assigned' and agent_id is not null
                    then occurred_at end) as told_agent_at,
                min(case when type = 'assigned' and team_id is not null
                    then occurred_at end) as told_team_at,
                min(case when field = 'priority' then occurred_at end) as told_priority_at,
                arg_min(agent_id, occurred_at) filter (where type = 'seen'
                    and agent_id is not null) as seen_agent_id,
                arg_min(team_id, occurred_at) filter (where type = 'seen'
                    and team_id is not null) as seen_team_id,
                arg_min(priority, occurred_at) filter (where type = 'seen'
                    and priority is not null) as seen_priority,
                case when arg_max(type, (occurred_at, coalesce(seq, 0),
                    record_id)) filter (where type in ('deleted', 'restored')) = 'deleted'
                    then max(case when type = 'deleted' then occurred_at end) end as deleted_at
            from ticket_records
            where type in ('created', 'status_changed', 'assigned', 'field_changed', 'seen',
                'deleted', 'restored')
            group by ticket_id
        ) c on c.ticket_id = r.ticket_id and c.created_at is not null
        where (r.type in ('created', 'status_changed', 'assigned', 'seen')
            or (r.type = 'field_changed' and r.field in ('priority', 'calendar_id')))
            -- of a log that begins within a life, the first event is no birth
            and (r.type <> 'created' or r.occurred_at = c.created_at)
            and (c.deleted_at is null or r.type in ('created', 'seen')
                or r.occurred_at <= c.deleted_at)
    ),
    states as (
        select ticket_id, created_at, deleted_at, changed_at,
            last_value(status ignore nulls) over life as status,
            last_value(agent_id ignore nulls) over life as agent_id,
            last_value(team_id ignore nulls) over life as team_id,
            last_value(priority ignore nulls) over life as priority,
            last_value(calendar_id ignore nulls) over life as calendar_id,
            lead(changed_at) over (partition by ticket_id order by changed_at, is_later,
                occurred_at, seq, type_order, record_id) as next_at
        from changes
        window life as (partition by ticket_id order by changed_at, is_later, occurred_at, seq,
            type_order, record_id
            rows between unbounded preceding and current row)
    ),
    settled as (
        select ticket_id, created_at, deleted_at, changed_at, status, agent_id, team_id, priority,
            calendar_id,
            lag(status) over w as last_status, lag(agent_id) over w as last_agent_id,
            lag(team_id) over w as last_team_id, lag(priority) over w as last_priority,
            lag(calendar_id) over w as last_calendar_id,
            last_value(nullif(agent_id, '') ignore nulls) over earlier as held_agent_id,
            last_value(nullif(team_id, '') ignore nulls) over earlier as held_team_id
        from states
        where next_at is null or next_at > changed_at
        window w as (partition by ticket_id order by changed_at),
            earlier as (partition by ticket_id order by changed_at rows between unbounded preceding
                and 1 preceding)
    ),
    changed as (
        select *,
            -- Who held it last, were it a while ago: giving a ticket back to nobody and then to the
            -- same is no change.
            coalesce(team_id <> '' and team_id <> held_team_id, false) as is_team_change,
            coalesce(agent_id <> '' and agent_id <> held_agent_id, false) as is_agent_change
        from settled
        where last_status is null or status <> last_status or agent_id <> last_agent_id
            or team_id <> last_team_id or priority <> last_priority
            or calendar_id is distinct from last_calendar_id
    )
    select ticket_id, created_at, changed_at as started_at,
        coalesce(lead(changed_at) over w, case when deleted_at is not null
        then greatest(deleted_at, changed_at) end, forever()) as ended_at,
        status, status not in ('solved', 'closed') as is_unsolved,
        last_status not in ('solved', 'closed') as was_unsolved, agent_id, team_id,
        nullif(priority, '') as priority, calendar_id as own_calendar_id,
        -- A hand-over counts once, whether the team, the agent or both changed.
        is_team_change or is_agent_change as is_transfer, is_team_change,
        -- A new priority, team or calendar begins another stretch, not the same status once more.
        status is distinct from last_status as is_status_change
    from changed
    window w as (partition by ticket_id order by changed_at)
    """,
)
