"""3CX: the export of its call log."""

from __future__ import annotations

from helmdesk.sources.parts.profile import CALLS, Profile

profile = Profile(
    title="3CX call log",
    kind=CALLS,
    tells=(
        "Call Time",
        "Ringing",
        "Talking",
        "Totals",
        "Caller ID",
        "Destination",
        "Call ID",
        "Call Activity Details",
    ),
    fields={
        "call_id": ("Call ID",),
        "started_at": ("Call Time",),
        "direction": ("Direction",),
        "is_answered": ("Status",),
        "wait": ("Ringing",),
        "talk": ("Talking",),
        "caller": ("From", "Caller ID"),
        "callee": ("To", "Destination"),
        "topic": ("Reason",),
    },
    words={
        "outcomes": {
            "answered": ("answered",),
            "transferred": ("redirected",),
            "missed": ("unanswered", "waiting", "not answered", "failed"),
        },
        "directions": {"internal": ("internal", "extension")},
    },
    checked=(
        "the published description of the call log of version 20. Who answered is not read: To is"
        " an agent, a queue or a menu"
    ),
)
