"""Which SLA policy applied to which ticket from when to when, and its targets as of then.

What the source says comes first. Tickets it says nothing about get the policy of their account's contract,
else the first policy whose rules match, at creation and again whenever the priority changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from helmdesk.clocks.sla import ANY_PRIORITY, CUSTOM, KINDS, SlaPolicy, policy_from_definition
from helmdesk.engines.engine import Engine
from helmdesk.facts.fact import Fact
from helmdesk.facts.rows import put_rows
from helmdesk.records.staging import text

ALWAYS = "always"
"""The calendar of targets in calendar time: never closed."""

MATCH_COLUMNS = {"account": "account_id", "contract": "contract_id", "customer": "customer_id", "team": "team_id"}
TARGET_COLUMNS = {
    "policy_id": "text", "valid_from": "instant", "valid_to": "instant", "calendar_id": "text", "clock": "text", "kind": "text",
    "priority": "text", "target_seconds": "integer", "is_business": "flag", "pausing": "texts", "reopen": "text",
    "overridden": "texts",
}  # fmt: skip
FROM_CONTRACT, NO_RULE = -1_000_000, 1_000_000


def create_rules(engine: Engine) -> None:
    """Create ``sla_targets``, ``sla_kinds``, ``sla_time`` and ``sla_matches`` from the policies in the lake."""
    kinds = [(clock, kind, list(pausing)) for clock, (kind, pausing) in KINDS.items()]
    put_rows(engine, "sla_kinds", {"clock": "text", "kind": "text", "pausing": "texts"}, kinds, "temp table")
    engine.make(
        "sla_time",
        f"select calendar_id, start_at, end_at, seconds_before from working_time union all"
        f" select '{ALWAYS}', timestamp '1970-01-01 00:00:00', timestamp '2300-01-01 00:00:00', 0",
        "temp table",
    )
    rows = engine.ask(
        "select entity_id, valid_from, valid_to, calendar_id, definition from sla_policy_versions order by entity_id, valid_from"
    )
    targets: list[tuple[object, ...]] = []
    rules = []
    for policy_id, valid_from, valid_to, calendar_id, definition in rows:
        policy = policy_from_definition(policy_id, definition)
        targets += _targets(policy, valid_from, valid_to, calendar_id)
        during = f"m.moment_at >= timestamp '{valid_from}' and m.moment_at < timestamp '{valid_to}'"
        rules.append(f"select m.ticket_id, m.moment_at, {text(policy_id)} as policy_id, {FROM_CONTRACT} as place from sla_moments m"
                     f" where m.contract_policy_id = {text(policy_id)} and {during}")  # fmt: skip
        if policy.match is not None:
            conditions = " and ".join([during, *(_condition(field, values) for field, values in policy.match.items())])
            rules.append(f"select m.ticket_id, m.moment_at, {text(policy_id)}, {policy.order} from sla_moments m where {conditions}")
    put_rows(engine, "sla_targets", TARGET_COLUMNS, targets, "temp table")
    nothing = "select cast(null as varchar) as ticket_id, cast(null as timestamp) as moment_at, cast(null as varchar) as policy_id, 0 as place where false"
    engine.make("sla_moments", MOMENTS if rules else f"{MOMENTS} limit 0", "temp table")
    engine.make("sla_matches", " union all ".join(rules or [nothing]), "temp table")


def _targets(policy: SlaPolicy, valid_from: object, valid_to: object, calendar_id: str | None) -> Iterator[tuple[object, ...]]:
    """Yield the rows of ``sla_targets``; a target for any priority names those that have one of their own."""
    for (clock, priority), target in {(target.clock, target.priority): target for target in reversed(policy.targets)}.items():
        others = [other.priority for other in policy.targets if other.clock == clock and other.priority != ANY_PRIORITY]
        yield (
            policy.policy_id, valid_from, valid_to, calendar_id, clock, target.kind, priority, target.target_seconds, target.is_business,
            list(target.pausing), target.reopen, others if priority == ANY_PRIORITY else [],
        )  # fmt: skip


def _condition(field: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(text(value) for value in values)
    if field.startswith(CUSTOM):
        name = field.removeprefix(CUSTOM).replace('"', "")
        return f"json_text(m.custom, {text(name)}) in ({listed})"
    names = {"account": "account", "team": "team"}
    column = f"m.{MATCH_COLUMNS.get(field, field)} in ({listed})"
    return f"({column} or m.{names[field]} in ({listed}))" if field in names else column


# The moments at which rules are tried: creation, and every change of priority.
MOMENTS = """
    select t.ticket_id, s.started_at as moment_at, s.priority, t.account_id, t.account, t.contract_id, t.contract_policy_id, t.tier, t.region,
        t.channel, t.issue_type, t.severity, t.customer_id, t.custom, s.team_id, e.name as team
    from tickets t
    join (select *, lag(priority) over (partition by ticket_id order by started_at) as last_priority,
            row_number() over (partition by ticket_id order by started_at) as place from ticket_states
            where ticket_id not in (select ticket_id from sla_records where type = 'policy_applied')) s on s.ticket_id = t.ticket_id
    left join latest_teams e on e.entity_id = s.team_id
    where s.place = 1 or s.priority is distinct from s.last_priority
"""

fact = Fact(
    name="sla_applications",
    grain="one clock of one SLA policy on one ticket, from an application to the next",
    key="ticket_id",
    only_if="select 1 from sla_matches union all select 1 from sla_records where type = 'policy_applied'",
    depends=("tickets", "ticket_clocks", "ticket_states"),
    prepare=create_rules,
    sql=f"""
    with told as (
        select ticket_id, type, policy_id, clock, target_seconds, calendar_id, occurred_at,
            coalesce(lead(occurred_at) over (partition by ticket_id, coalesce(clock, '') order by occurred_at, coalesce(seq, 0), record_id), forever()) as ended_at
        from sla_records
        where type in ('policy_applied', 'policy_removed')
    ),
    chosen as (
        select ticket_id, moment_at, policy_id
        from sla_matches
        qualify row_number() over (partition by ticket_id, moment_at order by place, policy_id) = 1
    ),
    applied as (
        select ticket_id, policy_id, clock, target_seconds, calendar_id, occurred_at as applied_at, ended_at
        from told
        where type = 'policy_applied' and ended_at > occurred_at
        union all
        select ticket_id, policy_id, null, null, null, moment_at,
            coalesce(lead(moment_at) over (partition by ticket_id order by moment_at), forever())
        from chosen
    ),
    situated as (
        select a.*, s.priority, s.calendar_id as ticket_calendar_id
        from (select *, greatest(applied_at, k.created_at) as looked_at from applied join (select ticket_id, created_at from ticket_clocks) k using (ticket_id)) a
        join ticket_states s on s.ticket_id = a.ticket_id and s.started_at <= a.looked_at and s.ended_at > a.looked_at
    ),
    aimed as (
        select a.ticket_id, a.policy_id, a.priority, a.applied_at, a.ended_at, g.clock, g.kind, g.pausing, g.reopen,
            coalesce(a.target_seconds, g.target_seconds) as target_seconds, g.is_business,
            coalesce(a.calendar_id, g.calendar_id, a.ticket_calendar_id) as calendar_id
        from situated a
        join sla_targets g on g.policy_id = a.policy_id and a.applied_at >= g.valid_from and a.applied_at < g.valid_to
            and coalesce(a.clock, g.clock) = g.clock
            and (g.priority = a.priority or (g.priority = '{ANY_PRIORITY}' and not list_contains(g.overridden, coalesce(a.priority, ''))))
        union all
        -- A source may state clock and target without ever giving the policy itself.
        select a.ticket_id, a.policy_id, a.priority, a.applied_at, a.ended_at, a.clock, n.kind, n.pausing, 'resume', a.target_seconds,
            a.calendar_id is not null, a.calendar_id
        from situated a
        join sla_kinds n on n.clock = a.clock
        where a.target_seconds is not null and a.policy_id not in (select policy_id from sla_targets)
    )
    select a.* exclude (calendar_id), case when not a.is_business then '{ALWAYS}' else c.clock_id end as clock_calendar_id
    from aimed a
    left join calendar_clocks c on c.calendar_id = a.calendar_id and a.applied_at >= c.valid_from and a.applied_at < c.valid_to
    """,
)
