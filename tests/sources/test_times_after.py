"""Moments that a file tells as lengths of time after another moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.errors import MappingError

MAPPING = """name = "shop"
key = ["No"]
[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = {{ column = "Opened"{clock} }}
[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "No"
occurred_at = {{ column = "Opened"{clock}, after = {after} }}
status = {{ constant = "solved" }}
"""


@pytest.mark.parametrize(
    ("after", "cell", "seconds"),
    [
        ('{ column = "Length", unit = "hours" }', "27.5", 99_000),
        ('{ column = "Length", unit = "hours" }', "27:31:07", 99_067),
        ('{ column = "Length", unit = "hours" }', "1:30", 5_400),
        ('{ column = "Length", unit = "minutes" }', "1:30", 90),
        ('{ column = "Length", unit = "minutes" }', "1,234.5", 74_070),
        ('{ column = "Length", unit = "days" }', "2", 172_800),
        ('{ column = "Length", unit = "minutes" }', "2 hours", 7_200),
        ('"Length"', "90", 90),
        ('"Length"', "1d 2h", 93_600),
        ('"Length"', "PT2H", 7_200),
        ('"Length"', "0", 0),
    ],
)
def test_a_moment_after_another(tmp_path: Path, after: str, cell: str, seconds: int) -> None:
    desk = late_desk(tmp_path / "desk")
    file, mapping = tmp_path / "t.csv", tmp_path / "m.toml"
    # 29 March 2026: clocks go forward in Berlin at two o'clock; lengths are of the clock, not of
    # the wall.
    file.write_text(
        f'No,Opened,Length\n1,2026-03-29 00:30,"{cell}"\n2,2026-03-29 00:30,\n', encoding="utf-8"
    )
    mapping.write_text(
        MAPPING.format(after=after, clock=', time_zone = "Europe/Berlin"'), encoding="utf-8"
    )
    report = desk.load("mapping", [file], mapping=mapping)
    assert report.records == {"created": 2, "status_changed": 1} and report.quarantined_rows == 0
    found = desk.measure("resolution_time")[0]
    assert (found.value, found.n) == (seconds, 1)
    assert any(
        "1 of 2 rows have no 'Length' and tell no change of state" in note for note in report.notes
    )


def test_lengths_that_cannot_be_are_kept_apart(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    file, mapping = tmp_path / "t.csv", tmp_path / "m.toml"
    file.write_text(
        "No,Opened,At,Length\n1,2026-03-05,9:30,soon\n2,2026-03-05,9:30,-5\n3,2026-03-05,9:30,60\n",
        encoding="utf-8",
    )
    mapping.write_text(
        MAPPING.format(after='{ column = "Length", unit = "minutes" }', clock=', time = "At"'),
        encoding="utf-8",
    )
    report = desk.load("mapping", [file], mapping=mapping)
    assert report.records == {"created": 3, "status_changed": 1}
    assert [example.removeprefix(f"{file}, ") for example in report.quarantine_examples] == [
        "line 2, Length = 'soon': not a duration",
        "line 3, Length = '-5': a length of time below zero",
    ]
    assert desk.measure("resolution_time")[0].value == 3600


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (
            '{ column = "Length", unit = "hour" }',
            "the unit 'hour' is not one of seconds, minutes, hours, days; did you mean 'hours'",
        ),
        ("3", "a time after another is written"),
        ('{ unit = "hours" }', "a time after another is written"),
        ('{ column = "Length", units = "hours" }', "unknown key 'units'; did you mean 'unit'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, after: str, message: str) -> None:
    file, mapping = tmp_path / "t.csv", tmp_path / "m.toml"
    file.write_text("No,Opened,Length\n1,2026-03-05,5\n", encoding="utf-8")
    mapping.write_text(MAPPING.format(after=after, clock=""), encoding="utf-8")
    with pytest.raises(MappingError, match=message.replace("(", r"\(")):
        late_desk(tmp_path / "desk").load("mapping", [file], mapping=mapping)
