"""``helmdesk schedule``: a team's week, its gaps and its rules; filled, read, saved, published."""

from __future__ import annotations

import getpass
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import click
import numpy as np

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import show_table, talk
from helmdesk.cli.planning import known_on_site, read_day, show_day, show_minute
from helmdesk.cli.progress import Progress
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError, UsageError, nearest
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.shifts.gaps import short_spans
from helmdesk.plan.shifts.publish import calendar_of, events_of, read_sheet, sheet_of
from helmdesk.plan.shifts.roster import Roster, make_roster, why_short
from helmdesk.plan.shifts.rules import Breach, Person, Rules, breaches, pattern_of
from helmdesk.plan.shifts.week import Week
from helmdesk.plan.simulation.people import Shift, at_work
from helmdesk.plan.simulation.scenario import read_time

MOST_GAPS = 10


@click.command(
    "schedule",
    epilog="\b\nExamples:\n"
    '  helmdesk schedule --team "Frontline Berlin" --start 2026-07-06\n'
    "  helmdesk schedule --fill --away hugo=2026-07-08 --csv week.csv\n"
    "  helmdesk schedule --read week.csv --publish",
)
@desk_option
@click.option("--team", default="", metavar="NAME", help="Whose week; the busiest where left out.")
@click.option("--start", metavar="DAY", help="First day; the day after the data where left out.")
@click.option(
    "--days", type=click.IntRange(1, 28), default=7, show_default=True, help="How many days."
)
@click.option("--fill", "is_filled", is_flag=True, help="Plan anew; what need not change stays.")
@click.option(
    "--read", "sheet", type=click.Path(path_type=Path), help="Shifts of this CSV instead."
)
@click.option("--away", multiple=True, metavar="PERSON=DAY", help="Not available; repeatable.")
@click.option("--rest-hours", type=float, metavar="HOURS", help="Between two shifts; 11.")
@click.option("--days-in-a-row", type=int, metavar="N", help="Worked at most; 6.")
@click.option("--hours-a-week", type=float, metavar="HOURS", help="Paid at most; 48.")
@click.option("--from", "earliest", metavar="TIME", help="No shift begins before: 8:00.")
@click.option("--until", "latest", metavar="TIME", help="No shift ends after: 20:00.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Save as a spreadsheet.")
@click.option("--ics", "ics_folder", type=click.Path(path_type=Path), help="A calendar each, here.")
@click.option("--publish", "is_published", is_flag=True, help="Tell it to the records.")
@click.option("--json", "is_json", is_flag=True, help="As JSON.")
def command(
    desk_path: str | None,
    team: str,
    start: str | None,
    days: int,
    is_filled: bool,
    sheet: Path | None,
    away: tuple[str, ...],
    rest_hours: float | None,
    days_in_a_row: int | None,
    hours_a_week: float | None,
    earliest: str | None,
    latest: str | None,
    csv_file: Path | None,
    ics_folder: Path | None,
    is_published: bool,
    is_json: bool,
) -> None:
    """Show who works when, where people are short and why, and which rules of work are broken.

    As planned; or filled so that people are short as little as can be and no rule is broken; or as
    a spreadsheet says. Published, adherence, utilization and coverage go by it.
    """
    if is_filled and sheet:
        raise UsageError("--fill and --read", "choose one")
    rules = _rules(rest_hours, days_in_a_row, hours_a_week, earliest, latest)
    desk = open_desk(desk_path)
    known = known_on_site(desk)
    with Progress() as progress:
        progress("forecasting, and reading who is planned")
        week = desk.plan.week(team, start=read_day("--start", start), days=days, factors=known)
        members = _members(week, away)
        shifts: Sequence[Shift] = week.shifts
        if sheet is not None:
            shifts = _read(week, sheet)
        if is_filled:
            progress("planning the days anew")
            shifts = _fill(week, members, rules).shifts
    broken = breaches(shifts, rules, {person.name: person for person in members})
    _save(desk, week, shifts, csv_file, ics_folder)
    told = _publish(desk, week, shifts, broken) if is_published else ""
    if is_json:
        click.echo(json.dumps(_as_json(week, shifts, broken), indent=2, ensure_ascii=False))
    else:
        _show(week, shifts, members, rules, broken)
    if told:
        talk(told)


def _rules(
    rest_hours: float | None,
    days_in_a_row: int | None,
    hours_a_week: float | None,
    earliest: str | None,
    latest: str | None,
) -> Rules:
    given: dict[str, Any] = {
        "rest_hours": rest_hours,
        "days_in_a_row": days_in_a_row,
        "hours_a_week": hours_a_week,
        "earliest": read_time("--from", earliest) if earliest else None,
        "latest": read_time("--until", latest) if latest else None,
    }
    return Rules(**{name: value for name, value in given.items() if value is not None})


def _person(week: Week, said: str) -> str:
    """Return the identity of somebody of the team, by it or by name."""
    by_name = {name.casefold(): person for person, name in week.names.items()}
    known = {person.name for person in week.people}
    found = said if said in known else by_name.get(said.casefold(), "")
    if found not in known:
        names = [week.names.get(person, person) for person in sorted(known)]
        raise UsageError(
            f"'{said[:40]}' is not one of this team{nearest(said, names)}",
            f"there are: {', '.join(names[:20])}",
        )
    return found


def _members(week: Week, away: Sequence[str]) -> list[Person]:
    off: dict[str, set[int]] = {}
    for text in away:
        who, equals, day_text = text.partition("=")
        day = read_day("--away", day_text) if equals else None
        if day is None:
            raise UsageError(f"--away {text}", "write PERSON=DAY, as hugo=2026-07-08")
        number = (day - week.first_day).days
        if not 0 <= number < week.need.shape[0]:
            raise UsageError(f"--away {text}: not one of these days", "look at --start and --days")
        off.setdefault(_person(week, who.strip()), set()).add(number)
    return [
        replace(person, off=person.off | frozenset(off.get(person.name, ())))
        for person in week.people
    ]


def _read(week: Week, sheet: Path) -> list[Shift]:
    try:
        content = sheet.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{sheet}: cannot be read as text", "give a CSV (UTF-8)") from error
    shifts, problems = read_sheet(content, week.first_day, week.need.shape[0])
    if problems:
        raise InputError(f"{sheet}: {'; '.join(problems[:3])}", "mend these lines")
    queues = tuple(range(len(week.coverage.crew.queues)))
    if not shifts:
        raise InputError(f"{sheet}: no shift of these days", "look at --start and --days")
    return [replace(each, person=_person(week, each.person), queues=queues) for each in shifts]


def _fill(week: Week, members: Sequence[Person], rules: Rules) -> Roster:
    known = {person.name: person for person in members}
    return make_roster(
        week.need,
        week.interval_minutes,
        members,
        rules,
        current=[shift for shift in week.shifts if shift.day not in known[shift.person].off],
        first_weekday=week.first_day.weekday(),
        queues=tuple(range(len(week.coverage.crew.queues))),
    )


def _people(week: Week, shifts: Sequence[Shift]) -> Array:
    return at_work(shifts, week.need.shape[0], week.interval_minutes)


def _show(
    week: Week,
    shifts: Sequence[Shift],
    members: Sequence[Person],
    rules: Rules,
    broken: Sequence[Breach],
) -> None:
    days = [week.first_day + timedelta(days=i) for i in range(week.need.shape[0])]
    talk(f"{week.coverage.crew.name}, {show_day(days[0])} to {show_day(days[-1])}")
    if week.planned_as_on and shifts is week.shifts:
        talk(f"no shifts are planned for these days: as last planned, from {week.planned_as_on} on")
    if not shifts:
        talk("nobody is planned yet; plan them with --fill")
    by_key = {(shift.person, shift.day): shift for shift in shifts}
    rows = []
    for person in sorted(members, key=lambda p: week.names.get(p.name, p.name).casefold()):
        cells = [
            _cell(by_key.get((person.name, day)), is_off=day in person.off)
            for day in range(len(days))
        ]
        hours = sum(s.paid_minutes for s in shifts if s.person == person.name) / 60
        rows.append((week.names.get(person.name, person.name), *cells, f"{hours:g}"))
    show_table(
        ("person", *(f"{day:%a} {day.day}" for day in days), "paid hours"),
        rows,
        right=("paid hours",),
    )
    _show_gaps(week, shifts, members, rules, days)
    for each in broken:
        name = week.names.get(each.person, each.person)
        talk(f"  breaks a rule: {name}, {show_day(days[each.day])}: {each.rule}")


def _cell(shift: Shift | None, *, is_off: bool) -> str:
    if shift is None:
        return "away" if is_off else "-"
    return f"{show_minute(shift.start)}-{show_minute(shift.end)}"


def _show_gaps(
    week: Week,
    shifts: Sequence[Shift],
    members: Sequence[Person],
    rules: Rules,
    days: Sequence[date],
) -> None:
    people = _people(week, shifts)
    spare = np.floor(people + 1e-6) - week.need
    spans = short_spans(spare, week.interval_minutes)
    hours = float(np.maximum(-spare, 0).sum()) * week.interval_minutes / 60
    if not spans:
        talk("enough people in every interval")
        return
    talk(f"short by {hours:g} hours of people:")
    made = Roster(tuple(shifts), {}, week.need, people, week.interval_minutes)
    pattern = pattern_of(shifts)
    for span in spans[:MOST_GAPS]:
        why = why_short(made, members, rules, pattern, span.day, span.start)
        talk(
            f"  {show_day(days[span.day])}, {show_minute(span.start)} to {show_minute(span.end)}:"
            f" short by {span.people}. {why}"
        )
    if len(spans) > MOST_GAPS:
        talk(f"  and {len(spans) - MOST_GAPS} more, each shorter")


def _save(
    desk: Desk,
    week: Week,
    shifts: Sequence[Shift],
    csv_file: Path | None,
    ics_folder: Path | None,
) -> None:
    if csv_file is not None:
        csv_file.write_text(sheet_of(shifts, week.first_day, week.names), encoding="utf-8")
        talk(f"saved as {csv_file}")
    if ics_folder is None:
        return
    ics_folder.mkdir(parents=True, exist_ok=True)
    zone, people = ZoneInfo(desk.settings.time_zone), sorted({s.person for s in shifts})
    for number, person in enumerate(people, 1):
        mine = [shift for shift in shifts if shift.person == person]
        name = week.names.get(person, person)
        body = calendar_of(mine, week.first_day, zone, f"Shifts of {name}", datetime.now(UTC))
        safe = "".join(c if c.isalnum() or c in "-_" else "-" for c in person)
        # Two people may be called alike once letters are left out: the number tells them apart.
        file = ics_folder / f"shifts-{week.first_day}-{number:03d}-{safe}.ics"
        file.write_text(body, encoding="utf-8", newline="")
    talk(f"{len(people)} calendars in {ics_folder}")


def _publish(desk: Desk, week: Week, shifts: Sequence[Shift], broken: Sequence[Breach]) -> str:
    """Tell the plan to the records, and return what was done."""
    from helmdesk.sources.helmdesk import source
    from helmdesk.sources.parts.source import Options

    if broken:
        raise UsageError(
            f"{len(broken)} rules are broken",
            "mend the shifts, or change the rules, before the plan is published",
        )
    before = week.shifts if week.planned_as_on is None else ()
    version = uuid4().hex[:12]
    zone = ZoneInfo(desk.settings.time_zone)
    told = events_of(before, shifts, week.keys, week.first_day, zone, getpass.getuser(), version)
    if not told:
        return "nothing has changed since it was published"
    at = datetime.now(UTC).isoformat()
    with TemporaryDirectory() as folder, Progress() as progress:
        file = Path(folder) / "events.jsonl"
        rows = [
            {"id": f"plan:{version}:{n}", "at": at, "type": kind, **said}
            for n, (kind, said) in enumerate(told)
        ]
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        desk.load_with(
            lambda staging: source.read(staging, [file], Options()),
            source.name,
            f"plan:{version}",
            accepts_quarantine=True,
            on_step=progress,
        )
    people = len({said["agent_id"] for _, said in told})
    return f"published: the plan of {people} {'person' if people == 1 else 'people'} has changed"


def _as_json(week: Week, shifts: Sequence[Shift], broken: Sequence[Breach]) -> dict[str, Any]:
    spare = np.floor(_people(week, shifts) + 1e-6) - week.need
    first = week.first_day
    return {
        "team": week.coverage.crew.name,
        "first_day": first.isoformat(),
        "shifts": [
            {
                "person": shift.person,
                "name": week.names.get(shift.person, shift.person),
                "day": (first + timedelta(days=shift.day)).isoformat(),
                "start": show_minute(shift.start),
                "end": show_minute(shift.end),
                "meals": [[show_minute(a), show_minute(b)] for a, b in shift.meals],
                "breaks": [[show_minute(a), show_minute(b)] for a, b in shift.breaks],
            }
            for shift in shifts
        ],
        "short": [
            {
                "day": (first + timedelta(days=span.day)).isoformat(),
                "start": show_minute(span.start),
                "end": show_minute(span.end),
                "people": span.people,
            }
            for span in short_spans(spare, week.interval_minutes)
        ],
        "broken_rules": [
            {
                "person": each.person,
                "day": (first + timedelta(days=each.day)).isoformat(),
                "rule": each.rule,
            }
            for each in broken
        ],
    }
