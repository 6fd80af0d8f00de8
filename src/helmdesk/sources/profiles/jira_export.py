"""Jira: issues exported as CSV from a search, all fields or those shown."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Jira issue export",
    tells=(
        "Issue key",
        "Issue id",
        "Issue Type",
        "Project key",
        "Status Category",
        "Project lead",
        "Work Ratio",
        "Security Level",
        "Reporter Id",
        "Custom field (Request Type)",
        "Custom field (Rank)",
    ),
    fields={
        "ticket_id": ("Issue key", "Key"),
        "created": ("Created",),
        "solved": ("Resolved",),
        "updated": ("Status Category Changed", "Updated"),
        # Names of states are each team's own; their category is one of three.
        "status": ("Status Category", "Status"),
        "priority": ("Priority",),
        "channel": ("Custom field (Channel)",),
        "issue_type": ("Issue Type",),
        "agent_id": ("Assignee",),
        "team_id": ("Custom field (Team)", "Project name"),
        "customer_id": ("Reporter",),
        "account_id": ("Organizations", "Custom field (Organizations)"),
    },
    statuses={
        "To Do": "new",
        "Open": "open",
        "In Progress": "open",
        "Reopened": "open",
        "Waiting for support": "open",
        "Waiting for customer": "waiting_customer",
        "Pending": "waiting_third_party",
        "Escalated": "open",
        "Resolved": "solved",
        "Done": "closed",
        "Closed": "closed",
        "Canceled": "closed",
        "Cancelled": "closed",
        "Declined": "closed",
    },
    checked="a CSV of all fields from Jira Cloud",
)
