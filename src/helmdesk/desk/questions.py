"""What one reader asks of a desk: every question there is, under one policy that is given once.

Each public method takes plain arguments, makes one question of them and hands it to a part. None
takes a policy: an answer under the wrong one cannot be asked for, nor one be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from helmdesk.desk.answers import Answers
from helmdesk.desk.foretelling import Foretelling
from helmdesk.desk.insight import Insight
from helmdesk.desk.marts import Step, silent
from helmdesk.desk.planning import Planning
from helmdesk.desk.summarising import Summarising
from helmdesk.desk.theming import Theming

if TYPE_CHECKING:
    import pyarrow

    from helmdesk.act.actions import Hypothesis
    from helmdesk.analysis.accounts import Account
    from helmdesk.analysis.case_mix import Dispersion
    from helmdesk.analysis.compare import Comparison
    from helmdesk.analysis.newly_solved import Solved
    from helmdesk.analysis.open_work import OpenWork
    from helmdesk.analysis.scorecard import Scorecard
    from helmdesk.analysis.ticket import Story
    from helmdesk.insight.actions import Effect, Foresight
    from helmdesk.insight.alerts import Past, Reading, Shortage, Watch
    from helmdesk.insight.brief import Brief
    from helmdesk.insight.context import Annotation
    from helmdesk.insight.dismissals import Dismissal
    from helmdesk.insight.explanation import Explanation
    from helmdesk.insight.rules import Rule
    from helmdesk.insight.verdict import Verdict
    from helmdesk.plan.forecast import Known
    from helmdesk.presets.parts.preset import Preset
    from helmdesk.query.distribution import Bin
    from helmdesk.query.drill import RowsPage
    from helmdesk.query.measurement import Measurements
    from helmdesk.query.own_sql import Table
    from helmdesk.query.policy import Policy
    from helmdesk.query.question import (
        Asked,
        Compared,
        Filtered,
        Formed,
        Judged,
        Question,
        Sliced,
        Until,
    )
    from helmdesk.query.window import Window


class Questions:
    """What is answered to one reader.

    Args:
        answers: the facts as that reader may ask for them.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers, self._insight = answers, Insight(answers)

    @property
    def policy(self) -> Policy:
        """Who asks."""
        return self._answers.policy

    @property
    def plan(self) -> Planning:
        """What will come, and whom it needs."""
        return Planning(self._answers)

    @property
    def predict(self) -> Foretelling:
        """What will most likely become of open tickets."""
        return Foretelling(self._answers)

    @property
    def themes(self) -> Theming:
        """What customers write about."""
        return Theming(self._answers)

    @property
    def summaries(self) -> Summarising:
        """What cases are about, in a few sentences."""
        return Summarising(self._answers)

    def _question(self, *keys: str, **asked: Unpack[Asked]) -> Question:
        return self._answers.folder.question(*keys, **asked)

    def tables(self) -> tuple[Table, ...]:
        """Return the tables that `sql` may ask: what a row is, and the columns.

        Raises:
            NotPermittedError: a reader from whom something about few people is withheld.
        """
        return self._answers.tables()

    def sql(self, statement: str) -> pyarrow.Table:
        """Return what one SELECT, in DuckDB's SQL, gives over the desk's tables; rows outside the
        policy are not there. Instants are naive UTC.

        Raises:
            UsageError: no SELECT, or one that cannot be answered; says why.
            NotFoundError: a table that is not there.
            NotPermittedError: a reader from whom something about few people is withheld.
        """
        return self._answers.sql(statement)

    def segments(self) -> dict[str, list[str]]:
        """Return the values of the dimensions that filters offer, among the tickets the policy lets
        through; sorted.
        """
        return self._answers.segments()

    # -- numbers -----------------------------------------------------------------------------------

    def measure(
        self,
        *keys: str,
        as_of: int | None = None,
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

        Raises:
            NotFoundError, FilterError, UsageError: the question is not one this desk can answer.
        """
        question = self._answers.dated(self._question(*keys, **asked))
        return self._answers.measure(question, as_of)

    def rows(
        self,
        key: str,
        *,
        sort: str | None = None,
        is_descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
        also: Sequence[str] = (),
        **asked: Unpack[Sliced],
    ) -> RowsPage:
        """Return some of the rows that `drill` gives for the same call, sorted, with the number of
        all.

        Args:
            also: further columns of the metric's rows, beside those of its definition.

        Raises:
            NotFoundError: `sort` is no column of the rows.
        """
        question = self._answers.dated(self._question(key, **asked))
        return self._answers.rows(question, sort, is_descending, offset, limit, also)

    def distribution(self, key: str, **asked: Unpack[Formed]) -> tuple[Bin, ...]:
        """Return how the values behind a number are spread; arguments as in `measure`."""
        return self._answers.distribution(self._answers.dated(self._question(key, **asked)))

    def scorecard(
        self,
        *,
        keys: Sequence[str] | None = None,
        trend: str | None = None,
        annotations: Sequence[Annotation] = (),
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
        chosen = self._answers.folder.settings.scorecard if keys is None else keys
        return self._insight.scorecard(self._question(*chosen, **asked), trend, annotations)

    def window(self, **asked: Unpack[Compared]) -> Window:
        """Return the window that `scorecard` would look at, and the one it would compare with."""
        return self._answers.window(self._question(**asked))

    def sla_at(self, at: str | None = None, *, where: str | None = None) -> list[dict[str, Any]]:
        """Return the SLA clocks that were running, paused or overdue at an instant, the least time
        left first.

        Args:
            at: local date or time in the desk's zone; None is the end of the data, and nothing
            later is known. where: filter over the dimensions of SLA clocks.

        Raises:
            UsageError, FilterError, NotFoundError: an unreadable time or filter, an unknown
            dimension.
        """
        return self._answers.sla_at(self._question(where=where), at)

    def compare(
        self,
        preset: Preset,
        numbers: Sequence[str] = (),
        *,
        export: Path | None = None,
        account: str | None = None,
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
        question = self._answers.dated(self._question(**asked))
        return self._answers.compare(question, preset, numbers, export, account)

    def ticket(self, ticket_id: str) -> Story:
        """Return one ticket's story.

        Raises:
            NotFoundError: no such ticket, or not one this reader may see.
        """
        return self._answers.ticket(ticket_id)

    def open_work(self, *, where: str | None = None) -> OpenWork:
        """Return open tickets by age and priority at the end of the data."""
        return self._answers.open_work(self._question(where=where))

    def newly_solved(
        self, start: datetime, end: datetime, *, where: str | None = None
    ) -> tuple[Solved, ...]:
        """Return the tickets that somebody solved in a stretch of time, with whom they were for;
        naive UTC, half-open.

        Raises:
            NotPermittedError: the reader may not know who the customers are.
            FilterError, NotFoundError: the filter asks by something that tickets do not have.
        """
        return self._answers.newly_solved(self._question(where=where), start, end)

    def reopened(self, tickets: Mapping[str, datetime]) -> frozenset[str]:
        """Return which tickets came back since the solve that is known of each, naive UTC.

        Raises:
            NotPermittedError: the reader may not see all tickets.
        """
        return self._answers.reopened(tickets)

    def accounts(self, **asked: Unpack[Filtered]) -> list[Account]:
        """Return every account over a window (the last 28 complete days), by name."""
        return self._answers.accounts(self._question(**asked))

    def dispersion(self, key: str, **asked: Unpack[Filtered]) -> Dispersion:
        """Return how a metric lies between the agents of a group of at least five; no names."""
        return self._answers.dispersion(self._question(key, **asked))

    # -- what they mean ----------------------------------------------------------------------------

    def explain(
        self,
        key: str,
        *,
        dimensions: Sequence[str] | None = None,
        annotations: Sequence[Annotation] = (),
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
        question = self._question(key, **asked)
        return self._insight.explain(question, dimensions, annotations)

    def brief(
        self,
        *,
        annotations: Sequence[Annotation] = (),
        on_step: Step = silent,
        **asked: Unpack[Until],
    ) -> Brief:
        """Return the brief of the last complete week before `end`: at most five findings, and what
        was quiet.
        """
        return self._insight.brief(self._question(**asked), annotations, on_step)

    def verdicts(
        self,
        keys: Sequence[str],
        *,
        annotations: Sequence[Annotation] = (),
        **asked: Unpack[Until],
    ) -> dict[str, Verdict]:
        """Return the verdict on the course of metrics up to the last complete week before `end`;
        those that cannot be measured are left out.
        """
        return self._insight.verdicts(self._question(*keys, **asked), annotations)

    def events(self) -> tuple[Annotation, ...]:
        """Return what the sources wrote down as having happened, such as releases; oldest first."""
        return self._insight.events(self._question())

    def rules(
        self,
        key: str,
        *,
        days: int = 90,
        annotations: Sequence[Annotation] = (),
        **asked: Unpack[Until],
    ) -> tuple[Rule, ...]:
        """Return alerts in waiting: rules in a sentence, each with a back-test over the last days
        in the words of the verdict.
        """
        return self._insight.rules(self._question(key, **asked), days, annotations)

    def try_alert(
        self, watch: Watch, *, days: int = 90, annotations: Sequence[Annotation] = ()
    ) -> Past:
        """Return what an alert would have told in the last days of the data.

        Raises:
            NotFoundError, FilterError: what it goes by is not known or not recorded here.
            UsageError: too long a past.
        """
        return self._insight.past(watch, days, annotations, lambda: self._kept(watch.team))

    def look(
        self,
        watch: Watch,
        first: datetime,
        now: datetime,
        *,
        annotations: Sequence[Annotation] = (),
        factors: Sequence[Known] = (),
    ) -> tuple[Reading, ...]:
        """Return what an alert saw in every complete period since `first`, or sees at `now`; both
        naive UTC. Errors as in `try_alert`.

        Args:
            factors: what planners know of days to come.
        """
        return self._insight.readings(
            watch, first, now, annotations, lambda: self._shortage(watch.team, factors)
        )

    def _shortage(self, team: str, factors: Sequence[Known]) -> Shortage:
        """Return by how many hours of people a team is short on the days to come."""
        from helmdesk.insight.alerts import DAYS_AHEAD, Shortage

        found = self.plan.coverage(team, days=DAYS_AHEAD, factors=factors)
        return Shortage(
            found.crew.name,
            None if found.planned is None else found.short_hours,
            found.service_level[0] if found.service_level else None,
        )

    def _kept(self, team: str) -> list[Shortage]:
        """Return by how many hours a team was short, as it stood whenever it was kept."""
        from helmdesk.insight.alerts import DAYS_AHEAD, Shortage

        name, kept = self.plan.missing_as_it_stood(team, DAYS_AHEAD)
        return [Shortage(name, hours, None, first) for first, hours in kept]

    def alert_sentence(self, watch: Watch) -> str:
        """Return an alert's rule as it is read, or raise `NotFoundError`."""
        return self._insight.sentence(watch)

    # -- what is done about it ---------------------------------------------------------------------

    def foresee_action(self, hypothesis: Hypothesis) -> Foresight:
        """Return what can be known of an action before it starts: the least effect that will show
        when its weeks are over, and whether it starts after an unusually bad spell.

        Raises:
            NotFoundError, FilterError: what it goes by is not known or not recorded here.
            NotPermittedError: this reader may not ask for it.
        """
        return self._insight.foresight(hypothesis)

    def measure_action(
        self, hypothesis: Hypothesis, *, annotations: Sequence[Annotation] = ()
    ) -> Effect:
        """Return what came of an action, up to the last complete week of the data: worked, no
        visible effect, worse, or why it cannot be told. Errors as in `foresee_action`.

        Args:
            annotations: written on the site, without the action's own; told beside the verdict.
        """
        return self._insight.effect(hypothesis, annotations)

    # -- what is told no more ----------------------------------------------------------------------

    def dismiss(
        self,
        subject: str,
        *,
        by: str,
        reason: str = "",
        identity: str | None = None,
        **asked: Unpack[Until],
    ) -> Dismissal:
        """Stop telling the verdict on a metric, or a standing finding of the brief, until it
        changes.

        Args:
            subject: key of the metric, or of the finding.
            by: who dismisses it; whether that person may is the caller's business.
            reason: why, in a few words.
            identity: what was read; None takes what is told now.
            end, where: as in `brief`; a dismissal holds for the same filter and policy.

        Raises:
            NotFoundError: no such metric or finding.
            UsageError: nothing is told of it, or the reason is too long.
            ConflictError: it has changed since it was read.
        """
        question = self._question(**asked)
        return self._insight.dismiss(question, subject, by, reason, identity)

    def tell_again(self, subject: str, *, where: str | None = None) -> tuple[Dismissal, ...]:
        """Undo the dismissals of a metric's verdict, or of a finding, for a filter and policy;
        return them.

        Raises:
            NotFoundError: it is not dismissed there.
        """
        return self._insight.tell_again(self._question(where=where), subject)

    def dismissed(self) -> tuple[Dismissal, ...]:
        """Return every dismissal that a reader may see, oldest first."""
        return self._insight.dismissed()
