"""``helmdesk sync``: bring the desk into step with its live accounts."""

from __future__ import annotations

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.progress import Progress
from helmdesk.desk.connections import Connections, Status
from helmdesk.errors import HelmdeskError, NotFoundError


@click.command(
    "sync",
    epilog="\b\nExamples:\n  helmdesk sync --desk my-desk\n  helmdesk sync zendesk --desk my-desk",
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@desk_option
@click.option("--again", is_flag=True, help="From the beginning; nothing is counted twice.")
@click.option(
    "--accept-quarantine",
    is_flag=True,
    help="Store what can be read, however much of it cannot.",
)
def command(
    names: tuple[str, ...], desk_path: str | None, again: bool, accept_quarantine: bool
) -> None:
    """Fetch what changed in the live accounts NAME..., or in all of them.

    Stopped or killed, it goes on from there the next time. The site does it by itself every few
    minutes.
    """
    from helmdesk.desk.sync import sync

    desk = open_desk(desk_path)
    connections = Connections(desk.path)
    known = connections.names()
    if not known:
        raise NotFoundError(
            "no account is connected; run helmdesk connect SYSTEM (see helmdesk connect --help)"
        )
    wanted = names or [name for name in known if not _is_paused(connections, name)]
    problems = []
    for name in wanted:
        try:
            with Progress() as progress:
                report = sync(
                    desk,
                    name,
                    again=again,
                    accepts_quarantine=accept_quarantine,
                    on_step=progress,
                )
        except HelmdeskError as error:
            if len(wanted) == 1:
                raise
            problems.append(f"{name}: {error}")
            continue
        records = sum(sum(load.records.values()) for load in report.loads)
        click.echo(f"{name}: {report.tickets:,} {report.of} new or changed, {records:,} records")
        for load in report.loads:
            for note in load.notes:
                click.echo(f"  note: {note}")
            if load.quarantined_rows:
                click.echo(f"  quarantine: {load.quarantined_rows:,} rows (see Data health)")
        click.echo("\n".join(f"  {line}" for line in describe(report.status)))
    if problems:
        raise HelmdeskError("; ".join(problems))
    talk(f"next: helmdesk scorecard --desk {desk.path}")


def _is_paused(connections: Connections, name: str) -> bool:
    try:
        is_paused = connections.get(name).is_paused
    except HelmdeskError:
        return False  # what is wrong with it is said where it is tried
    if is_paused:
        talk(f"{name}: paused; helmdesk sync {name} fetches all the same")
    return is_paused


def describe(status: Status) -> list[str]:
    """Return how complete an account is, as lines."""
    lines = []
    if found := status.completeness:
        if found.theirs is None:
            lines.append(
                f"complete: {found.ours:,} {found.of} here; the account does not count its own"
            )
        else:
            lines.append(
                f"complete: {found.ours:,} {found.of} here, {found.theirs:,}"
                f" {'in the account' if found.of == 'tickets' else 'there'}"
            )
        if found.short_count:
            shown = ", ".join(found.short)
            lines.append(
                f"short: of {found.short_count:,} tickets the account gives less history than it"
                f" says there is: {shown}"
            )
    lines += [f"without {what}: {mend}" for what, mend in status.missing.items()]
    return lines
