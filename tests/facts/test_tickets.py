"""Known traps of ticket facts, one by one, with times short enough to check by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desks import Event, load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.facts.build.build import ensure_fact

AT = "2026-01-05T{}:00Z"


def message(ticket_id: str, at: str, kind: str, **columns: Any) -> Event:
    inbound = kind == "customer"
    return {
        "type": "message",
        "ticket_id": ticket_id,
        "occurred_at": AT.format(at),
        "actor_kind": kind,
        "actor_id": f"{kind}-1",
        "direction": "inbound" if inbound else "outbound",
        "visibility": "public",
        **columns,
    }


def status(ticket_id: str, at: str, value: str, **columns: Any) -> Event:
    return {
        "type": "status_changed",
        "ticket_id": ticket_id,
        "occurred_at": AT.format(at),
        "status": value,
        **columns,
    }


def row(
    tmp_path: Path, events: list[Event], columns: str, table: str = "tickets", **settings: Any
) -> tuple[Any, ...]:
    desk = make_desk(tmp_path / "desk", **settings)
    load_events(desk, events)
    with desk.engine() as engine:
        return engine.run(f"select {columns} from {table} order by all")[0]


def opened(at: str = "09:00", **columns: Any) -> list[Event]:
    return ticket("A", AT.format(at), **columns)


def test_bots_and_notes_are_not_replies(tmp_path: Path) -> None:
    events = [
        *opened(),
        message("A", "09:01", "bot"),
        message("A", "09:02", "automation", is_automated=True),
        message("A", "09:03", "human", visibility="internal"),
        message("A", "09:04", "human", is_automated=True),
        message("A", "09:10", "human"),
    ]
    assert row(tmp_path, events, "first_reply_seconds, first_any_reply_seconds, human_replies") == (
        600,
        60,
        1,
    )


def test_human_clock_starts_at_the_handoff(tmp_path: Path) -> None:
    bot = [
        {"type": name, "ticket_id": "A", "occurred_at": AT.format(at), "actor_kind": "bot"}
        for name, at in (("bot_started", "09:00"), ("bot_handoff", "09:30"))
    ]
    found = row(
        tmp_path,
        [*opened(), *bot, message("A", "09:35", "human")],
        "first_reply_seconds, first_reply_from_created_seconds",
    )
    assert found == (300, 2100)


def test_a_bot_that_never_hands_over_starts_no_human_clock(tmp_path: Path) -> None:
    events = [
        *opened(),
        {
            "type": "bot_started",
            "ticket_id": "A",
            "occurred_at": AT.format("09:00"),
            "actor_kind": "bot",
        },
        status("A", "09:05", "solved"),
    ]
    assert row(tmp_path, events, "first_reply_seconds, year(clock_started_at)") == (None, 9999)


def test_a_ticket_opened_by_the_team_waits_for_the_customer(tmp_path: Path) -> None:
    events = [
        *opened(actor_kind="human"),
        message("A", "09:00", "human"),
        message("A", "10:00", "customer"),
        message("A", "10:20", "human"),
    ]
    assert row(tmp_path, events, "is_outbound, first_reply_seconds") == (True, 1200)


def test_closed_without_solved_is_a_solve(tmp_path: Path) -> None:
    assert row(tmp_path, [*opened(), status("A", "11:00", "closed")], "resolution_seconds") == (
        7200,
    )


def test_a_later_close_does_not_move_the_solve(tmp_path: Path) -> None:
    assert row(
        tmp_path,
        [*opened(), status("A", "11:00", "solved"), status("A", "23:00", "closed")],
        "resolution_seconds",
    ) == (7200,)


def test_reopen_gives_three_durations(tmp_path: Path) -> None:
    events = [
        *opened(),
        status("A", "10:00", "solved"),
        status("A", "12:00", "open"),
        message("A", "12:30", "human"),
        status("A", "13:00", "solved"),
    ]
    columns = "first_solve_seconds, resolution_seconds, open_seconds, reopens, first_reply_seconds"
    assert row(tmp_path, events, columns) == (3600, 4 * 3600, 2 * 3600, 1, 3.5 * 3600)


def test_reopened_and_open_is_not_resolved(tmp_path: Path) -> None:
    events = [
        *opened(),
        status("A", "10:00", "solved"),
        status("A", "12:00", "open"),
        *ticket("B", AT.format("14:00")),
    ]
    assert row(
        tmp_path, events, "ticket_id, resolution_seconds, first_solve_seconds, open_seconds"
    ) == ("A", None, 3600, 3 * 3600)


@pytest.mark.parametrize(
    "later",
    [
        {"type": "field_changed", "field": "priority", "value": "high"},
        {"type": "field_changed", "field": "calendar_id", "value": "office"},
        {"type": "assigned", "agent_id": "ann"},
        {"type": "assigned", "team_id": "sales"},
        {"type": "status_changed", "status": "solved", "seq": 7},
    ],
    ids=["priority", "calendar", "agent", "team", "the same status"],
)
def test_a_change_on_a_solved_ticket_is_no_second_solve(tmp_path: Path, later: Event) -> None:
    events = [
        *opened(),
        status("A", "11:00", "solved"),
        {"ticket_id": "A", "occurred_at": AT.format("12:00"), **later},
    ]
    assert row(tmp_path, events, "solves, closes, reopens, resolution_seconds") == (1, 0, 0, 7200)
    desk = Desk(tmp_path / "desk")
    with desk.engine() as engine:
        ensure_fact(engine, "tool_tickets")
        ((reopens, first, last),) = engine.run(
            "select dbt_reopens, dbt_first_resolution_at, dbt_last_resolution_at from tool_tickets"
        )
    assert (reopens, first) == (0, last)
    load_events(desk, [status("A", "13:00", "open"), status("A", "14:00", "solved")])
    with desk.engine() as engine:
        assert engine.run("select solves, reopens from tickets") == [(2, 1)]


def test_a_rule_that_repeats_a_solve_did_not_solve(tmp_path: Path) -> None:
    events = [
        *opened(),
        status("A", "11:00", "solved", actor_kind="human", seq=1),
        status("A", "11:00", "solved", actor_kind="automation", seq=2),
    ]
    assert row(tmp_path, events, "is_auto_closed") == (False,)


def test_thank_you_is_flagged_not_counted(tmp_path: Path) -> None:
    thanks = [
        *opened(),
        status("A", "10:00", "solved"),
        message("A", "11:00", "customer"),
        status("A", "11:00", "open"),
        status("A", "11:05", "solved"),
    ]
    assert row(tmp_path, thanks, "reopens, thank_you_reopens, is_reopened_in_time") == (0, 1, False)


def test_waiting_is_split_by_who_must_act(tmp_path: Path) -> None:
    events = [
        *opened(),
        status("A", "10:00", "waiting_customer"),
        status("A", "12:00", "waiting_third_party"),
        status("A", "15:00", "open"),
        status("A", "16:00", "solved"),
        status("A", "20:00", "closed"),
    ]
    columns = (
        "agent_work_seconds / 3600, requester_wait_seconds / 3600, on_hold_seconds / 3600,"
        " open_seconds / 3600"
    )
    assert row(tmp_path, events, columns) == (2, 5, 3, 7)


@pytest.mark.parametrize("kind", ["spam_marked", "deleted", "merged_into"])
def test_spam_deleted_and_merged_are_out(tmp_path: Path, kind: str) -> None:
    gone = {
        "type": kind,
        "ticket_id": "A",
        "occurred_at": AT.format("09:30"),
        "target_ticket_id": "B" if kind == "merged_into" else None,
    }
    events = [*opened(), {key: value for key, value in gone.items() if value}]
    assert row(tmp_path, events, "is_counted") == (False,)


def test_restored_counts_again(tmp_path: Path) -> None:
    events = [
        *opened(),
        *(
            {"type": kind, "ticket_id": "A", "occurred_at": AT.format(at)}
            for kind, at in (("deleted", "10:00"), ("restored", "11:00"))
        ),
    ]
    assert row(tmp_path, events, "is_counted") == (True,)


def test_first_assignment_is_no_transfer(tmp_path: Path) -> None:
    moves = (
        ("09:10", "ann", "front"),
        ("09:20", "", "front"),
        ("09:30", "ann", "front"),
        ("10:00", "bob", "back"),
        ("11:00", "cem", "back"),
    )
    events = [
        *opened(team_id="front"),
        *(
            {
                "type": "assigned",
                "ticket_id": "A",
                "occurred_at": AT.format(at),
                "agent_id": a,
                "team_id": t,
            }
            for at, a, t in moves
        ),
    ]
    assert row(tmp_path, events, "transfers, team_changes, agent, team") == (2, 1, "cem", "back")


def test_attributes_are_read_as_of_creation(tmp_path: Path) -> None:
    accounts = [
        {
            "type": "account",
            "entity_id": "acme",
            "occurred_at": at,
            "valid_from": at,
            "name": "Acme",
            "tier": tier,
            "record_id": tier,
        }
        for at, tier in (("2025-01-01", "starter"), ("2026-01-05T10:00:00", "enterprise"))
    ]
    desk = make_desk(tmp_path / "desk")
    load_events(
        desk,
        [
            *accounts,
            *ticket("A", AT.format("09:00"), account_id="acme"),
            *ticket("B", AT.format("11:00"), account_id="acme"),
        ],
    )
    found = {m.group[0][1]: m.value for m in desk.measure("ticket_volume", by="tier")}
    assert found == {"starter": 1, "enterprise": 1}


def test_an_entity_known_only_later_also_stands_for_before(tmp_path: Path) -> None:
    account = {
        "type": "account",
        "entity_id": "acme",
        "occurred_at": "2026-06-01",
        "valid_from": "2026-06-01",
        "name": "Acme",
        "tier": "starter",
    }
    assert row(tmp_path, [account, *opened(account_id="acme")], "account, tier") == (
        "Acme",
        "starter",
    )


def calendar(weekly: str = "[[540, 1020]]", zone: str = "UTC", key: str = "office") -> Event:
    return {
        "type": "calendar",
        "entity_id": key,
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "time_zone": zone,
        "definition": f'{{"weekly": {weekly}}}',
    }


def test_business_time_uses_the_calendar(tmp_path: Path) -> None:
    """Open on Mondays from 9 to 17: created Monday 16:00, solved Tuesday 10:00 takes one working
    hour.
    """
    events = [calendar(), *ticket("A", "2026-01-05T16:00:00Z", "2026-01-06T10:00:00Z")]
    assert row(tmp_path, events, "resolution_seconds, resolution_business_seconds") == (
        18 * 3600,
        3600,
    )


def test_no_calendar_is_null_not_zero(tmp_path: Path) -> None:
    assert row(
        tmp_path, ticket("A", AT.format("09:00"), AT.format("10:00")), "resolution_business_seconds"
    ) == (None,)


def test_two_calendars_follow_ticket_team_and_desk(tmp_path: Path) -> None:
    events = [
        calendar("[[540, 1020]]", key="short"),
        calendar("[[0, 1440]]", key="long"),
        {
            "type": "team",
            "entity_id": "night",
            "occurred_at": "2020-01-01",
            "valid_from": "2020-01-01",
            "calendar_id": "long",
        },
        *ticket("A", AT.format("08:00"), AT.format("18:00"), team_id="night"),
        *ticket("B", AT.format("08:00"), AT.format("18:00"), calendar_id="short"),
        *ticket("C", AT.format("08:00"), AT.format("18:00")),
    ]
    desk = make_desk(tmp_path / "desk", default_calendar="long")
    load_events(desk, events)
    with desk.engine() as engine:
        assert engine.run(
            "select resolution_business_seconds / 3600 from tickets order by ticket_id"
        ) == [(10,), (8,), (10,)]


def test_survey_belongs_to_the_agent_of_the_answered_episode(tmp_path: Path) -> None:
    instrument = {
        "type": "instrument",
        "entity_id": "csat",
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "instrument_kind": "csat",
        "definition": '{"positive": ["good"], "negative": ["bad"]}',
    }
    events = [
        instrument,
        *opened(agent_id="ann"),
        status("A", "10:00", "solved"),
        {
            "type": "responded",
            "ticket_id": "A",
            "occurred_at": AT.format("11:00"),
            "survey_id": "s",
            "instrument_id": "csat",
            "answer": "bad",
        },
        status("A", "12:00", "open"),
        {
            "type": "assigned",
            "ticket_id": "A",
            "occurred_at": AT.format("12:30"),
            "agent_id": "bob",
        },
        status("A", "13:00", "solved"),
    ]
    assert row(tmp_path, events, "agent, is_positive", "responses") == ("ann", False)


def test_replies_credit_the_writer_and_bursts_count_once(tmp_path: Path) -> None:
    events = [
        *opened(agent_id="boss"),
        message("A", "09:00", "customer"),
        message("A", "09:05", "customer", seq=1),
        message("A", "09:20", "human", actor_id="ann"),
        message("A", "10:00", "customer", seq=2),
    ]
    desk = make_desk(tmp_path / "desk")
    load_events(desk, events)
    with desk.engine() as engine:
        assert engine.run("select reply_seconds, agent from replies order by asked_at") == [
            (1200, "ann"),
            (None, None),
        ]


def test_default_calendar_must_exist(tmp_path: Path) -> None:
    from helmdesk.errors import SettingError

    desk = make_desk(tmp_path / "desk", default_calendar="moon")
    with pytest.raises(
        SettingError,
        match=(
            r"'moon' is not in the lake \(it has: office\); correct it in helmdesk.toml, then:"
            r" helmdesk refresh"
        ),
    ):
        load_events(desk, [calendar(), *opened()])


def test_calendars_that_are_not_there_are_said_with_the_mend(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    opening = [calendar(key="early"), calendar(key="late")]
    load_events(desk, opening)
    (concern,) = desk.concerns()  # before any ticket: what is missing is known already
    assert "default_calendar is not set and 2 calendars are loaded: early, late" in concern.detail
    assert (
        concern.mend
        == 'set default_calendar = "early" (or another of them) in helmdesk.toml, then: helmdesk'
        " refresh"
    )
    queue = {
        "type": "queue",
        "entity_id": "q",
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "name": "Sales",
        "calendar_id": "moon",
    }
    load_events(
        desk,
        [
            *opened(),
            *ticket("B", AT.format("08:00"), calendar_id="early"),
            *ticket("C", AT.format("08:00"), calendar_id="moon"),
            queue,
        ],
    )
    empty, missing = desk.concerns()
    assert "2 of 3 tickets have no business time" in empty.detail
    assert (
        missing.detail
        == "calendar 'moon' is not loaded, but named by 1 tickets, which have no business time,"
        " queue Sales"
    )
    assert missing.touches("tickets", "business") and not missing.touches("tickets", "calendar")
    desk = make_desk(tmp_path / "other")
    load_events(desk, [*opening, *ticket("B", AT.format("08:00"), calendar_id="early")])
    assert desk.concerns() == []  # nobody needs a default
    none = make_desk(tmp_path / "none", default_calendar="early")
    load_events(none, opened())
    assert "no calendar is loaded" in none.concerns()[0].detail


def test_late_creation_brings_the_ticket_to_life(tmp_path: Path) -> None:
    desk: Desk = make_desk(tmp_path / "desk")
    load_events(desk, [status("A", "10:00", "solved")])
    assert desk.measure("ticket_volume")[0].value is None
    load_events(desk, opened())
    assert desk.measure("resolution_time")[0].value == 3600
