"""Words that people and systems use, mapped onto ours: letter case, accents and punctuation do not
matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helmdesk.errors import MappingError, nearest
from helmdesk.quoting import text
from helmdesk.toml_file import read_document
from helmdesk.toml_place import Place

Vocabulary = Mapping[str, Sequence[str]]
"""Our word -> words for it."""


def plain_word(word: str) -> str:
    """Return a word in lower case, without accents, with single blanks for everything that is no
    letter or digit.
    """
    letters = "".join(
        letter
        for letter in unicodedata.normalize("NFD", word.lower())
        if not unicodedata.combining(letter)
    )
    return re.sub(r"[\W_]+", " ", letters).strip()


def worded(cell: str, words: Vocabulary) -> str:
    """Return SQL that maps the words people use onto ours; null for words nobody listed."""
    plain_cell = rf"regexp_replace(lower(strip_accents({cell})), '[^\p{{L}}\p{{N}}]+', ' ', 'g')"
    cases = " ".join(
        f"when trim({plain_cell}) in"
        f" ({', '.join(text(plain_word(other)) for other in (ours, *others))}) then {text(ours)}"
        for ours, others in words.items()
    )
    return f"case {cases} end"


def with_own_words(
    known: Mapping[str, Vocabulary], path: Path | None, source: str
) -> dict[str, Vocabulary]:
    """Return vocabularies by table, with the words that a file of the user's adds; a word the user
    lists means that alone.

    Args:
        known: what may stand in the file: its tables, and the words known without it.
        path: the file; None: there is none.

    Raises:
        MappingError: another table, another word of ours, or no list of words.
    """
    if path is None:
        return dict(known)
    return own_words(known, *read_document(path, MappingError), source)


def own_words(
    known: Mapping[str, Vocabulary], content: Mapping[str, Any], place: Place, source: str
) -> dict[str, Vocabulary]:
    """Return vocabularies with the words of a file that was read; see `with_own_words`."""
    if (
        not content
        or not set(content) <= set(known)
        or not all(isinstance(given, dict) for given in content.values())
    ):
        tables = " or ".join(f"[{table}]" for table in known)
        raise place.wrong(f"for {source} a mapping holds one table, {tables}, and nothing else")
    found = dict(known)
    for table, given in content.items():
        words = known[table]
        for ours, listed in given.items():
            if ours not in words:
                raise place.of(table, ours).wrong(
                    f"[{table}]: unknown word '{ours}'{nearest(ours, words)} (known:"
                    f" {', '.join(words)})"
                )
            if not isinstance(listed, list) or not all(isinstance(word, str) for word in listed):
                raise place.of(table, ours).wrong(
                    f"[{table}]: {ours} must be a list of words, not {listed!r}"
                )
        found[table] = taking(words, given)
    return found


def taking(known: Vocabulary, own: Vocabulary) -> dict[str, tuple[str, ...]]:
    """Return a vocabulary with further words; each of them means that alone."""
    added = {ours: tuple(map(plain_word, listed)) for ours, listed in own.items()}
    taken = {word for listed in added.values() for word in listed}
    return {
        ours: (*added.get(ours, ()), *(word for word in others if plain_word(word) not in taken))
        for ours, others in known.items()
    }
