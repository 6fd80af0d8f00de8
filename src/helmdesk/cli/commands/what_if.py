"""``helmdesk what-if``: what a change would do, and how right such answers have been."""

from __future__ import annotations

import json
from typing import Any

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import show_table, talk
from helmdesk.cli.planning import known_on_site, read_day
from helmdesk.cli.progress import Progress
from helmdesk.plan.planner import Conditions
from helmdesk.plan.simulation.back_test import BackTest
from helmdesk.plan.simulation.scenario import Scenario, scenario_of
from helmdesk.plan.simulation.tape import Habits
from helmdesk.plan.simulation.what_if import Answer
from helmdesk.plan.simulation.words import rows_of, sentence

# Option, name of the lever, how it is written, what it does.
LEVERS: tuple[tuple[str, str, str, str], ...] = (
    ("--lunch", "meals", "FROM-TO", "Spread meals over these hours: 11:30-14:30."),
    ("--later", "later", "N", "So many shifts a day begin at --begin instead."),
    ("--begin", "begin", "TIME", "When they begin: 10:30."),
    ("--on", "later_on", "DAY", "Only on this weekday: mon, tue ..."),
    ("--move-shifts", "swap", "N", "So many shifts a week are worked on --to instead."),
    ("--to", "swap_to", "DAY", "The weekday they move to."),
    ("--more", "more", "N", "So many people more, at --hours."),
    ("--hours", "hours", "FROM-TO", "When they are there: 10:00-14:00."),
    ("--away", "away", "N", "So many people away every day."),
    ("--contacts", "contacts", "PERCENT", "More or fewer contacts: 20 or -10."),
    ("--work", "handle", "PERCENT", "Longer or shorter work on one contact: -10."),
    ("--move-contacts", "moved", "PERCENT", "So many of --from-queue come to --to-queue."),
    ("--from-queue", "moved_from", "NAME", "The queue they leave."),
    ("--to-queue", "moved_to", "NAME", "The queue they come to."),
    ("--open", "open", "FROM-TO", "Take contacts only then: 8:00-17:00."),
    ("--pool", "pool", "TEAM", "Another team; both take the contacts of both."),
)


def _levers(function: Any) -> Any:
    for option, name, metavar, words in reversed(LEVERS):
        function = click.option(option, f"lever_{name}", metavar=metavar, help=words)(function)
    return function


@click.command(
    "what-if",
    epilog='Example: helmdesk what-if --team "Frontline Berlin" --lunch 11:30-14:30 --later 2',
)
@desk_option
@click.option("--team", default="", metavar="NAME", help="Whose work; the busiest where left out.")
@click.option(
    "--start", metavar="DAY", help="First day of the week tried; the next where left out."
)
@_levers
@click.option("--handle-seconds", type=float, metavar="SECONDS", help="Work, where not recorded.")
@click.option("--patience", type=float, metavar="SECONDS", help="Mean time until one gives up.")
@click.option(
    "--weeks",
    type=click.IntRange(2, 400),
    default=20,
    show_default=True,
    help="Weeks lived through.",
)
@click.option("--back-test", "is_back_test", is_flag=True, help="Show how right past weeks were.")
@click.option("--json", "is_json", is_flag=True, help="As JSON.")
def command(
    desk_path: str | None,
    team: str,
    start: str | None,
    handle_seconds: float | None,
    patience: float | None,
    weeks: int,
    is_back_test: bool,
    is_json: bool,
    **levers: str | None,
) -> None:
    """Try a change on the same contacts with and without it.

    Before any number it says how right the model was on the last weeks, with what really came and
    who was really there.
    """
    scenario = scenario_of(
        {name.removeprefix("lever_"): text or "" for name, text in levers.items()}
    )
    desk = open_desk(desk_path)
    known = known_on_site(desk)
    with Progress() as progress:
        progress("checking the model on past weeks")
        test = desk.plan.back_test(team)
        answer = None
        if not (is_back_test and scenario.is_nothing):
            progress(f"living through {weeks} weeks, with the change and without")
            answer = desk.plan.what_if(
                scenario,
                team,
                start=read_day("--start", start),
                conditions=Conditions(handle_seconds, patience),
                factors=known,
                weeks=weeks,
            )
    if is_json:
        click.echo(json.dumps(_as_json(test, answer), indent=2, ensure_ascii=False))
        return
    talk(test.sentence)
    if is_back_test:
        _show_back_test(test)
    if answer is not None:
        ground = desk.plan.ground(team, start=read_day("--start", start), factors=known, weeks=2)
        _show(answer, scenario, ground.habits)
        for said in ground.assumptions:
            talk(f"  {said}")


def _show(answer: Answer, scenario: Scenario, habits: tuple[Habits, ...]) -> None:
    talk(scenario.sentence)
    talk(f"{sentence(answer, habits)} ({answer.weeks} weeks lived through)")
    show_table(
        ("number", "now", "then", "change", "likely"),
        [(row.name, row.now, row.then, row.change, row.likely) for row in rows_of(answer)],
        right=("now", "then", "change", "likely"),
    )


def _show_back_test(test: BackTest) -> None:
    show_table(
        ("week of", "contacts", "service level, model", "measured", "missed, model", "measured"),
        [
            (
                str(week.start),
                f"{week.contacts:,}",
                f"{week.predicted:.1%}",
                f"{week.actual:.1%}",
                f"{week.predicted_missed:.1%}",
                f"{week.actual_missed:.1%}",
            )
            for week in test.shown
        ],
        right=("contacts", "service level, model", "measured", "missed, model"),
    )


def _as_json(test: BackTest, answer: Answer | None) -> dict[str, Any]:
    return {
        "back_test": {
            "is_reliable": test.is_reliable,
            "said": test.sentence,
            "weeks": [
                {
                    "start": week.start.isoformat(),
                    "contacts": week.contacts,
                    "predicted": round(week.predicted, 4),
                    "actual": round(week.actual, 4),
                }
                for week in test.shown
            ],
        },
        "scenario": answer.scenario.as_query() if answer else None,
        "weeks": answer.weeks if answer else None,
        "numbers": [
            {
                "key": moved.key,
                **{
                    name: round(getattr(moved, name), 5)
                    for name in ("now", "then", "change", "low", "high")
                },
            }
            for moved in (answer.moved.values() if answer else ())
        ],
    }
