"""The next ticket of the same customer about the same thing, within the repeat window after a
solve.

About the same thing: the same issue type, or, where either has none, subjects that share enough
words (the threshold is calibrated on labelled questions, see docs/decisions). A customer is the
person; where a source knows only the account, the account. Spam, merged, split, deleted and
outbound tickets are nobody's repeat.
"""

from helmdesk.facts.build.fact import ByTicket, Fact

SIMILARITY = 0.5

fact = Fact(
    name="ticket_repeats",
    grain="one solved ticket whose customer came back about it",
    refresh=ByTicket(),
    families=(),
    is_internal=True,
    key="ticket_id",
    only_if="select 1 from ticket_openings where coalesce(customer_id, account_id) is not null",
    depends=("ticket_clocks", "ticket_openings"),
    sql=f"""
    with candidates as (
        select o.ticket_id, k.created_at, k.last_solved_at, o.issue_type,
            lower(o.subject) as subject, coalesce(o.customer_id, o.account_id) as who
        from ticket_openings o
        join ticket_clocks k on k.ticket_id = o.ticket_id
        where not (o.is_spam or o.is_merged or o.is_split or o.is_deleted or k.is_outbound)
            and coalesce(k.outcome, '') not in ('spam', 'merged', 'deleted')
                and coalesce(o.customer_id, o.account_id) is not null
    ),
    -- A repeat is looked for in the fortnight it can be in, not among everything the customer ever
    -- wrote.
    windows as (
        select c.*, unnest(generate_series(date_trunc('week', c.last_solved_at),
            c.last_solved_at + days(h.repeat_days), interval 7 day)) as week_at,
            c.last_solved_at + days(h.repeat_days) as until_at
        from candidates c
        cross join watermark h
        where c.last_solved_at < forever()
    )
    select a.ticket_id, arg_min(b.ticket_id, b.created_at) as repeat_ticket_id
    from windows a
    join candidates b on b.who = a.who and date_trunc('week', b.created_at) = a.week_at
        and b.created_at > a.last_solved_at
        and b.created_at <= a.until_at and b.ticket_id <> a.ticket_id
    where a.issue_type = b.issue_type or ((a.issue_type is null or b.issue_type is null)
        and similarity(a.subject, b.subject) >= {SIMILARITY!r})
    group by a.ticket_id
    """,
)
