"""Zendesk's connector tables: which columns they have, and what every stage asks of them."""

from __future__ import annotations

from collections.abc import Mapping

from helmdesk.quoting import text
from helmdesk.records.staging import Staging
from helmdesk.sources.parts.tables import (
    entity_columns,
    reject_times,
)
from helmdesk.sources.reading.raw_tables import RawTable
from helmdesk.sources.reading.times import TimeReader

TIMES = TimeReader("UTC")

# Required columns of every table the source reads; tables outside this list are left alone and
# reported.
REQUIRED: dict[str, tuple[str, ...]] = {
    "ticket": ("id", "created_at", "status", "updated_at"),
    "ticket_field_history": ("ticket_id", "field_name", "value", "updated"),
    "ticket_comment": ("id", "ticket_id", "user_id", "created", "public"),
    "user": ("id", "role"),
    "group": ("id", "name"),
    "organization": ("id", "name"),
    "schedule": ("id", "start_time", "end_time", "time_zone"),
    "schedule_holiday": ("schedule_id", "start_date", "end_date"),
    "ticket_schedule": ("ticket_id", "schedule_id", "created_at"),
    "sla_policy_metric_history": (
        "sla_policy_id",
        "sla_policy_updated_at",
        "metric",
        "priority",
        "target",
        "business_hours",
    ),
    "ticket_sla_policy": ("ticket_id", "sla_policy_id", "policy_applied_at"),
    "satisfaction_rating": ("id", "ticket_id", "score", "created_at"),
    "ticket_tag": ("ticket_id", "tag"),
    "custom_status": ("id", "agent_label"),
}
OPTIONAL: dict[str, tuple[str, ...]] = {
    "ticket": (
        "subject",
        "priority",
        "type",
        "via_channel",
        "assignee_id",
        "group_id",
        "requester_id",
        "submitter_id",
        "organization_id",
        "merged_ticket_ids",
        "due_at",
        "custom_status_id",
    ),
    "ticket_field_history": ("user_id",),
    "ticket_comment": ("body",),
    "user": ("name", "organization_id", "created_at", "updated_at"),
    "group": ("created_at", "updated_at"),
    "organization": ("created_at", "updated_at"),
    "schedule": ("name", "created_at", "_fivetran_deleted"),
    "schedule_holiday": ("_fivetran_deleted", "name"),
    "satisfaction_rating": ("comment", "updated_at"),
}


def at(column: str) -> str:
    """Return SQL of the instant that a cell tells."""
    return TIMES.instant(column)


def reject_time(staging: Staging, table: str, column: str) -> None:
    """Put rows into quarantine whose time cannot be read."""
    reject_times(staging, f"z_{table}", column, TIMES)


def has_table(tables: Mapping[str, RawTable], table: str) -> bool:
    """Whether the export has a table."""
    return table in tables


def tickets_told(tables: Mapping[str, RawTable], *fields: str) -> str:
    """Return SQL of the tickets whose history tells what any of these fields was."""
    if not has_table(tables, "ticket_field_history"):
        return "select null::varchar where false"
    return (
        "select ticket_id from z_ticket_field_history where field_name in"
        f" ({', '.join(text(field) for field in fields)}) and ticket_id is not null"
    )


def entity(
    kind: str, columns: dict[str, str], since: str = "coalesce(z.updated_at, z.created_at)"
) -> dict[str, str]:
    """Return the columns of an entity, known since a moment."""
    return entity_columns("zendesk", kind, columns, at(since))
