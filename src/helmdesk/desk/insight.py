"""What a desk says about its numbers: is a change real, where does it lie, which lever; and the
week's brief.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helmdesk.desk.details import DeskDetails
from helmdesk.desk.marts import silent
from helmdesk.errors import ConflictError, NotFoundError, NotPermittedError, UsageError

if TYPE_CHECKING:
    from helmdesk.insight.brief import Brief
    from helmdesk.insight.context import Annotation
    from helmdesk.insight.dismissals import Dismissal
    from helmdesk.insight.explanation import Explanation
    from helmdesk.insight.rules import Rule
    from helmdesk.insight.study import Study
    from helmdesk.insight.verdict import Verdict
    from helmdesk.query.policy import Policy


class DeskInsight(DeskDetails):
    """A desk that explains."""

    def explain(
        self,
        key: str,
        *,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        compare: str = "previous",
        where: str | None = None,
        dimensions: Sequence[str] | None = None,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
    ) -> Explanation:
        """Explain one metric: is it sound, did it move, where, what moved with it, which lever.

        Args:
            start: first local day of the stretch to explain; without it the signals say what moved,
            else it is the last
                four weeks against the eight before.
            end: the day after the last one (default: the last complete week).
            window: a named window instead of dates.
            compare: with a window: previous, same-weekdays, year or year-dates.
            where: filter over dimensions; everything is asked within it.
            dimensions: by which the change is taken apart.
            annotations: what people wrote down outside the records.

        Raises:
            NotFoundError, FilterError, UsageError: a metric, filter or window that this desk cannot
            answer.
        """
        from helmdesk.insight.explanation import explain
        from helmdesk.insight.study import Span

        self.find_metric(key)
        first, last = self._dates(window, start, end)
        with self._study(last, where, policy, is_week=first is None) as study:
            spans = None
            if first is not None:
                asked = self._window(study.reader, start, end, compare, window)
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
                known, lambda: explain(study, key, spans, annotations, names)
            )
            return replace(
                found, course=found.course and found.course.unless(self.dismissals.of(study.base))
            )

    def brief(
        self,
        *,
        end: str | None = None,
        where: str | None = None,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
        on_step: Callable[[str], None] = silent,
    ) -> Brief:
        """Return the brief of the last complete week before `end`: at most five findings, and what
        was quiet.
        """
        from helmdesk.insight.brief import look, make_brief

        with self._study(end, where, policy) as study:
            known = (
                study.base,
                study.end,
                tuple(annotations),
                self.settings.scorecard,
                self._targets(),
            )
            seen = study.reader.cache(
                ("look", *known), lambda: look(study, self.settings.scorecard, annotations, on_step)
            )
            dismissed = self.dismissals.of(study.base)
            return study.reader.cache(
                ("brief", *known, *dismissed.values()),
                lambda: make_brief(study, seen, annotations, dismissed),
            )

    def verdicts(
        self,
        keys: Sequence[str],
        *,
        end: str | None = None,
        where: str | None = None,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
    ) -> dict[str, Verdict]:
        """Return the verdict on the course of metrics up to the last complete week before `end`;
        those that cannot be measured are left out.
        """
        from helmdesk.insight.verdict import verdict_of

        with self._study(end, where, policy) as study:
            dismissed = self.dismissals.of(study.base)

            def find(key: str) -> Verdict:
                known = ("verdict", study.base, study.end, key, tuple(annotations))
                return study.reader.cache(known, lambda: verdict_of(study, key, annotations))

            return {key: find(key).unless(dismissed) for key in keys if not study.lacks(key)}

    # -- what is told no more ---------------------------------------------------------------------

    def dismiss(
        self,
        subject: str,
        *,
        by: str,
        reason: str = "",
        end: str | None = None,
        where: str | None = None,
        identity: str | None = None,
        policy: Policy | None = None,
    ) -> Dismissal:
        """Stop telling the verdict on a metric, or a standing finding of the brief, until it
        changes.

        Args:
            subject: key of the metric, or of the finding.
            by: who dismisses it; whether that person may is the caller's business.
            reason: why, in a few words.
            end, where, policy: as in `brief`; a dismissal holds for the same filter and policy.
            identity: what was read; None takes what is told now.

        Raises:
            NotFoundError: no such metric or finding.
            UsageError: nothing is told of it, or the reason is too long.
            ConflictError: it has changed since it was read.
        """
        from helmdesk.insight.dismissals import LONGEST_REASON, Dismissal, scope_of

        if len(reason) > LONGEST_REASON:
            raise UsageError(
                f"the reason has {len(reason)} characters; {LONGEST_REASON} are enough"
            )
        with self._study(end, where, policy) as study:
            if study.base.policy.is_outsider:
                raise NotPermittedError("verdicts are dismissed by the support team")
            told = self._told(study, subject)
            if identity is not None and identity != told:
                raise ConflictError(f"{subject}: what is told has changed meanwhile; read it again")
            now = datetime.now(UTC).replace(microsecond=0)
            dismissal = Dismissal(
                subject, scope_of(study.base), told, by, now, " ".join(reason.split())
            )
        self.dismissals.add(dismissal)
        return dismissal

    def tell_again(
        self, subject: str, *, where: str | None = None, policy: Policy | None = None
    ) -> tuple[Dismissal, ...]:
        """Undo the dismissals of a metric's verdict, or of a finding, for a filter and policy;
        return them.

        Raises:
            NotFoundError: it is not dismissed there.
        """
        from helmdesk.insight.dismissals import scope_of

        scope = scope_of(self._scoped(where, policy))
        gone = self.dismissals.remove(subject, scope)
        if not gone:
            others = [
                each.where or "everywhere"
                for each in self.dismissed(policy=policy)
                if each.subject == subject
            ]
            raise NotFoundError(
                f"{subject} is not dismissed {f'where {scope}' if scope else 'for everything'}"
                + (f"; it is: {' · '.join(others)}" if others else "")
            )
        return gone

    def dismissed(self, *, policy: Policy | None = None) -> tuple[Dismissal, ...]:
        """Return every dismissal that a reader may see, oldest first."""
        from helmdesk.insight.dismissals import may_see

        request = self._scoped(None, policy)
        return (
            ()
            if request.policy.is_outsider
            else tuple(each for each in self.dismissals.all() if may_see(each, request))
        )

    def _told(self, study: Study, subject: str) -> str:
        """Return the identity of what is told of a metric, or of a standing finding."""
        from helmdesk.insight.pattern import Found, load_patterns
        from helmdesk.insight.verdict import verdict_of

        pattern = load_patterns().get(subject)
        if pattern is None:
            name = self.find_metric(subject).metric.name
            if missing := study.lacks(subject):
                raise UsageError(
                    f"there is nothing to dismiss: {name} cannot be measured here ({missing})"
                )
            verdict = verdict_of(study, subject)
            if not verdict.is_told:
                raise UsageError(f"there is nothing to dismiss: {name}: {verdict.words}")
            return verdict.identity
        found = pattern.pattern.look(study)
        if not isinstance(found, Found):
            raise UsageError(
                f"there is nothing to dismiss: “{pattern.pattern.title}” is not found in this week"
            )
        finding = pattern.finding(study, found)
        if not finding.is_standing:
            raise UsageError(
                f"“{finding.title}” is news of the week, and is not told again when it is over;"
                " what stands can be dismissed"
            )
        return finding.identity

    def rules(
        self,
        key: str,
        *,
        end: str | None = None,
        where: str | None = None,
        days: int = 90,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
    ) -> tuple[Rule, ...]:
        """Return alerts in waiting: rules in a sentence, each with a back-test over the last days
        in the words of the verdict.
        """
        from helmdesk.insight.rules import rules

        self.find_metric(key)
        with self._study(end, where, policy) as study:
            if study.lacks(key):
                return ()
            known = ("rules", study.base, study.end, key, days, tuple(annotations), self._targets())
            return study.reader.cache(known, lambda: rules(study, key, days, annotations))

    @contextmanager
    def _study(
        self, end: str | None, where: str | None, policy: Policy | None, is_week: bool = True
    ) -> Iterator[Study]:
        """Open a study up to the last complete week before `end`, or up to `end` itself."""
        from helmdesk.insight.study import Study
        from helmdesk.query.periods import day_start, local_date, parse_boundary
        from helmdesk.query.window import last_complete_week

        zone = self.settings.time_zone
        with self.reader() as reader:
            last = (
                min(parse_boundary(end, zone, "end"), reader.bounds.as_of)
                if end
                else reader.bounds.as_of
            )
            if last < reader.bounds.first:
                raise UsageError(
                    f"nothing was recorded before {local_date(reader.bounds.first, zone)}: end"
                    " later"
                )
            until = (
                last_complete_week(last, zone, self.settings.week_start)[1]
                if is_week
                else day_start(last, zone)
            )
            yield Study(
                reader, self.find_metric, self._scoped(where, policy), until, self.settings.targets
            )

    def _targets(self) -> tuple[tuple[str, object], ...]:
        return tuple(sorted(self.settings.targets.items()))
