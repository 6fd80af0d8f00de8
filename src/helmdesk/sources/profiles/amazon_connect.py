"""Amazon Connect: contact records, as JSON or a table with points in its names."""

from __future__ import annotations

from helmdesk.sources.parts.profile import CALLS, Profile

profile = Profile(
    title="Amazon Connect contact records",
    kind=CALLS,
    tells=(
        "ContactId",
        "InitialContactId",
        "PreviousContactId",
        "InitiationMethod",
        "InitiationTimestamp",
        "DisconnectTimestamp",
        "ConnectedToSystemTimestamp",
        "AgentConnectionAttempts",
        "Agent.ConnectedToAgentTimestamp",
        "Agent.AgentInteractionDuration",
        "Agent.AfterContactWorkDuration",
        "Queue.EnqueueTimestamp",
        "Queue.Duration",
        "CustomerEndpoint.Address",
    ),
    fields={
        "call_id": ("ContactId", "Contact ID"),
        "started_at": ("InitiationTimestamp", "Initiation timestamp"),
        "queued_at": ("Queue.EnqueueTimestamp",),
        "channel": ("Channel",),
        "direction": ("InitiationMethod", "Initiation method"),
        "queue_id": ("Queue.Name", "Queue"),
        "agent_id": ("Agent.Username", "Agent"),
        "customer_id": ("CustomerEndpoint.Address",),
        "answered_at": ("Agent.ConnectedToAgentTimestamp",),
        "ended_at": ("DisconnectTimestamp", "Disconnect timestamp"),
        "talk": ("Agent.AgentInteractionDuration",),
        "hold": ("Agent.CustomerHoldDuration",),
        "wrap": ("Agent.AfterContactWorkDuration",),
    },
    words={
        "directions": {
            "inbound": ("transfer", "queue_transfer", "disconnect", "api", "webrtc_api"),
            "outbound": ("callback", "external_outbound", "agent_reply"),
            "internal": ("monitor",),
        }
    },
    zone="UTC",
    checked="the published data model of contact records",
)
