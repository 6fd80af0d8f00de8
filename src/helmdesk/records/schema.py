"""The language of records: the envelope, every field a payload may hold, and every record type.

One physical row holds one record of any type, so that one Delta commit is one batch. A column that
a type does not use is null and costs next to nothing in Parquet. Instants are UTC with
microseconds.
"""

from __future__ import annotations

import types
from dataclasses import dataclass

SQL_TYPES = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "flag": "BOOLEAN",
    "instant": "TIMESTAMPTZ",
    "json": "VARCHAR",
}

# Whose side nobody told is `unknown`: neither a reply nor the customer's word.
ACTOR_KINDS = ("human", "ai_agent", "bot", "automation", "system", "customer", "unknown")
CAUSES = ("manual", "automation", "merge", "import", "sla")
FIDELITIES = ("native", "derived", "asserted")
STATUSES = ("new", "open", "waiting_customer", "waiting_third_party", "solved", "closed")
SOLVED_STATUSES = ("solved", "closed")
# How a ticket ended: solved, or in one of the ways in which nobody solved it. Spam, merged and
# deleted tickets do not count at all.
OUTCOMES = (
    "solved",
    "declined",
    "cancelled",
    "duplicate",
    "invalid",
    "unsolved",
    "auto_closed",
    "spam",
    "merged",
    "deleted",
)
# What an agent really does, and what a plan can ask for; sources map their own words onto these.
STATES = (
    "handling",
    "wrap",
    "available",
    "break",
    "meal",
    "meeting",
    "training",
    "project",
    "outage",
    "auxiliary",
    "offline",
)
ACTIVITIES = ("work", "break", "meal", "meeting", "training", "project", "time_off")

# Closed vocabularies: any other value is a validation error.
CHOICES: dict[str, tuple[str, ...]] = {
    "actor_kind": ACTOR_KINDS,
    "cause": CAUSES,
    "fidelity": FIDELITIES,
    "visibility": ("public", "internal"),
    "status": STATUSES,
    "outcome": OUTCOMES,
    "direction": ("inbound", "outbound"),
    "escalation_kind": ("functional", "hierarchical"),
    "about": ("transactional", "relationship", "employee"),
    "instrument_kind": ("csat", "ces", "nps", "esat", "enps", "fcr"),
    "state": STATES,
    "activity": ACTIVITIES,
}

ENVELOPE: dict[str, str] = {
    "record_id": "text",
    "family": "text",
    "type": "text",
    "batch_id": "text",
    "source": "text",
    "source_id": "text",
    "occurred_at": "instant",
    "recorded_at": "instant",
    "seq": "integer",
    "ticket_id": "text",
    "leg_id": "text",
    "actor_id": "text",
    "actor_kind": "text",
    "cause": "text",
    "channel": "text",
    "visibility": "text",
    "fidelity": "text",
    "supersedes": "text",
    # A newer version of a row takes the place of all that an older one said; `stated_at` is its
    # time, where the source tells one.
    "row_id": "text",
    "stated_at": "instant",
}

# A name means the same thing, with the same type, in every record type that uses it.
# `agent_id` and `team_id` of an assignment: null = not stated, '' = nobody.
FIELDS: dict[str, str] = {
    # tickets
    "subject": "text",
    "priority": "text",
    "severity": "text",
    "issue_type": "text",
    "agent_id": "text",
    "team_id": "text",
    "customer_id": "text",
    "account_id": "text",
    "is_outbound": "flag",
    "calendar_id": "text",
    "field": "text",
    "value": "text",
    "previous": "text",
    "status": "text",
    "status_raw": "text",
    "outcome": "text",
    "escalation_kind": "text",
    "target_ticket_id": "text",
    "link_kind": "text",
    # messages and bots
    "direction": "text",
    "is_automated": "flag",
    "in_reply_to": "text",
    "text": "text",
    "reason": "text",
    # contact legs and work
    "queue_id": "text",
    "weight": "number",
    "is_resolved": "flag",
    "contacts": "integer",
    # SLA
    "policy_id": "text",
    "clock": "text",
    "target_seconds": "integer",
    "due_at": "instant",
    "is_met": "flag",
    "is_business": "flag",
    # surveys and pulses
    "survey_id": "text",
    "instrument_id": "text",
    "revision": "integer",
    "answer": "text",
    "score": "number",
    "comment": "text",
    # With which it was decided to ask.
    "probability": "number",
    "points": "number",
    "possible_points": "number",
    # workforce and bookings
    "state": "text",
    "state_raw": "text",
    "activity": "text",
    "shift_id": "text",
    "start_at": "instant",
    "end_at": "instant",
    "approved_by": "text",
    "headcount": "integer",
    "booking_id": "text",
    # The booking under which the link was given out that this one was booked by; none: its own.
    "link_id": "text",
    # money, context, fallback
    "category": "text",
    "scope": "text",
    "amount": "number",
    "currency": "text",
    "annotation_kind": "text",
    "title": "text",
    "metric": "text",
    "number": "number",
    "note": "text",
    # Of the model that foretold something.
    "model_version": "integer",
    # entities
    "entity_id": "text",
    "valid_from": "instant",
    "valid_to": "instant",
    "name": "text",
    "tier": "text",
    "contract_value": "number",
    "owner": "text",
    "region": "text",
    "role": "text",
    "skills": "json",
    "cost_rate": "number",
    "tenure_start": "instant",
    "time_zone": "text",
    "definition": "json",
    "instrument_kind": "text",
    "about": "text",
    "threshold_seconds": "integer",
    "short_abandon_seconds": "integer",
    # quarantine and batches
    "file": "text",
    "line": "integer",
    "column_name": "text",
    "raw": "text",
    "report": "json",
    # columns of the source that no field stands for, kept as JSON
    "extra": "json",
}

COLUMNS: dict[str, str] = {**ENVELOPE, **FIELDS}


@dataclass(frozen=True)
class RecordType:
    """One type of record.

    Attributes:
        name: the type, as stored in the column ``type``.
        family: the partition it lives in.
        required: columns that must not be null, besides those every record needs.
        optional: payload columns it may carry.
        order: place among records of one instant whose source gives no sequence.
    """

    name: str
    family: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    order: int


_SPECIFICATION = """
# family: type required | optional            (order within one instant is the order of this page)
ticket: created ticket_id | subject priority severity issue_type agent_id team_id customer_id account_id region is_outbound calendar_id status status_raw outcome
handoff: bot_started ticket_id | reason
handoff: bot_handoff ticket_id | reason
handoff: bot_ended ticket_id | reason
ticket: field_changed ticket_id field | value previous
ticket: assigned ticket_id | agent_id team_id
ticket: escalated ticket_id escalation_kind | team_id agent_id reason
message: message ticket_id direction visibility | is_automated in_reply_to text
ticket: status_changed ticket_id status | status_raw outcome
ticket: merged_into ticket_id target_ticket_id |
ticket: split ticket_id target_ticket_id |
ticket: linked ticket_id target_ticket_id | link_kind
ticket: spam_marked ticket_id |
ticket: deleted ticket_id |
ticket: restored ticket_id |
ticket: seen ticket_id | agent_id team_id priority issue_type outcome
leg: ivr_entered leg_id | queue_id direction customer_id
leg: offered leg_id | queue_id direction customer_id account_id issue_type
leg: answered leg_id | agent_id queue_id is_resolved
leg: missed leg_id | agent_id queue_id reason
leg: abandoned leg_id | queue_id
leg: held leg_id | agent_id
leg: resumed leg_id | agent_id
leg: transferred leg_id | agent_id team_id queue_id
leg: ended leg_id | reason is_resolved
leg: wrap_ended leg_id | agent_id
leg: interval_total start_at end_at contacts | queue_id agent_id direction issue_type
work: work_started ticket_id agent_id | weight
work: work_ended ticket_id agent_id | weight
sla: policy_applied ticket_id policy_id | clock target_seconds is_business calendar_id due_at
sla: policy_removed ticket_id policy_id | clock
sla: source_verdict ticket_id clock is_met |
survey: not_asked survey_id instrument_id reason | customer_id account_id probability
survey: sent survey_id instrument_id | customer_id account_id probability
survey: delivered survey_id |
survey: responded survey_id instrument_id answer | revision score comment customer_id account_id agent_id team_id
survey: withdrawn survey_id | reason
review: reviewed agent_id points possible_points | comment
workforce: state_changed agent_id state | state_raw
workforce: shift_planned agent_id activity start_at end_at | shift_id
workforce: shift_changed agent_id activity start_at end_at | shift_id approved_by
workforce: headcount team_id headcount |
booking: link_issued booking_id | customer_id account_id team_id
booking: booked booking_id | customer_id account_id team_id agent_id start_at end_at link_id
booking: moved booking_id start_at end_at | agent_id
booking: cancelled booking_id | reason
booking: no_show booking_id | reason
booking: held_booking booking_id | agent_id
booking: link_reused booking_id | link_id
money: cost_recorded category amount start_at end_at | scope currency team_id
pulse: employee_response instrument_id team_id answer | score comment
context: annotation annotation_kind title start_at | end_at scope note
context: config_changed field | value previous
fallback: snapshot ticket_id extra |
fallback: asserted_value ticket_id metric | number value note
prediction: predicted ticket_id metric number | model_version
entity: account entity_id valid_from | valid_to name tier contract_value owner region
entity: contract entity_id valid_from account_id | valid_to policy_id
entity: customer entity_id valid_from | valid_to account_id name
entity: agent entity_id valid_from | valid_to name team_id role tier skills cost_rate tenure_start
entity: team entity_id valid_from | valid_to name tier calendar_id
entity: calendar entity_id valid_from time_zone definition | valid_to name
entity: sla_policy entity_id valid_from definition | valid_to name calendar_id
entity: instrument entity_id valid_from instrument_kind definition | valid_to name about
entity: queue entity_id valid_from | valid_to name channel skills threshold_seconds short_abandon_seconds calendar_id
quarantine: quarantined file reason | line column_name raw note
batch: batch report |
"""


def _parse(specification: str) -> dict[str, RecordType]:
    found: dict[str, RecordType] = {}
    for line in specification.strip().splitlines():
        if line.startswith("#"):
            continue
        family, _, rest = line.partition(":")
        required, _, optional = rest.partition("|")
        name, *needed = required.split()
        unknown = [word for word in (*needed, *optional.split()) if word not in COLUMNS]
        if unknown or name in found:
            raise AssertionError(f"record type {name}: unknown {unknown} or defined twice")
        found[name] = RecordType(name, family, tuple(needed), tuple(optional.split()), len(found))
    return found


RECORD_TYPES = types.MappingProxyType(_parse(_SPECIFICATION))
FAMILIES = tuple(dict.fromkeys(kind.family for kind in RECORD_TYPES.values()))


def family_columns(family: str) -> dict[str, str]:
    """Return the columns that records of `family` may use, with their kinds, in lake order."""
    used = set(ENVELOPE)
    for kind in RECORD_TYPES.values():
        if kind.family == family:
            used.update(kind.required, kind.optional)
    return {name: kind for name, kind in COLUMNS.items() if name in used or name == "extra"}
