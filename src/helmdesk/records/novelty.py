"""What a load brings that the lake does not hold yet, in tickets."""

from __future__ import annotations

from collections.abc import Sequence

from helmdesk.quoting import name, text
from helmdesk.records.schema import SQL_TYPES, family_columns
from helmdesk.records.staging import Staging

# What says where and when a record was read, not what it says.
BOOKKEEPING = ("record_id", "batch_id", "recorded_at", "stated_at", "seq", "fidelity", "family")


def count_tickets(staging: Staging, files: Sequence[str]) -> dict[str, int]:
    """Return how many of the tickets in a staging area are new, updated and unchanged, compared
    with the lake.

    Args:
        files: the lake's Parquet files of the family ``ticket``.
    """
    if "ticket" not in staging.families:
        return {}
    run = staging.connection.execute
    given = {
        column: kind
        for column, kind in family_columns("ticket").items()
        if column in staging.families["ticket"]
    }
    compared = ["record_id", *(column for column in given if column not in BOOKKEEPING)]
    run(
        "create or replace temp table lake_tickets as select record_id, ticket_id, type from"
        " staged_ticket where false"
    )
    if files:
        reader = (
            f"read_parquet([{', '.join(text(file) for file in files)}], union_by_name=true,"
            " hive_partitioning=false)"
        )
        present = {row[0] for row in run(f"describe select * from {reader}").fetchall()}
        cells = ", ".join(
            (
                name(column)
                if column in present
                else f"null::{SQL_TYPES[given.get(column, 'text')]} as {name(column)}"
            )
            for column in compared
        )
        run(
            f"create or replace temp table lake_tickets as select {cells} from {reader} where"
            " ticket_id in (select ticket_id from staged_ticket)"
        )
        news = (
            f"(select {', '.join(map(name, compared))} from staged_ticket except select"
            f" {', '.join(map(name, compared))} from lake_tickets)"
        )
    else:
        news = "staged_ticket"
    row = run(
        f"""select count_if(not is_known), count_if(is_known and is_changed), count_if(is_known
            and not is_changed) from (
            select ticket_id in (select ticket_id from lake_tickets
                where type = 'created') as is_known,
                ticket_id in (select ticket_id from {news}) as is_changed
            from (select distinct ticket_id from staged_ticket where type = 'created'))"""
    ).fetchone() or (0, 0, 0)
    run("drop table lake_tickets")
    return dict(
        zip(("new", "updated", "unchanged"), (int(count or 0) for count in row), strict=True)
    )
