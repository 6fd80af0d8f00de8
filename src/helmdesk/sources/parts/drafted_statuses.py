"""What words of states mean, where a system's profile does not say."""

from __future__ import annotations

import json
import re

from helmdesk.sources.parts.profile import Recognised, status_of
from helmdesk.sources.reading.outcomes import outcome_of

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


def status_by_words(word: str) -> str:
    """Return what a word for a state means, by what it contains."""
    if outcome_of(word) not in (None, "solved"):
        return "closed"
    return next(
        (status for pattern, status in STATUS_WORDS if re.search(pattern, word.lower())), "open"
    )


def status_cell(
    known: Recognised | None, column: str | None, words: list[str]
) -> tuple[str, list[str]]:
    """Return the line of a mapping that says what states mean, and those of them that are a guess;
    empty where there are none, or too many.
    """
    if column is None or not 0 < len(words) <= MOST_STATUSES:
        return "", []
    told = {word: status_of(known.profile, word) if known else None for word in words}
    listed = ", ".join(
        f"{json.dumps(word, ensure_ascii=False)} = {json.dumps(meant or status_by_words(word))}"
        for word, meant in told.items()
    )
    quoted = json.dumps(column, ensure_ascii=False)
    return (
        f"status = {{ column = {quoted}, values = {{ {listed} }} }}",
        [word for word, meant in told.items() if not meant],
    )
