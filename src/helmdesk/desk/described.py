"""What the columns of a connected table mean: said by a mapping file, or recognised once and kept
with the connection.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from helmdesk.connectors.parts.access import Access
from helmdesk.connectors.parts.connector import Connector, Row
from helmdesk.desk.connection_tables import write_table
from helmdesk.errors import HelmdeskError, MappingError, UsageError, nearest
from helmdesk.records.limits import Limits

ASKED = "mapping"
RULES = "rules.toml"


def draft(rows: Sequence[Row], limits: Limits, table: str = "", *, is_final: bool) -> str:
    """Return a mapping for rows, as text.

    Args:
        table: what it is called.
        is_final: nobody will look at it: what nothing tells is left out.

    Raises:
        UsageError: there are no rows to look at.
    """
    from helmdesk.sources.parts.suggestion import draft_mapping

    if not rows:
        raise UsageError(
            "there is no row yet from which to tell what the columns mean",
            "say it: --set mapping=FILE",
        )
    with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch:
        path = write_table(Path(scratch), table.rpartition(".")[2] or "rows", rows)
        return draft_mapping(path, limits, (), "UTC", is_final=is_final).text


def describe(
    connector: Connector[Any], api: Access, said: Mapping[str, str], limits: Limits
) -> dict[str, str]:
    """Return what was said of an account with a mapping that fits it, where it needs one.

    Raises:
        MappingError: the mapping is none, or speaks of columns that are not there.
        UsageError: nobody said a mapping, and nothing recognises the columns.
    """
    settled = dict(said)
    if not any(ask.name == ASKED for ask in connector.asks) or connector.files is not None:
        return settled
    rows = connector.example(api) if connector.example else []
    if not settled.get(ASKED):
        settled[ASKED] = draft(rows, limits, settled.get("table", ""), is_final=True)
        with suppress(HelmdeskError):
            columns_of(settled[ASKED])
            return settled
        raise UsageError(
            f"nothing tells what the columns mean: {', '.join(list(rows[0])[:20])}",
            "run it again with --suggest > mapping.toml, fill in what is marked, then say"
            " --set mapping=mapping.toml",
        )
    wanted = columns_of(settled[ASKED])
    there = list(dict.fromkeys(column for row in rows for column in row))
    if rows and (lacking := sorted(wanted - set(there))):
        raise MappingError(
            f"the mapping reads a column that is not there: '{lacking[0]}'"
            f"{nearest(lacking[0], there)} (there are: {', '.join(there[:30])})"
        )
    return settled


def columns_of(mapping: str) -> set[str]:
    """Return the columns that a mapping reads.

    Raises:
        MappingError: it is none.
    """
    return {*_read(mapping).columns()}


def makes_tickets(mapping: str) -> bool:
    """Whether rows become tickets by a mapping, not calls, messages or answers alone."""
    return any(rule.type == "created" for rule in _read(mapping).rules)


def _read(mapping: str) -> Any:
    from helmdesk.sources.parts.mapping_file import read_mapping

    with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch:
        path = Path(scratch) / RULES
        path.write_text(mapping, encoding="utf-8")
        try:
            return read_mapping(path)
        except MappingError as error:
            raise MappingError(str(error).replace(f"{path}", "the mapping")) from None
