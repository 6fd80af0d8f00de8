"""A desk as one reader sees it: all that the site, its API and everything built on them can hold of
a desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from helmdesk.desk.answers import Answers
from helmdesk.desk.questions import Questions
from helmdesk.errors import NotPermittedError
from helmdesk.query.periods import local_date

if TYPE_CHECKING:
    from helmdesk.analysis.case_mix import CaseMixBenchmark
    from helmdesk.analysis.concerns import Concern
    from helmdesk.catalogue.discovery import Entry
    from helmdesk.desk.live import LiveDesk
    from helmdesk.query.policy import Policy
    from helmdesk.records.journal import Batch, Quarantined
    from helmdesk.records.mending import RowsToMend
    from helmdesk.settings import Settings


class ScopedDesk(Questions):
    """What a desk answers to one reader. Questions are those of `helmdesk.desk.desk.Desk`, each
    asked under the policy.

    What concerns the whole desk (its definitions, what was loaded) is for readers whose policy
    leaves out no rows.

    Attributes:
        policy: who reads.
    """

    def __init__(self, desk: LiveDesk, policy: Policy) -> None:
        super().__init__(Answers(desk.folder, desk.marts, policy))
        self.__desk = desk

    # -- the desk itself --------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The desk's settings."""
        return self.__desk.settings

    @property
    def catalogue(self) -> Mapping[str, Entry]:
        """The metrics this reader may ask for, by key."""
        allowed = self.policy.metrics
        known = self.__desk.catalogue
        return (
            known
            if allowed is None
            else MappingProxyType({key: entry for key, entry in known.items() if key in allowed})
        )

    def find_metric(self, key: str) -> Entry:
        """Return a metric's definition.

        Raises:
            NotFoundError: there is none of that key.
        """
        return self.__desk.find_metric(key)

    def dimensions(self, key: str, variant: str | None = None) -> dict[str, str]:
        """Return by what this reader may slice a metric: names with their help."""
        found = self.__desk.dimensions(key, variant)
        return {name: text for name, text in found.items() if self.policy.may_see(name)}

    def notice(self) -> str:
        """Return what a reader must know about the numbers of this moment; empty when there is
        nothing.
        """
        return self.__desk.notice()

    def identity(self) -> tuple[object, ...]:
        """Return what an answer depends on beside its question: mart, settings, definitions and
        policy.
        """
        return *self.__desk.identity(), self.policy.digest()

    def check(self) -> None:
        """Open the mart.

        Raises:
            HelmdeskError: it cannot be read.
        """
        self.__desk.open_mart()

    @property
    def lake_version(self) -> int:
        """The version of the lake that the numbers are made of."""
        return self.__desk.open_mart().made_of.lake_version

    @property
    def as_of(self) -> datetime:
        """The end of the data, naive UTC."""
        return self.__desk.open_mart().bounds.as_of

    @property
    def first_day(self) -> date:
        """The local day on which the data begin."""
        return local_date(self.__desk.open_mart().bounds.first, self.settings.time_zone)

    @property
    def record_types(self) -> frozenset[str]:
        """The types of records that were ever loaded; none on an empty desk."""
        return self.__desk.open_mart().bounds.record_types

    def missing(self, key: str, variant: str | None = None) -> tuple[str, ...]:
        """Return the types of records that a metric lacks here."""
        entry = self.find_metric(key)
        return tuple(
            self.__desk.open_mart().bounds.missing(
                entry.variant(variant) if variant else entry.metric
            )
        )

    # -- questions --------------------------------------------------------------------------------

    def case_mix_benchmark(self, key: str, **asked: Any) -> CaseMixBenchmark:
        """Return the reader's own value beside what their team's values on the same mix of work
        would give.

        Raises:
            NotPermittedError: a reader without work of their own in the data.
        """
        agent = self.policy.agent
        if not agent:
            raise NotPermittedError(
                "only somebody with work of their own in the data sees it beside the team's"
            )
        question = self._question(key, **asked)
        return self._answers.case_mix_benchmark(
            question, agent, ("channel", "issue_type"), self.own_team
        )

    @property
    def own_team(self) -> str | None:
        """The present team of the reader."""
        return self.__desk.team_of(self.policy.agent) if self.policy.agent else None

    def of_own_team(self, names: Sequence[str]) -> list[str]:
        """Return which of some people are of the reader's present team; none for who has none."""
        team = self.own_team
        return [name for name in names if team and self.__desk.team_of(name) == team]

    # -- what is told no more ---------------------------------------------------------------------

    # -- the whole desk ---------------------------------------------------------------------------

    @property
    def sees_all_rows(self) -> bool:
        """Whether no row is left out for this reader."""
        return self.policy.predicate is None and self.policy.names is None

    def _whole(self) -> LiveDesk:
        if not self.sees_all_rows:
            raise NotPermittedError(
                "this concerns the whole desk; ask somebody who may see all of it"
            )
        return self.__desk

    def change_settings(self, changed: Settings) -> None:
        """Write the settings of the desk, and follow them."""
        self._whole().change_settings(changed)

    def concerns(self) -> list[Concern]:
        """Return what the numbers lack or rest on; nothing to readers of a part, whose numbers it
        may not touch.
        """
        return self.__desk.concerns() if self.sees_all_rows else []

    def agents(self) -> dict[str, str | None]:
        """Return the names of all agents in the data with their present team."""
        return self._whole().agents()

    def definitions(self) -> dict[str, list[dict[str, Any]]]:
        """Return calendars, SLA policies, instruments, queues, teams and contracts, without the
        columns that are not for this reader.
        """
        found = self.__desk.definitions()
        return {
            table: [{name: row[name] for name in self.policy.shown(row)} for row in rows]
            for table, rows in found.items()
        }

    def batches(self) -> list[Batch]:
        """Return what was loaded."""
        return self.__desk.batches()

    def quarantine(self, batch_id: str | None = None) -> list[Quarantined]:
        """Return quarantined cells."""
        return self._whole().quarantine(batch_id)

    def rows_to_mend(self, batch: str) -> list[RowsToMend]:
        """Return the whole rows of what a load kept apart."""
        return self._whole().rows_to_mend(batch)

    def mart_version(self) -> int | None:
        """Return the lake version of the published mart."""
        return self.__desk.marts.version()

    def loaded_version(self) -> int:
        """Return the newest version of the lake."""
        return self.__desk.lake.version()
