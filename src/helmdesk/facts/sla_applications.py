"""Which SLA policy applied to which ticket from when to when, and its targets as of then.

What the source says comes first: a policy, a target of its own, or the time at which something is
due. Tickets it names no policy for get the policy of their account's contract, else the first
policy whose rules match: at creation, and again whenever anything changes that a rule reads (see
`sla_moments`). What is set within a minute of creation holds from creation. An application that
promises the same as the one before it goes on; it does not begin anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from helmdesk.clocks.sla import ALIASES, ANY_PRIORITY, KINDS, SlaPolicy, policy_from_definition
from helmdesk.engines.engine import Engine
from helmdesk.facts.build.fact import ByTicket, Fact
from helmdesk.facts.build.rows import put_rows
from helmdesk.facts.build.sla_moments import column_of, moments_sql
from helmdesk.facts.ticket_life import SETTLING
from helmdesk.quoting import text

ALWAYS = "always"
"""The calendar of targets in calendar time: never closed."""

TARGET_COLUMNS = {
    "policy_id": "text",
    "valid_from": "instant",
    "valid_to": "instant",
    "calendar_id": "text",
    "clock": "text",
    "kind": "text",
    "priority": "text",
    "target_seconds": "integer",
    "is_business": "flag",
    "pausing": "texts",
    "reopen": "text",
    "overridden": "texts",
}
FROM_CONTRACT, NO_RULE = -1_000_000, 1_000_000


def create_rules(engine: Engine) -> None:
    """Create ``sla_targets``, ``sla_kinds``, ``sla_time`` and ``sla_matches`` from the policies in
    the lake.
    """
    kinds = [
        (said, clock, *KINDS[clock])
        for said, clock in ({clock: clock for clock in KINDS} | ALIASES).items()
    ]
    put_rows(
        engine,
        "sla_kinds",
        {"said": "text", "clock": "text", "kind": "text", "pausing": "texts"},
        [(said, clock, kind, list(pausing)) for said, clock, kind, pausing in kinds],
        "temp table",
    )
    engine.make(
        "sla_time",
        "select calendar_id, start_at, end_at, seconds_before from working_time union all"
        f" select '{ALWAYS}', timestamp '1970-01-01 00:00:00', timestamp '2300-01-01 00:00:00', 0",
        "temp table",
    )
    rows = engine.ask(
        "select entity_id, valid_from, valid_to, calendar_id, definition from sla_policy_versions"
        " order by entity_id, valid_from"
    )
    targets: list[tuple[object, ...]] = []
    rules = []
    read: set[str] = set()
    for policy_id, valid_from, valid_to, calendar_id, definition in rows:
        policy = policy_from_definition(policy_id, definition)
        targets += _targets(policy, valid_from, valid_to, calendar_id)
        during = f"m.moment_at >= timestamp '{valid_from}' and m.moment_at < timestamp '{valid_to}'"
        rules.append(
            f"select m.ticket_id, m.moment_at, {text(policy_id)} as policy_id, {FROM_CONTRACT} as"
            f" place from sla_moments m where m.contract_policy_id = {text(policy_id)} and {during}"
        )
        if policy.match is not None:
            read.update(policy.match)
            conditions = " and ".join(
                [during, *(_condition(field, values) for field, values in policy.match.items())]
            )
            rules.append(
                f"select m.ticket_id, m.moment_at, {text(policy_id)}, {policy.order} from"
                f" sla_moments m where {conditions}"
            )
    put_rows(engine, "sla_targets", TARGET_COLUMNS, targets, "temp table")
    nothing = (
        "select cast(null as varchar) as ticket_id, cast(null as timestamp) as moment_at, cast(null"
        " as varchar) as policy_id, 0 as place where false"
    )
    moments = moments_sql(read)
    engine.make(
        "sla_moments", moments if rules else f"select * from ({moments}) q limit 0", "temp table"
    )
    engine.make("sla_matches", " union all ".join(rules or [nothing]), "temp table")


def _targets(
    policy: SlaPolicy, valid_from: object, valid_to: object, calendar_id: str | None
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of ``sla_targets``; a target for any priority names those that have one of
    their own.
    """
    for (clock, priority), target in {
        (target.clock, target.priority): target for target in reversed(policy.targets)
    }.items():
        others = [
            other.priority
            for other in policy.targets
            if other.clock == clock and other.priority != ANY_PRIORITY
        ]
        yield (
            policy.policy_id,
            valid_from,
            valid_to,
            calendar_id,
            clock,
            target.kind,
            priority,
            target.target_seconds,
            target.is_business,
            list(target.pausing),
            target.reopen,
            others if priority == ANY_PRIORITY else [],
        )


def _condition(field: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(text(value) for value in values)
    column = f"m.{column_of(field)} in ({listed})"
    # People name teams and accounts by name or by id.
    return f"({column} or m.{field} in ({listed}))" if field in ("account", "team") else column


fact = Fact(
    name="sla_applications",
    grain=(
        "one clock of one SLA policy on one ticket, from an application to the next that promises"
        " something else"
    ),
    refresh=ByTicket(),
    families=("sla",),
    is_internal=True,
    key="ticket_id",
    only_if=(
        "select 1 from sla_matches union all select 1 from sla_records where type ="
        " 'policy_applied'"
    ),
    depends=("tickets", "ticket_clocks", "ticket_states"),
    prepare=create_rules,
    sql=f"""
    with told as (
        select r.ticket_id, r.type, r.policy_id, coalesce(n.clock, r.clock) as clock,
            r.target_seconds, r.is_business, r.calendar_id, r.due_at, r.occurred_at,
            coalesce(lead(r.occurred_at) over (partition by r.ticket_id,
                coalesce(n.clock, r.clock, '') order by r.occurred_at, coalesce(r.seq, 0),
                r.record_id),
                forever()) as ended_at
        from sla_records r
        left join sla_kinds n on n.said = r.clock
        where r.type in ('policy_applied', 'policy_removed')
    ),
    chosen as (
        select m.ticket_id, m.moment_at, m.priority, x.policy_id
        from sla_moments m
        left join (select ticket_id, moment_at, policy_id from sla_matches
            qualify row_number() over (partition by ticket_id, moment_at order by place,
                policy_id) = 1) x on x.ticket_id = m.ticket_id and x.moment_at = m.moment_at
    ),
    turned as (
        select ticket_id, moment_at, policy_id, policy_id is distinct from lag(policy_id) over w
            or priority is distinct from lag(priority) over w as is_turn
        from chosen
        window w as (partition by ticket_id order by moment_at)
    ),
    applied as (
        select ticket_id, policy_id, clock, target_seconds, is_business, calendar_id, due_at,
            occurred_at as applied_at, ended_at, false as is_by_rule
        from told
        where type = 'policy_applied' and ended_at > occurred_at
        union all
        select * from (
            select ticket_id, policy_id, null as clock, null as target_seconds, null as is_business,
                null as calendar_id, null as due_at, moment_at,
                coalesce(lead(moment_at) over (partition by ticket_id order by moment_at),
                    forever()) as ended_at, true
            from turned where is_turn
        ) q where policy_id is not null
    ),
    situated as (
        select a.*, s.priority, s.calendar_id as ticket_calendar_id
        from (
            select applied.*, case when applied_at < k.created_at + {SETTLING}
                then k.created_at + {SETTLING} else applied_at end as looked_at
            from applied
            join ticket_clocks k on k.ticket_id = applied.ticket_id
        ) a
        join ticket_states s on s.ticket_id = a.ticket_id and s.started_at <= a.looked_at
            and s.ended_at > a.looked_at
    ),
    promised as (
        select a.ticket_id, a.policy_id, a.priority, a.applied_at, a.ended_at, g.clock, g.kind,
            g.pausing, g.reopen,
            g.target_seconds, a.due_at, g.is_business,
            coalesce(a.calendar_id, g.calendar_id, a.ticket_calendar_id) as calendar_id
        from situated a
        join sla_targets g on g.policy_id = a.policy_id and a.applied_at >= g.valid_from
            and a.applied_at < g.valid_to
            and coalesce(a.clock, g.clock) = g.clock
            and (g.priority = a.priority or (g.priority = '{ANY_PRIORITY}'
                and not list_contains(g.overridden, coalesce(a.priority, ''))))
        left join (
            select distinct ticket_id, clock from told where type = 'policy_applied'
                and (target_seconds is not null or due_at is not null)
        ) own on own.ticket_id = a.ticket_id and own.clock = g.clock
        -- What the source itself promises on a clock stands in the place of a rule's promise.
        where a.target_seconds is null and a.due_at is null
            and not (a.is_by_rule and own.ticket_id is not null)
        union all
        -- A source may state clock and target, or when it is due, without ever giving the policy
        -- itself.
        select a.ticket_id, a.policy_id, a.priority, a.applied_at, a.ended_at, a.clock, n.kind,
            coalesce(g.pausing, n.pausing), coalesce(g.reopen, 'resume'),
            a.target_seconds, a.due_at, a.due_at is null
                and coalesce(a.is_business, g.is_business, a.calendar_id is not null),
            coalesce(a.calendar_id, g.calendar_id, a.ticket_calendar_id)
        from situated a
        join sla_kinds n on n.said = a.clock
        left join (
            select policy_id, valid_from, valid_to, clock, min(calendar_id) as calendar_id,
                arg_min(pausing, priority) as pausing, min(reopen) as reopen,
                bool_and(is_business) as is_business
            from sla_targets group by policy_id, valid_from, valid_to, clock
        ) g on g.policy_id = a.policy_id and g.clock = a.clock and a.applied_at >= g.valid_from
            and a.applied_at < g.valid_to
        where a.target_seconds is not null or a.due_at is not null
    ),
    aimed as (
        select a.* exclude (calendar_id), case when not a.is_business then '{ALWAYS}'
            else c.clock_id end as clock_calendar_id
        from promised a
        left join calendar_clocks c on c.calendar_id = a.calendar_id
            and a.applied_at >= c.valid_from and a.applied_at < c.valid_to
    ),
    -- The same promise given again is one promise: a clock that is late is late once.
    followed as (
        select *, applied_at = lag(ended_at) over w and target_seconds is not distinct
            from lag(target_seconds) over w
            and due_at is not distinct from lag(due_at) over w and clock_calendar_id is not distinct
                from lag(clock_calendar_id) over w as is_same
        from aimed
        window w as (partition by ticket_id, policy_id, clock order by applied_at)
    ),
    numbered as (
        select *, sum(case when coalesce(is_same, false) then 0
            else 1 end) over (partition by ticket_id, policy_id, clock order by applied_at
            rows between unbounded preceding and current row) as promise
        from followed
    )
    select * exclude (is_same, promise, ended_at), last_ended_at as ended_at
    from (select *, max(ended_at) over (partition by ticket_id, policy_id, clock,
        promise) as last_ended_at from numbered) q
    where not coalesce(is_same, false)
    """,
)
