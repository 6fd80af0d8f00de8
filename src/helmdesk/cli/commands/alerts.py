"""``helmdesk alerts``: those of the site, and rules tried on the past."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import click

from helmdesk.act.alerts import State
from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.insight.alerts import DAYS, GRAINS, MOST_DAYS, Kind, Past, Watch

STATES = {
    State.OK: "quiet",
    State.PENDING: "nearly on",
    State.FIRING: "on",
    State.RECOVERING: "nearly over",
    State.UNKNOWN: "nothing to see",
}


@click.group(
    "alerts",
    epilog="\b\nExamples:\n  helmdesk alerts list --desk my-desk\n"
    "  helmdesk alerts try csat --below 0.8 --over-at 0.82 --each week --desk my-desk\n"
    "  helmdesk alerts try first_response_time --verdict --days 180 --desk my-desk",
)
def command() -> None:
    """Rules that tell when something begins and when it is over."""


@command.command("try")
@click.argument("metric")
@click.option("--verdict", "kind", flag_value="verdict", default="verdict", help="By its verdict.")
@click.option("--target", "kind", flag_value="target", help="By the target of the settings.")
@click.option("--above", type=float, help="A level, in the metric's unit (0.8 for 80%, seconds).")
@click.option("--below", type=float, help="The same, passed downwards.")
@click.option("--over-at", type=float, help="The level at which it is over; else where it begins.")
@click.option("--each", "grain", type=click.Choice(GRAINS), default="week", help="Looked at each.")
@click.option("--in-a-row", "hold", type=click.IntRange(1, 30), default=1, help="So many times.")
@click.option("--where", default="", help="Only where, such as \"team = 'Frontline Berlin'\".")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=DAYS, help="Of the past.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)
@desk_option
def try_it(
    desk_path: str | None,
    metric: str,
    kind: str,
    above: float | None,
    below: float | None,
    over_at: float | None,
    days: int,
    format_name: str,
    **said: Any,
) -> None:
    """Tell when a rule would have spoken."""
    if above is not None and below is not None:
        raise UsageError("a level is passed upwards or downwards: --above or --below")
    watch = Watch(Kind(kind), metric, **said)
    level = above if above is not None else below
    if level is not None:
        end = level if over_at is None else over_at
        watch = replace(watch, kind=Kind.LEVEL, enter=level, leave=end, is_above=above is not None)
    elif over_at is not None:
        raise UsageError("--over-at goes with --above or --below")
    past = open_desk(desk_path).try_alert(watch, days=days)
    if format_name == "json":
        click.echo(json.dumps(_as_dict(past), indent=2, ensure_ascii=False))
        return
    click.echo(past.sentence)
    click.echo(past.describe())
    for reading in past.begun:
        when = reading.period or reading.until.date()
        click.echo(f"  {when:%-d %b %Y}  {reading.words}")
    if past.steps:
        last = past.steps[-1]
        click.echo(f"Now {STATES[last.memory.state]}: {last.reading.words}")


@command.command("list")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)
@desk_option
def list_them(desk_path: str | None, format_name: str) -> None:
    """List the rules that people wrote on the site, and where each stands."""
    desk = open_desk(desk_path)
    rules = _rules(desk)
    if format_name == "json":
        click.echo(json.dumps(rules, indent=2, ensure_ascii=False))
        return
    if not rules:
        talk("nobody wrote an alert yet; they are written on the site, under Alerts")
    for rule in rules:
        what = "on" if rule["is_on"] else "preview"
        click.echo(f"{rule['state']:<11} {what:<8} {rule['person']:<12} {rule['sentence']}")
        if rule["words"]:
            click.echo(f"{'':<33} {rule['words']}")


def _rules(desk: Desk) -> list[dict[str, Any]]:
    try:
        from helmdesk.web.prepare import migrate, start_django
    except ImportError as error:
        raise HelmdeskError(
            f"the site's packages are not installed ({error.name}); run: pip install"
            " 'helmdesk[site]'"
        ) from error
    start_django(desk.path)
    migrate()
    from helmdesk.web.apps.alerts.models import Rule

    return [
        {
            "person": rule.person.username,
            "sentence": desk.alert_sentence(rule.watch),
            "state": rule.state,
            "is_on": rule.is_on,
            "words": rule.problem or rule.words,
            "looked_at": rule.looked_at.isoformat() if rule.looked_at else None,
        }
        for rule in Rule.objects.select_related("person")
    ]


def _as_dict(past: Past) -> dict[str, Any]:
    return {
        "sentence": past.sentence,
        "days": past.days,
        "state": past.steps[-1].memory.state.value if past.steps else None,
        "begun": [
            {
                "period": each.period.isoformat() if each.period else None,
                "until": each.until.isoformat(),
                "words": each.words,
            }
            for each in past.begun
        ],
    }
