"""What a reader of numbers must know: what the records lack or what had to be assumed, each with
its mend.

Said after a load, by ``helmdesk doctor``, on the page of the data's health and beside the numbers
it touches.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from helmdesk.engines.engine import Engine
from helmdesk.settings import Settings

CALENDARS = "calendars"
ROTAS = "rotas"
ENDS = "ends of tickets"
FACTS = {
    CALENDARS: ("sla_clocks", "contacts"),
    ROTAS: ("agent_time",),
    ENDS: ("tickets", "intervals", "ticket_episodes"),
}
LOAD_DEFINITIONS = (
    "load it with the export that holds it, or describe it: helmdesk load definitions FILE"
    " (docs/definitions.md)"
)


@dataclass(frozen=True)
class Concern:
    """One thing that numbers rest on and that is not as it should be.

    Attributes:
        about: what it touches.
        detail: what was found, with its count.
        mend: what to do.
    """

    about: str
    detail: str
    mend: str

    def touches(self, fact: str, clock: str) -> bool:
        """Whether numbers on one fact, by one clock, rest on this."""
        return fact in FACTS[self.about] or (self.about == CALENDARS and clock != "calendar")

    def __str__(self) -> str:
        return f"{self.detail}; {self.mend}"


def find_concerns(engine: Engine, settings: Settings) -> list[Concern]:
    """Return what is to be known about the mart that `engine` has open."""
    return [
        *_default_calendar(engine, settings),
        *_missing_calendars(engine),
        *_holidays(engine),
        *_never_logged_off(engine, settings),
        *_closed_without_a_time(engine),
    ]


def _default_calendar(engine: Engine, settings: Settings) -> Iterator[Concern]:
    calendars = engine.ask("select entity_id, name from latest_calendars order by entity_id")
    ((default,),) = engine.ask("select default_calendar from watermark")
    if not calendars:
        if settings.default_calendar:
            yield Concern(
                CALENDARS,
                f"default_calendar is '{settings.default_calendar}', but no calendar is loaded:"
                " nothing has business time",
                LOAD_DEFINITIONS,
            )
        return
    if default is not None:
        return
    ((tickets, bare),) = engine.ask(
        "select (select count(*) from tickets), (select count(distinct ticket_id) from"
        " ticket_states where calendar_id is null)"
    )
    ((calls, always),) = engine.ask(
        "select count(*), count_if(q.calendar_id is null) from legs l left join queue_versions q on"
        " q.entity_id = l.queue_id and q.is_latest"
    )
    if (tickets or calls) and not (bare or always):
        return
    lacking = [
        *(
            [f"{bare:,} of {tickets:,} tickets have no business time for all or part of their life"]
            if bare
            else []
        ),
        *(
            [f"{always:,} of {calls:,} calls count as within opening hours at any hour"]
            if always
            else []
        ),
    ]
    named = ", ".join(
        each if name in (None, each) else f"{each} ({name})" for each, name in calendars
    )
    yield Concern(
        CALENDARS,
        f"default_calendar is not set and {len(calendars)} calendars are loaded: {named}"
        + (
            f"; {' and '.join(lacking)}, because neither they nor their team or queue name a"
            " calendar"
            if lacking
            else ""
        ),
        f'set default_calendar = "{calendars[0][0]}" (or another of them) in helmdesk.toml, then:'
        " helmdesk refresh",
    )


def _missing_calendars(engine: Engine) -> Iterator[Concern]:
    """Calendars that somebody names and nobody loaded: time under them is unknown, not counted by
    another calendar.
    """
    named: dict[str, list[str]] = defaultdict(list)
    for calendar, tickets in engine.ask(
        "select missing_calendar_id, count(distinct ticket_id) from ticket_states where"
        " missing_calendar_id is not null group by missing_calendar_id"
    ):
        named[calendar].append(f"{tickets:,} tickets, which have no business time")
    for kind, table in (
        ("team", "latest_teams"),
        ("queue", "latest_queues"),
        ("SLA policy", "latest_sla_policies"),
    ):
        for calendar, entity in engine.ask(
            f"select calendar_id, coalesce(name, entity_id) from {table} where calendar_id is not"
            " null and calendar_id not in (select entity_id from latest_calendars) order by"
            " entity_id"
        ):
            named[calendar].append(f"{kind} {entity}")
    for calendar, by in sorted(named.items()):
        shown = ", ".join(by[:4]) + (f" and {len(by) - 4} more" if len(by) > 4 else "")
        yield Concern(
            CALENDARS,
            f"calendar '{calendar}' is not loaded, but named by {shown}",
            LOAD_DEFINITIONS,
        )


def _holidays(engine: Engine) -> Iterator[Concern]:
    ((first, last),) = engine.ask(
        "select coalesce(min(earliest) filter (where is_observed), min(earliest)), max(latest)"
        " filter (where is_observed) from record_types where is_dated"
    )
    if first is None or last is None:
        return
    for calendar, definition in engine.ask(
        "select entity_id, definition from latest_calendars order by entity_id"
    ):
        known = json.loads(definition).get("holiday_years")
        if known and not (known[0] <= first.year and last.year <= known[1]):
            yield Concern(
                CALENDARS,
                f"calendar {calendar} knows public holidays of {known[0]} to {known[1]}, the data"
                f" reach from {first.year} to {last.year}: in the other years every holiday is a"
                " working day",
                "widen 'years' in its definition where it is given, or add the days to 'closed',"
                " and load the file again",
            )


def _never_logged_off(engine: Engine, settings: Settings) -> Iterator[Concern]:
    hours = settings.longest_state_hours
    ends = {
        True: "at the end of the shift they began in",
        False: f"after {hours} hours (longest_state_hours), no shift being near",
    }
    for is_by_shift, stretches, agents in engine.ask(
        "select is_ended_by_shift, count(*), count(distinct agent_id) from agent_states where"
        " is_end_assumed group by is_ended_by_shift order by 1 desc"
    ):
        yield Concern(
            ROTAS,
            f"{stretches:,} stretches of {agents:,} agents were taken to end {ends[is_by_shift]},"
            " because nobody logged off",
            (
                "see that people log off, or the system logs them off"
                if is_by_shift
                else "load the roster, or see that people log off"
            ),
        )


def _closed_without_a_time(engine: Engine) -> Iterator[Concern]:
    ((tickets, closed),) = engine.ask(
        "select count(*), count_if(last_solved_at is null) from tickets where is_counted"
    )
    if closed:
        yield Concern(
            ENDS,
            f"{closed:,} of {tickets:,} tickets are closed, but nothing says since when: they are"
            " not in the backlog and in no duration",
            "load the column with the time they were solved or closed",
        )
