"""What a desk says about its numbers: is a change real, where does it lie, which lever; and the
week's brief.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helmdesk.desk.answers import Answers
from helmdesk.desk.marts import silent
from helmdesk.errors import ConflictError, NotFoundError, NotPermittedError, UsageError
from helmdesk.query.question import Question

if TYPE_CHECKING:
    from helmdesk.act.actions import Hypothesis
    from helmdesk.analysis.scorecard import Scorecard
    from helmdesk.insight.actions import Effect, Foresight
    from helmdesk.insight.alerts import Clocks, Past, Reading, Shortage, Watch
    from helmdesk.insight.brief import Brief
    from helmdesk.insight.context import Annotation
    from helmdesk.insight.dismissals import Dismissal
    from helmdesk.insight.explanation import Explanation
    from helmdesk.insight.rules import Rule
    from helmdesk.insight.search import Patterns
    from helmdesk.insight.study import Study
    from helmdesk.insight.verdict import Verdict


class Insight:
    """What is told to one reader about the numbers that they may see."""

    def __init__(self, answers: Answers) -> None:
        self.answers, self.folder, self.policy = answers, answers.folder, answers.policy

    def scorecard(
        self, question: Question, trend: str | None = None, annotations: Sequence[Annotation] = ()
    ) -> Scorecard:
        """Return the cards of the metrics of a question, each with the verdict on its course."""
        from helmdesk.query.window import boundary

        cards = self.answers.scorecard(question, trend)
        shown = tuple(
            dict.fromkeys(
                card.metric.key
                for card in (*cards.cards, *cards.guards.values())
                if not card.reason
            )
        )
        end = boundary(cards.window.until, question.time_zone)
        if not shown:
            return cards
        return cards.told(self.verdicts(replace(question, metrics=shown, end=end), annotations))

    def explain(
        self,
        question: Question,
        dimensions: Sequence[str] | None = None,
        annotations: Sequence[Annotation] = (),
    ) -> Explanation:
        """Explain one metric: is it sound, did it move, where, what moved with it, which lever."""
        from helmdesk.insight.explanation import explain
        from helmdesk.insight.study import Span

        (key,) = question.metrics
        self.folder.find_metric(key)
        dated = self.answers.dated(question)
        with self.study(dated, is_week=dated.start is None) as study:
            spans = None
            if dated.start is not None:
                asked = self.answers.window_of(study.reader, question)
                spans = (
                    Span(asked.previous_start, asked.previous_end),
                    Span(asked.start, asked.until),
                )
            names = tuple(dimensions) if dimensions is not None else None
            known = (
                "explain",
                study.base,
                study.end,
                key,
                spans,
                names,
                tuple(annotations),
                self._targets(),
            )
            found = study.reader.cache(
                known,
                lambda: explain(
                    study,
                    key,
                    spans,
                    annotations,
                    names,
                    lambda: self._patterns(study, annotations),
                ),
            )
            dismissed = self.folder.dismissals.of(study.base)
            return replace(found, course=found.course and found.course.unless(dismissed))

    def brief(
        self,
        question: Question,
        annotations: Sequence[Annotation] = (),
        on_step: Callable[[str], None] = silent,
    ) -> Brief:
        """Return the brief of the last complete week before the end asked for: at most five
        findings, and what was quiet.
        """
        from helmdesk.insight.brief import look, make_brief

        with self.study(question) as study:
            known = (
                study.base,
                study.end,
                tuple(annotations),
                self.folder.settings.scorecard,
                self._targets(),
            )
            seen = study.reader.cache(
                ("look", *known),
                lambda: look(
                    study,
                    self.folder.settings.scorecard,
                    annotations,
                    on_step,
                    lambda: self._patterns(study, annotations),
                ),
            )
            dismissed = self.folder.dismissals.of(study.base)
            return study.reader.cache(
                ("brief", *known, *dismissed.values()),
                lambda: make_brief(study, seen, annotations, dismissed),
            )

    def events(self, question: Question) -> tuple[Annotation, ...]:
        """Return what the sources wrote down as having happened; nothing to outsiders."""
        from helmdesk.insight.context import delivered_annotations

        with self.study(question) as study:
            if study.base.policy.is_outsider:
                return ()
            return study.reader.cache(("events",), lambda: tuple(delivered_annotations(study)))

    def verdicts(
        self, question: Question, annotations: Sequence[Annotation] = ()
    ) -> dict[str, Verdict]:
        """Return the verdict on the course of metrics up to the last complete week before the end
        asked for; those that cannot be measured are left out.
        """
        from helmdesk.insight.weeks import verdict_of

        with self.study(question) as study:
            dismissed = self.folder.dismissals.of(study.base)

            def find(key: str) -> Verdict:
                known = ("verdict", study.base, study.end, key, tuple(annotations))
                return study.reader.cache(known, lambda: verdict_of(study, key, annotations))

            return {
                key: find(key).unless(dismissed) for key in question.metrics if not study.lacks(key)
            }

    # -- what is told no more ---------------------------------------------------------------------

    def dismiss(
        self,
        question: Question,
        subject: str,
        by: str,
        reason: str = "",
        identity: str | None = None,
    ) -> Dismissal:
        """Stop telling the verdict on a metric, or a standing finding of the brief, until it
        changes.
        """
        from helmdesk.insight.dismissals import LONGEST_REASON, Dismissal, scope_of

        if len(reason) > LONGEST_REASON:
            raise UsageError(
                f"the reason has {len(reason)} characters; {LONGEST_REASON} are enough"
            )
        with self.study(question) as study:
            if study.base.policy.is_outsider:
                raise NotPermittedError("verdicts are dismissed by the support team")
            told = self._told(study, subject)
            if identity is not None and identity != told:
                raise ConflictError(f"{subject}: what is told has changed meanwhile; read it again")
            now = datetime.now(UTC).replace(microsecond=0)
            dismissal = Dismissal(
                subject, scope_of(study.base), told, by, now, " ".join(reason.split())
            )
        self.folder.dismissals.add(dismissal)
        return dismissal

    def tell_again(self, question: Question, subject: str) -> tuple[Dismissal, ...]:
        """Undo the dismissals of a metric's verdict, or of a finding, for a filter and policy;
        return them.
        """
        from helmdesk.insight.dismissals import scope_of

        scope = scope_of(question.scope(self.policy))
        gone = self.folder.dismissals.remove(subject, scope)
        if not gone:
            others = [
                each.where or "everywhere" for each in self.dismissed() if each.subject == subject
            ]
            raise NotFoundError(
                f"{subject} is not dismissed {f'where {scope}' if scope else 'for everything'}"
                + (f"; it is: {' · '.join(others)}" if others else "")
            )
        return gone

    def dismissed(self) -> tuple[Dismissal, ...]:
        """Return every dismissal that a reader may see, oldest first."""
        from helmdesk.insight.dismissals import may_see

        request = self.folder.question().scope(self.policy)
        return (
            ()
            if request.policy.is_outsider
            else tuple(each for each in self.folder.dismissals.all() if may_see(each, request))
        )

    def _told(self, study: Study, subject: str) -> str:
        """Return the identity of what is told of a metric, or of a standing finding."""
        from helmdesk.insight.pattern import load_patterns
        from helmdesk.insight.weeks import verdict_of

        pattern = load_patterns().get(subject)
        if pattern is None:
            name = self.folder.find_metric(subject).metric.name
            if missing := study.lacks(subject):
                raise UsageError(
                    f"there is nothing to dismiss: {name} cannot be measured here ({missing})"
                )
            verdict = verdict_of(study, subject)
            if not verdict.is_told:
                raise UsageError(f"there is nothing to dismiss: {name}: {verdict.words}")
            return verdict.identity
        told = self._patterns(study, ()).findings
        finding = next((each for each in told if each.key == subject), None)
        if finding is None:
            raise UsageError(
                f"there is nothing to dismiss: “{pattern.pattern.title}” is not found in this week"
            )
        if not finding.is_standing:
            raise UsageError(
                f"“{finding.title}” is news of the week, and is not told again when it is over;"
                " what stands can be dismissed"
            )
        return finding.identity

    def _patterns(self, study: Study, annotations: Sequence[Annotation]) -> Patterns:
        """Return what a search over all patterns finds: the same for the brief and for every
        explanation of the week.
        """
        from helmdesk.insight.search import look_for_patterns

        known = ("patterns", study.base, study.end, tuple(annotations), self._targets())
        return study.reader.cache(known, lambda: look_for_patterns(study, annotations))

    def rules(
        self, question: Question, days: int, annotations: Sequence[Annotation] = ()
    ) -> tuple[Rule, ...]:
        """Return alerts in waiting: rules in a sentence, each with a back-test over the last days
        in the words of the verdict.
        """
        from helmdesk.insight.rules import rules

        (key,) = question.metrics
        self.folder.find_metric(key)
        with self.study(question) as study:
            if study.lacks(key):
                return ()
            known = ("rules", study.base, study.end, key, days, tuple(annotations), self._targets())
            return study.reader.cache(known, lambda: rules(study, key, days, annotations))

    def past(
        self,
        watch: Watch,
        days: int,
        annotations: Sequence[Annotation] = (),
        kept: Callable[[], Sequence[Shortage]] | None = None,
    ) -> Past:
        """Return what a rule would have told in the last days of the data."""
        from helmdesk.insight.alerts import Kind, past

        with self._watching(watch) as study:
            end = study.reader.bounds.as_of
            if watch.kind is Kind.SHORTFALL:  # what is kept comes on without new data
                return past(study, watch, days, end, self._clocks(watch), annotations, kept)
            known = ("past", watch, study.base, days, tuple(annotations), self._targets())
            return study.reader.cache(
                known, lambda: past(study, watch, days, end, self._clocks(watch), annotations)
            )

    def readings(
        self,
        watch: Watch,
        first: datetime,
        now: datetime,
        annotations: Sequence[Annotation] = (),
        shortage: Callable[[], Shortage] | None = None,
    ) -> tuple[Reading, ...]:
        """Return what a rule saw in every complete period since `first`, or sees at `now`."""
        from helmdesk.insight.alerts import readings

        with self._watching(watch) as study:
            return readings(
                study,
                watch,
                first,
                now,
                self._clocks(watch),
                annotations,
                shortage,
            )

    def sentence(self, watch: Watch) -> str:
        """Return a rule as it is read."""
        metric = self.folder.find_metric(watch.metric).metric if watch.metric else None
        return watch.sentence(metric, self.folder.settings.targets.get(watch.metric))

    def foresight(self, hypothesis: Hypothesis) -> Foresight:
        """Return what can be known of an action before it starts."""
        from helmdesk.insight.actions import foresight_of

        with self._acting(hypothesis) as (study, control):
            known = ("foresight", hypothesis, study.base, study.end)
            return study.reader.cache(known, lambda: foresight_of(study, hypothesis, control))

    def effect(self, hypothesis: Hypothesis, annotations: Sequence[Annotation] = ()) -> Effect:
        """Return what came of an action, up to the last complete week of the data."""
        from helmdesk.insight.actions import effect_of

        with self._acting(hypothesis) as (study, control):
            known = ("effect", hypothesis, study.base, study.end, tuple(annotations))
            return study.reader.cache(
                known, lambda: effect_of(study, hypothesis, control, annotations)
            )

    @contextmanager
    def _acting(self, hypothesis: Hypothesis) -> Iterator[tuple[Study, Study | None]]:
        """Open the studies of the work that an action concerns, and of that which it is compared
        with.

        Raises:
            NotFoundError: its metric, or one that must not get worse, is not known or was never
            recorded.
            NotPermittedError: the reader may not ask for it there.
        """
        for key in hypothesis.guards:
            self.folder.find_metric(key)
        question = self.folder.question(where=hypothesis.where or None)
        with self.study(question) as study:
            name = study.find(hypothesis.metric).metric.name
            if lacking := study.lacks(hypothesis.metric):
                raise NotFoundError(f"“{name}” cannot be followed here: {lacking}")
            if not hypothesis.control:
                yield study, None
                return
            other = self.folder.question(where=hypothesis.control)
            with self.study(other) as control:
                if lacking := control.lacks(hypothesis.metric):
                    raise NotFoundError(f"“{name}” cannot be compared there: {lacking}")
                yield study, control

    @contextmanager
    def _watching(self, watch: Watch) -> Iterator[Study]:
        """Open a study up to the end of the data, for a rule that can be followed here.

        Raises:
            NotFoundError: its metric is not known, was never recorded, or has no target.
        """
        question = self.folder.question(where=watch.where or None)
        with self.study(question, is_week=False) as study:
            if watch.metric:
                name = study.find(watch.metric).metric.name
                if lacking := study.lacks(watch.metric):
                    raise NotFoundError(f"“{name}” cannot be watched here: {lacking}")
                if watch.kind == "target" and watch.metric not in study.targets:
                    raise NotFoundError(
                        f"“{name}” has no target to miss; set one in the settings, or watch a level"
                    )
            yield study

    def _clocks(self, watch: Watch) -> Clocks:
        question = self.folder.question(where=watch.where or None)
        return lambda at: self.answers.sla_at(question, f"{at.isoformat()}+00:00")

    @contextmanager
    def study(self, question: Question, is_week: bool = True) -> Iterator[Study]:
        """Open a study up to the last complete week before the end of a question, or up to that end
        itself.
        """
        from helmdesk.insight.study import Study
        from helmdesk.query.periods import day_start, local_date
        from helmdesk.query.window import last_complete_week

        zone = question.time_zone
        with self.answers.marts.reader() as reader:
            _, end = question.boundaries()
            last = min(end, reader.bounds.as_of) if end else reader.bounds.as_of
            if last < reader.bounds.first:
                raise UsageError(
                    f"nothing was recorded before {local_date(reader.bounds.first, zone)}: end"
                    " later"
                )
            until = (
                last_complete_week(last, zone, question.week_start)[1]
                if is_week
                else day_start(last, zone)
            )
            yield Study(
                reader,
                self.folder.find_metric,
                question.scope(self.policy),
                until,
                self.folder.settings.targets,
            )

    def _targets(self) -> tuple[tuple[str, object], ...]:
        return tuple(sorted(self.folder.settings.targets.items()))
