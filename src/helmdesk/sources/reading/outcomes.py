"""Words for how a ticket ended: solved, or one of the ways in which nothing was solved.

A status, a resolution or a close code is compared as a whole, without words that say nothing of it
("Closed as duplicate", "Cancelled by user"): a word inside a sentence means nothing. Words nobody
lists are no outcome; the sources say which. "Unresolved" alone says that nobody set a resolution.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from helmdesk.quoting import text
from helmdesk.records.schema import OUTCOMES
from helmdesk.records.staging import Staging

# English, German, French, Spanish, Italian, Portuguese, Dutch, the Nordic languages, Polish, Czech,
# Turkish, Russian, Japanese, Chinese.
from helmdesk.sources.reading.outcome_words import AFTER, BEFORE, WORDS
from helmdesk.sources.reading.words import Vocabulary, plain_word

SHOWN = 8
LONGEST = 80

_KNOWN = {plain_word(word): ours for ours, words in WORDS.items() for word in (ours, *words)}
assert set(WORDS) == set(OUTCOMES)


def plain_outcome(word: str) -> str:
    """Return a word as outcomes are compared: "Won't do" is "wont do"."""
    return plain_word(re.sub(r"['’`]", "", word))


def outcome_of(word: str | None, own: Mapping[str, str] | None = None) -> str | None:
    """Return what a status, resolution or close code says of how a ticket ended; None: nothing that
    is known.

    Args:
        own: outcomes by words of the user's own (plain); they go first.
    """
    known = {**_KNOWN, **(own or {})}
    whole = _whole(word or "", known)
    if whole:
        return whole
    # "Cancelled - duplicate": of several the last says it most closely.
    said = [
        found for part in re.split(r"[-–—:/,;|()>]", word or "") if (found := _whole(part, known))
    ]
    return next(
        (found for found in reversed(said) if found != "solved"), said[-1] if said else None
    )


def _whole(word: str, known: Mapping[str, str]) -> str | None:
    """Return what a text means as a whole, without the words around it that say nothing."""
    parts = plain_outcome(word).split()
    for start in range(len(parts)):
        if start and parts[start - 1] not in BEFORE:
            return None
        for end in range(len(parts), start, -1):
            found = known.get(" ".join(parts[start:end]))
            if found:
                return found
            if parts[end - 1] not in AFTER:
                break
    return None


def own_outcomes(words: Vocabulary) -> dict[str, str]:
    """Return the words of a user's table [outcomes] with what they mean."""
    return {plain_outcome(word): ours for ours, listed in words.items() for word in listed}


def words_of(staging: Staging, rows: str, cell: str) -> dict[str, int]:
    """Return the different words of an SQL expression over `rows`, with how often each occurs; what
    is longer is a text, not a word.
    """
    found = staging.connection.execute(
        f"select {cell}, count(*) from {rows} where {cell} is not null and length({cell}) <="
        f" {LONGEST} group by 1 order by 2 desc, 1"
    )
    return {str(word): count for word, count in found.fetchall()}


def outcome(cell: str, words: Iterable[str], own: Mapping[str, str] | None = None) -> str:
    """Return SQL of what a text says of how a ticket ended; null where that is nothing known.

    Args:
        words: all words that the cell may hold.
    """
    cases = " ".join(
        f"when {text(word)} then {text(found)}"
        for word in words
        if (found := outcome_of(word, own))
    )
    return f"case {cell} {cases} end" if cases else "null::varchar"


def tell_unknown(
    staging: Staging,
    where: str,
    words: Mapping[str, int],
    mend: str,
    own: Mapping[str, str] | None = None,
) -> None:
    """Say which words of a column that tells how tickets ended are read as solved because nobody
    knows them.
    """
    unknown = [
        f"{word} ({count:,})" for word, count in words.items() if outcome_of(word, own) is None
    ]
    if unknown:
        more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
        staging.note(
            f"{where}: words that nobody knows count as solved: {', '.join(unknown[:SHOWN])}{more};"
            f" {mend}"
        )


def tag_outcomes(
    staging: Staging, tags: Mapping[str, int], own: Mapping[str, str]
) -> dict[str, str]:
    """Return what tags say of how tickets ended, as far as the user says so: a tag may name a
    topic, too. Ask for the others.
    """
    meant = {tag: own[plain_outcome(tag)] for tag in tags if plain_outcome(tag) in own}
    asked = [
        f"{tag} ({count:,})"
        for tag, count in tags.items()
        if tag not in meant and outcome_of(tag) not in (None, "solved")
    ]
    if asked:
        staging.note(
            "tags that may mean that nobody solved a ticket were not read so:"
            f" {', '.join(asked[:SHOWN])}; if they do, say so in a file with [outcomes], and load"
            " with --mapping FILE"
        )
    return meant
