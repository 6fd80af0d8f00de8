"""Survey answers: every revision, marked first and last, read through its instrument."""

from helmdesk.engines.engine import Engine
from helmdesk.facts.bookings import booking_dimension
from helmdesk.facts.build.fact import TICKET_DIMENSIONS, ByKey, Dimension, Fact
from helmdesk.facts.build.taxonomy import theme_of
from helmdesk.records.answers import read_answers

SURVEY_OWN = {
    "team": Dimension("team", "team", "team that solved the episode the survey is about"),
    "agent": Dimension(
        "agent", "agent", "agent who solved the episode the survey is about", is_person=True
    ),
}
SURVEY_DIMENSIONS = (
    *(SURVEY_OWN.get(dimension.name, dimension) for dimension in TICKET_DIMENSIONS),
    Dimension("instrument", "instrument_id", "survey form"),
    Dimension(
        "survey_timing",
        "survey_timing",
        "when the survey was sent: before the first solve, within a day of it, or later",
    ),
)


COMMENT_THEME = Dimension(
    "comment_theme",
    "comment_theme",
    "what the comment is mostly about, by its words and the desk's themes; none without a comment",
)


def sort_comments(engine: Engine) -> None:
    """Create ``themed_comments`` by the desk's themes."""
    engine.make(
        "themed_comments",
        f"select record_id, {theme_of(engine, 'comment')} as theme from survey_records where"
        " comment is not null",
        "temp view",
    )


def timing(sent_at: str) -> str:
    """Return house SQL of when a survey was sent, measured at the ticket's first solve; null
    without a ticket.
    """
    return (
        f"case when t.first_solved_at is null then null when {sent_at} < t.first_solved_at then"
        f" 'before the solve' when {sent_at} < t.first_solved_at + days(1) then 'within a day of"
        " it' else 'later' end"
    )


fact = Fact(
    name="responses",
    grain="one revision of one survey answer",
    dated="responded_at",
    refresh=ByKey("touched_surveys"),
    families=("survey",),
    refers={"agent": "agent", "account": "account_id"},
    key="survey_id",
    only_if="select 1 from survey_records",
    depends=("episodes", "tickets"),
    prepare=sort_comments,
    dimensions=(*SURVEY_DIMENSIONS, COMMENT_THEME, booking_dimension("responses", "responded_at")),
    sql=f"""
    with sent as (
        select survey_id, min(occurred_at) as sent_at, min(probability) as probability
            from survey_records where type = 'sent' group by survey_id
    ),
    timely as (
        -- A revision counts while the survey is open: so many days after it was sent, or first
        -- answered.
        select r.*, coalesce(s.sent_at,
            min(r.occurred_at) over (partition by r.survey_id)) as opened_at,
            -- Whom a rule asks one time in four, answers for four; who was asked by no rule, for
            -- one.
            case when s.probability > 0 then 1 / s.probability else 1.0 end as asked_weight
        from survey_records r
        left join sent s on s.survey_id = r.survey_id
        where r.type = 'responded'
    ),
    answers as (
        -- Of revisions at one time the one that the source gives last counts; of a survey that was
        -- answered, no revision without an answer.
        select r.*,
            row_number() over (partition by r.survey_id
                order by case when r.is_answer then 0 else 1 end, r.occurred_at,
                    coalesce(r.revision, 0), r.recorded_at, coalesce(r.seq, 0), r.record_id)
                as revision_number,
            row_number() over (partition by r.survey_id,
                r.occurred_at <= r.opened_at + days(z.response_days)
                order by case when r.is_answer then 0 else 1 end, r.occurred_at desc,
                    coalesce(r.revision, 0) desc, r.recorded_at desc,
                    coalesce(r.seq, 0) desc, r.record_id desc) as from_last,
            r.occurred_at <= r.opened_at + days(z.response_days) as is_timely
        from {read_answers("timely")} r
        cross join watermark z
        where not exists (select 1 from survey_records w where w.type = 'withdrawn'
            and w.survey_id = r.survey_id)
    ),
    solved as (
        select a.record_id, arg_max(e.solver_agent_id, e.ended_at) as agent_id,
            arg_max(e.solver_team_id, e.ended_at) as team_id
        from answers a
        join episodes e on e.ticket_id = a.ticket_id and e.ended_at <= a.occurred_at
        group by a.record_id
    ),
    -- One voice per person: of several answers to one relationship survey within the window the
    -- last one counts.
    voices as (
        select a.record_id, lead(a.occurred_at) over (partition by a.instrument_id,
            coalesce(a.customer_id, t.customer_id) order by a.occurred_at, a.record_id)
                <= a.occurred_at + days(z.nps_days)
                    and coalesce(a.customer_id, t.customer_id) is not null as is_repeated
        from answers a
        cross join watermark z
        left join tickets t on t.ticket_id = a.ticket_id
        where a.from_last = 1 and a.is_timely and a.is_answer
    )
    select a.survey_id, a.record_id as response_id, a.ticket_id, a.instrument_id, a.instrument_kind,
        a.about, a.scale_high,
        a.occurred_at as responded_at, a.answer, a.number as score, a.comment,
        h.theme as comment_theme, a.is_answer,
        a.is_positive, a.is_negative, a.revision_number = 1 as is_first, a.from_last = 1
            and a.is_timely as is_last,
        cast(a.asked_weight as double) as asked_weight,
        a.is_timely, not coalesce(v.is_repeated, false) as is_last_of_contact,
        {timing("a.opened_at")} as survey_timing,
        coalesce(n.name, a.agent_id, nullif(s.agent_id, ''), t.agent) as agent,
        coalesce(e.name, a.team_id, nullif(s.team_id, ''), t.team) as team,
        coalesce(a.channel, t.channel) as channel, t.priority, t.severity, t.issue_type,
        coalesce(a.customer_id, t.customer_id) as customer_id,
        coalesce(t.account_id, a.account_id, u.account_id) as account_id,
        coalesce(t.account, c.name, a.account_id, u.account_id) as account,
        coalesce(t.tier, c.tier) as tier,
        coalesce(t.region, c.region) as region, a.source,
        coalesce(not (t.is_spam or t.is_merged or t.is_deleted), true) as is_counted, a.fidelity
    from answers a
    left join solved s on s.record_id = a.record_id
    left join voices v on v.record_id = a.record_id
    left join themed_comments h on h.record_id = a.record_id
    left join customer_versions u on u.entity_id = a.customer_id and a.occurred_at >= u.valid_from
        and a.occurred_at < u.valid_to
    left join tickets t on t.ticket_id = a.ticket_id
    left join latest_agents n on n.entity_id = coalesce(a.agent_id, s.agent_id)
    left join latest_teams e on e.entity_id = coalesce(a.team_id, s.team_id)
    left join account_versions c on c.entity_id = coalesce(a.account_id, u.account_id)
        and a.occurred_at >= c.valid_from and a.occurred_at < c.valid_to
    """,
)
