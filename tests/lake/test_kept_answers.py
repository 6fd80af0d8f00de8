"""What one process answered, the next need not ask again."""

from __future__ import annotations

import dataclasses
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.live import LiveDesk
from helmdesk.engines.duckdb import DuckDB
from helmdesk.marts.mart import answers_file
from helmdesk.query.policy import Policy
from helmdesk.query.run import Answer

SECRET = b"of this desk"
EVERYTHING = Policy("everything")
DAY = "2026-01-{:02} {:02}:00:00"
TICKETS = [
    event
    for day in range(5, 25)
    for event in ticket(f"t{day}", DAY.format(day, 8), DAY.format(day, 9))
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "desk"
    load_events(make_desk(path), TICKETS)
    return path


def ask(desk: LiveDesk) -> list[tuple[str, str]]:
    card = desk.as_seen_by(EVERYTHING).scorecard(window="28-days")
    return [(found.metric.key, repr(found)) for found in card.cards]


def statements(desk: LiveDesk) -> dict[str, str]:
    known = [found for _, found in desk.marts._memory.latest(10**9)]
    return {found.metric.key: found.sql for found in known if isinstance(found, Answer)}


def test_the_next_process_need_not_ask(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = LiveDesk(filled)
    answered = ask(first)
    kept = first.keep_answers(SECRET)
    assert kept > 0
    file = answers_file(first.open_mart().path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    # Another process has other hashes: what is sorted by them would not be found again.
    code = (
        "import sys; from helmdesk.desk.live import LiveDesk;"
        "print(LiveDesk(sys.argv[1]).take_answers(sys.argv[2].encode()))"
    )
    command = [sys.executable, "-c", code, str(filled), SECRET.decode()]
    other = {**os.environ, "PYTHONHASHSEED": "7"}
    told = subprocess.run(command, env=other, capture_output=True, text=True, check=True)
    assert told.stdout == f"{kept}\n"

    second = LiveDesk(filled)
    assert second.take_answers(SECRET) == kept
    asked: list[Any] = []
    fetch = DuckDB.fetch
    monkeypatch.setattr(
        DuckDB, "fetch", lambda engine, *given: asked.append(given) or fetch(engine, *given)
    )
    assert ask(second) == answered
    assert asked == []
    # What an answer was asked with can still be read.
    assert statements(second) == statements(first)
    assert len(statements(second)["ticket_volume"]) > 100


def test_only_what_this_desk_signed_is_read(filled: Path) -> None:
    desk = LiveDesk(filled)
    ask(desk)
    desk.keep_answers(SECRET)
    file = answers_file(desk.open_mart().path)
    assert LiveDesk(filled).take_answers(b"another secret") == 0
    whole = file.read_bytes()
    for place in (0, 40, len(whole) - 1):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert LiveDesk(filled).take_answers(SECRET) == 0
    file.write_bytes(b"")
    assert LiveDesk(filled).take_answers(SECRET) == 0
    file.unlink()
    assert LiveDesk(filled).take_answers(SECRET) == 0


def test_answers_go_with_their_mart_and_with_what_they_depend_on(filled: Path) -> None:
    desk = LiveDesk(filled)
    ask(desk)
    desk.keep_answers(SECRET)
    old = answers_file(desk.open_mart().path)
    desk.change_settings(dataclasses.replace(desk.settings, currency="CHF"))
    assert LiveDesk(filled).take_answers(SECRET) == 0
    assert old.exists()
    load_events(desk, ticket("late", DAY.format(26, 8), DAY.format(26, 9)))
    desk.refresh()
    assert not old.exists()
    ask(desk)
    assert desk.keep_answers(SECRET) > 0
    desk.marts.remove()
    assert not list((filled / "marts").glob("mart-*"))


def test_what_was_asked_before_everything_was_forgotten_is_not_remembered() -> None:
    from helmdesk.query.reader import Memory

    memory = Memory()

    def make() -> str:
        memory.clear()  # as when definitions change in the middle of a question
        return "of before"

    assert memory.get("key", make) == "of before"
    assert "key" not in memory
