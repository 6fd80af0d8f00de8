"""Before a file is loaded, a few tickets of it are shown as they would stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from helmdesk.cli.main import commands
from helmdesk.desk.desk import Desk
from helmdesk.settings import Settings

FRESHDESK = (
    "Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Resolved time,"
    "Closed time,Initial response time,Due by Time,Agent interactions\n"
    "1,Printer,Closed,High,Email,Incident,Ann,IT,2026-01-05 09:00:00,2026-01-05 11:00:00,"
    "2026-01-06 09:00:00,2026-01-05 09:30:00,2026-01-07 09:00:00,2\n"
    "2,Login,Open,Low,Portal,Question,Ben,IT,2026-01-07 09:00:00,,,,2026-01-09 09:00:00,0\n"
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.create(
        tmp_path_factory.mktemp("examples") / "desk", Settings(time_zone="Europe/Berlin")
    )


def test_tickets_are_told_in_the_desks_time_and_state(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(FRESHDESK, encoding="utf-8")
    report = desk.load("file", [file], time_zone="UTC", is_dry_run=True)
    done, open_ = report.examples
    assert done["ticket"] == "1" and done["status"] == "closed" and done["agent"] == "Ann"
    assert done["team"] == "IT" and done["priority"] == "High"
    # An hour ahead of UTC in winter.
    assert done["created"] == "2026-01-05 10:00" and done["answered"] == "2026-01-05 10:30"
    assert done["done"] == "2026-01-06 10:00"
    assert open_["ticket"] == "2" and open_["status"] == "open"
    assert open_["answered"] is None and open_["done"] is None
    assert desk.lake.version() == 0, "nothing was stored"


def test_at_most_ten_and_those_that_are_done_first(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    rows = "".join(
        f"{number},T,{'Resolved' if number % 4 == 0 else 'Open'},Low,Email,Question,Ann,IT,"
        f"2026-01-{number:02d} 09:00:00,"
        f"{f'2026-01-{number:02d} 10:00:00' if number % 4 == 0 else ''},,,2026-02-01 09:00:00,1\n"
        for number in range(1, 29)
    )
    file.write_text(FRESHDESK.splitlines()[0] + "\n" + rows, encoding="utf-8")
    examples = desk.load("file", [file], is_dry_run=True).examples
    assert [each["ticket"] for each in examples] == [
        *("28", "24", "20", "16", "12", "8", "4"),
        *("27", "26", "25"),
    ]


def test_the_command_line_shows_them_in_a_dry_run_alone(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(FRESHDESK, encoding="utf-8")
    run = CliRunner().invoke(commands, ["load", str(file), "--desk", str(desk.path), "--dry-run"])
    assert "some tickets as they would stand" in run.output
    assert "2026-01-05 09:30" in run.output


@pytest.mark.parametrize("source", ["file", "servicenow", "roster", "eventlog", "mapping"])
def test_a_folder_without_files_says_so(desk: Desk, tmp_path: Path, source: str) -> None:
    (tmp_path / ".hidden").write_text("nobody's data")
    run = CliRunner().invoke(commands, ["load", source, str(tmp_path), "--desk", str(desk.path)])
    assert "a folder without files" in str(run.exception)


def test_an_empty_name_is_not_this_folder(desk: Desk) -> None:
    for given in ([""], ["file", ""]):
        run = CliRunner().invoke(commands, ["load", *given, "--desk", str(desk.path)])
        assert "is empty" in str(run.exception)


def test_answers_outlive_the_load_that_first_told_their_scale(tmp_path: Path) -> None:
    made = Desk.create(tmp_path / "desk")
    batches = []
    for number, score in enumerate((5, 2), 1):
        file = tmp_path / f"{number}.csv"
        file.write_text(
            f"response_id,csat_score,responded_at\nr{number},{score},2026-01-0{number} 09:00\n",
            encoding="utf-8",
        )
        batches.append(made.load("survey", [file], refresh=False).batch_id)
    made.unload([batches[0]])
    left = made.measure("csat")[0]
    assert (left.n, left.value) == (1, 0.0)
