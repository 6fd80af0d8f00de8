"""Axes have round places, and span what is drawn."""

from __future__ import annotations

import pytest

from helmdesk.query.ticks import short, tick_words, ticks


@pytest.mark.parametrize(
    ("low", "high", "unit", "words"),
    [
        (0.72, 0.81, "share", ["70%", "75%", "80%", "85%"]),
        (0.041, 0.084, "share", ["4%", "6%", "8%", "10%"]),
        (26, 118, "seconds", ["0 s", "30 s", "1 min", "1 min 30 s", "2 min"]),
        (0, 7200, "seconds", ["0 s", "30 min", "1 h", "1 h 30 min", "2 h"]),
        (40, 2106, "tickets", ["0", "1,000", "2,000", "3,000"]),
        (5, 5, "tickets", None),
    ],
)
def test_places_are_round_and_span_the_values(
    low: float, high: float, unit: str, words: list[str] | None
) -> None:
    places = ticks(low, high, unit)
    assert places[0] <= low and places[-1] >= high
    assert 2 <= len(places) <= 7
    if words is not None:
        assert tick_words(places, unit) == words


@pytest.mark.parametrize(
    ("long", "told"),
    [
        ("90.0%", "90%"),
        ("90.5%", "90.5%"),
        ("5.00 USD", "5 USD"),
        ("+12", "+12"),
        ("47 s", "47 s"),
    ],
)
def test_round_values_lose_their_noughts(long: str, told: str) -> None:
    assert short(long) == told
