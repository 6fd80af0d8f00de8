"""A desk: its parts, and the questions that people ask in a notebook or on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from helmdesk.desk.answers import Answers
from helmdesk.desk.contents import Contents, PlannedTime
from helmdesk.desk.folder import SETTINGS_FILE, Folder
from helmdesk.desk.insight import Insight
from helmdesk.desk.loading import Loading, Said
from helmdesk.desk.marts import Marts, Step, silent
from helmdesk.desk.questions import Questions
from helmdesk.desk.taxonomies import confirmed_themes
from helmdesk.errors import SettingError
from helmdesk.query.policy import OWNER
from helmdesk.settings import Settings, settings_from
from helmdesk.toml_place import Document

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow

    from helmdesk.analysis.case_mix import CaseMixBenchmark
    from helmdesk.analysis.concerns import Concern
    from helmdesk.catalogue.discovery import Entry
    from helmdesk.engines.engine import Engine
    from helmdesk.lake.lake import Lake
    from helmdesk.query.measurement import Measurements
    from helmdesk.query.policy import Policy
    from helmdesk.query.question import (
        Asked,
        Dated,
        Question,
        Sliced,
    )
    from helmdesk.query.receipt import Receipt
    from helmdesk.records.journal import Batch, Quarantined
    from helmdesk.records.mending import RowsToMend
    from helmdesk.records.staging import LoadReport

__all__ = ["SETTINGS_FILE", "Desk"]


class Desk(Questions):
    """An existing desk, as its owner asks it: nothing is left out.

    Args:
        path: its folder.

    Attributes:
        folder: settings, lake, definitions of its own.
        marts: the facts made from the lake.
        contents: what it knows beside numbers.

    Raises:
        NotFoundError: the folder is no desk.
    """

    def __init__(self, path: Path | str) -> None:
        self.folder = Folder(path)
        self.marts = self._make_marts()
        super().__init__(Answers(self.folder, self.marts, OWNER))
        self.contents = Contents(self.folder, self.marts)
        self.loading = Loading(self.folder, self.marts)

    def _make_marts(self) -> Marts:
        return Marts(self.folder)

    @classmethod
    def create(cls, path: Path | str, settings: Settings | None = None) -> Self:
        """Create a desk with an empty lake.

        Raises:
            ConflictError: there is a desk already, or the folder holds other things.
        """
        Folder.create(path, settings)
        return cls(path)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.folder.path

    @property
    def lake(self) -> Lake:
        """The records."""
        return self.folder.lake

    @property
    def settings(self) -> Settings:
        """The settings as their file says now."""
        return self.folder.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        """Use other settings until the file changes."""
        self.folder.settings = settings

    # -- questions as such -------------------------------------------------------------------------

    def question(self, *keys: str, **asked: Unpack[Asked]) -> Question:
        """Return what is asked as one frozen question, on this desk's clock."""
        return self._question(*keys, **asked)

    def ask(self, question: Question, *, as_of: int | None = None) -> Measurements:
        """Measure what a question asks; see `measure`."""
        return self._answers.measure(self._answers.dated(question), as_of)

    @property
    def answers(self) -> Answers:
        """What measures."""
        return self._answers

    @property
    def insight(self) -> Insight:
        """What explains."""
        return self._insight

    def as_seen_by(self, policy: Policy) -> Questions:
        """Return what another reader may ask of this desk."""
        return Questions(Answers(self.folder, self.marts, policy))

    def drill(
        self,
        key: str,
        *,
        as_of: int | None = None,
        **asked: Unpack[Sliced],
    ) -> pyarrow.Table:
        """Return the very rows behind the same call of `measure`, as an Arrow table."""
        return self.ask(self.question(key, **asked), as_of=as_of).drill(key)

    def verify(self, receipt: Receipt) -> None:
        """Compute a receipt's request again from the lake as of its version.

        Raises:
            ReceiptMismatch: the receipt was edited, or the answer differs; says where.
            NotFoundError: the lake no longer has that version.
        """
        from helmdesk.query.question import Question
        from helmdesk.query.receipt import changed_since, confirm, reader_of

        content = receipt.content
        # Validated like a settings file: an edited receipt must not reach the facts unchecked.
        kept = dict(content["settings"])
        themes = confirmed_themes(kept.pop("themes", None))
        settings = settings_from(kept, Document("the receipt's settings", SettingError)).for_facts()
        settings |= themes
        question = Question.from_dict(content["request"])
        answers = Answers(self.folder, self.marts, reader_of(receipt))
        again = answers.measure(question, int(content["lake_version"]), settings)
        confirm(receipt, again.receipt, changed_since(receipt, self.find_metric))

    def case_mix_benchmark(
        self,
        key: str,
        agent: str,
        *,
        mix_by: Sequence[str] = ("channel", "issue_type"),
        team: str | None = None,
        **asked: Unpack[Dated],
    ) -> CaseMixBenchmark:
        """Return one agent's value beside what the team's values on the same mix of work would
        give.
        """
        question = self.question(key, **asked)
        return self._answers.case_mix_benchmark(question, agent, mix_by, team)

    # -- records and facts -------------------------------------------------------------------------

    def load(self, source: str, paths: Sequence[Path | str], **said: Unpack[Said]) -> LoadReport:
        """Load files through a source: the whole batch or nothing, and never twice; see
        `helmdesk.desk.loading.Loading.load`.
        """
        return self.loading.load(source, paths, **said)

    def load_with(
        self, fill: Callable[[Any], None], source: str, batch_id: str, **said: Any
    ) -> LoadReport:
        """Load what `fill` puts into a staging area; see `load`."""
        return self.loading.load_with(fill, source, batch_id, **said)

    def unload(
        self, batches: Sequence[str], *, refresh: bool = True, on_step: Step = silent
    ) -> int | None:
        """Take loads out again; see `Loading.unload`."""
        return self.loading.unload(batches, refresh=refresh, on_step=on_step)

    def is_too_much(self, report: LoadReport) -> bool:
        """Whether a load would put more into quarantine than the desk allows unasked."""
        return self.loading.is_too_much(report)

    def check_quality(self, report: LoadReport) -> None:
        """Refuse a load that would put too much into quarantine.

        Raises:
            DataQualityError: share above the setting `quarantine_limit`; carries the report.
        """
        self.loading.check_quality(report)

    def empty(self) -> None:
        """Throw all records and marts away; a desk without anything remains."""
        self.loading.empty()

    def refresh(
        self, *, is_forced: bool = False, accepts_loss: bool = False, on_step: Step = silent
    ) -> int:
        """Build the mart of the newest lake version and publish it; return that version.

        A mart that is up to date is left alone unless `is_forced`.

        Args:
            accepts_loss: take what is left of a damaged lake for all there is.

        Raises:
            DamageError: the lake is not as it was left, or not the one that the published mart was
            made from.
        """
        return self.marts.refresh(is_forced=is_forced, accepts_loss=accepts_loss, on_step=on_step)

    def engine(
        self, as_of: int | None = None, settings: Mapping[str, Any] | None = None
    ) -> AbstractContextManager[Engine]:
        """Open the facts: the published mart, or those of lake version `as_of` built in memory.

        Raises:
            NotFoundError: no such version.
        """
        return self.marts.engine(as_of, settings)

    # -- what it knows -----------------------------------------------------------------------------

    @property
    def catalogue(self) -> Mapping[str, Entry]:
        """All metrics of this desk: ours and its own."""
        return self.folder.catalogue

    def find_metric(self, key: str) -> Entry:
        """Return one metric of this desk, or raise `NotFoundError`."""
        return self.folder.find_metric(key)

    def dimensions(self, key: str, variant: str | None = None) -> dict[str, str]:
        """Return what a metric can be sliced by: names with their help; people are not among
        them.
        """
        return self.contents.dimensions(key, variant)

    def concerns(self) -> list[Concern]:
        """Return what the numbers lack or rest on that a reader should know, each with its mend."""
        return self.contents.concerns()

    def agents(self) -> dict[str, str | None]:
        """Return the names of all agents in the data with their present team, by name."""
        return self.contents.agents()

    def planned_times(self, since: datetime) -> list[PlannedTime]:
        """Return what people of teams are planned to do from an instant (naive UTC) on, by agent
        and time; nothing where no shifts are known.
        """
        return self.contents.planned_times(since)

    def team_of(self, agent: str) -> str | None:
        """Return the present team of an agent."""
        return self.contents.team_of(agent)

    def definitions(self) -> dict[str, list[dict[str, Any]]]:
        """Return the calendars, SLA policies, instruments, queues, teams and contracts that the
        desk knows, latest versions.
        """
        return self.contents.definitions()

    def batches(self) -> list[Batch]:
        """Return what was loaded, latest first, with how late its records came."""
        return self.contents.batches()

    def quarantine(self, batch_id: str | None = None) -> list[Quarantined]:
        """Return quarantined cells with file, line, column and reason."""
        return self.contents.quarantine(batch_id)

    def find_batch(self, given: str) -> str:
        """Return the identity of a load by it, or by enough of its beginning.

        Raises:
            NotFoundError: there is no such load, or several begin like this.
        """
        return self.contents.find_batch(given)

    def rows_to_mend(self, batch: str) -> list[RowsToMend]:
        """Return the whole rows of what a load kept apart, to be mended and loaded again.

        Args:
            batch: identity of the load, or enough of its beginning.

        Raises:
            NotFoundError: there is no such load.
        """
        return self.contents.rows_to_mend(batch)
