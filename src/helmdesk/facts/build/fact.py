"""What a fact is: one table, one grain, its dimensions; and how all facts are found."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from helmdesk.modules import module_names

if TYPE_CHECKING:
    from helmdesk.engines.engine import Engine

CUSTOM = "custom."


@dataclass(frozen=True)
class Dimension:
    """A way to slice a fact.

    Attributes:
        name: the word users write.
        column: column or expression of the fact, or a local part of the metric's own anchor
        ("hour", "weekday"). help: one line. kind: "text" or "number". is_person: values are people:
        never ranked, small groups marked. is_of_ticket: an attribute of the ticket that facts about
        tickets look up rather than repeat.
    """

    name: str
    column: str
    help: str
    kind: str = "text"
    is_person: bool = False
    is_of_ticket: bool = False


@dataclass(frozen=True)
class View:
    """Nothing is stored: it is as new as what it is computed from."""


@dataclass(frozen=True)
class ByTicket:
    """The rows of every ticket that new records touch are computed again; its key is the ticket."""


@dataclass(frozen=True)
class ByKey:
    """Rows are computed again whose key is in a table.

    Attributes:
        touched: the table, which the refresh makes from what is new.
    """

    touched: str


@dataclass(frozen=True)
class Whole:
    """It is made again whole when records of its families are new.

    Attributes:
        with_time: also when the end of the data moves, while this table has rows.
        with_tickets: also when tickets change, while it has rows itself.
    """

    with_time: str = ""
    with_tickets: bool = False


@dataclass(frozen=True)
class BySteps:
    """The refresh has steps of its own for it.

    Attributes:
        why: what none of the other ways can say.
    """

    why: str


Refresh = View | ByTicket | ByKey | Whole | BySteps


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One table of the mart.

    Attributes:
        name: table name.
        grain: what one row is, in words.
        refresh: how it follows new records, see `helmdesk.facts.build.incremental`.
        families: of the records that `sql` reads.
        refers: columns that hold the id of an entity, by its kind: an id found in none of them
        changes nothing that exists. dated: the column that dates its rows, where the earliest of
        them bounds what is known. is_planned_ahead: its rows may lie after the end of the data, as
        planned shifts do; they have not happened, and no number has them. is_internal: what
        other facts rest on and no metric reads; kept out of
        the mart. key: column whose values say which rows a change of records touches; none:
        the whole table is made again. sql: house SQL that gives the table from record views,
        look-ups and facts it depends on. only_if: house SQL of a query without whose rows this
        table is empty, or what `otherwise` gives: then `sql` is not run. otherwise: house SQL of
        the simpler table in that case; none: the table is empty. is_rare: a view that few questions
        need: made when one does, not with every mart. depends: facts that must exist before.
        dimensions: by which metrics on it can be sliced and filtered. at_instant: columns of a
        drill-down that depend on the instant asked, as expressions over the fact and ``instant``.
        beside: a fact whose rows alive at the instant lend a drill-down columns: its name, and
        those columns. prepare: makes what `sql` reads and no SQL can say, such as rules that users
        wrote.
    """

    name: str
    grain: str
    sql: str
    refresh: Refresh
    families: tuple[str, ...]
    refers: Mapping[str, str] = field(default_factory=dict)
    dated: str = ""
    is_planned_ahead: bool = False
    is_internal: bool = False
    key: str = ""
    depends: tuple[str, ...] = ()
    is_rare: bool = False
    only_if: str = ""
    otherwise: str = ""
    dimensions: tuple[Dimension, ...] = ()
    at_instant: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, tuple[str, ...]] | None = None
    prepare: Callable[[Engine], None] | None = None

    @property
    def is_view(self) -> bool:
        """Whether it is computed from other facts when asked, because storing it would only repeat
        them.
        """
        return isinstance(self.refresh, View)


TIME_DIMENSIONS = (
    Dimension("hour", "hour", "local hour of the metric's anchor, 0 to 23", "number"),
    Dimension("weekday", "weekday", "local weekday of the metric's anchor, 1 = Monday", "number"),
)

TICKET_DIMENSIONS = (
    Dimension("channel", "channel", "where the customer wrote or called"),
    Dimension("team", "team", "team at the solve, or the present team of an open ticket"),
    Dimension("agent", "agent", "assignee at the solve, or the present assignee", is_person=True),
    Dimension("priority", "priority", "priority, latest"),
    Dimension("severity", "severity", "severity given at creation"),
    Dimension("issue_type", "issue_type", "what it is about, latest"),
    Dimension(
        "theme",
        "theme",
        "what it is mostly about, by the words of its subject and of the customer's first message",
        is_of_ticket=True,
    ),
    Dimension("customer", "customer_id", "who asked", is_person=True),
    Dimension("account", "account", "customer's company, as of creation"),
    Dimension("tier", "tier", "account's tier, as of creation"),
    Dimension("region", "region", "account's or ticket's region, as of creation"),
    Dimension("contract", "contract_id", "account's contract, as of creation", is_of_ticket=True),
    Dimension(
        "tenure", "tenure", "how long the assignee had been there at creation", is_of_ticket=True
    ),
    Dimension(
        "reassigned",
        "case when transfers > 0 or escalations > 0 then 'yes' else 'no' end",
        "whether it passed from hand to hand",
        is_of_ticket=True,
    ),
    Dimension(
        "first_queue",
        "first_queue",
        "queue of the first contact, else the first team",
        is_of_ticket=True,
    ),
    Dimension(
        "waiting",
        "case when waiting_since is null then 'no' else 'yes' end",
        "whether its customer waits for us",
        is_of_ticket=True,
    ),
    Dimension(
        "outcome",
        "coalesce(outcome, 'open')",
        "how it ended: solved, declined, cancelled, duplicate, invalid, unsolved, auto_closed; else"
        " open",
        is_of_ticket=True,
    ),
    Dimension("source", "source", "system the record came from"),
    *TIME_DIMENSIONS,
)
"""Besides these, ``custom.NAME`` slices by any further field that the source kept with its tickets.
"""


@functools.cache
def load_facts() -> Mapping[str, Fact]:
    """Return all facts by name, in an order in which each follows those it depends on."""
    facts: list[Fact] = [
        importlib.import_module(f"helmdesk.facts.{name}").fact
        for name in module_names("helmdesk.facts")
    ]
    found = {fact.name: fact for fact in facts}
    ordered: dict[str, Fact] = {}

    def place(name: str) -> None:
        for earlier in found[name].depends:
            place(earlier)
        ordered.setdefault(name, found[name])

    for name in sorted(found):
        place(name)
    return ordered
