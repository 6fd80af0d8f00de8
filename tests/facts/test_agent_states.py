"""States of a log with their ends: who forgot to log off, who worked on, and what the clocks do to
shifts.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from desks import Event, load_events, make_desk, ticket
from helmdesk.desk.desk import Desk

Log = list[tuple[str, str]]
Plan = list[tuple[str, str]]
MONDAY_TO_WEDNESDAY = [(f"2026-01-{day:02} 09:00", f"2026-01-{day:02} 17:00") for day in (5, 6, 7)]


def rota(
    tmp_path: Path,
    log: Log,
    plan: Plan = MONDAY_TO_WEDNESDAY,
    activity: str = "work",
    **settings: int,
) -> Desk:
    desk = make_desk(tmp_path / "desk", **settings)
    events: list[Event] = [
        {
            "type": "state_changed",
            "occurred_at": at,
            "agent_id": "ann",
            "state": state,
            "seq": place,
        }
        for place, (at, state) in enumerate(log)
    ]
    events += [
        {
            "type": "shift_planned",
            "occurred_at": start,
            "agent_id": "ann",
            "activity": activity,
            "start_at": start,
            "end_at": end,
        }
        for start, end in plan
    ]
    load_events(desk, events)
    return desk


def states(desk: Desk) -> list[tuple[str, str, bool]]:
    """State, end and whether that was assumed, in order."""
    with desk.engine() as engine:
        rows = engine.run(
            "select state, end_at, is_end_assumed from agent_states where end_at > start_at and"
            " state <> 'offline' order by start_at"
        )
    return [(state, f"{end:%d %H:%M}", is_assumed) for state, end, is_assumed in rows]


def test_who_goes_home_without_logging_off_was_there_until_the_end_of_the_shift(
    tmp_path: Path,
) -> None:
    desk = rota(
        tmp_path,
        [
            ("2026-01-05 09:00", "available"),
            ("2026-01-05 13:00", "handling"),
            ("2026-01-05 17:00", "available"),
            ("2026-01-06 09:00", "available"),
            ("2026-01-06 13:00", "handling"),
            ("2026-01-06 17:00", "offline"),
        ],
        MONDAY_TO_WEDNESDAY[:2],
    )
    assert desk.measure("occupancy")[0].value == 0.5
    assert desk.measure("schedule_adherence", variant="conformance")[0].value == 1
    (concern,) = desk.concerns()
    assert (
        concern.detail
        == "1 stretches of 1 agents were taken to end at the end of the shift they began in,"
        " because nobody logged off"
    )
    assert concern.touches("agent_time", "calendar")


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        # Overtime that was logged: half an hour of it, then off; a long call; into the night.
        ([("05 09:00", "handling"), ("05 17:30", "offline")], [("handling", "05 17:30", False)]),
        (
            [
                ("05 09:00", "available"),
                ("05 16:50", "handling"),
                ("05 18:30", "available"),
                ("05 18:40", "offline"),
            ],
            [
                ("available", "05 16:50", False),
                ("handling", "05 18:30", False),
                ("available", "05 18:40", False),
            ],
        ),
        ([("05 09:00", "handling"), ("06 00:30", "offline")], [("handling", "06 00:30", False)]),
        # On call at night, far from any shift, and ended.
        ([("06 02:00", "handling"), ("06 03:00", "offline")], [("handling", "06 03:00", False)]),
        # Left running: until early next morning, until an automatic log-off then, a break, after
        # the shift's end.
        (
            [("05 09:00", "available"), ("06 08:50", "available"), ("06 17:00", "offline")],
            [("available", "05 17:00", True), ("available", "06 17:00", False)],
        ),
        ([("05 09:00", "available"), ("06 08:59", "offline")], [("available", "05 17:00", True)]),
        (
            [("05 12:00", "break"), ("06 09:00", "available"), ("06 17:00", "offline")],
            [("break", "05 17:00", True), ("available", "06 17:00", False)],
        ),
        (
            [
                ("05 09:00", "available"),
                ("05 17:02", "wrap"),
                ("06 09:00", "available"),
                ("06 17:00", "offline"),
            ],
            [("available", "05 17:02", False), ("available", "06 17:00", False)],
        ),
        # Early before the first shift, then nothing more; two shifts slept through.
        (
            [("05 08:50", "available"), ("07 09:00", "handling"), ("07 17:00", "offline")],
            [("available", "05 17:00", True), ("handling", "07 17:00", False)],
        ),
        ([("07 09:00", "available")], [("available", "07 17:00", True)]),
    ],
)
def test_what_ends_and_what_is_taken_to_end(
    tmp_path: Path, log: Log, expected: list[tuple[str, str, bool]]
) -> None:
    desk = rota(tmp_path, [(f"2026-01-{at}", state) for at, state in log])
    load_events(desk, ticket("end", "2026-01-10T00:00"))  # the data go on after the log
    assert states(desk) == expected


def test_a_shift_in_two_parts_may_be_worked_through(tmp_path: Path) -> None:
    parts = [
        ("2026-01-05 09:00", "2026-01-05 13:00"),
        ("2026-01-05 14:00", "2026-01-05 18:00"),
        ("2026-01-06 09:00", "2026-01-06 13:00"),
    ]
    desk = rota(
        tmp_path,
        [
            ("2026-01-05 12:50", "handling"),
            ("2026-01-05 14:10", "available"),
            ("2026-01-06 09:00", "offline"),
        ],
        parts,
    )
    assert states(desk) == [("handling", "05 14:10", False), ("available", "05 18:00", True)]


def test_shifts_past_midnight(tmp_path: Path) -> None:
    nights = [(f"2026-01-{day:02} 22:00", f"2026-01-{day + 1:02} 06:00") for day in (5, 6)]
    desk = rota(
        tmp_path,
        [
            ("2026-01-05 22:00", "available"),
            ("2026-01-06 21:55", "available"),
            ("2026-01-07 06:20", "offline"),
        ],
        nights,
    )
    assert states(desk) == [("available", "06 06:00", True), ("available", "07 06:20", False)]


def test_without_a_plan_a_setting_bounds(tmp_path: Path) -> None:
    log = [
        ("2026-01-05 09:00", "available"),
        ("2026-01-05 17:00", "available"),
        ("2026-01-06 09:00", "handling"),
        ("2026-01-06 19:00", "offline"),
    ]
    desk = rota(tmp_path, log, [])
    assert states(desk) == [
        ("available", "05 17:00", False),
        ("available", "06 05:00", True),
        ("handling", "06 19:00", False),
    ]
    assert "after 12 hours (longest_state_hours)" in desk.concerns()[0].detail
    strict = rota(tmp_path / "strict", log, [], longest_state_hours=9)
    assert states(strict) == [
        ("available", "05 17:00", False),
        ("available", "06 02:00", True),
        ("handling", "06 18:00", True),
    ]
    away = rota(
        tmp_path / "away", log, [("2026-01-05 09:00", "2026-01-08 17:00")], activity="time_off"
    )
    assert states(away) == states(desk)  # leave is no shift


def test_assumed_time_is_derived(tmp_path: Path) -> None:
    desk = rota(
        tmp_path,
        [
            ("2026-01-05 16:00", "available"),
            ("2026-01-06 09:00", "handling"),
            ("2026-01-06 17:00", "offline"),
        ],
    )
    with desk.engine() as engine:
        found = engine.run(
            "select state, fidelity, sum(seconds)::bigint from agent_time where state is not null"
            " group by all order by all"
        )
    assert found == [("available", "derived", 3600), ("handling", "native", 8 * 3600)]


def shift_hours(
    tmp_path: Path, rows: str, zone: str = "Europe/Berlin"
) -> list[tuple[datetime, float]]:
    desk = make_desk(tmp_path / "desk", quarantine_limit=1.0)
    (tmp_path / "roster.csv").write_text(rows, encoding="utf-8")
    desk.load("roster", [tmp_path / "roster.csv"], time_zone=zone)
    with desk.engine() as engine:
        return engine.run(
            "select start_at, seconds(start_at, end_at) / 3600 from shifts order by start_at"
        )


def test_shifts_over_a_change_of_the_clocks(tmp_path: Path) -> None:
    found = shift_hours(
        tmp_path,
        "agent,date,start,end\na,2026-03-28,22:00,06:00\nb,2026-03-29,01:00,02:30\nc,2026-03-29,02:30,08:00\nd,2026-10-24,22:00,06:00\n"
        "e,2026-10-25,02:30,02:15\nf,2026-10-24,22:00,02:30\ng,2026-03-28,14:00,02:15\n",
    )
    assert [hours for _, hours in found] == [12, 7, 1, 5, 9, 4.5, 0.75]


def test_a_shift_with_dates_of_its_own_may_not_end_before_it_starts(tmp_path: Path) -> None:
    rows = (
        "agent,start,end\na,2026-01-05 22:00,2026-01-05 06:00\nb,2026-01-05 09:00,2026-01-04"
        " 17:00\n"
    )
    assert [hours for _, hours in shift_hours(tmp_path, rows)] == [8]
    desk = make_desk(tmp_path / "again", quarantine_limit=1.0)
    report = desk.load("roster", [tmp_path / "roster.csv"])
    assert (
        "line 3, end = '2026-01-04 17:00': a shift that ends on a day before it starts"
        in report.quarantine_examples[0]
    )


def test_a_log_in_the_hour_that_comes_twice_keeps_its_order(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    log = (
        "agent,time,state\na,2026-10-25 01:50,ready\na,2026-10-25 02:50,on call\na,2026-10-25"
        " 02:10,ready\na,2026-10-25 02:40,logged out\n"
    )
    (tmp_path / "log.csv").write_text(log, encoding="utf-8")
    desk.load("states", [tmp_path / "log.csv"], time_zone="Europe/Berlin")
    with desk.engine() as engine:
        rows = engine.run(
            "select state, seconds(start_at, end_at) / 60 from agent_states where state <>"
            " 'offline' order by start_at"
        )
    assert rows == [("available", 60), ("handling", 20), ("available", 30)]


def test_work_that_nobody_ended_does_not_last_the_night(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    work = [
        ("05T09:00", "work_started"),
        ("06T09:00", "work_started"),
        ("06T09:10", "work_ended"),
        ("07T09:00", "work_started"),
    ]
    load_events(
        desk,
        [
            *ticket("A", "2026-01-05T08:00"),
            *(
                {"type": kind, "ticket_id": "A", "agent_id": "ann", "occurred_at": f"2026-01-{at}"}
                for at, kind in work
            ),
        ],
    )
    with desk.engine() as engine:
        assert engine.run("select handle_seconds from tickets") == [(12 * 3600 + 600,)]
