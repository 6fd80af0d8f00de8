"""Whose turn it is, and what becomes of bookings when somebody is not there."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helmdesk.act.booking.turns import Board, Call, accrue, take_back, turn


def test_three_thousand_calls_are_shared_within_two_of_what_each_is_owed() -> None:
    """Ten people with uneven hours and a long absence: nobody is more than two calls off."""
    draw = random.Random(7)
    people = [f"p{n}" for n in range(10)]
    chance = [0.95, 0.9, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2, 0.1]
    due: dict[str, float] = {}
    owed, got = dict.fromkeys(people, 0.0), dict.fromkeys(people, 0)
    worst = 0.0
    for number in range(3000):
        able = [
            each
            for each, share in zip(people, chance, strict=True)
            if draw.random() < share and not (each == "p0" and 1000 < number < 2000)
        ] or people
        chosen, changed = accrue(due, able, str(number))
        due.update(changed)
        got[chosen] += 1
        for each in able:
            owed[each] += 1 / len(able)
        worst = max(worst, *(abs(got[each] - owed[each]) for each in people))
    assert sum(got.values()) == 3000
    assert worst <= 2
    # Who was away for a thousand calls does not make up for them.
    assert got["p0"] < got["p1"]


def test_owed_is_never_made_or_lost() -> None:
    _, due = accrue({"a": 0.4, "b": -0.4}, ["a", "b", "c"])
    assert sum(due.values()) == pytest.approx(0)
    chosen, after = accrue({}, ["a", "b"], "x")
    assert take_back(after, ["a", "b"], chosen) == pytest.approx({"a": 0, "b": 0})


def test_among_equals_nobody_is_always_first_and_a_repetition_gives_the_same() -> None:
    first = [turn({}, ["a", "b", "c"], str(number)) for number in range(300)]
    assert {first.count(each) > 60 for each in "abc"} == {True}
    assert first == [turn({}, ["a", "b", "c"], str(number)) for number in range(300)]
    with pytest.raises(ValueError, match="nobody"):
        turn({}, [])


def call(key: str, able: str, *pieces: int, is_movable: bool = True) -> Call[str]:
    return Call(key, frozenset(able), frozenset(pieces), is_movable)


def test_the_fewest_calls_change_hands() -> None:
    board = Board.of(
        [call("x", "ab", 1), call("y", "bc", 1), call("z", "c", 2)],
        {"x": "a", "y": "b", "z": "c"},
    )
    board.calls["x"] = call("x", "b", 1)  # a is ill; b has y, which c can take
    assert board.settle() == []
    assert board.held == {"x": "b", "y": "c", "z": "c"}


def test_a_call_that_somebody_free_can_take_moves_alone() -> None:
    board = Board.of(
        [call("x", "bc", 1), call("y", "bc", 1), call("z", "cd", 9)],
        {"x": "a", "y": "b", "z": "d"},
    )
    assert board.settle() == []
    assert board.held == {"x": "c", "y": "b", "z": "d"}


def test_who_is_told_to_the_customer_already_is_not_moved() -> None:
    board = Board.of(
        [call("x", "b", 1), call("y", "bc", 1, is_movable=False)], {"x": "a", "y": "b"}
    )
    assert board.settle() == ["x"]
    assert board.held == {"y": "b"}


calls = st.lists(
    st.tuples(st.sets(st.sampled_from("abcd"), max_size=4), st.integers(0, 3)), max_size=7
)


@settings(max_examples=200, deadline=None)
@given(calls)
def test_no_call_is_given_up_that_any_arrangement_would_keep(
    drawn: list[tuple[set[str], int]],
) -> None:
    """Against all arrangements: calls of one length at the same few times."""
    listed = [call(str(n), "".join(able), piece) for n, (able, piece) in enumerate(drawn)]
    board = Board.of(listed, {})
    left = board.settle()
    taken = {(agent, min(board.calls[key].pieces)) for key, agent in board.held.items()}
    assert len(taken) == len(board.held)  # nobody twice at a time
    assert all(agent in board.calls[key].able for key, agent in board.held.items())
    most = 0
    for piece in range(4):
        group = [sorted(each.able) for each in listed if piece in each.pieces]
        choices = [[*able, None] for able in group]
        most += max(
            (
                sum(agent is not None for agent in chosen)
                for chosen in itertools.product(*choices)
                if len({a for a in chosen if a}) == sum(a is not None for a in chosen)
            ),
            default=0,
        )
    assert len(listed) - len(left) == most
