"""Zendesk: the CSV of a view or of all tickets, and the JSON of its export or its interface."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Zendesk ticket export",
    tells=(
        "Requester id",
        "Requester external id",
        "Requester domain",
        "Summation column",
        "Group stations",
        "Assignee stations",
        "Initially assigned at",
        "First reply time in minutes",
        "Full resolution time in minutes",
        "Ticket form",
        "Submitter",
        "Requested",
        "Satisfaction Score",
        "submitter_id",
        "requester_id",
        "assignee_id",
        "organization_id",
        "group_id",
        "has_incidents",
        "generated_timestamp",
        "ticket_form_id",
        "brand_id",
    ),
    fields={
        "ticket_id": ("Id", "ID", "Ticket ID", "_id"),
        "created": ("Created at", "Requested", "created_at", "Created"),
        "solved": ("Solved at", "Solved"),
        "updated": ("Updated at", "Updated", "updated_at"),
        "status": ("Status",),
        "priority": ("Priority",),
        "channel": ("Via", "Channel", "via.channel"),
        "issue_type": ("Ticket type", "Type"),
        "agent_id": ("Assignee", "assignee_id"),
        "team_id": ("Group", "group_id"),
        "customer_id": ("Requester id", "requester_id", "Requester", "Requester email"),
        "account_id": ("Organization", "organization_id"),
    },
    statuses={
        "New": "new",
        "new": "new",
        "Open": "open",
        "open": "open",
        "Pending": "waiting_customer",
        "pending": "waiting_customer",
        "On-hold": "waiting_third_party",
        "Hold": "waiting_third_party",
        "hold": "waiting_third_party",
        "Solved": "solved",
        "solved": "solved",
        "Closed": "closed",
        "closed": "closed",
    },
    checked=(
        "JSON of tickets as array, as export lines and as the incremental interface gives them; CSV"
        " by the product's documentation"
    ),
)
