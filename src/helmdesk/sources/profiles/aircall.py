"""Aircall: the export of its call history, and calls as its interface gives them."""

from __future__ import annotations

from helmdesk.sources.parts.profile import CALLS, Profile

profile = Profile(
    title="Aircall call history",
    kind=CALLS,
    tells=(
        "missed_call_reason",
        "direct_link",
        "raw_digits",
        "number timezone",
        "datetime (UTC)",
        "datetime (TZ offset incl.)",
        "date (TZ offset incl.)",
        "duration (total)",
        "duration (in call)",
        "call direction - type",
        "aircall number",
        "call id (internal)",
        "IVR Branch",
        "ivr widget",
        "automatic callback pending time",
    ),
    fields={
        "call_id": ("call id", "call id (internal)", "id"),
        "started_at": ("datetime (UTC)", "started_at"),
        "direction": ("direction",),
        "queue_id": ("line", "number.name", "aircall number"),
        "agent_id": ("user", "user.name", "user.id"),
        "customer_id": ("customer number", "raw_digits"),
        "is_answered": ("answered",),
        "ivr": ("time in ivr",),
        # Its waiting time runs from the end of its menus.
        "wait": ("waiting time", "time to answer"),
        "talk": ("in-call duration", "duration (in call)"),
        "answered_at": ("answered_at",),
        "ended_at": ("ended_at",),
        "topic": ("tags",),
    },
    zone="UTC",
    checked=(
        "headers of exports in published scripts that read them; the published reference of the"
        " interface's object Call. Older exports without a call id are not recognised"
    ),
)
