"""What is foretold of solved tickets: by what was known when their week began, once and for all,
as records of their own, beside the answers and never among them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pytest

from desks import load_events
from helmdesk.desk.closing import foretell_solved
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError
from helmdesk.predict.cases import KINDS, NUMBERS, Cases
from helmdesk.predict.closing import CLOSINGS, MONDAY, WEEK, foretell, week_of
from helmdesk.predict.store import Models

CSAT = CLOSINGS["csat"]
WEEKS = 16


def drawn(shift: float = 0.0) -> Cases:
    """Return 3,200 solves of sixteen weeks, answered a day later; those by chat go badly more
    often, and `shift` moves the odds of the second half.
    """
    random = np.random.default_rng(3)
    count = 200 * WEEKS
    channel = random.choice(["email", "chat"], count)
    odds = -2.0 + 1.5 * (channel == "chat")
    odds[count // 2 :] += shift
    at = MONDAY + 40 * WEEK + np.arange(count) * WEEK / 200
    words = {kind: np.full(count, "same", dtype=object) for kind in KINDS}
    words["channel"] = channel.astype(object)
    return Cases(
        np.array([f"T{each}" for each in range(count)], dtype=object),
        at,
        at + 86_400.0,
        (random.random(count) < 1 / (1 + np.exp(-odds))).astype(float),
        words,
        np.full((count, len(NUMBERS)), np.nan),
    )


def test_a_week_is_foretold_by_what_was_known_when_it_began() -> None:
    cases = drawn()
    found = foretell(CSAT, cases, (), (), 1, 0)
    said = {each.ticket_id: each.chance for each in found.predictions}
    # Two hundred a week: the first two have too little to learn from, and the next to be right.
    without = sum(found.without.values())
    assert not found.problem and 400 <= without <= 1000
    assert len(said) + without == len(cases)
    week = MONDAY + 50 * WEEK
    later = cases.known_at >= week
    turned = replace(cases, is_bad=np.where(later, 1 - cases.is_bad, cases.is_bad))
    again = {
        each.ticket_id: each.chance for each in foretell(CSAT, turned, (), (), 1, 0).predictions
    }
    before = [str(ticket) for ticket in cases.tickets[cases.at < week] if ticket in said]
    assert len(before) >= 800
    assert [again[ticket] for ticket in before] == [said[ticket] for ticket in before]
    assert again != said, "what came later teaches later weeks"
    # Right where it was not looked at: 1/(1 + e^2) and 1/(1 + e^0.5) go badly.
    told = np.array([said.get(str(ticket), np.nan) for ticket in cases.tickets])
    chat = cases.words["channel"] == "chat"
    assert np.nanmean(told[chat]) == pytest.approx(1 - 0.378, abs=0.04)
    assert np.nanmean(told[~chat]) == pytest.approx(1 - 0.119, abs=0.04)


def test_what_was_said_stays_and_a_new_week_has_a_model_of_its_own() -> None:
    cases = drawn()
    old = cases.taken(np.flatnonzero(week_of(cases.at) < MONDAY + 55 * WEEK))
    first = foretell(CSAT, old, (), (), 1, 0)
    known = {each.ticket_id for each in first.predictions}
    nothing = foretell(CSAT, old, known, first.models, 99, 0, first.without)
    assert not nothing.predictions and not nothing.models, "weeks without any are not tried again"
    assert nothing.without == first.without
    second = foretell(CSAT, cases, known, first.models, 99, 0, nothing.without)
    assert {each.model for each in second.predictions} == {99}
    (model,) = second.models
    assert model.data_until.replace(tzinfo=UTC).timestamp() == MONDAY + 55 * WEEK
    assert {each.ticket_id for each in second.predictions}.isdisjoint(known)


def test_what_is_loaded_later_is_foretold_as_if_it_had_been_there() -> None:
    """Tickets of a settled week, by the model of that week, or by one that learns what was known
    then: never by what came after it.
    """
    cases = drawn()
    whole = foretell(CSAT, cases, (), (), 1, 0)
    said = {each.ticket_id: each.chance for each in whole.predictions}
    week = MONDAY + 50 * WEEK
    here = [str(each) for each in cases.tickets[week_of(cases.at) == week]]
    late = set(here[::4])
    assert late <= set(said)
    there = set(said) - late
    again = foretell(CSAT, cases, there, whole.models, 99, 0, whole.without)
    assert not again.models, "the week's own model is kept"
    assert {each.ticket_id: each.chance for each in again.predictions} == {
        each: said[each] for each in late
    }
    newest = [whole.models[-1]]
    assert newest[0].data_until.replace(tzinfo=UTC).timestamp() > week
    learned = foretell(CSAT, cases, there, newest, 99, 0, whole.without)
    (model,) = learned.models
    assert model.data_until.replace(tzinfo=UTC).timestamp() == week
    turned = replace(cases, is_bad=np.where(cases.known_at >= week, 1 - cases.is_bad, cases.is_bad))
    other = foretell(CSAT, turned, there, newest, 99, 0, whole.without)
    assert learned.predictions == other.predictions and len(learned.predictions) == len(late)
    # A week without a model that was right is tried again when it has more tickets, not before.
    monday, count = next(iter(whole.without.items()))
    fewer = foretell(
        CSAT, cases, set(said), whole.models, 99, 0, {**whole.without, monday: count - 1}
    )
    assert [each.data_until.date().isoformat() for each in fewer.models] == [monday]
    assert fewer.without == whole.without and not fewer.problem


def test_a_model_that_is_not_right_says_nothing() -> None:
    drifted = foretell(CSAT, drawn(shift=2.5), (), (), 1, 0)
    told = {each.ticket_id for each in drifted.predictions}
    weeks = [sum(f"T{200 * week + each}" in told for each in range(200)) for week in range(WEEKS)]
    # The change is seen when the first week of it was answered: that week was foretold, the next
    # is not, and four weeks later it is learned.
    assert weeks[8] == 200 and weeks[9] == 0 and weeks[-1] == 200
    few = drawn().taken(np.arange(150))
    found = foretell(CSAT, few, (), (), 1, 0)
    assert not found.predictions and "it takes 200 and 30" in found.problem


@pytest.fixture(scope="module")
def foretold(sample_at: object, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a twentieth of the sample, of whose solves it was foretold."""
    desk: Desk = sample_at(tmp_path_factory.mktemp("closing") / "desk", 0.05)  # type: ignore[operator]
    before = desk.measure("csat")[0]
    assert desk.measure("predicted_fcr")[0].reason == "not_recorded"
    (fcr,) = foretell_solved(desk, ["fcr"])
    assert fcr.key == "fcr" and fcr.recorded > 1000 and fcr.problem == ""
    after = desk.measure("csat")[0]
    assert (before.value, before.n) == (after.value, after.n), "a prediction is no answer"
    return desk


def lake_of(desk: Desk) -> duckdb.DuckDBPyConnection:
    """Open a desk's own records, with the last solve of each ticket that counts."""
    files = desk.lake.snapshot().files
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for family in ("ticket", "prediction", "message"):
        connection.execute(
            f"create view {family} as from read_parquet({list(files[family])!r},"
            " union_by_name=true)"
        )
    connection.execute(
        """create view last_solves as with gone as (
            select ticket_id from ticket where type in ('spam_marked', 'merged_into')),
        s as (select ticket_id, occurred_at, status in ('solved', 'closed') as is_solved,
            lag(status in ('solved', 'closed')) over (partition by ticket_id
                order by occurred_at, seq) as was_solved
            from ticket where type = 'status_changed' and ticket_id not in (from gone))
        select ticket_id, max(occurred_at) filter (where is_solved
            and not coalesce(was_solved, false)) as solved_at,
            arg_max(is_solved, occurred_at) as is_now
            from s group by 1"""
    )
    return connection


def test_predictions_are_records_and_the_metric_is_their_mean(foretold: Desk) -> None:
    ((mean, count, twice),) = (
        lake_of(foretold)
        .execute(
            """select avg(p.number), count(*), count(*) - count(distinct p.ticket_id)
        from prediction p join last_solves v on v.ticket_id = p.ticket_id
            and v.solved_at = p.occurred_at and v.is_now
        where p.metric = 'fcr' and p.ticket_id in (select ticket_id from message
            where actor_kind = 'human' and visibility = 'public')"""
        )
        .fetchall()
    )
    found = foretold.measure("predicted_fcr")[0]
    assert (found.n, twice) == (count, 0)
    assert found.value == pytest.approx(mean, rel=1e-9)
    # Foretold week by week, it comes out as it came.
    gap = foretold.measure("predicted_fcr", variant="gap")[0]
    assert gap.value is not None and abs(gap.value) < 0.03


@pytest.mark.parametrize("key", ["csat", "ces"])
def test_of_answers_too_it_is_the_mean_of_what_was_told_at_the_last_solve(
    foretold: Desk, key: str
) -> None:
    # Told of two thirds of the solves, and an hour before each of them something else.
    asked = "select ticket_id, solved_at::timestamp from last_solves where is_now"
    solves = lake_of(foretold).execute(asked).fetchall()
    told = [(ticket, at) for place, (ticket, at) in enumerate(sorted(solves)) if place % 3]
    load_events(
        foretold,
        [
            {
                "type": "predicted",
                "ticket_id": ticket,
                "occurred_at": at - timedelta(hours=early),
                "metric": key,
                "number": (place % 89 + 10 * early) / 100,
                "model_version": 1,
            }
            for place, (ticket, at) in enumerate(told)
            for early in (0, 1)
        ],
    )
    foretold.refresh()
    ((mean, count),) = (
        lake_of(foretold)
        .execute(
            """select avg(p.number), count(*) from last_solves v join prediction p
            on p.ticket_id = v.ticket_id and p.occurred_at = v.solved_at
        where v.is_now and p.metric = $1""",
            [key],
        )
        .fetchall()
    )
    assert count == len(told)
    found = foretold.measure(f"predicted_{key}")[0]
    assert found.n == count
    assert found.value == pytest.approx(mean, rel=1e-9)
    coverage = foretold.measure(f"predicted_{key}", variant="coverage")[0]
    assert coverage.value == pytest.approx(count / len(solves), rel=1e-9)


def test_it_is_foretold_once(foretold: Desk) -> None:
    version = foretold.marts.version()
    (again,) = foretell_solved(foretold, ["fcr"])
    assert again.recorded == 0 and foretold.marts.version() == version
    with pytest.raises(NotFoundError, match="there are: csat, ces, fcr"):
        foretell_solved(foretold, ["weather"])


def test_the_newest_model_knows_nothing_of_its_week(foretold: Desk) -> None:
    model = Models(foretold.path).newest("fcr")
    assert model is not None
    with foretold.marts.reader() as reader:
        as_of: datetime = reader.bounds.as_of
    assert model.data_until.weekday() == 0
    assert (as_of - model.data_until).days < 7
