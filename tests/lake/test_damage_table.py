"""Every file of a desk is damaged, one at a time, and what is said of it stands in a table of the
documentation.

The table is made by this test: ``HELMDESK_WRITE_TABLE=1 python -m pytest
tests/lake/test_damage_table.py``.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.cli.commands import doctor
from helmdesk.desk.desk import Desk
from helmdesk.errors import DamageError, HelmdeskError
from helmdesk.facts.build import build
from helmdesk.lake.erasure import erase_customers
from helmdesk.web.site_folder import COLLECTED, SiteFolder

DOCUMENT = Path(__file__).parents[2] / "docs" / "damage.md"
TICKETS = 3
RIGHT = "answers, and the number is right"
HOW: dict[str, Callable[[bytes], bytes | None]] = {
    "cut in half": lambda content: content[: len(content) // 2],
    "a bit flipped": lambda content: (
        content[: len(content) // 2]
        + bytes([content[len(content) // 2] ^ 1])
        + content[len(content) // 2 + 1 :]
    ),
    "emptied": lambda _content: b"",
    "deleted": lambda _content: None,
}
# What stands for a file in the table: its name without what differs from desk to desk.
NAMES = (
    (r"0{19}(\d)", r"...0\1"),
    (r"part-[-0-9a-f]+(-c000)?\.zstd", "part-..."),
    (r"mart-\d+-[0-9a-f]+", "mart-..."),
    (r"\d[\d,]* of \d[\d,]* bytes", "n of m bytes"),
    (r"\([A-Z]\w+ Error: [^)]*\)", "(...)"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A desk with everything a desk can have: an erasure, a checkpoint, a metric of its own, a
    site.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "build_facts", partial(build.build_facts, only=("tickets",)))
        desk = make_desk(tmp_path_factory.mktemp("whole") / "desk")
        load_events(
            desk,
            ticket("A", "2026-01-05T09:00:00Z", customer_id="C1"),
            batch="first",
            refresh=False,
        )
        load_events(desk, ticket("B", "2026-01-05T10:00:00Z"), batch="second", refresh=False)
        erase_customers(desk.lake, ["C1"], desk.path)
        load_events(desk, ticket("C", "2026-01-05T11:00:00Z"), batch="third")
        # Short, and the same whatever settings there are: what stands in its middle decides what is
        # said.
        (desk.path / "helmdesk.toml").write_text(
            '# Settings\nname = "A support desk"\ntime_zone = "Europe/Berlin"\n'
        )
        site = SiteFolder(desk.path)
        site.make()
        for key in ("secret.key", "audit.key"):
            (site.path / key).write_text("x" * 64)
            (site.path / key).chmod(0o600)
        site.static.mkdir()
        (site.static / COLLECTED).write_text("x")
        with sqlite3.connect(site.database) as connection:
            connection.execute("create table people (name text)")
            connection.executemany(
                "insert into people values (?)", [(f"somebody {number}",) for number in range(500)]
            )
        connection.close()
        site.database.chmod(0o600)
        for lock in desk.path.rglob("*.lock"):
            lock.unlink()
        yield desk.path


def _files(desk: Path) -> list[Path]:
    return sorted(
        path.relative_to(desk)
        for path in desk.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name != COLLECTED
    )


def _told(text: str, desk: Path) -> str:
    text = text.replace(f"{desk}/", "").replace(str(desk), "DESK")
    for pattern, shown in NAMES:
        text = re.sub(pattern, shown, text)
    return " ".join(text.split())


def _doctor(desk: Path) -> str:
    found = [finding for finding in doctor._desk(desk, is_named=True) if finding.state != doctor.OK]
    return "; ".join(filter(None, (found[0].detail, found[0].mend))) if found else ""


def _question(desk: Path) -> str:
    """Do what every command and the site do first; return the error, or nothing where the number is
    right.
    """
    opened = Desk(desk)
    for what, mend in SiteFolder(desk).damage():
        raise DamageError(f"{what}; {mend}")
    with opened.engine() as engine:
        assert engine.run("select count(*) from tickets") == [(TICKETS,)]
    return ""


def _rows(whole: Path, scratch: Path) -> Iterator[tuple[str, str, str, str]]:
    for file in _files(whole):
        for how, damage in HOW.items():
            desk = scratch / "desk"
            shutil.copytree(whole, desk)
            changed = damage((desk / file).read_bytes())
            if changed is None:
                (desk / file).unlink()
            else:
                (desk / file).write_bytes(changed)
            looked = _doctor(desk)
            try:
                said = _question(desk) or RIGHT
            except HelmdeskError as error:
                said = str(error)
            yield _told(str(file), desk), how, _told(looked, desk) or "all well", _told(said, desk)
            shutil.rmtree(desk)


def _place(row: tuple[str, str, str, str]) -> tuple[str, int, str]:
    return row[0], list(HOW).index(row[1]), row[2]


def test_every_file_of_a_desk(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No damage gives a wrong number or a traceback; the documentation says what it gives."""
    monkeypatch.setattr(build, "build_facts", partial(build.build_facts, only=("tickets",)))
    for other in ("_concerns", "_audit_log"):  # what numbers lack, and a log that is no file
        monkeypatch.setattr(doctor, other, lambda _desk: iter(()))
    rows = list(_rows(whole, tmp_path))
    lines = [
        "| file | damage | `helmdesk doctor` | a question, or `helmdesk serve` |",
        "|---|---|---|---|",
    ]
    lines += dict.fromkeys(
        "| " + " | ".join(cell.replace("|", "/") for cell in row) + " |"
        for row in sorted(rows, key=_place)
    )
    table = "\n".join(lines) + "\n"
    if os.environ.get("HELMDESK_WRITE_TABLE"):
        head = DOCUMENT.read_text(encoding="utf-8").partition("| file |")[0]
        DOCUMENT.write_text(head + table, encoding="utf-8")
    assert table in DOCUMENT.read_text(encoding="utf-8")
    unseen = [row for row in rows if row[2] == "all well" and row[3] != RIGHT]
    assert not unseen, "doctor says all is well, and a question fails"
