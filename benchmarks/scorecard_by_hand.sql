-- The scorecard's numbers as an analyst would write them: one query a fact, both windows and the weekly trend at once.
-- Windows: the 28 days up to the last local midnight of the data, the 28 days before; thirteen weeks of trend.
with w as (select date_trunc('day', as_of) as e from mart),
marks as (
    select 'now' as label, e - interval 28 day as s, e from w union all select 'before', e - interval 56 day, e - interval 28 day from w
    union all select 'week ' || n, date_trunc('week', e) - to_days(7 * n::int), date_trunc('week', e) - to_days(7 * n::int) + interval 7 day from w, range(0, 13) t(n)
),
recent as (
    select created_at, first_reply_at, last_solved_at, first_solved_at, first_reply_seconds, resolution_seconds, reopens, is_reopened_in_time, is_reopen_mature, transfers, escalations,
        human_replies, human_rounds, touches, is_repeated, is_fcr_mature, is_counted, is_outbound
    from tickets where created_at >= (select e - interval 100 day from w) or last_solved_at >= (select e - interval 100 day from w) or first_reply_at >= (select e - interval 100 day from w)
)
select label, count(*) filter (where created_at >= s and created_at < e) as volume,
    quantile_cont(first_reply_seconds, 0.5) filter (where first_reply_at >= s and first_reply_at < e),
    quantile_cont(resolution_seconds, 0.5) filter (where last_solved_at >= s and last_solved_at < e),
    count(*) filter (where last_solved_at >= s and last_solved_at < e) as solved,
    avg((is_reopened_in_time)::int) filter (where first_solved_at >= s and first_solved_at < e and is_reopen_mature),
    avg((escalations > 0)::int) filter (where last_solved_at >= s and last_solved_at < e), avg(transfers) filter (where last_solved_at >= s and last_solved_at < e),
    avg(human_rounds) filter (where last_solved_at >= s and last_solved_at < e), avg((touches = 1)::int) filter (where last_solved_at >= s and last_solved_at < e),
    avg((not is_repeated and reopens = 0)::int) filter (where last_solved_at >= s and last_solved_at < e and is_fcr_mature)
from recent cross join marks where is_counted group by label;
with w as (select date_trunc('day', as_of) as e from mart),
marks as (
    select 'now' as label, e - interval 28 day as s, e from w union all select 'before', e - interval 56 day, e - interval 28 day from w
    union all select 'week ' || n, date_trunc('week', e) - to_days(7 * n::int), date_trunc('week', e) - to_days(7 * n::int) + interval 7 day from w, range(0, 13) t(n)
)
select label, count(*), avg(is_positive::int) from responses join marks on responded_at >= s and responded_at < e where is_last and is_counted and instrument_kind = 'csat' group by label;
with w as (select date_trunc('day', as_of) as e from mart),
marks as (
    select 'now' as label, e - interval 28 day as s, e from w union all select 'before', e - interval 56 day, e - interval 28 day from w
    union all select 'week ' || n, date_trunc('week', e) - to_days(7 * n::int), date_trunc('week', e) - to_days(7 * n::int) + interval 7 day from w, range(0, 13) t(n)
)
select label, count(*), avg(is_answered::int) from invites join marks on sent_at >= s and sent_at < e where is_counted and instrument_kind = 'csat' group by label;
with w as (select date_trunc('day', as_of) as e from mart),
marks as (
    select 'now' as label, e - interval 28 day as s, e from w union all select 'before', e - interval 56 day, e - interval 28 day from w
    union all select 'week ' || n, date_trunc('week', e) - to_days(7 * n::int), date_trunc('week', e) - to_days(7 * n::int) + interval 7 day from w, range(0, 13) t(n)
)
select label, count(*), quantile_cont(reply_seconds, 0.5) from replies join marks on replied_at >= s and replied_at < e where is_counted group by label;
with w as (select date_trunc('day', as_of) as e from mart),
marks as (
    select 'now' as label, e - interval 28 day as s, e from w union all select 'before', e - interval 56 day, e - interval 28 day from w
    union all select 'week ' || n, date_trunc('week', e) - to_days(7 * n::int), date_trunc('week', e) - to_days(7 * n::int) + interval 7 day from w, range(0, 13) t(n)
)
select label, count(*), avg((state = 'met')::int), sum(contract_value) filter (where state <> 'met') from sla_clocks join marks on judged_at >= s and judged_at < e
where is_counted and not is_doubled and state in ('met', 'breached', 'overdue') group by label;
with w as (select date_trunc('day', as_of) as e from mart),
marks as (
    select 'now' as label, e from w union all select 'before', e - interval 28 day from w
    union all select 'week ' || n, date_trunc('week', e) - to_days(7 * n::int) + interval 7 day from w, range(0, 13) t(n)
)
select label, count(*), quantile_cont(epoch(e - created_at), 0.5)
from marks join (select s.started_at, s.ended_at, t.created_at from ticket_states s join tickets t on t.ticket_id = s.ticket_id
    where s.is_unsolved and t.is_counted and s.ended_at > (select e - interval 100 day from w)) q on q.started_at <= e and q.ended_at > e
group by label;
with w as (select date_trunc('day', as_of) as e from mart)
select date_trunc('month', placed_at), avg(health) from account_health where placed_at >= (select e - interval 100 day from w) group by 1
