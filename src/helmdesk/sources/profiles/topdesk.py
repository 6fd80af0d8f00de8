"""TOPdesk: a list of calls or incidents, in English or Dutch."""

from __future__ import annotations

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="TOPdesk incident list",
    tells=(
        "Call number",
        "Incident number",
        "Operator group",
        "Entry type",
        "Closure date",
        "Completed",
        "Incidentnummer",
        "Meldingnummer",
        "Behandelaar",
        "Behandelaarsgroep",
        "Aanmelder",
        "Aanmaakdatum",
        "Soort binnenkomst",
        "Datum gereed",
        "Afmelddatum",
    ),
    fields={
        "ticket_id": (
            "Call number",
            "Incident number",
            "Incidentnummer",
            "Meldingnummer",
            "Number",
        ),
        "created": ("Creation date", "Call date", "Aanmaakdatum", "Datum aangemeld"),
        "solved": ("Completion date", "Date completed", "Datum gereed"),
        "closed": ("Closure date", "Date closed", "Afmelddatum", "Datum gesloten"),
        "status": ("Status",),
        "priority": ("Priority", "Prioriteit"),
        "channel": ("Entry type", "Entry", "Soort binnenkomst"),
        "issue_type": ("Category", "Categorie"),
        "agent_id": ("Operator", "Behandelaar"),
        "team_id": ("Operator group", "Behandelaarsgroep"),
        "customer_id": ("Caller", "Aanmelder"),
        "account_id": ("Branch", "Vestiging"),
    },
    statuses={
        "Registered": "new",
        "Geregistreerd": "new",
        "In progress": "open",
        "In behandeling": "open",
        "Waiting for user": "waiting_customer",
        "Wacht op gebruiker": "waiting_customer",
        "Waiting for supplier": "waiting_third_party",
        "Wacht op leverancier": "waiting_third_party",
        "Completed": "solved",
        "Gereed": "solved",
        "Closed": "closed",
        "Gesloten": "closed",
        "Afgemeld": "closed",
    },
    checked="the product's documentation of incidents",
)
