"""``helmdesk actions``: what was done about a number, what was expected, and what it did."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import click

from helmdesk.act.actions import OPEN, Hypothesis, Stage, Towards, review_day
from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.site import start_site
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError, UsageError
from helmdesk.insight.actions import Effect, Foresight
from helmdesk.query.periods import week_shift
from helmdesk.query.words import show_size

format_option = click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)


@click.group(
    "actions",
    epilog="\b\nExamples:\n"
    "  helmdesk actions try missed_contact_rate --start 2025-05-01 --since 2025-03-01 \\\n"
    "    --where \"team = 'Frontline Berlin' and channel = 'chat' and hour in (12, 13)\"\n"
    "  helmdesk actions add csat --title 'Call back within a day' --start 2026-07-06 --owner ana\n"
    "  helmdesk actions list\n"
    "  helmdesk actions review 3",
)
def command() -> None:
    """What was done about a number, what was expected of it, and what it did."""


def said_options(function: Any) -> Any:
    """Add the options that say what is done and expected."""
    options = [
        click.argument("metric"),
        click.option("--start", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Day."),
        click.option("--towards", type=click.Choice(["higher", "lower"]), help="Else the better."),
        click.option(
            "--expected", type=float, help="Change, in the metric's unit (0.05 for 5 points)."
        ),
        click.option("--where", default="", help="Only where, such as \"channel = 'chat'\"."),
        click.option("--weeks", type=click.IntRange(8, 52), default=8, help="Looked at after."),
        click.option(
            "--since",
            type=click.DateTime(["%Y-%m-%d"]),
            help="Day on which what it is to end began; else the level before the start.",
        ),
        click.option("--beside", "control", default="", help="Work that it does not touch."),
        click.option("--guard", "guards", multiple=True, help="Metric that must not get worse."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command("try")
@said_options
@format_option
@desk_option
def try_it(desk_path: str | None, metric: str, format_name: str, **said: Any) -> None:
    """Tell what something did that was begun on a day, without writing it down."""
    desk = open_desk(desk_path)
    hypothesis = _hypothesis(desk, metric, title="tried", **said)
    _tell(desk.measure_action(hypothesis), format_name)


@command.command("add")
@click.option("--title", required=True, help="What is done, in a few words.")
@click.option("--why", "belief", default="", help="Why that should help.")
@click.option("--lever", default="", help="Such as staffing, scheduling, tooling.")
@click.option("--cost", default="", help="In words.")
@click.option("--owner", required=True, help="Who does it: a person of the site.")
@click.option("--propose", is_flag=True, help="Write it down without starting it.")
@said_options
@format_option
@desk_option
def add(
    desk_path: str | None, metric: str, owner: str, propose: bool, format_name: str, **said: Any
) -> None:
    """Write an action down, tell what could show, and lock what is expected."""
    desk = open_desk(desk_path)
    hypothesis = _hypothesis(desk, metric, **said)
    foresight = desk.foresee_action(hypothesis)
    start_site(desk)
    from helmdesk.web.apps.actions import keeping
    from helmdesk.web.apps.actions.due import day_of
    from helmdesk.web.apps.actions.form import owners

    person = owners().filter(username=owner).first()
    if person is None:
        names = ", ".join(owners().values_list("username", flat=True)) or "nobody yet"
        raise NotFoundError(f"{owner} cannot own an action; who can: {names}")
    made = keeping.propose(person, desk.policy, hypothesis, person)
    if not propose:
        keeping.start(made, person, day_of(desk))
        keeping.keep_measurement(made, desk.measure_action(hypothesis))
    if format_name == "json":
        told = {"action": made.pk, "digest": hypothesis.digest, **foresight.as_dict()}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    click.echo(f"action {made.pk}: {'proposed' if propose else 'started, and locked'}")
    _tell_foresight(foresight)


@command.command("list")
@click.option("--all", "is_whole", is_flag=True, help="Closed and dropped ones too.")
@format_option
@desk_option
def list_them(desk_path: str | None, is_whole: bool, format_name: str) -> None:
    """List the actions of the site, and where each stands."""
    desk = open_desk(desk_path)
    rows = [each for each in _rows(desk) if is_whole or Stage(each["stage"]) in OPEN]
    if format_name == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        talk("nobody wrote an action down yet; see helmdesk actions add --help")
    for each in rows:
        click.echo(
            f"{each['action']:>4}  {each['stage']:<9} {each['review_on']}  {each['metric']:<24}"
            f" {each['title']}"
        )
        if each["words"]:
            click.echo(f"{'':<28} {each['words']}")


@command.command("review")
@click.argument("number", type=int)
@format_option
@desk_option
def review(desk_path: str | None, number: int, format_name: str) -> None:
    """Tell what an action of the site did."""
    desk = open_desk(desk_path)
    start_site(desk)
    from helmdesk.web.apps.actions.models import Action

    found = Action.seen(desk.policy).filter(pk=number).first()
    if found is None:
        raise NotFoundError(f"there is no action {number}; see helmdesk actions list --all")
    if format_name == "table":
        click.echo(found.hypothesis.title)
        if found.locked and not found.locked.is_intact:
            click.echo("It does not say any more what it said when it was locked.")
    if not found.is_started:
        _tell_foresight(desk.foresee_action(found.hypothesis))
        return
    _tell(desk.measure_action(found.hypothesis), format_name)


def _hypothesis(
    desk: Desk,
    metric: str,
    start: datetime,
    since: datetime | None,
    towards: str | None,
    guards: tuple[str, ...],
    **said: Any,
) -> Hypothesis:
    found = desk.find_metric(metric).metric
    direction = towards or found.direction
    if direction not in ("higher", "lower"):
        raise UsageError(f"say whether {found.name.lower()} should go --towards higher or lower")
    return Hypothesis(
        metric=found.key,
        version=found.version,
        towards=Towards(direction),
        start=start.date(),
        since=since.date() if since else None,
        guards=guards,
        **said,
    )


def _tell(effect: Effect, format_name: str) -> None:
    if format_name == "json":
        click.echo(json.dumps(effect.as_dict(), indent=2, ensure_ascii=False))
        return
    outcome = effect.judged.outcome.value
    click.echo(outcome[0].upper() + outcome[1:])
    click.echo(effect.words)
    for change in (effect.own, effect.control, effect.against):
        if change is not None and change.found is not None:
            click.echo(f"  {change.name}: {change.words}")
    for guard in effect.guards:
        click.echo(f"  {guard.metric.name}: {guard.judged.outcome.value}, {guard.words}")
    for is_fine, words in effect.checks:
        click.echo(f"  {'+' if is_fine else '!'} {words}")
    if effect.is_early:
        for words in effect.foresight.warnings:
            click.echo(f"  ! {words}")


def _tell_foresight(foresight: Foresight) -> None:
    click.echo(f"It is looked at on {foresight.review_on:%-d %B %Y}.")
    if foresight.detectable is not None:
        size = show_size(foresight.detectable, foresight.metric.unit)
        click.echo(f"A change of {size} or more will most likely show by then.")
    for words in foresight.warnings:
        click.echo(f"! {words}")


def _rows(desk: Desk) -> list[dict[str, Any]]:
    start_site(desk)
    from helmdesk.web.apps.actions.due import day_of
    from helmdesk.web.apps.actions.models import Action

    shift = week_shift(desk.settings.week_start)
    actions = list(Action.seen(desk.policy))
    today: date = day_of(desk) if actions else date.min
    return [
        {
            "action": each.pk,
            "title": each.hypothesis.title,
            "metric": each.hypothesis.metric,
            "stage": each.stage(today, shift).value,
            "start": each.hypothesis.start.isoformat(),
            "review_on": review_day(each.hypothesis, shift).isoformat(),
            "owner": each.owner.username if each.owner else None,
            "outcome": each.closed_as or each.outcome or None,
            "words": each.learned or each.words,
        }
        for each in actions
    ]
