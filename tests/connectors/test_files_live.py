"""Folders and buckets that are watched: every content once, half-written files waited for."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.fake_s3 import KEY_ID, SECRET, FakeS3, serving
from connectors.live import bring, connect, content, killed_after
from helmdesk import Desk
from helmdesk.connectors import folder, s3
from helmdesk.connectors.parts.access import GoneError, MissingRightError, RefusedError
from helmdesk.connectors.parts.connector import StoredFile
from helmdesk.desk.connections import Connections, Status
from helmdesk.errors import UsageError

MAPPING = """
name = "calls"
key = ["id"]
time_zone = "UTC"
date_format = "iso"
[[record]]
type = "created"
[record.columns]
ticket_id = "id"
occurred_at = "at"
priority = "priority"
"""


def table(*rows: tuple[int, str]) -> bytes:
    lines = [f"{number},2026-03-01T08:00:00Z,{priority}" for number, priority in rows]
    return "\n".join(["id,at,priority", *lines, ""]).encode()


def put(place: Path, content: bytes, *, seconds_ago: float = 3600) -> None:
    place.write_bytes(content)
    at = time.time() - seconds_ago
    os.utime(place, (at, at))


def tickets(desk: Desk) -> dict[str, str]:
    found = content(desk).values()
    return {each["ticket_id"]: each["priority"] for each in found if each["type"] == "created"}


def status(desk: Desk, name: str) -> Status:
    found = Connections(desk.path).status(name)
    assert found is not None and found.completeness is not None
    return found


def counted(desk: Desk, name: str) -> tuple[int, int | None, str]:
    found: Any = status(desk, name).completeness
    return found.ours, found.theirs, found.of


def test_a_folder_is_read_file_by_file_each_content_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, desk = tmp_path / "drop", Desk.create(tmp_path / "desk")
    place.mkdir()
    connect(desk, "folder", {}, folder=str(place), mapping=MAPPING)
    put(place / "b.csv", table((1, "high"), (2, "low")), seconds_ago=900)
    put(place / "a.csv", table((1, "low")), seconds_ago=500)  # later, whatever it is called
    put(place / "copy.csv", table((1, "high"), (2, "low")), seconds_ago=400)
    put(place / "broken.csv", b"name,age\nann,3\n")
    put(place / "half.csv", table((3, "low")), seconds_ago=0)
    put(place / "upload.csv.part", table((4, "low")))
    put(place / ".hidden.csv", table((5, "low")))
    (place / "within").mkdir()
    with killed_after(monkeypatch, 0, at="after"):  # stored, and not noted
        bring(desk, "folder")
    report = bring(desk, "folder")
    assert report.is_caught_up and report.tickets == 1  # the other one was stored before
    assert tickets(desk) == {"1": "low", "2": "low"}
    assert counted(desk, "folder") == (3, 5, "files")
    told = status(desk, "folder").missing
    assert "'at'" in told["the file broken.csv"]
    assert "half.csv" in " ".join(told.values())
    assert bring(desk, "folder").tickets == 0
    put(place / "half.csv", table((3, "low"), (4, "low")), seconds_ago=60)
    put(place / "broken.csv", table((6, "low")), seconds_ago=60)
    assert bring(desk, "folder").tickets == 2
    assert sorted(tickets(desk)) == ["1", "2", "3", "4", "6"]
    assert counted(desk, "folder") == (5, 5, "files") and not status(desk, "folder").missing


def test_a_file_that_changes_while_it_is_copied_is_left_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a.csv", table((1, "high")))
    (found,) = folder.files(folder.open_folder({"folder": str(tmp_path)}))
    copy = folder.shutil.copyfile

    def slow(path: Path, to: Path) -> None:
        copy(path, to)
        path.write_bytes(table((1, "high"), (2, "high")))

    monkeypatch.setattr(folder.shutil, "copyfile", slow)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert found.fetch(scratch) is None
    (tmp_path / "a.csv").unlink()
    assert found.fetch(scratch) is None


def test_folders_that_are_none() -> None:
    with pytest.raises(UsageError, match="whole path"):
        folder.open_folder({"folder": "drop"})
    with pytest.raises(UsageError, match="number of seconds"):
        folder.open_folder({"folder": "/drop", "quiet": "soon"})
    with pytest.raises(GoneError, match="no such folder"):
        list(folder.files(folder.open_folder({"folder": "/no/such/place"})))


def listed(**said: str) -> list[StoredFile]:
    asked = {"bucket": "exports/day", "key_id": KEY_ID, "token": SECRET, **said}
    bucket = s3.open_bucket(asked)
    bucket.be_brief(2, 5.0)
    return list(s3.files(bucket))


def test_a_bucket_is_read_object_by_object_each_content_once(tmp_path: Path) -> None:
    store, desk = FakeS3(), Desk.create(tmp_path / "desk")
    begin = datetime.now(UTC) - timedelta(days=2)
    store.put("day/2.csv", table((1, "high"), (2, "low")), begin)
    store.put("day/deeper/1 é.csv", table((1, "low")), begin + timedelta(hours=1))
    store.put("day/_SUCCESS", b"", begin)
    store.put("day/copy.csv", table((1, "low")), begin + timedelta(hours=2))
    store.put("night/9.csv", table((9, "low")), begin)
    with serving(store) as address:
        said = {"bucket": "exports/day", "endpoint": address, "key_id": KEY_ID}
        connect(desk, "s3", {"token": SECRET}, mapping=MAPPING, **said)
        store.failing = 1  # asked to slow down, it asks again
        assert bring(desk, "s3").tickets == 2
        assert tickets(desk) == {"1": "low", "2": "low"} and counted(desk, "s3") == (3, 3, "files")
        read = len(store.reads)
        assert bring(desk, "s3").tickets == 0 and len(store.reads) == read
        store.put("day/3.csv", table((3, "low")))
        assert bring(desk, "s3").tickets == 1 and "3" in tickets(desk)
        one = listed(endpoint=address, bucket="exports/night/9.csv")
        assert [each.name for each in one] == ["night/9.csv"]
        with pytest.raises(RefusedError):
            listed(endpoint=address, token="another")
        with pytest.raises(GoneError):
            listed(endpoint=address, bucket="elsewhere/day")
        store.is_denied = True
        with pytest.raises(MissingRightError) as told:
            listed(endpoint=address)
        assert SECRET not in str(told.value)
    with pytest.raises(UsageError, match="https"):
        listed(endpoint="http://store.example")
