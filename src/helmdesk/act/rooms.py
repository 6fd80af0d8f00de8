"""What the customer's page of one case says: where the case stands, what was promised and by when.

Nothing here knows who works on the case. Instants are aware UTC.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

MOST_WRITTEN, MOST_A_DAY = 4000, 10
"""Characters of one message, and messages in 24 hours."""
DAYS, MOST_DAYS = 30, 180


class Stage(StrEnum):
    """Where a case stands, for its customer."""

    RECEIVED = "received"
    WORKING = "working"
    YOURS = "yours"
    OTHERS = "others"
    SETTLED = "settled"
    CLOSED = "closed"
    JOINED = "joined"
    UNKNOWN = "unknown"


class Word(StrEnum):
    """What was promised."""

    ANSWER = "answer"
    NEXT_ANSWER = "next_answer"
    UPDATE = "update"
    SETTLED = "settled"


class Kept(StrEnum):
    """What became of a promise, as far as is known."""

    AHEAD = "ahead"
    PAUSED = "paused"
    LATE = "late"
    PASSED = "passed"
    MET = "met"
    MISSED = "missed"


# What a clock of an SLA promises the customer.
CLOCKS: Mapping[str, Word] = {
    "first_response": Word.ANSWER,
    "next_response": Word.NEXT_ANSWER,
    "periodic_update": Word.UPDATE,
    "resolution": Word.SETTLED,
}
# States of a clock, as the facts name them.
STATES: Mapping[str, Kept] = {
    "running": Kept.AHEAD,
    "paused": Kept.PAUSED,
    "overdue": Kept.LATE,
    "met": Kept.MET,
    "breached": Kept.MISSED,
}


@dataclass(frozen=True)
class Promise:
    """One promise.

    Attributes:
        by: when it runs out, or ran out; None while its clock stands still.
        at: when it was kept, or kept too late; None while it runs.
    """

    word: Word
    kept: Kept
    by: datetime | None
    at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether the customer still waits for it."""
        return self.kept in (Kept.AHEAD, Kept.PAUSED, Kept.LATE, Kept.PASSED)


def stage_of(
    status: str | None, *, has_answer: bool, is_merged: bool, is_late_word: bool = False
) -> Stage:
    """Return where a case stands.

    Args:
        status: canonical, as of the end of the data; None where no source records any.
        has_answer: whether a person of the team has answered.
        is_late_word: whether the customer wrote after the data end, so that it is our turn.
    """
    if is_merged:
        return Stage.JOINED
    if status in ("solved", "closed"):
        return Stage.SETTLED if status == "solved" else Stage.CLOSED
    if status == "waiting_customer" and not is_late_word:
        return Stage.YOURS
    if status == "waiting_third_party":
        return Stage.OTHERS
    if status is None:
        return Stage.UNKNOWN
    return Stage.WORKING if has_answer else Stage.RECEIVED


def promises(clocks: Iterable[Mapping[str, Any]], now: datetime) -> list[Promise]:
    """Return what was promised, the latest of each kind: open ones first, by when they run out.

    Args:
        clocks: rows of the story of a ticket: `clock`, `state`, `due_at`, `stopped_at`; instants
            naive UTC, None where the end has not come.
    """
    latest: dict[Word, Promise] = {}
    for row in clocks:
        word, kept = CLOCKS.get(str(row.get("clock"))), STATES.get(str(row.get("state")))
        if word is None or kept is None:
            continue
        by, at = _aware(row.get("due_at")), _aware(row.get("stopped_at"))
        if kept is Kept.AHEAD and by is not None and by <= now:
            kept = Kept.PASSED  # since the data end: whether it was kept, they do not say yet
        latest[word] = Promise(word, kept, None if kept is Kept.PAUSED else by, at)
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(latest.values(), key=lambda each: (not each.is_open, each.by or far, each.word))


def next_word(found: Iterable[Promise]) -> datetime | None:
    """Return by when the customer hears from the team next; None where nothing says so."""
    spoken = (Word.ANSWER, Word.NEXT_ANSWER, Word.UPDATE)
    ahead = [
        each.by
        for each in found
        if each.word in spoken and each.kept is Kept.AHEAD and each.by is not None
    ]
    return min(ahead, default=None)


def told_subject(subject: str | None, names: Collection[str], own: str) -> str:
    """Return a case's subject as its customer may read it: nothing where it names somebody of the
    team, or what could be the number of another case.

    Args:
        names: of the team's people.
        own: the number of this case.
    """
    said = " ".join((subject or "").split())
    words = set(re.findall(r"[^\W\d_]+", said.casefold()))
    for name in names:
        parts = re.findall(r"[^\W\d_]+", name.casefold())
        if any(part in words for part in parts if len(part) > 1):
            return ""
    return "" if _names_another(said, own) else said


def _names_another(said: str, own: str) -> bool:
    """Whether a text holds what looks like a case's number and is not this one's."""
    letters, digits = re.fullmatch(r"(.*?)(\d*)", own.casefold(), re.DOTALL).groups()  # type: ignore[union-attr]
    like = rf"{re.escape(letters)}\d+" if letters else r"\d+"
    for found in re.findall(rf"(?<![\w-])#?{like}(?![\w-])", said.casefold()):
        number = found.lstrip("#")
        is_long_enough = bool(letters) or found != number or abs(len(number) - len(digits)) <= 1
        if is_long_enough and number != own.casefold():
            return True
    return False


def _aware(instant: Any) -> datetime | None:
    return instant.replace(tzinfo=UTC) if isinstance(instant, datetime) else None
