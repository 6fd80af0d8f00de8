"""Several windows asked in one pass give what each gives when it is asked alone."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta

import pytest

from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.desk.desk import Desk
from helmdesk.query.filters import parse_filter
from helmdesk.query.measurement import Measurement
from helmdesk.query.policy import OWNER
from helmdesk.query.reader import CachingReader, Memory
from helmdesk.query.request import Request
from helmdesk.query.run import Answer

END = datetime(2026, 2, 27, 23)
DAY = timedelta(days=1)
# Two windows that touch, one a year earlier over nothing, one that holds all of them, open ends,
# and three grains.
WINDOWS: tuple[dict[str, object], ...] = (
    {"start": END - 28 * DAY, "end": END},
    {"start": END - 56 * DAY, "end": END - 28 * DAY},
    {"start": END - 2364 * DAY, "end": END - 2336 * DAY},
    {"end": END},
    {},
    {"start": END - 91 * DAY, "end": END, "grain": "week"},
    {"start": END - 9 * DAY, "end": END + 400 * DAY, "grain": "day"},
    {"grain": "quarter"},
)


def cells(answer: Answer) -> list[list[object]]:
    return [
        [_close(getattr(row, field.name)) for field in fields(Measurement)]
        for row in answer.measurements
    ]


def _close(cell: object) -> object:
    """Sums may be added up in another order."""
    return pytest.approx(cell, rel=1e-9) if isinstance(cell, float) else cell


@pytest.mark.parametrize("key", sorted(load_catalogue()))
def test_asked_together_as_asked_alone(small_desk: Desk, key: str) -> None:
    base = {"key": key, "time_zone": "Europe/Rome"}
    with small_desk.marts.reader() as reader:
        for extra in (
            {},
            (
                {"where": parse_filter("channel in ('email', 'chat')")}
                if key not in WITHOUT_CHANNEL
                else {}
            ),
        ):
            requests = [Request(**base, **extra, **window, policy=OWNER) for window in WINDOWS]  # type: ignore[arg-type]
            alone = [reader.answer(request) for request in requests]
            together = reader.answers(requests)
            assert [answer.request for answer in together] == requests
            for one, other, request in zip(alone, together, requests, strict=True):
                assert cells(other) == cells(one), request
                assert (other.sql, other.drill_sql) == (one.sql, one.drill_sql)


WITHOUT_CHANNEL = {
    "account_health",
    "schedule_adherence",
    "utilization",
    "occupancy",
    "esat",
    "enps",
    "nps",
    "breach_exposure",
}


@pytest.mark.parametrize("key", ["csat", "first_response_time", "backlog", "ticket_volume"])
def test_groups_stay_apart(small_desk: Desk, key: str) -> None:
    with small_desk.marts.reader() as reader:
        requests = [
            Request(key, by=("team", "channel"), **window, policy=OWNER) for window in WINDOWS
        ]  # type: ignore[arg-type]
        answers = reader.answers(requests)
        for request, answer in zip(requests, answers, strict=True):
            assert cells(answer) == cells(reader.answer(request)), request
        # The windows hold something, but for the one years before.
        assert [any(row.n for row in answer.measurements) for answer in answers] == [
            True,
            True,
            False,
            True,
            True,
            True,
            True,
            True,
        ]


def test_what_is_known_is_not_asked_again(small_desk: Desk) -> None:
    now, before, trend = (
        Request("csat", **window, policy=OWNER) for window in (WINDOWS[0], WINDOWS[1], WINDOWS[5])
    )  # type: ignore[arg-type]
    memory = Memory()
    with small_desk.marts.reader() as plain:
        reader = CachingReader(plain.engine, plain.bounds, memory, "this mart")
        first = reader.answer(before)
        answers = reader.answers([now, before, trend])
        assert answers[1] is first
        assert len(memory) == 3
        assert reader.answers([trend, now])[0] is answers[2]
        assert cells(answers[0]) == cells(plain.answer(now))
