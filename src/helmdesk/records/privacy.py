"""What an erasure does with every column of the records of a customer. A column means the same in
every record type, and so does this.

A column that is listed nowhere is emptied: what nobody thought of may hold anything. A test refuses
it all the same, because what is emptied although measures need it changes numbers.
"""

from __future__ import annotations

import types
from enum import StrEnum


class Treatment(StrEnum):
    """What becomes of a cell of an erased customer's record."""

    KEPT = "kept"
    """It describes the work, and measures need it."""
    RECORD = "record"
    """It names the record: another name takes its place."""
    PEOPLE = "people"
    """It names somebody, or what is theirs: another name takes its place where that is the
    customer's.
    """
    TICKETS = "tickets"
    LEGS = "legs"
    SURVEYS = "surveys"
    BOOKINGS = "bookings"
    AUTHOR = "author"
    """Who did it: the customer, somebody unknown, or one of the team."""
    FIELD = "field"
    """A changed field, or its values: kept where the field is one of ours."""
    ANSWER = "answer"
    """Kept where many gave it: "good" says nothing about a person, a sentence may."""
    EMPTIED = "emptied"
    """It may hold anything."""


_SPECIFICATION = """
kept: family type batch_id source occurred_at recorded_at stated_at seq actor_kind cause channel
kept: visibility fidelity priority severity issue_type agent_id team_id account_id is_outbound
kept: calendar_id status outcome escalation_kind link_kind
kept: direction is_automated queue_id weight is_resolved contacts region start_at end_at
kept: policy_id clock target_seconds is_business due_at is_met
kept: instrument_id revision score points possible_points probability
kept: metric number model_version
kept: state activity headcount category amount currency annotation_kind
kept: valid_from valid_to tier contract_value role skills cost_rate tenure_start time_zone
kept: instrument_kind about threshold_seconds short_abandon_seconds
record: record_id source_id supersedes in_reply_to row_id
people: customer_id
tickets: ticket_id target_ticket_id
legs: leg_id
surveys: survey_id
bookings: booking_id link_id
author: actor_id
field: field value previous
answer: answer
emptied: subject status_raw text reason comment state_raw shift_id approved_by scope title note
emptied: entity_id name owner definition extra
emptied: file line column_name raw report
"""


def _parse(specification: str) -> dict[str, Treatment]:
    found: dict[str, Treatment] = {}
    for line in specification.strip().splitlines():
        treatment, _, columns = line.partition(":")
        for column in columns.split():
            if column in found:
                raise AssertionError(f"column {column} is listed twice")
            found[column] = Treatment(treatment)
    return found


TREATMENTS = types.MappingProxyType(_parse(_SPECIFICATION))


def columns_with(treatment: Treatment) -> tuple[str, ...]:
    """Return the columns of one treatment."""
    return tuple(column for column, each in TREATMENTS.items() if each is treatment)
