"""What planners know: of days, events and queues; by hand, on weeks that are all alike."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from helmdesk.plan.demand import Demand, from_rows
from helmdesk.plan.forecast import DayFactor, Event, Holidays, NamedDay, make_forecast
from helmdesk.plan.forecast.known import Known, informed, measured, of_pool, of_queue

MONDAY = date(2026, 3, 2)
WEEKS = 10
END = MONDAY + timedelta(weeks=WEEKS)


def queue(changes: dict[date, float] | None = None, name: str = "Phone") -> Demand:
    """A queue with 100 contacts a day at nine, but for some days."""
    rows = [
        (day, 540, float((changes or {}).get(day, 100)), 0.0, 0.0)
        for day in (MONDAY + timedelta(days=i) for i in range(7 * WEEKS))
    ]
    return from_rows(name, "phone", rows, interval_minutes=60)


def totals(demand: Demand, *known: Known, days: int = 7) -> list[float]:
    return [round(float(t), 3) for t in make_forecast(demand, days, factors=known).totals]


def test_a_word_on_a_day_replaces_what_was_learned_and_an_event_comes_on_top() -> None:
    first = END
    fair = NamedDay(END - timedelta(days=14), "Fair"), NamedDay(first, "Fair")
    demand = queue({END - timedelta(days=14): 50})
    assert totals(demand, *fair)[:2] == [50, 100]  # like the last fair
    said = DayFactor(first, 0.8, "pat", "half a fair")
    assert totals(demand, *fair, said)[:2] == [80, 100]
    launch = Event("Launch", first, 0.4, 1.0)
    assert totals(demand, *fair, launch)[:3] == [70, 120, 110]  # 50 × 1.4; +20%; +10%


def test_an_event_is_taken_out_of_the_days_it_touched() -> None:
    start = END - timedelta(days=3)
    launch = Event("Launch", start, 0.4, 1.0)
    came = {start: 140.0, start + timedelta(days=1): 120.0, start + timedelta(days=2): 110.0}
    demand = queue(came)
    plain = informed(demand, (launch,)).contacts.sum(axis=1)
    assert np.allclose(plain, 100)
    # What is left of it: 5% on the first day to come, then 2.5%.
    assert totals(demand, launch)[:2] == [105, 102.5]
    found = measured(demand, launch)
    assert found is not None and found.days == 3
    # 140 + 120 + 110 beside 300.
    assert found.came == pytest.approx(70 / 300) and found.expected == pytest.approx(70 / 300)
    assert measured(queue(came), Event("Later", END, 0.4, 1.0)) is None


def test_a_day_that_has_been_teaches_nothing() -> None:
    odd = END - timedelta(days=7)
    demand = queue({odd: 130})
    assert informed(demand, (DayFactor(odd, 1.3, "pat", "storm"),)).named_days == {odd: "storm"}
    assert totals(demand, NamedDay(odd, "storm"))[0] == 100


def test_public_holidays_are_like_those_that_have_been() -> None:
    # 1 May 2026 is a Friday; Ascension (14 May) is the first holiday after the data.
    demand = queue({date(2026, 5, 1): 20, date(2026, 4, 3): 20, date(2026, 4, 6): 20})
    made = dict(
        zip(
            (END + timedelta(days=i) for i in range(7)),
            totals(demand, Holidays("DE")),
            strict=True,
        )
    )
    assert made[date(2026, 5, 14)] == 20 and made[date(2026, 5, 13)] == 100


def test_what_is_said_of_one_queue_counts_there_and_by_its_share_in_a_pool() -> None:
    known = (DayFactor(END, 0.5, "pat", "closed", "Phone"), Holidays("DE"))
    assert of_queue(known, "Phone") == known
    assert of_queue(known, "Chat") == (Holidays("DE"),)
    pooled = of_pool(known, {"Phone": 0.25, "Chat": 0.75})
    assert isinstance(pooled[0], DayFactor) and pooled[0].factor == 0.875  # 1 − .25 × .5
    assert of_pool(known, {"Chat": 1.0}) == (Holidays("DE"),)
