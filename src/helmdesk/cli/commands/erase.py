"""``helmdesk erase``: erase a customer from everything the desk keeps."""

from __future__ import annotations

from pathlib import Path

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.desk.erasure import erase


@click.command("erase", epilog="Example: helmdesk erase --customer 20177 --desk my-desk")
@desk_option
@click.option(
    "--customer",
    "customers",
    required=True,
    multiple=True,
    metavar="ID",
    help="Customer id as recorded; may be given several times.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(desk_path: str | None, customers: tuple[str, ...], yes: bool) -> None:
    """Erase customers: names, texts and ids go, numbers stay.

    Earlier lake versions and receipts made before cannot be read afterwards. Downloads and backups
    are not reached.
    """
    desk = open_desk(desk_path)
    if not yes:
        click.confirm(f"Erase {', '.join(customers)} from {desk.path} for good?", abort=True)
    with Progress() as progress:
        done = erase(desk, customers, progress)
        progress("looking through the site's database")
        site = clean_site(desk.path, done.words)
    click.echo(
        f"{done.records:,} records are nameless now (tickets: {done.tickets:,}); files of the lake"
        f" written anew: {done.files}{site}"
    )
    talk(
        "not reached: downloads, mail, and backups made before; a running server forgets with its"
        " next request"
    )


def clean_site(desk: Path, words: tuple[str, ...]) -> str:
    """Replace the person's ids and names in the site's database, where there is one; return what to
    say.
    """
    if not (desk / "site").is_dir():
        return ""
    try:
        from helmdesk.web.prepare import migrate, start_django
        from helmdesk.web.site_folder import SiteFolder
    except ImportError:
        return "; the site's database was not looked at: its packages are not installed"
    if not SiteFolder(desk.absolute()).has_database:
        return ""
    start_django(desk)
    migrate()
    from helmdesk.web.apps.people.erasure import clean_database

    return f"; {clean_database(words)} texts in the site's database"
