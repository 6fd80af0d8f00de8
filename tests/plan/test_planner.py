"""From demand to people, in Python and on the command line: the same numbers on every road."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, NotFoundError, UsageError
from helmdesk.plan.demand import Demand, from_rows
from helmdesk.plan.forecast.versions import accuracy, keep, kept
from helmdesk.plan.named_days import public_holidays
from helmdesk.plan.planner import Conditions, Planner, starts_of
from helmdesk.plan.queues import erlang_a
from helmdesk.plan.staffing import Target, scheduled

Run = Callable[..., subprocess.CompletedProcess[str]]
MONDAY = date(2026, 1, 5)


def demand(weeks: int = 12, seed: int = 1, *, is_live: bool = True) -> Demand:
    draw = np.random.default_rng(seed)
    rows = [
        (MONDAY + timedelta(days=d), 30 * i, float(n), n * 240.0, float(n))
        for d in range(7 * weeks)
        for i in range(16, 36)
        if d % 7 < 5 and (n := int(draw.poisson(40 + 15 * np.sin(i / 3)))) > 0
    ]
    return from_rows(
        "calls", "phone", rows, interval_minutes=30, waited_seconds=9000, abandoned=60,
        is_live=is_live, last_day=MONDAY + timedelta(days=7 * weeks - 1),
    )  # fmt: skip


def test_staffing_is_erlang_a_of_the_forecast() -> None:
    (plan,) = Planner((demand(),)).staff(Target(), 7, conditions=Conditions(shrinkage=0.3))
    made = plan.forecast
    rate = made.contacts / 1800

    def level(agents: np.ndarray) -> np.ndarray:
        return erlang_a(agents, rate, 240, 150, 20).service_level()

    assert plan.handle_seconds == 240 and made.first_day == MONDAY + timedelta(weeks=12)
    is_open = made.contacts > 0
    assert is_open.sum() == 100
    assert (level(plan.agents)[is_open] >= 0.8).all()
    assert (level(np.maximum(plan.agents - 1, 0))[is_open] < 0.8).all()
    assert plan.scheduled.tolist() == scheduled(plan.agents, 0.3).tolist()
    assert plan.agent_hours == plan.agents.sum() / 2
    told = " | ".join(plan.assumptions)
    assert "handle time 240 s, as recorded" in told and "patience 150 s: all waiting" in told
    assert plan.curve and 0 < plan.curve[0].probability < plan.curve[-1].probability <= 1


def test_work_that_can_wait_is_done_in_time() -> None:
    known = Conditions(handle_seconds=600, respond_minutes=240, opens=time(9), closes=time(17))
    (plan,) = Planner((demand(is_live=False),)).staff(Target(), 7, conditions=known)
    assert plan.requirement is None and plan.curve == ()
    made, agents = plan.forecast, plan.agents
    assert agents[5:].sum() == 0 and agents[:, :18].sum() == 0 and agents[:, 34:].sum() == 0
    assert plan.agent_hours == pytest.approx(made.contacts.sum() * 600 / 3600)
    # By four open hours after it came, each day's work is done.
    came = np.cumsum(made.contacts[0]) * 600 / 3600
    done = np.cumsum(agents[0]) / 2
    assert done[33] >= came[25] - 1e-6


def test_without_what_is_needed_it_says_so() -> None:
    bare = from_rows("mail", "email", [(MONDAY, 600, 5.0, 0.0, 0.0)], interval_minutes=30)
    with pytest.raises(UsageError, match="nobody recorded how long work of mail takes"):
        Planner((bare,)).staff(Target())
    assert Planner((bare, demand())).without_work(Conditions()) == ["mail"]
    daily = from_rows("calls", "phone", [(MONDAY, 0, 5.0, 900.0, 5.0)], interval_minutes=1440)
    with pytest.raises(UsageError, match="only totals of days are known"):
        Planner((daily,)).staff(Target())
    with pytest.raises(NotFoundError, match=r"no queue 'call'.*calls"):
        Planner((demand(),)).demand("call")
    with pytest.raises(UsageError, match="a handle time of 0 seconds"):
        Conditions(handle_seconds=0)
    with pytest.raises(UsageError, match="shrinkage 1"):
        Conditions(shrinkage=1)
    with pytest.raises(UsageError, match="close after opening"):
        Planner((demand(is_live=False),)).staff(
            Target(), conditions=Conditions(600, opens=time(9), closes=time(9))
        )


def test_holidays_are_known_by_place() -> None:
    found = public_holidays("DE-BE", date(2026, 3, 1), date(2026, 4, 30))
    assert set(found) == {date(2026, 3, 8), date(2026, 4, 3), date(2026, 4, 6)}
    assert public_holidays("us", date(2026, 7, 1), date(2026, 7, 31))
    with pytest.raises(NotFoundError, match="no country 'XX'"):
        public_holidays("XX", MONDAY, MONDAY)
    with pytest.raises(NotFoundError, match="no region 'QQ' in DE"):
        public_holidays("DE-QQ", MONDAY, MONDAY)


def test_what_was_kept_is_laid_beside_what_came(tmp_path: Path) -> None:
    whole = demand(14)
    planner = Planner((demand(12),))
    (made,) = planner.forecast(10)
    file = keep(tmp_path, [made], 7, datetime(2026, 3, 30, 8, tzinfo=UTC))
    keep(tmp_path, [made], None, datetime(2026, 3, 30, 8, tzinfo=UTC))
    versions = kept(tmp_path)
    assert [each.lake_version for each in versions] == [7, None]
    assert versions[0].made_at == datetime(2026, 3, 30, 8)
    assert np.allclose(versions[0].contacts, made.contacts, atol=5e-4)
    told = {(each.first_lead, each.last_lead): each for each in accuracy(versions[:1], [whole])}
    assert set(told) == {(1, 1), (2, 7), (8, 14)}
    came = whole.contacts[84:94]
    week = told[2, 7]
    assert week.days == 6
    assert week.wape == pytest.approx(
        np.abs(came[1:7] - made.contacts[1:7]).sum() / came[1:7].sum(), abs=1e-5
    )
    assert week.naive_wape > week.wape and 0.6 < week.inside <= 1
    assert accuracy(versions, [demand(12)]) == []
    file.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=file.name):
        kept(tmp_path)


# -- commands -------------------------------------------------------------------------------------


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    file = tmp_path / "volumes.csv"
    known = demand()
    lines = ["start,calls"]
    for day, i in zip(*np.nonzero(known.contacts), strict=True):
        at = datetime.combine(MONDAY + timedelta(days=int(day)), time()) + timedelta(
            minutes=30 * int(i)
        )
        lines.append(f"{at:%Y-%m-%d %H:%M},{known.contacts[day, i]:.0f}")
    # A file ends with its last row: the weekend is there, and empty.
    lines.append(f"{MONDAY + timedelta(days=83)} 08:00,0")
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_forecast_and_staff_of_a_file(helmdesk: Run, volumes: Path) -> None:
    made = json.loads(
        helmdesk("forecast", "--volumes", str(volumes), "--days", "7", "--json").stdout
    )
    (expected,) = Planner((demand(),)).forecast(7)
    assert [row["contacts"] for row in made] == pytest.approx(expected.contacts.ravel(), abs=6e-4)
    assert made[0]["start"] == "2026-03-30T00:00" and made[0]["queue"] == "all contacts"
    told = helmdesk(
        "staff", "--volumes", str(volumes), "--handle", "240", "--patience", "150",
        "--shrinkage", "30%", "--json",
    )  # fmt: skip
    rows = json.loads(told.stdout)
    (plan,) = Planner((demand(),)).staff(Target(), conditions=Conditions(shrinkage=0.3))
    assert [row["scheduled"] for row in rows["intervals"]] == plan.scheduled.ravel().tolist()
    assert rows["plans"][0]["agent_hours"] == plan.agent_hours
    assert [p["probability"] for p in rows["plans"][0]["curve"]] == pytest.approx(
        [point.probability for point in plan.curve], abs=6e-5
    )
    as_csv = helmdesk("staff", "--volumes", str(volumes), "--handle", "240", "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(as_csv.stdout)))) == 7 * 48


def test_what_is_told_to_people(helmdesk: Run, volumes: Path) -> None:
    made = helmdesk(
        "forecast", "--volumes", str(volumes), "--days", "3", "--factor", "2026-03-31=0.5:strike"
    )
    assert "model: " in made.stderr and "tried 8 times" in made.stderr
    assert "Tue 2026-03-31" in made.stdout and "× 0.50 strike (" in made.stdout
    grid = helmdesk(
        "staff", "--volumes", str(volumes), "--handle", "240", "--most", "4", "--by-interval"
    )
    assert "nobody gives up, since nobody was recorded doing so" in grid.stderr
    assert "cannot keep the promise with 4 people at once" in grid.stderr
    assert grid.stdout.splitlines()[0].split() == ["from", *(
        part for d in range(7) for part in (
            f"{MONDAY + timedelta(days=84 + d):%a}", f"{MONDAY + timedelta(days=84 + d):%d.%m.}")
    )]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["staff", "--service-level", "100%"], "no number of people can promise"),
        (["staff", "--service-level", "high"], "'high' is no share"),
        (["staff", "--open", "all day"], "write it as 08:00-18:00"),
        (["staff", "--chat", "a,b"], "write seconds apart by commas"),
        (["forecast", "--factor", "Christmas=2"], "write DAY=FACTOR"),
        (["forecast", "--keep"], "they need a desk"),
        (["forecast", "--where", "channel = 'phone'"], "a file of totals has no dimensions"),
        (["forecast", "--column", "calls"], "write WHAT=HEADING"),
        (["staff"], "nobody recorded how long work of all contacts takes"),
    ],
)
def test_commands_that_cannot_be_followed(
    helmdesk: Run, volumes: Path, arguments: list[str], told: str
) -> None:
    done = helmdesk(*arguments, "--volumes", str(volumes), code=None)
    assert done.returncode != 0 and told in done.stderr


def test_a_desk_keeps_its_forecasts(helmdesk: Run, small_desk: Desk, tmp_path: Path) -> None:
    desk = shutil.copytree(small_desk.path, tmp_path / "desk")
    made = helmdesk("forecast", "--desk", str(desk), "--days", "7", "--keep")
    assert "kept as" in made.stderr and len(list((desk / "forecasts").glob("*.json"))) == 1
    told = helmdesk("forecast", "--desk", str(desk), "--accuracy")
    assert "nothing to compare yet" in told.stderr
    staffed = helmdesk("staff", "--desk", str(desk))
    assert "left out, since nobody recorded how long the work takes: email" in staffed.stderr
    assert "hours at work" in staffed.stdout
    found = Desk(desk).plan.planner(minutes=30)
    starts = starts_of(found.forecast(2)[0])
    assert (starts[1] - starts[0]) == timedelta(minutes=30) and len(starts) == 96
    helmdesk("backup", str(tmp_path / "b.tar"), "--desk", str(desk))
    helmdesk("restore", str(tmp_path / "b.tar"), str(tmp_path / "again"))
    assert list((tmp_path / "again" / "forecasts").glob("*.json"))
