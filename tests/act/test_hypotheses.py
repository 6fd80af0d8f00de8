"""What is written down of an action, and what is made of it: by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from helmdesk.act.actions import (
    Hypothesis,
    Outcome,
    Stage,
    Towards,
    Why,
    differences,
    extended,
    first_week,
    judge,
    plan_of,
    read_hypothesis,
    review_day,
    stage_of,
)
from helmdesk.errors import UsageError
from helmdesk.statistics.placebo import Comparison, Spell

SAID = Hypothesis("Later shifts", "csat", 1, Towards.HIGHER, date(2026, 6, 10))
STARTS = tuple(date(2025, 1, 6) + timedelta(weeks=week) for week in range(90))
BAD = Spell(0.1, 0.9, 0.8, 0.05)


def found(effect: float, larger: int, dates: int = 40, detectable: float = 0.04) -> Comparison:
    return Comparison(0.80, 0.80 + effect, effect, dates, larger, 0.03, detectable)


def test_what_is_said_comes_back_and_its_digest_tells_every_change() -> None:
    whole = replace(
        SAID, expected=0.05, guards=("fcr",), since=date(2026, 5, 1), control="team = 'B'"
    )
    assert read_hypothesis(whole.as_dict()) == whole
    changed = [
        replace(whole, title="Earlier shifts"),
        replace(whole, expected=0.04),
        replace(whole, start=date(2026, 6, 11)),
        replace(whole, guards=()),
        replace(whole, version=2),
        extended(whole, 4),
    ]
    assert len({each.digest for each in (whole, *changed)}) == 7
    assert differences(whole, changed[1]) == ("expected",)
    assert differences(whole, changed[5]) == ("weeks",)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"title": " "}, "in a few words"),
        ({"weeks": 7}, "8 to 52"),
        ({"expected": 0.0}, "above 0"),
        ({"expected": float("nan")}, "above 0"),
        ({"guards": ("csat",)}, "other metrics"),
        ({"since": date(2026, 6, 10)}, "before the start"),
        ({"where": "team = 'A'", "control": "team = 'A'"}, "other work"),
        ({"belief": "x" * 601}, "600 characters"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        replace(SAID, **wrong)  # type: ignore[arg-type]


def test_what_was_kept_otherwise_is_refused() -> None:
    with pytest.raises(UsageError, match="no 'colour'"):
        read_hypothesis({**SAID.as_dict(), "colour": "red"})
    with pytest.raises(UsageError, match="not written down whole"):
        read_hypothesis({"title": "x"})


def test_weeks_are_whole_ones_after_the_start() -> None:
    # 10 June 2026 is a Wednesday.
    assert first_week(date(2026, 6, 10), 0) == date(2026, 6, 15)
    assert first_week(date(2026, 6, 10), 2) == date(2026, 6, 10)
    assert review_day(SAID, 0) == date(2026, 8, 10)
    assert review_day(replace(SAID, start=date(2026, 6, 8)), 0) == date(2026, 8, 3)


def test_the_weeks_compared_with() -> None:
    place = (date(2026, 6, 15) - STARTS[0]).days // 7
    plain = plan_of(SAID, STARTS, None, None, 0)
    assert plain is not None
    # The week of the start itself takes no part.
    assert (plain.start, plain.skip, plain.before, plain.since) == (place, 1, 26, None)
    after_bad = plan_of(SAID, STARTS, None, BAD, 0)
    assert after_bad is not None and after_bad.skip == 5
    level = plan_of(SAID, STARTS, date(2026, 3, 31), BAD, 0)
    # A Tuesday: its first whole week is that of 6 April, nine before that of the start.
    assert level is not None and (level.skip, level.before) == (1, 9)
    assert STARTS[level.since or 0] == date(2026, 4, 6)
    short = plan_of(SAID, STARTS, date(2026, 5, 4), BAD, 0)
    assert short is not None and short.since is None and short.skip == 5
    assert plan_of(SAID, (), None, None, 0) is None
    assert plan_of(replace(SAID, start=date(2024, 1, 1)), STARTS, None, None, 0) is None


@pytest.mark.parametrize(
    ("comparison", "expected", "outcome", "why"),
    [
        (found(0.05, 0), None, Outcome.WORKED, None),
        (found(-0.05, 0), None, Outcome.WORSE, None),
        (found(0.05, 1), None, Outcome.WORKED, None),  # 2 of 41
        (found(0.05, 2), None, Outcome.NOTHING, None),  # 3 of 41
        (found(0.01, 0), None, Outcome.NOTHING, None),  # nobody would act on a point
        (found(0.0, 30), 0.05, Outcome.NOTHING, None),
        (found(0.0, 30), 0.03, Outcome.UNKNOWN, Why.COARSE),
        (found(0.05, 0, dates=18), None, Outcome.UNKNOWN, Why.FEW_DATES),
        (None, None, Outcome.UNKNOWN, Why.FEW_WEEKS),
    ],
)
def test_verdicts(
    comparison: Comparison | None, expected: float | None, outcome: Outcome, why: Why | None
) -> None:
    said = replace(SAID, expected=expected)
    judged = judge(said, comparison, 0.02, is_over=True)
    assert (judged.outcome, judged.why) == (outcome, why)
    assert judge(said, comparison, 0.02, is_over=False).why is Why.EARLY


def test_where_less_is_better_a_fall_worked() -> None:
    said = replace(SAID, metric="reopen_rate", towards=Towards.LOWER)
    assert judge(said, found(-0.05, 0), 0.02, is_over=True).outcome is Outcome.WORKED


def test_a_return_to_the_usual_level_is_not_credited_and_not_denied() -> None:
    # Usually 80%, four weeks of 70%, and 80% again.
    assert judge(SAID, found(0.0, 30), 0.02, True, spell=0.70).why is Why.REBOUND
    assert judge(SAID, found(0.0, 30), 0.02, True, spell=0.79).outcome is Outcome.NOTHING
    assert judge(SAID, found(0.05, 0), 0.02, True, spell=0.70).outcome is Outcome.WORKED


def test_stages() -> None:
    def stage(day: date, is_started: bool = True, closed_as: str = "") -> Stage:
        return stage_of(SAID, day, 0, is_started=is_started, closed_as=closed_as)

    assert stage(date(2026, 6, 1), is_started=False) is Stage.PROPOSED
    assert stage(date(2026, 8, 9)) is Stage.RUNNING
    assert stage(date(2026, 8, 10)) is Stage.DUE
    assert stage(date(2026, 8, 10), closed_as="worked") is Stage.CLOSED
    assert stage(date(2026, 6, 11), closed_as="dropped") is Stage.DROPPED
