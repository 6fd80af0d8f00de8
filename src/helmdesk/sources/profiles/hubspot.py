"""HubSpot: tickets exported from a view."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="HubSpot ticket export",
    tells=(
        "Ticket owner",
        "Ticket name",
        "Ticket status",
        "Pipeline",
        "Create date",
        "Close date",
        "Associated Company",
        "Associated Contact",
        "Ticket description",
        "First agent email response date",
        "hs_pipeline_stage",
        "hs_pipeline",
        "hs_ticket_priority",
        "hubspot_owner_id",
    ),
    fields={
        "ticket_id": ("Ticket ID", "Record ID", "hs_object_id"),
        "created": ("Create date", "createdate"),
        "closed": ("Close date", "closed_date"),
        "replied": ("First agent email response date", "First agent response date"),
        "updated": ("Last modified date", "hs_lastmodifieddate"),
        "status": ("Ticket status", "hs_pipeline_stage"),
        "priority": ("Priority", "hs_ticket_priority"),
        "channel": ("Source", "source_type"),
        "issue_type": ("Category", "hs_ticket_category"),
        "agent_id": ("Ticket owner", "hubspot_owner_id"),
        "team_id": ("HubSpot team", "Pipeline"),
        "customer_id": ("Associated Contact",),
        "account_id": ("Associated Company", "Primary associated company"),
    },
    statuses={
        "New": "new",
        "Waiting on contact": "waiting_customer",
        "Waiting on us": "open",
        "Closed": "closed",
    },
    checked="the product's documentation of ticket properties",
)
