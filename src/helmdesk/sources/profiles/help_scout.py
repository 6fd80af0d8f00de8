"""Help Scout: conversations as its interface gives them, and its reports as a table."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Help Scout conversations",
    tells=(
        "mailboxId",
        "folderId",
        "userUpdatedAt",
        "closedByUser.id",
        "primaryCustomer.id",
        "primaryCustomer.email",
        "customerWaitingSince.time",
        "createdBy.type",
        "threads",
        "mailboxid",
        "threadCount",
        "responseTime",
        "firstResponseTime",
        "resolveTime",
        "customerName",
    ),
    fields={
        "ticket_id": ("number", "id"),
        "created": ("createdAt", "created"),
        "closed": ("closedAt", "closed"),
        "updated": ("userUpdatedAt", "modifiedAt", "modified"),
        "status": ("status",),
        "channel": ("type",),
        "agent_id": ("assignee.email", "assignee.id", "owner.email", "assignedid", "assignedName"),
        "team_id": ("mailboxId", "mailboxid", "mailbox.name"),
        "customer_id": (
            "primaryCustomer.id",
            "primaryCustomer.email",
            "customer.id",
            "customerEmail",
            "customerid",
        ),
    },
    statuses={
        "active": "open",
        "open": "open",
        "pending": "waiting_customer",
        "closed": "closed",
        "spam": "closed",
    },
    zone="UTC",
    checked="the published reference of the interface's conversations and reports",
)
