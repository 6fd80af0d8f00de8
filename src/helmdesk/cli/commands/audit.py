"""``helmdesk audit``: is the site's audit log whole?"""

from __future__ import annotations

import sys

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.errors import HelmdeskError
from helmdesk.query.words import show_count


@click.command("audit", epilog="Example: helmdesk audit --desk my-desk")
@desk_option
def command(desk_path: str | None) -> None:
    """Check that no event of the site's audit log was changed, taken out or cut off. Exits 1 when one was."""
    desk = open_desk(desk_path)
    try:
        from helmdesk.web.inspection import audit_log
    except ImportError as error:
        raise HelmdeskError(f"the site's packages are not installed ({error.name}); run: pip install 'helmdesk[site]'") from error
    state = audit_log(desk.path)
    if state is None:
        click.echo("there is no audit log: this desk never had a site")
        return
    click.echo(
        f"{show_count(state.count, 'event')}: {state.problem or 'every one follows from the one before, up to the one noted outside'}"
    )
    if state.problem and state.event:
        click.echo(f"it shows at event {state.event.pk}, of {state.event.at:%Y-%m-%d %H:%M:%S} UTC: {state.event.action}")
    if state.unchecked_until:
        talk(
            f"events before {state.unchecked_until.at:%Y-%m-%d %H:%M:%S} UTC came with a backup; only the desk that wrote them can check them"
        )
    if state.behind:
        talk(f"written after the noted event: {state.behind}; the next event notes them")
    if state.problem:
        sys.exit(1)
