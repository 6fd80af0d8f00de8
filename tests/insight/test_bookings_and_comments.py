"""Answers about scheduled calls and what comments speak of: the facts, and the two patterns that
rest on them.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import Event, load_events, make_desk
from helmdesk.desk.desk import Desk
from helmdesk.facts.build.taxonomy import ABOUT, PRODUCT, SERVICE, USUAL
from helmdesk.insight.pattern import Found, Missing, Quiet, load_patterns
from helmdesk.query.filters import Compare
from helmdesk.statistics.proportion import share_difference_p

BEGIN = {"occurred_at": "2020-01-01", "valid_from": "2020-01-01", "type": "instrument"}
STARS = {
    **BEGIN,
    "entity_id": "stars",
    "instrument_kind": "csat",
    "about": "transactional",
    "definition": '{"positive": ["4", "5"]}',
}
RECOMMEND = {**BEGIN, "entity_id": "rel", "instrument_kind": "nps", "about": "relationship",
             "definition": '{"positive": ["9", "10"], "scale": [0, 10]}'}  # fmt: skip


def answer(
    survey: str, at: str | datetime, value: int, instrument: str = "stars", **columns: Any
) -> Event:
    return {
        "type": "responded",
        "survey_id": survey,
        "instrument_id": instrument,
        "occurred_at": at,
        "answer": str(value),
        **({"score": float(value)} if instrument == "rel" else {}),
        **columns,
    }


def booked(booking: str, at: str, start: str, **columns: Any) -> Event:
    return {
        "type": "booked",
        "booking_id": booking,
        "occurred_at": at,
        "start_at": start,
        **columns,
    }


def by(desk: Desk, dimension: str) -> dict[Any, int]:
    return {row.group[0][1]: row.n for row in desk.measure("csat", by=[dimension])}


def test_an_answer_knows_whether_its_call_was_changed(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    events = [
        STARS,
        # Kept; moved; given to another agent; cancelled, so that the answer is about something
        # else; too long ago.
        booked("B1", "2026-01-05T09:00", "2026-01-06T09:00", customer_id="c1", agent_id="a"),
        answer("s1", "2026-01-06T12:00", 5, customer_id="c1"),
        booked("B2", "2026-01-05T09:00", "2026-01-06T09:00", customer_id="c2", agent_id="a"),
        {
            "type": "moved",
            "booking_id": "B2",
            "occurred_at": "2026-01-06T08:00",
            "start_at": "2026-01-08T09:00",
            "end_at": "2026-01-08T09:30",
        },
        answer("s2", "2026-01-08T12:00", 1, customer_id="c2"),
        booked("B3", "2026-01-05T09:00", "2026-01-06T09:00", ticket_id="T3", agent_id="a"),
        {
            "type": "held_booking",
            "booking_id": "B3",
            "occurred_at": "2026-01-06T09:00",
            "agent_id": "b",
        },
        answer("s3", "2026-02-06T12:00", 2, ticket_id="T3"),
        booked("B4", "2026-01-05T09:00", "2026-01-06T09:00", customer_id="c4"),
        {"type": "cancelled", "booking_id": "B4", "occurred_at": "2026-01-05T10:00"},
        answer("s4", "2026-01-06T12:00", 5, customer_id="c4"),
        booked("B5", "2026-01-05T09:00", "2026-01-06T09:00", customer_id="c5"),
        answer("s5", "2026-01-20T12:00", 5, customer_id="c5"),
    ]
    load_events(desk, events)
    assert by(desk, "booking") == {"changed": 2, "kept": 1, None: 2}
    # A call that is told of after its answer, and one that is moved after all.
    late = [
        booked("B6", "2026-01-19T09:00", "2026-01-20T09:00", customer_id="c5"),
        {
            "type": "moved",
            "booking_id": "B1",
            "occurred_at": "2026-01-05T10:00",
            "start_at": "2026-01-06T09:30",
            "end_at": "2026-01-06T10:00",
        },
    ]
    load_events(desk, late)
    assert by(desk, "booking") == {"changed": 3, "kept": 1, None: 1}
    with desk.marts.reader() as reader:
        rows = reader.engine.run(
            "select booking_id, moves, is_reassigned, is_cancelled, is_held from bookings order"
            " by all"
        )
    assert rows == [
        ("B1", 1, False, False, False),
        ("B2", 1, False, False, False),
        ("B3", 0, True, False, True),
        ("B4", 0, False, True, False),
        ("B5", 0, False, False, False),
        ("B6", 0, False, False, False),
    ]


@pytest.mark.parametrize(
    ("comment", "theme"),
    [
        ("My refund has not arrived", "delivery"),
        ("You charged me twice", "billing"),
        ("The app CRASHES since the last update", "product"),
        ("Cannot log in any more", "access"),
        ("I was passed on four times", "transfer"),
        ("Waited an hour on hold", "wait"),
        ("Still not solved", "not resolved"),
        ("The agent was rude", "tone"),
        ("Thanks, very friendly!", "praise"),
        ("Hm", "other"),
        ("  ", None),
        (None, None),
        ("it's 'quoted'; drop table x", "other"),
    ],
)
def test_what_a_comment_is_about(tmp_path: Path, comment: str | None, theme: str | None) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(
        desk,
        [
            STARS,
            answer(
                "s1", "2026-01-06T12:00", 5, **({"comment": comment} if comment is not None else {})
            ),
        ],
    )
    assert by(desk, "comment_theme") == {theme: 1}


def test_every_theme_belongs_to_service_or_product_or_neither() -> None:
    assert {each.about for each in USUAL} == set(ABOUT)
    assert sum(each.about == SERVICE for each in USUAL) == 6
    assert sum(each.about == PRODUCT for each in USUAL) == 5
    assert all(word == word.lower() for each in USUAL for word in each.words)


def calls(seed: int, dissatisfied_when_moved: float) -> list[Event]:
    """Half a year of scheduled calls by eight agents, a quarter of them moved."""
    rng, events = random.Random(seed), [STARS]
    for place in range(1600):
        start = datetime(2025, 7, 1, 9) + timedelta(hours=2.7 * place)
        agent, is_moved = f"agent {place % 8}", rng.random() < 0.25
        who = {"customer_id": f"c{place}", "agent_id": agent}
        events.append(
            booked(f"B{place}", (start - timedelta(days=2)).isoformat(), start.isoformat(), **who)
        )
        if is_moved:
            moved = {
                "type": "moved",
                "booking_id": f"B{place}",
                "occurred_at": (start - timedelta(days=1)).isoformat(),
            }
            events.append(
                {
                    **moved,
                    "start_at": start.isoformat(),
                    "end_at": (start + timedelta(minutes=30)).isoformat(),
                }
            )
        is_bad = rng.random() < (dissatisfied_when_moved if is_moved else 0.08 + 0.01 * (place % 8))
        events.append(
            answer(f"s{place}", (start + timedelta(hours=3)).isoformat(), 1 if is_bad else 5, **who)
        )
    return events


@pytest.mark.parametrize(("share", "verdict"), [(0.35, Found), (0.11, Quiet)])
def test_rebooked_calls(tmp_path: Path, share: float, verdict: type) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, calls(7, share))
    with desk.insight.study(desk.question()) as study:
        found = load_patterns()["rebooked_calls"].pattern.look(study)
    assert isinstance(found, verdict), found
    if isinstance(found, Found):
        assert found.where == Compare("booking", "=", "changed")
        assert "agent by agent" in found.text


def waves(seed: int, product_now: float, service_now: float, comments: bool = True) -> list[Event]:
    """Two quarters of answers; in the second fewer recommend."""
    rng, events = random.Random(seed), [RECOMMEND]
    for place in range(800):
        at, is_now = datetime(2025, 7, 3) + timedelta(hours=5.4 * place), place >= 400
        score = rng.choice([9, 10, 9, 8, 3]) if not is_now else rng.choice([9, 8, 7, 3, 2])
        draw, product, service = (
            rng.random(),
            product_now if is_now else 0.1,
            service_now if is_now else 0.1,
        )
        text = (
            "The price went up again"
            if draw < product
            else "Waited for days for an answer"
            if draw < product + service
            else "Fine with me"
        )
        events.append(
            answer(
                f"s{place}",
                at.isoformat(),
                score,
                "rel",
                customer_id=f"c{place}",
                **({"comment": text} if comments else {}),
            )
        )
    return events


@pytest.mark.parametrize(
    ("product", "service", "comments", "verdict"),
    [(0.35, 0.1, True, Found), (0.1, 0.35, True, Quiet), (0.35, 0.1, False, Missing)],
)
def test_recommendation_and_what_comments_speak_of(
    tmp_path: Path, product: float, service: float, comments: bool, verdict: type
) -> None:
    desk = make_desk(tmp_path / "desk")
    load_events(desk, waves(3, product, service, comments))
    with desk.insight.study(desk.question()) as study:
        found = load_patterns()["product_nps"].pattern.look(study)
    assert isinstance(found, verdict), found
    if isinstance(found, Found):
        assert "product, delivery, billing, access or policy" in found.text


def test_the_test_of_two_shares_against_scipy() -> None:
    from scipy.stats import chi2_contingency

    table = [[30, 70], [52, 68]]
    p = chi2_contingency(table, correction=False).pvalue
    assert share_difference_p(30, 100, 52, 120) == pytest.approx(p / 2)
    assert share_difference_p(52, 120, 30, 100) == pytest.approx(1 - p / 2)
    assert share_difference_p(0, 0, 3, 4) == 1.0
