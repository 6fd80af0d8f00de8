"""Erasing a person from the lake: from every file, every earlier version, the log, and from what
comes later.

Numbers stay: each record of the person, and of the person's tickets, contacts, surveys and
bookings, keeps what measures need (type, times, states, team, scores). Identities are replaced by
tokens made with a secret that is forgotten at once; free text, names, and whatever the source sent
besides are blanked. Earlier versions of the lake end here: their files held the person too.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helmdesk.errors import DamageError, NotFoundError
from helmdesk.lake.lake import Lake
from helmdesk.quoting import text, texts
from helmdesk.records.privacy import TREATMENTS, Treatment
from helmdesk.replacement import replace_text

if TYPE_CHECKING:
    import duckdb

ERASED_FILE, LAKE_FOLDER = "erased.json", "lake"
KINDS = ("people", "tickets")
DIGEST = re.compile("[0-9a-f]{64}")
MEND = "restore it from a backup made after the last erasure"
# Whose ids are replaced, and in which table those of the person are gathered.
GATHERED = (
    Treatment.PEOPLE,
    Treatment.TICKETS,
    Treatment.LEGS,
    Treatment.SURVEYS,
    Treatment.BOOKINGS,
)
IDENTITIES = {
    column: treatment.value for column, treatment in TREATMENTS.items() if treatment in GATHERED
}
# A changed field is kept with its value only where the field itself is one of ours.
KNOWN_FIELDS = ("priority", "calendar_id", "issue_type")
COMMON_ANSWERS = 5
"""An answer is kept when this many records gave it: "good" says nothing about a person, a sentence
may.
"""


@dataclass(frozen=True)
class Erasure:
    """What an erasure did.

    Attributes:
        tickets: how many tickets of the person were made nameless.
        records: how many records were changed or removed.
        files: how many files of the lake were written anew.
        words: texts that named the person, for other places to look for; never stored.
    """

    tickets: int
    records: int
    files: int
    words: tuple[str, ...]


def erase_customers(lake: Lake, customers: Collection[str], desk: Path) -> Erasure:
    """Erase customers, by their ids in the lake, and remember digests of their ids so that a later
    load leaves them out.

    Raises:
        NotFoundError: no record names any of them.
    """
    with lake.writing(), lake.reading():
        return _Eraser(lake, tuple(customers)).run(desk)


class _Eraser:
    def __init__(self, lake: Lake, customers: tuple[str, ...]) -> None:
        import duckdb

        self.lake, self.customers = lake, customers
        self.files = lake.snapshot().files
        self.connection: duckdb.DuckDBPyConnection = duckdb.connect()
        self.connection.execute("set timezone = 'UTC'")
        self.connection.execute(
            "create table people as select unnest(?::varchar[]) as id", [list(customers)]
        )
        self.columns = {family: self._columns(self._all_of(family)) for family in self.files}

    def run(self, desk: Path) -> Erasure:
        """Find, rewrite, commit, clean up; the new files are on the disk before the log names
        them.
        """
        self._find()
        words = self._words()
        found = {
            (family, path): self._count(
                f"{self._reader(path)} where {self._condition(family, path)}"
            )
            for family in self.files
            for path in self.files[family]
        }
        changed = [place for place, count in found.items() if count]
        records = sum(
            count for (family, _), count in found.items() if family not in ("quarantine", "batch")
        )
        if not records:
            if not _were_erased(desk, self.customers):
                raise NotFoundError(f"no record names {', '.join(self.customers)}")
            self.lake.forget_history()  # an erasure that was interrupted may have left older files
            return Erasure(0, 0, 0, words)
        tickets = self._count("tickets")
        secret = secrets.token_hex(32)
        self.connection.execute(
            f"create macro token(kind, value) as 'erased:' || left(sha256('{secret}' || kind ||"
            " value), 20)"
        )
        remember(
            desk,
            {
                "people": self.customers,
                "tickets": [row[0] for row in self.connection.execute("from tickets").fetchall()],
            },
        )
        rewritten = {
            path: self.lake.write_file(family, self.connection.sql(self._rewritten(family, path)))
            for family, path in changed
        }
        self.lake.replace_files(rewritten)
        self.lake.forget_history()
        self.connection.close()
        return Erasure(tickets, records, len(changed), words)

    # -- finding ----------------------------------------------------------------------------------

    def _columns(self, reader: str) -> set[str]:
        return {
            row[0] for row in self.connection.execute(f"describe select * from {reader}").fetchall()
        }

    def _all_of(self, family: str) -> str:
        return (
            f"read_parquet({texts(self.files[family])}, union_by_name=true,"
            " hive_partitioning=false)"
        )

    @staticmethod
    def _reader(path: str) -> str:
        return f"read_parquet({text(path)}, hive_partitioning=false)"

    def _count(self, relation: str) -> int:
        ((found,),) = self.connection.execute(f"select count(*) from {relation}").fetchall()
        return int(found)

    def _gather(
        self,
        table: str,
        column: str,
        conditions: Mapping[str, str],
        families: Collection[str] | None = None,
    ) -> None:
        """Collect ids of one kind wherever one of `conditions` holds, by the column that each is
        over and a family may lack.
        """
        self.connection.execute(f"create table if not exists {table} (id varchar)")
        for family in families or self.files:
            has = self.columns.get(family, set())
            parts = [condition for name, condition in conditions.items() if name in has]
            if column in has and parts:
                reader = self._all_of(family)
                self.connection.execute(
                    f"insert into {table} select distinct {column} from {reader} where"
                    f" ({' or '.join(parts)}) and {column} is not null and {column} not in (from"
                    f" {table})"
                )

    def _find(self) -> None:
        """Tickets a person asked for; contacts, surveys and bookings with the person or about such
        a ticket.
        """
        person = {"customer_id": "customer_id in (from people)"}
        self._gather("tickets", "ticket_id", person)
        self._gather(
            "tickets",
            "ticket_id",
            {"actor_id": "(type = 'created' and actor_id in (from people))"},
            [f for f in ("ticket",) if f in self.files],
        )
        for table, column in (
            ("legs", "leg_id"),
            ("surveys", "survey_id"),
            ("bookings", "booking_id"),
        ):
            self._gather(table, column, {**person, "ticket_id": "ticket_id in (from tickets)"})
        self.connection.execute("create table batches as select null::varchar as id where false")
        for family in self.files:
            if family not in ("quarantine", "batch"):
                reader = self._all_of(family)
                self.connection.execute(
                    f"insert into batches select distinct batch_id from {reader} where"
                    f" {self._condition(family)}"
                )

    def _condition(self, family: str, path: str | None = None) -> str:
        """Which rows of a family, or of one of its files, speak of the person."""
        if family in ("quarantine", "batch"):
            return "batch_id in (from batches)"
        has = self._columns(self._reader(path)) if path else self.columns[family]
        names = {**IDENTITIES, "actor_id": "people"}
        parts = [
            f"coalesce({column} in (from {table}), false)"
            for column, table in names.items()
            if column in has
        ]
        if family == "entity":
            parts.append("(type = 'customer' and entity_id in (from people))")
        return " or ".join(parts) or "false"

    def _words(self) -> tuple[str, ...]:
        """What names the person, to be looked for elsewhere: ids and recorded names."""
        found = set(self.customers)
        if "entity" in self.files and "name" in self.columns["entity"]:
            reader = self._all_of("entity")
            found.update(
                row[0]
                for row in self.connection.execute(
                    f"select distinct name from {reader} where type = 'customer' and entity_id in"
                    " (from people) and name is not null"
                ).fetchall()
            )
        found.update(row[0] for row in self.connection.execute("from tickets").fetchall())
        return tuple(sorted(found, key=len, reverse=True))

    # -- rewriting --------------------------------------------------------------------------------

    def _rewritten(self, family: str, path: str) -> str:
        names = [
            row[0]
            for row in self.connection.execute(
                f"describe select * from {self._reader(path)}"
            ).fetchall()
        ]
        condition = self._condition(family, path)
        if family == "quarantine":
            cells = [
                (
                    f'case when {condition} then null else "{name}" end as "{name}"'
                    if name in ("raw", "extra")
                    else f'"{name}"'
                )
                for name in names
            ]
            return f"select {', '.join(cells)} from {self._reader(path)}"
        if family == "batch":
            report = (
                'json_merge_patch(report, \'{"quarantine_examples": [], "notes": []}\')::varchar'
            )
            cells = [
                (
                    f"case when {condition} then {report} else report end as report"
                    if name == "report"
                    else f'"{name}"'
                )
                for name in names
            ]
            return f"select {', '.join(cells)} from {self._reader(path)}"
        cells = [
            f'case when is_theirs then {self._nameless(name, family)} else "{name}" end as "{name}"'
            for name in names
        ]
        left = "where not (is_theirs and type = 'customer')" if family == "entity" else ""
        return (
            f"select {', '.join(cells)} from (select *, {condition} as is_theirs from"
            f" {self._reader(path)}) {left}"
        )

    def _nameless(self, name: str, family: str) -> str:
        """One cell of a record of the person."""
        listed = ", ".join(f"'{field}'" for field in KNOWN_FIELDS)
        match TREATMENTS.get(name, Treatment.EMPTIED):
            case Treatment.KEPT:
                return f'"{name}"'
            case Treatment.RECORD:
                return f"""token('records', "{name}")"""
            case treatment if treatment in GATHERED:
                return f"""case when "{name}" in (from {treatment}) then token('{treatment}',
                    "{name}") else "{name}" end"""
            case Treatment.AUTHOR:
                return (
                    f"case when actor_kind in ('customer', 'unknown') or {name} in (from people)"
                    f" then token('people', {name}) else {name} end"
                )
            case Treatment.FIELD:
                return f"""case when field in ({listed}) then "{name}"
                    {"else 'erased'" if name == "field" else ""} end"""
            case Treatment.ANSWER if family == "survey":
                reader = self._all_of("survey")
                return (
                    f"case when answer in (select answer from {reader} group by answer having"
                    f" count(*) >= {COMMON_ANSWERS}) then answer end"
                )
        return "null"


# -- later loads ------------------------------------------------------------------------------


def read_erased(desk: Path) -> dict[str, Any] | None:
    """Return the digests of whom this desk has erased; None when nobody was.

    Raises:
        DamageError: the file is damaged, or lost although the lake's log tells of an erasure.
    """
    path = desk / ERASED_FILE
    try:
        known = json.loads(path.read_bytes())
    except FileNotFoundError:
        if Lake(desk / LAKE_FOLDER).has_forgotten():
            raise DamageError(
                f"{path} is missing: people erased from this desk would come back with a load", MEND
            ) from None
        return None
    except ValueError:
        known = None
    # A flipped bit in the salt would let everybody come back. Files of earlier versions have no
    # digest of their own.
    is_whole = (
        isinstance(known, dict)
        and known.get("digest") in (None, _own_digest(known))
        and isinstance(known.get("salt"), str)
        and all(_are_digests(known.get(kind)) for kind in KINDS)
    )
    if not is_whole:
        raise DamageError(
            f"{path} is damaged: people erased from this desk would come back with a load", MEND
        )
    return dict(known)


def _own_digest(known: dict[str, Any]) -> str:
    told = {name: known[name] for name in sorted(known) if name != "digest"}
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _are_digests(values: Any) -> bool:
    return isinstance(values, list) and all(
        isinstance(value, str) and DIGEST.fullmatch(value) for value in values
    )


def remember(desk: Path, ids: dict[str, Collection[str]]) -> None:
    """Keep salted digests of what was erased, so that loading an old export does not bring it
    back.
    """
    path = desk / ERASED_FILE
    known = read_erased(desk) or {"salt": secrets.token_hex(16), "people": [], "tickets": []}
    for kind, values in ids.items():
        known[kind] = sorted(
            {
                *known[kind],
                *(hashlib.sha256((known["salt"] + value).encode()).hexdigest() for value in values),
            }
        )
    known["digest"] = _own_digest(known)
    replace_text(path, json.dumps(known, indent=1))


def _were_erased(desk: Path, people: Collection[str]) -> bool:
    return erased_among(desk, people) == frozenset(people)


def erased_among(desk: Path, people: Collection[str]) -> frozenset[str]:
    """Return which of several customers, by their ids, were erased from a desk.

    Raises:
        DamageError: what it remembers of that is damaged.
    """
    known = read_erased(desk)
    if known is None:
        return frozenset()
    digests = frozenset(known["people"])
    return frozenset(
        person
        for person in people
        if hashlib.sha256((known["salt"] + person).encode()).hexdigest() in digests
    )


def leave_out_erased(
    connection: duckdb.DuckDBPyConnection, families: dict[str, set[str]], desk: Path
) -> int:
    """Delete staged records of people erased from this desk; return how many there were."""
    known = read_erased(desk)
    if known is None:
        return 0
    connection.execute(
        "create or replace temp table erased_people as select unnest(?::varchar[]) as digest",
        [known["people"]],
    )
    connection.execute(
        "create or replace temp table erased_tickets as select unnest(?::varchar[]) as digest",
        [known["tickets"]],
    )
    left = 0
    for family, columns in families.items():
        pairs: list[tuple[str, str]] = [
            (column, "erased_people") for column in ("customer_id", "actor_id") if column in columns
        ]
        pairs += [("ticket_id", "erased_tickets")] if "ticket_id" in columns else []
        pairs += [("entity_id", "erased_people")] if family == "entity" else []
        parts = [
            f"coalesce(sha256('{known['salt']}' || {column}) in (from {table}), false)"
            for column, table in pairs
        ]
        if parts:
            found = connection.execute(
                f"delete from staged_{family} where {' or '.join(parts)}"
            ).fetchall()
            left += int(found[0][0])
    return left
