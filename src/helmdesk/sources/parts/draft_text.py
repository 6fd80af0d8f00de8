"""The text of a drafted mapping: what it says, what says so, and where somebody should look."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helmdesk.sources.parts.column_look import SHOWN_LENGTH, TIMES, Column, Look
from helmdesk.sources.parts.column_match import Candidate
from helmdesk.sources.parts.drafted_statuses import status_by_words, status_cell
from helmdesk.sources.parts.judged_answers import Judged, judged, judged_by
from helmdesk.sources.parts.profile import Recognised
from helmdesk.sources.reading.spelled_times import ASK, DAY_FIRST, MONTH_FIRST
from helmdesk.sources.reading.times import SHOWN as SHAPES

NAMELESS = ("ticket_id", "customer_id", "account_id", "agent_id", "comment")
"""What may name people: of it a mapping tells how much there is, not what."""
FIELDS: Mapping[str, str] = {
    "ticket_id": "number of the ticket",
    "created": "when the ticket came in",
    "replied": "when it was first answered",
    "solved": "when it was solved",
    "closed": "when it was closed",
    "updated": "when it last changed",
    "status": "status",
    "priority": "priority",
    "channel": "channel",
    "issue_type": "topic or category",
    "agent_id": "agent",
    "team_id": "team",
    "customer_id": "customer",
    "account_id": "customer's company",
    "answer": "answer to the survey",
    "surveyed": "when the survey was answered",
    "comment": "comment to the survey",
}
SAID_OF_A_TICKET = (
    "channel",
    "priority",
    "issue_type",
    "agent_id",
    "team_id",
    "customer_id",
    "account_id",
)
MOST_OTHERS = 3
PARTS = (
    '# ? dates without a time of day: read as midnight; where another column has it: time = "..."'
)


def quote(value: Any) -> str:
    """Return a text or a list of texts as TOML."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(frozen=True)
class Findings:
    """All that a draft is written from.

    Attributes:
        file: its name. stem: what the records are named after.
        zone: of times without an offset; empty leaves it to be said.
        is_final: nobody will look at it.
        notes: what reading the file told.
        found: what a ticket has -> the column. ranked: which columns it might have been.
        clocks: columns of dates alone, with those of their times of day.
        answers, statuses: values of these columns.
        near: the system it looks most like, where that is not sure.
        repeated: how many rows share their key with another, and one such key.
    """

    file: str
    stem: str
    known: Recognised | None
    zone: str
    is_final: bool
    notes: Sequence[str]
    sheets: Sequence[str]
    found: Mapping[str, str]
    ranked: Mapping[str, list[Candidate]]
    look: Look
    clocks: Mapping[str, str | None]
    answers: list[str]
    statuses: list[str]
    repeated: tuple[int, str] = (0, "")
    near: Recognised | None = None


@dataclass
class Text:
    """A draft while it is written."""

    seen: Findings
    lines: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)

    @property
    def guess(self) -> str:
        """The mark of a line that nothing but names and content speak for."""
        return "" if self.seen.known else "  # ?"

    @property
    def main(self) -> str:
        """How most times are written: as the first of them."""
        return self.seen.look.shapes.get(self.seen.found.get("created", "")) or "iso"

    def has(self, *targets: str) -> bool:
        """Whether there are columns for all of these."""
        return all(target in self.seen.found for target in targets)

    def cell(self, target: str) -> str:
        """Return where something is read from, as TOML."""
        column, more = self.seen.found[target], []
        if target in TIMES:
            clock, shape = self.seen.clocks.get(column), self.seen.look.shapes.get(column)
            more = [f"time = {quote(clock)}"] if clock else []
            more += [f"date_format = {quote(shape)}"] if shape != self.main else []
        return f"{{ {', '.join([f'column = {quote(column)}', *more])} }}" if more else quote(column)

    def line(self, name: str, target: str, mark: str | None = None) -> str:
        """Return a line of a record; marked where nobody can be sure of it."""
        column = self.seen.found[target]
        if target in TIMES and column in self.seen.clocks and not self.seen.clocks[column]:
            return f"{name} = {self.cell(target)}  {PARTS}"
        doubt = _doubt(self.seen, target)
        told = f"  # ? {doubt}" if doubt else self.guess if mark is None else mark
        return f"{name} = {self.cell(target)}{told}"

    def record(self, kind: str, *cells: str, optional: bool = True) -> None:
        """Add a record."""
        self.lines += ["", "[[record]]", f"type = {quote(kind)}"]
        self.lines += ["optional = true"] if optional else []
        self.lines += ["[record.columns]", *cells]


def written(seen: Findings) -> Text:
    """Return the text of a mapping."""
    text = Text(seen)
    _head(text)
    if text.has("ticket_id"):
        _ticket(text)
        _answers(text)
    return text


def _head(text: Text) -> None:
    seen, known = text.seen, text.seen.known
    key = seen.found.get("ticket_id")
    zone = seen.zone or (known and known.profile.zone) or "UTC"
    text.lines += [f"# A first mapping for {seen.file}. Every line marked '?' is a guess."]
    if known:
        text.lines += [
            f"# recognised as: {known.profile.title}, by the columns {', '.join(known.because[:6])}"
        ]
    if seen.near:
        text.lines += [
            f"# it looks most like: {seen.near.profile.title}, which calls"
            f" {len(seen.near.because)} of its columns so; no column is its alone"
        ]
    text.lines += [f"# {' '.join(note.split())}" for note in seen.notes]
    text.lines += [f"# {line}" for line in _evidence(seen)]
    text.lines += [f"name = {quote(seen.stem)}", _key(seen, key)]
    text.lines += [
        f"time_zone = {quote(zone)}{'' if seen.zone else '  # ? zone of times without an offset'}",
        f"date_format = {quote(text.main)}"
        + ("  # ? keep one: no row tells day/month or month/day" if text.main == ASK else ""),
        f"missing = {quote(['', *seen.look.codes])}",
    ]
    if seen.sheets:
        text.lines += [f"sheet = {quote(list(seen.sheets))}"]


def _key(seen: Findings, key: str | None) -> str:
    if not key:
        return '# key = ["..."]  # ? the columns that identify a row'
    rows, example = seen.repeated
    if rows:
        return (
            f"key = [{quote(key)}]  # ? {rows:,} of {seen.look.rows:,} rows have one that another"
            f" row has too ({example}): of such rows the last counts"
        )
    mark = "" if seen.known else "  # ? the columns that identify a row: no two rows have the same"
    return f"key = [{quote(key)}]{mark}"


def _evidence(seen: Findings) -> Iterator[str]:
    """Tell of every field what it is read from, what says so, and what else it might be."""
    yield ""
    yield "What is read from which column, and what says so:"
    used = set(seen.found.values())
    for target, words in FIELDS.items():
        if target not in seen.found:
            continue
        column = seen.look.columns[seen.found[target]]
        others = [
            f"`{each.column}`" for each in seen.ranked.get(target, ()) if each.column not in used
        ][:MOST_OTHERS]
        also = f"; it might be {' or '.join(others)}" if others else ""
        yield f"  `{column.name}` -> {words}: {_proof(column, seen.look, target)}{also}"
    lacking = [words for target, words in FIELDS.items() if target not in seen.found]
    if lacking:
        yield f"  no column was found for: {', '.join(lacking)}"
    rest = [f"`{column}`" for column in seen.look.columns if column not in used]
    if rest:
        yield f"  kept with the ticket, read as nothing: {', '.join(rest)}"
    yield ""


def _proof(column: Column, look: Look, target: str) -> str:
    """Return what stands in a column, in a few words."""
    if column.times and column.shape:
        times = column.times
        read = f"{times.total - column.unreadable:,} of {times.total:,} different values read as"
        alone = {DAY_FIRST: times.day_alone, MONTH_FIRST: times.month_alone}.get(column.shape)
        if column.shape == ASK:
            return f"{read} times, and none tells day/month from month/day"
        shape = SHAPES.get(column.shape, column.shape)
        proof = f", proven by {alone}" if alone else ""
        return f"{read} times ({shape}{proof})"
    filled = "" if column.filled == look.rows else f" in {column.filled:,} of {look.rows:,} rows"
    if target in NAMELESS:
        return f"{column.distinct:,} different{filled}"
    shown = ", ".join(
        each if len(each) <= SHOWN_LENGTH else f"{each[:SHOWN_LENGTH]}…" for each in column.values
    )
    more = ", …" if column.distinct > len(column.values) else ""
    return f"{column.distinct:,} different{filled}: {shown}{more}".replace("\n", " ")


def _doubt(seen: Findings, target: str) -> str:
    """Return why nobody can be sure of a column; empty where nothing speaks against it."""
    column = seen.look.columns[seen.found[target]]
    if target in TIMES and column.shape and column.unreadable and column.times:
        return f"{column.unreadable:,} of {column.times.total:,} different values are no times"
    if seen.known:
        return ""
    ranked = [each for each in seen.ranked.get(target, ()) if each.column in seen.look.columns]
    own = next((each for each in ranked if each.column == column.name), None)
    taken = set(seen.found.values())
    rivals = [each.column for each in ranked if own and each.rank == own.rank]
    others = [f"'{rival}'" for rival in rivals if rival not in taken]
    return f"or {' or '.join(others[:MOST_OTHERS])}: called alike" if others else ""


def _ticket(text: Text) -> None:
    seen, found = text.seen, text.seen.found
    status, guessed = status_cell(
        seen.known or seen.near,
        found.get("status"),
        [word for word in seen.statuses if word not in seen.look.codes],
    )
    text.guessed += [f"'{word}' for {status_by_words(word)}" for word in guessed]
    # A row's last change dates the state it shows; times of its end, where there are, are truer.
    is_dated = bool(status and text.has("updated"))
    ticket = f"ticket_id = {text.cell('ticket_id')}"
    if text.has("created"):
        said = [text.line(target, target) for target in SAID_OF_A_TICKET if text.has(target)]
        undated = [f"{status}  # ? where no other record says how it ended"]
        text.record(
            "created",
            ticket,
            text.line("occurred_at", "created", ""),
            *said,
            *(undated if status and not is_dated else []),
            optional=False,
        )
    if text.has("replied"):
        text.record(
            "message",
            ticket,
            text.line("occurred_at", "replied"),
            'direction = { constant = "outbound" }',
            'visibility = { constant = "public" }',
            f'actor_kind = {{ constant = "human" }}{text.guess}',
            *([f"actor_id = {text.cell('agent_id')}{text.guess}"] if text.has("agent_id") else []),
        )
    for state in ("solved", "closed"):
        if text.has(state):
            text.record(
                "status_changed",
                ticket,
                text.line("occurred_at", state),
                f'status = {{ constant = "{state}" }}',
            )
    if is_dated:
        text.record(
            "status_changed",
            ticket,
            text.line("occurred_at", "updated", ""),
            f"{status}{'  # ?' if guessed else ''}",
            optional=False,
        )


def _answers(text: Text) -> None:
    seen = text.seen
    if not text.has("answer"):
        return
    system = seen.known or seen.near
    profile = system.profile if system else None
    meant = (
        judged_by(profile, seen.answers) if profile and profile.answers else judged(seen.answers)
    )
    column = seen.found["answer"]
    if seen.is_final and (meant.unknown or not seen.answers):
        if meant.unknown:
            text.left_out.append(
                f"{column}: answers, of which nothing tells whether"
                f" {', '.join(map(repr, meant.unknown[:4]))} is good or bad"
            )
        return
    when = "surveyed" if text.has("surveyed") else "created"
    instrument = f"{seen.stem}_csat"
    text.record(
        "responded",
        f"survey_id = {text.cell('ticket_id')}",
        f"ticket_id = {text.cell('ticket_id')}",
        (
            f"occurred_at = {text.cell(when)}  # ?"
            if text.has(when)
            else 'occurred_at = "..."  # ? no date column was found'
        ),
        text.line("answer", "answer"),
        f"instrument_id = {{ constant = {quote(instrument)} }}",
        *([f"comment = {text.cell('comment')}  # ?"] if text.has("comment") else []),
    )
    text.lines += instrument_lines(instrument, "csat", meant, bool(profile and profile.answers))


def instrument_lines(
    instrument: str, kind: str, meant: Judged, is_known: bool, question: str = ""
) -> list[str]:
    """Return the lines of an instrument; what nobody but its answers' words and numbers tells is
    marked.
    """
    mark = "  #" if is_known else "  # ?"
    lines = [
        "",
        "[[instrument]]",
        f"id = {quote(instrument)}",
        f"kind = {quote(kind)}",
        *([f"question = {quote(question)}"] if question else []),
        f"positive = {quote(meant.positive)}{mark} answers that mean satisfied",
        f"negative = {quote(meant.negative)}{mark} answers that mean dissatisfied",
    ]
    if meant.neutral:
        lines += [f"neutral = {quote(meant.neutral)}{mark} answers that mean neither"]
    if meant.unknown:
        lines += [f"# ? put into one of these lists: {', '.join(map(quote, meant.unknown))}"]
    if meant.scale:
        lines += [
            f"scale = {quote(meant.scale)}{mark} lowest and highest answer; what is outside is no"
            " answer"
        ]
    return lines
