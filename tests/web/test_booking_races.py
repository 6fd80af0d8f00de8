"""Many who book at once: every link once, nobody twice at a time, always enough people left.

On SQLite, and with HELMDESK_TEST_DATABASE on PostgreSQL; ``make reliability`` has ten thousand.
"""

from __future__ import annotations

import gc
import itertools
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from effort import tries
from web.booking_desk import DAY, MINUTE, NOW, TEAM, clear, make_kind, staff

THREADS = 8
TRIES = 4


@pytest.fixture(autouse=True)
def _empty(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from helmdesk.web.apps.jobs import queue

    monkeypatch.setattr(queue, "now", lambda: NOW)
    clear()
    yield
    clear()


def at_once(count: int, do: Any) -> None:
    """Let several threads do something at once, each with a connection of its own.

    Without collecting garbage meanwhile: where a collector that holds the write lock finds a cursor
    of a connection that waits for it, SQLite makes both wait for the whole half-minute.
    """
    from django.db import connections

    barrier, wrong = threading.Barrier(count), []

    def run(number: int) -> None:
        try:
            barrier.wait()
            do(number)
        except Exception as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    gc.collect()
    gc.disable()
    try:
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        gc.enable()
    assert not wrong, wrong


def again(book: Any, *given: Any) -> Any:
    """Book as a customer does who is told that the site is busy: SQLite serves who waits in no
    order, so that in minutes of a crowd somebody waits for longer than it allows.
    """
    from django.db import OperationalError

    while True:
        try:
            return book(*given)[0]
        except OperationalError as error:
            assert "locked" in str(error), error


def test_racing_redemptions_book_once_each_and_nobody_twice() -> None:
    """Each link is used four times at once, for times that everybody wants."""
    from helmdesk.web.apps.booking.bookings import Caller, Outcome, book
    from helmdesk.web.apps.booking.doors import issue_link
    from helmdesk.web.apps.booking.models import Booking, Link, Piece
    from helmdesk.web.apps.booking.people import crew_to_book
    from helmdesk.web.apps.events.models import Event

    people = {f"p{number}": f"Person {number}" for number in range(tries(4, 24))}
    staff(people, days=60)
    kind = make_kind(floor=1, daily_limit=6, days_ahead=tries(3, 59))
    links = [issue_link(kind)[0] for _ in range(tries(40, 2500))]
    offered = [slot.start for slot in crew_to_book(kind, NOW).slots(NOW)]
    found: list[tuple[Any, Outcome]] = []

    def race(number: int) -> None:
        draw = random.Random(number)
        mine = links * (TRIES * 2 // THREADS)
        draw.shuffle(mine)
        for link in mine[: len(links) * TRIES // THREADS]:
            found.append((link.pk, again(book, link, draw.choice(offered), Caller(zone="UTC"))))

    at_once(THREADS, race)
    assert len(found) == len(links) * TRIES // THREADS * THREADS >= tries(160, 10_000)
    won = Counter(pk for pk, outcome in found if outcome is Outcome.DONE)
    assert set(won.values()) == {1}
    rows = list(Booking.objects.all())
    assert len(rows) == len(won) == Event.objects.filter(kind="booked").count()
    assert len(won) >= tries(25, 2000)
    assert {row.link_id for row in rows} == set(won)
    assert Link.objects.filter(uses=1).count() == len(won)
    # Independent of the pieces: nobody has two calls at a time, and nobody rests too little.
    calls = defaultdict(list)
    for row in rows:
        calls[row.agent].append((row.start_at, row.end_at))
    for mine in calls.values():
        mine.sort()
        assert all(
            after[0] >= before[1] + 10 * MINUTE for before, after in itertools.pairwise(mine)
        )
        assert max(Counter(start.date() for start, _ in mine).values()) <= 6
    # At any time one of the people is left: all but one are in calls at most.
    for start in {row.start_at for row in rows}:
        for step in range(0, 30, 5):
            moment = start + step * MINUTE
            busy = sum(row.start_at <= moment < row.end_at for row in rows)
            assert busy <= len(people) - 1
    assert Piece.objects.count() == 8 * len(rows)


def test_two_who_move_to_the_same_time_do_not_both_get_it() -> None:
    from helmdesk.web.apps.booking.bookings import Caller, Outcome, book, move
    from helmdesk.web.apps.booking.doors import issue_link

    staff({"a1": "Aurelia Zwick"})
    kind = make_kind(floor=0)
    tuesday = NOW + DAY + timedelta(hours=1)
    made = []
    for number in range(4):
        outcome, row = (
            book(issue_link(kind)[0], tuesday + number * DAY, Caller(zone="UTC"))
            if number < 3
            else book(issue_link(kind)[0], tuesday + 7 * DAY, Caller(zone="UTC"))
        )
        assert outcome is Outcome.DONE and row is not None
        made.append(row)
    wanted = tuesday + timedelta(hours=4)
    found: list[Outcome] = []
    at_once(4, lambda number: found.append(move(made[number].pk, wanted)[0]))
    assert Counter(found) == {Outcome.DONE: 1, Outcome.GONE: 3}


def test_the_database_itself_has_no_room_for_a_second_call() -> None:
    from django.db import IntegrityError, transaction

    from helmdesk.web.apps.booking.bookings import Caller, book
    from helmdesk.web.apps.booking.doors import issue_link
    from helmdesk.web.apps.booking.models import Piece

    staff()
    kind = make_kind()
    _, made = book(issue_link(kind)[0], NOW + DAY, Caller(zone="UTC"))
    assert made is not None and made.kind.team == TEAM
    piece = Piece.objects.filter(booking=made).first()
    assert piece is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        Piece.objects.create(booking=made, agent=piece.agent, at=piece.at)
