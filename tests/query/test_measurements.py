"""What a measurement carries, and the forms it turns into."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError, UsageError


def test_turns_into_tables(small_desk: Desk) -> None:
    found = small_desk.measure("csat", "first_response_time", by="channel", grain="quarter")
    arrow = pa.table(found)
    assert arrow.num_rows == len(found)
    assert arrow.schema.field("period_start").type == pa.date32()
    assert isinstance(found.to_pandas(), pd.DataFrame)
    assert found.to_polars().equals(pl.DataFrame(found))
    assert found.to_pandas()["n"].sum() == sum(m.n for m in found)


def test_shows_in_a_notebook_and_in_a_console(small_desk: Desk) -> None:
    found = small_desk.measure("csat", by="channel")
    html = found._repr_html_()
    assert html.startswith("<table>") and "95% interval" in html and "chat" in html
    assert "csat" in repr(found) and "n = " in repr(found)
    assert len(repr(small_desk.measure("csat", grain="day")).splitlines()) == 21


def test_html_is_escaped(tmp_path: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = make_desk(tmp_path_factory.mktemp("html") / "desk")
    load_events(desk, ticket("A", "2026-01-05T09:00:00Z", team_id="<script>alert(1)</script>"))
    assert "<script>" not in desk.measure("ticket_volume", by="team")._repr_html_()


def test_order_is_by_name_never_by_value(small_desk: Desk) -> None:
    names = [m.group[0][1] for m in small_desk.measure("csat", by="agent")]
    assert names == sorted(names)


def test_small_groups_of_people_are_withheld(tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = make_desk(tmp_path_factory.mktemp("few") / "desk")
    events = [
        e
        for n in range(4)
        for e in ticket(f"A{n}", "2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z", agent_id="ann")
    ]
    events += [
        e
        for n in range(5)
        for e in ticket(f"B{n}", "2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z", agent_id="bob")
    ]
    load_events(desk, events)
    found = {m.group[0][1]: m for m in desk.measure("resolution_time", by="agent")}
    assert (found["ann"].value, found["ann"].is_suppressed, found["ann"].n) == (None, True, 4)
    assert (found["bob"].value, found["bob"].is_suppressed) == (3600, False)
    by_team = desk.measure("resolution_time", by="team", where="agent = 'ann'")[0]
    assert (by_team.is_small, by_team.is_suppressed, by_team.value) == (True, False, 3600)
    assert all(not m.is_suppressed for m in desk.measure("ticket_volume", by="agent"))


def test_coverage_adds_up(small_desk: Desk) -> None:
    for measurement in small_desk.measure("sla_compliance", by="clock"):
        assert measurement.native + measurement.derived + measurement.asserted == measurement.n


def test_no_records_no_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A source that never records escalations must not show a rate of zero."""
    desk = make_desk(tmp_path_factory.mktemp("none") / "desk")
    load_events(desk, ticket("A", "2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"))
    found = desk.measure("escalation_rate")[0]
    assert (found.value, found.n) == (None, 0)
    cards = desk.scorecard(start="2026-01-05", end="2026-01-06").cards
    reasons = {card.metric.key: card.reason for card in cards}
    assert reasons["escalation_rate"].startswith("never recorded: no source delivered such records")


def test_empty_periods_are_said(small_desk: Desk) -> None:
    found = small_desk.measure(
        "csat", grain="day", start="2025-03-01", end="2025-03-15", where="issue_type = 'nothing'"
    )
    assert len(found) == 14
    assert all(m.value is None and m.n == 0 for m in found)


def test_the_unfinished_period_is_marked(small_desk: Desk) -> None:
    months = small_desk.measure(
        "ticket_volume", grain="month", start="2025-02-10", end="2025-05-01"
    )
    assert [m.is_partial for m in months] == [True, False, False]
    assert small_desk.measure("ticket_volume", grain="month")[-1].is_partial


@pytest.mark.parametrize(
    ("question", "error", "message"),
    [
        ({"keys": ["cst"]}, NotFoundError, "unknown metric 'cst'; did you mean 'csat'"),
        ({"variant": "p99"}, NotFoundError, "no variant 'p99'"),
        ({"by": "chanel"}, NotFoundError, "did you mean 'channel'"),
        ({"by": ["channel", "channel"]}, UsageError, "twice"),
        ({"grain": "fortnight"}, UsageError, "unknown grain"),
        ({"start": "soon"}, UsageError, "not a date"),
        ({"start": "2026-02-01", "end": "2026-01-01"}, UsageError, "window is empty"),
        ({"clock": "business", "keys": ["csat"]}, UsageError, "no business clock"),
        ({"clock": "lunar"}, UsageError, "unknown clock"),
        ({"keys": []}, UsageError, "at least one metric"),
        ({"as_of": 99}, NotFoundError, "no version 99"),
        ({"keys": ["backlog"], "by": "hour"}, NotFoundError, "unknown dimension 'hour'"),
    ],
)
def test_impossible_questions(
    small_desk: Desk, question: dict[str, object], error: type[Exception], message: str
) -> None:
    given = {**question}
    keys = given.pop("keys", ["resolution_time"])
    with pytest.raises(error, match=message):
        small_desk.measure(*keys, **given)  # type: ignore[arg-type, misc]


def test_business_clock_needs_a_calendar(tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = make_desk(tmp_path_factory.mktemp("clock") / "desk")
    load_events(desk, ticket("A", "2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z"))
    with pytest.raises(NotFoundError, match="no business calendar"):
        desk.measure("resolution_time", clock="business")


def test_business_time_is_never_longer(small_desk: Desk) -> None:
    calendar = small_desk.measure("first_response_time", by="channel")
    business = small_desk.measure("first_response_time", by="channel", clock="business")
    assert all(b.value <= c.value for b, c in zip(business, calendar, strict=True))
