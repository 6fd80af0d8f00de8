"""Talkdesk: its reports of calls and of contacts."""

from __future__ import annotations

from helmdesk.sources.parts.profile import CALLS, Profile

profile = Profile(
    title="Talkdesk calls or contacts",
    kind=CALLS,
    tells=(
        "Interaction ID",
        "Talkdesk Phone Number",
        "Customer Phone Number",
        "In Business Hours?",
        "Callback From Queue?",
        "Agent Speed To Answer",
        "Holding Time",
        "Handling Agent",
        "Contact Person Number",
        "Phone Display Name",
        "Short Abandon Time",
        "Hard Hold Time",
        "Handling Ring Groups",
        "Inside Service Level (Yes /No)",
        "Ring Groups",
    ),
    fields={
        "call_id": ("Contact ID", "Interaction ID", "Call Id"),
        "started_at": ("Started At", "Start Time"),
        "direction": ("Direction", "Call Type"),
        "is_answered": ("Contact Type", "Call Type"),
        "queue_id": ("Ring Groups", "Handling Ring Groups", "Phone Display Name"),
        "agent_id": ("Handling Agent", "User Name", "Agent Name"),
        "customer_id": ("Contact Person Number", "Customer Phone Number"),
        "topic": ("Disposition Code",),
        # Of calls by agents it is their rating of the line.
        "rating": ("CSAT Score",),
        "wait": ("Wait Time", "Waiting Time"),
        "talk": ("Talk Time",),
        "hold": ("Hold Time", "Holding Time"),
        "wrap": ("After Call Work Time",),
        "answered_at": ("Answered At",),
        "ended_at": ("Finished At", "End Time"),
    },
    words={
        "outcomes": {
            "answered": ("inbound", "outbound", "connected", "answered"),
            "abandoned": ("short abandoned", "abandoned"),
            "missed": (
                "inbound missed",
                "outbound missed",
                "after hours",
                "voicemail",
                "not connected",
                "forwarded",
            ),
        },
        "directions": {
            "inbound": (
                "inbound missed",
                "missed",
                "abandoned",
                "short abandoned",
                "voicemail",
                "after hours",
                "forwarded",
                "in",
            ),
            "outbound": ("outbound missed", "out"),
            "internal": ("internal", "internal missed"),
        },
    },
    apart={"queue_id": ","},
    checked="its published dictionary of reports, and headers in published scripts that read them",
)
