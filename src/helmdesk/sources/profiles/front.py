"""Front: the export of messages, several rows for each conversation."""

from __future__ import annotations

from helmdesk.sources.parts.profile import MESSAGES, Profile

profile = Profile(
    title="Front messages",
    kind=MESSAGES,
    tells=(
        "Message ID",
        "Segment ID",
        "Segment",
        "Inbox API ID",
        "Autoreply",
        "Reaction time",
        "Total reply time",
        "Contact handle",
        "Message API ID",
        "Conversation API ID",
        "New Conversation",
        "Segment start",
        "Segment end",
        "Segment closed",
        "Attributed to",
    ),
    fields={
        "ticket_id": ("Conversation ID", "Conversation API ID"),
        "message_id": ("Message ID", "Message API ID"),
        "created": ("Message date",),
        "direction": ("Direction",),
        "is_first": ("New Conversation",),
        "is_automatic": ("Autoreply",),
        "agent_id": ("Author", "Attributed to"),
        "assignee": ("Assignee",),
        "team_id": ("Inbox",),
        "customer_id": ("Contact handle", "Contact name"),
        "account_id": ("Account names",),
        "closed": ("Segment end",),
        "is_closed": ("Segment closed",),
    },
    checked=(
        "the published list of columns of its export of messages; words for yes and directions as"
        " its reference writes them"
    ),
)
