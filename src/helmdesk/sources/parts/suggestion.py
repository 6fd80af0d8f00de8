"""A first mapping for an unknown file, guessed from its header and its first rows."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helmdesk.quoting import name, text
from helmdesk.records.answers import NO_ANSWER, number_in
from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.profile import (
    TICKETS,
    Profile,
    Recognised,
    header_words,
    recognise,
    status_of,
)
from helmdesk.sources.parts.source import files_within
from helmdesk.sources.reading.archive import unpack_archives
from helmdesk.sources.reading.outcomes import outcome_of
from helmdesk.sources.reading.raw_tables import read_table
from helmdesk.sources.reading.spelled_times import ASK, DAY_FIRST, MONTH_FIRST
from helmdesk.sources.reading.times import spellings_of

# Words in a column's name, most telling first, for each record column.
HINTS: dict[str, tuple[str, ...]] = {
    "ticket_id": (
        "ticket id",
        "ticket no",
        "ticket number",
        "case id",
        "incident",
        "number",
        "unique id",
        "order id",
        "id",
    ),
    "created": (
        "created",
        "opened",
        "issue reported",
        "reported",
        "submitted",
        "date of purchase",
        "start",
        "date",
    ),
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
TIMES = ("created", "solved", "closed", "updated", "replied", "surveyed")
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
Found = Mapping[str, str] | None
# What words of an answer mean, looked for in this order; any other may mean anything.
ANSWER_WORDS = (
    (
        (
            r"dissatisf|unsatisf|not satisf|unhappy|not happy|\bbad\b|poor|not"
            r" good|terrible|awful|angry|\bsad\b|negative|disappoint|unzufrieden|insatisf|mécontent"
        ),
        "negative",
    ),
    (r"neutral|\bok(ay)?\b|average|neither|so-so|mixed|weder", "neutral"),
    (
        r"satisf|happy|good|great|awesome|excellent|amazing|positive|love|zufrieden|content|satisfait|bueno|bom\b",
        "positive",
    ),
)
# A column of times of day, by name and content; "Resolution time (in hrs)" is a length.
CALLED_A_CLOCK = r"^(?!.*(spent|track|taken|hrs|hours|minutes|duration|length|handl|talk|wait|resolution|response)).*\b(time|clock|hour|uhrzeit|heure|hora|ora|tijd)\b"
CLOCK = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( ?[AaPp]\\.?[Mm]\\.?)?"


@dataclass(frozen=True)
class Draft:
    """A mapping for a file.

    Attributes:
        left_out: what was not written because nothing tells what it means.
        guessed: what words of states were taken for that the system's profile does not know.
    """

    text: str
    left_out: tuple[str, ...] = ()
    guessed: str = ""


def suggest_mapping(path: Path, limits: Limits | None = None, sheets: Sequence[str] = ()) -> str:
    """Return the text of a mapping for `path`; see `draft_mapping`."""
    return draft_mapping(path, limits, sheets).text


def draft_mapping(
    path: Path,
    limits: Limits | None = None,
    sheets: Sequence[str] = (),
    zone: str = "",
    *,
    is_final: bool = False,
    chosen: Found = None,
) -> Draft:
    """Return the text of a mapping for `path`; guesses worth a look end in ``# ?``.

    Args:
        path: a file, or an archive: the first of its files.
        limits: how much the file may bring.
        sheets: the sheets of a workbook to read; none: the fullest.
        zone: of times without an offset; empty leaves it to be said.
        is_final: nobody will look at it: what nothing tells is left out.
        chosen: what a ticket has -> the column that somebody chose for it; None: find them.

    Raises:
        NotFoundError, InputError: the file cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch:
        files = files_within(unpack_archives([path], Path(scratch), limits or Limits()))
        return _suggested(files[0], limits, sheets, zone, is_final, chosen)


def _suggested(
    path: Path, limits: Limits | None, sheets: Sequence[str], zone: str, final: bool, chosen: Found
) -> Draft:
    import duckdb

    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    staging = Staging(connection, "suggestion", "suggestion", limits=limits)
    staging.sheets = tuple(sheets)
    table = read_table(staging, path)
    codes = [
        code
        for code in MISSING_CODES
        if connection.execute(
            f"select count(*) from {table.table} where ? in"
            f" ({', '.join(name(c) for c in table.columns)})",
            [code],
        ).fetchone()
        != (0,)
    ]
    formats = _date_formats(staging, table.table, table.columns, codes)
    dated = {column for column, shape in formats.items() if shape}
    known = recognise(table.columns)
    known = known if known and known.profile.kind == TICKETS else None
    if chosen is not None:
        found = {target: column for target, column in chosen.items() if column in table.columns}
    elif known:
        found = {
            target: column
            for target, column in known.found.items()
            if target not in TIMES or column in dated
        }
        known = known if "created" in found else None
    if not known and chosen is None:
        found = _match(table.columns, dated, _identifying(staging, table.table, table.columns))
    clocks = _clocks(staging, table.table, table.columns, found)
    answers = _values(staging, table.table, found.get("answer"), 12)
    statuses = _values(staging, table.table, found.get("status"), MOST_STATUSES + 1)
    return _write(
        path,
        known,
        zone,
        final,
        staging.report.notes,
        sheets,
        found,
        formats,
        clocks,
        codes,
        answers,
        statuses,
    )


def _date_formats(
    staging: Staging, table: str, columns: tuple[str, ...], codes: list[str]
) -> dict[str, str]:
    """Return how the times of every time column are spelled; day and month are told apart by all of
    them together.
    """
    listed = ", ".join(map(text, ["", *codes]))
    formats: dict[str, str] = {}
    dated: list[str] = []
    for column in columns:
        cell = f"case when {name(column)} not in ({listed}) then {name(column)} end"
        found = spellings_of(staging, table, cell)
        is_figure = bool(found.example) and bool(re.fullmatch(r"[0-9.,]+", found.example or ""))
        # A number is a time only where the column is called so.
        if (
            not found.total
            or found.readable[found.best] / found.total < READS_AS_TIME
            or (is_figure and not _is_called_a_time(column))
        ):
            continue
        formats[column] = found.best
        if found.best in (DAY_FIRST, MONTH_FIRST):
            dated.append(f"select {cell} as cell from {table}")
            formats[column] = found.order or ""
    order = (
        spellings_of(staging, "(" + " union all ".join(dated) + ")", "cell").order
        if dated
        else None
    ) or ASK
    return {column: shape or order for column, shape in formats.items()}


def _is_called_a_time(column: str) -> bool:
    words = _words(column)
    return any(
        re.search(rf"\b{hint}", words)
        for target in TIMES
        for hint in (*HINTS.get(target, ()), "time", "at")
    )


def _words(column: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", column.lower()).strip()


def _identifying(staging: Staging, table: str, columns: tuple[str, ...]) -> set[str]:
    """Return the columns that may name tickets: those that say more than yes and no, unless every
    row has its own.
    """
    counts = ", ".join(f"count(distinct {name(column)})" for column in columns)
    ((rows, *distinct),) = staging.connection.execute(
        f"select count(*), {counts} from {table}"
    ).fetchall()
    return {
        column
        for column, count in zip(columns, distinct, strict=True)
        if count > 2 or count == rows
    }


def _match(columns: tuple[str, ...], dated: set[str], identifying: set[str]) -> dict[str, str]:
    words = {column: _words(column) for column in columns}
    found: dict[str, str] = {}
    for target, hints in HINTS.items():
        for hint in hints:
            candidates = [
                column
                for column in columns
                if column not in found.values()
                and (target != "ticket_id" or column in identifying)
                and (column in dated) == (target in TIMES)
                and re.search(rf"\b{re.escape(hint)}", words[column])
            ]
            if candidates:
                # "id" itself rather than "_id" or "submitter id".
                found[target] = next(
                    (column for column in candidates if column.lower() == hint), candidates[0]
                )
                break
    return found


def _clocks(
    staging: Staging, table: str, columns: tuple[str, ...], found: dict[str, str]
) -> dict[str, str | None]:
    """Return the time columns that hold dates alone, each with the column of its times of day: the
    next one, or one of the same name.
    """

    def share(column: str, pattern: str) -> float:
        cell = f"trim({name(column)})"
        ((part,),) = staging.connection.execute(
            f"select avg(cast(regexp_full_match({cell}, '{pattern}') as integer)) from {table}"
            f" where {cell} <> ''"
        ).fetchall()
        return part or 0.0

    paired: dict[str, str | None] = {}
    for column in {found[target] for target in TIMES if target in found}:
        if share(column, ".*[0-9]:[0-9].*|[0-9.]+") > 0:
            continue
        following = columns[columns.index(column) + 1 : columns.index(column) + 2]
        namesakes = [
            other
            for other in columns
            if _words(other) == _words(column).replace("date", "time") and other != column
        ]
        paired[column] = next(
            (
                other
                for other in (*following, *namesakes)
                if other not in found.values()
                and re.search(CALLED_A_CLOCK, _words(other))
                and share(other, CLOCK) >= READS_AS_TIME
            ),
            None,
        )
    return paired


def _values(staging: Staging, table: str, column: str | None, most: int) -> list[str]:
    if column is None:
        return []
    rows = staging.connection.execute(
        f"select distinct trim({name(column)}) from {table} where {name(column)} is not null limit"
        f" {most}"
    ).fetchall()
    return sorted(row[0] for row in rows if row[0])


@dataclass(frozen=True)
class Judged:
    """What the answers of a survey may mean.

    Attributes:
        unknown: words of which nothing tells whether they are good or bad.
        scale: lowest and highest answer, where they are numbers.
    """

    positive: list[str]
    negative: list[str]
    neutral: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    scale: list[int] = field(default_factory=list)


def _judged(answers: list[str]) -> Judged:
    heard = [answer for answer in answers if answer.lower() not in NO_ANSWER]
    numbers = sorted(
        {
            int(number)
            for number in map(number_in, heard)
            if number is not None and number == int(number) and 0 <= number <= 10
        }
    )
    if numbers and len(numbers) >= len({number_in(answer) for answer in heard}) / 2:
        bottom, top = min(numbers[0], 1), 5 if numbers[-1] <= 5 else 7 if numbers[-1] <= 7 else 10
        low = [str(number) for number in range(bottom, 3 if top == 5 else 4)]
        return Judged([str(top - 1), str(top)], low, scale=[bottom, top])
    told: dict[str, list[str]] = {"positive": [], "negative": [], "neutral": [], "unknown": []}
    for answer in heard:
        told[
            next(
                (meant for pattern, meant in ANSWER_WORDS if re.search(pattern, answer.lower())),
                "unknown",
            )
        ].append(answer)
    return Judged(told["positive"], told["negative"], told["neutral"], told["unknown"])


def _judged_by(profile: Profile, answers: list[str]) -> Judged:
    """Return what the answers of a known system mean: all it may have, and those of the file."""
    meant = {header_words(word) for words in profile.answers.values() for word in words}
    more = _judged([answer for answer in answers if header_words(answer) not in meant])
    if more.scale:  # a number outside the system's scale is no answer
        more = Judged([], [])
    positive, negative, neutral = (
        [*profile.answers.get(kind, ()), *words]
        for kind, words in (
            ("positive", more.positive),
            ("negative", more.negative),
            ("neutral", more.neutral),
        )
    )
    return Judged(positive, negative, neutral, more.unknown, list(profile.scale))


def _status(word: str) -> str:
    if outcome_of(word) not in (None, "solved"):
        return "closed"
    return next(
        (status for pattern, status in STATUS_WORDS if re.search(pattern, word.lower())), "open"
    )


def _status_cell(
    known: Recognised | None, column: str | None, words: list[str]
) -> tuple[str, list[str]]:
    """Return the line of a mapping that says what states mean, and those of them that are a guess;
    empty where there are none, or too many.
    """
    if column is None or not 0 < len(words) <= MOST_STATUSES:
        return "", []
    told = {word: status_of(known.profile, word) if known else None for word in words}
    listed = ", ".join(
        f"{json.dumps(word)} = {json.dumps(meant or _status(word))}" for word, meant in told.items()
    )
    return f"status = {{ column = {json.dumps(column)}, values = {{ {listed} }} }}", [
        word for word, meant in told.items() if not meant
    ]


def _write(
    path: Path,
    known: Recognised | None,
    zone: str,
    is_final: bool,
    notes: Sequence[str],
    sheets: Sequence[str],
    found: dict[str, str],
    formats: dict[str, str],
    clocks: dict[str, str | None],
    codes: list[str],
    answers: list[str],
    statuses: list[str],
) -> Draft:
    quote = json.dumps
    # A system's export has one name whatever its file is called: next week's updates this week's.
    stem = (
        known.name
        if known
        else re.sub(r"[^a-z0-9]+", "_", path.name.split(".")[0].lower()).strip("_") or "file"
    )
    guess = "" if known else "  # ?"
    main = formats.get(found.get("created", "")) or "iso"
    key = found.get("ticket_id")
    lines = [
        f"# A first mapping for {path.name}. Every line marked '?' is a guess.",
        *(
            [
                f"# recognised as: {known.profile.title}, by the columns"
                f" {', '.join(known.because[:6])}"
            ]
            if known
            else []
        ),
        *(f"# {' '.join(note.split())}" for note in notes),
        f"name = {quote(stem)}",
        (
            f"key = [{quote(key)}]{guess and '  # ? the columns that identify a row'}"
            if key
            else '# key = ["..."]  # ? the columns that identify a row'
        ),
        (
            "time_zone ="
            f" {quote(zone or (known and known.profile.zone) or 'UTC')}{'' if zone else '  # ? zone of times without an offset'}"
        ),
        f"date_format = {quote(main)}"
        + ("  # ? keep one: no row tells day/month or month/day" if main == ASK else ""),
        f"missing = {quote(['', *codes])}",
        *([f"sheet = {quote(list(sheets), ensure_ascii=False)}"] if sheets else []),
    ]

    def cell(target: str) -> str:
        column = found[target]
        shape, clock = formats.get(column), clocks.get(column) if target in TIMES else None
        more = [f"time = {quote(clock)}"] if clock else []
        more += [f"date_format = {quote(shape)}"] if target in TIMES and shape != main else []
        return f"{{ {', '.join([f'column = {quote(column)}', *more])} }}" if more else quote(column)

    def doubt(target: str, mark: str = "") -> str:
        """Mark a time that is a date alone: what happened is taken to have happened at midnight."""
        column = found[target]
        is_date = column in clocks and not clocks[column]
        return (
            "  # ? dates without a time of day: read as midnight; where another column has it: time"
            ' = "..."'
            if is_date
            else mark
        )

    status, guessed = _status_cell(
        known, found.get("status"), [word for word in statuses if word not in codes]
    )
    # A row's last change dates the state it shows; times of its end, where there are, are truer.
    is_dated = bool(status and "updated" in found)
    if key and "created" in found:
        lines += [
            "",
            "[[record]]",
            'type = "created"',
            "[record.columns]",
            f"ticket_id = {cell('ticket_id')}",
            f"occurred_at = {cell('created')}{doubt('created')}",
        ]
        lines += [
            f"{target} = {cell(target)}{guess}"
            for target in (
                "channel",
                "priority",
                "issue_type",
                "agent_id",
                "team_id",
                "customer_id",
                "account_id",
            )
            if target in found
        ]
        if status and not is_dated:
            lines += [f"{status}  # ? where no other record says how it ended"]
    if key and "replied" in found:
        lines += [
            "",
            "[[record]]",
            'type = "message"',
            "optional = true",
            "[record.columns]",
            f"ticket_id = {cell('ticket_id')}",
            f"occurred_at = {cell('replied')}{doubt('replied', guess)}",
            'direction = { constant = "outbound" }',
            'visibility = { constant = "public" }',
            f'actor_kind = {{ constant = "human" }}{guess}',
        ]
        lines += [f"actor_id = {cell('agent_id')}{guess}"] if "agent_id" in found else []
    for target, state in (("solved", "solved"), ("closed", "closed")):
        if key and target in found:
            lines += [
                "",
                "[[record]]",
                'type = "status_changed"',
                "optional = true",
                "[record.columns]",
                f"ticket_id = {cell('ticket_id')}",
                f"occurred_at = {cell(target)}{doubt(target, guess)}",
                f'status = {{ constant = "{state}" }}',
            ]
    if key and is_dated:
        lines += [
            "",
            "[[record]]",
            'type = "status_changed"',
            "[record.columns]",
            f"ticket_id = {cell('ticket_id')}",
            f"occurred_at = {cell('updated')}{doubt('updated')}",
            f"{status}{'  # ?' if guessed else ''}",
        ]
    judged = (
        _judged_by(known.profile, answers) if known and known.profile.answers else _judged(answers)
    )
    answer_guess = "  #" if known and known.profile.answers else "  # ?"
    left_out = []
    if is_final and "answer" in found and (judged.unknown or not answers):
        if judged.unknown:
            left_out.append(
                f"{found['answer']}: answers, of which nothing tells whether"
                f" {', '.join(map(repr, judged.unknown[:4]))} is good or bad"
            )
    elif key and "answer" in found:
        when = "surveyed" if "surveyed" in found else "created"
        lines += [
            "",
            "[[record]]",
            'type = "responded"',
            "optional = true",
            "[record.columns]",
            f"survey_id = {cell('ticket_id')}",
            f"ticket_id = {cell('ticket_id')}",
            (
                f"occurred_at = {cell(when)}  # ?"
                if when in found
                else 'occurred_at = "..."  # ? no date column was found'
            ),
            f"answer = {cell('answer')}{guess}",
            f'instrument_id = {{ constant = "{stem}_csat" }}',
        ]
        lines += [f"comment = {cell('comment')}  # ?"] if "comment" in found else []
        lines += [
            "",
            "[[instrument]]",
            f'id = "{stem}_csat"',
            'kind = "csat"',
            f"positive = {quote(judged.positive)}{answer_guess} answers that mean satisfied",
            f"negative = {quote(judged.negative)}{answer_guess} answers that mean dissatisfied",
        ]
        lines += (
            [f"neutral = {quote(judged.neutral)}{answer_guess} answers that mean neither"]
            if judged.neutral
            else []
        )
        lines += (
            [f"# ? put into one of these lists: {', '.join(map(quote, judged.unknown))}"]
            if judged.unknown
            else []
        )
        lines += (
            [
                f"scale = {quote(judged.scale)}{answer_guess} lowest and highest answer; what is"
                " outside is no answer"
            ]
            if judged.scale
            else []
        )
    return Draft(
        "\n".join(lines),
        tuple(left_out),
        ", ".join(f"'{word}' for {_status(word)}" for word in guessed),
    )
