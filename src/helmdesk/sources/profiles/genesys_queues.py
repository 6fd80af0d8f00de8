"""Genesys Cloud: its report of queues by interval."""

from __future__ import annotations

from helmdesk.sources.parts.profile import TOTALS, Profile

profile = Profile(
    title="Genesys Cloud queues by interval",
    kind=TOTALS,
    tells=(
        "Interval Start",
        "Interval End",
        "Interval Complete",
        "Filters",
        "Queue Id",
        "Queue Name",
        "Offer",
        "Avg Handle",
        "Service Level %",
    ),
    fields={
        "started_at": ("Interval Start",),
        "queue_id": ("Queue Name", "Queue Id"),
        "channel": ("Media Type",),
        "calls": ("Offer",),
    },
    checked="headers of exports in published scripts that read them; only what was offered counts",
)
