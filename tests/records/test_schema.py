"""The language of records is consistent with itself."""

from __future__ import annotations

import pytest

from helmdesk.records.schema import (
    CHOICES,
    COLUMNS,
    ENVELOPE,
    FAMILIES,
    FIELDS,
    RECORD_TYPES,
    RecordType,
    family_columns,
)

SPECIFIED = [
    "created",
    "field_changed",
    "status_changed",
    "assigned",
    "escalated",
    "merged_into",
    "split",
    "linked",
    "spam_marked",
    "deleted",
    "restored",
    "message",
    "bot_started",
    "bot_handoff",
    "bot_ended",
    "offered",
    "answered",
    "missed",
    "abandoned",
    "held",
    "resumed",
    "transferred",
    "ended",
    "wrap_ended",
    "work_started",
    "work_ended",
    "policy_applied",
    "policy_removed",
    "source_verdict",
    "sent",
    "delivered",
    "responded",
    "withdrawn",
    "state_changed",
    "shift_planned",
    "shift_changed",
    "headcount",
    "link_issued",
    "booked",
    "moved",
    "cancelled",
    "no_show",
    "link_reused",
    "cost_recorded",
    "employee_response",
    "annotation",
    "config_changed",
    "snapshot",
    "asserted_value",
    "account",
    "contract",
    "customer",
    "agent",
    "team",
    "calendar",
    "sla_policy",
    "instrument",
    "queue",
]


def test_every_specified_type_exists() -> None:
    assert not set(SPECIFIED) - set(RECORD_TYPES)


def test_envelope_and_fields_do_not_collide() -> None:
    assert not set(ENVELOPE) & set(FIELDS)
    assert set(CHOICES) <= set(COLUMNS)


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=lambda kind: kind.name)
def test_type_uses_columns_of_its_family(kind: RecordType) -> None:
    assert kind.family in FAMILIES
    assert {*kind.required, *kind.optional} <= set(family_columns(kind.family))


def test_pulses_hold_no_person() -> None:
    assert not {"agent_id", "customer_id"} & set(family_columns("pulse"))
