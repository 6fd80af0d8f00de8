"""Zammad: tickets as its interface gives them, and the report of a search as a workbook."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Zammad ticket export",
    tells=(
        "create_article_type",
        "create_article_sender",
        "first_response_at",
        "close_at",
        "last_contact_customer_at",
        "last_contact_agent_at",
        "escalation_at",
        "article_count",
        "pending_time",
        "Close at",
        "First response at",
        "Last contact (customer)",
        "Escalation at",
    ),
    fields={
        "ticket_id": ("number", "#", "id"),
        "created": ("created_at", "Created at"),
        "closed": ("close_at", "Close at", "Closed at"),
        "replied": ("first_response_at", "First response at"),
        "updated": ("updated_at", "Updated at"),
        "status": ("state", "State"),
        "priority": ("priority", "Priority"),
        "channel": ("create_article_type", "Create article type"),
        "agent_id": ("owner", "Owner"),
        "team_id": ("group", "Group"),
        "customer_id": ("customer", "Customer"),
        "account_id": ("organization", "Organization"),
    },
    statuses={
        "new": "new",
        "open": "open",
        "pending reminder": "waiting_customer",
        "pending close": "waiting_customer",
        "closed": "closed",
        "merged": "closed",
        "removed": "closed",
    },
    checked="the product's documentation of its interface",
)
