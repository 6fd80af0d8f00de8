"""The command: every lever reaches the scenario, and the check comes before any number."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.plan.simulation.scenario import scenario_of

Run = Callable[..., Any]


def test_every_lever_reaches_the_scenario(helmdesk: Run, small_desk: Desk) -> None:
    said = (
        "--lunch 11:30-14:30 --later 2 --begin 10:00 --on tue --move-shifts 1 --to mon --more 1"
        " --hours 16:00-18:00 --away 1 --contacts 10 --work -5 --open 8:00-17:30 --weeks 2"
    )
    moved = ["--move-contacts", "20", "--from-queue", "Phone Berlin", "--to-queue", "Chat Berlin"]
    command = ["what-if", "--desk", str(small_desk.path), "--team", "Frontline Berlin"]
    made = json.loads(helmdesk(*command, *said.split(), *moved, "--json").stdout)
    assert scenario_of(made["scenario"]) == scenario_of(
        {
            "meals": "11:30-14:30", "later": "2", "begin": "10:00", "later_on": "tue", "swap": "1",
            "swap_to": "mon", "more": "1", "hours": "16:00-18:00", "away": "1", "contacts": "10",
            "handle": "-5", "open": "8:00-17:30", "moved": "20", "moved_from": "Phone Berlin",
            "moved_to": "Chat Berlin",
        }
    )  # fmt: skip
    assert made["weeks"] == 2
    assert {row["key"] for row in made["numbers"]} >= {"service_level", "paid_hours"}


def test_the_check_comes_before_any_number(helmdesk: Run, small_desk: Desk) -> None:
    command = ["what-if", "--desk", str(small_desk.path), "--more", "1", "--weeks", "2"]
    told = helmdesk(*command)
    # A twentieth of the sample has hardly any contacts in a week.
    assert told.stderr.index("Do not rely on") < told.stderr.index("What if 1 more person")
    assert "Paid hours a week" in told.stdout


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (["--later", "x"], "is no number"),
        (["--start", "soon"], "write a day as"),
        (["--team", "Nobody"], "no team"),
        (["--start", "2020-01-01"], "not ahead of the data"),
    ],
)
def test_what_cannot_be_tried(
    helmdesk: Run, small_desk: Desk, said: list[str], problem: str
) -> None:
    told = helmdesk("what-if", "--desk", str(small_desk.path), *said, code=None)
    assert told.returncode in (2, 3) and problem in told.stderr and "Traceback" not in told.stderr
