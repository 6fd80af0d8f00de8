"""Unknown is neither zero nor calm: every number that is missing says why, and what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.errors import OutOfRangeError
from helmdesk.query.filters import parse_filter
from helmdesk.query.measurement import REASONS, Reason
from helmdesk.query.policy import OWNER, Policy
from helmdesk.query.words import show_measurement, show_reason

FIRST, LAST = "2026-01-05", "2026-01-20"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Six solved tickets, one on each of the first days, and one that is open."""
    desk = make_desk(tmp_path_factory.mktemp("reasons") / "desk", time_zone="Europe/Berlin")
    events = [
        e
        for day in range(5, 11)
        for e in ticket(f"T{day}", f"2026-01-{day:02d}T09:00:00Z", f"2026-01-{day:02d}T12:00:00Z")
    ]
    load_events(desk, [*events, *ticket("open", "2026-01-20T09:00:00Z")])
    return desk


def test_every_reason_has_words_and_a_next_step() -> None:
    assert set(REASONS) == set(get_args(Reason)) - {""}
    assert all(words and step for words, step in REASONS.values())


@pytest.mark.parametrize(
    ("key", "question", "reason"),
    [
        ("resolution_time", {}, ""),
        ("resolution_time", {"start": FIRST, "end": "2026-01-07"}, "too_few"),
        ("resolution_time", {"start": "2026-01-12", "end": "2026-01-18"}, "no_rows"),
        ("resolution_time", {"start": LAST, "end": "2026-01-21"}, "pending"),
        ("resolution_time", {"where": "channel = 'chat'"}, "filtered_out"),
        ("ticket_volume", {"where": "channel = 'chat'"}, "filtered_out"),
        (
            "resolution_time",
            {"policy": Policy("chat", parse_filter("channel = 'chat'"))},
            "not_permitted",
        ),
        ("csat", {}, "not_recorded"),
        ("resolution_time", {"start": "2025-06-01", "end": "2026-01-12"}, "partly_out_of_range"),
        ("resolution_time", {"start": "2026-01-01", "end": "2026-02-12"}, "partly_out_of_range"),
    ],
)
def test_a_number_says_why_it_is_missing(
    desk: Desk, key: str, question: dict[str, Any], reason: str
) -> None:
    asked = dict(question)
    reader = desk.as_seen_by(asked.pop("policy", OWNER))
    found = reader.measure(key, **asked)[0]
    assert found.reason == reason
    if found.value is None:
        assert show_measurement(found)[0] == REASONS[found.reason][0]


def test_a_period_before_the_data_is_not_a_period_without_cases(desk: Desk) -> None:
    by_week = {
        m.period_start: (m.value, m.reason)
        for m in desk.measure("ticket_volume", grain="week", start="2025-12-22", end="2026-01-26")
    }
    assert by_week[date(2025, 12, 29)] == (None, "out_of_range")
    assert by_week[date(2026, 1, 5)] == (6, "")
    assert by_week[date(2026, 1, 12)] == (0, "no_rows")


@pytest.mark.parametrize(
    ("start", "end", "what"),
    [
        ("2027-01-01", None, "begins after the data end"),
        (None, "2025-01-01", "ends before the data begin"),
    ],
)
def test_a_window_outside_the_data_is_refused_with_their_span(
    desk: Desk, start: str | None, end: str | None, what: str
) -> None:
    span = r"2026-01-05 10:00 to 2026-01-20 10:00 \(Europe/Berlin\)"
    for ask in (desk.measure, desk.drill, desk.rows, desk.distribution):
        with pytest.raises(OutOfRangeError, match=f"{what}.*{span}"):
            ask("resolution_time", start=start, end=end)
    with pytest.raises(OutOfRangeError, match=what):
        desk.scorecard(start=start, end=end)


def test_a_card_says_why_it_is_empty_in_the_words_of_the_measurement(desk: Desk) -> None:
    asked = {"start": FIRST, "end": "2026-01-21", "where": "channel = 'chat'"}
    cards = desk.scorecard(keys=["resolution_time", "csat", "ticket_volume"], **asked).cards  # type: ignore[arg-type]
    for card in cards:
        found = desk.measure(card.metric.key, **asked)[0]  # type: ignore[arg-type]
        assert (card.now.value, card.now.reason) == (found.value, found.reason)
        assert card.reason == (show_reason(found.reason) if found.value is None else "")
    assert [card.now.value for card in cards] == [None, None, 0]


def test_more_than_half_still_open_is_not_too_few(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(
        desk,
        [e for day in range(5, 12) for e in ticket(f"T{day}", f"2026-01-{day:02d}T09:00:00Z")]
        + ticket("S", "2026-01-05T09:00:00Z", "2026-01-06T09:00:00Z"),
    )
    found = desk.measure("resolution_time", variant="median_km")[0]
    assert (found.value, found.n, found.reason) == (None, 8, "pending")


def test_no_promise_in_danger_is_a_zero(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    promise = {
        "type": "policy_applied",
        "occurred_at": "2026-01-05T09:00:00Z",
        "ticket_id": "T",
        "policy_id": "gold",
        "clock": "first_reply",
        "target_seconds": 3600,
        "is_business": False,
    }
    load_events(
        desk,
        [
            {
                "type": "account",
                "entity_id": "big",
                "name": "Big",
                "contract_value": 1000.0,
                "occurred_at": "2026-01-01T00:00:00Z",
                "valid_from": "2026-01-01T00:00:00Z",
            },
            *ticket("T", "2026-01-05T09:00:00Z", "2026-01-05T09:10:00Z", account_id="big"),
            promise,
            *ticket("U", "2026-01-20T09:00:00Z"),
        ],
    )
    card = desk.scorecard(keys=["breach_exposure"], start="2026-01-15", end="2026-01-20").cards[0]
    assert (card.now.value, card.reason, card.verdict) == (0, "", "no change")


def test_an_empty_desk_refuses_nothing(tmp_path: Path) -> None:
    found = make_desk(tmp_path / "desk").measure("ticket_volume", start="2026-01-01")[0]
    assert (found.value, found.reason) == (None, "not_recorded")


def test_a_receipt_of_a_window_outside_the_data_still_opens(desk: Desk, tmp_path: Path) -> None:
    """Made before such windows were refused, and before results said why they are missing."""
    from helmdesk.query.question import Question

    old = Question(
        ("ticket_volume",),
        (),
        None,
        "2027-01-01",
        None,
        None,
        None,
        "calendar",
        "Europe/Berlin",
        "monday",
    )
    desk.verify(desk.answers.measure(old, 1, desk.settings.for_facts()).receipt)


def test_this_month_is_marked_as_a_part(desk: Desk) -> None:
    assert desk.measure("ticket_volume", window="this-month")[0].is_partial
    assert not desk.measure("ticket_volume", start="2026-01-05", end="2026-01-12")[0].is_partial
    receipt = desk.measure("ticket_volume", window="this-month").receipt
    desk.verify(receipt)


def test_in_time_is_unknown_where_no_wait_was_ever_told(tmp_path: Path) -> None:
    rows = (
        "c1,2026-01-05 09:00:00,yes,60\nc2,2026-01-05 09:10:00,no,\nc3,2026-01-05 09:20:00,yes,30\n"
    )
    (tmp_path / "calls.csv").write_text(
        "call_id,started_at,answered,talk_seconds\n" + rows, encoding="utf-8"
    )
    desk = make_desk(tmp_path / "desk")
    desk.load("telephony", [tmp_path / "calls.csv"])
    for variant in (None, "of_offered", "of_answered", "short_abandons_excluded"):
        assert desk.measure("service_level", variant=variant)[0].value is None
    assert desk.measure("missed_contact_rate", variant="of_offered")[0].value == 1 / 3
    (tmp_path / "waits.csv").write_text(
        "call_id,started_at,answered,wait_seconds\nd1,2026-01-05 10:00:00,no,50\n", encoding="utf-8"
    )
    desk.load("telephony", [tmp_path / "waits.csv"])
    assert desk.measure("service_level", variant="of_offered")[0].value == 0
