"""Demand out of facts and out of files, counted again by other means, and what it lacks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, NotFoundError, UsageError
from helmdesk.plan.demand import Demand, GapKind, from_rows
from helmdesk.plan.volumes import read_volumes


def test_a_desk_s_contacts_by_queue_and_interval(small_desk: Desk) -> None:
    zone = ZoneInfo(small_desk.settings.time_zone)
    found = small_desk.plan.planner(minutes=30).demands
    live = {each.queue: each for each in found if each.is_live}
    with small_desk.engine() as engine:
        _, legs = engine.fetch(
            "select q.name, l.offered_at, l.handle_seconds, l.wait_seconds, l.outcome from legs l"
            " join queue_versions q on q.entity_id = l.queue_id and q.is_latest"
        )
    assert set(live) == {leg[0] for leg in legs}
    assert [each.contacts.sum() for each in found] == sorted(
        (each.contacts.sum() for each in found), reverse=True
    )
    for queue, demand in live.items():
        mine = [leg for leg in legs if leg[0] == queue]
        counts: dict[tuple[date, int], int] = {}
        for leg in mine:
            local = leg[1].replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
            key = local.date(), (local.hour * 60 + local.minute) // 30
            counts[key] = counts.get(key, 0) + 1
        made = {
            (demand.first_day + timedelta(days=int(d)), int(i)): int(demand.contacts[d, i])
            for d, i in zip(*np.nonzero(demand.contacts), strict=True)
        }
        assert made == {key: n for key, n in counts.items() if key[0] <= demand.last_day}
        lost = sum(leg[4] == "abandoned" for leg in mine)
        waited = sum(leg[3] or 0 for leg in mine)
        assert demand.patience_seconds == (pytest.approx(waited / lost) if lost else None)
        assert demand.every(60).contacts.sum() == demand.contacts.sum()
    deferred = {each.queue for each in found if not each.is_live}
    assert {"email"} <= deferred and not deferred & {"phone", "chat"}
    assert small_desk.plan.planner(where="channel = 'phone'").demands[0].channel == "phone"


def weekly(weeks: int = 12, middle: float = 100.0) -> list[tuple[date, int, float, float, float]]:
    start = date(2026, 3, 2)
    return [
        (start + timedelta(days=d), 600, middle, middle * 240, middle)
        for d in range(7 * weeks)
        if d % 7 < 5
    ]


def test_days_that_are_no_rule_are_found() -> None:
    rows = weekly()
    rows[20] = (*rows[20][:2], 290.0, 0.0, 0.0)
    del rows[33]
    holiday = rows[42][0]
    made = from_rows(
        "calls", "phone", rows, interval_minutes=30, named_days={holiday: "Labour Day"}
    )
    days = {gap.kind: gap.days for gap in made.gaps}
    assert days[GapKind.UNUSUAL_DAY] == (date(2026, 3, 30),)
    assert days[GapKind.EMPTY_DAY] == (date(2026, 4, 16),)
    assert days[GapKind.NAMED_DAY] == (holiday,)
    assert days[GapKind.NO_PATIENCE] == () and GapKind.NO_HANDLE_TIME not in days
    assert (~made.is_usual).sum() == 3
    assert made.handle_seconds == 240 and made.patience_seconds is None
    # Quiet weekends are the rule.
    assert made.contacts[5:7].sum() == 0


def test_a_short_history_says_so() -> None:
    made = from_rows("calls", "phone", weekly(5), interval_minutes=30)
    assert GapKind.SHORT_HISTORY in {gap.kind for gap in made.gaps}


def test_intervals_that_do_not_fit() -> None:
    made = from_rows("calls", "phone", weekly(2), interval_minutes=60)
    with pytest.raises(UsageError, match="it is known by 60 minutes"):
        made.every(30)
    with pytest.raises(UsageError, match="no contacts of calls"):
        from_rows("calls", "phone", [], interval_minutes=30)
    with pytest.raises(UsageError, match="no complete day"):
        from_rows("calls", "phone", weekly(1), interval_minutes=30, last_day=date(2020, 1, 1))


def read(tmp_path: Path, content: str, **more: object) -> list[Demand]:
    file = tmp_path / "volumes.csv"
    file.write_text(content, encoding="utf-8")
    return read_volumes(file, **more)  # type: ignore[arg-type]


def test_a_sheet_of_half_hours(tmp_path: Path) -> None:
    (made,) = read(
        tmp_path,
        "Interval start;Calls offered;AHT\n2026-03-02 09:00;10;4:00\n2026-03-02 09:30;30;300\n"
        "2026-03-03 17:00;;\n",
    )
    assert made.interval_minutes == 30 and made.first_day == date(2026, 3, 2) and made.days == 2
    assert made.contacts[0, 18:20].tolist() == [10, 30] and made.contacts.sum() == 40
    assert made.handle_seconds == pytest.approx((10 * 240 + 30 * 300) / 40)


def test_days_times_and_queues_apart(tmp_path: Path) -> None:
    calls, chats = read(
        tmp_path,
        "Date,Time,Queue,Volume\n13/02/2026,09:00 - 09:15,calls,7\n13/02/2026,09:15-09:30,calls,8\n"
        "13/02/2026,09:15-09:30,chats,3\n",
    )
    assert (calls.queue, calls.interval_minutes) == ("calls", 15)
    assert calls.contacts[0, 36:38].tolist() == [7, 8] and chats.contacts.sum() == 3


def test_days_alone_and_a_column_of_one_s_own(tmp_path: Path) -> None:
    (made,) = read(
        tmp_path, "ds,Was kam\n2026-01-05,5\n2026-01-06,6\n", columns={"contacts": "Was kam"}
    )
    assert made.interval_minutes == 1440 and made.contacts.tolist() == [[5], [6]]


def test_which_is_the_month_is_asked_or_said(tmp_path: Path) -> None:
    content = "date,calls\n01/02/2026,5\n03/02/2026,6\n"
    with pytest.raises(InputError, match="may be day/month or month/day"):
        read(tmp_path, content)
    (made,) = read(tmp_path, content, order="day-first")
    assert (made.first_day, made.days) == (date(2026, 2, 1), 3)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "when,calls\n2026-01-01,3\n",
            "no column of times found among when, calls; name it: --col",
        ),
        ("date,what\n2026-01-01,3\n", "no column of contacts found"),
        ("date,calls\n2026-01-01,3\n2026-01-02,lots\n", "line 3, calls: 'lots' is no number"),
        ("date,calls\n2026-01-01,-3\n", "line 2, calls: '-3' is no number"),
        ("date,calls\n2026-01-01,3\nsoon,4\n", "line 3, date: 'soon' is no time"),
        ("time,calls\n09:00,3\n", "times of day without a day"),
        ("date,calls,aht\n2026-01-01,3,long\n", "line 2, aht: 'long' is no handle time"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read(tmp_path, content)


def test_no_such_file_or_column(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        read_volumes(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"no column 'Call'.*'Calls'"):
        read(tmp_path, "date,Calls\n2026-01-01,3\n", columns={"contacts": "Call"})


def test_real_files(shared_data) -> None:  # type: ignore[no-untyped-def]
    (bank,) = read_volumes(shared_data("bank-calls-5min/bank_calls.csv.gz"))
    assert (bank.interval_minutes, bank.first_day) == (15, date(2003, 3, 3))
    assert (bank.contacts.sum(axis=1) > 0).sum() == 164
    assert bank.contacts[0, 28] == 111 + 113 + 76  # 7:00, by five minutes
    (daily,) = read_volumes(shared_data("calls-daily-reservations/case_data_calls.csv.gz"))
    assert daily.days == 1155 and daily.contacts[0, 0] == 2429
    assert datetime(2016, 2, 29).date() == daily.last_day
