"""What is said of a value: how it lies to the one before, and to its target. Code asks these; their
values are the words of pages and JSON.
"""

from __future__ import annotations

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


class Standing(StrEnum):
    """How a value lies to its target."""

    UNKNOWN = ""
    MET = "met"
    MISSED = "missed"
    OPEN = "too close to call"
