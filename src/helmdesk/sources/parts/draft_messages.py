"""A drafted mapping for a table of messages: several rows for each conversation, whose first makes
the ticket.
"""

from __future__ import annotations

from helmdesk.sources.parts.column_look import Look
from helmdesk.sources.parts.draft_text import quote
from helmdesk.sources.parts.profile import Recognised
from helmdesk.sources.reading.spelled_times import ASK

YES = ["Yes", "yes", "true", "True", "TRUE", "1"]
INWARD, OUTWARD = ("Inbound", "inbound", "In", "in"), ("Outbound", "outbound", "Out", "out")


def messages_draft(look: Look, known: Recognised, zone: str) -> list[str]:
    """Return a mapping for the messages of a known system.

    A conversation whose first message is not in the file began earlier: its messages count, its
    beginning is left to the file that has it.
    """
    found = {field: column for field, column in known.found.items() if column in look.columns}
    shape = look.shapes.get(found["created"], "iso")
    ticket = f"ticket_id = {quote(found['ticket_id'])}"
    lines = [
        "# Every line marked '?' is a guess.",
        f"# recognised as: {known.profile.title}, by the columns {', '.join(known.because[:6])}",
        f"name = {quote(known.name)}",
        f"key = [{quote(found['message_id'])}]",
        f"time_zone = {quote(zone or known.profile.zone or 'UTC')}"
        + ("" if zone else "  # ? zone of times without an offset"),
        f"date_format = {quote(shape)}"
        + ("  # ? keep one: no row tells day/month or month/day" if shape == ASK else ""),
        f"missing = {quote(['', *look.codes])}",
    ]
    when = f"occurred_at = {quote(found['created'])}"

    def said(*fields: str) -> list[str]:
        return [f"{field} = {quote(found[field])}" for field in fields if field in found]

    first = said("team_id", "customer_id", "account_id")
    first += [f"agent_id = {quote(found['assignee'])}"] if "assignee" in found else []
    if "is_first" in found:
        lines += _record("created", _only(found["is_first"]), [ticket, when, *first])
    words = ", ".join(
        f"{quote(word)} = {quote(way)}"
        for way, spelled in (("inbound", INWARD), ("outbound", OUTWARD))
        for word in spelled
    )
    message = [
        ticket,
        when,
        f"direction = {{ column = {quote(found['direction'])}, values = {{ {words} }} }}",
        'visibility = { constant = "public" }',
    ]
    if "is_automatic" in found:
        message += [f"is_automated = {quote(found['is_automatic'])}"]
    for listed, kind, who in ((INWARD, "customer", ""), (OUTWARD, "human", "agent_id")):
        actor = [f"actor_kind = {{ constant = {quote(kind)} }}"]
        actor += [f"actor_id = {quote(found[who])}"] if who in found else []
        lines += _record("message", _only(found["direction"], list(listed)), [*message, *actor])
    if {"closed", "is_closed"} <= found.keys():
        ended = [
            ticket,
            f"occurred_at = {quote(found['closed'])}",
            'status = { constant = "solved" }',
        ]
        lines += _record("status_changed", _only(found["is_closed"]), ended)
    return lines


def _only(column: str, words: list[str] | None = None) -> str:
    return f"only = {{ column = {quote(column)}, values = {quote(words or YES)} }}"


def _record(kind: str, only: str, cells: list[str]) -> list[str]:
    return [
        "",
        "[[record]]",
        f'type = "{kind}"',
        "optional = true",
        only,
        "[record.columns]",
        *cells,
    ]
