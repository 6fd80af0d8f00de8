"""When predictions agree with what came, and how far points of effort speak of answers."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from helmdesk.analysis.reconciliation import MANY, Agreement, agreement_of, reconcile, speaking


def gap(value: float | None, low: float | None, high: float | None, n: int = 100) -> Any:
    return SimpleNamespace(value=value, low=low, high=high, n=n)


def test_a_difference_counts_where_chance_and_size_allow() -> None:
    assert agreement_of(gap(0.05, 0.01, 0.09)) is Agreement.HIGH
    assert agreement_of(gap(-0.05, -0.09, -0.01)) is Agreement.LOW
    assert agreement_of(gap(0.05, -0.01, 0.11)) is Agreement.AGREES
    # Real, and too small for anybody to act on.
    assert agreement_of(gap(0.01, 0.005, 0.015)) is Agreement.AGREES
    assert agreement_of(gap(0.3, 0.1, 0.5, n=29)) is Agreement.FEW
    assert agreement_of(gap(None, None, None)) is Agreement.FEW
    # Among thirteen weeks 0.05 ± 0.04 is no news; 0.07 ± 0.04 is.
    assert agreement_of(gap(0.05, 0.01, 0.09), MANY) is Agreement.AGREES
    assert agreement_of(gap(0.07, 0.03, 0.11), MANY) is Agreement.HIGH


def test_the_newest_whole_weeks_are_asked_for() -> None:
    asked: list[tuple[str, Any]] = []

    def measure(key: str, **said: Any) -> list[Any]:
        asked.append((key, said))
        weeks = [date(2026, 6, 15), date(2026, 6, 22)] if said.get("grain") else [None]
        return [
            SimpleNamespace(period_start=week, value=0.1, low=0.05, high=0.15, n=50)
            for week in weeks
        ]

    found = reconcile(measure, "fcr", date(2026, 6, 30), where="team = 'A'", weeks=2)
    assert {(said["start"], said["end"], said["where"]) for _, said in asked} == {
        ("2026-06-15", "2026-06-29", "team = 'A'")
    }
    assert [week.gap.period_start for week in found.weeks] == [date(2026, 6, 22), date(2026, 6, 15)]
    assert found.whole.agreement is Agreement.HIGH
    assert [key for key, said in asked if said.get("variant") is None and key == "fcr"] == ["fcr"]


def test_points_speak_of_answers_as_often_as_the_harder_case_has_more() -> None:
    # All 20 hard cases have two points, half of 30 easy ones too: 1/2 + 1/2 · 1/2.
    rows = {
        "effort_points": [2.0] * 20 + [1.0] * 15 + [2.0] * 15,
        "ces_is_easy": [False] * 20 + [True] * 30,
    }
    found = speaking(rows)
    assert found is not None
    assert (found.share, found.correlation) == pytest.approx((0.75, 0.5))
    # Hanley and McNeil by hand: variance (.1875 + 19 · .0375 + 29 · .080357) / 600 = .005384.
    assert (found.low, found.high) == pytest.approx((0.75 - 0.14382, 0.75 + 0.14382), abs=1e-4)
    assert speaking({"effort_points": [1.0] * 20, "ces_is_easy": [True] * 11 + [False] * 9}) is None
    assert speaking({}) is None
