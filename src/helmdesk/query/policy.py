"""Who asks: the rows, names and values that one reader may see, and what is refused to everybody
else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from helmdesk.errors import NotPermittedError
from helmdesk.facts.build.fact import CUSTOM
from helmdesk.query.filters import Compare, Filter, dimensions_used

# Columns that say who did it or whose it was, also inside a longer text.
PERSONS = frozenset(
    {"agent", "agent_id", "owner", "actor_id", "customer", "customer_id", "stretch_id"}
)
# Columns that say what somebody pays or earns.
MONEY = frozenset({"contract_value", "amount", "cost", "cost_rate", "fixed_cost"})


@dataclass(frozen=True)
class Policy:
    """Who asks, as what is compiled into every query. What is not said restricts nothing, so
    none is made without a name, and none is taken for granted anywhere.

    Attributes:
        name: shown in receipts.
        predicate: rows outside it do not exist for this reader.
        names: dimensions and columns this reader may see; None: all. What is not named here is
        refused, known or not. metrics: metrics this reader may ask for; None: all. may_see_money:
        whether costs and what contracts are worth may be seen. may_compare_people: whether values
        that judge people may be asked for one person, or of fewer than five. agent: the reader's
        own name in the records; empty for who does no such work. impersonal: fields kept by sources
        that somebody declared to hold no people's names.
    """

    name: str
    predicate: Filter | None = None
    names: frozenset[str] | None = None
    metrics: frozenset[str] | None = None
    may_see_money: bool = True
    may_compare_people: bool = True
    agent: str = ""
    impersonal: frozenset[str] = frozenset()

    def digest(self) -> str:
        """Return the policy's identity for cache keys and receipts."""
        parts = [
            sorted(value) if isinstance(value, frozenset) else value
            for value in vars(self).values()
        ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]

    def may_see(self, name: str) -> bool:
        """Whether a dimension or a column of rows may be seen."""
        return (self.names is None or name in self.names) and (
            self.may_see_money or name not in MONEY
        )

    def shown(self, names: Iterable[str], *, is_judged: bool = False) -> list[str]:
        """Return those columns of rows that may be seen; rows that judge somebody's work say whose
        it was to that person alone.
        """
        is_open = not is_judged or self.may_compare_people or self.is_of_one_self
        return [name for name in names if self.may_see(name) and (is_open or name not in PERSONS)]

    @property
    def is_outsider(self) -> bool:
        """Whether this reader is no colleague of the support team: shown named things only, and
        nothing it notes among itself.
        """
        return self.names is not None

    @property
    def is_of_one_self(self) -> bool:
        """Whether this reader sees nothing but work of their own."""
        return bool(self.agent) and self.predicate == Compare("agent", "=", self.agent)

    def check_names(self, by: Iterable[str], where: Filter | None) -> None:
        """Refuse to group or filter by what may not be seen, whether or not there is such a thing.

        Raises:
            NotPermittedError: the first such name.
        """
        for name in (*by, *sorted(dimensions_used(where) if where else ())):
            if not self.may_see(name):
                raise NotPermittedError(f"you may not ask by {name}")

    def may_hold_people(self, name: str) -> bool:
        """Whether a dimension is a field of a source that nobody declared to be without people."""
        return name.startswith(CUSTOM) and name.removeprefix(CUSTOM) not in self.impersonal


# The owner of the machine, in a notebook or on the command line: sees everything.
OWNER = Policy("owner")
