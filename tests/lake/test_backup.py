"""A desk in one file and back, while others load; anything but a whole backup is refused."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import sqlite3
import stat
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from desks import load_events, make_desk, ticket
from helmdesk.cli.main import commands
from helmdesk.desk.backup import back_up, restore
from helmdesk.desk.desk import Desk
from helmdesk.desk.erasure import erase
from helmdesk.errors import ConflictError, InputError, NotFoundError
from helmdesk.settings import write_settings

DAY = "2026-01-{:02d}T09:00:00Z"


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    """A path with quotes is a path to everything that names it in SQL."""
    home = tmp_path / """O'Brien's "desk" ; --"""
    home.mkdir()
    desk = make_desk(home / "desk")
    load_events(desk, ticket("T1", DAY.format(5), DAY.format(6), customer_id="77"), batch="one")
    load_events(desk, ticket("T2", DAY.format(7)), batch="two")
    assert desk.measure("ticket_volume")[0].value == 2
    done = CliRunner().invoke(commands, ["doctor", "--desk", str(desk.path)])
    assert "2 batches" in done.output, done.output
    back_up(desk, home / "kept.tar")
    restore(home / "kept.tar", home / "again")
    assert Desk(home / "again").measure("ticket_volume")[0].value == 2
    erase(desk, ["77"])
    assert desk.measure("ticket_volume")[0].value == 2
    receipt = desk.measure("ticket_volume").receipt
    desk.verify(receipt)


def _load(path: Path, running: object, stop: object) -> None:
    desk = Desk(path)
    for number in range(1000):
        load_events(
            desk,
            ticket(f"late{number}", DAY.format(1 + number % 28)),
            batch=f"late {number}",
            refresh=False,
        )
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
    assert sqlite3.connect(kept / "site.sqlite3").execute("select text from notes").fetchall() == [
        ("kept",)
    ]
    assert not (kept / "secret.key").exists()  # keys are not in a backup without a passphrase
    assert (
        kept.stat().st_mode & 0o777 == 0o700
        and (tmp_path / "0.tar").stat().st_mode & 0o777 == 0o600
    )
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
            for member, body in (
                (name, b"x"),
                (
                    "manifest.json",
                    json.dumps(
                        {
                            "backup": 1,
                            "lake_version": 1,
                            "records": {},
                            "files": {
                                name: {"bytes": 1, "sha256": "", "mode": 420},
                                "helmdesk.toml": {},
                            },
                        }
                    ).encode(),
                ),
            ):
                entry = tarfile.TarInfo(member)
                entry.size = len(body)
                tar.addfile(entry, io.BytesIO(body))
        with pytest.raises(InputError, match="which no backup has"):
            restore(evil, tmp_path / "evil")
        assert not (tmp_path / "outside").exists()
        assert not Path("/tmp/outside-of-helmdesk").exists()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def small(tmp_path: Path) -> Desk:
    """A desk with one ticket, a metric of its own and a site's folder."""
    desk = make_desk(tmp_path / "desk")
    load_events(desk, ticket("A", DAY.format(5)))
    (desk.path / "metrics").mkdir()
    (desk.path / "metrics" / "definitions.lock").write_text("# kept", encoding="utf-8")
    (desk.path / "site").mkdir()
    with closing(sqlite3.connect(desk.path / "site" / "site.sqlite3")) as database:
        database.execute("pragma journal_mode = wal")
        database.execute("create table django_session (session_key varchar, session_data text)")
        database.execute("insert into django_session values ('open session', 'of somebody')")
        database.commit()
    return desk


def test_modes_come_back_and_never_wider(small: Desk, tmp_path: Path) -> None:
    root = small.path
    assert _mode(root) == 0o700 and _mode(root / "helmdesk.toml") == 0o600
    modes = {
        "helmdesk.toml": 0o640,
        "metrics": 0o750,
        "metrics/definitions.lock": 0o444,
        "site": 0o755,
        "site/site.sqlite3": 0o666,
        ".": 0o750,
    }
    for name, mode in modes.items():
        (root / name).chmod(mode)
    before = os.umask(0)
    try:
        back_up(small, tmp_path / "a.tar")
        os.umask(0o077)
        restore(tmp_path / "a.tar", tmp_path / "again")
    finally:
        os.umask(before)
    found = {name: _mode(tmp_path / "again" / name) for name in modes}
    assert found == {**modes, "site": 0o700, "site/site.sqlite3": 0o600}
    assert _mode(tmp_path / "a.tar") == 0o600
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert {
            member.name: member.mode
            for member in tar
            if member.name.startswith("site") or member.name == "manifest.json"
        } == {"site/site.sqlite3": 0o600, "manifest.json": 0o600}
        assert all(member.uid == 0 and member.uname == "" for member in tar)
    # Written anew, a file is as open as it was.
    write_settings(root / "helmdesk.toml", small.settings)
    assert _mode(root / "helmdesk.toml") == 0o640


@pytest.mark.parametrize("harm", ["file", "folder", "member", "words"])
def test_no_mode_that_runs_as_somebody_else(small: Desk, tmp_path: Path, harm: str) -> None:
    back_up(small, tmp_path / "a.tar")
    with tarfile.open(tmp_path / "a.tar") as tar, tarfile.open(tmp_path / "evil.tar", "w") as evil:
        for member in tar:
            body = tar.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == "manifest.json":
                manifest = json.loads(body)
                if harm in ("file", "words"):
                    manifest["files"]["helmdesk.toml"]["mode"] = (
                        0o4755 if harm == "file" else "0755"
                    )
                elif harm == "folder":
                    manifest["folders"]["lake"] = 0o2777
                body = json.dumps(manifest).encode()
            elif harm == "member" and member.name == "helmdesk.toml":
                member.mode = 0o4755
            member.size = len(body)
            evil.addfile(member, io.BytesIO(body))
    with pytest.raises(InputError, match="which no backup has"):
        restore(tmp_path / "evil.tar", tmp_path / "evil")
    assert not (tmp_path / "evil").exists()


def test_what_is_not_the_desks_own_is_left_out_and_named(small: Desk, tmp_path: Path) -> None:
    """Somebody's copy of a key, an earlier archive, and the archive that is being written."""
    strangers = (
        ".env",
        "phrase.txt",
        "site/secret.key.old",
        "site/site.sqlite3.bak",
        "metrics/notes.txt",
    )
    for name in strangers:
        (small.path / name).write_text("a secret of ours", encoding="utf-8")
    (small.path / "dismissals.json").write_text("[]", encoding="utf-8")
    (small.path / "dismissals.lock").touch()
    done = back_up(small, small.path / "monday.tar")
    assert done.left_out == tuple(sorted(strangers))
    assert b"a secret of ours" not in (small.path / "monday.tar").read_bytes()
    assert back_up(small, tmp_path / "b.tar").left_out == tuple(sorted((*strangers, "monday.tar")))
    restore(tmp_path / "b.tar", tmp_path / "again")
    assert (tmp_path / "again" / "metrics" / "definitions.lock").read_text(
        encoding="utf-8"
    ) == "# kept"
    assert (tmp_path / "again" / "dismissals.json").read_text(encoding="utf-8") == "[]"


def test_a_restore_that_fails_leaves_nothing_behind(small: Desk, tmp_path: Path) -> None:
    back_up(small, tmp_path / "a.tar")
    bent = bytearray((tmp_path / "a.tar").read_bytes())
    bent[bent.rindex(b"PAR1") - 40] ^= 0xFF
    (tmp_path / "a.tar").write_bytes(bytes(bent))
    (tmp_path / "empty").mkdir(mode=0o750)
    for folder in (tmp_path / "new", tmp_path / "empty"):
        with pytest.raises(InputError, match="is damaged"):
            restore(tmp_path / "a.tar", folder)
    assert not (tmp_path / "new").exists() and list((tmp_path / "empty").iterdir()) == []
    assert _mode(tmp_path / "empty") == 0o750


def test_a_backup_of_an_earlier_version_opens(small: Desk, tmp_path: Path) -> None:
    """Those carried keys and sessions in the clear, and knew no modes of folders; sessions end with
    the restore.
    """
    (small.path / "site" / "secret.key").write_text("an earlier key", encoding="utf-8")
    back_up(small, tmp_path / "a.tar")
    key, sessions = b"an earlier key", (small.path / "site" / "site.sqlite3").read_bytes()
    with tarfile.open(tmp_path / "a.tar") as tar, tarfile.open(tmp_path / "old.tar", "w") as old:
        bodies = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
        manifest = json.loads(bodies.pop("manifest.json"))
        del manifest["folders"]
        bodies.update({"site/secret.key": key, "site/site.sqlite3": sessions})
        for name, body in bodies.items():
            manifest["files"][name] = {
                "bytes": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
                "mode": 0o644,
            }
        bodies["manifest.json"] = json.dumps(manifest).encode()
        for name, body in bodies.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            old.addfile(entry, io.BytesIO(body))
    done = restore(tmp_path / "old.tar", tmp_path / "again", is_verified=True)
    assert done.has_secrets and done.has_open_secrets
    site = tmp_path / "again" / "site"
    assert (site / "secret.key").read_bytes() == key and _mode(site / "secret.key") == 0o600
    assert b"open session" not in (site / "site.sqlite3").read_bytes()
    assert _mode(site) == 0o700 and Desk(tmp_path / "again").measure("ticket_volume")[0].value == 1


def test_a_site_that_cannot_be_read_is_named(small: Desk, tmp_path: Path) -> None:
    (small.path / "site" / "site.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(InputError, match=r"site\.sqlite3: cannot be read"):
        back_up(small, tmp_path / "a.tar")
