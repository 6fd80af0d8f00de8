"""``helmdesk route``: what routing would have done to the work of days that have been."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from typing import Any

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import show_table, talk
from helmdesk.cli.progress import Progress
from helmdesk.errors import UsageError
from helmdesk.plan.routing.replay import Replayed
from helmdesk.plan.routing.words import (
    check_sentence,
    ground_sentence,
    missed_sentence,
    rows_of,
    verdict_sentence,
)


@click.command(
    "route",
    epilog="Example: helmdesk route --replay 2026-05-04 2026-06-01 --queue 'Frontline Berlin'",
)
@desk_option
@click.option(
    "--replay",
    "days",
    nargs=2,
    metavar="FROM TO",
    help="First local day, included, and last, excluded.",
)
@click.option(
    "--queue", "queues", multiple=True, metavar="TEAM", help="Only this team's; repeatable."
)
@click.option("--weeks", "is_weeks", is_flag=True, help="Show how right past weeks were.")
@click.option("--json", "is_json", is_flag=True, help="As JSON.")
def command(
    desk_path: str | None,
    days: tuple[str, str] | None,
    queues: tuple[str, ...],
    is_weeks: bool,
    is_json: bool,
) -> None:
    """Say what routing would have done to days that have been.

    Cases that came without a person are given out again: as people did it, and as routing would.
    First the weeks before are lived through as they were; where that does not give them again,
    nothing is concluded.
    """
    if not days:
        raise UsageError(
            "no days to look at", "say which: helmdesk route --replay 2026-05-04 2026-06-01"
        )
    start, end = (_day(text) for text in days)
    desk = open_desk(desk_path)
    with Progress() as progress:
        found = desk.plan.replay_routing(start, end, queues, tell=progress)
    if is_json:
        click.echo(json.dumps(_as_json(found), indent=2, ensure_ascii=False))
        return
    talk(check_sentence(found.check))
    if is_weeks:
        _show_weeks(found)
    talk(f"From {start} to {end - timedelta(days=1)}: {ground_sentence(found)}")
    talk(verdict_sentence(found))
    show_table(
        ("number", "as it was", "people, by the model", "with routing", "change", "likely"),
        [(row.name, row.was, row.now, row.then, row.change, row.likely) for row in rows_of(found)],
        right=("as it was", "people, by the model", "with routing", "change", "likely"),
    )
    for said in _notes(found):
        talk(f"  {said}")


def _notes(found: Replayed) -> list[str]:
    notes = [missed_sentence(found)]
    if found.in_hand:
        most = ", ".join(f"{queue} {count}" for queue, count in list(found.in_hand.items())[:6])
        more = f" and {len(found.in_hand) - 6} more" if len(found.in_hand) > 6 else ""
        notes.append(f"Cases that people have in hand at once, at most, as they did: {most}{more}")
    notes.append(
        f"Routing names the person who really took it in {100 * found.agreed:.0f} of 100 cases"
    )
    if found.left:
        notes.append(f"Nobody could take {found.left:,} of them at any time")
    notes.append(
        "Work, customers' waiting and replies are those there really were; calls and chats keep"
        " people busy and are not given out here"
    )
    return [note for note in notes if note]


def _show_weeks(found: Replayed) -> None:
    show_table(
        ("week of", "cases", "soon, model", "soon, really", "late reply, model", "really"),
        [
            (
                date.fromtimestamp(week.start + 43_200).isoformat(),
                f"{week.cases:,}",
                f"{week.predicted:.0%}",
                f"{week.actual:.0%}",
                _share(week.predicted_missed),
                _share(week.actual_missed),
            )
            for week in found.check.weeks
        ],
        right=("cases", "soon, model", "soon, really", "late reply, model", "really"),
    )


def _share(share: float) -> str:
    return "–" if math.isnan(share) else f"{share:.1%}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--replay {text}", "write a day as 2026-07-06") from error


def _as_json(found: Replayed) -> dict[str, Any]:
    def plain(value: float) -> float | None:
        return None if math.isnan(value) else round(value, 5)

    return {
        "is_reliable": found.check.is_reliable,
        "is_late_reply_reliable": found.check.is_missed_reliable,
        "said": [check_sentence(found.check), ground_sentence(found), verdict_sentence(found)],
        "queues": list(found.queues),
        "cases": found.cases,
        "people": found.people,
        "people_known_by": {kind.value: count for kind, count in found.known.items()},
        "agreed": plain(found.agreed),
        "nobody_could": found.left,
        "weeks": [
            {
                "cases": week.cases,
                "predicted": plain(week.predicted),
                "actual": plain(week.actual),
                "predicted_late": plain(week.predicted_missed),
                "actual_late": plain(week.actual_missed),
            }
            for week in found.check.weeks
        ],
        "numbers": [
            {
                "key": key,
                "was": plain(found.measured.get(key, math.nan)),
                **{
                    name: plain(getattr(moved, name))
                    for name in ("now", "then", "change", "low", "high")
                },
            }
            for key, moved in found.moved.items()
        ],
    }
