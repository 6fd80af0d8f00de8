"""Which texts of many to quote: a typical one, and others that say something else. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helmdesk.predict.discovery import terms_of

SHORTEST, LONGEST = 40, 200
MOST_LOOKED_AT = 200
LEAST_AUTHORS = 5
ALIKE = 0.6


def shortened(text: str) -> str:
    """Return a text in one line of at most 200 characters, cut after a sentence or a word."""
    plain = re.sub(r"\s+", " ", text).strip()
    if len(plain) <= LONGEST:
        return plain
    head = plain[: LONGEST - 1]
    ends = [found.end() for found in re.finditer(r"[.!?](?=\s)", head)]
    if ends and ends[-1] >= SHORTEST:
        return head[: ends[-1]]
    return head.rsplit(maxsplit=1)[0] + "…"


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of words that two texts have in common."""
    return len(one & other) / len(one | other) if one | other else 0.0


def choose_quotes(texts: Sequence[str], most: int = 3) -> tuple[int, ...]:
    """Return the places of texts to quote: the one most like all others, then those that are most
    unlike what is chosen; nearly the same text is quoted once.

    Args:
        texts: masked and shortened; the first 200 of a fit length are looked at.
    """
    fit = [place for place, text in enumerate(texts) if SHORTEST <= len(text) <= LONGEST]
    fit = (fit or [place for place, text in enumerate(texts) if text])[:MOST_LOOKED_AT]
    terms = {place: frozenset(terms_of(texts[place])) for place in fit}
    central = {place: sum(likeness(terms[place], terms[other]) for other in fit) for place in fit}
    highest = max(central.values(), default=1.0) or 1.0
    chosen: list[int] = []
    while fit and len(chosen) < most:
        nearest = {
            place: max((likeness(terms[place], terms[known]) for known in chosen), default=0.0)
            for place in fit
        }
        fit = [place for place in fit if nearest[place] < ALIKE or not chosen]
        if not fit:
            break
        best = max(fit, key=lambda place: (central[place] / highest - nearest[place], -place))
        chosen.append(best)
        fit.remove(best)
    return tuple(chosen)
