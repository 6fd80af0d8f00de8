"""Rosters by days: people or shifts along the other side; hours in cells, a legend, or asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import DataQualityError, InputError, MappingError
from helmdesk.sources.parts.roster_matrix import tells_matrix
from helmdesk.sources.reading.hours import hours_in

PEOPLE = "Name,2026-03-02,2026-03-03,2026-03-04\nAnn,{0},{1},OFF\nBen,OFF,{1},{0}\n"
PLANNED = {
    ("Ann", "2026-03-02 06:00", "2026-03-02 14:00"),
    ("Ann", "2026-03-03 22:00", "2026-03-04 06:00"),
    ("Ben", "2026-03-03 22:00", "2026-03-04 06:00"),
    ("Ben", "2026-03-04 06:00", "2026-03-04 14:00"),
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return late_desk(tmp_path / "desk", quarantine_limit=0.2)


def planned(desk: Desk, path: Path, content: str, *, mapping: str = "") -> set[tuple[str, ...]]:
    """Load a roster and return who is planned from when to when."""
    file = path / "roster.csv"
    file.write_text(content, encoding="utf-8")
    rules = path / "shifts.toml"
    rules.write_text(mapping, encoding="utf-8")
    desk.load("file", [file], mapping=rules if mapping else None, refresh=False)
    return stored(desk)


def stored(desk: Desk) -> set[tuple[str, ...]]:
    import duckdb

    files = list(desk.lake.snapshot().files["workforce"])
    rows = duckdb.execute(
        "select agent_id, strftime(start_at at time zone 'UTC', '%Y-%m-%d %H:%M'),"
        " strftime(end_at at time zone 'UTC', '%Y-%m-%d %H:%M') from read_parquet(?,"
        " union_by_name=true)",
        [files],
    ).fetchall()
    return set(rows)


@pytest.mark.parametrize(
    ("early", "late"),
    [("06:00-14:00", "22:00-06:00"), ("6-14", "22-6"), ("6am to 2pm", "10 pm – 6 am")],
)
def test_hours_in_the_cells(desk: Desk, tmp_path: Path, early: str, late: str) -> None:
    assert planned(desk, tmp_path, PEOPLE.format(early, late)) == PLANNED


def test_codes_with_a_legend_below(desk: Desk, tmp_path: Path) -> None:
    legend = "E = 06:00-14:00,,,\nN = 22:00-06:00,,,\n"
    assert planned(desk, tmp_path, PEOPLE.format("E", "N") + legend) == PLANNED


def test_codes_that_a_person_explains(desk: Desk, tmp_path: Path) -> None:
    rules = '[shifts]\nE = "06:00-14:00"\nn = "22:00-06:00"\n'
    assert planned(desk, tmp_path, PEOPLE.format("E", "N"), mapping=rules) == PLANNED


def test_codes_that_nothing_explains_are_asked_for(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(DataQualityError, match=r"From when to when is 'E'\? \(2 in the roster\)"):
        planned(desk, tmp_path, PEOPLE.format("E", "N"))
    assert desk.batches() == []
    report = desk.load("roster", [tmp_path / "roster.csv"], is_dry_run=True)
    assert len(report.questions) == 2
    assert "taken for days without a shift: OFF (2)" in report.notes


def test_what_is_explained_is_loaded_and_the_rest_told(desk: Desk, tmp_path: Path) -> None:
    people = "".join(f"P{n},6-14,6-14,6-14\n" for n in range(8))
    file = tmp_path / "roster.csv"
    file.write_text(f"Agent,02/03/2026,03/03/2026,04/03/2026\n{people}Zoe,6-14,9-5,6-14\n", "utf-8")
    report = desk.load("roster", [file], refresh=False)
    assert report.records == {"shift_planned": 26}
    assert report.quarantined_rows == 1
    assert desk.quarantine()[0].raw == "9-5"


@pytest.mark.parametrize("label", ["Early shift 06:00-14:00", "06:00 - 14:00"])
def test_shifts_down_and_people_in_the_cells(desk: Desk, tmp_path: Path, label: str) -> None:
    content = (
        "Shift;Mon 02.03.2026;Tue 03.03.2026;Wed 04.03.2026\n;Monday;Tuesday;Wednesday\n"
        f"{label};Ann;;Ben\nNight 22:00-06:00;;Ann & Ben;\n"
    )
    assert planned(desk, tmp_path, content) == PLANNED


def test_days_down(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(
        "Day,Ann,Ben\n2 March 2026,06:00-14:00,off\n3 March 2026,22:00-06:00,22:00-06:00\n"
        "4 March 2026,off,06:00-14:00\n",
        encoding="utf-8",
    )
    desk.load("roster", [file], refresh=False)
    assert stored(desk) == PLANNED


def test_days_follow_each_other(desk: Desk, tmp_path: Path) -> None:
    american = PEOPLE.replace("2026-03-0", "3/").replace("2,", "2/2026,", 1)
    american = "Name,3/2/2026,3/3/2026,3/4/2026\n" + american.partition("\n")[2]
    assert planned(desk, tmp_path, american.format("6-14", "22-6")) == PLANNED


def test_days_that_may_be_months_are_asked_for(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("Name,1/1/2026,2/3/2026,3/5/2026\nAnn,6-14,6-14,6-14\n", encoding="utf-8")
    with pytest.raises(InputError, match="--dates day-first"):
        desk.load("roster", [file])
    assert desk.load("roster", [file], dates="day-first", refresh=False).records == {
        "shift_planned": 3
    }


@pytest.mark.parametrize("said", ["soon", "9-5"])
def test_a_file_that_says_no_hours(desk: Desk, tmp_path: Path, said: str) -> None:
    with pytest.raises(MappingError, match="not hours"):
        planned(desk, tmp_path, PEOPLE.format("E", "N"), mapping=f'[shifts]\nE = "{said}"\n')


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("9-17", ["09:00-17:00"]),
        ("9-5", []),
        ("9-5pm", ["09:00-17:00"]),
        ("1-5pm", ["13:00-17:00"]),
        ("8.30 bis 16.30 Uhr", ["08:30-16:30"]),
        ("9h00 à 17h30", ["09:00-17:30"]),
        ("09:00-12:00 / 13:00-17:00", ["09:00-12:00", "13:00-17:00"]),
        ("16:00-24:00", ["16:00-00:00"]),
        ("12am-8am", ["00:00-08:00"]),
        ("2026-03-02", []),
        ("25-31", []),
        ("8", []),
        ("Team 1", []),
    ],
)
def test_hours_as_people_write_them(said: str, hours: list[str]) -> None:
    assert [f"{each.start}-{each.end}" for each in hours_in(said)] == hours


MONTH = (
    "Name,"
    + ",".join(str(day) for day in range(1, 32))
    + "\nAnn,"
    + ",".join(["6-14"] + ["off"] * 30)
)
WEEK = "Name,Mon 29,Tue 30,Wed 31,Thu 1,Fri 2\nAnn,6-14,off,off,6-14,off\n"
NAMED = "Name,29 Dec,30 Dec,31 Dec,1 Jan,2 Jan\nAnn,6-14,off,off,6-14,off\n"


@pytest.mark.parametrize(
    ("name", "content", "days"),
    [
        ("rota-2026-07.csv", MONTH, {"2026-07-01"}),
        ("Dienstplan Juli 2026.csv", MONTH, {"2026-07-01"}),
        ("rota.csv", f"Rota of Support,July 2026\n\n{MONTH}", {"2026-07-01"}),
        ("rota_12.2025.csv", WEEK, {"2025-12-29", "2026-01-01"}),
        ("rota 2025.csv", NAMED, {"2025-12-29", "2026-01-01"}),
    ],
)
def test_days_without_a_month(tmp_path: Path, name: str, content: str, days: set[str]) -> None:
    desk = late_desk(tmp_path / "desk")
    (tmp_path / name).write_text(content, encoding="utf-8")
    desk.load("file", [tmp_path / name], refresh=False)
    assert stored(desk) == {("Ann", f"{day} 06:00", f"{day} 14:00") for day in days}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rota.csv", MONTH, "have no month, and nothing says of which"),
        ("rota.csv", NAMED, "have no year, and nothing says of which"),
        ("rota-2026-07.csv", f"Rota,August 2026\n\n{MONTH}", r"several \(2026-07, 2026-08\)"),
        ("rota-2026-06.csv", MONTH, "2026-06 has no day 31"),
    ],
)
def test_a_month_that_nothing_says_is_asked_for(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        late_desk(tmp_path / "desk").load("file", [tmp_path / name], refresh=False)


@pytest.mark.parametrize(
    "header", ["Name,1,2,3,4,5", "id,Q 1,Q 2,Q 3,Q 4,Q 5,Q 6,Q 7", "Name,1,3,5,7,9,11,13,15"]
)
def test_numbers_that_are_no_days(header: str) -> None:
    assert not tells_matrix(header.split(","))
