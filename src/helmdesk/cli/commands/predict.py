"""``helmdesk predict``: what will most likely become of open tickets, and what customers of solved
ones would likely say, learned from the desk's own past.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import show_table, talk
from helmdesk.predict.closing import CLOSINGS
from helmdesk.predict.model import Model
from helmdesk.predict.targets import TARGETS

target_argument = click.argument("target", type=click.Choice(list(TARGETS)))
format_option = click.option(
    "--format",
    "format_name",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)


@click.group(
    "predict",
    epilog="\b\nExamples:\n  helmdesk predict train breach\n  helmdesk predict report breach\n"
    "  helmdesk predict score breach --most 10\n  helmdesk predict solved csat ces fcr",
)
def command() -> None:
    """What will most likely become of open tickets: a missed promise, a dissatisfied customer, an
    escalation, a reopen.
    """


@command.command("train")
@target_argument
@format_option
@desk_option
def train(desk_path: str | None, target: str, format_name: str) -> None:
    """Learn anew from the past, and tell how right that would have been."""
    desk = open_desk(desk_path)
    talk("learning from the past; this takes up to half a minute")
    _tell(desk.predict.train(target), format_name)


@command.command("report")
@click.argument("target", type=click.Choice([*TARGETS, *CLOSINGS]))
@format_option
@desk_option
def report(desk_path: str | None, target: str, format_name: str) -> None:
    """Tell how right the model in use has been on newer tickets."""
    model = open_desk(desk_path).predict.model(target)
    if model is None:
        how = f"solved {target}" if target in CLOSINGS else f"train {target}"
        talk(f"nothing was learned yet; run: helmdesk predict {how}")
        return
    _tell(model, format_name)


@command.command("score")
@target_argument
@click.option("--most", type=click.IntRange(1, 10_000), default=10, help="So many.")
@click.option("--where", help="Only where, such as \"team = 'Frontline Berlin'\".")
@format_option
@desk_option
def score(
    desk_path: str | None, target: str, most: int, where: str | None, format_name: str
) -> None:
    """List the open tickets that are most likely to end badly."""
    found = open_desk(desk_path).predict.warnings(target, where=where)[:most]
    if format_name == "json":
        click.echo(json.dumps([each.as_dict() for each in found], indent=2, ensure_ascii=False))
        return
    if not found:
        talk("no open ticket is asked for: nothing runs")
        return
    show_table(
        ["ticket", "chance", "because", "do"],
        [
            [each.ticket_id, f"{each.chance:.0%}", "; ".join(each.reasons), each.act]
            for each in found
        ],
    )


@command.command("solved")
@click.argument("what", nargs=-1, type=click.Choice(list(CLOSINGS)))
@format_option
@desk_option
def solved(desk_path: str | None, what: tuple[str, ...], format_name: str) -> None:
    """Foretell of solved tickets whether their customers are satisfied (csat), found it easy (ces)
    and need not come back (fcr), and record it; all three where none is named.

    Each week is foretold by what was known when it began. See the metrics predicted_csat,
    predicted_ces and predicted_fcr.
    """
    from helmdesk.desk.closing import foretell_solved

    found = foretell_solved(open_desk(desk_path), what or tuple(CLOSINGS), talk)
    if format_name == "json":
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
        return
    for each in found:
        title = CLOSINGS[each.key].title
        click.echo(f"{title}: {each.recorded:,} solved tickets foretold and recorded.")
        if each.without:
            click.echo(
                f"  {each.without:,} stay without: there was no model that was right enough."
            )
        if each.problem:
            click.echo(f"  The newest week has none: {each.problem}.")
    if any(each.recorded for each in found):
        keys = " ".join(f"predicted_{each.key}" for each in found)
        talk(f"next: helmdesk measure {keys}")


def _tell(model: Model, format_name: str) -> None:
    found = model.report
    if format_name == "json":
        said = {**json.loads(model.as_text()), "problem": found.problem}
        kept = ("target", "version", "trained_at", "data_until", "kind", "report", "problem")
        click.echo(json.dumps({name: _plain(said[name]) for name in kept}, indent=2))
        return
    title = (
        CLOSINGS[model.target].title if model.target in CLOSINGS else TARGETS[model.target].title
    )
    click.echo(f"{title}: version {model.version}, data up to {model.data_until:%-d %B %Y}")
    click.echo(f"{found.labels:,} tickets whose outcome is known, {found.bad:,} of them bad.")
    if found.tested:
        kind = "boosted trees" if model.kind == "boosted" else "a table of rates"
        click.echo(
            f"In use: {kind}. On {found.tested:,} newer moments the worse ticket had the higher"
            f" chance {found.auc:.0%} of the time (by a table alone {found.auc_table:.0%})."
        )
        click.echo(
            f"Chances were off by {100 * found.error:.1f} points on average; among the twentieth"
            f" with the highest it happened {found.lift:.1f} times as often."
        )
        for each in found.bins:
            click.echo(f"  said {each.said:6.1%}  seen {each.seen:6.1%}  of {each.n:,}")
    if why := found.problem or (found.weakness if model.target in TARGETS else ""):
        click.echo(f"It is not used: {why}.")


def _plain(value: Any) -> Any:
    """Return a value that JSON knows."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
