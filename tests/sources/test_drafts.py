"""What a drafted mapping tells of itself: what says so, and where somebody should look."""

from __future__ import annotations

from pathlib import Path

import pytest

from helmdesk.sources.parts.suggestion import suggest_mapping

ROWS = [
    "17,25/01/2026 09:00,25/01/2026 11:00,Ada,Closed,eve@example.com",
    "18,02/01/2026 09:00,,Ben,Open,bob@example.com",
    "19,03/01/2026 09:00,04/01/2026 09:00,Ada,Closed,eve@example.com",
]
HEADER = "Reference,Opened,Resolved,Owner,State,Client"


def draft(tmp_path: Path, header: str, rows: list[str]) -> str:
    path = tmp_path / "desk.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return suggest_mapping(path)


def test_evidence_is_of_the_data(tmp_path: Path) -> None:
    text = draft(tmp_path, HEADER, ROWS)
    for line in (
        (
            "#   `Opened` -> when the ticket came in: 3 of 3 different values read as times (day,"
            " month, year, proven by 25/01/2026 09:00)"
        ),
        "#   `Resolved` -> when it was solved: 2 of 2 different values read as times",
        "#   `State` -> status: 2 different: Closed, Open",
        "#   `Client` -> customer: 2 different",
        "#   no column was found for: when it was first answered, when it was closed,",
        'key = ["Reference"]  # ? the columns that identify a row: no two rows have the same',
    ):
        assert line in text
    assert "eve@example.com" not in text and "Ada" not in text


def test_a_key_that_names_several_rows_is_told(tmp_path: Path) -> None:
    text = draft(tmp_path, HEADER, [*ROWS, "17,26/01/2026 09:00,,Ben,Open,x", "20,1/2/26 9:00,,,,"])
    assert 'key = ["Reference"]  # ? 1 of 5 rows have one that another row has too (17)' in text


@pytest.mark.parametrize(
    ("header", "rows", "told"),
    [
        (
            "Id,Opened,Category A,Category B",
            ["1,2026-01-05 09:00,x,y", "2,2026-01-06 09:00,x,z"],
            "issue_type = \"Category A\"  # ? or 'Category B': called alike",
        ),
        (
            "Id,Opened",
            [f"{n},2026-01-0{n % 9 + 1} 09:0{n % 10}" for n in range(19)] + ["19,soon"],
            'occurred_at = "Opened"  # ? 1 of 20 different values are no times',
        ),
        (
            "Id,Opened",
            ["1,03/04/2026 09:00", "2,05/06/2026 10:00"],
            "# ? keep one: no row tells day/month or month/day",
        ),
    ],
)
def test_what_is_unsure_is_marked(tmp_path: Path, header: str, rows: list[str], told: str) -> None:
    assert told in draft(tmp_path, header, rows)


@pytest.mark.parametrize(
    "header",
    [
        # None of these is when a ticket came in, nor its number, state, agent, team or customer.
        "Id,Opened,Due date,Last update date,Customer ID",
        "Parent id,Id,Opened,Customer tier,User agent",
        "Id,Opened,Resolution status,Agent interactions,Queue wait time",
    ],
)
def test_names_that_look_alike_are_not_taken(tmp_path: Path, header: str) -> None:
    cells = {"Id": "{n}", "Opened": "2026-01-0{n} 09:00", "Due date": "2026-02-0{n}"}
    rows = [
        ",".join(
            cells.get(name, "2026-03-0{n} 10:00" if "date" in name else "7").format(n=n)
            for name in header.split(",")
        )
        for n in range(1, 4)
    ]
    text = draft(tmp_path, header, rows)
    assert 'ticket_id = "Id"' in text and 'occurred_at = "Opened"' in text
    for other in ("Due date", "Parent id", "Customer tier", "User agent", "Resolution status"):
        assert f'= "{other}"' not in text
    assert 'Agent interactions"' not in text and 'Queue wait time"' not in text


def test_a_call_log_is_not_drafted_as_tickets(tmp_path: Path) -> None:
    text = draft(
        tmp_path,
        "Call ID,Start Time,Direction,Queue,Result,Duration",
        ["1,2026-01-05 09:00,inbound,A,answered,60", "2,2026-01-06 09:00,inbound,A,missed,5"],
    )
    assert "desk.csv: a call log. It needs no mapping: helmdesk load desk.csv" in text
    assert "#   `Result` -> is answered" in text and "[[record]]" not in text
