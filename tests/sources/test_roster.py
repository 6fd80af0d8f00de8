"""Plans that come in several files: shifts from one system, leave and breaks from others, each
corrected on its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk

SHIFTS = (
    "ann,2026-01-05 09:00,2026-01-05 17:00,shift",
    "ann,2026-01-06 09:00,2026-01-06 17:00,shift",
)
LEAVE = ("ann,2026-01-05 00:00,2026-01-05 12:00,vacation",)
BREAKS = ("ann,2026-01-05 13:00,2026-01-05 13:30,lunch",)


def load(desk: Desk, path: Path, *files: tuple[str, ...]) -> list[str]:
    """Load each file on its own and return the notes of the last load."""
    notes: list[str] = []
    for place, rows in enumerate(files):
        file = path / f"plan-{place}-{abs(hash(rows))}.csv"
        file.write_text(
            "agent,start,end,activity\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8"
        )
        notes = desk.load("roster", [file], refresh=False).notes
    return notes


def hours(desk: Desk) -> dict[str, float]:
    """Return the hours planned for each activity."""
    desk.refresh()
    with desk.engine() as engine:
        return dict(
            engine.run(
                "select activity, sum(seconds) / 3600 from agent_time where activity is not null"
                " group by activity"
            )
        )


@pytest.mark.parametrize(
    "order", [(SHIFTS, LEAVE, BREAKS), (BREAKS, LEAVE, SHIFTS)], ids=["shifts first", "shifts last"]
)
def test_shifts_leave_and_breaks_of_files_apart_stand_together(
    tmp_path: Path, order: tuple[tuple[str, ...], ...]
) -> None:
    desk = late_desk(tmp_path / "desk")
    load(desk, tmp_path, *order)
    assert hours(desk) == {"work": 12.5, "meal": 0.5, "time_off": 12}


def test_each_part_is_replaced_by_its_own_kind(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    notes = load(desk, tmp_path, SHIFTS, LEAVE)
    assert notes == [
        "no shifts, only time_off: added to the plans of these people, in place of time_off loaded"
        " without shifts for the same days before"
    ]
    notes = load(desk, tmp_path, ("ann,2026-01-05 08:00,2026-01-05 16:00,shift",))
    assert notes == [
        "plans of the same people and days that were loaded before are replaced; what was loaded"
        " without shifts, as leave is, stays"
    ]
    assert hours(desk) == {"work": 4 + 8, "time_off": 12}
    load(desk, tmp_path, ("ann,2026-01-05 14:00,2026-01-05 16:00,vacation",))
    assert hours(desk) == {"work": 6 + 8, "time_off": 2}


def test_a_plan_that_tells_leave_too_replaces_the_plan_before(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    load(
        desk,
        tmp_path,
        SHIFTS + LEAVE,
        (
            "ann,05.01.2026 10:00,05.01.2026 18:00,shift",
            "ann,31.01.2026 10:00,31.01.2026 12:00,vacation",
        ),
    )
    assert hours(desk) == {"work": 16, "time_off": 2}
