"""Data problems come before conclusions."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.query.filters import Compare


def weeks(
    count: int, *, a_day: int, stops: str = "", doubled: bool = False
) -> list[dict[str, object]]:
    """Tickets of two channels on every day of so many weeks; one channel may end a week early, or
    the last week come twice.
    """
    events, first = [], date(2025, 1, 6)
    for day in range(7 * count):
        on = first + timedelta(days=day)
        is_last = day >= 7 * (count - 1)
        for channel in ("email", "chat"):
            if is_last and channel == stops:
                continue
            for number in range(a_day):
                for copy in range(2 if doubled and is_last else 1):
                    name = f"{channel}-{day}-{number}{'-again' if copy else ''}"
                    at = f"{on}T{8 + number % 9:02d}:{number % 60:02d}:00"
                    events += ticket(
                        name,
                        at,
                        f"{on}T20:00:00",
                        channel=channel,
                        customer_id=f"{channel}-{day}-{number}",
                        subject=f"question {number}",
                    )
    # The data go on into the next week, so that the last one is complete.
    events += ticket("later", f"{first + timedelta(days=7 * count)}T23:59:00")
    return events


def desk_of(path: Path, events: list[dict[str, object]]) -> Desk:
    desk = make_desk(path)
    load_events(desk, events)
    return desk


def test_a_source_that_stopped_is_told_first(tmp_path: Path) -> None:
    brief = desk_of(tmp_path / "desk", weeks(14, a_day=6, stops="chat")).brief()
    assert brief.findings[0].key == "data:stopped:channel"
    assert brief.findings[0].lever == "data"
    assert brief.findings[0].where == Compare("channel", "=", "chat")
    assert brief.findings[0].rule
    assert "42 tickets a week" in brief.findings[0].text


def test_an_import_that_came_twice_is_told_first(tmp_path: Path) -> None:
    brief = desk_of(tmp_path / "desk", weeks(14, a_day=5, doubled=True)).brief()
    assert brief.findings[0].key == "data:doubled"
    assert "70 of the 140" in brief.findings[0].text


def test_a_steady_desk_has_no_data_problem(tmp_path: Path) -> None:
    desk = desk_of(tmp_path / "desk", weeks(14, a_day=5))
    assert desk.brief().findings == ()
    explained = desk.explain("ticket_volume")
    assert explained.problems == ()
    assert explained.lever == "none"
    assert explained.movement is not None
    assert explained.movement.signal == "quiet"
