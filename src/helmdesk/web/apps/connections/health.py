"""How live accounts are, for the page "Data health"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from helmdesk.desk.connections import Connections, Status
from helmdesk.errors import HelmdeskError
from helmdesk.web.apps.connections.jobs import is_under_way


@dataclass(frozen=True)
class Budget:
    """One limit of a system, and what the last run took of it.

    Attributes:
        most: requests in the busiest minute.
        allowed: requests a minute that the system allows.
    """

    name: str
    most: int
    allowed: float

    @property
    def share(self) -> float:
        """How much of what is allowed the busiest minute took."""
        return self.most / self.allowed


@dataclass(frozen=True)
class AccountHealth:
    """One live account.

    Attributes:
        title: its system.
        lag_seconds: for how long nothing is known of it; None before the first run was through.
        problem: why it cannot be brought into step.
    """

    name: str
    title: str
    status: Status | None
    lag_seconds: float | None
    budgets: tuple[Budget, ...]
    is_under_way: bool
    problem: str


def accounts(desk: Path) -> list[AccountHealth]:
    """Return how all live accounts of a desk are."""
    connections = Connections(desk)
    found = []
    for name in connections.names():
        status = connections.status(name)
        try:
            title, problem = connections.get(name).connector.title, ""
        except HelmdeskError as error:
            title, problem = "?", str(error)
        seen = status.seen_until if status else None
        found.append(
            AccountHealth(
                name,
                title,
                status,
                (datetime.now(UTC) - seen).total_seconds() if seen else None,
                tuple(
                    Budget(budget, most, allowed)
                    for budget, (_, most, allowed) in (status.requests if status else {}).items()
                ),
                is_under_way(name),
                problem or (status.problem if status else ""),
            )
        )
    return found
