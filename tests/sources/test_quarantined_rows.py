"""Too much in quarantine stops a load; it comes back as a file to mend and load again."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from desks import late_desk
from helmdesk.cli.commands import load, quarantine
from helmdesk.desk.desk import Desk
from helmdesk.errors import DataQualityError, NotFoundError
from helmdesk.records.staging import LoadReport
from helmdesk.settings import Settings

MAPPING = """name = "shop"
key = ["Order"]
[[record]]
type = "created"
[record.columns]
ticket_id = "Order"
occurred_at = "Opened"
[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "Order"
occurred_at = "Done"
status = { constant = "solved" }
"""
ROWS = [
    f"{number},2026-03-{number:02d} 09:00,2026-03-{number:02d} 17:00,ok" for number in range(1, 11)
]


def table(path: Path, *damaged: int, name: str = "orders.csv") -> Path:
    rows = [
        row.replace("2026-03", "2026-14") if number in damaged else row
        for number, row in enumerate(ROWS, 1)
    ]
    file = path / name
    file.write_text("\n".join(["Order,Opened,Done,Note", *rows]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "shop.toml"
    file.write_text(MAPPING, encoding="utf-8")
    return file


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.create(tmp_path / "desk", Settings())


def solved(desk: Desk) -> tuple[float | None, float | None]:
    dates = {"start": "2026-03-01", "end": "2026-04-01"}
    return (
        desk.measure("ticket_volume", **dates)[0].value,
        desk.measure("resolution_time", **dates)[0].n,
    )


@pytest.mark.parametrize("damaged", [1, 2])
def test_up_to_a_fifth_is_loaded_and_told(
    desk: Desk, mapping: Path, tmp_path: Path, damaged: int
) -> None:
    file = table(tmp_path, *range(1, damaged + 1))
    done = run(desk, mapping, file)
    assert done[0] == 0
    assert f"quarantine: {damaged} rows" in done[1]
    assert "helmdesk quarantine mapping-" in done[1]


def run(desk: Desk, mapping: Path, file: Path, *more: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(
        load.command,
        ["mapping", str(file), "--mapping", str(mapping), "--desk", str(desk.path), *more],
    )
    error = result.exception
    code = getattr(error, "exit_code", result.exit_code) if error else 0
    return code, result.stdout, str(error or "")


def test_above_a_fifth_a_load_stops_and_asks(desk: Desk, mapping: Path, tmp_path: Path) -> None:
    file = table(tmp_path, 1, 2, 3)
    code, out, error = run(desk, mapping, file)
    assert code == 4
    assert (
        "3 of 10 rows would go to quarantine (30.0%, limit 20.0%), and nothing was loaded" in error
    )
    assert "Opened" in error
    assert "--accept-quarantine" in error
    assert "stopped: nothing was stored" in out
    assert desk.batches() == []
    code, out, _ = run(desk, mapping, file, "--dry-run")
    assert code == 0
    assert "a load would stop and ask" in out
    assert run(desk, mapping, file, "--accept-quarantine")[0] == 0
    assert solved(desk)[0] == 7


def test_python_is_asked_too(desk: Desk, mapping: Path, tmp_path: Path) -> None:
    file = table(tmp_path, 1, 2, 3)
    with pytest.raises(DataQualityError) as stopped:
        desk.load("mapping", [file], mapping=mapping)
    assert isinstance(stopped.value.report, LoadReport)
    assert stopped.value.report.quarantined_rows == 3
    report = desk.load("mapping", [file], mapping=mapping, accepts_quarantine=True)
    assert report.lake_version == 1


def test_a_desk_may_set_its_own_limit(mapping: Path, tmp_path: Path) -> None:
    strict = late_desk(tmp_path / "strict", quarantine_limit=0.05)
    assert run(strict, mapping, table(tmp_path, 1))[0] == 4


def test_rows_come_whole_to_be_mended_and_loaded_again(
    desk: Desk, mapping: Path, tmp_path: Path
) -> None:
    file = table(tmp_path, 2, 4)
    # A cell that a spreadsheet would run, and a row that fits no column.
    file.write_text(
        file.read_text("utf-8").replace("17:00,ok\n3,", "17:00,-3 +4\n3,") + "11,2026-03-11\n",
        encoding="utf-8",
    )
    report = desk.load("mapping", [file], mapping=mapping, accepts_quarantine=True)
    done = CliRunner().invoke(
        quarantine.command,
        [report.batch_id[:12], "--desk", str(desk.path), "--to", str(tmp_path / "mend")],
    )
    assert done.exit_code == 0, done.output
    apart = tmp_path / "mend" / "orders.csv"
    with apart.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["Order"] for row in rows] == ["2", "4", "11,2026-03-11"]
    assert rows[0]["Note"] == "'-3 +4"
    assert "not a time" in rows[0]["why it was kept apart"]
    rows[2] |= {"Order": "11", "Opened": "2026-03-11 09:00", "Done": "2026-03-11 12:00"}
    with apart.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(
            {column: (cell or "").replace("2026-14", "2026-03") for column, cell in row.items()}
            for row in rows
        )
    again = desk.load("mapping", [apart], mapping=mapping)
    assert (again.quarantined_rows, again.tickets["new"]) == (0, 3)
    assert solved(desk) == (11, 11)
    kept = list(desk.lake.snapshot().files["ticket"])
    extra = "select extra from read_parquet(?, union_by_name=true) where ticket_id = '2'"
    assert '"-3 +4"' in str(duckdb.execute(extra, [kept]).fetchall())


def test_a_load_that_nobody_knows(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="helmdesk batches"):
        desk.rows_to_mend("mapping-0")
