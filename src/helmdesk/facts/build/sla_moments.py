"""The moments at which SLA rules are tried, and what they read then: creation, and every change of
what a rule can name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from helmdesk.clocks.sla import CUSTOM
from helmdesk.facts.ticket_life import SETTLING
from helmdesk.quoting import text

# A field of a rule: the column of `sla_moments` that holds it by id, where that is another.
COLUMNS = {
    "account": "account_id",
    "contract": "contract_id",
    "customer": "customer_id",
    "team": "team_id",
}
# What tickets carry and sources tell changes of, as `field_changed` names it; team and priority
# stand in the ticket's states.
TOLD = {
    "channel": "channel",
    "severity": "severity",
    "issue_type": "issue_type",
    "customer": "customer_id",
    "account": "account_id",
    "region": "region",
}


def column_of(field: str) -> str:
    """Return the column of ``sla_moments`` that a rule on `field` reads."""
    return (
        f'"{field.replace(chr(34), "")}"' if field.startswith(CUSTOM) else COLUMNS.get(field, field)
    )


def moments_sql(read: Collection[str]) -> str:
    """Return house SQL of ``sla_moments``: one row for each state in which a ticket meets the rules
    differently.

    Tickets whose source names a policy have none. What changes within `SETTLING` of creation is
    taken as given at creation: triggers need some seconds.

    Args:
        read: the fields that any rule matches on; changes of others are no moment.
    """
    customs = sorted(field for field in read if field.startswith(CUSTOM))
    # A contract gives a policy without a rule, so a change of account or contract always counts.
    told = {
        **{
            TOLD[field]: (TOLD[field],)
            for field in TOLD
            if field in read or field in ("account", "region")
        },
        **{column_of(field): (field, field.removeprefix(CUSTOM)) for field in customs},
    }
    first = {column: f"coalesce(t.{column}, '')" for column in told}
    if "issue_type" in told:
        # The ticket's own column holds the latest.
        first["issue_type"] = "coalesce(o.issue_type, '')"
    first |= {
        column_of(field): f"coalesce(json_text(t.custom, {text(field.removeprefix(CUSTOM))}), '')"
        for field in customs
    }
    changed = {
        column: (
            f"case when r.field in ({', '.join(text(name) for name in names)}) then"
            " coalesce(r.value, '') end"
        )
        for column, names in told.items()
    }
    columns = ["priority", *(["team_id"] if "team" in read else []), *told]
    nothing = dict.fromkeys(columns, "cast(null as varchar)")
    fields = ", ".join(text(name) for names in told.values() for name in names)
    sources = [
        (
            "t.ticket_id, t.created_at as changed_at, 0 as place, 0 as seq, '' as record_id",
            {**nothing, **first},
            "unpoliced t"
            + (
                " left join (select ticket_id, arg_min(issue_type, occurred_at) as issue_type from"
                " ticket_records where type = 'created' group by ticket_id) o on o.ticket_id ="
                " t.ticket_id"
                if "issue_type" in told
                else ""
            ),
        ),
        (
            "s.ticket_id, s.started_at, 1, 0, ''",
            {
                **nothing,
                "priority": "coalesce(s.priority, '')",
                "team_id": "coalesce(s.team_id, '')",
            },
            "ticket_states s join unpoliced t on t.ticket_id = s.ticket_id",
        ),
        (
            (
                "r.ticket_id, greatest(r.occurred_at, t.created_at), 2, coalesce(r.seq, 0),"
                " r.record_id"
            ),
            {**nothing, **changed},
            (
                "ticket_records r join unpoliced t on t.ticket_id = r.ticket_id where r.type ="
                f" 'field_changed' and r.field in ({fields})"
            ),
        ),
        # Another tier or contract of the same account, while the ticket can still be late.
        *(
            (
                "w.ticket_id, v.valid_from, 3, 0, ''",
                nothing,
                (
                    f"held_accounts w join {versions} v on v.{key} = w.account_id cross join"
                    " watermark z where v.valid_from > w.created_at and v.valid_from <"
                    " w.last_solved_at and v.valid_from <= z.as_of"
                ),
            )
            for versions, key in (
                ("account_versions", "entity_id"),
                ("contract_versions", "account_id"),
            )
        ),
    ]
    points = " union all ".join(
        f"select {at}, {_cells(columns, values)} from {source}" for at, values, source in sources
    )
    return _moments(columns, customs, points)


def _cells(columns: Sequence[str], values: dict[str, str]) -> str:
    return ", ".join(f"{values[column]} as {column}" for column in columns)


def _moments(columns: Sequence[str], customs: Sequence[str], points: str) -> str:
    """Return the statement: points in time, each with all that is known then, less those at which
    nothing differs.
    """
    carried = ", ".join(
        f"last_value({column} ignore nulls) over life as {column}" for column in columns
    )
    settled = (
        f"case when p.changed_at < t.created_at + {SETTLING} then t.created_at else"
        " p.changed_at end"
    )
    read = [
        "priority",
        "contract_policy_id",
        "contract_id",
        "account_id",
        "account",
        "tier",
        "region",
        *(column for column in columns if column not in ("priority", "account_id", "region")),
    ]
    if "team_id" in columns:
        read.append("team")
    differs = " or ".join(f"{column} is distinct from lag({column}) over w" for column in read)
    team = "e.name" if "team_id" in columns else "cast(null as varchar)"
    join_team = (
        "left join latest_teams e on e.entity_id = s.team_id" if "team_id" in columns else ""
    )
    plain = [column for column in columns if column not in ("account_id", "region")]
    return f"""
    with unpoliced as (
        -- A due time is no policy, and an empty one is nothing at all.
        select * from tickets where ticket_id not in (
            select ticket_id from sla_records where type = 'policy_applied' and due_at is null
                and (clock is null or target_seconds is not null
                    or policy_id in (select entity_id from sla_policy_versions)))
    ),
    held_accounts as (
        select ticket_id, account_id, created_at, last_solved_at from unpoliced
            where account_id is not null
        union
        select t.ticket_id, r.value, t.created_at, t.last_solved_at from ticket_records r
            join unpoliced t on t.ticket_id = r.ticket_id
        where r.type = 'field_changed' and r.field = 'account_id' and r.value is not null
    ),
    points as ({points}),
    filled as (
        select ticket_id, changed_at, {carried},
            lead(changed_at) over (partition by ticket_id order by changed_at, place, seq,
                record_id) as next_at
        from points
        window life as (partition by ticket_id order by changed_at, place, seq, record_id
            rows between unbounded preceding and current row)
    ),
    moved as (
        select p.*, {settled} as moment_at, case when p.next_at < t.created_at + {SETTLING}
            then t.created_at else p.next_at end as next_moment_at
        from filled p
        join unpoliced t on t.ticket_id = p.ticket_id
    ),
    dressed as (
        select s.ticket_id, s.moment_at,
            {", ".join(f"nullif(s.{column}, '') as {column}" for column in plain)},
            nullif(s.account_id, '') as account_id,
            coalesce(a.name, nullif(s.account_id, '')) as account, a.tier,
            coalesce(a.region, nullif(s.region, '')) as region, c.entity_id as contract_id,
            c.policy_id as contract_policy_id, {team} as team
        from moved s
        left join account_versions a on a.entity_id = s.account_id and s.moment_at >= a.valid_from
            and s.moment_at < a.valid_to
        left join contract_versions c on c.account_id = s.account_id and s.moment_at >= c.valid_from
            and s.moment_at < c.valid_to
        {join_team}
        where s.next_moment_at is null or s.next_moment_at > s.moment_at
    ),
    compared as (
        select *, row_number() over w = 1 or {differs} as is_moment
        from dressed
        window w as (partition by ticket_id order by moment_at)
    )
    select * exclude (is_moment) from compared where is_moment
    """
