"""``helmdesk forecast``: how many contacts will come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from helmdesk.cli.options import open_desk
from helmdesk.cli.output import show_table, talk
from helmdesk.cli.planning import (
    demand_options,
    emit_rows,
    planner_of,
    show_day,
    show_number,
    tell_forecast,
    what_is_known,
)
from helmdesk.cli.progress import Progress
from helmdesk.errors import UsageError
from helmdesk.plan.forecast import Forecast
from helmdesk.plan.planner import starts_of
from helmdesk.query.words import show_share


@click.command(
    "forecast", epilog="Example: helmdesk forecast --volumes calls.xlsx --days 14 --holidays DE-BE"
)
@demand_options
@click.option(
    "--days", type=click.IntRange(1, 366), default=14, show_default=True, help="How many days."
)
@click.option(
    "--keep", "is_kept", is_flag=True, help="Keep it in the desk, to see later how right it was."
)
@click.option(
    "--accuracy", "is_accuracy", is_flag=True, help="How right the kept forecasts have been."
)
def command(
    desk_path: str | None,
    volumes: Path | None,
    columns: tuple[str, ...],
    dates: str | None,
    queues: tuple[str, ...],
    where: str | None,
    minutes: str,
    holidays: str | None,
    factors: tuple[str, ...],
    model: str | None,
    format_name: str,
    is_json: bool,
    days: int,
    is_kept: bool,
    is_accuracy: bool,
) -> None:
    """Say how many contacts each queue will get: by day to read, by interval as json or csv.

    Models compete on each queue's own past; the best is taken, and the naive one stands beside it.
    """
    form = "json" if is_json else format_name
    if (is_kept or is_accuracy) and volumes is not None:
        raise UsageError("--keep and --accuracy", "they need a desk, which keeps forecasts")
    if is_accuracy:
        _show_accuracy(desk_path, int(minutes), form)
        return
    planner = planner_of(desk_path, volumes, columns, dates, where, int(minutes))
    known = what_is_known(desk_path, volumes, factors)
    found: list[Forecast] = []
    with Progress() as progress:
        for demand in planner.chosen(queues):
            progress(f"forecasting {demand.queue}")
            found += planner.forecast(
                days, queues=[demand.queue], model=model, holidays=holidays, factors=known
            )
    if is_kept:
        file = open_desk(desk_path).plan.keep(found)
        talk(f"kept as {file}; later: helmdesk forecast --accuracy")
    if form != "table":
        emit_rows(form, [row for made in found for row in _rows(made)])
        return
    for made in found:
        tell_forecast(made, planner.demand(made.queue))
        _show(made)


def _show(made: Forecast) -> None:
    low, high = made.day_bounds()
    has_bounds = made.competition.trial is not None
    reasons = {factor.day: factor for factor in made.factors}
    rows = []
    for i, day in enumerate(sorted({at.date() for at in starts_of(made)})):
        known = reasons.get(day)
        rows.append(
            (
                show_day(day),
                show_number(made.totals[i]),
                f"{show_number(low[i])} to {show_number(high[i])}" if has_bounds else "",
                show_number(made.naive[i].sum()),
                f"× {known.factor:.2f} {known.reason} ({known.author})" if known else "",
            )
        )
    columns = ("day", "expected", "four days of five", "last week", "changed by")
    kept = columns if made.factors else columns[:-1]
    show_table(kept, [row[: len(kept)] for row in rows], right=columns[1:4])


def _rows(made: Forecast) -> list[dict[str, Any]]:
    parts = (made.contacts, made.low, made.high, made.low_95, made.high_95, made.naive)
    return [
        {
            "queue": made.queue,
            "start": at.isoformat(timespec="minutes"),
            "minutes": made.interval_minutes,
            **dict(
                zip(
                    ("contacts", "low", "high", "low_95", "high_95", "naive"),
                    (round(float(part), 3) for part in values),
                    strict=True,
                )
            ),
            "model": made.model,
        }
        for at, *values in zip(starts_of(made), *(part.ravel() for part in parts), strict=True)
    ]


def _show_accuracy(desk_path: str | None, minutes: int, form: str) -> None:
    found = open_desk(desk_path).plan.accuracy(minutes=minutes)
    if form != "table":
        emit_rows(form, [vars(each) for each in found])
        return
    if not found:
        talk(
            "nothing to compare yet: keep forecasts with: helmdesk forecast --keep, and come back"
            " when their days have been"
        )
        return
    show_table(
        ("queue", "days ahead", "days", "off by", "last week's off by", "within 80% bounds"),
        [
            (
                each.queue,
                f"{each.first_lead} to {each.last_lead}"
                if each.last_lead > each.first_lead
                else str(each.first_lead),
                each.days,
                show_share(each.wape),
                show_share(each.naive_wape),
                show_share(each.inside),
            )
            for each in found
        ],
        right=("days", "off by", "last week's off by", "within 80% bounds"),
    )
