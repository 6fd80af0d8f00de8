"""``helmdesk audit``: is the site's audit log whole?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.errors import HelmdeskError
from helmdesk.query.words import show_count

FILE = click.Path(dir_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("audit", epilog="Example: helmdesk audit --desk my-desk")
@desk_option
@click.option(
    "--keep",
    type=FILE,
    metavar="FILE",
    help="Keep the signed end of the log in FILE: store it on another machine.",
)
@click.option(
    "--since",
    type=EXISTING,
    metavar="FILE",
    help="Also check that the log still holds the end that was kept in FILE.",
)
def command(desk_path: str | None, keep: Path | None, since: Path | None) -> None:
    """Check that no event of the site's audit log was changed, taken out or cut off. Exits 1 when
    one was.

    Whoever puts back an older copy of the whole folder takes the note of the newest event along. An
    end that was kept elsewhere shows that too.
    """
    desk = open_desk(desk_path)
    try:
        from helmdesk.web.inspection import audit_log
    except ImportError as error:
        raise HelmdeskError(
            f"the site's packages are not installed ({error.name}); run: pip install"
            " 'helmdesk[site]'"
        ) from error
    state = audit_log(desk.path, since, keep)
    if state is None:
        click.echo("there is no audit log: this desk never had a site")
        return
    click.echo(
        f"{show_count(state.count, 'event')}:"
        f" {state.problem or 'every one follows from the one before, up to the one noted outside'}"
    )
    if state.problem and state.event:
        click.echo(
            f"it shows at event {state.event.pk}, of {state.event.at:%Y-%m-%d %H:%M:%S} UTC:"
            f" {state.event.action}"
        )
    if state.unchecked_until:
        talk(
            f"events before {state.unchecked_until.at:%Y-%m-%d %H:%M:%S} UTC came with a backup;"
            " only the desk that wrote them can check them"
        )
    if state.behind:
        talk(f"written after the noted event: {state.behind}; the next event notes them")
    if state.problem:
        sys.exit(1)
