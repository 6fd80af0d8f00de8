"""Rules that most support desks want, ready to be tried: what each is for, and what it watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helmdesk.insight.alerts import Kind, Watch

HOUR, DAY = 3600.0, 86_400.0


@dataclass(frozen=True)
class Template:
    """A rule to begin with.

    Attributes:
        title: what it is for.
        watch: with levels that a desk will want to change.
    """

    title: str
    watch: Watch

    @property
    def needs(self) -> str:
        """The metric that has to be recorded; empty for none."""
        return self.watch.metric


def above(key: str, enter: float, leave: float, grain: str = "day", hold: int = 1) -> Watch:
    """Return a rule about values that are too high."""
    return Watch(Kind.LEVEL, key, grain=grain, enter=enter, leave=leave, hold=hold)


def below(key: str, enter: float, leave: float, grain: str = "week", hold: int = 1) -> Watch:
    """Return a rule about values that are too low."""
    return Watch(Kind.LEVEL, key, grain=grain, is_above=False, enter=enter, leave=leave, hold=hold)


TEMPLATES: tuple[Template, ...] = (
    Template("Satisfaction turns for the worse", Watch(Kind.VERDICT, "csat")),
    Template("First replies get slower", Watch(Kind.VERDICT, "first_response_time")),
    Template("Promises are being broken", Watch(Kind.VERDICT, "sla_compliance")),
    Template("Callers wait too long", above("average_speed_of_answer", 120, 60)),
    Template("Callers give up", above("missed_contact_rate", 0.08, 0.05)),
    Template("The backlog grows old", above("backlog_age", 5 * DAY, 3 * DAY)),
    Template("The team is over-worked for weeks", above("occupancy", 0.88, 0.85, "week", 3)),
    Template("Few customers answer the survey", below("csat_response_rate", 0.1, 0.12)),
    Template("Tickets come back", Watch(Kind.VERDICT, "reopen_rate")),
    Template("More is handed upwards", Watch(Kind.VERDICT, "escalation_rate")),
    Template("Accounts are in trouble", Watch(Kind.VERDICT, "account_health")),
    Template("Promises are about to be broken", Watch(Kind.PROMISES, enter=5, leave=2, hours=2)),
    Template("Next week is short of people", Watch(Kind.SHORTFALL, enter=8, leave=4)),
    Template("No data come any more", Watch(Kind.LATENESS, enter=36, leave=36)),
)


def fitting(is_recorded: Callable[[str], bool]) -> list[Template]:
    """Return the templates whose metric is recorded here."""
    return [each for each in TEMPLATES if not each.needs or is_recorded(each.needs)]
