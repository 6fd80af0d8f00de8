"""``helmdesk intraday``: how the day goes beside its forecast, and what can be done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import show_table, talk
from helmdesk.cli.planning import known_on_site, show_day, show_minute, show_number
from helmdesk.cli.progress import Progress
from helmdesk.plan.today import Today, sentence, words_of


@click.command("intraday", epilog='Example: helmdesk intraday --team "Frontline Berlin"')
@desk_option
@click.option("--team", default="", metavar="NAME", help="Whose day; the busiest where left out.")
@click.option("--json", "is_json", is_flag=True, help="As JSON.")
def command(desk_path: str | None, team: str, is_json: bool) -> None:
    """Lay what came beside the day's forecast, say what the rest of it needs, and offer what closes
    the gaps of the next four hours.

    The day is the one that the data end in.
    """
    desk = open_desk(desk_path)
    with Progress() as progress:
        progress("forecasting the day, and the rest of it anew")
        day, names = desk.plan.today(team, factors=known_on_site(desk))
    if is_json:
        click.echo(json.dumps(_as_json(day, names), indent=2, ensure_ascii=False))
        return
    at = show_minute(day.over * day.interval_minutes)
    talk(f"{day.coverage.crew.name}, {show_day(day.coverage.plan.forecast.first_day)}, at {at}")
    talk(sentence(day))
    _show(day)
    _offers(day, names)


def _used(day: Today) -> range:
    used = ((day.forecast > 0) | (day.expected > 0) | (day.people > 0)).nonzero()[0]
    return range(int(used[0]), int(used[-1]) + 1) if used.size else range(0)


def _show(day: Today) -> None:
    rows = []
    for i in _used(day):
        spare = int(day.spare[i])
        rows.append(
            (
                show_minute(i * day.interval_minutes),
                show_number(float(day.forecast[i])),
                f"{day.came[i]:.0f}" if i < day.over else "",
                "" if i < day.over else show_number(float(day.expected[i])),
                f"{day.need[i]:.0f}",
                f"{day.people[i]:.1f}".removesuffix(".0"),
                f"{spare:+d}" if spare else "",
            )
        )
    columns = ("from", "forecast", "came", "expected now", "needed", "planned", "spare")
    show_table(columns, rows, right=columns[1:])


def _offers(day: Today, names: Mapping[str, str]) -> None:
    ahead = list(day.ahead)
    if day.is_over or not ahead:
        return
    if not (day.spare[ahead] < 0).any():
        talk("nobody is missing in the next four hours")
        return
    if not day.offers:
        talk("short in the next four hours, and no break or shift that is near closes it")
    for offer in day.offers:
        when = f"{show_minute(offer.minute)} to {show_minute(offer.end)}"
        talk(f"  short {when}: {words_of(offer, names)}")


def _as_json(day: Today, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "team": day.coverage.crew.name,
        "day": day.coverage.plan.forecast.first_day.isoformat(),
        "at": show_minute(day.over * day.interval_minutes),
        "intervals": [
            {
                "start": show_minute(i * day.interval_minutes),
                "forecast": round(float(day.forecast[i]), 2),
                "came": float(day.came[i]) if i < day.over else None,
                "expected": round(float(day.expected[i]), 2),
                "needed": float(day.need[i]),
                "planned": round(float(day.people[i]), 2),
            }
            for i in _used(day)
        ],
        "offers": [
            {
                "person": offer.person,
                "from": show_minute(offer.minute),
                "until": show_minute(offer.end),
                "what": words_of(offer, names),
            }
            for offer in day.offers
        ],
    }
