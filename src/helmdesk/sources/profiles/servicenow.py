"""ServiceNow: a list view of incidents, requests or cases, exported as CSV or workbook, by column
names or labels.
"""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="ServiceNow list",
    tells=(
        "sys_updated_on",
        "sys_created_on",
        "sys_updated_by",
        "sys_id",
        "sys_class_name",
        "assignment_group",
        "caller_id",
        "opened_at",
        "short_description",
        "Assignment group",
        "Caller",
        "Short description",
        "Opened",
        "Configuration item",
        "Opened by",
        "Task type",
        "Service offering",
    ),
    fields={
        "ticket_id": ("number",),
        "created": ("opened_at", "opened", "sys_created_on", "created"),
        "solved": ("resolved_at", "resolved"),
        "closed": ("closed_at", "closed"),
        "updated": ("sys_updated_on", "updated"),
        "status": ("state", "incident_state", "status"),
        "priority": ("priority",),
        "channel": ("contact_type", "channel", "contact type"),
        "issue_type": ("category",),
        "agent_id": ("assigned_to", "assigned to"),
        "team_id": ("assignment_group", "assignment group"),
        "customer_id": ("caller_id", "caller", "requested_for", "requested for", "contact"),
        "account_id": ("company", "account"),
    },
    statuses={
        "New": "new",
        "Active": "open",
        "In Progress": "open",
        "Work in Progress": "open",
        "Awaiting User Info": "waiting_customer",
        "Awaiting Caller": "waiting_customer",
        "On Hold": "waiting_third_party",
        "Pending": "waiting_third_party",
        "Closed Complete": "closed",
        "Closed Incomplete": "closed",
        "Closed Skipped": "closed",
        "Canceled": "closed",
        "Cancelled": "closed",
        "Resolved": "solved",
        "Closed": "closed",
    },
    checked="a list export by column names; labels by the product's documentation",
)
