"""The form of a scenario: each lever with its value, what it was, and what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helmdesk.plan.simulation.scenario import WEEKDAYS

FULL_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Field:
    """One field of a lever.

    Attributes:
        kind: number, text or choice.
        choices: value and words, of a choice.
    """

    name: str
    label: str
    value: str
    kind: str = "text"
    low: str = ""
    high: str = ""
    empty: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Lever:
    """Fields that belong together, and what moving them stands for."""

    title: str
    note: str
    fields: tuple[Field, ...]

    @property
    def is_moved(self) -> bool:
        """Whether it is not as now."""
        return bool(self.fields[0].value)


def levers(
    given: Mapping[str, str], queues: Sequence[str], teams: Sequence[str]
) -> tuple[list[Lever], list[Lever]]:
    """Return the levers that stand open, and those behind "More levers".

    Args:
        queues: of the team; teams: the others.
    """

    def number(name: str, label: str, low: int, high: int) -> Field:
        return Field(name, label, given.get(name, ""), "number", str(low), str(high), "0")

    def text(name: str, label: str, empty: str) -> Field:
        return Field(name, label, given.get(name, ""), empty=empty)

    def choice(name: str, label: str, none: str, options: Sequence[tuple[str, str]]) -> Field:
        found = (("", none), *options)
        return Field(name, label, given.get(name, ""), "choice", choices=found)

    days = list(zip(WEEKDAYS, FULL_DAYS, strict=True))
    first = [
        Lever(
            "Lunch",
            "Meals are spread so that people are short least; nobody works more.",
            (text("meals", "Spread over", "as now; 11:30-14:30"),),
        ),
        Lever(
            "Shifts that begin later",
            "They end as much later.",
            (
                number("later", "Shifts a day", 0, 50),
                text("begin", "Begin at", "10:30"),
                choice("later_on", "On", "every day", days),
            ),
        ),
        Lever(
            "Shifts on another day",
            "From days with people to spare, by people who are free.",
            (number("swap", "Shifts a week", 0, 50), choice("swap_to", "To", "Monday", days)),
        ),
        Lever(
            "More people",
            "On every day on which others are there, without a meal.",
            (number("more", "People", 0, 50), text("hours", "At work", "10:00-14:00")),
        ),
        Lever("People away", "Each day others.", (number("away", "People", 0, 50),)),
    ]
    more = [
        Lever(
            "Contacts", "More or fewer than forecast.", (number("contacts", "Percent", -90, 100),)
        ),
        Lever(
            "Work on one contact",
            "A better help page makes it shorter.",
            (number("handle", "Percent longer or shorter", -90, 100),),
        ),
        Lever(
            "Opening hours",
            "Contacts at other times do not come.",
            (text("open", "Open", "as now; 8:00-18:00"),),
        ),
    ]
    if len(queues) > 1:
        names = [(queue, queue) for queue in queues]
        more.append(
            Lever(
                "Contacts to another queue",
                "Their work takes as long as work takes there.",
                (
                    number("moved", "Percent", 0, 100),
                    choice("moved_from", "From", "choose", names),
                    choice("moved_to", "To", "choose", names),
                ),
            )
        )
    if teams:
        names = [(team, team) for team in teams]
        more.append(
            Lever(
                "Two teams together",
                "Both take the contacts of both.",
                (choice("pool", "With", "nobody", names),),
            )
        )
    return first, more
