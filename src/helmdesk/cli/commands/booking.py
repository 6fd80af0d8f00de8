"""``helmdesk booking``: kinds of calls, links issued and revoked, calls to come."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.site import start_site
from helmdesk.errors import NotFoundError, nearest

format_option = click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)


@click.group(
    "booking",
    epilog="\b\nExamples:\n  helmdesk booking list --desk my-desk\n"
    "  helmdesk booking link Invoices --ticket L-42104 --address kim@example.org --desk my-desk\n"
    "  helmdesk booking links --desk my-desk\n"
    "  helmdesk booking revoke 0b5d9a64-0d57-4a0e-8d0c-5f3c0a1d2e3f --desk my-desk",
)
def command() -> None:
    """Calls that customers book with a team, and the links they book by."""


@command.command("list")
@format_option
@desk_option
def list_them(desk_path: str | None, format_name: str) -> None:
    """List the kinds of calls, and the calls to come."""
    start_site(open_desk(desk_path))
    from helmdesk.web.apps.booking.models import Booking, CallType, State
    from helmdesk.web.apps.jobs import queue

    rows = [
        {
            "name": kind.name,
            "team": kind.team,
            "is_on": kind.is_on,
            "minutes": kind.says.minutes,
            "always_left": kind.says.floor,
            "asks_staffing": kind.asks_staffing,
            "to_come": [
                {
                    "start_at": row.start_at.isoformat(),
                    "ticket": row.ticket_id,
                    "account": row.account,
                    "is_kept": bool(row.agent),
                }
                for row in Booking.objects.filter(
                    kind=kind, state=State.BOOKED, start_at__gt=queue.now()
                )
            ],
        }
        for kind in CallType.objects.all()
    ]
    if format_name == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        talk("there are no kinds of calls yet; they are written on the site, under Booked calls")
    for row in rows:
        state = "on" if row["is_on"] else "preview"
        click.echo(f"{row['name']} ({row['team']}, {row['minutes']} minutes): {state}")
        for call in _calls(row):
            about = " ".join(filter(None, (call["ticket"], call["account"])))
            lost = "" if call["is_kept"] else "  nobody can take it"
            click.echo(f"  {call['start_at'][:16].replace('T', ' ')} UTC  {about}{lost}")


def _calls(row: dict[str, Any]) -> list[dict[str, Any]]:
    return list(row["to_come"])


@command.command("link")
@click.argument("kind")
@click.option("--ticket", default="", help="The ticket it is about.")
@click.option("--address", default="", help="The customer's mail address, for invitations.")
@click.option("--zone", default="", help="The customer's time zone, such as Europe/Berlin.")
@click.option("--days", type=int, default=7, show_default=True, help="Until it ends.")
@click.option("--uses", type=int, default=1, show_default=True, help="Good for so many calls.")
@click.option("--send", is_flag=True, help="Mail it to the customer, by the outbox.")
@desk_option
def issue(
    desk_path: str | None,
    kind: str,
    ticket: str,
    address: str,
    zone: str,
    days: int,
    uses: int,
    send: bool,
) -> None:
    """Make a link for a kind of call and print it; it cannot be shown again."""
    desk = open_desk(desk_path)
    start_site(desk)
    from helmdesk.web.apps.booking.doors import About
    from helmdesk.web.apps.booking.giving import about_of, give_link

    about = About(address=address, zone=zone)
    if ticket:
        about = about_of(desk.answers.ticket(ticket).ticket, address, zone)
    _, found = give_link(_kind(kind), about, is_mailed=send, days=days, most=uses)
    if send:
        talk(f"the link is in the outbox, for {address}")
    click.echo(found)


def _kind(name: str) -> Any:
    from helmdesk.web.apps.booking.models import CallType

    known = {kind.name.casefold(): kind for kind in CallType.objects.all()}
    if name.casefold() in known:
        return known[name.casefold()]
    names = [kind.name for kind in known.values()]
    raise NotFoundError(
        f"no kind of call '{name}'{nearest(name, names)}",
        f"there are: {', '.join(names)}" if names else "write one on the site, under Booked calls",
    )


@command.command("links")
@format_option
@desk_option
def links(desk_path: str | None, format_name: str) -> None:
    """List links, the latest first: state, uses, and how often one was tried after its end."""
    start_site(open_desk(desk_path))
    from helmdesk.web.apps.booking.models import Link, Reuse
    from helmdesk.web.apps.jobs import queue

    moment = queue.now()
    rows = [
        {
            "id": str(row.pk),
            "kind": row.kind.name,
            "ticket": row.ticket_id,
            "state": str(row.state(moment).value),
            "uses": row.uses,
            "most": row.most,
            "expires_at": row.expires_at.isoformat(),
            "reused": Reuse.objects.filter(link=row).count(),
        }
        for row in Link.objects.select_related("kind")[:500]
    ]
    if format_name == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        talk("nobody has got a link yet")
    for row in rows:
        again = f", tried {row['reused']} times after its end" if row["reused"] else ""
        click.echo(
            f"{row['id']}  {row['kind']}  {row['ticket'] or '-'}  {row['state']},"
            f" used {row['uses']} of {row['most']}, ends {str(row['expires_at'])[:16]}{again}"
        )


@command.command("revoke")
@click.argument("link")
@desk_option
def revoke_it(desk_path: str | None, link: str) -> None:
    """Revoke a link, by its id as `helmdesk booking links` says it."""
    start_site(open_desk(desk_path))
    from helmdesk.web.apps.booking.doors import revoke
    from helmdesk.web.apps.booking.models import Link

    try:
        found = Link.objects.filter(pk=UUID(link)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFoundError(
            f"no link '{link}'", "`helmdesk booking links` lists them with their ids"
        )
    click.echo("revoked" if revoke(found) else "it was revoked already")
