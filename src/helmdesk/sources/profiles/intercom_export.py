"""Intercom: the data export of conversations."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Intercom conversation export",
    tells=(
        "Conversation ID",
        "Conversation started at (UTC)",
        "Conversation first closed at (UTC)",
        "Conversation last closed at (UTC)",
        "Conversation state",
        "Teammate currently assigned ID",
        "Teammate currently assigned",
        "Team currently assigned",
        "First teammate reply time",
        "Conversation rating",
        "Time to first response",
        "Conversation tags",
    ),
    fields={
        "ticket_id": ("Conversation ID",),
        "created": (
            "Conversation started at (UTC)",
            "Conversation started at",
            "Conversation created at",
            "Started at",
        ),
        "closed": (
            "Conversation last closed at (UTC)",
            "Conversation last closed at",
            "Conversation first closed at (UTC)",
            "Conversation first closed at",
        ),
        "status": ("Conversation state",),
        "channel": ("Channel", "Conversation channel"),
        "agent_id": ("Teammate currently assigned", "Teammate currently assigned ID"),
        "team_id": ("Team currently assigned", "Team currently assigned ID"),
        "customer_id": ("User ID", "User email"),
        "account_id": ("Company name", "Company ID"),
        "answer": ("Conversation rating",),
    },
    statuses={"open": "open", "closed": "closed", "snoozed": "waiting_customer"},
    answers={"positive": ("4", "5"), "negative": ("1", "2")},
    scale=(1, 5),
    checked="the product's documentation of its data export",
)
