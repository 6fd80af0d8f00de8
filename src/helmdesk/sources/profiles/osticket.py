"""osTicket: a queue exported as CSV."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="osTicket queue export",
    tells=(
        "Ticket Number",
        "Date Created",
        "From Email",
        "Help Topic",
        "Current Status",
        "Last Updated",
        "SLA Due Date",
        "Agent Assigned",
        "Team Assigned",
        "Overdue",
        "Answered",
        "Thread Count",
        "Attachment Count",
    ),
    fields={
        "ticket_id": ("Ticket Number",),
        "created": ("Date Created",),
        "closed": ("Date Closed", "Closed Date"),
        "updated": ("Last Updated",),
        "status": ("Current Status", "Status"),
        "priority": ("Priority",),
        "channel": ("Source",),
        "issue_type": ("Help Topic",),
        "agent_id": ("Agent Assigned", "Assigned To"),
        "team_id": ("Team Assigned", "Department"),
        "customer_id": ("From Email", "From"),
        "account_id": ("Organization",),
    },
    statuses={"Open": "open", "Resolved": "solved", "Closed": "closed"},
    checked="the fields that the product's export names",
)
