"""What a room says, decided without any desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from helmdesk.act.room_words import (
    LOCALES,
    ROOM_PHRASES,
    WHEN,
    instant_words,
    left_words,
    zone_words,
)
from helmdesk.act.rooms import (
    Kept,
    Stage,
    Word,
    next_word,
    promises,
    stage_of,
    told_subject,
)
from helmdesk.act.survey_words import LANGUAGES

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "own", "shown"),
    [
        ("Cannot sign in", "T-100", True),
        ("  Cannot\n sign in ", "T-100", True),
        ("Re: T-100 cannot sign in", "T-100", True),
        ("Re: T-101 cannot sign in", "T-100", False),
        ("Re: t-101", "T-100", False),
        ("Amira did not call back", "T-100", False),
        ("AMIRA!", "T-100", False),
        ("For Voss-Meier", "T-100", False),
        ("Invoice of 2025", "4711", False),
        ("Invoice of 2025", "1234567", True),
        ("Case #99", "1234567", False),
        ("Version 5.2 is slow", "4711", True),
        (None, "T-100", False),
    ],
)
def test_a_subject_names_no_colleague_and_no_other_case(
    subject: str | None, own: str, shown: bool
) -> None:
    found = told_subject(subject, ["Amira Voss", "Zoltan"], own)
    assert found == (" ".join((subject or "").split()) if shown else "")


def clock(kind: str, state: str, due: float | None = None, stopped: float | None = None) -> dict:
    def at(hours: float | None) -> datetime | None:
        return None if hours is None else (NOW + timedelta(hours=hours)).replace(tzinfo=None)

    return {"clock": kind, "state": state, "due_at": at(due), "stopped_at": at(stopped)}


def test_promises_are_the_latest_of_each_kind_the_soonest_first() -> None:
    found = promises(
        [
            clock("first_response", "met", -20, -22),
            clock("next_response", "met", -9, -10),
            clock("next_response", "running", 3),
            clock("resolution", "running", 2),
            clock("periodic_update", "running", 1),
            clock("source", "met"),
            clock("resolution_of_others", "running", 1),
            clock("resolution", "cancelled", 1),
        ],
        NOW,
    )
    assert [each.word for each in found] == [
        Word.UPDATE,
        Word.SETTLED,
        Word.NEXT_ANSWER,
        Word.ANSWER,
    ]
    # To be settled is no word to the customer.
    assert next_word(found) == NOW + timedelta(hours=1)
    assert next_word(promises([clock("resolution", "running", 1)], NOW)) is None


@pytest.mark.parametrize(
    ("state", "due", "kept"),
    [
        ("running", 0.1, Kept.AHEAD),
        ("running", 0.0, Kept.PASSED),
        ("running", -5, Kept.PASSED),
        ("overdue", -5, Kept.LATE),
        ("paused", None, Kept.PAUSED),
        ("met", 5, Kept.MET),
        ("breached", -5, Kept.MISSED),
    ],
)
def test_late_is_what_the_clock_says(state: str, due: float | None, kept: Kept) -> None:
    (found,) = promises([clock("first_response", state, due, -1)], NOW)
    assert found.kept is kept


@pytest.mark.parametrize(
    ("status", "given", "stage"),
    [
        ("new", {"has_answer": False}, Stage.RECEIVED),
        ("open", {"has_answer": True}, Stage.WORKING),
        ("waiting_customer", {"has_answer": True}, Stage.YOURS),
        ("waiting_customer", {"has_answer": True, "is_late_word": True}, Stage.WORKING),
        ("waiting_third_party", {"has_answer": True}, Stage.OTHERS),
        ("solved", {"has_answer": True}, Stage.SETTLED),
        ("closed", {"has_answer": True}, Stage.CLOSED),
        (None, {"has_answer": True}, Stage.UNKNOWN),
        ("open", {"has_answer": True, "is_merged": True}, Stage.JOINED),
    ],
)
def test_where_a_case_stands(status: str | None, given: dict, stage: Stage) -> None:
    assert stage_of(status, **{"is_merged": False, **given}) is stage


def test_every_language_says_everything() -> None:
    assert set(ROOM_PHRASES) == set(LANGUAGES) == set(LOCALES) == set(WHEN)
    wanted = {(word, kept) for word in Word for kept in Kept}
    for language, phrases in ROOM_PHRASES.items():
        assert set(phrases.stages) == set(Stage), language
        assert set(phrases.promised) == wanted, language
        for (_, kept), says in phrases.promised.items():
            named = {"{by}"} if kept in (Kept.AHEAD, Kept.LATE, Kept.PASSED) else set()
            named |= {"{at}"} if kept in (Kept.MET, Kept.MISSED) else set()
            assert {part for part in ("{by}", "{at}") if part in says} == named, (language, says)
        plain = [value for value in vars(phrases).values() if isinstance(value, str)]
        assert all(text.strip() for text in plain)


def test_times_in_words() -> None:
    assert instant_words(NOW, "Europe/Berlin", "de") == "Mittwoch, 4. März, 13:00"
    assert zone_words("America/Argentina/Buenos_Aires") == "Buenos Aires"
    english = ROOM_PHRASES["en"]
    for minutes, words in ((1, "1 minute"), (119, "119 minutes"), (120, "2 hours"),
                           (2879, "47 hours"), (2880, "2 days"), (-5, "0 minutes")):  # fmt: skip
        assert left_words(timedelta(minutes=minutes), english) == words
