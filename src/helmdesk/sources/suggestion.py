"""A first mapping for an unknown file, guessed from its header and its first rows."""

from __future__ import annotations

import json
import re
from pathlib import Path

from helmdesk.records.staging import Staging, name
from helmdesk.sources.reading.raw_tables import read_table
from helmdesk.sources.reading.times import TimeReader

# Words in a column's name, most telling first, for each record column.
HINTS: dict[str, tuple[str, ...]] = {
    "ticket_id": ("ticket id", "ticket no", "ticket number", "case id", "incident", "number", "unique id", "order id", "id"),
    "created": ("created", "opened", "issue reported", "reported", "submitted", "date of purchase", "start", "date"),
    "solved": ("resolved", "solved", "closed", "completed", "time to resolution", "end"),
    "replied": ("first response", "first reply", "responded", "replied"),
    "surveyed": ("survey", "rated at", "rating date"),
    "answer": ("csat", "satisfaction", "rating", "score"),
    "channel": ("channel", "contact type", "via"),
    "priority": ("priority",),
    "status": ("ticket status", "status", "state"),
    "issue_type": ("category", "type", "topic"),
    "agent_id": ("agent", "assignee", "assigned to", "owner"),
    "team_id": ("team", "group", "supervisor", "queue"),
    "comment": ("remark", "comment", "feedback"),
    "customer_id": ("customer", "requester", "caller", "user"),
    "account_id": ("account", "company", "organization", "organisation"),
}
FORMATS = (
    "iso", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d-%m-%Y %H:%M",
    "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d-%b-%y", "%d-%b-%Y", "%d.%m.%Y",
)  # fmt: skip
TIMES = ("created", "solved", "replied", "surveyed")
MISSING_CODES = ("?", "NA", "N/A", "n/a", "null", "NULL", "None", "-")
READS_AS_TIME = 0.9
# What words of a status mean, looked for in this order; any other means open.
STATUS_WORDS = (
    (r"re-?open|not (resolved|closed|solved)|unresolved|unsolved", "open"),
    (r"closed?|complete|done|cancel|reject|duplicate", "closed"),
    (r"resol|solved|fixed", "solved"),
    (r"customer|user|caller|requester|pending", "waiting_customer"),
    (r"vendor|third|hold|wait|suspend", "waiting_third_party"),
    (r"new|submitted|unassigned", "new"),
)
MOST_STATUSES = 30


def suggest_mapping(path: Path) -> str:
    """Return the text of a mapping for `path`; guesses worth a look end in ``# ?``.

    Raises:
        NotFoundError, InputError: the file cannot be read.
    """
    import duckdb

    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    staging = Staging(connection, "suggestion", "suggestion")
    table = read_table(staging, path)
    codes = [
        code
        for code in MISSING_CODES
        if connection.execute(
            f"select count(*) from {table.table} where ? in ({', '.join(name(c) for c in table.columns)})", [code]
        ).fetchone() != (0,)
    ]  # fmt: skip
    formats = {column: _date_format(staging, table.table, column, codes) for column in table.columns}
    found = _match(table.columns, {column for column, shape in formats.items() if shape})
    answers = _values(staging, table.table, found.get("answer"), 12)
    statuses = _values(staging, table.table, found.get("status"), MOST_STATUSES + 1)
    return _write(path, found, formats, codes, answers, statuses)


def _date_format(staging: Staging, table: str, column: str, codes: list[str]) -> str | None:
    cell = name(column)
    unlisted = ", ".join("'" + code + "'" for code in ["", *codes])
    sample = f"(select {cell} from {table} where {cell} is not null and {cell} not in ({unlisted}) limit 500)"
    for shape in FORMATS:
        row = staging.connection.execute(f"select count(*), count({TimeReader('UTC', shape).instant(cell)}) from {sample}").fetchone()
        if row and row[0] and row[1] / row[0] >= READS_AS_TIME:
            return shape
    return None


def _match(columns: tuple[str, ...], dated: set[str]) -> dict[str, str]:
    words = {column: re.sub(r"[^a-z0-9]+", " ", column.lower()).strip() for column in columns}
    found: dict[str, str] = {}
    for target, hints in HINTS.items():
        for hint in hints:
            candidates = [
                column
                for column in columns
                if column not in found.values() and (column in dated) == (target in TIMES)
                and re.search(rf"\b{re.escape(hint)}", words[column])
            ]  # fmt: skip
            if candidates:
                found[target] = candidates[0]
                break
    return found


def _values(staging: Staging, table: str, column: str | None, most: int) -> list[str]:
    if column is None:
        return []
    rows = staging.connection.execute(
        f"select distinct trim({name(column)}) from {table} where {name(column)} is not null limit {most}"
    ).fetchall()
    return sorted(row[0] for row in rows if row[0])


def _status(word: str) -> str:
    return next((status for pattern, status in STATUS_WORDS if re.search(pattern, word.lower())), "open")


def _write(
    path: Path, found: dict[str, str], formats: dict[str, str | None], codes: list[str], answers: list[str], statuses: list[str]
) -> str:
    quote = json.dumps
    stem = re.sub(r"[^a-z0-9]+", "_", path.name.split(".")[0].lower()).strip("_") or "file"
    main = formats.get(found.get("created", "")) or "iso"
    key = found.get("ticket_id")
    lines = [
        f"# A first mapping for {path.name}. Every line marked '?' is a guess.",
        f"name = {quote(stem)}",
        f"key = [{quote(key)}]  # ? the columns that identify a row" if key else '# key = ["..."]  # ? the columns that identify a row',
        'time_zone = "UTC"  # ? zone of times without an offset',
        f"date_format = {quote(main)}",
        f"missing = {quote(['', *codes])}",
    ]

    def cell(target: str) -> str:
        column = found[target]
        shape = formats.get(column)
        if target in TIMES and shape != main:
            return f"{{ column = {quote(column)}, date_format = {quote(shape)} }}"
        return quote(column)

    if key and "created" in found:
        lines += [
            "",
            "[[record]]",
            'type = "created"',
            "[record.columns]",
            f"ticket_id = {cell('ticket_id')}",
            f"occurred_at = {cell('created')}",
        ]
        lines += [
            f"{target} = {cell(target)}  # ?"
            for target in ("channel", "priority", "issue_type", "agent_id", "team_id", "customer_id", "account_id")
            if target in found
        ]
        if 0 < len(statuses) <= MOST_STATUSES:
            words = ", ".join(f"{quote(word)} = {quote(_status(word))}" for word in statuses if word not in codes)
            lines += [
                f"status = {{ column = {quote(found['status'])}, values = {{ {words} }} }}  # ? where no other record says how it ended"
            ]
    if key and "replied" in found:
        lines += ["", "[[record]]", 'type = "message"', "optional = true", "[record.columns]", f"ticket_id = {cell('ticket_id')}",
                  f"occurred_at = {cell('replied')}  # ?", 'direction = { constant = "outbound" }', 'visibility = { constant = "public" }',
                  'actor_kind = { constant = "human" }  # ?']  # fmt: skip
        lines += [f"actor_id = {cell('agent_id')}  # ?"] if "agent_id" in found else []
    if key and "solved" in found:
        lines += ["", "[[record]]", 'type = "status_changed"', "optional = true", "[record.columns]", f"ticket_id = {cell('ticket_id')}",
                  f"occurred_at = {cell('solved')}  # ?", 'status = { constant = "solved" }']  # fmt: skip
    if key and "answer" in found:
        when = "surveyed" if "surveyed" in found else "created"
        lines += ["", "[[record]]", 'type = "responded"', "optional = true", "[record.columns]", f"survey_id = {cell('ticket_id')}",
                  f"ticket_id = {cell('ticket_id')}", f"occurred_at = {cell(when)}  # ?" if when in found else 'occurred_at = "..."  # ? no date column was found', f"answer = {cell('answer')}  # ?",
                  f'instrument_id = {{ constant = "{stem}_csat" }}']  # fmt: skip
        lines += [f"comment = {cell('comment')}  # ?"] if "comment" in found else []
        numbers = sorted((answer for answer in answers if re.fullmatch(r"\d+", answer)), key=int)
        positive, negative = (numbers[-2:], numbers[:2]) if len(numbers) >= 4 else (answers[-1:], answers[:1])
        lines += ["", "[[instrument]]", f'id = "{stem}_csat"', 'kind = "csat"', f"positive = {quote(positive)}  # ? answers that mean satisfied",
                  f"negative = {quote(negative)}  # ? answers that mean dissatisfied"]  # fmt: skip
    return "\n".join(lines)
