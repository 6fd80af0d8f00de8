"""For whom something is that is shared: everybody of some roles, and who answers for named teams.

Each of them gets it as they may read it on that day; nothing is written once and sent to several.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from helmdesk.errors import UsageError, nearest
from helmdesk.web.access import LEADS, Role
from helmdesk.web.apps.people.models import Person

SHARERS = frozenset({Role.ADMINISTRATOR, Role.LEADER})
ROLES = tuple(sorted(LEADS))


@dataclass(frozen=True)
class Audience:
    """Roles, all of whose people it is for, and teams, for whose leads it is."""

    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()

    @property
    def is_nobody(self) -> bool:
        """Whether it is for nobody else."""
        return not (self.roles or self.teams)

    def people(self) -> set[int]:
        """Return the keys of whom it is for today: active, with an address to write to."""
        wanted, teams = set(self.roles), set(self.teams)
        people = Person.objects.filter(is_active=True, role__in=ROLES).exclude(email="")
        return {
            each.pk
            for each in people
            if each.role in wanted or (each.role == Role.TEAM_LEAD and teams & set(each.teams))
        }


def read_audience(
    roles: Sequence[str], teams: Sequence[str], known_teams: Set[str], what: str
) -> Audience:
    """Return the audience that somebody chose.

    Args:
        known_teams: those of the data.
        what: is shared, in the plural, for messages.

    Raises:
        UsageError: a role that has none of it, or a team that the data do not know.
    """
    if strange := sorted(set(roles) - set(ROLES)):
        raise UsageError(f"{what} are for {', '.join(ROLES)}, not for {strange[0]!r}")
    if unknown := sorted(set(teams) - known_teams):
        raise UsageError(
            f"there is no team {unknown[0]!r} in the data{nearest(unknown[0], known_teams)}"
        )
    return Audience(tuple(sorted(set(roles))), tuple(sorted(set(teams))))


def may_share(person: object) -> bool:
    """Whether somebody may give others what is their own."""
    return bool(getattr(person, "is_active", False)) and getattr(person, "role", "") in SHARERS
