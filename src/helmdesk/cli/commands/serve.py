"""``helmdesk serve``: the site."""

from __future__ import annotations

import os
from pathlib import Path

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.errors import DamageError, HelmdeskError, UsageError
from helmdesk.web.site_folder import SiteFolder

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command(
    "serve",
    epilog=(
        "\b\nExamples:\n  helmdesk serve --desk demo-desk\n  helmdesk serve --add-administrator ana"
        " --desk my-desk"
    ),
)
@desk_option
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; anything but this machine wants HTTPS in front.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8321, show_default=True)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Requests answered at the same time.",
)
@click.option(
    "--no-worker",
    is_flag=True,
    help="Leave all jobs to 'helmdesk work'; without it the site does them while nobody else does.",
)
@click.option(
    "--add-administrator",
    metavar="NAME",
    help=(
        "Make an administrator, or let one in again: print a one-time link for the password, and"
        " stop."
    ),
)
def command(
    desk_path: str | None,
    host: str,
    port: int,
    threads: int,
    no_worker: bool,
    add_administrator: str | None,
) -> None:
    """Open the site over a desk: scorecard, metrics, tickets, accounts, teams, dashboards, API."""
    desk = open_desk(desk_path)
    try:
        from helmdesk.web.prepare import load_pages, prepare, setup_code, start_django
    except ImportError as error:
        raise HelmdeskError(
            f"the site's packages are not installed ({error.name}); run: pip install"
            " 'helmdesk[site]'"
        ) from error
    for what, mend in SiteFolder(desk.path).damage():
        raise DamageError(f"{what}; {mend}")
    with Progress() as progress:
        progress("starting")
        os.environ["HELMDESK_THREADS"] = str(threads)
        start_django(desk.path)
        prepare(progress)
        progress("opening the mart")
        _open_mart(desk.path.absolute())
        progress("loading the pages")
        load_pages()
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if add_administrator:
        _add_administrator(add_administrator, address)
        return
    code = setup_code()
    click.echo(f"Helmdesk is at {address}   (Ctrl-C stops it)")
    if code:
        click.echo(
            f"No administrator yet. Open {address}/setup and enter this one-time code: {code}"
        )
    if host not in LOOPBACK:
        talk(
            "other machines can reach this: put a proxy with HTTPS in front and set"
            " HELMDESK_HTTPS=1 and HELMDESK_HOSTS=your.host"
        )
    if os.environ.get("HELMDESK_HTTPS") == "1" and not os.environ.get("HELMDESK_PROXIES"):
        talk(
            "behind a proxy all clients look like one: set HELMDESK_PROXIES=1, so that wrong"
            " passwords are counted for each of them"
        )
    from helmdesk.web.apps.jobs.worker import start_thread
    from helmdesk.web.server import serve
    from helmdesk.web.warming import start_warming

    if not no_worker:
        start_thread()
    start_warming(desk.path.absolute())
    serve(host, port, threads)


def _open_mart(desk: Path) -> None:
    from helmdesk.web.middleware import live_desk

    live_desk(desk).open_mart()


def _add_administrator(name: str, address: str) -> None:
    from helmdesk.web.access import Role
    from helmdesk.web.apps.people.audit import audit
    from helmdesk.web.apps.people.models import Person

    person = Person.objects.filter(username=name).first()
    if person is None:
        person = Person(username=name, role=Role.ADMINISTRATOR)
        person.set_unusable_password()
        person.save()
        audit("added a person", name, role=person.role, changed=["command line"])
    elif person.role == Role.ADMINISTRATOR and person.is_active:
        audit("invited", name, changed=["command line"])
    else:
        raise UsageError(f"there is somebody called '{name}' already, who is no administrator")
    click.echo(f"{address}/invitation/{person.invite()}")
    talk("the link sets a password, works once, and for seven days")
