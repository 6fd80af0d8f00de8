"""Needed beside planned: what is short, what stands in for a plan, and what it will reach."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from helmdesk.errors import NotFoundError, UsageError
from helmdesk.plan.coverage import coverage_of
from helmdesk.plan.crews import Crew, find_crew, pooled
from helmdesk.plan.demand import Demand, from_rows
from helmdesk.plan.planner import Conditions
from helmdesk.plan.queues import erlang_a
from helmdesk.plan.staffing import Target

MONDAY = date(2026, 1, 5)
WEEKS = 12
LAST = MONDAY + timedelta(weeks=WEEKS, days=-1)
NEXT = MONDAY + timedelta(weeks=WEEKS)
OPEN = range(18, 34)  # 9:00 to 17:00


def demand(queue: str = "calls", each: int = 40, handle: float = 240.0) -> Demand:
    """The same number in every half-hour of every working day: the forecast is that number."""
    rows = [
        (MONDAY + timedelta(days=d), 30 * i, float(each), each * handle, float(each))
        for d in range(7 * WEEKS)
        for i in OPEN
        if d % 7 < 5
    ]
    return from_rows(
        queue, "phone", rows, interval_minutes=30, waited_seconds=9000, abandoned=60, last_day=LAST
    )


def crew(people: int, days: range = range(-7, 0)) -> Crew:
    """So many at work in every open half-hour, but for two fewer at noon."""
    day = np.zeros(48)
    day[OPEN.start : OPEN.stop] = people
    day[24:26] -= 2
    planned = {NEXT + timedelta(days=d): day for d in days if (NEXT.weekday() + d) % 7 < 5}
    return Crew("Berlin", ("calls",), demand(), (demand(),), planned, 12)


def needed() -> int:
    """Fewest people for 40 calls of 240 s in a half-hour, 80% within 60 s, by trying them all."""
    rate, tried = 40 / 1800, np.arange(1, 30)
    return int(tried[erlang_a(tried, rate, 240, 150, 60).service_level() >= 0.8][0])


def test_short_where_fewer_are_planned_than_needed() -> None:
    need = needed()
    found = coverage_of(crew(need + 1), NEXT, 7, Target(0.8, 60))
    spare = found.spare
    assert spare is not None
    assert (found.plan.agents[:5, 18:34] == need).all() and not found.plan.agents[5:].any()
    assert (spare[:5, 24:26] == -1).all()
    assert spare[0, 20] == 1
    assert found.short_intervals == 10 and found.short_hours == 5.0
    assert found.spare_hours == 5 * 14 * 0.5
    # The last plan of each weekday stands in, and the first of them is named.
    assert found.planned_as_on == NEXT - timedelta(days=7)


def test_a_plan_of_the_days_themselves_is_taken_as_it_is() -> None:
    found = coverage_of(crew(9, range(5)), NEXT, 7, Target(0.8, 60))
    assert found.planned_as_on is None and found.planned is not None
    assert found.planned[0, 20] == 9
    assert coverage_of(crew(9, range(0)), NEXT, 7, Target(0.8, 60)).planned is None
    # A plan older than eight weeks says nothing of next week.
    assert coverage_of(crew(9, range(-70, -63)), NEXT, 7, Target(0.8, 60)).planned is None


def test_the_level_expected_is_that_of_every_interval_weighted_by_contacts() -> None:
    need = needed()
    found = coverage_of(crew(need), NEXT, 7, Target(0.8, 60))
    rate = 40 / 1800
    full, noon = erlang_a(np.array([need, need - 2]), rate, 240, 150, 60).service_level()
    assert found.service_level is not None
    assert found.service_level[0] == pytest.approx((14 * full + 2 * noon) / 16, abs=1e-9)
    assert found.service_level[1] <= found.service_level[0] <= found.service_level[2]


def test_people_away_from_contacts_are_not_counted() -> None:
    away = coverage_of(crew(10), NEXT, 7, Target(0.8, 60), Conditions(shrinkage=0.2))
    assert away.planned is not None and away.planned[0, 20] == pytest.approx(8)


def test_queues_of_the_same_people_are_planned_together() -> None:
    calls, chats = demand("calls", 40, 240.0), demand("chats", 20, 600.0)
    both = pooled("Berlin", [calls, chats])
    assert both.contacts[0, 20] == 60 and both.days == calls.days
    # 40 of 240 s and 20 of 600 s: the mean of sixty.
    assert both.handle_seconds == pytest.approx((40 * 240 + 20 * 600) / 60)
    assert both.patience_seconds == 150
    with pytest.raises(UsageError, match="no queues of Berlin"):
        pooled("Berlin", [])


def test_what_cannot_be_asked_is_said() -> None:
    with pytest.raises(UsageError, match="not ahead of the data"):
        coverage_of(crew(9), NEXT - timedelta(days=1), 7, Target(0.8, 60))
    with pytest.raises(UsageError, match="not ahead of the data"):
        coverage_of(crew(9), NEXT + timedelta(days=90), 7, Target(0.8, 60))
    with pytest.raises(NotFoundError, match="Berlin"):
        find_crew([crew(9)], "Berlni")
    with pytest.raises(UsageError, match="no calls or chats"):
        find_crew([], "")
    days = from_rows(
        "calls",
        "phone",
        [(MONDAY + timedelta(days=d), 0, 100.0, 0.0, 0.0) for d in range(84)],
        interval_minutes=1440,
    )
    with pytest.raises(UsageError, match="only totals of days"):
        coverage_of(Crew("calls", ("calls",), days), None, 7, Target(0.8, 60))
