"""Traps that users of existing tools reported, one test each: the number the naive rule gives, and
the right one.

Links lead to the threads; `research/field.md` lists them with others.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest

from desks import Event, load_events, make_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import DataQualityError, InputError

MONDAY = "2026-01-05"


def created(ticket: str, at: str = f"{MONDAY}T09:00", **columns: Any) -> Event:
    return {
        "type": "created",
        "ticket_id": ticket,
        "occurred_at": at,
        "actor_kind": "customer",
        **columns,
    }


def says(ticket: str, at: str, kind: str, **columns: Any) -> Event:
    return {
        "type": "message",
        "ticket_id": ticket,
        "occurred_at": at,
        "direction": "inbound" if kind == "customer" else "outbound",
        "visibility": "public",
        "actor_kind": kind,
        **columns,
    }


def becomes(ticket: str, at: str, status: str, **columns: Any) -> Event:
    return {
        "type": "status_changed",
        "ticket_id": ticket,
        "occurred_at": at,
        "status": status,
        "actor_kind": "human",
        **columns,
    }


def office(**columns: Any) -> Event:
    return {
        "type": "calendar",
        "entity_id": "office",
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "time_zone": "UTC",
        "definition": (
            '{"weekly": [[540, 1020], [1980, 2460], [3420, 3900], [4860, 5340], [6300, 6780]]}'
        ),
        **columns,
    }


def minutes(start: str, end: str) -> float:
    """Between two instants; without an offset they are UTC, the desk's zone here."""
    first, last = (datetime.fromisoformat(text) for text in (start, end))
    return (
        last.replace(tzinfo=last.tzinfo or UTC) - first.replace(tzinfo=first.tzinfo or UTC)
    ).total_seconds() / 60


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path / "desk", quarantine_limit=0.0)


def value(desk: Desk, key: str, **question: Any) -> Any:
    return desk.measure(key, **question)[0].value


def test_bot_counted_as_first_reply(desk: Desk) -> None:
    """https://github.com/chatwoot/chatwoot/pull/6409"""
    load_events(
        desk,
        [
            created("A"),
            says("A", f"{MONDAY}T09:00:02", "bot"),
            says("A", f"{MONDAY}T09:40", "human"),
        ],
    )
    naive = value(desk, "first_response_time", variant="any_responder")
    assert (naive, value(desk, "first_response_time")) == (2, 2400)


def test_bot_time_charged_to_humans(desk: Desk) -> None:
    """https://github.com/chatwoot/chatwoot/issues/8477"""
    load_events(
        desk,
        [
            created("A"),
            {"type": "bot_started", "ticket_id": "A", "occurred_at": f"{MONDAY}T09:00"},
            {"type": "bot_handoff", "ticket_id": "A", "occurred_at": f"{MONDAY}T12:00"},
            says("A", f"{MONDAY}T12:05", "human"),
        ],
    )
    naive = value(desk, "first_response_time", variant="from_created")
    assert (naive, value(desk, "first_response_time")) == (185 * 60, 300)


def test_credit_to_assignee_instead_of_replier(desk: Desk) -> None:
    """https://github.com/chatwoot/chatwoot/pull/9605"""
    events = [
        created("A", agent_id="ann"),
        says("A", f"{MONDAY}T09:00", "customer"),
        says("A", f"{MONDAY}T09:10", "human", actor_id="bob"),
    ]
    load_events(desk, events)
    by_assignee = {m.group[0][1] for m in desk.measure("first_response_time", by="agent")}
    by_replier = {m.group[0][1] for m in desk.measure("next_response_time", by="agent")}
    assert (by_assignee, by_replier) == ({"ann"}, {"bob"})


def test_response_time_from_original_creation_after_a_reopen(desk: Desk) -> None:
    """https://github.com/chatwoot/chatwoot/pull/12058"""
    load_events(
        desk,
        [
            created("A"),
            says("A", f"{MONDAY}T09:10", "human"),
            becomes("A", f"{MONDAY}T10:00", "solved"),
            becomes("A", "2026-01-12T09:00", "open"),
            says("A", "2026-01-12T09:30", "human"),
        ],
    )
    rows = desk.drill("first_response_time", variant="per_episode").to_pylist()
    naive = [minutes(f"{MONDAY}T09:00", row["episode_replied_at"].isoformat()) for row in rows]
    right = [row["episode_reply_seconds"] / 60 for row in rows]
    assert sorted(naive) == [10, 10_110]
    assert sorted(right) == [10, 30]


def test_card_and_chart_disagree(small_desk: Desk) -> None:
    """https://github.com/chatwoot/chatwoot/issues/6003: a mean of daily means is another number
    than the mean.
    """
    window = {"start": "2026-05-01", "end": "2026-06-01", "variant": "mean"}
    card = small_desk.measure("first_response_time", **window)[0]
    chart = small_desk.measure("first_response_time", grain="day", **window)
    naive = mean(m.value for m in chart if m.value is not None)
    right = sum(m.numerator for m in chart if m.n) / sum(m.n for m in chart)
    assert right == pytest.approx(card.value)
    assert naive != pytest.approx(card.value, rel=0.01)


def test_created_and_solved_anchor_mixed(desk: Desk) -> None:
    """https://github.com/chatwoot/chatwoot/issues/14307: solved tickets of January ÷ tickets
    created in January, of different tickets.
    """
    load_events(
        desk,
        [
            created("A", "2025-12-20"),
            becomes("A", "2026-01-10", "solved"),
            created("B", "2026-01-10"),
            created("C", "2026-01-11"),
            becomes("C", "2026-01-12", "solved"),
        ],
    )
    window = {"start": "2026-01-01", "end": "2026-02-01"}
    flow, cohort = (
        value(desk, "resolution_rate", **window),
        value(desk, "resolution_rate", variant="cohort", **window),
    )
    assert (flow, cohort) == (
        1,
        0.5,
    )  # the flow is a flow and may pass 100%; the share of January's tickets is named as such
    assert (
        desk.measure("ticket_volume", **window)[0].value
        == desk.measure("resolution_rate", **window)[0].denominator
        == 2
    )


def test_auto_close_as_resolution(desk: Desk) -> None:
    """https://github.com/freescout-help-desk/freescout/issues/4619"""
    load_events(
        desk,
        [
            created("A"),
            says("A", f"{MONDAY}T09:10", "human"),
            becomes("A", f"{MONDAY}T10:00", "solved"),
            created("B"),
            becomes("B", "2026-01-09T09:00", "closed", actor_kind="automation"),
        ],
    )
    naive, right = (
        value(desk, "resolution_rate", variant="with_auto_closed"),
        value(desk, "resolution_rate"),
    )
    assert (naive, right) == (1, 0.5)
    assert value(desk, "backlog") == 0  # it does leave the backlog


def test_business_hours_switch_ignored_in_export(desk: Desk) -> None:
    """https://github.com/chatwoot/chatwoot/issues/11057"""
    load_events(
        desk, [office(), created("A", f"{MONDAY}T16:00"), says("A", "2026-01-06T10:00", "human")]
    )
    asked = desk.measure("first_response_time", clock="business")
    (exported,) = asked.to_arrow().to_pylist()
    naive = value(desk, "first_response_time")
    assert (naive, exported["value"], asked[0].value) == (18 * 3600, 2 * 3600, 2 * 3600)


def test_lunch_breaks_split_shifts_past_midnight(desk: Desk) -> None:
    """https://github.com/chatwoot/chatwoot/issues/14009,
    https://github.com/frappe/helpdesk/issues/2212
    """
    split = office(
        definition='{"weekly": [[540, 720], [780, 1020], [1320, 1560]]}'
    )  # 9-12, 13-17, 22-02
    load_events(
        desk, [split, created("A", f"{MONDAY}T11:00"), says("A", "2026-01-06T01:00", "human")]
    )
    one_interval = 60 * minutes(
        f"{MONDAY}T11:00", f"{MONDAY}T17:00"
    )  # 9 to 17 without lunch, cut at midnight
    assert (one_interval, value(desk, "first_response_time", clock="business")) == (
        6 * 3600,
        (1 + 4 + 3) * 3600,
    )


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_daylight_saving_both_directions(desk: Desk, day: str, hours: int) -> None:
    """https://github.com/fivetran/dbt_zendesk/issues/25"""
    always = office(time_zone="Europe/Berlin", definition='{"weekly": [[0, 10080]]}')
    start = datetime.fromisoformat(day) - timedelta(hours=1 if hours == 23 else 2)
    end = start + timedelta(hours=hours)
    load_events(
        desk, [always, created("A", start.isoformat()), says("A", end.isoformat(), "human")]
    )
    wall_clock = 24 * 3600  # midnight to midnight in Berlin
    assert value(desk, "first_response_time", clock="business") == hours * 3600 != wall_clock


def test_day_buckets_in_the_wrong_zone(tmp_path: Path) -> None:
    """https://github.com/chatwoot/chatwoot/issues/4028"""
    desk = make_desk(tmp_path / "sydney", time_zone="Australia/Sydney")
    load_events(desk, [created("A", "2026-01-05T22:00"), created("B", "2026-01-06T01:00")])
    in_utc = {date(2026, 1, 5): 1, date(2026, 1, 6): 1}
    right = {m.period_start: m.value for m in desk.measure("ticket_volume", grain="day")}
    assert right == {date(2026, 1, 6): 2} != in_utc


def test_merged_tickets_in_the_chart_but_not_in_the_list(desk: Desk) -> None:
    """https://github.com/zammad/zammad/issues/1741"""
    load_events(
        desk,
        [
            created("A"),
            created("B"),
            {
                "type": "merged_into",
                "ticket_id": "B",
                "target_ticket_id": "A",
                "occurred_at": f"{MONDAY}T09:30",
            },
        ],
    )
    naive = value(desk, "ticket_volume", variant="all")
    found = desk.measure("ticket_volume")
    assert (naive, found[0].value, found.drill().num_rows) == (2, 1, 1)
    assert (
        desk.drill("ticket_volume", variant="all").num_rows == 2
    )  # whichever is asked, the list is the number's


def test_hold_subtracted_twice_and_solved_time_as_hold(desk: Desk) -> None:
    """https://github.com/frappe/helpdesk/pull/2449,
    https://github.com/glpi-project/glpi/issues/23359
    """
    load_events(
        desk,
        [
            created("A"),
            becomes("A", f"{MONDAY}T10:00", "waiting_third_party"),
            becomes("A", f"{MONDAY}T11:00", "open"),
            becomes("A", f"{MONDAY}T12:00", "solved"),
            becomes("A", f"{MONDAY}T20:00", "open"),
            becomes("A", f"{MONDAY}T21:00", "solved"),
        ],
    )
    row = desk.drill("resolution_time", variant="on_hold_time").to_pylist()[0]
    open_time, work = (
        value(desk, "resolution_time", variant="open_time"),
        value(desk, "resolution_time", variant="agent_work_time"),
    )
    solved_as_hold = 3600 + minutes(f"{MONDAY}T12:00", f"{MONDAY}T20:00") * 60
    hold_twice = value(desk, "resolution_time") - 2 * row["on_hold_seconds"]
    assert (row["on_hold_seconds"], solved_as_hold) == (3600, 9 * 3600)
    assert (work, open_time, hold_twice) == (3 * 3600, 4 * 3600, 10 * 3600)


def test_late_reply_landing_between_two_evaluator_runs(desk: Desk) -> None:
    """chatwoot: evaluate_applied_sla_service.rb looks only at what is still open when it runs."""
    policy = {
        "type": "sla_policy",
        "entity_id": "p",
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "definition": (
            '{"clocks": [{"clock": "first_response", "targets": {"default": "30m"}, "hours":'
            ' "calendar"}]}'
        ),
    }
    load_events(
        desk,
        [
            policy,
            created("A"),
            {
                "type": "policy_applied",
                "ticket_id": "A",
                "occurred_at": f"{MONDAY}T09:00",
                "policy_id": "p",
            },
            says("A", f"{MONDAY}T09:31", "human"),
        ],
    )
    runs = [f"{MONDAY}T09:25", f"{MONDAY}T09:35"]
    open_at = [desk.sla_at(at) for at in runs]
    naive = (
        "met"
        if not any(row["state"] == "overdue" for rows in open_at for row in rows)
        else "breached"
    )
    (right,) = desk.drill("sla_compliance").to_pylist()
    assert (naive, right["state"]) == ("met", "breached")


def test_open_breaches_missing_from_the_denominator(desk: Desk) -> None:
    """frappe/helpdesk: dashboard.py divides fulfilled by resolved tickets."""
    policy = {
        "type": "sla_policy",
        "entity_id": "p",
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "definition": (
            '{"match": {}, "clocks": [{"clock": "resolution", "targets": {"default": "4h"},'
            ' "hours": "calendar"}]}'
        ),
    }
    load_events(
        desk,
        [
            policy,
            created("A"),
            becomes("A", f"{MONDAY}T10:00", "solved"),
            created("B"),
            created("C"),
            created("D", "2026-01-07"),
        ],
    )
    assert (
        value(desk, "sla_compliance", variant="resolved_only"),
        value(desk, "sla_compliance"),
    ) == (1, pytest.approx(1 / 3))


def test_response_rate_filtered_on_one_side_only(desk: Desk) -> None:
    """chatwoot: csat_survey_responses_controller.rb counts all surveys sent."""
    form = {
        "type": "instrument",
        "entity_id": "i",
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "instrument_kind": "csat",
        "definition": '{"positive": ["5"]}',
    }
    events: list[Event] = [form]
    for ticket, team in (("A", "x"), ("B", "y"), ("C", "y"), ("D", "y")):
        events += [
            created(ticket, team_id=team),
            {
                "type": "sent",
                "ticket_id": ticket,
                "survey_id": ticket,
                "instrument_id": "i",
                "occurred_at": f"{MONDAY}T10:00",
            },
        ]
    events.append(
        {
            "type": "responded",
            "ticket_id": "A",
            "survey_id": "A",
            "instrument_id": "i",
            "answer": "5",
            "occurred_at": f"{MONDAY}T11:00",
        }
    )
    load_events(desk, events)
    answered, all_sent = (
        desk.measure("csat", where="team = 'x'")[0].n,
        desk.measure("csat_response_rate")[0].n,
    )
    assert (answered / all_sent, value(desk, "csat_response_rate", where="team = 'x'")) == (0.25, 1)


def test_resolution_rounded_up_to_days(desk: Desk) -> None:
    """frappe/helpdesk: dashboard.py rounds every ticket to whole days first."""
    load_events(
        desk,
        [
            created("A"),
            becomes("A", f"{MONDAY}T10:00", "solved"),
            created("B"),
            becomes("B", "2026-01-06T10:00", "solved"),
        ],
    )
    seconds = [row["resolution_seconds"] for row in desk.drill("resolution_time").to_pylist()]
    naive = mean(-(-s // 86_400) for s in seconds)
    assert (naive, value(desk, "resolution_time", variant="mean") / 86_400) == (
        1.5,
        pytest.approx(13 / 24),
    )


def test_closed_but_never_solved(desk: Desk) -> None:
    """dbt_zendesk: int_zendesk__ticket_resolution_times_calendar.sql gives such tickets no
    resolution.
    """
    load_events(
        desk,
        [
            created("A"),
            becomes("A", f"{MONDAY}T11:00", "closed"),
            created("B"),
            becomes("B", f"{MONDAY}T10:00", "solved"),
        ],
    )
    with desk.engine() as engine:
        ((naive,),) = engine.run("select count(*) from tickets where solves > 0")
    found = desk.measure("resolution_time")[0]
    assert (naive, found.n, found.value) == (1, 2, 1.5 * 3600)


def test_agent_who_left_loses_history(desk: Desk) -> None:
    """https://github.com/fivetran/dbt_zendesk_source/issues/47: the role of today decides about
    replies of the past.
    """
    agent = {
        "type": "agent",
        "entity_id": "ann",
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "name": "Ann",
        "role": "agent",
        "team_id": "t1",
    }
    load_events(
        desk,
        [
            agent,
            {**agent, "role": "end-user", "team_id": None, "valid_from": "2026-02-01"},
            created("A", agent_id="ann", team_id="t1"),
            says("A", f"{MONDAY}T09:10", "human", actor_id="ann"),
            becomes("A", f"{MONDAY}T09:20", "solved"),
            created("Z", "2026-03-01"),
        ],
    )
    with desk.engine() as engine:
        naive = engine.run(
            "select count(*) from messages m join latest_agents a on a.entity_id = m.actor_id where"
            " a.role = 'agent'"
        )[0][0]
    assert (
        naive,
        value(desk, "replies_per_ticket"),
        value(desk, "resolution_time", where="agent = 'Ann'"),
    ) == (0, 1, 1200)


def test_zero_business_time_when_a_calendar_is_empty(desk: Desk, tmp_path: Path) -> None:
    """chatwoot: an inbox without hours writes zero, and its averages fall to nothing."""
    events = [created("A"), says("A", f"{MONDAY}T10:00", "human")]
    with pytest.raises(DataQualityError):
        desk.check_quality(load_events(desk, [office(definition='{"weekly": []}'), *events]))
    with pytest.raises(Exception, match="no business calendar"):
        desk.measure("first_response_time", clock="business")
    closed = {f"2026-{month:02d}-{day:02d}": [] for month in range(1, 13) for day in range(1, 29)}
    other = make_desk(tmp_path / "other")
    with pytest.raises(InputError, match="never open"):
        load_events(
            other,
            [
                office(
                    definition='{"weekly": [[0, 60]], "exceptions": '
                    + str({d: [] for d in _mondays()} | closed).replace("'", '"')
                    + "}"
                ),
                *events,
            ],
        )


def _mondays() -> list[str]:
    first = date(2025, 12, 1)
    return [(first + timedelta(weeks=week)).isoformat() for week in range(80)]


def test_events_out_of_order_and_duplicated(tmp_path: Path) -> None:
    """https://github.com/fivetran/dbt_zendesk/issues/141"""
    events = [
        created("A"),
        says("A", f"{MONDAY}T09:10", "human"),
        becomes("A", f"{MONDAY}T10:00", "open", seq=1),
        becomes("A", f"{MONDAY}T10:00", "solved", seq=2),
    ]
    one, other = make_desk(tmp_path / "one"), make_desk(tmp_path / "other")
    load_events(one, events)
    load_events(other, [*reversed(events), *events])
    for key in ("first_response_time", "resolution_time", "replies_per_ticket", "backlog"):
        assert value(one, key) == value(other, key)
    as_they_came = next(
        event["status"]
        for event in reversed([*reversed(events), *events][:4])
        if event["type"] == "status_changed"
    )
    assert (as_they_came, value(other, "backlog")) == ("open", 0)


def test_unanswered_tickets_averaged_as_zero(desk: Desk) -> None:
    """Seed 003 divides by new tickets: whoever is never answered makes the average better."""
    load_events(
        desk,
        [
            created("A"),
            says("A", f"{MONDAY}T11:00", "human"),
            created("B"),
            created("C"),
            created("D"),
        ],
    )
    found = desk.measure("first_response_time", variant="mean")[0]
    naive = found.numerator / value(desk, "ticket_volume")
    assert (naive, found.value, found.pending) == (1800, 7200, 3)
    assert median([0, 0, 0, 7200]) == 0 != value(desk, "first_response_time")
