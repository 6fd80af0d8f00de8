"""``helmdesk staff``: whom the forecast needs, and how sure a plan is."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import click
import numpy as np

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
from helmdesk.plan.planner import Conditions, StaffPlan, starts_of
from helmdesk.plan.queues import ServiceLevel
from helmdesk.plan.staffing import Target
from helmdesk.query.words import show_duration, show_share

VARIANTS = {
    "offered": ServiceLevel.OFFERED,
    "ignore-short": ServiceLevel.IGNORE_SHORT,
    "positive": ServiceLevel.POSITIVE,
    "answered": ServiceLevel.ANSWERED,
}


def _share(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Read 0.8, 80% or 80 as a share."""
    if value is None:
        return None
    try:
        number = float(value.rstrip("% "))
    except ValueError as error:
        raise UsageError(f"'{value}' is no share", "write 80% or 0.8") from error
    return number / 100 if value.endswith("%") or number > 1 else number


@click.command(
    "staff",
    epilog="Example: helmdesk staff --volumes calls.csv --handle 240 --patience 120"
    " --service-level 80% --within 20 --shrinkage 30%",
)
@demand_options
@click.option(
    "--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How many days."
)
@click.option(
    "--service-level",
    callback=_share,
    metavar="SHARE",
    help="Share answered in time; 80% where no other target is given.",
)
@click.option(
    "--within", type=float, default=20, show_default=True, metavar="SECONDS", help="In time."
)
@click.option(
    "--of",
    "variant",
    type=click.Choice(list(VARIANTS)),
    default="offered",
    show_default=True,
    help="; ".join(f"{name}: {variant.value}" for name, variant in VARIANTS.items()) + ".",
)
@click.option("--asa", type=float, metavar="SECONDS", help="Mean wait of those answered, at most.")
@click.option("--abandonment", callback=_share, metavar="SHARE", help="May leave, at most.")
@click.option("--occupancy", callback=_share, metavar="SHARE", help="At work, at most.")
@click.option("--handle", type=float, metavar="SECONDS", help="Work on one contact, with wrap.")
@click.option("--patience", type=float, metavar="SECONDS", help="Mean time until one gives up.")
@click.option("--redial", callback=_share, metavar="SHARE", help="Of those who left, come again.")
@click.option(
    "--chat",
    metavar="S1,S2,...",
    help="Chats side by side: length of one while its agent holds 1, 2, ... (seconds).",
)
@click.option(
    "--shrinkage", callback=_share, default="0", metavar="SHARE", help="Paid time not at work."
)
@click.option("--most", type=click.IntRange(0), metavar="N", help="No more people at once.")
@click.option(
    "--respond",
    type=click.FloatRange(min=0.25),
    default=8,
    show_default=True,
    metavar="HOURS",
    help="Work that can wait is done within so many open hours.",
)
@click.option(
    "--open",
    "opening",
    default="08:00-18:00",
    show_default=True,
    metavar="FROM-TO",
    help="When work that can wait is done, Monday to Friday.",
)
@click.option(
    "--by-interval", is_flag=True, help="Show every interval: rows of times, days across."
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
    service_level: float | None,
    within: float,
    variant: str,
    asa: float | None,
    abandonment: float | None,
    occupancy: float | None,
    handle: float | None,
    patience: float | None,
    redial: float | None,
    chat: str | None,
    shrinkage: float,
    most: int | None,
    respond: float,
    opening: str,
    by_interval: bool,
) -> None:
    """Say how many people each interval needs, and how likely a plan keeps its promise.

    Calls and chats are staffed so that those who wait are answered in time, some of them giving up
    (Erlang A); tickets and mail so that each is done within its response time.
    """
    is_default = service_level is None and (asa, abandonment, occupancy) == (None, None, None)
    target = Target(
        0.8 if is_default else service_level,
        within,
        VARIANTS[variant],
        asa,
        abandonment,
        occupancy,
    )
    opens, closes = _opening(opening)
    conditions = Conditions(
        handle,
        patience,
        shrinkage,
        redial or 0.0,
        _lengths(chat),
        most,
        round(respond * 60),
        opens,
        closes,
    )
    planner = planner_of(desk_path, volumes, columns, dates, where, int(minutes))
    left_out = [] if queues else planner.without_work(conditions)
    if left_out and len(left_out) < len(planner.demands):
        talk(
            f"left out, since nobody recorded how long the work takes: {', '.join(left_out)};"
            " plan each with --queue NAME --handle SECONDS"
        )
        queues = tuple(each.queue for each in planner.demands if each.queue not in left_out)
    known = what_is_known(desk_path, volumes, factors)
    plans: list[StaffPlan] = []
    with Progress() as progress:
        for demand in planner.chosen(queues):
            progress(f"staffing {demand.queue}")
            plans += planner.staff(
                target,
                days,
                queues=[demand.queue],
                conditions=conditions,
                model=model,
                holidays=holidays,
                factors=known,
            )
    form = "json" if is_json else format_name
    if form != "table":
        rows = [row for plan in plans for row in _rows(plan)]
        emit_rows(form, rows, {"intervals": rows, "plans": [_whole(plan) for plan in plans]})
        return
    for plan in plans:
        tell_forecast(plan.forecast, planner.demand(plan.forecast.queue))
        for assumption in plan.assumptions:
            talk(f"  {assumption}")
        (_show_intervals if by_interval else _show_days)(plan)
        _show_curve(plan, target)
        _tell_limits(plan, conditions)


def _opening(text: str) -> tuple[time, time]:
    try:
        opens, closes = (time.fromisoformat(part.strip().zfill(5)) for part in text.split("-"))
    except ValueError as error:
        raise UsageError(f"--open {text}", "write it as 08:00-18:00") from error
    return opens, closes


def _lengths(text: str | None) -> tuple[float, ...]:
    if not text:
        return ()
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--chat {text}", "write seconds apart by commas, as 360,450") from error


def _show_days(plan: StaffPlan) -> None:
    made = plan.forecast
    hours = made.interval_minutes / 60
    dates = sorted({at.date() for at in starts_of(made)})
    show_table(
        ("day", "contacts", "at work, most", "scheduled, most", "hours at work", "paid hours"),
        [
            (
                show_day(day),
                show_number(made.totals[i]),
                show_number(plan.agents[i].max()),
                show_number(plan.scheduled[i].max()),
                show_number(plan.agents[i].sum() * hours),
                show_number(plan.scheduled[i].sum() * hours),
            )
            for i, day in enumerate(dates)
        ]
        + [
            (
                "all",
                show_number(made.totals.sum()),
                show_number(plan.agents.max()),
                show_number(plan.scheduled.max()),
                show_number(plan.agent_hours),
                show_number(plan.scheduled_hours),
            )
        ],
        right=("contacts", "at work, most", "scheduled, most", "hours at work", "paid hours"),
    )


def _show_intervals(plan: StaffPlan) -> None:
    starts = np.array(starts_of(plan.forecast)).reshape(plan.agents.shape)
    days = [show_day(row[0].date())[:3] + f" {row[0]:%d.%m.}" for row in starts]
    rows = [
        (
            f"{starts[0, i]:%H:%M}",
            *(str(number) if number else "" for number in plan.scheduled[:, i]),
        )
        for i in range(plan.agents.shape[1])
        if plan.scheduled[:, i].any()
    ]
    talk("  scheduled people by interval:")
    show_table(("from", *days), rows, right=days)


def _show_curve(plan: StaffPlan, target: Target) -> None:
    if not plan.curve:
        return
    talk("  how sure it is, the forecast being as wrong as it has been:")
    show_table(
        ("hours at work", "days that keep the promise", "service level", "19 days of 20 reach"),
        [
            (
                show_number(point.agent_hours),
                show_share(point.probability),
                show_share(point.service_level),
                show_share(point.low_service_level),
            )
            for point in plan.curve
        ],
        right=(
            "hours at work",
            "days that keep the promise",
            "service level",
            "19 days of 20 reach",
        ),
    )


def _tell_limits(plan: StaffPlan, conditions: Conditions) -> None:
    if plan.requirement is not None and not plan.requirement.is_reached.all():
        short = int((~plan.requirement.is_reached).sum())
        worst = float(plan.requirement.waiting.service_level()[~plan.requirement.is_reached].min())
        talk(
            f"  {short:,} intervals cannot keep the promise with {conditions.most} people at once:"
            f" down to {show_share(worst)} in time"
        )
    if plan.backlog is not None and plan.backlog.overdue.sum() > 0:
        late = plan.backlog.overdue.sum() * 3600
        talk(f"  work of {show_duration(late)} is due before anybody is there")


def _rows(plan: StaffPlan) -> list[dict[str, Any]]:
    made, need = plan.forecast, plan.requirement
    level = need.waiting.service_level().tolist() if need else [None] * made.contacts.size
    reached = need.is_reached.tolist() if need else [True] * made.contacts.size
    return [
        {
            "queue": made.queue,
            "start": at.isoformat(timespec="minutes"),
            "minutes": made.interval_minutes,
            "contacts": round(float(contacts), 3),
            "agents": round(float(agents), 3),
            "scheduled": int(heads),
            "service_level": None if share is None else round(share, 4),
            "is_reached": is_reached,
        }
        for at, contacts, agents, heads, share, is_reached in zip(
            starts_of(made),
            made.contacts.ravel(),
            plan.agents.ravel(),
            plan.scheduled.ravel(),
            level,
            reached,
            strict=True,
        )
    ]


def _whole(plan: StaffPlan) -> dict[str, Any]:
    return {
        "queue": plan.forecast.queue,
        "model": plan.forecast.model,
        "agent_hours": round(plan.agent_hours, 2),
        "scheduled_hours": round(plan.scheduled_hours, 2),
        "assumptions": list(plan.assumptions),
        "curve": [
            {
                "agent_hours": round(point.agent_hours, 2),
                "probability": round(point.probability, 4),
                "service_level": round(point.service_level, 4),
                "low_service_level": round(point.low_service_level, 4),
            }
            for point in plan.curve
        ],
    }
