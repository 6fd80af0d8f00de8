"""States of alerts: against a model that knows nothing but the whole past, and by hand."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from helmdesk.act.alerts import Change, Levels, Memory, Patience, Sight, State, fold, step

B, M, W, N = Sight.BEYOND, Sight.BETWEEN, Sight.WITHIN, Sight.NOTHING


def run(past: list[Sight], wanted: Sight, patience: Patience) -> int:
    """Return how many of the last evaluations saw nothing else, leaving gaps out; a gap that was
    long enough to be told of ends the run.
    """
    found = gap = 0
    for sight in reversed(past):
        if sight is N:
            gap += 1
            continue
        if gap >= patience.blind or sight is not wanted:
            break
        found, gap = found + 1, 0
    return found


def model(past: list[Sight], patience: Patience) -> tuple[State, bool]:
    """Return the state after a whole past, read from its end each time."""
    blind = 0
    while blind < len(past) and past[-1 - blind] is N:
        blind += 1

    is_open, since = False, 0
    for place, sight in enumerate(past, 1):
        if sight is B and not is_open and run(past[:place], B, patience) >= patience.enter:
            is_open, since = True, place
        elif (
            sight is W
            and is_open
            and min(run(past[:place], W, patience), place - since) >= patience.leave
        ):
            is_open, since = False, place
    if blind >= patience.blind:
        return State.UNKNOWN, is_open
    last = past[len(past) - blind - 1] if blind < len(past) else W
    if is_open:
        return (State.RECOVERING if last is W else State.FIRING), True
    return (State.PENDING if last is B else State.OK), False


def test_ten_thousand_walks_are_those_of_the_model(tell: Callable[..., None]) -> None:
    rng, walks = random.Random(20), 10_000
    for _ in range(walks):
        patience = Patience(rng.randint(1, 3), rng.randint(1, 3), rng.randint(1, 3))
        walk = rng.choices((B, M, W, N), weights=(4, 1, 3, 2), k=rng.randint(1, 14))
        (last, _) = fold(walk, patience)[-1]
        assert (last.state, last.is_open) == model(walk, patience), (walk, patience)
    tell("random walks of an alert's states equal those of the model", f"{walks:,} of {walks:,}")


def test_what_is_not_seen_never_ends_an_alert() -> None:
    rng = random.Random(7)
    for _ in range(2_000):
        patience = Patience(1, rng.randint(1, 3), rng.randint(1, 3))
        memory, change = step(Memory(), B, patience)
        assert change is Change.BEGAN
        for _ in range(rng.randint(1, 9)):
            memory, change = step(memory, N, patience)
            assert memory.is_open and change in (None, Change.BLIND)


def test_it_begins_ends_and_speaks_once_each() -> None:
    patience = Patience(enter=2, leave=2, blind=2)
    walk = [W, B, W, B, B, B, M, W, B, W, W, W]
    told = [change for _, change in fold(walk, patience)]
    assert told == [None] * 4 + [Change.BEGAN] + [None] * 5 + [Change.ENDED, None]


def test_blindness_is_told_once_and_so_is_its_end() -> None:
    told = [change for _, change in fold([B, N, N, N, B, N, W], Patience())]
    assert told == [Change.BEGAN, None, Change.BLIND, None, Change.SIGHTED, None, Change.ENDED]


def test_blindness_that_ends_with_a_change_tells_the_change() -> None:
    assert fold([N, N, B], Patience())[-1][1] is Change.BEGAN
    assert fold([B, N, N, W], Patience())[-1][1] is Change.ENDED


@pytest.mark.parametrize(
    ("levels", "value", "sight"),
    [
        (Levels(0.8, 0.82, is_above=False), 0.8, B),
        (Levels(0.8, 0.82, is_above=False), 0.81, M),
        (Levels(0.8, 0.82, is_above=False), 0.82, W),
        (Levels(10, 10, is_above=True), 10, B),
        (Levels(10, 10, is_above=True), 9.99, W),
        (Levels(10, 5, is_above=True), 7, M),
        (Levels(10, 5, is_above=True), None, N),
    ],
)
def test_levels(levels: Levels, value: float | None, sight: Sight) -> None:
    assert levels.sight(value) is sight


def test_levels_the_wrong_way_round_are_refused() -> None:
    for given in ((10, 11, True), (0.8, 0.7, False)):
        with pytest.raises(ValueError, match="beyond"):
            Levels(*given)
