"""What the columns of a file that nobody knows may be: by their names and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from helmdesk.sources.parts.column_look import TIMES, Column, Look
from helmdesk.sources.parts.profile import header_words

# Words in a column's name, most telling first, for each thing that a ticket has; plain letters.
HINTS: Mapping[str, tuple[str, ...]] = {
    "ticket_id": (
        "ticket id",
        "ticket no",
        "ticket number",
        "ticket ref",
        "ticketnummer",
        "vorgangsnummer",
        "case id",
        "case number",
        "case no",
        "conversation id",
        "issue key",
        "issue id",
        "request id",
        "request number",
        "incident number",
        "incident id",
        "incident",
        "numero",
        "number",
        "nummer",
        "unique id",
        "order id",
        "id",
        "reference",
        "key",
    ),
    "created": (
        "created",
        "creation",
        "opened",
        "open date",
        "open time",
        "issue reported",
        "reported",
        "submitted",
        "erstellt",
        "angelegt",
        "creado",
        "criado",
        "creacion",
        "criacao",
        "abertura",
        "apertura",
        "ouverture",
        "aangemaakt",
        "date of purchase",
        "received",
        "request time",
        "request date",
        "requested",
        "start",
        "date",
    ),
    "solved": (
        "resolved",
        "resolution date",
        "solved",
        "gelost",
        "resuelto",
        "resolvido",
        "resolu",
        "clos",
        "geschlossen",
        "cierre",
        "fechamento",
        "cloture",
        "completed",
        "time to resolution",
        "end",
    ),
    "closed": ("clos", "completed"),
    "replied": ("first response", "first reply", "first replied", "responded", "replied"),
    "surveyed": ("survey", "rated at", "rating date"),
    "answer": ("csat", "satisfaction", "rating", "score"),
    "channel": (
        "channel",
        "contact type",
        "via",
        "kanal",
        "canal",
        "origin",
        "source",
        "request mode",
    ),
    "priority": ("priority", "prioritat", "prioridad", "prioridade", "priorite", "urgency"),
    "status": (
        "ticket status",
        "status",
        "state",
        "estado",
        "situa",
        "statut",
        "stato",
        "status reason",
    ),
    "issue_type": ("category", "kategorie", "categoria", "categorie", "type", "topic"),
    "agent_id": (
        "agent",
        "assignee",
        "assigned to",
        "owner",
        "bearbeiter",
        "technician",
        "tecnico",
        "technicien",
        "agente",
        "behandelaar",
        "operator",
        "assigned",
    ),
    "team_id": (
        "team",
        "group",
        "gruppe",
        "grupo",
        "equipe",
        "equipo",
        "supervisor",
        "queue",
        "department",
        "abteilung",
    ),
    "comment": ("remark", "comment", "feedback"),
    "customer_id": (
        "customer",
        "requester",
        "requestor",
        "request user",
        "caller",
        "contact",
        "kunde",
        "cliente",
        "client",
        "reporter",
        "requested by",
        "user",
    ),
    "account_id": ("account", "company", "organization", "organisation", "firma", "empresa"),
    "updated": (
        "updated",
        "last update",
        "last modified",
        "modified",
        "last changed",
        "changed",
        "date changed",
    ),
}
# What a column is not, whatever else its name says.
NEVER: Mapping[str, str] = {
    "ticket_id": (
        r"parent|customer|user|agent|thread|account|company|contact|requester|assignee|group|team"
        r"|survey|channel|owner|brand|form|organi|submitter|message|type|category|priority|status"
        r"|subject|count|number of|phone|serial|asset|linked|related|problem|inbox|mailbox|project"
        r"|keyword"
    ),
    "created": (
        r"\bdue\b|updat|modif|last|clos|resol|solv|first|respon|repl|expir|target|deadline|sla|end"
        r"|birth|survey|complet|assign|escalat|planned|scheduled"
    ),
    "solved": r"\bdue\b|target|expected|deadline|sla|\bfirst\b|survey|warranty|respon",
    "closed": r"\bdue\b|target|expected|deadline|sla|survey",
    "replied": r"\bdue\b|target|deadline|sla",
    "answer": (
        r"comment|reason|date|time|sent|status|respon|sla|health|priority|risk|lead|sentiment|id\b"
        r"|count|max|scale|kind|type"
    ),
    "channel": r"\bid\b|source (id|url|name)|address",
    "priority": r"sla|order|changed",
    "status": (
        r"sla|resolution|respon|survey|first|sub ?status|reason|changed|satisf|csat|delivery|updat"
        r"|custom|contract|paid|country"
    ),
    "issue_type": (
        r"customer|account|user|priority|survey|content|contact|channel|agent|company|status|sub"
        r"|ticket form|event|file"
    ),
    "agent_id": (
        r"first|created|closed|resolved|interact|replies|count|email|group|team|user agent|manager"
        r"|messages|skill|location|country|supervisor|previous|number of|time|wait|rating|account"
    ),
    "team_id": r"time|wait|duration|count|email|seconds|minutes|position|previous|size|lead",
    "comment": r"count|number|internal|\blast\b|date|author|public|latest",
    "customer_id": (
        r"interact|replies|satisf|wait|remark|effort|tier|since|rating|comment|feedback|message"
        r"|agent|count|type|domain|language|country|segment|time|reason|form|plan|score|priority"
        r"|survey|user story|interface"
    ),
    "account_id": r"manager|owner|type|size|tier|plan|revenue|since|country|industry",
    "updated": r"\bby\b|customer|agent|requester|status|assign|password",
}
FEW: Mapping[str, int] = {"priority": 20, "status": 60, "channel": 60, "answer": 40}
"""Columns of which there are few different values."""


@dataclass(frozen=True)
class Candidate:
    """A column that something may stand in.

    Attributes:
        hint: the word of its name that says so.
        rank: how telling it is, 0 the most.
    """

    column: str
    hint: str
    rank: int


def candidates(look: Look) -> dict[str, list[Candidate]]:
    """Return what a ticket has -> the columns it may stand in, likeliest first."""
    return {target: _ranked(target, hints, look) for target, hints in HINTS.items()}


def match(found: Mapping[str, list[Candidate]]) -> dict[str, str]:
    """Return what a ticket has -> its likeliest column, each column once.

    Closing is told beside solving only where both have a column.
    """
    taken: dict[str, str] = {}
    for target, listed in found.items():
        free = [each.column for each in listed if each.column not in taken.values()]
        if free and not (target == "closed" and "solved" not in taken):
            taken[target] = free[0]
    return taken


def plain_words(column: str) -> str:
    """Return a column's name as words: "createdAt" are two, "#" is a number."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.replace("#", " number "))
    return header_words(apart)


def _ranked(target: str, hints: tuple[str, ...], look: Look) -> list[Candidate]:
    listed = []
    for place, column in enumerate(look.columns.values()):
        words = plain_words(column.name)
        if not _may_be(target, column, words, look):
            continue
        for rank, hint in enumerate(hints):
            if re.search(rf"\b{re.escape(hint)}", words):
                # "id" itself rather than "_id" or "submitter id".
                listed.append((rank, column.name.lower() != hint, place, hint, column.name))
                break
    return [Candidate(name, hint, rank) for rank, _, _, hint, name in sorted(listed)]


def _may_be(target: str, column: Column, words: str, look: Look) -> bool:
    if bool(column.shape) != (target in TIMES):
        return False
    if re.search(NEVER.get(target, r"(?!)"), words) and words not in HINTS[target]:
        return False
    check: Callable[[Column, Look], bool] = CHECKS.get(target, lambda _column, _look: True)
    return check(column, look)


def _names_rows(column: Column, look: Look) -> bool:
    """Whether a column may name tickets: it says more than yes and no, unless every row has its
    own.
    """
    return column.distinct > 2 or column.distinct == look.rows


def _few(most: int) -> Callable[[Column, Look], bool]:
    return lambda column, _look: column.distinct <= most


CHECKS: Mapping[str, Callable[[Column, Look], bool]] = {
    "ticket_id": _names_rows,
    "comment": lambda column, _look: not column.is_figures,
    **{target: _few(most) for target, most in FEW.items()},
}
