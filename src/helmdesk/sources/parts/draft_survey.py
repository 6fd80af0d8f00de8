"""A drafted mapping for the answers of a survey tool: one record for each question measured."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helmdesk.records.answers import number_in
from helmdesk.sources.parts.column_look import Look
from helmdesk.sources.parts.draft_text import instrument_lines, quote
from helmdesk.sources.parts.judged_answers import Judged, judged
from helmdesk.sources.parts.profile import Recognised, header_words
from helmdesk.sources.parts.questions import is_open, kind_of_question
from helmdesk.sources.reading.spelled_times import ASK

MOST_ANSWERS = 40
FOR, AGAINST, NEITHER = (
    r"^(strongly |somewhat |completely |totally )?agree|very easy|^easy|somewhat easy",
    r"disagree|difficult|\bhard\b",
    r"neither|neutral|undecided",
)
KINDS = ("nps", "ces", "csat")
ABOUT = ("customer_id", "ticket_id", "agent_id", "account_id", "team_id")
# Columns of the asker's own that are called as what they hold.
CALLED = {
    "ticket_id": r"(ticket|case|conversation|incident|request)( ?(id|number|no|key))?",
    "agent_id": r"agent( ?(id|name))?",
    "team_id": r"team( ?(id|name))?",
    "customer_id": r"(customer|contact)( ?id)?|e ?mail( address)?",
    "account_id": r"account( ?(id|name))?|company( name)?",
}


@dataclass(frozen=True)
class Question:
    """One question that is measured.

    Attributes:
        only: the value of the column of kinds that a row of this kind has; empty: all rows are.
    """

    column: str
    kind: str
    meant: Judged
    only: str = ""


@dataclass(frozen=True)
class SurveyText:
    """A drafted mapping.

    Attributes:
        left_out: questions of which nothing tells what answers are good.
        found: what a row has -> the column.
    """

    lines: list[str]
    left_out: list[str]
    found: dict[str, str]


def survey_draft(
    look: Look,
    known: Recognised,
    zone: str,
    values: Callable[[str, int], list[str]],
    *,
    is_final: bool,
) -> SurveyText:
    """Return a mapping for the answers of a known tool.

    Args:
        values: returns different values of a column, at most so many.
        is_final: nobody will look at it: a question whose answers nothing explains is left out.
    """
    found = {field: column for field, column in known.found.items() if column in look.columns}
    for field, called in CALLED.items():
        own = (
            column
            for column in look.columns
            if re.fullmatch(called, header_words(column)) and column not in found.values()
        )
        if field not in found and (column := next(own, None)):
            found[field] = column
    questions = _questions(look, found, values)
    left_out = [
        f"{each.column}: answers, of which nothing tells whether"
        f" {', '.join(map(repr, each.meant.unknown[:4]))} is good or bad"
        for each in questions
        if is_final and each.meant.unknown
    ]
    kept = [each for each in questions if not (is_final and each.meant.unknown)]
    comment = found.get("comment") or next(
        (column for column in look.columns if is_open(column) and column not in found.values()), ""
    )
    lines = [*_head(look, known, found, zone)]
    for place, each in enumerate(kept):
        lines += _record(known, found, each, comment if place == 0 else "")
    if not kept:
        lines += ["# no question was found that asks for satisfaction, effort or a recommendation"]
    return SurveyText(lines, left_out, found)


def _head(look: Look, known: Recognised, found: dict[str, str], zone: str) -> list[str]:
    shape = look.shapes.get(found["surveyed"], "iso")
    key = found.get("response_id")
    zone_of = zone or known.profile.zone or "UTC"
    return [
        "# Every line marked '?' is a guess.",
        f"# recognised as: {known.profile.title}, by the columns {', '.join(known.because[:6])}",
        f"name = {quote(known.name)}",
        f"key = {quote([key] if key else [])}",
        f"time_zone = {quote(zone_of)}{'' if zone else '  # ? zone of times without an offset'}",
        f"date_format = {quote(shape)}"
        + ("  # ? keep one: no row tells day/month or month/day" if shape == ASK else ""),
        f"missing = {quote(['', *look.codes])}",
    ]


def _record(known: Recognised, found: dict[str, str], each: Question, comment: str) -> list[str]:
    instrument = _name(known.name, each)
    lines = ["", "[[record]]", 'type = "responded"', "optional = true"]
    if each.only:
        only = f"{{ column = {quote(found['survey_kind'])}, values = {quote([each.only])} }}"
        lines += [f"only = {only}"]
    if known.profile.unless:
        column, values = known.profile.unless
        if column in found.values() or column in known.found.values():
            lines += [f"unless = {{ column = {quote(column)}, values = {quote(list(values))} }}"]
    lines += [
        "[record.columns]",
        f"survey_id = {{ row = {quote(instrument)} }}",
        f"occurred_at = {quote(found['surveyed'])}",
        f"answer = {quote(each.column)}",
        f"instrument_id = {{ constant = {quote(instrument)} }}",
    ]
    lines += [f"{field} = {quote(found[field])}" for field in ABOUT if field in found]
    lines += [f"comment = {quote(comment)}"] if comment else []
    return lines + instrument_lines(instrument, each.kind, each.meant, False, each.column)


def _name(name: str, each: Question) -> str:
    """Return what an instrument is called: as its question, so that another survey of the same tool
    is another.
    """
    words = header_words(each.column)
    return f"{name}_{each.kind}_{hashlib.sha256(words.encode()).hexdigest()[:8]}"


def _questions(
    look: Look, found: dict[str, str], values: Callable[[str, int], list[str]]
) -> list[Question]:
    if "score" in found:
        return _scores(found, values)
    questions = []
    for column in look.columns:
        kind = kind_of_question(column)
        if column in found.values() or kind is None:
            continue
        meant = scale_of_answers(kind, values(column, MOST_ANSWERS + 1))
        if meant is not None:
            questions.append(Question(column, kind, meant))
    return questions


def _scores(found: dict[str, str], values: Callable[[str, int], list[str]]) -> list[Question]:
    """Return the questions of a tool that has one column of scores and says what each is."""
    score, by = found["score"], found.get("survey_kind")
    kinds = [word for word in (values(by, MOST_ANSWERS) if by else []) if word.lower() in KINDS]
    answers = values(score, MOST_ANSWERS)
    questions = []
    for word in kinds or [kind_of_question(score) or "csat"]:
        # The scores of several kinds stand in one column: each kind's usual scale holds.
        own = answers if len(kinds) < 2 else ["5"]
        meant = scale_of_answers(word.lower(), own)
        if meant is not None:
            questions.append(Question(score, word.lower(), meant, word if by else ""))
    return questions


def scale_of_answers(kind: str, answers: Sequence[str]) -> Judged | None:
    """Return what the answers to a question of a kind mean; None where they are no marks."""
    if len(answers) > MOST_ANSWERS:
        return None
    numbers = [number for answer in answers if (number := number_in(answer)) is not None]
    if len(numbers) * 2 < len(answers):
        return _of_words(kind, list(answers))
    if kind == "nps":
        return Judged(["9", "10"], [str(n) for n in range(7)], ["7", "8"], scale=[0, 10])
    if kind == "ces":
        top = 5 if max(numbers, default=5) <= 5 else 7
        positive = [str(n) for n in range(5 if top == 7 else 4, top + 1)]
        return Judged(positive, ["1", "2", *(["3"] if top == 7 else [])], scale=[1, top])
    return judged(list(answers))


def _of_words(kind: str, answers: list[str]) -> Judged | None:
    if kind == "ces":
        told: dict[str, list[str]] = {"for": [], "against": [], "neither": [], "unknown": []}
        for answer in answers:
            word = answer.lower()
            told[
                "against"
                if re.search(AGAINST, word)
                else "neither"
                if re.search(NEITHER, word)
                else "for"
                if re.search(FOR, word)
                else "unknown"
            ].append(answer)
        meant = Judged(told["for"], told["against"], told["neither"], told["unknown"])
    else:
        meant = judged(answers)
    return meant if meant.positive or meant.negative or not answers else None
