"""Twilio: calls as its interface and its console give them."""

from __future__ import annotations

from helmdesk.sources.parts.profile import CALLS, Profile

profile = Profile(
    title="Twilio calls",
    kind=CALLS,
    tells=(
        "account_sid",
        "parent_call_sid",
        "phone_number_sid",
        "answered_by",
        "forwarded_from",
        "price_unit",
        "from_formatted",
        "Call Sid",
        "Parent Call Sid",
        "Account Sid",
        "Phone Number Sid",
        "Forwarded From",
        "Price Unit",
    ),
    fields={
        "call_id": ("sid", "Call Sid"),
        "started_at": ("start_time", "Start Time", "date_created"),
        "ended_at": ("end_time", "End Time"),
        "direction": ("direction",),
        "duration": ("duration",),
        "caller": ("from",),
        "callee": ("to",),
    },
    words={
        "directions": {
            "inbound": ("trunking terminating",),
            "outbound": ("outbound api", "trunking originating"),
            # The way from the application to an agent, of a call that is a row of its own.
            "internal": ("outbound dial",),
        }
    },
    zone="UTC",
    checked=(
        "the published reference of the resource Call. A completed call was taken by the"
        " application, not by a person: whether anybody answered is left unsaid"
    ),
)
