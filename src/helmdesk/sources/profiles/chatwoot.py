"""Chatwoot: conversations as its interface and its database give them."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Chatwoot conversations",
    tells=(
        "display_id",
        "inbox_id",
        "first_reply_created_at",
        "contact_last_seen_at",
        "agent_last_seen_at",
        "waiting_since",
        "snoozed_until",
        "last_activity_at",
        "contact_inbox_id",
        "can_reply",
        "additional_attributes.browser",
    ),
    fields={
        "ticket_id": ("display_id", "id"),
        "created": ("created_at",),
        "replied": ("first_reply_created_at",),
        "updated": ("last_activity_at", "updated_at"),
        "status": ("status",),
        "priority": ("priority",),
        "channel": ("meta.channel", "channel"),
        "agent_id": ("meta.assignee.name", "assignee_id"),
        "team_id": ("meta.team.name", "team_id"),
        "customer_id": ("contact_id", "meta.sender.id", "meta.sender.email"),
    },
    statuses={
        "open": "open",
        "0": "open",
        "resolved": "solved",
        "1": "solved",
        "pending": "open",
        "2": "open",
        "snoozed": "waiting_customer",
        "3": "waiting_customer",
    },
    checked="the product's documentation of its interface and its schema",
)
