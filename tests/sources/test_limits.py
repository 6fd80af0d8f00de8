"""Bombs, endless lines and paths that lead out cost one line of text and little memory, not the
machine.
"""

from __future__ import annotations

import gzip
import io
import resource
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, MappingError
from helmdesk.sources.parts.suggestion import suggest_mapping
from helmdesk.toml_file import read_toml

HEADER = "id,created_at,status,updated_at\n"
ROW = "1,2026-01-05,solved,2026-01-06\n"
MEMORY = 3 * 1024**3
"""Address space of a process that meets a bomb: DuckDB and Arrow alone reserve more than one GB of
it.
"""


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return path


def test_an_export_may_come_as_a_zip(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    archive = zipped(tmp_path / "export.zip", {"my export/ticket.csv": (HEADER + ROW).encode()})
    report = desk.load("zendesk", [archive])
    assert report.records["created"] == 1
    assert [file.path for file in report.files] == ["export/ticket.csv"]
    with pytest.raises(InputError, match=r"^bad/ticket.csv: missing column 'updated_at'"):
        desk.load(
            "zendesk",
            [zipped(tmp_path / "bad.zip", {"ticket.csv": b"id,created_at,status\n1,2,3\n"})],
        )
    assert desk.load("zendesk", [archive]).is_already_loaded
    assert desk.measure("ticket_volume")[0].value == 1


def _linked(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        member = zipfile.ZipInfo("ticket.csv")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    return path


def _tarred(path: Path) -> Path:
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("../ticket.csv")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: zipped(folder / "a.zip", {"../ticket.csv": b"x"}), "leads out"),
        (lambda folder: zipped(folder / "a.zip", {"/etc/ticket.csv": b"x"}), "leads out"),
        (lambda folder: zipped(folder / "a.zip", {"..\\ticket.csv": b"x"}), "leads out"),
        (
            lambda folder: zipped(folder / "a.zip", {"a/ticket.csv": b"x", "b/ticket.csv": b"y"}),
            "twice",
        ),
        (
            lambda folder: zipped(
                folder / "a.zip", {f"{number}.csv": b"x" for number in range(1001)}
            ),
            "1,001 files",
        ),
        (lambda folder: zipped(folder / "a.zip", {}), "empty archive"),
        (lambda folder: zipped(folder / "a.xlsx", {"sheet.xml": b"x"}), "spreadsheet"),
        (lambda folder: _linked(folder / "a.zip"), "is a link"),
        (lambda folder: _tarred(folder / "a.tar"), "tar archive"),
    ],
)
def test_odd_archives_are_refused(tmp_path: Path, make: Callable[[Path], Path], words: str) -> None:
    desk = late_desk(tmp_path / "desk")
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match=words):
        desk.load("zendesk", [make(tmp_path / "in")])
    assert desk.lake.version() == 0
    assert not (tmp_path / "ticket.csv").exists()


def _load_in_little_memory(desk: Desk, source: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "helmdesk", "load", source, str(path), "--desk", str(desk.path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
    )


def _bomb(path: Path, size: int) -> Path:
    with gzip.open(path, "wb", compresslevel=9) as handle:
        handle.write(HEADER.encode())
        for _ in range(size // 2**20):
            handle.write((ROW * (2**20 // len(ROW) + 1)).encode())
    return path


def _zip_bomb(path: Path, size: int) -> Path:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("ticket.csv", "w") as member,
    ):
        for _ in range(size // 2**20):
            member.write(b"0" * 2**20)
    return path


def _laughing(path: Path) -> Path:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY l0'
        f' "lol">{entities}]><log><trace>&l9;</trace></log>',
        encoding="utf-8",
    )
    return path


def _long_cell(path: Path, size: int) -> Path:
    with path.open("wb") as handle:
        handle.write(HEADER.encode())
        for _ in range(size // 2**20):
            handle.write(b"a" * 2**20)
        handle.write(b",2026-01-05,solved,2026-01-06\n")
    return path


@pytest.mark.parametrize(
    ("source", "make", "words"),
    [
        (
            "zendesk",
            lambda folder: _bomb(folder / "ticket.csv.gz", 300 * 2**20),
            "more than 200 times its size",
        ),
        (
            "zendesk",
            lambda folder: _zip_bomb(folder / "a.zip", 300 * 2**20),
            "more than 200 times its size",
        ),
        (
            "zendesk",
            lambda folder: _long_cell(folder / "ticket.csv", 2**30),
            "line 2 is longer than 8 MB",
        ),
        ("eventlog", lambda folder: _laughing(folder / "log.xes"), "DOCTYPE"),
    ],
)
def test_bombs_are_refused_in_bounded_memory(
    tmp_path: Path, source: str, make: Callable[[Path], Path], words: str
) -> None:
    desk = late_desk(tmp_path / "desk")
    (tmp_path / "in").mkdir()
    done = _load_in_little_memory(desk, source, make(tmp_path / "in"))
    assert done.returncode == 4, done.stderr
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
    assert desk.lake.version() == 0


def test_limits_of_a_desk_hold(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk", limit_rows=3, limit_columns=5, limit_megabytes=1)
    folder = tmp_path / "in"
    folder.mkdir()
    table = folder / "ticket.csv"
    table.write_text(HEADER + ROW * 5, encoding="utf-8")
    with pytest.raises(InputError, match="more than 3 rows"):
        desk.load("zendesk", [table])
    table.write_text(
        "id,created_at,status,updated_at,a,b\n" + "1,2026-01-05,solved,2026-01-06,,\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="6 columns; at most 5"):
        desk.load("zendesk", [table])
    table.write_text(HEADER + "1,2026-01-05,solved,2026-01-06\n" + "x" * 2**20, encoding="utf-8")
    with pytest.raises(InputError, match="larger than 1 MB"):
        desk.load("zendesk", [table])
    table.unlink()
    rows = pa.table({name: ["1"] * 5 for name in ("id", "created_at", "status", "updated_at")})
    pq.write_table(rows, folder / "ticket.parquet")
    with pytest.raises(InputError, match="5 rows; at most 3"):
        desk.load("zendesk", [folder])


def test_a_value_stored_once_may_stand_in_every_row(tmp_path: Path) -> None:
    """A Parquet file of some kilobytes whose one text of a megabyte stands in 3,000 rows is three
    gigabytes of text.
    """
    desk = late_desk(tmp_path / "desk", limit_cell_megabytes=2)
    path = tmp_path / "bomb.parquet"
    cells = pa.DictionaryArray.from_arrays(
        pa.array([0] * 3_000, pa.int32()), pa.array(["x" * 1_000_000])
    )
    pq.write_table(pa.table({"Ticket": [str(n) for n in range(3_000)], "Body": cells}), path)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(
        InputError, match=r"unpacks to more than 200 times its size \(setting limit_ratio\)"
    ):
        desk.load("mapping", [path], mapping=_mapping(tmp_path))
    pq.write_table(pa.table({"Ticket": ["1"], "Body": ["x" * 3_000_000]}), path)
    with pytest.raises(
        InputError, match=r"a cell of 3 MB; at most 2 MB \(setting limit_cell_megabytes\)"
    ):
        desk.load("mapping", [path], mapping=_mapping(tmp_path))


def _mapping(folder: Path) -> Path:
    path = folder / "mapping.toml"
    path.write_text(
        'name = "m"\nkey = ["Ticket"]\n[[record]]\ntype = "created"\n[record.columns]\nticket_id ='
        ' "Ticket"\noccurred_at = "Opened"\n'
    )
    return path


def test_a_hundred_thousand_columns_are_refused_at_once(tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(100_000)]
    csv, lines = tmp_path / "wide.csv", tmp_path / "wide.jsonl"
    csv.write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    lines.write_text("{" + ",".join(f'"{name}":1' for name in names[:5_000]) + "}\n")
    began = time.process_time()
    for ask in (
        suggest_mapping,
        lambda path: late_desk(tmp_path / f"desk{path.suffix}").load(
            "mapping", [path], mapping=_mapping(tmp_path)
        ),
    ):
        for path in (csv, lines):
            with pytest.raises(
                InputError, match=r"00 columns; at most 2,000 \(setting limit_columns\)"
            ):
                ask(path)
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "".join(f'[[team]]\nid = "t{n}"\nname = "x"\n' for n in range(20_000)),
            r"60,001 keys and list items; at most 20,000 \(setting limit_entries\)",
        ),
        ("a = " + "[" * 50_000 + "]" * 50_000, "lists or tables within lists too many times"),
        (".".join("a" for _ in range(20_000)) + " = 1", "line 1 has a key of more than 50 parts"),
        (
            "x = { " + ".".join('"a"' for _ in range(20_000)) + " = 1 }",
            "line 1 has a key of more than 50 parts",
        ),
        ("# " + "x" * 3_000_000, "2.9 MB; a TOML file may have 2 MB"),
        ("a = " + "9" * 10_000, "Exceeds the limit"),
        ("a = \ud800", "surrogates not allowed|can't decode"),
    ],
    ids=["entries", "nested", "dotted", "inline", "large", "digits", "bytes"],
)
def test_toml_within_bounds(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "bomb.toml"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    began = time.process_time()
    for error in (InputError, MappingError):
        with pytest.raises(error, match=said):
            read_toml(path, error)
    assert time.process_time() - began < 10
