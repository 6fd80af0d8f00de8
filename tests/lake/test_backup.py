"""A desk in one file and back, while others load; anything but a whole backup is refused."""

from __future__ import annotations

import io
import json
import multiprocessing
import sqlite3
import tarfile
from pathlib import Path

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.backup import back_up, restore
from helmdesk.desk import Desk
from helmdesk.errors import ConflictError, InputError, NotFoundError

DAY = "2026-01-{:02d}T09:00:00Z"


def _load(path: Path, running: object, stop: object) -> None:
    desk = Desk(path)
    for number in range(1000):
        load_events(desk, ticket(f"late{number}", DAY.format(1 + number % 28)), batch=f"late {number}", refresh=False)
        running.set()  # type: ignore[attr-defined]
        if stop.is_set():  # type: ignore[attr-defined]
            return


def test_a_backup_taken_while_others_load(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk", name="Desk to keep")
    for number in range(6):
        load_events(desk, ticket(f"T{number}", DAY.format(5 + number)), batch=f"batch {number}")
    receipt = desk.measure("ticket_volume").receipt
    (desk.path / "metrics").mkdir()
    (desk.path / "site").mkdir(mode=0o700)
    with sqlite3.connect(desk.path / "site" / "site.sqlite3") as database:
        database.execute("create table notes (text varchar)")
        database.execute("insert into notes values ('kept')")
    (desk.path / "site" / "secret.key").write_text("s", encoding="ascii")
    (desk.path / "site" / "secret.key").chmod(0o600)
    context = multiprocessing.get_context("spawn")
    running, stop = context.Event(), context.Event()
    loader = context.Process(target=_load, args=(desk.path, running, stop))
    loader.start()
    assert running.wait(60)
    try:
        backups = [back_up(desk, tmp_path / f"{number}.tar") for number in range(3)]
    finally:
        stop.set()
        loader.join(60)
    for number, done in enumerate(backups):
        again = restore(tmp_path / f"{number}.tar", tmp_path / f"again{number}", is_verified=True)
        assert again.records == done.records
        restored = Desk(tmp_path / f"again{number}")
        assert restored.settings.name == "Desk to keep"
        assert restored.measure("ticket_volume")[0].value == done.records["created"] >= 7
        restored.verify(receipt)
    kept = tmp_path / "again0" / "site"
    assert sqlite3.connect(kept / "site.sqlite3").execute("select text from notes").fetchall() == [("kept",)]
    assert not (kept / "secret.key").exists()  # keys are not in a backup without a passphrase
    assert kept.stat().st_mode & 0o777 == 0o700 and (tmp_path / "0.tar").stat().st_mode & 0o777 == 0o600
    # A restored desk goes on: known batches are known, new ones come in.
    restored = Desk(tmp_path / "again0")
    assert load_events(restored, ticket("T0", DAY.format(5)), batch="batch 0").is_already_loaded
    load_events(restored, ticket("new", DAY.format(6)), batch="new")
    assert restored.measure("ticket_volume")[0].value == backups[0].records["created"] + 1


def test_what_is_no_whole_backup_is_refused(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)))
    archive = tmp_path / "whole.tar"
    back_up(desk, archive)
    with pytest.raises(ConflictError, match="exists already"):
        back_up(desk, archive)
    with pytest.raises(NotFoundError, match="no such file"):
        restore(tmp_path / "none.tar", tmp_path / "x")
    with pytest.raises(ConflictError, match="not empty"):
        restore(archive, desk.path)
    cut = tmp_path / "cut.tar"
    cut.write_bytes(archive.read_bytes()[:-30_000])
    with pytest.raises(InputError, match="not a whole backup"):
        restore(cut, tmp_path / "cut")
    bent = bytearray(archive.read_bytes())
    place = bent.index(b"PAR1")
    bent[place + 40] ^= 0xFF
    (tmp_path / "bent.tar").write_bytes(bytes(bent))
    with pytest.raises(InputError, match="is damaged"):
        restore(tmp_path / "bent.tar", tmp_path / "bent")
    for name in ("../outside", "/tmp/outside-of-helmdesk"):
        evil = tmp_path / "evil.tar"
        with tarfile.open(evil, "w") as tar:
            for member, body in ((name, b"x"), ("manifest.json", json.dumps({"backup": 1, "lake_version": 1, "records": {}, "files": {
                    name: {"bytes": 1, "sha256": "", "mode": 420}, "helmdesk.toml": {}}}).encode())):  # fmt: skip
                entry = tarfile.TarInfo(member)
                entry.size = len(body)
                tar.addfile(entry, io.BytesIO(body))
        with pytest.raises(InputError, match="which no backup has"):
            restore(evil, tmp_path / "evil")
        assert not (tmp_path / "outside").exists()
        assert not Path("/tmp/outside-of-helmdesk").exists()
