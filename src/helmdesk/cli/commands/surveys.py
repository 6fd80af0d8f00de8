"""``helmdesk surveys``: the rules of the site, a rule tried on the past, and addresses."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from helmdesk.act.surveys import Terms
from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.site import start_site
from helmdesk.errors import UsageError

format_option = click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)


@click.group(
    "surveys",
    epilog="\b\nExamples:\n  helmdesk surveys list --desk my-desk\n"
    "  helmdesk surveys try --where \"channel = 'email'\" --share 50 --desk my-desk\n"
    "  helmdesk surveys addresses customers.xlsx --desk my-desk\n"
    "  helmdesk surveys returned bounces.mbox --desk my-desk",
)
def command() -> None:
    """Whom surveys ask, what came of it, and where customers are written to."""


@command.command("list")
@format_option
@desk_option
def list_them(desk_path: str | None, format_name: str) -> None:
    """List the rules of the site, and how far their invitations came."""
    start_site(open_desk(desk_path))
    from helmdesk.web.apps.surveys.models import Rule
    from helmdesk.web.apps.surveys.overview import funnel
    from helmdesk.web.apps.surveys.sending import obstacle

    rules = [(rule, funnel(rule)) for rule in Rule.objects.select_related("instrument")]
    if format_name == "json":
        rows = [
            {
                "name": rule.name,
                "asks": rule.instrument.record_id,
                "where": rule.where,
                "is_on": rule.is_on,
                "problem": rule.problem,
                **{**asdict(found), "reasons": dict(found.reasons)},
            }
            for rule, found in rules
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if why := obstacle():
        talk(f"nothing is sent at present: {why}")
    if not rules:
        talk("there are no survey rules yet; they are written on the site, under Surveys")
    for rule, found in rules:
        what = "cannot look" if rule.problem else "on" if rule.is_on else "preview"
        click.echo(f"{rule.name} ({rule.instrument}): {what}")
        click.echo(
            f"  {found.eligible:,} came under it: {found.waiting:,} wait, {found.held:,} are not"
            f" asked, {found.asked:,} were asked, {found.answered:,} answered"
        )
        for reason, count in found.reasons:
            click.echo(f"  {count:>8,}  {reason}")
        if rule.problem:
            click.echo(f"  {rule.problem}")


@command.command("try")
@click.option("--where", default="", help="Only tickets where, such as \"channel = 'email'\".")
@click.option("--share", type=click.FloatRange(0.1, 100), default=100, help="Ask so many of 100.")
@click.option("--delay-hours", type=int, default=24, help="Hours after the solve.")
@click.option("--person-days", type=int, default=90, help="Nobody again within so many days.")
@click.option("--account-days", type=int, default=7, help="No account again within so many days.")
@click.option("--days", type=click.IntRange(1, 366), default=28, help="Of the past.")
@format_option
@desk_option
def try_it(
    desk_path: str | None, where: str, share: float, days: int, format_name: str, **said: int
) -> None:
    """Tell whom a rule would have asked, and why not everybody."""
    desk = open_desk(desk_path)
    start_site(desk)
    from helmdesk.web.apps.surveys.overview import tried

    try:
        terms = Terms(share=share / 100, **said)  # type: ignore[arg-type]
    except ValueError as error:
        raise UsageError(str(error)) from error
    with desk.marts.reader() as reader:
        end = reader.bounds.as_of
    found = tried(desk, desk, where, terms, end, days)
    if format_name == "json":
        click.echo(json.dumps({**asdict(found), "reasons": dict(found.reasons)}, indent=2))
        return
    click.echo(found.describe())
    for reason, count in found.reasons:
        click.echo(f"  {count:>8,}  {reason}")


@command.command("addresses")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@desk_option
def addresses(desk_path: str | None, file: Path) -> None:
    """Take customers' addresses from a spreadsheet: customer, email, language, time_zone."""
    desk = open_desk(desk_path)
    start_site(desk)
    from helmdesk.web.apps.surveys.boxes import take_addresses

    taken = take_addresses(desk, file)
    click.echo(taken.describe())
    for problem in taken.wrong[:20]:
        click.echo(f"  not usable: {problem}")
    if len(taken.wrong) > 20:
        click.echo(f"  and {len(taken.wrong) - 20:,} more")


@command.command("returned")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@desk_option
def returned(desk_path: str | None, file: Path) -> None:
    """Read mail that came back (.eml or mbox): such addresses are not asked again."""
    start_site(open_desk(desk_path))
    from helmdesk.web.apps.surveys.boxes import take_returned

    back = take_returned(file)
    click.echo(f"{back.ours:,} surveys of this desk came back, {back.others:,} other messages")
