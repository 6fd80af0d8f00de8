"""Solved tickets with what they cost their customer, what was foretold of them, and what came.

An answer stands beside the prediction only where it was given after the last solve: one that came
before was known to whoever foretold. Where a customer answered several surveys of a kind the last
answer counts. ``held_seconds`` is how long the solve has held so far: until the customer came back
about the same thing, until the window of first contact resolution was over, or until the end of the
data; a ticket that was not done in one go has held for no time at all.
"""

from helmdesk.facts.build.fact import TICKET_DIMENSIONS, Dimension, Fact, View

POINTS = "e.further_contacts + e.handovers + e.channel_switches + e.questions_again"
BAND = """case when effort_points < 1 then '0-1' when effort_points < 2 then '1-2'
    when effort_points < 4 then '2-4' when effort_points < 7 then '4-7' else '7 and more' end"""
LENT = (
    *("ticket_id", "created_at", "last_solved_at", "channel", "team", "agent", "priority"),
    *("severity", "issue_type", "customer_id", "account_id", "account", "tier", "region"),
    *("source", "fidelity", "is_counted", "outcome", "human_rounds", "is_fcr_mature"),
    "repeat_ticket_id",
)

fact = Fact(
    name="closings",
    grain="one ticket that is solved",
    refresh=View(),
    families=(),
    depends=("tickets", "efforts", "predictions", "responses"),
    dimensions=(
        *TICKET_DIMENSIONS,
        Dimension("effort", BAND, "points of effort: 0-1, 1-2, 2-4, 4-7, 7 and more"),
        Dimension(
            "text_known",
            "case when has_text then 'yes' else 'no' end",
            "whether the records hold what was written on it",
        ),
        Dimension(
            "csat_answered",
            "case when csat_is_good is null then 'no' else 'yes' end",
            "whether its customer answered a CSAT survey after the last solve",
        ),
    ),
    sql=f"""
    with answers as (
        select r.ticket_id,
            arg_max(r.is_positive, (r.responded_at, r.response_id)) filter (
                where r.instrument_kind = 'csat'
                and coalesce(r.about, 'transactional') = 'transactional') as csat_is_good,
            arg_max(r.is_positive, (r.responded_at, r.response_id)) filter (
                where r.instrument_kind = 'ces') as ces_is_easy
        from responses r
        join tickets t on t.ticket_id = r.ticket_id and r.responded_at > t.last_solved_at
        where r.is_counted and r.is_answer and r.is_last
        group by r.ticket_id
    ),
    held as (
        select t.ticket_id, t.is_repeated,
            t.human_rounds = 1 and not t.is_reopened_in_time
                and not (t.fcr_escalation_fails and t.escalations > 0) as is_in_one_go,
            coalesce(n.created_at, least(t.last_solved_at
                + days(greatest(z.repeat_days, z.reopen_days)), z.as_of)) as held_until
        from tickets t
        cross join watermark z
        left join tickets n on n.ticket_id = t.repeat_ticket_id
        where t.last_solved_at < forever()
    )
    select {", ".join(f"t.{name}" for name in LENT)},
        e.further_contacts, e.handovers, e.channel_switches, e.questions_again, e.waiting_days,
        e.has_text,
        {POINTS} + e.waiting_days as effort_points,
        h.is_in_one_go, not (h.is_in_one_go and not h.is_repeated) as is_over,
        case when h.is_in_one_go then seconds(t.last_solved_at, h.held_until) else 0
            end as held_seconds,
        case when t.is_fcr_mature then h.is_in_one_go and not h.is_repeated end as fcr_is_good,
        a.csat_is_good, a.ces_is_easy,
        p.csat_chance, p.csat_model, p.ces_chance, p.ces_model, p.fcr_chance, p.fcr_model
    from tickets t
    join held h on h.ticket_id = t.ticket_id
    join efforts e on e.ticket_id = t.ticket_id
    left join answers a on a.ticket_id = t.ticket_id
    left join predictions p on p.ticket_id = t.ticket_id
    """,
)
