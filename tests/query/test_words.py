"""Values as people read them: one module, every unit, no sign of rounding, no number without what
it counts.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.desk.desk import Desk
from helmdesk.errors import UsageError
from helmdesk.query.words import (
    is_money,
    show_change,
    show_count,
    show_duration,
    show_relative,
    show_size,
    show_value,
)

UNITS = sorted(
    {
        form.unit
        for entry in load_catalogue().values()
        for form in (entry.metric, *(entry.variant(v.name) for v in entry.metric.variants))
    }
    | {"business_seconds", "EUR", "minutes"}
)
EXTREMES = (
    0.0,
    -0.0,
    1e-12,
    -1e-12,
    0.0004,
    -0.0004,
    0.004,
    -0.004,
    0.0499,
    0.5,
    -0.5,
    0.81,
    0.99999,
    1.0,
    1.05,
    59.6,
    -59.6,
    59.99,
    60.0,
    3599.7,
    99.95,
    999.995,
    1000.0,
    12_345.678,
    -12_345.678,
    172_800.0,
    1e9,
    -1e9,
)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("value", EXTREMES)
def test_every_unit_at_every_size(unit: str, value: float) -> None:
    for text in (
        show_value(value, unit),
        show_change(value, unit),
        show_size(value, unit),
        show_relative(value, 1.0, unit),
    ):
        figures = re.search(r"\d[\d,]*(\.\d+)?", text)
        assert figures, text
        if not any(figure in "123456789" for figure in text):
            assert not text.startswith(("−", "+")), f"a sign before nothing: {text}"
        assert "share" not in text and "e+" not in text and "nan" not in text
        assert not re.search(r"\d{4}", text), f"no thousands separator: {text}"
        assert re.fullmatch(r"[+−]?\d{1,3}(,\d{3})*(\.\d+)?.*", text), text
    text = show_value(value, unit)
    if unit == "share":
        assert text.endswith("%")
    if unit == "net_share":
        assert "%" not in text and "." not in text
    if is_money(unit):
        assert text.endswith(" EUR" if unit == "EUR" else " of unknown currency")
    if unit == "business_seconds":
        assert " d " not in text
    if unit in ("seconds", "business_seconds"):
        assert re.search(r" (s|min|h|d)$", text), text
    assert show_change(abs(value), unit)[0] in "+0123456789"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (47, "47 s"),
        (110, "1 min 50 s"),
        (599.4, "9 min 59 s"),
        (599.6, "10 min"),
        (2285, "38 min"),
        (3599.7, "1 h"),
        (12_380, "3 h 26 min"),
        (35_970, "10 h"),
        (61_200, "17 h"),
        (273_600, "3 d 4 h"),
        (1_036_800, "12 d"),
        (-110, "−1 min 50 s"),
    ],
)
def test_durations_say_no_more_than_anybody_could_act_on(seconds: float, told: str) -> None:
    assert show_duration(seconds) == told


def test_values_read_aloud() -> None:
    assert show_value(0.8149, "share") == "81.5%"
    assert (
        show_value(0.324, "net_share"),
        show_value(-0.08, "net_share"),
        show_value(0.001, "net_share"),
    ) == ("+32", "−8", "0")
    assert (show_value(120.5, "EUR"), show_value(1234.5, "USD"), show_value(3, "money")) == (
        "120.50 EUR",
        "1,234 USD",
        "3.00 of unknown currency",
    )
    # Forty working hours are not "1 d 16 h", nor a working week "5 d".
    assert (show_duration(180_000, is_business=True), show_duration(180_000)) == (
        "50 h",
        "2 d 2 h",
    )
    assert (show_duration(59.7), show_duration(-0.4)) == ("1 min", "0 s")
    assert (
        show_change(0.0284, "share"),
        show_change(-0.0002, "share"),
        show_change(-12.0, "seconds"),
    ) == ("+2.8 points", "0.0 points", "−12 s")
    assert (
        show_relative(87.03, 86.75, "points"),
        show_relative(5, 5, "tickets"),
        show_relative(5, 0, "tickets"),
    ) == (
        "+0.3%",
        "0.0%",
        "+5",
    )
    assert (show_count(1, "row"), show_count(0, "row"), show_count(2000, "row")) == (
        "1 row",
        "0 rows",
        "2,000 rows",
    )


def test_medians_and_means_say_so() -> None:
    titles = {key: entry.metric.title for key, entry in load_catalogue().items()}
    assert titles["first_response_time"] == "First response time (median)"
    assert titles["average_handle_time"] == "Average handle time"
    assert titles["account_health"] == "Account health (mean)"
    assert load_catalogue()["first_response_time"].variant("mean").statistic == "mean"
    for entry in load_catalogue().values():
        for form in (entry.metric, *(entry.variant(v.name) for v in entry.metric.variants)):
            assert form.statistic


def cost(amount: float, currency: str | None, day: str = "2026-03-01") -> dict[str, object]:
    return {
        "type": "cost_recorded",
        "occurred_at": f"{day}T00:00",
        "category": "staff",
        "amount": amount,
        "start_at": f"{day}T00:00",
        "end_at": "2026-04-01T00:00",
        **({"currency": currency} if currency else {}),
    }


def costs(path: Path, *given: dict[str, object], **settings: str) -> Desk:
    desk = make_desk(path, name="Costs", time_zone="UTC", **settings)
    load_events(
        desk,
        [
            *ticket("A", "2026-03-02T08:00", "2026-03-02T09:00"),
            *ticket("B", "2026-03-03T08:00", "2026-03-04T09:00"),
            *given,
        ],
    )
    return desk


def test_money_has_a_currency(tmp_path: Path) -> None:
    desk = costs(tmp_path / "eur", cost(241.0, "eur"))
    row = desk.measure("cost_per_ticket")[0]
    assert (row.unit, row.value) == ("EUR", 120.5)
    assert (
        desk.scorecard(keys=["cost_per_ticket"], start="2026-03-01", end="2026-04-01")
        .cards[0]
        .now.unit
        == "EUR"
    )
    assert costs(tmp_path / "none", cost(241.0, None)).measure("cost_per_ticket")[0].unit == "money"
    assert (
        costs(tmp_path / "stated", cost(241.0, None), currency="CHF")
        .measure("cost_per_ticket")[0]
        .unit
        == "CHF"
    )
    assert (
        costs(tmp_path / "same", cost(1.0, None), cost(2.0, "CHF"), currency="CHF")
        .measure("cost_per_ticket")[0]
        .unit
        == "CHF"
    )


@pytest.mark.parametrize("other", ["USD", None])
def test_currencies_are_not_added(tmp_path: Path, other: str | None) -> None:
    desk = costs(tmp_path / "mixed", cost(241.0, "EUR"), cost(100.0, other))
    with pytest.raises(UsageError, match="cannot add amounts in EUR and"):
        desk.measure("cost_per_ticket")
    card = desk.scorecard(
        keys=["cost_per_ticket", "ticket_volume"], start="2026-03-01", end="2026-04-01"
    ).cards[0]
    assert card.now.value is None and "cannot add amounts" in card.reason


def test_intervals_stay_where_values_can_be(tmp_path: Path) -> None:
    """Two waits of 1 s and 1 h have a mean of 30 minutes, and no interval that begins before the
    call.
    """
    desk = make_desk(tmp_path / "desk", time_zone="UTC")
    events = []
    for number, seconds in enumerate((1, 3600)):
        leg = {"leg_id": f"leg{number}", "channel": "phone"}
        events += [
            {"type": "offered", "occurred_at": "2026-03-02T08:00:00", **leg},
            {
                "type": "answered",
                "occurred_at": f"2026-03-02T0{8 + seconds // 3600}:00:0{seconds % 3600}",
                "agent_id": "ann",
                **leg,
            },
            {"type": "ended", "occurred_at": "2026-03-02T10:00:00", **leg},
        ]
    load_events(desk, events)
    row = desk.measure("average_speed_of_answer")[0]
    assert row.value == 1800.5 and row.low is not None and row.high is not None
    assert 0 < row.low < row.value < row.high
    assert math.isclose(row.low * row.high, row.value**2)
    # Values that may be negative keep the plain interval.
    from helmdesk.statistics.proportion import mean_interval

    low, _ = mean_interval(2.0, 50.0, 4) or (0, 0)
    assert low < 0
    low, high = mean_interval(400.0, 40_400.0, 4, is_positive=True) or (0, 0)
    assert math.isclose((low + high) / 2, 100.0)


def test_a_weekend_brings_no_promise_nearer(tmp_path: Path) -> None:
    """A promise of eight working hours, an hour used on Friday, is at risk on Monday afternoon, not
    on Sunday.
    """
    desk = make_desk(tmp_path / "desk", time_zone="UTC", default_calendar="office")
    policy = {"match": {}, "clocks": [{"clock": "resolution", "targets": {"default": "8h"}}]}
    week = [[540 + 1440 * day, 1020 + 1440 * day] for day in range(5)]
    since = {"occurred_at": "2026-01-01T00:00", "valid_from": "2026-01-01T00:00"}
    load_events(
        desk,
        [
            {
                "type": "calendar",
                "entity_id": "office",
                "time_zone": "UTC",
                "definition": json.dumps({"weekly": week}),
                **since,
            },
            {"type": "sla_policy", "entity_id": "p", "definition": json.dumps(policy), **since},
            {
                "type": "account",
                "entity_id": "big",
                "name": "Big",
                "contract_value": 1000.0,
                **since,
            },
            *ticket("A", "2026-03-06T16:00", "2026-03-12T16:00", account_id="big"),
        ],
    )
    rows = list(desk.measure("breach_exposure", grain="day", start="2026-03-06", end="2026-03-12"))
    # At the ends of Friday to Wednesday: seven of eight hours are left until Monday; on Monday
    # evening it is all but broken.
    assert [row.value for row in rows] == [0, 0, 0, 1000, 1000, 1000]


def test_words_say_the_population_that_is_counted() -> None:
    """Who counts every end must not say "solved", and who counts what a rule closed must say so."""
    looked_at = 0
    for entry in load_catalogue().values():
        metric = entry.metric
        forms = [
            (metric, f"{metric.where_words}; {metric.formula}"),
            *((entry.variant(v.name), v.description) for v in metric.variants if v.where),
        ]
        for form, words in forms:
            counts_ends = form.fact == "tickets" and "solved_at < forever()" in form.where
            if counts_ends and "outcome" not in form.where:
                assert not re.search(
                    r"\bsolved tickets", words + (entry.description if form is metric else "")
                ), metric.key
                assert re.search(r"\bend(ed|s)?\b", words), (metric.key, words)
                looked_at += 1
            elif (
                counts_ends
                and "auto_closed" in form.where
                and (form is metric or "auto_closed" not in metric.where)
            ):
                assert re.search("closed by a rule|a rule closed", words), (metric.key, words)
                looked_at += 1
    assert looked_at >= 9
