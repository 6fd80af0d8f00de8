"""Jira: issues exported as CSV from a search, all fields or those shown, and as JSON of its
interface.
"""

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
        "fields.issuetype.name",
        "fields.project.key",
        "fields.status.statusCategory.name",
        "fields.statuscategorychangedate",
        "fields.reporter.accountId",
    ),
    fields={
        "ticket_id": ("Issue key", "Key"),
        "created": ("Created", "fields.created"),
        "solved": ("Resolved", "fields.resolutiondate"),
        "updated": (
            "Status Category Changed",
            "fields.statuscategorychangedate",
            "Updated",
            "fields.updated",
        ),
        # Names of states are each team's own; their category is one of three.
        "status": (
            "Status Category",
            "fields.status.statusCategory.name",
            "Status",
            "fields.status.name",
        ),
        "priority": ("Priority", "fields.priority.name"),
        "channel": ("Custom field (Channel)",),
        "issue_type": ("Issue Type", "fields.issuetype.name"),
        "agent_id": ("Assignee", "fields.assignee.displayName"),
        "team_id": ("Custom field (Team)", "Project name", "fields.project.name"),
        "customer_id": ("Reporter", "fields.reporter.displayName"),
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
    checked=(
        "a CSV of all fields from Jira Cloud; JSON by the published reference of the interface's"
        " issues. A changelog within an issue is kept, not read: its history comes with the"
        " connector's tables"
    ),
)
