"""The numbers people know tickets by: without the account where no other account has the number,
with it where one has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from helmdesk.engines.engine import Engine
from helmdesk.errors import NotFoundError
from helmdesk.facts.build.build import ensure_fact
from helmdesk.quoting import text

# What the ids of all accounts but the first begin with; ids of sources may look like it.
PERHAPS_INSIDE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}:.")
MOST_LISTED = 2000
# In SQL over tickets: the number inside the account.
NUMBER = (
    "case when starts_with(ticket_id, source || ':') then substr(ticket_id, length(source) + 2)"
    " else ticket_id end"
)


def shown_numbers(engine: Engine, ids: Iterable[str | None]) -> dict[str, str]:
    """Return the numbers to show for tickets that stand together; an id that is missing is shown as
    it is.
    """
    listed = {ticket for ticket in ids if ticket}
    if not any(PERHAPS_INSIDE.match(ticket) for ticket in listed):
        return {}
    ensure_fact(engine, "tickets")
    only = (
        f"and n.ticket_id in ({', '.join(text(ticket) for ticket in sorted(listed))})"
        if len(listed) <= MOST_LISTED
        else ""
    )
    rows = engine.run(
        engine.translate(
            f"with numbered as (select ticket_id, source, {NUMBER} as number from tickets), shared"
            " as (select number, count(*) as found from numbered group by number) select"
            " n.ticket_id, n.source, n.number, s.found from numbered n join shared s on s.number ="
            f" n.number where (s.found > 1 or n.ticket_id <> n.number) {only}"
        )
    )
    return {
        ticket: number if found == 1 else f"{source}:{number}"
        for ticket, source, number, found in rows
    }


def means_ticket(given: str) -> str:
    """Return house SQL of whether a ticket can be meant by an id, a number, or a number with its
    account: ``brand-b:1``.
    """
    said = text(given)
    return (
        f"(ticket_id = {said} or source || ':' || ticket_id = {said} or ticket_id = source || ':'"
        f" || {said})"
    )


def meant_ticket(given: str, found: Sequence[str]) -> str | None:
    """Return which of the tickets found is meant: the one with that very id first.

    Raises:
        NotFoundError: several accounts have the number, and none has it as its id.
    """
    if given in found or not found:
        return given if found else None
    if len(found) > 1:
        raise NotFoundError(f"several accounts have a ticket '{given}': {', '.join(sorted(found))}")
    return found[0]
