"""What cannot be a record goes to quarantine with a reason; repeats are kept once; nothing
vanishes.
"""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from desks import stage, ticket
from helmdesk.records.staging import Staging, batch_identity

AT = "2026-01-05T09:00:00+00:00"


def checked(events: list[dict[str, Any]]) -> Staging:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    staging = Staging(connection, "test", "batch")
    stage(staging, events)
    staging.check()
    staging.summarise()
    return staging


def test_good_records_pass() -> None:
    staging = checked(
        [*ticket("A", AT, AT), {"type": "spam_marked", "ticket_id": "A", "occurred_at": AT}]
    )
    assert staging.report.records == {"created": 1, "spam_marked": 1, "status_changed": 1}
    assert staging.report.quarantined == {}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "created", "occurred_at": AT}, "ticket_id: created: created needs ticket_id"),
        ({"type": "created", "ticket_id": "A"}, "occurred_at: created: no readable time"),
        (
            {"type": "created", "ticket_id": "A", "occurred_at": "1809-01-01"},
            "occurred_at: created: time outside 1990-2200",
        ),
        (
            {"type": "status_changed", "ticket_id": "A", "occurred_at": AT, "status": "done"},
            "status: status_changed: not one of: new, open,",
        ),
        (
            {"type": "created", "ticket_id": "A", "occurred_at": AT, "actor_kind": "robot"},
            "actor_kind: created: not one of: human,",
        ),
        (
            {"type": "employee_response", "instrument_id": "i", "answer": "5", "occurred_at": AT},
            "employee_response needs team_id",
        ),
    ],
)
def test_bad_record_is_quarantined(event: dict[str, Any], reason: str) -> None:
    staging = checked([event])
    assert staging.report.records == {}
    assert len(staging.report.quarantined) == 1
    assert reason in next(iter(staging.report.quarantined))


def test_exact_repeats_are_kept_once() -> None:
    staging = checked([*ticket("A", AT), *ticket("A", AT)])
    assert staging.report.records == {"created": 1}
    assert staging.report.duplicates == 1
    assert staging.report.quarantined == {}


def test_of_two_versions_the_newer_stands() -> None:
    first, second = (
        ticket("A", AT)[0] | {"record_id": "x"},
        ticket("A", AT, channel="chat")[0] | {"record_id": "x"},
    )
    later = "2026-01-06T09:00:00Z"
    for events, channel in (
        ([first, second], "chat"),  # nothing dates them: the later row
        ([first | {"stated_at": later}, second | {"stated_at": AT}], "email"),
        ([first | {"stated_at": AT}, second | {"stated_at": later}], "chat"),
    ):
        staging = checked(events)
        assert staging.report.records == {"created": 1}
        assert (
            staging.report.duplicates,
            staging.report.older_versions,
            staging.report.quarantined,
        ) == (0, 1, {})
        assert staging.connection.execute("select channel from staged_ticket").fetchall() == [
            (channel,)
        ]


def test_unknown_column_is_a_programming_error() -> None:
    with pytest.raises((AssertionError, KeyError), match="colour"):
        checked([{"type": "created", "ticket_id": "A", "occurred_at": AT, "colour": "red"}])


def test_batch_identity_depends_on_content_not_on_order() -> None:
    one = batch_identity("s", {"a": b"1", "b": b"2"})
    assert one == batch_identity("s", {"b": b"2", "a": b"1"})
    assert one != batch_identity("s", {"a": b"1", "b": b"3"})
    assert one != batch_identity("t", {"a": b"1", "b": b"2"})
