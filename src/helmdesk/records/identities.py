"""Ids inside an account: which columns hold them, how they are told from those of other accounts,
what a plain number means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from helmdesk.quoting import text
from helmdesk.records.schema import RECORD_TYPES
from helmdesk.records.staging import Staging

# What is numbered in one account, by column; what identifies a record is always the account's own.
OF_RECORDS = ("record_id", "row_id", "supersedes", "in_reply_to")
OF_ROWS = ("survey_id", "leg_id", "booking_id", "link_id", "shift_id")
THINGS = {
    "ticket_id": "ticket",
    "target_ticket_id": "ticket",
    "customer_id": "customer",
    "agent_id": "agent",
    "team_id": "team",
    "account_id": "account",
    "queue_id": "queue",
    "calendar_id": "calendar",
    "policy_id": "sla_policy",
}
# Numbers of these are never meant for one of another account; other ids without a digit are words,
# which mean the same everywhere.
NUMBERED = ("ticket", "customer")
KNOWN_KINDS = ("agent", "customer", "account", "team", "queue", "calendar")
MEND = (
    "write such as {example} in the file, or load it with --as NAME (on the site: the field"
    " 'account')"
)


def _inside(prefix: str, value: str, is_always: str = "true") -> str:
    """Return SQL of an id of the account; nobody stays nobody."""
    is_number = (
        f"({is_always} or (regexp_matches({value}, '[0-9]') and not contains({value}, '@')))"
    )
    return (
        f"case when {value} <> '' and not starts_with({value}, {text(prefix)}) and {is_number} then"
        f" {text(prefix)} || {value} else {value} end"
    )


def qualify(staging: Staging, prefix: str, *, takes_place: bool, owns_all: bool) -> None:
    """Make the ids of a batch those of an account.

    Args:
        takes_place: its records take the place of the same ones without the account.
        owns_all: tickets, people and teams are the account's; else they were resolved before.
    """
    for family, given in staging.families.items():
        cells = {
            column: _inside(prefix, column) for column in (*OF_RECORDS, *OF_ROWS) if column in given
        }
        if takes_place:
            staging.ensure_column(family, "supersedes")
            cells["supersedes"] = "coalesce(supersedes, record_id)"
        if owns_all:
            cells |= {
                column: _inside(prefix, column, "true" if kind in NUMBERED else "false")
                for column, kind in THINGS.items()
                if column in given
            }
            if "actor_id" in given:
                cells["actor_id"] = _inside(
                    prefix,
                    "actor_id",
                    (
                        "coalesce(actor_kind = 'customer', false)"
                        if "actor_kind" in given
                        else "false"
                    ),
                )
            if "entity_id" in given:
                cells["entity_id"] = (
                    "case when type = 'instrument' then entity_id else"
                    f" {_inside(prefix, 'entity_id', '''type = 'customer' ''')} end"
                )
            if "field" in given:
                fields = ", ".join(text(column) for column in THINGS)
                always = ", ".join(
                    text(column) for column, kind in THINGS.items() if kind in NUMBERED
                )
                for column in ("value", "previous"):
                    if column in given:
                        cells[column] = (
                            f"case when field in ({fields}) then"
                            f" {_inside(prefix, column, f'field in ({always})')} else {column} end"
                        )
        staging.connection.execute(
            f"update staged_{family} set"
            f" {', '.join(f'{column} = {cell}' for column, cell in cells.items())}"
        )


def known_ids(
    staging: Staging, files: Mapping[str, Sequence[str]], prefixes: Mapping[str, str]
) -> None:
    """Create ``known_ids``: what the desk knows under each plain number, and under a number with
    its account's name.

    Args:
        files: the lake's Parquet files by family.
        prefixes: what ids begin with, by account.
    """
    from helmdesk.records.accounts import reader

    run = staging.connection.execute
    run("create or replace temp table prefixes (account varchar, prefix varchar)")
    for account, prefix in prefixes.items():
        run("insert into prefixes values (?, ?)", [account, prefix])
    rows = []
    if files.get("ticket"):
        present = {
            row[0] for row in run(f"describe select * from {reader(files['ticket'])}").fetchall()
        }
        rows.append(
            f"select source, 'ticket' as kind, ticket_id as id from {reader(files['ticket'])} where"
            " type = 'created'"
        )
        rows += [
            f"select source, {text(THINGS[column])}, {column} from {reader(files['ticket'])} where"
            f" {column} <> ''"
            for column in ("agent_id", "team_id")
            if column in present
        ]
    if files.get("entity"):
        kinds = ", ".join(map(text, KNOWN_KINDS))
        rows.append(
            f"select source, type, entity_id from {reader(files['entity'])} where type in ({kinds})"
        )
    if not rows:
        run(
            "create or replace temp table known_ids (kind varchar, number varchar, id varchar,"
            " account varchar)"
        )
        return
    run(
        f"""create or replace temp table known_ids as
        with listed as (select distinct source, kind, id from ({" union all ".join(rows)})),
        placed as (select kind, id, p.account, case when p.prefix <> ''
            and starts_with(id, p.prefix) then substr(id, length(p.prefix) + 1) else id
            end as number
            from listed l join prefixes p on p.account = l.source)
        select distinct kind, number, id, account from placed union select kind,
            account || ':' || number, id, account from placed"""
    )


def resolve_references(staging: Staging, prefix: str, *, is_named: bool) -> None:
    """Make plain numbers in a batch without tickets of its own mean what the desk knows under them.

    A number that several accounts have means nothing without the account: it goes to quarantine,
    and what speaks of it stays where it can be without it.

    Args:
        prefix: of the account that the batch is of.
        is_named: somebody said so: a number it has is meant, and one nobody has is its.
    """
    run = staging.connection.execute
    own = f"max(id) filter (where id = {text(prefix)} || number)" if is_named else "null::varchar"
    run(f"""create or replace temp table meant as select kind, number, count(distinct id) as found,
            coalesce({own}, case when count(distinct id) = 1 then max(id) end) as id,
            string_agg(distinct account, ', ' order by account) as accounts,
            max(account) || ':' || number as example
        from known_ids group by kind, number""")
    for family, given in tuple(staging.families.items()):
        for column, kind in _references(family, given).items():
            _resolve(staging, family, column, kind)
            if is_named and prefix and THINGS.get(column) in NUMBERED:
                # Nobody has it yet: it will come with the account's tickets.
                known = f"(select unnest([number, id]) from known_ids where kind = {kind})"
                run(
                    f"update staged_{family} set {column} = {_inside(prefix, column)} where"
                    f" {column} is not null and {column} not in {known}"
                )


def _references(family: str, given: Collection[str]) -> dict[str, str]:
    """Return the columns of a family that name something, with SQL of what kind of thing that
    is.
    """
    found = {column: text(kind) for column, kind in THINGS.items() if column in given}
    if "actor_id" in given:
        found["actor_id"] = (
            "case when actor_kind = 'customer' then 'customer' else 'agent' end"
            if "actor_kind" in given
            else "'agent'"
        )
    if family == "entity":
        found["entity_id"] = (
            "type"  # what a file says of people and teams, it says of those that are there
        )
    return found


def _resolve(staging: Staging, family: str, column: str, kind: str) -> None:
    run, table = staging.connection.execute, f"staged_{family}"
    run(
        f"""create or replace temp table named as select r.rowid as row, m.id, r.{column} as number,
            m.accounts, m.example, {kind} as kind
        from (select *, rowid from {table}) r join meant m on m.number = r.{column}
            and m.kind = {kind}"""
    )
    needed = (
        ", ".join(text(name) for name, type_ in RECORD_TYPES.items() if column in type_.required)
        or "''"
    )
    staging.reject_record(
        column,
        "n.number",
        "r.type || ': ' || n.kind || ' ' || n.number || ' is in several accounts (' || n.accounts"
        f" || '): ' || {_mend()}",
        f"{table} r join named n on n.row = r.rowid where n.id is null",
    )
    run(
        f"delete from {table} where type in ({needed}) and rowid in (select row from named where id"
        " is null)"
    )
    run(
        f"update {table} set {column} = n.id from named n where n.row = {table}.rowid and n.id is"
        " distinct from n.number"
    )


def _mend() -> str:
    before, _, after = MEND.partition("{example}")
    return f"{text(before)} || n.example || {text(after)}"
