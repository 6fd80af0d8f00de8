"""What a desk says about its numbers: is a change real, where does it lie, which lever; and the week's brief."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from helmdesk.desk_details import DeskDetails
from helmdesk.desk_marts import silent
from helmdesk.errors import UsageError

if TYPE_CHECKING:
    from helmdesk.insight.brief import Brief
    from helmdesk.insight.context import Remark
    from helmdesk.insight.explanation import Explanation
    from helmdesk.insight.rules import Rule
    from helmdesk.insight.study import Study
    from helmdesk.insight.verdict import Verdict
    from helmdesk.query.request import Policy


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
        remarks: Sequence[Remark] = (),
        policy: Policy | None = None,
    ) -> Explanation:
        """Explain one metric: is it sound, did it move, where, what moved with it, which lever.

        Args:
            start: first local day of the stretch to explain; without it the lamps say what moved, else it is the last
                four weeks against the eight before.
            end: the day after the last one (default: the last complete week).
            window: a named window instead of dates.
            compare: with a window: previous, same-weekdays, year or year-dates.
            where: filter over dimensions; everything is asked within it.
            dimensions: by which the change is taken apart.
            remarks: what people wrote down outside the records.

        Raises:
            NotFoundError, FilterError, UsageError: a metric, filter or window that this desk cannot answer.
        """
        from helmdesk.insight.explanation import explain
        from helmdesk.insight.study import Span

        self.find_metric(key)
        first, last = self._dates(window, start, end)
        with self._study(last, where, policy, is_week=first is None) as study:
            spans = None
            if first is not None:
                asked = self._window(study.reader, start, end, compare, window)
                spans = (Span(asked.previous_start, asked.previous_end), Span(asked.start, asked.until))
            names = tuple(dimensions) if dimensions is not None else None
            known = ("explain", study.base, study.end, key, spans, names, tuple(remarks), self._targets())
            return study.reader.remember(known, lambda: explain(study, key, spans, remarks, names))

    def brief(
        self,
        *,
        end: str | None = None,
        where: str | None = None,
        remarks: Sequence[Remark] = (),
        policy: Policy | None = None,
        on_step: Callable[[str], None] = silent,
    ) -> Brief:
        """Return the brief of the last complete week before `end`: at most five findings, and what was quiet."""
        from helmdesk.insight.brief import make_brief

        with self._study(end, where, policy) as study:
            known = ("brief", study.base, study.end, tuple(remarks), self.settings.scorecard, self._targets())
            return study.reader.remember(known, lambda: make_brief(study, self.settings.scorecard, remarks, on_step))

    def verdicts(
        self,
        keys: Sequence[str],
        *,
        end: str | None = None,
        where: str | None = None,
        remarks: Sequence[Remark] = (),
        policy: Policy | None = None,
    ) -> dict[str, Verdict]:
        """Return the verdict on the course of metrics up to the last complete week before `end`; those that cannot be measured are left out."""
        from helmdesk.insight.verdict import verdict_of

        with self._study(end, where, policy) as study:

            def find(key: str) -> Verdict:
                known = ("verdict", study.base, study.end, key, tuple(remarks))
                return study.reader.remember(known, lambda: verdict_of(study, key, remarks))

            return {key: find(key) for key in keys if not study.lacks(key)}

    def rules(
        self, key: str, *, end: str | None = None, where: str | None = None, days: int = 90, policy: Policy | None = None
    ) -> tuple[Rule, ...]:
        """Return alerts in waiting: rules in a sentence, each with a back-test over the last days."""
        from helmdesk.insight.rules import rules

        self.find_metric(key)
        with self._study(end, where, policy) as study:
            if study.lacks(key):
                return ()
            return study.reader.remember(("rules", study.base, study.end, key, days, self._targets()), lambda: rules(study, key, days))

    @contextmanager
    def _study(self, end: str | None, where: str | None, policy: Policy | None, is_week: bool = True) -> Iterator[Study]:
        """Open a study up to the last complete week before `end`, or up to `end` itself."""
        from helmdesk.insight.study import Study
        from helmdesk.query.periods import day_start, local_date, parse_boundary
        from helmdesk.query.window import last_complete_week

        zone = self.settings.time_zone
        with self.reader() as reader:
            last = min(parse_boundary(end, zone, "end"), reader.bounds.as_of) if end else reader.bounds.as_of
            if last < reader.bounds.first:
                raise UsageError(f"nothing was recorded before {local_date(reader.bounds.first, zone)}: end later")
            until = last_complete_week(last, zone, self.settings.week_start)[1] if is_week else day_start(last, zone)
            yield Study(reader, self.find_metric, self._scoped(where, policy), until, self.settings.targets)

    def _targets(self) -> tuple[tuple[str, object], ...]:
        return tuple(sorted(self.settings.targets.items()))
