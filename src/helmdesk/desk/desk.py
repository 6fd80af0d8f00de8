"""A desk answers questions. The one place that wires the layers together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helmdesk.desk.insight import DeskInsight
from helmdesk.desk.marts import SETTINGS_FILE
from helmdesk.settings import settings_from

if TYPE_CHECKING:
    import pyarrow

    from helmdesk.analysis.compare import Comparison
    from helmdesk.analysis.scorecard import Scorecard
    from helmdesk.insight.context import Annotation
    from helmdesk.presets.parts.preset import Preset
    from helmdesk.query.drill import RowsPage
    from helmdesk.query.measurement import Measurements
    from helmdesk.query.policy import Policy
    from helmdesk.query.question import Question
    from helmdesk.query.reader import Reader
    from helmdesk.query.receipt import Receipt
    from helmdesk.query.request import Request
    from helmdesk.query.run import Answer
    from helmdesk.query.window import Window

__all__ = ["SETTINGS_FILE", "Desk"]


class Desk(DeskInsight):
    """An existing desk.

    Args:
        path: its folder.

    Raises:
        NotFoundError: the folder is no desk.
    """

    def measure(
        self,
        *keys: str,
        by: str | Sequence[str] = (),
        grain: str | None = None,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        where: str | None = None,
        variant: str | None = None,
        clock: str = "calendar",
        as_of: int | None = None,
        policy: Policy | None = None,
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
        start, end = self._dates(window, start, end)
        question = replace(
            self._question(keys, by, grain, start, end, where, variant, clock), window=window or ""
        )
        return self._answer(question, as_of, None, policy)

    def _question(self, keys: Sequence[str], by: str | Sequence[str], *rest: Any) -> Question:
        from helmdesk.query.question import Question, names

        grain, start, end, where, variant, clock = rest
        zone, week_start = self.settings.time_zone, self.settings.week_start
        return Question(
            tuple(keys), names(by), grain, start, end, where, variant, clock, zone, week_start
        )

    def _answer(
        self,
        question: Question,
        as_of: int | None,
        settings: Mapping[str, Any] | None,
        policy: Policy | None,
    ) -> Measurements:
        from helmdesk.query.compile import resolve
        from helmdesk.query.drill import drill_table
        from helmdesk.query.measurement import Measurements
        from helmdesk.query.receipt import Origin, make_receipt

        requests = [self._defined(request) for request in question.requests(policy)]
        for request in requests:
            resolve(request)  # an unknown name should not wait for a mart
        with self.reader(as_of, settings) as reader:
            if settings is None:  # a receipt made before is computed again whatever it asked
                reader.bounds.refuse_outside(requests[0].start, requests[0].end, question.time_zone)
            origin = reader.cache(Origin, lambda: Origin.of(reader.engine))
            answers = [self._ask(reader, request) for request in requests]
        tables = [answer.measurements for answer in answers]

        def drill(key: str | None) -> pyarrow.Table:
            chosen = next((answer for answer in answers if answer.metric.key == key), answers[0])
            made_of = origin.made_of
            is_published = as_of is None and self.made_of() == made_of
            with self.engine(
                None if is_published else made_of.lake_version, made_of.settings
            ) as fresh:
                return drill_table(fresh, chosen.metric.fact, chosen.drill_sql, question.time_zone)

        return Measurements(
            tables, question.by, lambda: make_receipt(origin, question, answers), drill
        )

    def _ask(self, reader: Reader, request: Request) -> Answer:
        """Answer one request; a metric of the desk's own is first checked against the columns there
        are.
        """
        from helmdesk.catalogue.custom import check_columns
        from helmdesk.facts.build.build import ensure_fact
        from helmdesk.query.compile import resolve

        if request.key in self.custom_metrics:
            fact = resolve(request).fact
            ensure_fact(reader.engine, fact)
            check_columns(resolve(request), reader.engine.columns(f"from {fact}"))
        return reader.answer(request)

    def drill(
        self,
        key: str,
        *,
        by: str | Sequence[str] = (),
        grain: str | None = None,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        where: str | None = None,
        variant: str | None = None,
        clock: str = "calendar",
        as_of: int | None = None,
        policy: Policy | None = None,
    ) -> pyarrow.Table:
        """Return the very rows behind the same call of `measure`, as an Arrow table."""
        start, end = self._dates(window, start, end)
        question = self._question((key,), by, grain, start, end, where, variant, clock)
        return self._answer(question, as_of, None, policy).drill(key)

    def rows(
        self,
        key: str,
        *,
        by: str | Sequence[str] = (),
        grain: str | None = None,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        where: str | None = None,
        variant: str | None = None,
        clock: str = "calendar",
        sort: str | None = None,
        is_descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
        policy: Policy | None = None,
    ) -> RowsPage:
        """Return some of the rows that `drill` gives for the same call, sorted, with the number of
        all.

        Raises:
            NotFoundError: `sort` is no column of the rows.
        """
        from helmdesk.query.drill import drill_page

        start, end = self._dates(window, start, end)
        question = self._question((key,), by, grain, start, end, where, variant, clock)
        (request,) = (self._defined(request) for request in question.requests(policy))
        with self.reader() as reader:
            reader.bounds.refuse_outside(request.start, request.end, request.time_zone)
            answer = self._ask(reader, request)
            return drill_page(
                reader.engine,
                answer.metric.fact,
                answer.drill_sql,
                question.time_zone,
                sort,
                is_descending,
                offset,
                limit,
            )

    def scorecard(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        compare: str = "previous",
        where: str | None = None,
        keys: Sequence[str] | None = None,
        trend: str | None = None,
        annotations: Sequence[Annotation] = (),
        policy: Policy | None = None,
    ) -> Scorecard:
        """Return cards over a window (the last 28 complete days) against another one.

        Args:
            window: a named window instead of dates.
            compare: previous, same-weekdays, year or year-dates.
            keys: metrics; None takes those of the settings.
            trend: length of the periods of each card's trend; None leaves trends out.
            annotations: what people wrote down outside the records.
        """
        from helmdesk.analysis.scorecard import make_scorecard
        from helmdesk.query.window import boundary

        keys = self.settings.scorecard if keys is None else keys
        entries = [self.find_metric(key) for key in keys]
        guards = dict.fromkeys(
            guard for entry in entries for guard in entry.metric.read_with if guard not in keys
        )
        with self.reader() as reader:
            base = self._scoped(where, policy)
            found = self._window(reader, start, end, compare, window)
            others = [self.find_metric(guard) for guard in guards] if trend else []
            targets = self.settings.targets
            cards = reader.cache(
                ("scorecard", tuple(keys), found, base, tuple(targets.items()), trend),
                lambda: make_scorecard(reader, entries, others, found, base, targets, trend),
            )
        shown = [
            card.metric.key for card in (*cards.cards, *cards.guards.values()) if not card.reason
        ]
        end = boundary(found.until, self.settings.time_zone)
        if not shown:
            return cards
        return cards.told(
            self.verdicts(
                list(dict.fromkeys(shown)),
                end=end,
                where=where,
                annotations=annotations,
                policy=policy,
            )
        )

    def window(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        compare: str = "previous",
    ) -> Window:
        """Return the window that `scorecard` would look at, and the one it would compare with."""
        with self.reader() as reader:
            return self._window(reader, start, end, compare, window)

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
        from helmdesk.analysis.sla_at import sla_at
        from helmdesk.query.periods import parse_boundary

        request = self._scoped(where, policy)
        with self.reader() as reader:
            bounds = reader.bounds
            instant = min(
                parse_boundary(at, self.settings.time_zone, "at") if at else bounds.as_of,
                bounds.as_of,
            )
            return reader.cache(
                ("sla at", instant, request),
                lambda: sla_at(reader.engine, instant, request, bounds),
            )

    def compare(
        self,
        preset: Preset,
        numbers: Sequence[str] = (),
        *,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        where: str | None = None,
        export: Path | None = None,
        account: str | None = None,
        policy: Policy | None = None,
    ) -> list[Comparison]:
        """Return another tool's numbers beside ours over tickets created in a window, with the
        reasons of every difference.

        Args:
            numbers: names within the preset; all when none is given.
            start, end: local dates in the desk's time zone, half-open.
            where: filter over dimensions.
            export: the tool's own output (CSV with an id column), to compare its definition with
            what it really gave. account: only its tickets, and whose numbers stand in `export`;
            needed where a desk has several of the tool.

        Raises:
            NotFoundError, InputError: an unknown number or account, or an export that cannot be
            read. UsageError: an export that may be of several accounts.
        """
        from helmdesk.analysis.compare import account_of, compare
        from helmdesk.query.people import refuse_few
        from helmdesk.query.periods import parse_boundary
        from helmdesk.records.accounts import read_accounts

        start, end = self._dates(window, start, end)

        def placed(zone: str) -> str:
            bounds = [
                (text, name, operator)
                for text, name, operator in ((start, "start", ">="), (end, "end", "<"))
                if text
            ]
            return " and ".join(
                [
                    "true",
                    *(
                        f"anchor_ {operator} timestamp '{parse_boundary(text, zone, name)}'"
                        for text, name, operator in bounds
                    ),
                ]
            )

        request = self._scoped(where, policy)
        chosen = account_of(
            preset,
            read_accounts(self.lake.snapshot().files),
            account,
            is_exported=export is not None,
        )
        with self.reader() as reader:
            windows = (placed(self.settings.time_zone), placed("UTC"))
            # Every number is one over tickets created in the window: fewer than five people's are
            # compared by nobody who may not compare people.
            created = dataclasses.replace(
                self.find_metric("resolution_time").metric,
                anchor="created_at",
                where="is_counted",
                pending=None,
            )
            first, last = (
                parse_boundary(text, self.settings.time_zone, name) if text else None
                for text, name in ((start, "start"), (end, "end"))
            )
            refuse_few(
                reader.engine,
                created,
                dataclasses.replace(request, start=first, end=last),
                reader.bounds,
            )

            def make() -> list[Comparison]:
                return compare(
                    reader.engine, preset, numbers, windows, export, request, reader.bounds, chosen
                )

            # A file of somebody else's may change between two questions; our own numbers do not.
            return (
                make()
                if export
                else reader.cache(
                    ("compare", preset.name, tuple(numbers), windows, request, chosen), make
                )
            )

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
        again = self._answer(
            Question.from_dict(content["request"]), int(content["lake_version"]), settings, None
        )
        confirm(receipt, again.receipt, changed_since(receipt, self.find_metric))
