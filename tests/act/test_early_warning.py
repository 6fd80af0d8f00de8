"""Whom the early warning names, whom it leaves out, and what it says that was worth."""

from __future__ import annotations

from math import sqrt

import pytest

from helmdesk.act.early_warning import (
    LEAST_ENDED,
    LEFT_OUT,
    Ended,
    Worth,
    is_left_out,
    judge,
    most_likely,
)


def nobody(_ticket: str) -> bool:
    return False


def test_the_most_likely_are_named_within_the_budget() -> None:
    chances = [("A", 0.2), ("B", 0.5), ("C", 0.3), ("D", 0.3)]
    found = most_likely(chances, 0.1, (), 3, nobody)
    assert [each.ticket_id for each in found] == ["B", "C", "D"]


def test_only_what_is_clearly_more_likely_than_usual_is_named() -> None:
    chances = [("A", 0.151), ("B", 0.149), ("C", 0.01)]
    assert [each.ticket_id for each in most_likely(chances, 0.1, (), 10, nobody)] == ["A"]
    assert most_likely([], 0.1, (), 10, nobody) == []


def test_what_is_decided_makes_room() -> None:
    chances = [("A", 0.9), ("B", 0.8), ("C", 0.7)]
    found = most_likely(chances, 0.1, {"A"}, 2, nobody)
    assert [each.ticket_id for each in found] == ["B", "C"]


def test_those_left_out_do_not_use_up_the_budget() -> None:
    chances = [("A", 0.9), ("B", 0.8), ("C", 0.7), ("D", 0.6)]
    found = most_likely(chances, 0.1, (), 2, lambda ticket: ticket == "A")
    assert [(each.ticket_id, each.is_left_out) for each in found] == [
        ("A", True),
        ("B", False),
        ("C", False),
    ]


def test_one_in_twenty_is_left_out_always_the_same_and_otherwise_on_another_desk() -> None:
    tickets = [f"T{number}" for number in range(40_000)]
    first = [is_left_out("salt", ticket) for ticket in tickets]
    # Four standard errors of a share of 5% among 40,000.
    assert abs(sum(first) / 40_000 - LEFT_OUT) < 4 * sqrt(0.05 * 0.95 / 40_000)
    assert first == [is_left_out("salt", ticket) for ticket in tickets]
    second = [is_left_out("another", ticket) for ticket in tickets]
    both = sum(a and b for a, b in zip(first, second, strict=True))
    assert both / 40_000 < 0.005, "whether a ticket is left out says nothing of another desk's"


def test_nothing_is_said_of_the_worth_before_enough_have_ended() -> None:
    few = judge(Ended(500, 100, 110.0), Ended(LEAST_ENDED - 1, 10, 5.0), 10.0)
    assert few.worth is Worth.EARLY and few.change is None
    assert judge(Ended(), Ended(), 0.0).days is None


def test_the_worth_is_the_difference_with_newcombes_interval() -> None:
    # Newcombe (1998), method 10, worked out by hand with Wilson's limits: 56/70 less 48/80.
    found = judge(Ended(70, 56, 50.0), Ended(80, 48, 50.0), 10.0)
    assert found.change == pytest.approx(0.2) and found.interval is not None
    assert found.interval == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert found.worth is Worth.HARMS
    assert judge(Ended(80, 48, 50.0), Ended(70, 56, 50.0), 10.0).worth is Worth.HELPS
    same = judge(Ended(400, 80, 80.0), Ended(21, 4, 4.2), 10.0)
    assert same.worth is Worth.NOTHING


def test_how_long_it_takes_is_what_the_power_formula_says() -> None:
    found = judge(Ended(95, 24, 23.75), Ended(5, 1, 1.25), 10.0)
    assert found.days is not None and found.days % 7 == 0
    share, many = 0.25, 100 + 10 * found.days

    def least(count: float) -> float:
        # Half as many, seen four times in five: 1.96 + 0.84 standard errors.
        return 2.8016 * sqrt(
            share * (1 - share) / (LEFT_OUT * count)
            + (share / 2) * (1 - share / 2) / ((1 - LEFT_OUT) * count)
        )

    assert least(many) <= share / 2 * 1.02, "by then it would be seen"
    assert least(many - 14 * 10) >= share / 2 * 0.98, "and not two weeks earlier"
