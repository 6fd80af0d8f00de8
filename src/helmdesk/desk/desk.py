"""A desk: its parts, and the questions that people ask in a notebook or on the command line.

Each public method takes plain arguments, makes one question of them and hands it to a part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from helmdesk.desk.answers import Answers
from helmdesk.desk.contents import Contents
from helmdesk.desk.folder import SETTINGS_FILE, Folder
from helmdesk.desk.insight import Insight
from helmdesk.desk.loading import Loading, Said
from helmdesk.desk.marts import Marts, Step, silent
from helmdesk.settings import Settings, settings_from

if TYPE_CHECKING:
    import pyarrow

    from helmdesk.analysis.accounts import Account
    from helmdesk.analysis.case_mix import CaseMixBenchmark, Dispersion
    from helmdesk.analysis.compare import Comparison
    from helmdesk.analysis.concerns import Concern
    from helmdesk.analysis.open_work import OpenWork
    from helmdesk.analysis.scorecard import Scorecard
    from helmdesk.analysis.ticket import Story
    from helmdesk.catalogue.discovery import Entry
    from helmdesk.engines.engine import Engine
    from helmdesk.insight.brief import Brief
    from helmdesk.insight.context import Annotation
    from helmdesk.insight.dismissals import Dismissal
    from helmdesk.insight.explanation import Explanation
    from helmdesk.insight.rules import Rule
    from helmdesk.insight.verdict import Verdict
    from helmdesk.lake.lake import Lake
    from helmdesk.presets.parts.preset import Preset
    from helmdesk.query.distribution import Bin
    from helmdesk.query.drill import RowsPage
    from helmdesk.query.measurement import Measurements
    from helmdesk.query.policy import Policy
    from helmdesk.query.question import (
        Asked,
        Compared,
        Dated,
        Filtered,
        Formed,
        Judged,
        Question,
        Sliced,
        Until,
    )
    from helmdesk.query.receipt import Receipt
    from helmdesk.query.window import Window
    from helmdesk.records.journal import Batch, Quarantined
    from helmdesk.records.mending import RowsToMend
    from helmdesk.records.staging import LoadReport

__all__ = ["SETTINGS_FILE", "Desk"]


class Desk:
    """An existing desk.

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

    # -- questions as such --------------------------------------------------------------------------

    def question(self, *keys: str, **asked: Unpack[Asked]) -> Question:
        """Return what is asked as one frozen question, on this desk's clock."""
        return self.folder.question(*keys, **asked)

    def ask(
        self, question: Question, *, as_of: int | None = None, policy: Policy | None = None
    ) -> Measurements:
        """Measure what a question asks; see `measure`."""
        answers = self.answers(policy)
        return answers.measure(answers.dated(question), as_of)

    def answers(self, policy: Policy | None = None) -> Answers:
        """Return what measures for one reader; None sees everything."""
        from helmdesk.query.policy import Policy as Everyone

        return Answers(self.folder, self.marts, policy or Everyone())

    def insight(self, policy: Policy | None = None) -> Insight:
        """Return what explains to one reader; None sees everything."""
        return Insight(self.answers(policy))

    # -- records and facts --------------------------------------------------------------------------

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

    # -- what it knows ------------------------------------------------------------------------------

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

    def segments(self, *, policy: Policy | None = None) -> dict[str, list[str]]:
        """Return the values of the dimensions that filters offer, among the tickets the policy lets
        through; sorted.
        """
        return self.answers(policy).segments()

    # -- numbers ------------------------------------------------------------------------------------

    def measure(
        self,
        *keys: str,
        as_of: int | None = None,
        policy: Policy | None = None,
        **asked: Unpack[Sliced],
    ) -> Measurements:
        """Measure one or more metrics.

        Args:
            keys: metric keys.
            by: dimension or dimensions to group by.
            grain: day, week, month, quarter or year; None gives one value for the window.
            start, end: local dates (or times) in the desk's time zone, half-open.
            window: a named window instead, such as "last-month"; see `helmdesk.query.window.NAMES`.
            where: filter over dimensions, such as ``"channel = 'email'"``.
            variant: named variant; every key must have it.
            clock: "calendar" or "business".
            as_of: lake version; None is the published mart.
            policy: who asks; None sees everything.

        Raises:
            NotFoundError, FilterError, UsageError: the question is not one this desk can answer.
        """
        return self.ask(self.question(*keys, **asked), as_of=as_of, policy=policy)

    def drill(
        self,
        key: str,
        *,
        as_of: int | None = None,
        policy: Policy | None = None,
        **asked: Unpack[Sliced],
    ) -> pyarrow.Table:
        """Return the very rows behind the same call of `measure`, as an Arrow table."""
        return self.ask(self.question(key, **asked), as_of=as_of, policy=policy).drill(key)

    def rows(
        self,
        key: str,
        *,
        sort: str | None = None,
        is_descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
        policy: Policy | None = None,
        **asked: Unpack[Sliced],
    ) -> RowsPage:
        """Return some of the rows that `drill` gives for the same call, sorted, with the number of
        all.

        Raises:
            NotFoundError: `sort` is no column of the rows.
        """
        answers = self.answers(policy)
        question = answers.dated(self.question(key, **asked))
        return answers.rows(question, sort, is_descending, offset, limit)

    def distribution(
        self, key: str, *, policy: Policy | None = None, **asked: Unpack[Formed]
    ) -> tuple[Bin, ...]:
        """Return how the values behind a number are spread; arguments as in `measure`."""
        answers = self.answers(policy)
        return answers.distribution(answers.dated(self.question(key, **asked)))

    def scorecard(
        self,
        *,
        keys: Sequence[str] | None = None,
        trend: str | None = None,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
        **asked: Unpack[Judged],
    ) -> Scorecard:
        """Return cards over a window (the last 28 complete days) against another one.

        Args:
            keys: metrics; None takes those of the settings.
            trend: length of the periods of each card's trend; None leaves trends out.
            annotations: what people wrote down outside the records.
            start, end, window, where: as in `measure`.
            compare: previous, same-weekdays, year or year-dates.
        """
        chosen = self.settings.scorecard if keys is None else keys
        return self.insight(policy).scorecard(self.question(*chosen, **asked), trend, annotations)

    def window(self, **asked: Unpack[Compared]) -> Window:
        """Return the window that `scorecard` would look at, and the one it would compare with."""
        return self.answers().window(self.question(**asked))

    def sla_at(
        self, at: str | None = None, *, where: str | None = None, policy: Policy | None = None
    ) -> list[dict[str, Any]]:
        """Return the SLA clocks that were running, paused or overdue at an instant, the least time
        left first.

        Args:
            at: local date or time in the desk's zone; None is the end of the data, and nothing
            later is known. where: filter over the dimensions of SLA clocks.

        Raises:
            UsageError, FilterError, NotFoundError: an unreadable time or filter, an unknown
            dimension.
        """
        return self.answers(policy).sla_at(self.question(where=where), at)

    def compare(
        self,
        preset: Preset,
        numbers: Sequence[str] = (),
        *,
        export: Path | None = None,
        account: str | None = None,
        policy: Policy | None = None,
        **asked: Unpack[Filtered],
    ) -> list[Comparison]:
        """Return another tool's numbers beside ours over tickets created in a window, with the
        reasons of every difference.

        Args:
            numbers: names within the preset; all when none is given.
            export: the tool's own output (CSV with an id column), to compare its definition with
            what it really gave. account: only its tickets, and whose numbers stand in `export`;
            needed where a desk has several of the tool.
            start, end, window, where: as in `measure`.

        Raises:
            NotFoundError, InputError: an unknown number or account, or an export that cannot be
            read. UsageError: an export that may be of several accounts.
        """
        answers = self.answers(policy)
        question = answers.dated(self.question(**asked))
        return answers.compare(question, preset, numbers, export, account)

    def verify(self, receipt: Receipt) -> None:
        """Compute a receipt's request again from the lake as of its version.

        Raises:
            ReceiptMismatch: the receipt was edited, or the answer differs; says where.
            NotFoundError: the lake no longer has that version.
        """
        from helmdesk.query.question import Question
        from helmdesk.query.receipt import changed_since, confirm

        content = receipt.content
        # Validated like a settings file: an edited receipt must not reach the facts unchecked.
        settings = settings_from(dict(content["settings"]), "the receipt's settings").for_facts()
        question = Question.from_dict(content["request"])
        again = self.answers().measure(question, int(content["lake_version"]), settings)
        confirm(receipt, again.receipt, changed_since(receipt, self.find_metric))

    def ticket(self, ticket_id: str, *, policy: Policy | None = None) -> Story:
        """Return one ticket's story.

        Raises:
            NotFoundError: no such ticket, or not one this reader may see.
        """
        return self.answers(policy).ticket(ticket_id)

    def open_work(self, *, where: str | None = None, policy: Policy | None = None) -> OpenWork:
        """Return open tickets by age and priority at the end of the data."""
        return self.answers(policy).open_work(self.question(where=where))

    def accounts(self, *, policy: Policy | None = None, **asked: Unpack[Filtered]) -> list[Account]:
        """Return every account over a window (the last 28 complete days), by name."""
        return self.answers(policy).accounts(self.question(**asked))

    def dispersion(
        self, key: str, *, policy: Policy | None = None, **asked: Unpack[Filtered]
    ) -> Dispersion:
        """Return how a metric lies between the agents of a group of at least five; no names."""
        return self.answers(policy).dispersion(self.question(key, **asked))

    def case_mix_benchmark(
        self,
        key: str,
        agent: str,
        *,
        mix_by: Sequence[str] = ("channel", "issue_type"),
        team: str | None = None,
        policy: Policy | None = None,
        **asked: Unpack[Dated],
    ) -> CaseMixBenchmark:
        """Return one agent's value beside what the team's values on the same mix of work would
        give.
        """
        question = self.question(key, **asked)
        return self.answers(policy).case_mix_benchmark(question, agent, mix_by, team)

    # -- what they mean -----------------------------------------------------------------------------

    def explain(
        self,
        key: str,
        *,
        dimensions: Sequence[str] | None = None,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
        **asked: Unpack[Judged],
    ) -> Explanation:
        """Explain one metric: is it sound, did it move, where, what moved with it, which lever.

        Args:
            dimensions: by which the change is taken apart.
            annotations: what people wrote down outside the records.
            start: first local day of the stretch to explain; without it the signals say what moved,
            else it is the last four weeks against the eight before.
            end: the day after the last one (default: the last complete week).
            window: a named window instead of dates.
            compare: with a window: previous, same-weekdays, year or year-dates.
            where: filter over dimensions; everything is asked within it.

        Raises:
            NotFoundError, FilterError, UsageError: a metric, filter or window that this desk cannot
            answer.
        """
        question = self.question(key, **asked)
        return self.insight(policy).explain(question, dimensions, annotations)

    def brief(
        self,
        *,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
        on_step: Step = silent,
        **asked: Unpack[Until],
    ) -> Brief:
        """Return the brief of the last complete week before `end`: at most five findings, and what
        was quiet.
        """
        return self.insight(policy).brief(self.question(**asked), annotations, on_step)

    def verdicts(
        self,
        keys: Sequence[str],
        *,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
        **asked: Unpack[Until],
    ) -> dict[str, Verdict]:
        """Return the verdict on the course of metrics up to the last complete week before `end`;
        those that cannot be measured are left out.
        """
        return self.insight(policy).verdicts(self.question(*keys, **asked), annotations)

    def rules(
        self,
        key: str,
        *,
        days: int = 90,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
        **asked: Unpack[Until],
    ) -> tuple[Rule, ...]:
        """Return alerts in waiting: rules in a sentence, each with a back-test over the last days
        in the words of the verdict.
        """
        return self.insight(policy).rules(self.question(key, **asked), days, annotations)

    # -- what is told no more -----------------------------------------------------------------------

    def dismiss(
        self,
        subject: str,
        *,
        by: str,
        reason: str = "",
        identity: str | None = None,
        policy: Policy | None = None,
        **asked: Unpack[Until],
    ) -> Dismissal:
        """Stop telling the verdict on a metric, or a standing finding of the brief, until it
        changes.

        Args:
            subject: key of the metric, or of the finding.
            by: who dismisses it; whether that person may is the caller's business.
            reason: why, in a few words.
            identity: what was read; None takes what is told now.
            end, where, policy: as in `brief`; a dismissal holds for the same filter and policy.

        Raises:
            NotFoundError: no such metric or finding.
            UsageError: nothing is told of it, or the reason is too long.
            ConflictError: it has changed since it was read.
        """
        question = self.question(**asked)
        return self.insight(policy).dismiss(question, subject, by, reason, identity)

    def tell_again(
        self, subject: str, *, where: str | None = None, policy: Policy | None = None
    ) -> tuple[Dismissal, ...]:
        """Undo the dismissals of a metric's verdict, or of a finding, for a filter and policy;
        return them.

        Raises:
            NotFoundError: it is not dismissed there.
        """
        return self.insight(policy).tell_again(self.question(where=where), subject)

    def dismissed(self, *, policy: Policy | None = None) -> tuple[Dismissal, ...]:
        """Return every dismissal that a reader may see, oldest first."""
        return self.insight(policy).dismissed()
