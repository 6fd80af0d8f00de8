"""Surveys sent, and whether each was delivered and answered; and those that a rule held back, with
the reason. All sides carry the same dimensions.
"""

from helmdesk.facts.build.fact import ByKey, Dimension, Fact
from helmdesk.facts.responses import SURVEY_DIMENSIONS, timing
from helmdesk.records.answers import read_answers

ANSWERED = """(select survey_id, instrument_id, answer, score, occurred_at from survey_records
    where type = 'responded')"""

fact = Fact(
    name="invites",
    grain="one survey sent to one customer, or held back",
    dated="sent_at",
    refresh=ByKey("touched_surveys"),
    families=("survey",),
    refers={"account": "account_id"},
    key="survey_id",
    only_if="select 1 from survey_records",
    depends=("episodes", "tickets", "source_habits"),
    dimensions=(
        *SURVEY_DIMENSIONS,
        Dimension("not_asked", "not_asked", "why a rule did not ask; nothing where it asked"),
    ),
    sql=f"""
    with replied as (
        select survey_id, min(occurred_at) as responded_at
        from {read_answers(ANSWERED)} r
        where is_answer
        group by survey_id
    ),
    surveys as (
        -- What was held back has the moment that it would have been about.
        select survey_id, coalesce(min(case when type = 'sent' then occurred_at end),
                min(case when type = 'not_asked' then occurred_at end)) as sent_at,
            count_if(type = 'sent') > 0 as is_asked,
            min(case when type = 'not_asked' then coalesce(reason, 'not told') end) as reason,
            min(probability) as probability,
            count_if(type = 'delivered') > 0 as is_delivered,
            count_if(type = 'withdrawn') > 0 as is_withdrawn,
            max(ticket_id) as ticket_id, max(instrument_id) as instrument_id,
                max(customer_id) as customer_id,
            max(account_id) as account_id, min(channel) as channel, min(source) as source,
                min(fidelity) as fidelity
        from survey_records
        group by survey_id
        having count_if(type in ('sent', 'not_asked')) > 0
    ),
    solved as (
        select v.survey_id, arg_max(e.solver_agent_id, e.ended_at) as agent_id,
            arg_max(e.solver_team_id, e.ended_at) as team_id
        from surveys v
        join episodes e on e.ticket_id = v.ticket_id and e.ended_at <= v.sent_at
        group by v.survey_id
    )
    select v.survey_id, v.ticket_id, v.instrument_id, i.instrument_kind, i.about, v.sent_at,
        coalesce(y.responded_at, forever()) as responded_at,
        y.responded_at is not null as is_answered,
        v.is_withdrawn, v.is_asked, v.probability,
        case when not v.is_asked then v.reason end as not_asked,
        case when v.is_asked then {timing("v.sent_at")} end as survey_timing,
        -- A source that never reports deliveries cannot deny one.
        v.is_asked and (v.is_delivered or d.source is null) as is_delivered,
        coalesce(n.name, nullif(s.agent_id, ''), t.agent) as agent,
        coalesce(e.name, nullif(s.team_id, ''), t.team) as team,
        coalesce(v.channel, t.channel) as channel, t.priority, t.severity, t.issue_type,
        coalesce(v.customer_id, t.customer_id) as customer_id,
        coalesce(t.account_id, v.account_id) as account_id,
        coalesce(t.account, c.name, v.account_id) as account, coalesce(t.tier, c.tier) as tier,
        coalesce(t.region, c.region) as region, v.source,
        coalesce(not (t.is_spam or t.is_merged or t.is_deleted), true) as is_counted, v.fidelity
    from surveys v
    left join replied y on y.survey_id = v.survey_id
    join instruments i on i.entity_id = v.instrument_id
    left join source_habits d on d.source = v.source and d.reports_deliveries
    left join solved s on s.survey_id = v.survey_id
    left join tickets t on t.ticket_id = v.ticket_id
    left join latest_agents n on n.entity_id = s.agent_id
    left join latest_teams e on e.entity_id = s.team_id
    left join account_versions c on c.entity_id = v.account_id and v.sent_at >= c.valid_from
        and v.sent_at < c.valid_to
    """,
)
