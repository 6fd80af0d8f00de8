"""What one question may take: numbers, time, memory, a turn."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.desk.live import LiveDesk
from helmdesk.engines.duckdb import DuckDB
from helmdesk.engines.ration import SLOW_SECONDS, Ration, Turns
from helmdesk.errors import BusyError, TooLargeError, TooLongError
from helmdesk.query import run
from helmdesk.query.reader import Memory, approximate_bytes

ENDLESS = "select count(*) from range(1000000000000) a(x) where x % 7 = 1 and sqrt(x) <> 2"


@contextmanager
def connection(ration: Ration) -> Iterator[DuckDB]:
    whole = DuckDB.create()
    with ration:
        yield whole.another(ration)
    whole.close()


def test_a_statement_is_stopped_when_time_is_up_and_the_next_does_not_begin() -> None:
    began = time.monotonic()
    with connection(Ration("ada", 0.3, Turns())) as engine:
        with pytest.raises(
            TooLongError,
            match=r"took more than 0\.3 seconds and was stopped; ask for a shorter window",
        ):
            engine.fetch(ENDLESS)
        assert time.monotonic() - began < 20
        with pytest.raises(TooLongError):
            engine.run("select 1")


def test_work_ends_when_nobody_waits_for_it() -> None:
    gone = threading.Event()
    threading.Timer(0.3, gone.set).start()
    with (
        connection(Ration("ada", 600, Turns(), lambda: not gone.is_set())) as engine,
        pytest.raises(TooLongError, match="nobody waits"),
    ):
        engine.run(ENDLESS)


def test_what_takes_more_memory_than_there_is_says_so() -> None:
    engine = DuckDB.create()
    engine.connection.execute("set memory_limit = '20MB'")
    engine.connection.execute("set temp_directory = ''")
    with pytest.raises(TooLargeError, match="more memory than a question may"):
        engine.run("select list(x) from range(20000000) r(x)")


def test_a_third_question_of_one_person_is_refused_and_another_persons_is_not() -> None:
    turns = Turns(each=2, slow=5, threads=8)
    with turns.taken("ada"), turns.taken("ada"):
        with (
            pytest.raises(BusyError, match="2 of your questions are being worked on"),
            turns.taken("ada", wait=0.05),
        ):
            pass
        with turns.taken("ben", wait=0.05):
            pass
    with turns.taken("ada", wait=0):
        pass


def test_slow_questions_of_many_leave_room() -> None:
    turns = Turns(each=2, slow=3, threads=8)
    with turns.taken("a"), turns.taken("b"), turns.taken("c"):
        with turns.taken("d", wait=0):
            pass  # nobody is slow yet
        time.sleep(SLOW_SECONDS + 0.1)
        with pytest.raises(BusyError, match="many slow questions"), turns.taken("d", wait=0):
            pass
    with turns.taken("d", wait=0):
        pass


def test_who_waits_gets_the_turn_that_comes_free() -> None:
    turns = Turns(each=1)
    entered = threading.Event()

    def hold() -> None:
        with turns.taken("ada"):
            entered.set()
            time.sleep(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(10)
    began = time.monotonic()
    with turns.taken("ada", wait=30):
        assert time.monotonic() - began < 20
    thread.join(10)


def test_more_numbers_than_anybody_reads_are_refused_before_they_are_filled(
    small_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {
        "by": ["channel", "hour"],
        "grain": "day",
        "start": "2026-01-01",
        "end": "2026-03-01",
    }
    rows = len(small_desk.measure("ticket_volume", **asked))
    assert rows % 59 == 0
    monkeypatch.setattr(run, "MOST_NUMBERS", rows - 1)
    with pytest.raises(
        TooLargeError,
        match=(
            f"{rows // 59} groups in 59 periods are {rows:,} numbers, and a question may ask for"
            f" {rows - 1:,}"
        ),
    ):
        small_desk.measure("ticket_volume", **asked)


def test_eight_questions_of_millions_of_numbers_are_refused_quickly(small_desk: Desk) -> None:
    desk = LiveDesk(small_desk.path)
    desk.open_mart()
    problems: list[str] = []

    def ask(place: int) -> None:
        try:
            desk.measure(
                "ticket_volume",
                by=["issue_type", "hour", "weekday", "priority"],
                grain="day",
                start="2025-07-01",
                end=f"2026-06-2{place}",
            )
        except TooLargeError as error:
            problems.append(str(error))

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(problems) == 8
    assert all("take a shorter window" in problem for problem in problems)


def test_results_are_kept_by_their_size() -> None:
    memory = Memory(most_bytes=400_000)
    for place in range(50):
        memory.get(place, lambda: list(range(1_000)))
    assert 0 < len(memory) <= 12
    memory.get("large", lambda: list(range(100_000)))
    assert "large" not in memory


def test_sizes_are_about_right() -> None:
    assert 3_000_000 < approximate_bytes([float(number) for number in range(100_000)]) < 3_500_000
    assert (
        3_000_000
        < approximate_bytes({"a": [float(number) for number in range(100_000)]})
        < 3_500_000
    )


def test_the_same_question_at_the_same_time_is_answered_once() -> None:
    memory, made = Memory(), []

    def make() -> int:
        made.append(1)
        time.sleep(0.2)
        return 7

    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(memory.get("key", make))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (found, made) == ([7] * 6, [1])


def test_a_failure_is_not_kept_and_the_next_asks_again() -> None:
    memory = Memory()

    def fail() -> int:
        raise TooLongError("too long")

    with pytest.raises(TooLongError):
        memory.get("key", fail)
    assert memory.get("key", lambda: 3) == 3


def test_the_live_mart_takes_a_share_of_the_memory(small_desk: Desk, tmp_path: Path) -> None:
    with LiveDesk(small_desk.path).engine() as engine:
        ((limit,),) = engine.run("select current_setting('memory_limit')")
        ((machine,),) = DuckDB.create().run("select current_setting('memory_limit')")
    assert limit != machine
