"""`helmdesk schedule` and `helmdesk intraday`: what the desk says, told, saved, read, published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.plan.shifts.gaps import Short, short_spans

Run = Callable[..., Any]
TEAM, MONDAY = "Frontline Berlin", date(2026, 7, 6)
WEEK = ("--team", TEAM, "--start", str(MONDAY))


def test_short_intervals_that_follow_each_other_are_one_gap() -> None:
    import numpy as np

    spare = np.array([[0, -1, -2, 0], [-1, 0, 0, -3]])
    # 2 people × 60 minutes beside 3 × 30 and 1 × 30; the last of Monday and first of Tuesday apart.
    assert short_spans(spare, 30) == [
        Short(0, 30, 90, 2),
        Short(1, 90, 120, 3),
        Short(1, 0, 30, 1),
    ]


def test_it_shows_the_plan_there_is(helmdesk: Run, small_desk: Desk) -> None:
    made = json.loads(helmdesk("schedule", "--desk", str(small_desk.path), *WEEK, "--json").stdout)
    week = small_desk.plan.week(TEAM, start=MONDAY)
    shown = {(each["person"], each["day"], each["start"]) for each in made["shifts"]}
    assert shown == {
        (
            shift.person,
            str(date.fromordinal(MONDAY.toordinal() + shift.day)),
            f"{shift.start // 60}:{shift.start % 60:02d}",
        )
        for shift in week.shifts
    }
    told = helmdesk("schedule", "--desk", str(small_desk.path), *WEEK)
    assert all(week.names[person.name] in told.stdout for person in week.people)


def test_what_is_filled_is_saved_read_and_published(
    helmdesk: Run, small_desk: Desk, tmp_path: Path
) -> None:
    desk, sheet = tmp_path / "desk", tmp_path / "week.csv"
    shutil.copytree(small_desk.path, desk)
    own = ("--desk", str(desk), *WEEK)
    who = small_desk.plan.week(TEAM, start=MONDAY).people[0].name
    away = ("--away", f"{who}={MONDAY}")
    filled = json.loads(
        helmdesk(
            "schedule", *own, "--fill", *away, "--csv", str(sheet), "--ics", str(tmp_path), "--json"
        ).stdout
    )
    shifts = filled["shifts"]
    assert shifts and filled["broken_rules"] == []
    assert not [each for each in shifts if (each["person"], each["day"]) == (who, str(MONDAY))]
    calendars = list(tmp_path.glob("*.ics"))
    assert len(calendars) == len({each["person"] for each in shifts})
    published = helmdesk("schedule", *own, "--read", str(sheet), "--publish")
    assert "published" in published.stderr
    again = json.loads(helmdesk("schedule", *own, "--json").stdout)
    assert again["shifts"] == shifts
    assert "nothing has changed" in helmdesk("schedule", *own, "--publish").stderr


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (["--start", "soon"], "write a day as"),
        (["--away", "hugo"], "write PERSON=DAY"),
        (["--away", f"Nobody={MONDAY}"], "not one of this team"),
        (["--rest-hours", "30"], "30 hours of rest"),
        (["--fill", "--read", "x.csv"], "choose one"),
        (["--read", "/nowhere/x.csv"], "cannot be read"),
        (["--fill", "--hours-a-week", "2"], "2 a week"),
        (["--fill", "--from", "9:00", "--until", "12:00"], "in a day of"),
    ],
)
def test_what_cannot_be_planned_says_why(
    helmdesk: Run, small_desk: Desk, said: list[str], problem: str
) -> None:
    command = ("schedule", "--desk", str(small_desk.path), "--team", TEAM)
    start = () if "--start" in said else ("--start", str(MONDAY))
    told = helmdesk(*command, *start, *said, code=None)
    assert told.returncode in (2, 3, 4) and problem in told.stderr
    assert "Traceback" not in told.stderr


def test_the_day_is_told_as_the_desk_sees_it(helmdesk: Run, small_desk: Desk) -> None:
    command = ("intraday", "--desk", str(small_desk.path), "--team", TEAM)
    made = json.loads(helmdesk(*command, "--json").stdout)
    day, _ = small_desk.plan.today(TEAM)
    assert made["day"] == str(day.coverage.plan.forecast.first_day)
    expected = {each["start"]: each["expected"] for each in made["intervals"]}
    assert sum(expected.values()) == pytest.approx(float(day.expected.sum()), abs=0.3)
    assert TEAM in helmdesk(*command).stderr
