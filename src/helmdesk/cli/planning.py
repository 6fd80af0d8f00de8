"""What the commands that plan share: whose demand, what is known of days, how it is told."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.cli.site import start_site
from helmdesk.csv_text import write_rows
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError, UsageError
from helmdesk.plan.demand import Demand, Gap, GapKind
from helmdesk.plan.forecast import DayFactor, Forecast, Known, load_models
from helmdesk.plan.planner import Planner
from helmdesk.query.words import show_share

Function = TypeVar("Function", bound=Callable[..., Any])
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHOWN_DAYS = 4


def demand_options(function: Function) -> Function:
    """Add the options that say whose demand is meant, and of which days more is known."""
    options: tuple[Callable[[Function], Function], ...] = (
        desk_option,
        click.option(
            "--volumes",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Instead of a desk: a spreadsheet or CSV with the contacts of each interval.",
        ),
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="WHAT=HEADING",
            help="What a column of FILE holds: time, day, contacts, handle or queue.",
        ),
        click.option(
            "--dates",
            type=click.Choice(["day-first", "month-first"]),
            help="How FILE writes dates, where it does not tell.",
        ),
        click.option(
            "--queue", "queues", multiple=True, metavar="NAME", help="Only this queue; repeatable."
        ),
        click.option(
            "--where", metavar="FILTER", help="Condition over dimensions, as \"region = 'EMEA'\"."
        ),
        click.option(
            "--interval",
            "minutes",
            type=click.Choice(["15", "30", "60"]),
            default="30",
            show_default=True,
            help="Length of an interval in minutes.",
        ),
        click.option(
            "--holidays",
            metavar="PLACE",
            help="Public holidays are days of their own: DE, US, or with a region DE-BE.",
        ),
        click.option(
            "--factor",
            "factors",
            multiple=True,
            metavar="DAY=FACTOR",
            help="What you know of a day: 2026-12-24=0.4 for 40% of a usual one, with a reason:"
            " 2026-12-24=0.4:shops close at two.",
        ),
        click.option("--model", metavar="NAME", help="This model instead of the best one."),
        click.option(
            "--format",
            "format_name",
            type=click.Choice(["table", "json", "csv"]),
            default="table",
            show_default=True,
            help="Form of the output; json and csv give every interval.",
        ),
        click.option("--json", "is_json", is_flag=True, help="The same as --format json."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def planner_of(
    desk_path: str | None,
    volumes: Path | None,
    columns: Sequence[str],
    dates: str | None,
    where: str | None,
    minutes: int,
) -> Planner:
    """Return the demand of a file, or else of a desk."""
    if volumes is None:
        if columns or dates:
            raise UsageError("--column and --dates", "they describe a file: add --volumes FILE")
        made = open_desk(desk_path).plan.planner(minutes=minutes, where=where)
        if not made.demands:
            raise NotFoundError(
                "no contacts in this desk",
                "load calls, chats or tickets, or plan from a file: --volumes FILE",
            )
        return made
    from helmdesk.plan.volumes import HEADINGS, read_volumes

    if where:
        raise UsageError("--where", "a file of totals has no dimensions; use --queue NAME")
    said: dict[str, str] = {}
    for column in columns:
        what, equals, heading = column.partition("=")
        if not equals or what not in HEADINGS:
            raise UsageError(
                f"--column {column}", f"write WHAT=HEADING, WHAT being {', '.join(HEADINGS)}"
            )
        said[what] = heading
    found = read_volumes(volumes, columns=said, order=dates)
    return Planner(
        tuple(
            each.every(minutes).described() if each.interval_minutes < minutes else each
            for each in found
        )
    )


def known_on_site(desk: Desk) -> tuple[Known, ...]:
    """Return what planners wrote down on the desk's site: days, events, public holidays; nothing
    where the desk has no site.
    """
    if not (desk.path / "site").is_dir():
        return ()
    start_site(desk)
    from helmdesk.web.apps.planning.models import planners_know

    return planners_know()


def read_day(option: str, text: str | None) -> date | None:
    """Return the day that an option says; UsageError where it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option} {text}", "write a day as 2026-07-06") from error


def show_minute(minute: int) -> str:
    """Show a minute of the day as 8:30."""
    return f"{minute // 60 % 24}:{minute % 60:02d}"


def what_is_known(
    desk_path: str | None, volumes: Path | None, given: Sequence[str]
) -> tuple[Known, ...]:
    """Return what planners wrote down on the desk's site, and what the options say of days, which
    replaces it.
    """
    said = factors_from(given)
    if volumes is not None:
        return tuple(said)
    days = {each.day for each in said}
    found = known_on_site(open_desk(desk_path))
    kept = [f for f in found if not isinstance(f, DayFactor) or f.day not in days]
    return (*kept, *said)


def factors_from(given: Sequence[str]) -> list[DayFactor]:
    """Return what a planner said of days."""
    found = []
    for text in given:
        day, _, rest = text.partition("=")
        factor, _, reason = rest.partition(":")
        try:
            found.append(
                DayFactor(
                    date.fromisoformat(day.strip()),
                    float(factor),
                    getpass.getuser(),
                    reason.strip(),
                )
            )
        except ValueError as error:
            raise UsageError(
                f"--factor {text}", "write DAY=FACTOR, as 2026-12-24=0.4 for 40% of a usual day"
            ) from error
    return found


def show_number(value: float) -> str:
    """Show contacts or people: whole from ten on, with a decimal below."""
    return f"{value:,.0f}" if value >= 9.95 or value == round(value) else f"{value:.1f}"


def show_day(day: date) -> str:
    """Show a day with its weekday."""
    return f"{WEEKDAYS[day.weekday()]} {day}"


def tell_forecast(made: Forecast, demand: Demand) -> None:
    """Say what a forecast was made from, which model won, and what is missing."""
    total = int(demand.contacts.sum())
    talk(
        f"\n{made.queue}: {total:,} contacts from {demand.first_day} to {demand.last_day}"
        f" ({demand.days / 7:.0f} weeks)"
    )
    found = made.competition
    chosen, naive = found.score_of(made.model), found.score_of("naive")
    title = load_models()[made.model].title
    if chosen is None or naive is None:
        talk(f"  model: {title}; too little history to try any, so no bounds are given")
    else:
        by = "day" if found.is_by_day or made.contacts.shape[1] == 1 else "interval"
        talk(
            f"  model: {title}; tried {found.origins} times on this queue's past it was off by"
            f" {show_share(chosen.wape)} of contacts by {by}, the week before by"
            f" {show_share(naive.wape)}"
        )
    if made.changed_on:
        talk(f"  the level changed: only days from {made.changed_on} on were used")
    for gap in _told_gaps(demand.gaps):
        talk(f"  {gap}")


def _told_gaps(gaps: Sequence[Gap]) -> Iterator[str]:
    by_kind: dict[GapKind, list[Gap]] = {}
    for gap in gaps:
        by_kind.setdefault(gap.kind, []).append(gap)
    for kind, some in by_kind.items():
        days = [day for gap in some for day in gap.days]
        if kind is GapKind.SHORT_HISTORY:
            yield f"{kind.value} of history: weekdays are hardly known yet"
        elif days:
            shown = ", ".join(map(str, days[:SHOWN_DAYS]))
            more = f" and {len(days) - SHOWN_DAYS} more" if len(days) > SHOWN_DAYS else ""
            yield f"not taken for the rule ({kind.value}): {shown}{more}"


def emit_rows(format_name: str, rows: Sequence[Mapping[str, Any]], more: Any = None) -> None:
    """Print rows as JSON (with whatever else was found) or CSV."""
    if format_name == "json":
        click.echo(json.dumps(more if more is not None else rows, indent=2, ensure_ascii=False))
        return
    columns = list(rows[0]) if rows else []
    write_rows(sys.stdout, [columns, *(list(row.values()) for row in rows)])
