"""Giving a customer a link: making it, and perhaps mailing it, both or neither."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from helmdesk.errors import UsageError
from helmdesk.web.apps.booking.doors import About, issue_link
from helmdesk.web.apps.booking.letters import write_link
from helmdesk.web.apps.booking.models import CallType, Link


def give_link(
    kind: CallType, about: About, *, is_mailed: bool = False, **more: Any
) -> tuple[Link, str]:
    """Make a link, and put a mail with it into the outbox where that is wanted; return it with its
    address.

    Args:
        more: as `issue_link` takes it.

    Raises:
        UsageError: it cannot be made, or there is no address to mail it to.
    """
    if is_mailed and not about.address:
        raise UsageError("say where to mail the link: the customer's mail address")
    with transaction.atomic():
        link, address = issue_link(kind, about, **more)
        if is_mailed:
            write_link(link, address)
    return link, address


def about_of(ticket: dict[str, Any], address: str = "", zone: str = "") -> About:
    """Return what a ticket's attributes say of a call about it."""
    names = ("ticket_id", "subject", "customer_id", "account_id", "account")
    return About(
        **{name: str(ticket.get(name) or "") for name in names}, address=address, zone=zone
    )
