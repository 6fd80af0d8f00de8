"""Who speaks, as systems name it: an agent, a customer, a bot, a rule. A word outside these lists
leaves its author unknown.
"""

from __future__ import annotations

from helmdesk.records.schema import ACTOR_KINDS
from helmdesk.sources.reading.words import Vocabulary, worded

# Kind -> words for it beside its own name, without accents.
ROLES: Vocabulary = {
    "customer": (
        "client",
        "user",
        "visitor",
        "end user",
        "enduser",
        "consumer",
        "requester",
        "reporter",
        "caller",
        "contact",
        "lead",
        "guest",
        "member",
        "subscriber",
        "buyer",
        "kunde",
        "kundin",
        "anwender",
        "cliente",
        "usuario",
        "utilisateur",
        "demandeur",
        "klant",
        "klient",
        "utente",
    ),
    "human": (
        "agent",
        "agent final url",
        "support",
        "support agent",
        "admin",
        "administrator",
        "operator",
        "staff",
        "company",
        "employee",
        "teammate",
        "team member",
        "technician",
        "representative",
        "rep",
        "owner",
        "mitarbeiter",
        "mitarbeiterin",
        "bearbeiter",
        "agente",
        "operador",
        "tecnico",
        "technicien",
        "conseiller",
        "medewerker",
        "operatore",
    ),
    "ai_agent": ("ai", "ai assistant", "fin"),
    "bot": ("assistant", "chatbot", "chat bot", "virtual agent", "virtual assistant", "robot"),
    "automation": (
        "trigger",
        "auto",
        "automated",
        "automatic",
        "workflow",
        "rule",
        "business rule",
    ),
    "system": ("system message", "event"),
}
UNKNOWN = "unknown"
AUTOMATED = "('automation', 'system')"
"""What these write answers nobody."""


def role(cell: str, words: Vocabulary = ROLES) -> str:
    """Return SQL of who speaks; unknown for an empty cell and for words nobody listed."""
    return f"coalesce({worded(cell, words)}, '{UNKNOWN}')"


assert {*ROLES, UNKNOWN} == set(ACTOR_KINDS)
