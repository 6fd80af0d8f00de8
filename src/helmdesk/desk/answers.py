"""What a desk answers to one reader: questions in, numbers out. The one place that wires the layers
of measuring together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from helmdesk.desk.folder import Folder
from helmdesk.desk.marts import Marts
from helmdesk.query.policy import Policy
from helmdesk.query.question import Question

if TYPE_CHECKING:
    from datetime import date

    import pyarrow

    from helmdesk.analysis.accounts import Account
    from helmdesk.analysis.case_mix import CaseMixBenchmark, Dispersion
    from helmdesk.analysis.compare import Comparison
    from helmdesk.analysis.newly_solved import Solved
    from helmdesk.analysis.open_work import OpenWork
    from helmdesk.analysis.scorecard import Scorecard
    from helmdesk.analysis.ticket import Story
    from helmdesk.plan.crews import Crew
    from helmdesk.plan.demand import Demand
    from helmdesk.plan.routing.replay import History
    from helmdesk.plan.simulation.past import Past
    from helmdesk.plan.simulation.people import Shift
    from helmdesk.presets.parts.preset import Preset
    from helmdesk.query.distribution import Bin
    from helmdesk.query.drill import RowsPage
    from helmdesk.query.measurement import Measurements
    from helmdesk.query.own_sql import Table
    from helmdesk.query.reader import Reader
    from helmdesk.query.request import Request
    from helmdesk.query.run import Answer
    from helmdesk.query.window import Window

Found = TypeVar("Found")


class Answers:
    """The facts of a desk as one reader may ask for them.

    Args:
        policy: who asks: every request is made under it.
    """

    def __init__(self, folder: Folder, marts: Marts, policy: Policy) -> None:
        self.folder, self.marts, self.policy = folder, marts, policy

    # -- one number, and what is behind it ---------------------------------------------------------

    def measure(
        self,
        question: Question,
        as_of: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Measurements:
        """Measure the metrics of a question, which has the dates of the window it names.

        Args:
            as_of: lake version; None is the published mart.
            settings: those of a receipt; None takes the desk's.
        """
        from helmdesk.query.compile import resolve
        from helmdesk.query.drill import drill_table
        from helmdesk.query.measurement import Measurements
        from helmdesk.query.receipt import Origin, make_receipt

        requests = self._requests(question)
        for request in requests:
            resolve(request)  # an unknown name should not wait for a mart
        with self.marts.reader(as_of, settings) as reader:
            if settings is None:  # a receipt made before is computed again whatever it asked
                reader.bounds.refuse_outside(requests[0].start, requests[0].end, question.time_zone)
            origin = reader.cache(Origin, lambda: Origin.of(reader.engine))
            answers = [self._answer(reader, request) for request in requests]
        tables = [answer.measurements for answer in answers]

        def drill(key: str | None) -> pyarrow.Table:
            chosen = next((answer for answer in answers if answer.metric.key == key), answers[0])
            made_of = origin.made_of
            is_published = as_of is None and self.marts.made_of() == made_of
            with self.marts.engine(
                None if is_published else made_of.lake_version, made_of.settings
            ) as fresh:
                return drill_table(fresh, chosen.metric.fact, chosen.drill_sql, question.time_zone)

        return Measurements(
            tables, question.by, lambda: make_receipt(origin, question, answers), drill
        )

    def _requests(self, question: Question) -> list[Request]:
        return [
            dataclasses.replace(request, entry=self.folder.find_metric(request.key))
            for request in question.requests(self.policy)
        ]

    def _answer(self, reader: Reader, request: Request) -> Answer:
        """Answer one request; a metric of the desk's own is first checked against the columns there
        are.
        """
        from helmdesk.catalogue.custom import check_columns
        from helmdesk.facts.build.build import ensure_fact
        from helmdesk.query.compile import resolve

        if request.key in self.folder.custom_metrics:
            fact = resolve(request).fact
            ensure_fact(reader.engine, fact)
            columns = reader.engine.columns(f"from {fact}")
            check_columns(resolve(request), columns, self.folder.path)
        return reader.answer(request)

    def rows(
        self,
        question: Question,
        sort: str | None = None,
        is_descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
        also: Sequence[str] = (),
    ) -> RowsPage:
        """Return some of the rows behind the number of a question, sorted, with the number of all.

        Args:
            also: columns of the fact beside those that the definition lists.

        Raises:
            NotFoundError: `sort` is no column of the rows.
        """
        from helmdesk.query.drill import drill_page

        (request,) = self._requests(question)
        if also:
            request = dataclasses.replace(request, entry=request.definition().listing(also))
        with self.marts.reader() as reader:
            reader.bounds.refuse_outside(request.start, request.end, request.time_zone)
            answer = self._answer(reader, request)
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

    def distribution(self, question: Question) -> tuple[Bin, ...]:
        """Return how the values behind the number of a question are spread."""
        from helmdesk.query.distribution import distribution

        (request,) = self._requests(question)
        with self.marts.reader() as reader:
            reader.bounds.refuse_outside(request.start, request.end, request.time_zone)
            return reader.cache(("distribution", request), lambda: distribution(reader, request))

    # -- several numbers ---------------------------------------------------------------------------

    def scorecard(self, question: Question, trend: str | None = None) -> Scorecard:
        """Return the cards of the metrics of a question, without verdicts.

        Args:
            trend: length of the periods of each card's trend; None leaves trends out.
        """
        from helmdesk.analysis.scorecard import make_scorecard

        keys, find = question.metrics, self.folder.find_metric
        entries = [find(key) for key in keys]
        guards = dict.fromkeys(
            guard for entry in entries for guard in entry.metric.read_with if guard not in keys
        )
        with self.marts.reader() as reader:
            base = question.scope(self.policy)
            found = self.window_of(reader, question)
            others = [find(guard) for guard in guards] if trend else []
            targets = self.folder.settings.targets
            return reader.cache(
                ("scorecard", keys, found, base, tuple(targets.items()), trend),
                lambda: make_scorecard(reader, entries, others, found, base, targets, trend),
            )

    def accounts(self, question: Question) -> list[Account]:
        """Return every account over a window, by name."""
        from helmdesk.analysis.accounts import accounts

        base = question.scope(self.policy)
        with self.marts.reader() as reader:
            found = self.window_of(reader, question)
            return reader.cache(
                ("accounts", base, found),
                lambda: accounts(reader, found, base, self.folder.find_metric),
            )

    def dispersion(self, question: Question) -> Dispersion:
        """Return how a metric lies between the agents of a group of at least five; no names."""
        from helmdesk.analysis.case_mix import dispersion

        with self.marts.reader() as reader:
            request = self._within_window(reader, question)
            return reader.cache(("dispersion", request), lambda: dispersion(reader, request))

    def case_mix_benchmark(
        self, question: Question, agent: str, mix_by: Sequence[str], team: str | None
    ) -> CaseMixBenchmark:
        """Return one agent's value beside what the team's values on the same mix of work would
        give.
        """
        from helmdesk.analysis.case_mix import case_mix_benchmark
        from helmdesk.query.filters import Compare

        with self.marts.reader() as reader:
            request = self._within_window(reader, question)
            group = Compare("team", "=", team) if team else None
            found = ("case mix", request, agent, tuple(mix_by), team)
            return reader.cache(
                found, lambda: case_mix_benchmark(reader, request, agent, mix_by, group)
            )

    def compare(
        self,
        question: Question,
        preset: Preset,
        numbers: Sequence[str],
        export: Path | None,
        account: str | None,
    ) -> list[Comparison]:
        """Return another tool's numbers beside ours over tickets created in a window."""
        from helmdesk.analysis.compare import account_of, compare, created_within
        from helmdesk.query.people import refuse_few
        from helmdesk.records.accounts import read_accounts

        request = question.scope(self.policy)
        lake = self.folder.lake.snapshot()
        chosen = account_of(
            preset, read_accounts(lake.files), account, is_exported=export is not None
        )
        with self.marts.reader() as reader:
            windows = tuple(
                created_within(*dataclasses.replace(question, time_zone=zone).boundaries())
                for zone in (question.time_zone, "UTC")
            )
            # Every number is one over tickets created in the window: fewer than five people's are
            # compared by nobody who may not compare people.
            created = dataclasses.replace(
                self.folder.find_metric("resolution_time").metric,
                anchor="created_at",
                where="is_counted",
                pending=None,
            )
            first, last = question.boundaries()
            within = dataclasses.replace(request, start=first, end=last)
            refuse_few(reader.engine, created, within, reader.bounds)

            def make() -> list[Comparison]:
                return compare(
                    reader.engine, preset, numbers, windows, export, request, reader.bounds, chosen
                )

            # A file of somebody else's may change between two questions; our own numbers do not.
            known = ("compare", preset.name, tuple(numbers), windows, request, chosen)
            return make() if export else reader.cache(known, make)

    # -- tickets -----------------------------------------------------------------------------------

    def ticket(self, ticket_id: str) -> Story:
        """Return one ticket's story."""
        from helmdesk.analysis.ticket import ticket_story

        with self.marts.reader() as reader:
            return ticket_story(
                reader.engine, ticket_id, self.folder.question().scope(self.policy), reader.bounds
            )

    def open_work(self, question: Question) -> OpenWork:
        """Return open tickets by age and priority at the end of the data."""
        from helmdesk.analysis.open_work import open_work

        request = question.scope(self.policy)
        with self.marts.reader() as reader:
            return reader.cache(("open work", request), lambda: open_work(reader, request))

    def newly_solved(
        self, question: Question, start: datetime, end: datetime
    ) -> tuple[Solved, ...]:
        """Return the tickets that were solved in a stretch of time, naive UTC."""
        from helmdesk.analysis.newly_solved import newly_solved

        request = question.scope(self.policy)
        with self.marts.reader() as reader:
            return newly_solved(reader, request, start, end)

    def reopened(self, tickets: Mapping[str, datetime]) -> frozenset[str]:
        """Return which tickets came back since the solve that is known of each, naive UTC."""
        from helmdesk.analysis.newly_solved import reopened

        request = self.folder.question().scope(self.policy)
        with self.marts.reader() as reader:
            return reopened(reader, request, tickets)

    def sla_at(self, question: Question, at: str | None) -> list[dict[str, Any]]:
        """Return the SLA clocks that were running, paused or overdue at an instant."""
        from helmdesk.analysis.sla_at import sla_at
        from helmdesk.query.periods import parse_boundary

        request = question.scope(self.policy)
        with self.marts.reader() as reader:
            bounds = reader.bounds
            instant = min(
                parse_boundary(at, question.time_zone, "at") if at else bounds.as_of, bounds.as_of
            )
            return reader.cache(
                ("sla at", instant, request),
                lambda: sla_at(reader.engine, instant, request, bounds),
            )

    def demand(self, question: Question, minutes: int) -> list[Demand]:
        """Return the contacts that came to each queue, by interval."""
        from helmdesk.plan.contacts import demand_of

        request = question.scope(self.policy)
        with self.marts.reader() as reader:
            return reader.cache(
                ("demand", minutes, request),
                lambda: demand_of(reader.engine, request, reader.bounds, minutes),
            )

    def crews(self, question: Question, minutes: int) -> list[Crew]:
        """Return the teams that answer calls and chats, with what comes and who is planned."""
        from helmdesk.plan.contacts import crews_of

        request = question.scope(self.policy)
        with self.marts.reader() as reader:
            return reader.cache(
                ("crews", minutes, request),
                lambda: crews_of(reader.engine, request, reader.bounds, minutes),
            )

    def past(self, question: Question, crew: Crew, weeks: int) -> Past:
        """Return a team's last weeks: contacts one by one, and its people's time."""
        from helmdesk.plan.lived import past_of

        request = question.scope(self.policy)
        with self.marts.reader() as reader:
            return reader.cache(
                ("past", crew.name, weeks, request),
                lambda: past_of(reader.engine, request, reader.bounds, crew, weeks),
            )

    def work_of(self, question: Question, since: datetime, until: datetime) -> History:
        """Return who had which ticket when, who was there and what was promised, between two
        instants, naive UTC.
        """
        from helmdesk.plan.routing.reading import history_of

        request = question.scope(self.policy)
        with self.marts.reader() as reader:
            return history_of(reader.engine, request, reader.bounds, since, until)

    def own_plan(
        self, question: Question, agent: str, first: date, days: int
    ) -> tuple[list[Shift], list[int]]:
        """Return one person's planned shifts and days off, where the reader may see them."""
        from helmdesk.plan.lived import own_plan

        request = question.scope(self.policy)
        with self.marts.reader() as reader:
            return own_plan(reader.engine, request, reader.bounds, agent, first, days)

    def planned_keys(
        self, question: Question, people: Sequence[str], first: date, days: int
    ) -> dict[tuple[str, int], list[str]]:
        """Return the identities of planned shifts of people whom the reader may see."""
        from helmdesk.plan.lived import planned_keys

        with self.marts.reader() as reader:
            return planned_keys(reader.engine, question.time_zone, people, first, days)

    def tables(self) -> tuple[Table, ...]:
        """Return the tables that SQL may ask, with their columns; see `query.own_sql`."""
        from helmdesk.query.own_sql import tables_of

        with self.marts.reader() as reader:
            return tables_of(reader, self.folder.question().scope(self.policy))

    def sql(self, statement: str) -> pyarrow.Table:
        """Return what one SELECT over those tables gives; see `query.own_sql`."""
        from helmdesk.query.own_sql import run_sql

        with self.marts.reader() as reader:
            request = self.folder.question().scope(self.policy)
            return run_sql(reader, request, statement, self.folder.settings.memory_gb)

    def remembered(self, key: object, make: Callable[[], Found]) -> Found:
        """Return what `make` gives; made once as long as the data stay, where answers are kept.

        Args:
            key: names what is asked, with all it depends on but the data and the reader.
        """
        with self.marts.reader() as reader:
            return reader.cache((key, self.policy.digest()), make)

    def segments(self) -> dict[str, list[str]]:
        """Return the values of the dimensions that filters offer, among the tickets the policy lets
        through; sorted.
        """
        from helmdesk.query.segments import segments

        request = self.folder.question().scope(self.policy)
        with self.marts.reader() as reader:
            return reader.cache(("segments", request), lambda: segments(reader, request))

    # -- windows -----------------------------------------------------------------------------------

    def window(self, question: Question) -> Window:
        """Return the window that a question looks at, and the one it compares with."""
        with self.marts.reader() as reader:
            return self.window_of(reader, question)

    def window_of(self, reader: Reader, question: Question) -> Window:
        """Return the window of a question: named, dated, or the last 28 complete days."""
        from helmdesk.query.window import find_window

        bounds, zone = reader.bounds, question.time_zone
        bounds.refuse_outside(*question.boundaries(), zone)
        return find_window(
            bounds.as_of,
            zone,
            question.week_start,
            name=question.window,
            start=question.start or "",
            end=question.end or "",
            compare=question.compare,
        )

    def _within_window(self, reader: Reader, question: Question) -> Request:
        """Return the request for the one metric of a question over its window."""
        window, (key,) = self.window_of(reader, question), question.metrics
        return dataclasses.replace(
            question.scope(self.policy),
            key=key,
            entry=self.folder.find_metric(key),
            start=window.start,
            end=window.end,
        )

    def dated(self, question: Question) -> Question:
        """Return a question with the boundaries of the window that it names."""
        from helmdesk.query.window import boundary

        if not question.window:
            return question
        with self.marts.reader() as reader:
            found = self.window_of(reader, question)
        zone = question.time_zone
        return dataclasses.replace(
            question, start=boundary(found.start, zone), end=boundary(found.end, zone)
        )
