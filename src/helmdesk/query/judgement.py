"""What is said of a value: how it lies to the one before, and to its target. Code asks these; their
values are the words of pages and JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Judgement(StrEnum):
    """How a value lies to the one before it, or why nothing can be said."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"
    NO_CHANGE = "no change"
    NO_CLEAR_CHANGE = "no clear change"
    TOO_FEW = "too few"
    NO_DATA = "no data"
    NOTHING_TO_COMPARE = "nothing to compare"
    NOT_PERMITTED = "not permitted"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class Badge:
    """A verdict as it is shown: in a few words, with a sign and a colour.

    Attributes:
        word: in a few words.
        tone: what it means to its reader: which colour.
        icon: its sign.
        is_one_week: whether it is of one week only, and may be chance.
    """

    word: str
    tone: str
    icon: str
    is_one_week: bool = False


class Standing(StrEnum):
    """How a value lies to its target."""

    UNKNOWN = ""
    MET = "met"
    MISSED = "missed"
    OPEN = "too close to call"
