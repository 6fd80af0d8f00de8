"""What is known of the table that a system exports, and which of them a file is."""

from __future__ import annotations

import functools
import importlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from helmdesk.modules import module_names
from helmdesk.sources.parts.questions import is_question

LEAST_ALIKE, LEAST_AHEAD = 6, 2
"""Columns called as one system calls them that make a file look like its, and how many more than
any other system explains.
"""
LEAST_TOLD = 3
"""Headers of its own that a file must have before it is called a system's."""
TICKETS, MESSAGES, CALLS, TOTALS, SURVEY = "tickets", "messages", "calls", "totals", "survey"
NEEDED: Mapping[str, frozenset[str]] = {
    TICKETS: frozenset({"ticket_id", "created"}),
    MESSAGES: frozenset({"ticket_id", "message_id", "created", "direction"}),
    CALLS: frozenset({"call_id", "started_at"}),
    TOTALS: frozenset({"calls", "started_at"}),
    SURVEY: frozenset({"surveyed"}),
}
TELEPHONY = (CALLS, TOTALS)
"""Kinds of tables -> what one must have, or nothing can be made of it."""


@dataclass(frozen=True)
class Profile:
    """A table of one system, as its users export it.

    Attributes:
        title: what it is called where people read it.
        tells: headers that hardly any other system has, in any language; three of them are enough.
        fields: what a row has -> the headers it goes by, most telling first. Of tickets: those of a
            draft; ``solved`` and ``closed`` are times of their own, ``updated`` is the time of the
            last change, which dates the status where neither of them does. Of calls: the meanings
            of `call_words`; one header may have several.
        answers: which answers of its survey are "positive", "negative" and "neutral"; all there can
        be, not those of one file. scale: lowest and highest answer, where they are numbers.
        statuses: what its words for states mean, where general rules do not know. checked: what the
        headers were checked against. zone: where times without an offset are in one zone whatever
        the desk's is. kind: what a row is, one of `NEEDED`. units: of calls, the unit of bare
        numbers ("ms"); seconds where not said. words: of calls, what its words for outcomes and
        directions mean, where they mean something else than elsewhere. nobody: cells that stand for
        nothing. apart: of calls, what parts the names in a cell that may hold several. first: of
        surveys, names of a first column that is enough where a question about satisfaction follows.
        unless: a column and its values in rows that are nobody's.
    """

    title: str
    tells: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    checked: str
    statuses: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scale: tuple[int, ...] = ()
    zone: str = ""
    kind: str = TICKETS
    units: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    nobody: tuple[str, ...] = ()
    apart: Mapping[str, str] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    unless: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Recognised:
    """A file that is a system's table.

    Attributes:
        name: of the profile.
        found: what a ticket has -> the file's column.
        because: the headers that told.
    """

    name: str
    profile: Profile
    found: Mapping[str, str]
    because: tuple[str, ...]


def status_of(profile: Profile, word: str) -> str | None:
    """Return what a system's word for a state means; None where the profile does not say."""
    return {header_words(known): meant for known, meant in profile.statuses.items()}.get(
        header_words(word)
    )


def header_words(header: str) -> str:
    """Return a header as words: lower case, without accents, everything else a blank."""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", header)
        if not unicodedata.combining(letter)
    )
    return re.sub(r"[\W_]+", " ", plain.lower()).strip()


@functools.cache
def profiles() -> Mapping[str, Profile]:
    """Return all profiles by name."""
    return {
        name: importlib.import_module(f"helmdesk.sources.profiles.{name}").profile
        for name in module_names("helmdesk.sources.profiles")
    }


def recognise(columns: Sequence[str]) -> Recognised | None:
    """Return whose table a file with these columns is; None where none, or more than one, explains
    them best.

    A table without an id and a time of its beginning is nobody's table of tickets or calls.
    """
    by_words: dict[str, str] = {}
    for column in columns:
        by_words.setdefault(header_words(column), column)
    candidates: list[tuple[int, int, Recognised]] = []
    for name, profile in profiles().items():
        because = tuple(
            dict.fromkeys(
                by_words[header_words(header)]
                for header in profile.tells
                if header_words(header) in by_words
            )
        )
        found = _fields(profile, by_words)
        because = because or _begun(profile, columns)
        if len(because) >= _enough(profile) and NEEDED[profile.kind] <= found.keys():
            candidates.append((len(because), len(found), Recognised(name, profile, found, because)))
    # The more of its own headers, then the more of its columns.
    candidates.sort(key=lambda each: each[:2], reverse=True)
    if not candidates or (len(candidates) > 1 and candidates[0][:2] == candidates[1][:2]):
        return None
    return candidates[0][2]


def likeliest(columns: Sequence[str]) -> Recognised | None:
    """Return the system whose tickets a file looks most like, letter for letter, where its own
    headers do not tell enough to be sure; None where nothing stands out.
    """
    by_name = {column: column for column in columns}
    alike: list[tuple[int, Recognised]] = []
    for name, profile in profiles().items():
        if profile.kind != TICKETS:
            continue
        found: dict[str, str] = {}
        for meaning, names in profile.fields.items():
            own = (each for each in names if each in by_name and each not in found.values())
            if column := next(own, ""):
                found[meaning] = column
        if NEEDED[TICKETS] <= found.keys():
            alike.append((len(found), Recognised(name, profile, found, tuple(found.values()))))
    alike.sort(key=lambda each: each[0], reverse=True)
    if not alike or alike[0][0] < LEAST_ALIKE:
        return None
    is_ahead = len(alike) == 1 or alike[0][0] - alike[1][0] >= LEAST_AHEAD
    return alike[0][1] if is_ahead else None


def _enough(profile: Profile) -> int:
    return 1 if profile.first else LEAST_TOLD


def _begun(profile: Profile, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the first column of a form and a question in it, where it is one."""
    first = {header_words(name) for name in profile.first}
    if not columns or header_words(columns[0]) not in first:
        return ()
    asked = next((column for column in columns[1:] if is_question(column)), None)
    return (columns[0], asked) if asked else ()


def _fields(profile: Profile, by_words: Mapping[str, str]) -> dict[str, str]:
    """Return what a row has -> the column; of calls one column may say several things."""
    found: dict[str, str] = {}
    for meaning, names in profile.fields.items():
        known = (by_words[header_words(name)] for name in names if header_words(name) in by_words)
        is_shared = profile.kind in TELEPHONY
        if column := next((each for each in known if is_shared or each not in found.values()), ""):
            found[meaning] = column
    return found
