"""Desks that earlier versions left behind: opened, asked, verified and added to by this one."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

import pytest

from desks import load_events, ticket
from helmdesk.catalogue.discovery import find_metric
from helmdesk.desk.desk import Desk
from helmdesk.query.receipt import differences, read_receipt

FOLDER = Path(__file__).parents[1] / "data" / "desks"
WINDOW = {"start": "2025-01-01", "end": "2026-06-01"}


@pytest.mark.parametrize("archive", sorted(FOLDER.glob("*.tar.gz")), ids=lambda path: path.name)
def test_an_older_desk(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(
            tmp_path,
            **(
                {"filter": "data"}
                if sys.version_info >= (3, 12) or hasattr(tarfile, "data_filter")
                else {}
            ),
        )
    kept = json.loads(
        (FOLDER / archive.name.replace(".tar.gz", ".json")).read_text(encoding="utf-8")
    )
    desk = Desk(tmp_path / "desk")
    compared = 0
    for key, said in kept["said"].items():
        if find_metric(key).metric.version == said["version"]:
            found = json.loads(json.dumps(desk.measure(key, **WINDOW).as_rows(), default=str))
            assert not differences(said["rows"], found), key
            compared += 1
    assert compared >= 3  # of the others the meaning changed, and their versions say so
    (tmp_path / "receipt.json").write_text(json.dumps(kept["receipt"]), encoding="utf-8")
    desk.verify(read_receipt(tmp_path / "receipt.json"))
    before = desk.measure("ticket_volume")[0].value
    load_events(desk, ticket("new", "2026-03-02T09:00:00Z"))
    assert desk.measure("ticket_volume")[0].value == (before or 0) + 1


def test_there_are_older_desks() -> None:
    assert list(FOLDER.glob("*.tar.gz"))
