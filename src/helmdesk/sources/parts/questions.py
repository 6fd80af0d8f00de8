"""Questions of surveys: what kind each is, by its words."""

from __future__ import annotations

import re

# Words that ask for a recommendation, effort or satisfaction, in the languages surveys come in.
KINDS = (
    (
        "nps",
        (
            r"\bnps\b|net promoter|how likely .*recommend|likel.* to recommend"
            r"|(weiter)?empfehlen|recommander|recomendar|consigli|aanbevelen"
        ),
    ),
    (
        "ces",
        (
            r"\bces\b|customer effort|effort|how (easy|difficult)|easy (was|did|is|to)|made it easy"
            r"|wie einfach|aufwand|facil(e|ité|idad)|esfuerzo|esforço|gemakkelijk"
        ),
    ),
    (
        "csat",
        (
            r"\bcsat\b|satisf|zufrieden|tevreden|soddisfa|how (would|do) you rate"
            r"|rate (your|our|the)|how was (your|our|the)|wie bewerten"
        ),
    ),
)
# What asks for words, not for a mark, whatever else is in it.
OPEN = (
    r"\bwhy\b|reason|comment|feedback|anything else|what (could|can|did|would|is|was|do)|tell us"
    r"|explain|describe|improve|suggest|please (share|add|elaborate)|warum|pourquoi|por qu|perch"
    r"|kommentar|commentaire|comentario"
)
LEAST_WORDS = 4


def kind_of_question(column: str) -> str | None:
    """Return whether a column asks for a recommendation (nps), effort (ces) or satisfaction (csat);
    None for anything else, and for what is answered in words.
    """
    words = column.lower()
    if re.search(OPEN, words) and not re.search(r"how likely", words):
        return None
    return next((kind for kind, pattern in KINDS if re.search(pattern, words)), None)


def is_question(column: str) -> bool:
    """Whether a column's name is a whole question of a kind that is measured."""
    return len(column.split()) >= LEAST_WORDS and kind_of_question(column) is not None


def is_open(column: str) -> bool:
    """Whether a column asks for words."""
    return bool(re.search(OPEN, column.lower()))
