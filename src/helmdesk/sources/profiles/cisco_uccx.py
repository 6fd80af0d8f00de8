"""Cisco Unified Contact Center Express: contact service queues by interval."""

from __future__ import annotations

from helmdesk.sources.parts.profile import TOTALS, Profile

profile = Profile(
    title="Cisco contact service queues by interval",
    kind=TOTALS,
    tells=(
        "CSQ Name",
        "CSQ Name (Call Skills)",
        "Interval Start Time",
        "Interval End Time",
        "Calls Presented",
        "Calls Handled",
        "Calls Abandoned",
        "Calls Dequeued",
        "Avg Queue Time",
    ),
    fields={
        "started_at": ("Interval Start Time",),
        "queue_id": ("CSQ Name", "CSQ Name (Call Skills)"),
        "calls": ("Calls Presented",),
    },
    checked="the product's documentation of its interval reports; only what was presented counts",
)
