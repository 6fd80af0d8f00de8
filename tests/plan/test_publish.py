"""From a plan to records and back: what is published is what numbers go by."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desks import Event, load_events, make_desk
from helmdesk.desk.desk import Desk
from helmdesk.plan.shifts.publish import calendar_of, events_of, read_sheet, sheet_of
from helmdesk.plan.simulation.people import Shift
from helmdesk.sources.helmdesk import source
from helmdesk.sources.parts.source import Options

MONDAY = date(2026, 7, 6)
ZONE = ZoneInfo("Europe/Berlin")
DAY = Shift("a", 0, 540, 1020, ((645, 660),), (0,), ((720, 750),))


def told(before: list[Shift], after: list[Shift], keys: Any) -> list[tuple[str, dict[str, str]]]:
    return events_of(before, after, keys, MONDAY, ZONE, "pat", "v1")


def test_what_did_not_change_is_not_told_again() -> None:
    assert told([DAY], [DAY], {("a", 0): ["s1"]}) == []
    # What was only carried on is told for the first time.
    assert len(told([], [DAY], {})) == 5


def test_a_shift_is_told_piece_by_piece_in_utc() -> None:
    made = told([], [DAY], {})
    assert [kind for kind, _ in made] == ["shift_planned"] * 5
    assert [said["activity"] for _, said in made] == ["work", "break", "work", "meal", "work"]
    # 9:00 in Berlin in July is 7:00 UTC.
    assert made[0][1]["start_at"] == "2026-07-06T07:00:00+00:00"
    assert made[-1][1]["end_at"] == "2026-07-06T15:00:00+00:00"
    assert len({said["shift_id"] for _, said in made}) == 1


def test_who_is_off_gets_time_off_and_every_identity_is_replaced() -> None:
    ((kind, said),) = told([DAY], [], {("a", 0): ["s1"]})
    assert (kind, said["activity"], said["shift_id"]) == ("shift_changed", "time_off", "s1")
    assert said["approved_by"] == "pat"
    later = DAY.moved(60)
    made = told([DAY], [later], {("a", 0): ["s1", "s2"]})
    assert {said["shift_id"] for _, said in made} == {"s1", "s2"} and len(made) == 5
    short = Shift("a", 0, 540, 600)
    three = told([DAY], [short], {("a", 0): ["s1", "s2", "s3"]})
    assert [said["shift_id"] for _, said in three] == ["s1", "s2", "s3"]
    assert told([], [], {}) == []


def test_the_night_in_which_clocks_change() -> None:
    night = Shift("a", 6, 1320, 1440 + 360)
    (said,) = (said for _, said in events_of([], [night], {}, date(2026, 3, 23), ZONE, "p", "v"))
    start, end = (datetime.fromisoformat(said[name]) for name in ("start_at", "end_at"))
    # 29 March, 22:00 summer time to 6:00: eight hours; the night before has seven.
    assert (end - start).total_seconds() == 8 * 3600
    before = Shift("a", 5, 1320, 1440 + 360)
    (said,) = (said for _, said in events_of([], [before], {}, date(2026, 3, 23), ZONE, "p", "v"))
    start, end = (datetime.fromisoformat(said[name]) for name in ("start_at", "end_at"))
    assert (end - start).total_seconds() == 7 * 3600


def test_a_calendar_file_says_when() -> None:
    made = calendar_of([DAY], MONDAY, ZONE, "Shifts; of Bea", datetime(2026, 7, 1, tzinfo=UTC))
    lines = made.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART:20260706T070000Z" in lines and "DTEND:20260706T150000Z" in lines
    assert "X-WR-CALNAME:Shifts\\; of Bea" in lines
    assert "DESCRIPTION:Lunch 12:00-12:30\\, Break 10:45-11:00" in lines
    assert all(len(line.encode()) <= 75 for line in lines)


def test_a_spreadsheet_comes_back_as_it_went() -> None:
    shifts = [DAY, Shift("b", 4, 600, 1080, (), (0,), ((780, 810),))]
    back, problems = read_sheet(sheet_of(shifts, MONDAY, {"a": "Ann"}), MONDAY, 7)
    assert back == shifts and problems == []
    odd = "agent_id,start_at,end_at\na,soon,later\n,2026-07-06 09:00,2026-07-06 10:00\n"
    _, problems = read_sheet(odd, MONDAY, 7)
    assert problems[0].startswith("line 2: start and end are no times")
    assert problems[1] == "line 3: nobody is named"


def publish(desk: Desk, path: Path, events: list[tuple[str, dict[str, str]]], at: str) -> None:
    """Give events to a desk as its site does."""
    rows = [
        {"id": f"{at}-{n}", "at": at, "type": kind, **said} for n, (kind, said) in enumerate(events)
    ]
    file = path / f"events-{at[:10]}.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    desk.load_with(lambda staging: source.read(staging, [file], Options()), source.name, at)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Somebody planned from 9 to 17 Berlin time, who really worked from 10 to 18."""
    made = make_desk(tmp_path / "desk", time_zone="Europe/Berlin")
    at = datetime(2026, 7, 6, tzinfo=UTC)
    events: list[Event] = [
        {"type": "team", "occurred_at": at, "entity_id": "t", "valid_from": at, "name": "T"},
        {"type": "agent", "occurred_at": at, "entity_id": "a", "valid_from": at, "name": "A",
         "team_id": "t"},
        {"type": "shift_planned", "occurred_at": "2026-07-01T00:00Z", "agent_id": "a",
         "activity": "work", "start_at": "2026-07-06T07:00Z", "end_at": "2026-07-06T15:00Z",
         "shift_id": "s1"},
        {"type": "state_changed", "occurred_at": "2026-07-06T08:00Z", "agent_id": "a",
         "state": "available"},
        {"type": "state_changed", "occurred_at": "2026-07-06T16:00Z", "agent_id": "a",
         "state": "offline"},
    ]  # fmt: skip
    load_events(made, events)
    return made


def adherence(desk: Desk) -> float | None:
    (row,) = desk.measure("schedule_adherence", start="2026-07-06", end="2026-07-07")
    return row.value


def test_numbers_go_by_what_was_published(desk: Desk, tmp_path: Path) -> None:
    assert adherence(desk) == pytest.approx(7 / 8)
    was = [Shift("a", 0, 540, 1020)]
    later = [Shift("a", 0, 600, 1080)]
    publish(desk, tmp_path, told(was, later, {("a", 0): ["s1"]}), "2026-07-02T08:00:00+00:00")
    assert adherence(desk) == 1.0
    # Published once more: the last one counts.
    publish(desk, tmp_path, told(later, was, {("a", 0): ["s1"]}), "2026-07-03T08:00:00+00:00")
    assert adherence(desk) == pytest.approx(7 / 8)
    # A plan says nothing of how far the data reach.
    ahead = [Shift("a", 7, 540, 1020)]
    publish(desk, tmp_path, told([], ahead, {}), "2026-07-04T08:00:00+00:00")
    with desk.marts.reader() as reader:
        assert reader.bounds.as_of == datetime(2026, 7, 6, 16)
    # Nor is what has not happened in any number: with dates or without, whole or by week.
    (paid,) = desk.measure("utilization")
    (judged,) = desk.measure("schedule_adherence")
    assert paid.denominator == 8 * 3600 and judged.value == pytest.approx(7 / 8)
    weeks = desk.measure("utilization", grain="week", start="2026-07-06", end="2026-07-20")
    assert [row.denominator for row in weeks if row.denominator] == [8 * 3600]
