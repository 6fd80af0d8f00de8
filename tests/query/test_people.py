"""Values that judge people: fewer than five are told of by no question, nor by two questions
together.
"""

from __future__ import annotations

import itertools
import random
from datetime import date
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError
from helmdesk.query.people import hidden_cells
from helmdesk.query.policy import Policy

TEN = {f"p{number}" for number in range(10)}


def test_a_cell_of_few_people_takes_another_with_it() -> None:
    people = {
        ("email", None): TEN,
        ("chat", None): {"p1", "p2"},
        ("phone", None): {"p1", "p3", "p4", "p5", "p6", "p7"},
    }
    # Chat is of two people; without phone beside it, the total less the others would tell it.
    assert hidden_cells(people, 5) == {("chat", None), ("phone", None)}


def test_two_small_cells_that_are_five_people_together_hide_each_other() -> None:
    people = {
        ("email", None): TEN,
        ("chat", None): {"p1", "p2", "p3"},
        ("social", None): {"p4", "p5"},
    }
    assert hidden_cells(people, 5) == {("chat", None), ("social", None)}


def test_what_is_known_of_whole_periods_is_no_way_round() -> None:
    weeks = [date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 19)]
    people = {(channel, week): TEN for channel in ("email", "chat", "phone") for week in weeks}
    people["chat", weeks[0]] = {"p1"}
    hidden = hidden_cells(people, 5)
    for place in (0, 1):
        lines: dict[Any, list[Any]] = {}
        for cell in hidden:
            lines.setdefault(cell[place], []).append(cell)
        assert all(len(line) >= 2 for line in lines.values())
    assert len(hidden) == 4


def test_nothing_is_withheld_where_everybody_does_everything() -> None:
    assert hidden_cells({("email", None): TEN, ("chat", None): TEN}, 5) == set()
    trio = {"a", "b", "c"}
    assert hidden_cells({("email", None): trio, ("chat", None): trio}, 3) == set()
    assert hidden_cells({("email", None): trio, ("chat", None): {"a"}}, 3) == {
        ("email", None),
        ("chat", None),
    }


def test_a_dimension_that_follows_from_another_withholds_no_more() -> None:
    tiers = {"a": "gold", "b": "gold", "c": "gold", "d": "silver", "e": "silver"}
    sizes = {"a": 2, "b": 6, "c": 9, "d": 9, "e": 9}
    by_account = {
        (name, None): {f"p{number}" for number in range(size)} for name, size in sizes.items()
    }
    both = {(name, tiers[name], None): by_account[name, None] for name in tiers}
    assert (
        {cell[0] for cell in hidden_cells(by_account, 5)}
        == {cell[0] for cell in hidden_cells(both, 5)}
        == {"a", "b"}
    )


@pytest.mark.parametrize("seed", range(40))
def test_no_total_less_what_is_shown_speaks_of_fewer_than_five(seed: int) -> None:
    """Random tables of three dimensions: every row, column, plane and the whole, less the cells
    that are shown in it.
    """
    chance = random.Random(seed)
    everybody = [f"p{number}" for number in range(chance.randint(5, 14))]
    sides = [range(chance.randint(1, 4)) for _ in range(3)]
    people = {
        (*cell, None): set(chance.sample(everybody, chance.randint(1, len(everybody))))
        for cell in itertools.product(*sides)
        if chance.random() < 0.8
    }
    if not people:
        return
    hidden = hidden_cells(people, 5)
    assert all(len(people[cell]) >= 5 for cell in people if cell not in hidden)
    for kept in itertools.chain.from_iterable(
        itertools.combinations(range(3), size) for size in range(3)
    ):
        lines: dict[Any, list[Any]] = {}
        for cell in people:
            lines.setdefault(tuple(cell[place] for place in kept), []).append(cell)
        totals = (
            hidden_cells(
                {
                    (*name, None): set().union(*(people[cell] for cell in line))
                    for name, line in lines.items()
                },
                5,
            )
            if kept
            else set()
        )
        for name, line in lines.items():
            rest = [cell for cell in line if cell in hidden]
            # A whole of fewer than five is told as it stands: nobody narrowed it.
            is_told = (*name, None) not in totals and len(
                set().union(*(people[cell] for cell in line))
            ) >= 5
            if rest and is_told:
                assert len(set().union(*(people[cell] for cell in rest))) >= 5, (kept, name)


def test_a_filter_that_a_metric_does_not_know_is_told_to_whom_values_are_withheld(
    small_desk: Desk,
) -> None:
    reader = small_desk.as_seen_by(Policy("leader", may_compare_people=False))
    with pytest.raises(NotFoundError, match="unknown dimension 'queue'"):
        reader.measure("utilization", where="queue = 'Chats'")
