"""How live accounts are, for the page "Data health"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from helmdesk.desk.connections import Connections, Status
from helmdesk.desk.desk import Desk
from helmdesk.desk.sync import count_tickets
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
        system, title: whose account it is, and what people call that.
        said: where it is, without its secrets.
        since: first day to fetch; empty for all.
        is_paused: whether nothing is fetched until somebody says so.
        lag_seconds: for how long nothing is known of it; None before the first run was through.
        problem: why it cannot be brought into step.
    """

    name: str
    system: str
    title: str
    said: Mapping[str, str]
    since: str
    is_paused: bool
    status: Status | None
    lag_seconds: float | None
    budgets: tuple[Budget, ...]
    is_under_way: bool
    problem: str


@dataclass(frozen=True)
class Progress:
    """How far the first run is.

    Attributes:
        ours: tickets on the desk.
        theirs: tickets in the account, by its own count; None where it does not count.
        of: what is counted, in the plural.
    """

    ours: int
    theirs: int | None
    of: str = "tickets"

    @property
    def percent(self) -> int | None:
        """How much is here, rounded down, at most 100; None where nobody can tell."""
        if not self.theirs:
            return None
        return min(100 * self.ours // self.theirs, 100)


def accounts(desk: Path) -> list[AccountHealth]:
    """Return how all live accounts of a desk are."""
    connections = Connections(desk)
    return [account_of(connections, name) for name in connections.names()]


def account_of(connections: Connections, name: str) -> AccountHealth:
    """Return how one live account is; one whose file nobody can read says so."""
    status = connections.status(name)
    system, title, problem, is_paused, since = "", "?", "", False, ""
    said: dict[str, str] = {}
    try:
        found = connections.get(name)
        system, title, said = found.system, found.connector.title, dict(found.said)
        is_paused, since = found.is_paused, found.since
    except HelmdeskError as error:
        problem = str(error)
    seen = status.seen_until if status else None
    return AccountHealth(
        name,
        system,
        title,
        said,
        since,
        is_paused,
        status,
        (datetime.now(UTC) - seen).total_seconds() if seen else None,
        tuple(
            Budget(budget, most, allowed)
            for budget, (_, most, allowed) in (status.requests if status else {}).items()
        ),
        is_under_way(name),
        problem or (status.problem if status else ""),
    )


def progress_of(connections: Connections, account: AccountHealth) -> Progress:
    """Return how far an account is: counted in the lake, batch by batch."""
    ours = count_tickets(Desk(connections.path.parent), account.name, account.since)
    status, looked = account.status, connections.looked(account.name)
    theirs = looked.outlook.tickets if looked and looked.outlook else None
    if status and (found := status.completeness):
        if found.of != "tickets":
            return Progress(found.ours, found.theirs, found.of)
        theirs = found.theirs
    return Progress(ours, theirs)
