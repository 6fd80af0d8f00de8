"""Five9: the call log and the call segments of its reports."""

from __future__ import annotations

from helmdesk.sources.parts.profile import CALLS, Profile

profile = Profile(
    title="Five9 call log",
    kind=CALLS,
    tells=(
        "CALL ID",
        "CALL TYPE",
        "CAMPAIGN",
        "CAMPAIGN TYPE",
        "DISPOSITION",
        "SESSION ID",
        "QUEUE WAIT TIME",
        "AFTER CALL WORK TIME",
        "BILL TIME (ROUNDED)",
        "PARK TIME",
        "ANI",
        "DNIS",
    ),
    fields={
        "call_id": ("CALL ID",),
        "started_at": ("TIMESTAMP",),
        "date": ("DATE",),
        "time": ("TIME",),
        "direction": ("CALL TYPE",),
        "queue_id": ("SKILL", "CAMPAIGN"),
        "agent_id": ("AGENT", "AGENT NAME", "AGENT EMAIL"),
        "caller": ("ANI",),
        "callee": ("DNIS",),
        # What an agent ticked after the call, not how the call went.
        "topic": ("DISPOSITION",),
        "ivr": ("IVR TIME",),
        "wait": ("QUEUE WAIT TIME",),
        "talk": ("TALK TIME",),
        "hold": ("HOLD TIME",),
        "wrap": ("AFTER CALL WORK TIME",),
    },
    words={
        "directions": {
            "inbound": ("inbound voicemail", "3rd party transfer"),
            "outbound": (
                "manual",
                "autodial",
                "preview",
                "progressive",
                "predictive",
                "queue callback",
                "outbound voicemail",
            ),
            "internal": ("internal", "agent call", "test"),
        }
    },
    nobody=("[None]", "[Deleted]"),
    checked="answers of its reporting interface and published scripts that read them",
)
