"""What the columns of a file are taken for, in words."""

from __future__ import annotations

from pathlib import Path

from helmdesk.records.limits import Limits
from helmdesk.sources.parts.explained import explained
from helmdesk.sources.parts.suggestion import suggest_mapping
from helmdesk.sources.reading.preview import first_rows


def test_a_draft_is_told_column_by_column(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(
        "Case ID,Opened,Closed,Owner,Shelf\n"
        "A1,2026-03-02 09:00,2026-03-02 10:00,Ann,3\nA2,2026-03-03 09:00,2026-03-03 11:00,Ben,4\n",
        encoding="utf-8",
    )
    told = {
        column.name: column
        for column in explained(suggest_mapping(file), first_rows(file, 5, Limits()))
    }
    assert {name: column.taken_for for name, column in told.items()} == {
        "Case ID": ("number of the ticket",),
        "Opened": ("when the ticket came in",),
        "Closed": ("when it was solved",),
        "Owner": ("agent",),
        "Shelf": (),
    }
    assert told["Owner"].is_guess
    assert not told["Shelf"].is_guess
    assert told["Owner"].values == ("Ann", "Ben")


def test_what_is_no_mapping_says_nothing() -> None:
    assert explained("name = ", [["a"], ["1"]]) == []
