"""Headings of survey tools that are several rows high: what a question is asked for stands below or
above its name.

Qualtrics writes the names of columns, what each question asks, and its own ids of them as JSON.
SurveyMonkey writes each question over the first of its answers' columns, and below it what each
column is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OWN_IDS = '{"ImportId"'
MONKEY = {"respondent id", "collector id"}
LEAST_WORDS = 4
"""What is shorter, and asks nothing, is a label such as "Response Type"."""
PLAIN_ANSWERS = {"response", "open-ended response", ""}


@dataclass(frozen=True)
class SurveyHeading:
    """Names of columns, and where the data begin.

    Attributes:
        after: how many rows stand above the first row of data. further: how many of them say more
        of the names.
    """

    names: list[str]
    after: int
    further: int


def survey_heading(rows: Sequence[Sequence[str]]) -> SurveyHeading | None:
    """Return the heading of a survey tool's export; None where a table is none."""
    place = next((at for at, row in enumerate(rows) if any(row)), None)
    if place is None:
        return None
    if {cell.lower() for cell in rows[place]} >= MONKEY:
        return _of_monkey(rows, place)
    for further in (1, 2):
        below = rows[place + further] if place + further < len(rows) else []
        if any(below) and all(cell.startswith(OWN_IDS) for cell in below if cell):
            questions = rows[place + 1] if further > 1 else []
            return SurveyHeading(_asked(rows[place], questions), place + 1 + further, further)
    return None


def _of_monkey(rows: Sequence[Sequence[str]], place: int) -> SurveyHeading | None:
    names, below = rows[place], rows[place + 1] if place + 1 < len(rows) else []
    if not below or below[0]:
        return None  # one row of names alone
    joined, question = [], ""
    for at in range(max(len(names), len(below))):
        own = names[at] if at < len(names) else ""
        label = below[at] if at < len(below) else ""
        question = own or (question if label else "")
        plain = label.lower() in PLAIN_ANSWERS
        joined.append(question if plain else f"{question}: {label}".strip(": "))
    return SurveyHeading(joined, place + 2, 1)


def _asked(names: Sequence[str], questions: Sequence[str]) -> list[str]:
    """Return names followed by what is asked, where that says more."""
    asked = []
    for at, name in enumerate(names):
        question = questions[at] if at < len(questions) else ""
        said = " ".join(question.split())
        is_question = said.endswith("?") or len(said.split()) >= LEAST_WORDS
        asked.append(f"{name}: {said}" if is_question else name)
    return asked
