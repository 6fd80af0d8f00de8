"""``helmdesk dismiss``: hear no more of a verdict until it changes."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable
from pathlib import Path

import click

from helmdesk.cli.commands.measure import warn_if_stale
from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.errors import UsageError
from helmdesk.insight.dismissals import Dismissal


@click.command(
    "dismiss", epilog='Example: helmdesk dismiss utilization --reason "new shifts since April"'
)
@click.argument("subject", metavar="[KEY]", required=False)
@desk_option
@click.option(
    "--reason", default="", metavar="TEXT", help="Why, in a few words; shown beside the dismissal."
)
@click.option(
    "--where",
    metavar="FILTER",
    help="Dismiss what is told within this filter, such as \"team = 'Tier 1'\".",
)
@click.option(
    "--end",
    metavar="DATE",
    help=(
        "What was told of the last complete week before this local day (default: the end of the"
        " data)."
    ),
)
@click.option("--undo", "is_undo", is_flag=True, help="Tell it again.")
@click.option("--list", "is_list", is_flag=True, help="List what is dismissed.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the output.",
)
def command(
    subject: str | None,
    desk_path: str | None,
    reason: str,
    where: str | None,
    end: str | None,
    is_undo: bool,
    is_list: bool,
    format_name: str,
) -> None:
    """Stop telling the verdict on metric KEY, or the standing finding KEY of the brief, until it
    changes.

    It is told no more in the brief and on cards, here and on the site; no number changes.
    """
    if (subject is None) != is_list:
        raise UsageError("name what to dismiss, or use --list alone")
    desk = open_desk(desk_path)
    if is_list or subject is None:
        found = desk.dismissed()
    elif is_undo:
        found = desk.tell_again(subject, where=where)
        _tell_site(desk.path, found, is_undone=True)
    else:
        warn_if_stale(desk, None)
        found = (desk.dismiss(subject, by=_me(), reason=reason, where=where, end=end),)
        _tell_site(desk.path, found)
    if format_name == "json":
        click.echo(json.dumps([each.as_dict() for each in found], indent=2, ensure_ascii=False))
        return
    for each in found:
        scope = f" where {each.where}" if each.where else ""
        click.echo(
            f"{each.subject}{scope}:"
            f" {'told again; was ' if is_undo else ''}{each.words(desk.settings.time_zone)}"
        )
    if not found:
        talk("nothing is dismissed")


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user, as in some containers
        return "the command line"


def _tell_site(desk: Path, dismissals: Iterable[Dismissal], *, is_undone: bool = False) -> None:
    """Write it into the audit log of the desk's site, where there is one."""
    if not (desk / "site").is_dir():
        return
    try:
        from helmdesk.web.prepare import migrate, start_django
        from helmdesk.web.site_folder import SiteFolder
    except ImportError:
        talk("not in the site's audit log: its packages are not installed")
        return
    if not SiteFolder(desk.absolute()).has_database:
        return
    start_django(desk)
    migrate()
    from helmdesk.web.pages.insight.dismissal import DISMISSED, TOLD_AGAIN, audit_dismissal

    for each in dismissals:
        audit_dismissal(
            TOLD_AGAIN if is_undone else DISMISSED, each, by=_me(), through="command line"
        )
