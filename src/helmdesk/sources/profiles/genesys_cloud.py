"""Genesys Cloud: the export of its view of interactions."""

from __future__ import annotations

from helmdesk.sources.parts.profile import CALLS, Profile

profile = Profile(
    title="Genesys Cloud interactions",
    kind=CALLS,
    tells=(
        "Full Export Completed",
        "Partial Result Timestamp",
        "Filters",
        "Conversation ID",
        "Wrap-up",
        "Initial Direction",
        "First Queue",
        "Disconnect Type",
        "Total Queue",
        "Total Alert",
        "Total ACW",
        "DNIS",
        "Marca de hora del resultado parcial",
        "Exportación completa finalizada",
    ),
    fields={
        "call_id": ("Conversation ID", "ID de conversación"),
        "started_at": ("Date", "Fecha"),
        "ended_at": ("End Date", "Fecha de finalización"),
        "channel": ("Media Type", "Tipo de medio"),
        "direction": ("Initial Direction", "Direction", "Dirección"),
        "queue_id": ("First Queue", "Queue", "Cola"),
        "agent_id": ("Users", "Users - Interacted", "Usuarios"),
        "customer_id": ("Remote", "Remoto"),
        "topic": ("Wrap-up", "Conclusión"),
        "ivr": ("Total IVR",),
        "wait": ("Total Queue",),
        "talk": ("Total Talk",),
        "hold": ("Total Hold",),
        "wrap": ("Total ACW",),
    },
    units=dict.fromkeys(("ivr", "wait", "talk", "hold", "wrap"), "ms"),
    apart={"agent_id": ";", "queue_id": ";", "channel": ";"},
    checked=(
        "headers of exports in published scripts that read them. Lengths are milliseconds unless"
        " they say otherwise; of several users or queues none is named"
    ),
)
