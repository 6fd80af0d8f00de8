"""What a load brings that the lake does not hold yet, in tickets; and tickets that only share their numbers with known ones."""

from __future__ import annotations

from collections.abc import Sequence

from helmdesk.errors import ConflictError
from helmdesk.records.schema import SQL_TYPES, family_columns
from helmdesk.records.staging import Staging, name, text

# What says where and when a record was read, not what it says.
BOOKKEEPING = ("record_id", "batch_id", "recorded_at", "stated_at", "seq", "fidelity", "family")
# Systems that number their tickets and never change when one was created.
HELPDESKS = ("zendesk", "intercom", "jira", "servicenow")


def refuse_another_account(staging: Staging, files: Sequence[str]) -> None:
    """Refuse tickets of another account or system that have the numbers of known tickets: they would become one ticket.

    Args:
        files: the lake's Parquet files of the family ``ticket``.

    Raises:
        ConflictError: most tickets of known numbers were created at another time than the known ones.
    """
    if staging.source not in HELPDESKS or not files or "ticket" not in staging.families:
        return
    reader = f"read_parquet([{', '.join(text(file) for file in files)}], union_by_name=true, hive_partitioning=false)"
    listed = ", ".join(map(text, HELPDESKS))
    row = staging.connection.execute(
        f"""with given as (select ticket_id, min(occurred_at) as created_at from staged_ticket where type = 'created' group by ticket_id),
            known as (select ticket_id, list(distinct occurred_at) as times, min(source) as source from {reader}
                where type = 'created' and source in ({listed}) and ticket_id in (select ticket_id from given) group by ticket_id)
        select count(*), count_if(not list_contains(times, created_at)),
            arg_min((ticket_id, strftime(created_at, '%Y-%m-%d %H:%M'), strftime(times[1], '%Y-%m-%d %H:%M'), source), ticket_id) filter (where not list_contains(times, created_at))
        from given join known using (ticket_id)"""
    ).fetchone()
    shared, other, example = row or (0, 0, None)
    if not other or other * 2 <= shared:
        return
    ticket, here, there, source = example
    raise ConflictError(
        f"ticket {ticket} was created {here} UTC in these files and {there} UTC on this desk, where it came from {source}"
        f" ({other:,} of {shared:,} tickets with known numbers differ like this): another account or system with the same ticket numbers."
        " Nothing was loaded; give it a desk of its own: helmdesk init NEW_DESK"
    )


def count_tickets(staging: Staging, files: Sequence[str]) -> dict[str, int]:
    """Return how many of the tickets in a staging area are new, updated and unchanged, compared with the lake.

    Args:
        files: the lake's Parquet files of the family ``ticket``.
    """
    if "ticket" not in staging.families:
        return {}
    run = staging.connection.execute
    given = {column: kind for column, kind in family_columns("ticket").items() if column in staging.families["ticket"]}
    compared = ["record_id", *(column for column in given if column not in BOOKKEEPING)]
    run("create or replace temp table lake_tickets as select record_id, ticket_id, type from staged_ticket where false")
    if files:
        reader = f"read_parquet([{', '.join(text(file) for file in files)}], union_by_name=true, hive_partitioning=false)"
        present = {row[0] for row in run(f"describe select * from {reader}").fetchall()}
        cells = ", ".join(
            name(column) if column in present else f"null::{SQL_TYPES[given.get(column, 'text')]} as {name(column)}" for column in compared
        )
        run(
            f"create or replace temp table lake_tickets as select {cells} from {reader} where ticket_id in (select ticket_id from staged_ticket)"
        )
        news = (
            f"(select {', '.join(map(name, compared))} from staged_ticket except select {', '.join(map(name, compared))} from lake_tickets)"
        )
    else:
        news = "staged_ticket"
    row = run(
        f"""select count_if(not is_known), count_if(is_known and is_changed), count_if(is_known and not is_changed) from (
            select ticket_id in (select ticket_id from lake_tickets where type = 'created') as is_known, ticket_id in (select ticket_id from {news}) as is_changed
            from (select distinct ticket_id from staged_ticket where type = 'created'))"""
    ).fetchone() or (0, 0, 0)
    run("drop table lake_tickets")
    return dict(zip(("new", "updated", "unchanged"), (int(count or 0) for count in row), strict=True))
