"""The command as a person uses it: one clear line for every mistake, the right exit code, never a
traceback.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from desks import load_events, make_desk, ticket
from helmdesk.cli.main import commands
from helmdesk.desk.desk import Desk
from helmdesk.query.window import plain
from helmdesk.web.exports import as_json

Run = Callable[..., Any]
COMMANDS = sorted(commands.list_commands(None))  # type: ignore[arg-type]
LOG = "number,incident_state,sys_updated_at,opened_at,made_sla\n" + "".join(
    f"I{n},New,2026-01-05 09:0{n},2026-01-05 09:00,true\n" for n in range(9)
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    desk = make_desk(tmp_path_factory.mktemp("made") / "desk", quarantine_limit=0.2)
    load_events(
        desk,
        [
            e
            for n in range(1, 9)
            for e in ticket(
                f"T{n}", f"2026-01-0{n}T09:00:00Z", f"2026-01-0{n}T1{n}:00:00Z", issue_type="=cmd()"
            )
        ],
    )
    return desk.path


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Desk:
    return Desk(shutil.copytree(made, tmp_path / "desk"))


def test_commands_are_those_of_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert set(COMMANDS) == set(
        re.findall(r"^\| `([\w-]+)[^`]*` \|", readme.split("## Commands")[1], flags=re.MULTILINE)
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_an_example(helmdesk: Run, name: str) -> None:
    text = helmdesk(name, "--help").stdout
    assert "Example" in text
    assert f"helmdesk {name}" in text


def test_a_walk(helmdesk: Run, tmp_path: Path) -> None:
    folder, log, receipt = tmp_path / "d", tmp_path / "log.csv", tmp_path / "r.json"
    log.write_text(LOG)
    assert helmdesk("init", folder).stdout.strip() == str(folder)
    assert (
        "stored as lake version 1" in helmdesk("load", "servicenow", log, "--desk", folder).stdout
    )
    assert "already loaded" in helmdesk("load", "servicenow", log, "--desk", folder).stdout
    assert (
        "9" in helmdesk("measure", "ticket_volume", "--desk", folder, "--receipt", receipt).stdout
    )
    assert "equal: ticket_volume@" in helmdesk("verify", receipt, "--desk", folder).stdout
    assert (
        "Ticket volume"
        in helmdesk(
            "scorecard", "--desk", folder, "--start", "2026-01-05", "--end", "2026-01-06"
        ).stdout
    )
    assert "9 rows" in helmdesk("drill", "ticket_volume", "--desk", folder).stderr
    assert "version 1" in helmdesk("doctor", "--desk", folder).stdout
    assert "joined" in helmdesk("compact", "--desk", folder).stdout
    assert "lake version" in helmdesk("refresh", "--desk", folder).stderr


def test_what_a_desk_can_answer(helmdesk: Run, tmp_path: Path) -> None:
    folder, log = tmp_path / "d", tmp_path / "log.csv"
    log.write_text(LOG)
    helmdesk("init", folder)
    helmdesk("load", "servicenow", log, "--desk", folder)
    listed = helmdesk("metrics", "--desk", folder).stdout
    assert re.search(r"^ticket_volume .*computable", listed, flags=re.MULTILINE)
    assert re.search(r"^nps .*no responded records", listed, flags=re.MULTILINE)
    one = helmdesk("metrics", "sla_compliance", "--desk", folder).stdout
    assert "by the source's own verdicts only" in one and "nothing is claimed by our clock" in one
    assert (
        "rest on nothing but what the source asserts"
        in helmdesk("measure", "sla_compliance", "--desk", folder).stderr
    )
    rows = json.loads(helmdesk("metrics", "--desk", folder, "--format", "json").stdout)
    assert {row["key"]: row["missing"] for row in rows}[
        "utilization"
    ] == "state_changed, shift_planned"
    assert "on this desk" not in helmdesk("metrics", "nps").stdout


def test_sla_and_compare(helmdesk: Run, small_desk: Desk, tmp_path: Path) -> None:
    now = helmdesk("sla", "--at", "2025-12-29T09:00", "--limit", "3", "--desk", small_desk.path)
    assert "time left" in now.stdout and "the first 3 shown" in now.stderr
    rows = json.loads(
        helmdesk(
            "sla", "--at", "2025-12-29T09:00", "--format", "json", "--desk", small_desk.path
        ).stdout
    )
    assert [row["time_left_seconds"] for row in rows] == sorted(
        row["time_left_seconds"] for row in rows
    )
    assert (
        "no SLA clock is alive"
        in helmdesk("sla", "--where", "account = 'nobody'", "--desk", small_desk.path).stderr
    )
    text = helmdesk(
        "compare",
        "--preset",
        "zendesk",
        "--number",
        "reopens",
        "--tickets",
        "--desk",
        small_desk.path,
    ).stdout
    assert "thank-you" in text and "main_reason" in text
    rows = list(
        csv.DictReader(
            io.StringIO(
                helmdesk(
                    "compare", "--preset", "zendesk", "--format", "csv", "--desk", small_desk.path
                ).stdout
            )
        )
    )
    assert {row["reason"] for row in rows if row["number"] == "reopens"} == {"thank-you"}
    assert (
        "unknown preset"
        in helmdesk("compare", "--preset", "zendeks", "--desk", small_desk.path, code=3).stderr
    )


def test_from_an_export_to_the_scorecard_in_one_command(helmdesk: Run, tmp_path: Path) -> None:
    folder, log = tmp_path / "d", tmp_path / "log.csv"
    log.write_text(LOG)
    helmdesk("init", folder)
    text = helmdesk(
        "load",
        "servicenow",
        log,
        "--desk",
        folder,
        "--scorecard",
        "--start",
        "2026-01-05",
        "--end",
        "2026-01-06",
    ).stdout
    assert "stored as lake version 1" in text
    assert "SLA compliance" in text and "100.0%" in text


def test_the_desk_can_come_from_the_environment_or_the_folder(helmdesk: Run, desk: Desk) -> None:
    assert "8" in helmdesk("measure", "ticket_volume", cwd=desk.path).stdout
    assert (
        "no desk named" in helmdesk("measure", "ticket_volume", code=3, cwd=desk.path.parent).stderr
    )


def test_forms_of_output(helmdesk: Run, desk: Desk, tmp_path: Path) -> None:
    question = (
        "measure",
        "resolution_time",
        "--by",
        "channel",
        "--grain",
        "week",
        "--desk",
        desk.path,
        "--format",
    )
    rows = json.loads(helmdesk(*question, "json").stdout)
    table = list(csv.DictReader(io.StringIO(helmdesk(*question, "csv").stdout)))
    assert [row["n"] for row in rows] == [int(row["n"]) for row in table]
    assert rows[0]["period_start"] == table[0]["period_start"] == "2025-12-29"
    with (tmp_path / "x.parquet").open("wb") as handle:
        import subprocess
        import sys

        subprocess.run(
            [sys.executable, "-m", "helmdesk", *map(str, question), "parquet"],
            stdout=handle,
            check=True,
        )
    assert pq.read_table(tmp_path / "x.parquet").column("n").to_pylist() == [
        row["n"] for row in rows
    ]


def test_exports_run_no_formula(helmdesk: Run, desk: Desk) -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(
                helmdesk("drill", "ticket_volume", "--format", "csv", "--desk", desk.path).stdout
            )
        )
    )
    assert len(rows) == 8
    assert {row["issue_type"] for row in rows} == {"'=cmd()"}


def test_instants_leave_with_the_offset_of_the_desks_zone(helmdesk: Run, tmp_path: Path) -> None:
    """On the command line as from the site and the API: one spelling in JSON and CSV."""
    desk = make_desk(tmp_path / "desk", time_zone="Europe/Berlin")
    load_events(desk, ticket("a", "2026-01-05T09:00:00Z"))
    zone = ZoneInfo("Europe/Berlin")
    rows = json.loads(
        helmdesk("drill", "ticket_volume", "--format", "json", "--desk", desk.path).stdout
    )
    table = desk.drill("ticket_volume")
    assert rows == json.loads(as_json(table))
    wanted = [plain(at.astimezone(zone)) for at in table["created_at"].to_pylist()]
    assert [row["created_at"] for row in rows] == wanted
    assert all(at.endswith("+01:00") for at in wanted)
    lines = list(
        csv.DictReader(
            io.StringIO(
                helmdesk("drill", "ticket_volume", "--format", "csv", "--desk", desk.path).stdout
            )
        )
    )
    assert [line["created_at"] for line in lines] == wanted


def test_data_and_talk_are_apart(helmdesk: Run, desk: Desk) -> None:
    done = helmdesk(
        "drill", "ticket_volume", "--limit", "3", "--format", "json", "--desk", desk.path
    )
    assert len(json.loads(done.stdout)) == 3
    assert done.stderr.strip() == "8 rows, 5 not shown"


def test_a_stale_mart_is_told(helmdesk: Run, desk: Desk) -> None:
    load_events(desk, ticket("new", "2026-01-09T09:00:00Z"), refresh=False)
    assert "helmdesk refresh" in helmdesk("measure", "ticket_volume", "--desk", desk.path).stderr
    assert "helmdesk refresh" in helmdesk("doctor", "--desk", desk.path).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["lod"], 2, "did you mean 'load'"),
        (["measure", "csta", "--desk", "{desk}"], 3, "unknown metric 'csta'; did you mean 'csat'"),
        (["metrics", "csta"], 3, "did you mean 'csat'"),
        (
            ["measure", "csat", "--by", "chanel", "--desk", "{desk}"],
            3,
            "unknown dimension 'chanel'; did you mean 'channel'",
        ),
        (
            ["measure", "csat", "--where", "chanel = 'x'", "--desk", "{desk}"],
            3,
            "unknown dimension 'chanel'",
        ),
        (
            ["measure", "csat", "--where", "1=1; drop table x", "--desk", "{desk}"],
            2,
            "not one condition",
        ),
        (
            ["measure", "csat", "--grain", "hour", "--desk", "{desk}"],
            2,
            "Invalid value for '--grain'",
        ),
        (
            ["measure", "csat", "--clock", "business", "--desk", "{desk}"],
            2,
            "has no business clock",
        ),
        (["measure", "csat", "--start", "yesterday", "--desk", "{desk}"], 2, "is not a date"),
        (["measure", "csat", "--as-of", "7", "--desk", "{desk}"], 3, "no version 7"),
        (["measure", "csat", "--desk", "{tmp}/nowhere"], 3, "is not a desk"),
        (["init", "{desk}"], 5, "already a desk"),
        (["init", "{tmp}/x", "--time-zone", "Berlin"], 2, "not an IANA time zone"),
        (
            ["load", "servicenov", "{tmp}/log.csv", "--desk", "{desk}"],
            3,
            "did you mean 'servicenow'",
        ),
        (["load", "servicenow", "{tmp}/none.csv", "--desk", "{desk}"], 3, "no such file"),
        (["load", "servicenow", "{tmp}/binary.csv", "--desk", "{desk}"], 4, "binary file"),
        (["load", "servicenow", "{tmp}/empty.csv", "--desk", "{desk}"], 4, "the file is empty"),
        (
            ["load", "servicenow", "{tmp}/short.csv", "--desk", "{desk}"],
            4,
            "missing column 'opened_at'",
        ),
        (
            ["load", "servicenow", "{tmp}/bad.csv", "--desk", "{desk}"],
            4,
            "3 of 4 rows would go to quarantine (75.0%, limit 20.0%)",
        ),
        (["load", "mapping", "{tmp}/log.csv", "--desk", "{desk}"], 2, "needs --mapping FILE"),
        (
            ["load", "mapping", "{tmp}/log.csv", "--mapping", "{tmp}/bad.toml", "--desk", "{desk}"],
            2,
            "unknown type 'craeted'; did you mean 'created'",
        ),
        (["verify", "{tmp}/none.json", "--desk", "{desk}"], 3, "no such receipt"),
        (["verify", "{tmp}/bad.toml", "--desk", "{desk}"], 4, "not a receipt"),
        (
            ["verify", "{tmp}/edited.json", "--desk", "{desk}"],
            5,
            (
                "the receipt was edited after it was made: row 1 (ticket_volume): value recorded"
                " 99.0, computed 8.0"
            ),
        ),
        (
            ["scorecard", "--start", "2026-02-01", "--end", "2026-01-01", "--desk", "{desk}"],
            2,
            "window is empty",
        ),
        (["scorecard", "--desk", "{odd}"], 2, "unknown setting 'colour'"),
    ],
)
def test_mistakes(
    helmdesk: Run, desk: Desk, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "short.csv").write_text(
        "number,incident_state,sys_updated_at\n1,New,2026-01-05 09:00\n"
    )
    (tmp_path / "bad.csv").write_bytes(
        b"number,incident_state,sys_updated_at,opened_at\nI1,New,2026-01-05 09:00,2026-01-05"
        b" 09:00\nI2,New\nI3,N\xe9w,2026-01-05 09:00,2026-01-05 09:00\nI4,New,never,2026-01-05"
        b" 09:00\n"
    )
    (tmp_path / "bad.toml").write_text('[[record]]\ntype = "craeted"\n')
    if "{tmp}/edited.json" in arguments:
        content = json.loads(desk.measure("ticket_volume").receipt.to_json())
        content["results"][0]["value"] = 99.0
        (tmp_path / "edited.json").write_text(json.dumps(content))
    odd = make_desk(tmp_path / "odd")
    (odd.path / "helmdesk.toml").write_text('colour = "red"\n')
    places = {"desk": str(desk.path), "tmp": str(tmp_path), "odd": str(odd.path)}
    done = helmdesk(*(argument.format(**places) for argument in arguments), code=code)
    lines = [line for line in done.stderr.splitlines() if line.startswith(("helmdesk:", "Error:"))]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]


def test_quarantine_keeps_the_bad_rows(helmdesk: Run, tmp_path: Path) -> None:
    """Nothing is lost: what could not be loaded lies in the lake with file, line, value and
    reason.
    """
    import duckdb

    desk = make_desk(tmp_path / "desk")
    bad = tmp_path / "bad.csv"
    bad.write_bytes(LOG.encode() + b"I10,New\nI11,New,never,2026-01-05 09:00,true\n")
    report = json.loads(
        helmdesk("load", "servicenow", bad, "--desk", desk.path, "--format", "json").stdout
    )
    assert report["quarantined_rows"] == 2
    files = list(desk.lake.snapshot().files["quarantine"])
    rows = (
        duckdb.connect()
        .execute(
            f"select file, line, column_name, raw, reason from read_parquet({files!r}) order by"
            " line"
        )
        .fetchall()
    )
    assert rows == [
        (str(bad), 11, None, "I10,New", "2 fields where the header has 5"),
        (str(bad), 12, "sys_updated_at", "never", "not a time written as ISO 8601"),
    ]
    assert desk.measure("ticket_volume")[0].value == 9


def test_an_empty_desk_says_what_to_do(helmdesk: Run, tmp_path: Path) -> None:
    make_desk(tmp_path / "desk")
    assert (
        "no source delivered such records"
        in helmdesk("scorecard", "--desk", tmp_path / "desk").stderr
    )
    assert "nothing loaded yet" in helmdesk("doctor", "--desk", tmp_path / "desk").stdout
    assert "never recorded" in helmdesk("measure", "csat", "--desk", tmp_path / "desk").stderr


def test_suggest_writes_a_mapping(helmdesk: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Ticket ID,Created At\n1,2026-01-05 09:00:00\n")
    text = helmdesk("load", "mapping", "--suggest", tmp_path / "t.csv").stdout
    assert 'type = "created"' in text and 'key = ["Ticket ID"]' in text


def test_catalogue(helmdesk: Run) -> None:
    text = helmdesk("metrics", "resolution_time").stdout
    for part in (
        "formula",
        "what does it reward?",
        "what does it expose?",
        "which lever can it move?",
        "median_km",
        "version 1",
        "owner",
    ):
        assert part in text
    assert {row["key"] for row in json.loads(helmdesk("metrics", "--format", "json").stdout)} >= {
        "csat",
        "backlog",
    }


def test_a_broken_pipe_is_quiet(desk: Desk) -> None:
    import subprocess
    import sys

    command = (
        f"{sys.executable} -m helmdesk drill ticket_volume --format csv --desk {desk.path} | head"
        " -c 1"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_progress_is_shown_after_patience(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from helmdesk.cli import progress

    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.05)
    with progress.Progress() as bar:
        bar("quick step")
        time.sleep(0.2)
        bar("slow step")
    assert "quick step" in capsys.readouterr().err
    with progress.Progress() as bar:
        bar("instant")
    assert capsys.readouterr().err == ""


def on_a_terminal(arguments: list[str], columns: int) -> str:
    """Run the command as on a real terminal of the given width and return what it showed."""
    import os
    import pty
    import re
    import subprocess
    import sys

    parent, child = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "helmdesk", *arguments], stdout=child, stderr=child, env=environment
    )
    os.close(child)
    shown = b""
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:  # the other side has closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(parent)
    assert process.wait(120) == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_a_terminal_of_any_width(small_desk: Desk) -> None:
    wide = on_a_terminal(["scorecard", "--desk", str(small_desk.path)], 200)
    assert "read with" in wide and "narrow" not in wide
    narrow = on_a_terminal(["scorecard", "--desk", str(small_desk.path)], 90)
    assert "narrow screen, left out: read with" in narrow
    assert "Customer satisfaction" in narrow and "verdict" in narrow
    assert (
        max(len(line.rstrip()) for line in narrow.splitlines() if "Resolution time" in line) <= 90
    )


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    shown = on_a_terminal(["sample", str(tmp_path / "desk"), "--scale", "0.15"], 100)
    assert "stored as lake version 1" in shown
    assert "0:00:0" in shown, "no bar with its elapsed time was shown"


def test_backup_restore_watch_and_erase(helmdesk: Run, tmp_path: Path) -> None:
    folder, again = tmp_path / "desk", tmp_path / "again"
    export = tmp_path / "export"
    export.mkdir()
    (export / "ticket.csv").write_text(
        "id,created_at,status,updated_at,requester_id\n1,2026-01-05,solved,2026-01-06,77\n2,2026-01-05,open,2026-01-06,78\n",
        encoding="utf-8",
    )
    helmdesk("init", folder)
    helmdesk("load", "zendesk", export, "--no-refresh", "--desk", folder)
    assert (
        "lake version 1"
        in helmdesk("watch", "--times", "2", "--every", "0.2", "--desk", folder).stdout
    )
    assert (
        "lake version 1, 7 records"
        in helmdesk("backup", tmp_path / "desk.tar", "--desk", folder).stdout
    )
    assert (
        "records counted and equal"
        in helmdesk("restore", tmp_path / "desk.tar", again, "--verify").stdout
    )
    assert "2" in helmdesk("measure", "ticket_volume", "--desk", again).stdout
    helmdesk("backup", tmp_path / "desk.tar", "--desk", folder, code=5)
    assert "(tickets: 1)" in helmdesk("erase", "--customer", "77", "--yes", "--desk", folder).stdout
    assert (
        "no record names 99"
        in helmdesk("erase", "--customer", "99", "--yes", "--desk", folder, code=3).stderr
    )
    assert (
        helmdesk("measure", "ticket_volume", "--by", "customer", "--desk", folder).stdout.count(
            "erased:"
        )
        == 1
    )


def test_changed_settings_are_said_by_doctor_and_before_an_answer(
    helmdesk: Run, desk: Desk
) -> None:
    file = desk.path / "helmdesk.toml"
    file.write_text(file.read_text().replace("reopen_days = 7", "reopen_days = 14"))
    assert "stale: reopen_days was 7, is now 14" in helmdesk("doctor", "--desk", desk.path).stdout
    assert (
        "reopen_days was 7, is now 14: making the facts anew"
        in helmdesk("measure", "reopen_rate", "--desk", desk.path).stderr
    )
    assert "stale" not in helmdesk("doctor", "--desk", desk.path).stdout


def test_commands_that_start_a_site_have_a_process_of_their_own() -> None:
    """A Django is set up once in a process, for one desk: the next test would meet another's."""
    import helmdesk.cli.commands

    conftest = (Path(__file__).parents[1] / "conftest.py").read_text(encoding="utf-8")
    named = re.search(r"IN_A_PROCESS = frozenset\((.*?)\)\n", conftest, flags=re.DOTALL)
    assert named
    folder = Path(helmdesk.cli.commands.__file__).parent
    starting = {
        file.stem
        for file in folder.glob("*.py")
        if "helmdesk.web" in file.read_text(encoding="utf-8")
    }
    assert starting == set(re.findall(r'"(\w+)"', named[1]))
