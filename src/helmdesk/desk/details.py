"""What a desk tells beyond single numbers: one ticket, open work, accounts, dispersions, what was
loaded.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from helmdesk.desk.folder import DeskFolder

if TYPE_CHECKING:
    from helmdesk.analysis.accounts import Account
    from helmdesk.analysis.case_mix import CaseMixBenchmark, Dispersion
    from helmdesk.analysis.concerns import Concern
    from helmdesk.analysis.open_work import OpenWork
    from helmdesk.analysis.ticket import Story
    from helmdesk.catalogue.discovery import Entry
    from helmdesk.query.distribution import Bin
    from helmdesk.query.policy import Policy
    from helmdesk.query.reader import Reader
    from helmdesk.query.request import Request
    from helmdesk.query.window import Window
    from helmdesk.records.journal import Batch, Quarantined
    from helmdesk.records.mending import RowsToMend


class DeskDetails(DeskFolder):
    """A desk's metrics by name, and what is asked of its facts that is not one number."""

    @contextmanager
    def reader(
        self, as_of: int | None = None, settings: Mapping[str, Any] | None = None
    ) -> Iterator[Reader]:
        """Open the facts for questions; see `engine`."""
        from helmdesk.query.reader import Reader

        with self.engine(as_of, settings) as engine:
            yield Reader(engine, currency=self.settings.currency)

    # -- definitions ------------------------------------------------------------------------------

    @functools.cached_property
    def custom_metrics(self) -> Mapping[str, Entry]:
        """Metrics that the desk's own folder defines, by key.

        Raises:
            SettingError: a definition that is not valid.
        """
        from helmdesk.catalogue.custom import load_custom_metrics

        return load_custom_metrics(self.path)

    @property
    def catalogue(self) -> Mapping[str, Entry]:
        """All metrics of this desk: ours and its own."""
        from helmdesk.catalogue.discovery import load_catalogue

        return {**load_catalogue(), **self.custom_metrics}

    def find_metric(self, key: str) -> Entry:
        """Return one metric of this desk, or raise `NotFoundError`."""
        from helmdesk.catalogue.discovery import find_metric

        return find_metric(key, self.catalogue)

    def dimensions(self, key: str, variant: str | None = None) -> dict[str, str]:
        """Return what a metric can be sliced by: names with their help; people are not among
        them.
        """
        from helmdesk.query.compile import resolve
        from helmdesk.query.dimensions import metric_dimensions
        from helmdesk.query.request import Request

        request = Request(
            key, variant=variant, time_zone=self.settings.time_zone, entry=self.find_metric(key)
        )
        with self.reader() as reader:
            known = metric_dimensions(resolve(request), request, reader.bounds)
        return {
            name: dimension.help
            for name, (dimension, _) in known.items()
            if not dimension.is_person
        }

    def concerns(self) -> list[Concern]:
        """Return what the numbers lack or rest on that a reader should know, each with its mend."""
        from helmdesk.analysis.concerns import find_concerns

        with self.reader() as reader:
            return reader.cache(
                ("concerns", self.settings.default_calendar),
                lambda: find_concerns(reader.engine, self.settings),
            )

    # -- questions --------------------------------------------------------------------------------

    def ticket(self, ticket_id: str, *, policy: Policy | None = None) -> Story:
        """Return one ticket's story.

        Raises:
            NotFoundError: no such ticket, or not one this reader may see.
        """
        from helmdesk.analysis.ticket import ticket_story

        with self.reader() as reader:
            return ticket_story(reader.engine, ticket_id, self._scoped(None, policy), reader.bounds)

    def distribution(
        self,
        key: str,
        *,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        where: str | None = None,
        variant: str | None = None,
        clock: str = "calendar",
        policy: Policy | None = None,
    ) -> tuple[Bin, ...]:
        """Return how the values behind a number are spread; arguments as in `measure`."""
        from helmdesk.query.distribution import distribution
        from helmdesk.query.question import Question

        start, end = self._dates(window, start, end)
        question = Question(
            (key,),
            (),
            None,
            start,
            end,
            where,
            variant,
            clock,
            self.settings.time_zone,
            self.settings.week_start,
        )
        (request,) = (self._defined(request) for request in question.requests(policy))
        with self.reader() as reader:
            reader.bounds.refuse_outside(request.start, request.end, request.time_zone)
            return reader.cache(("distribution", request), lambda: distribution(reader, request))

    def open_work(self, *, where: str | None = None, policy: Policy | None = None) -> OpenWork:
        """Return open tickets by age and priority at the end of the data."""
        from helmdesk.analysis.open_work import open_work

        request = self._scoped(where, policy)
        with self.reader() as reader:
            return reader.cache(("open work", request), lambda: open_work(reader, request))

    def accounts(
        self,
        *,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        where: str | None = None,
        policy: Policy | None = None,
    ) -> list[Account]:
        """Return every account over a window (the last 28 complete days), by name."""
        from helmdesk.analysis.accounts import accounts

        base = self._scoped(where, policy)
        with self.reader() as reader:
            found = self._window(reader, start, end, name=window)
            return reader.cache(
                ("accounts", base, found), lambda: accounts(reader, found, base, self.find_metric)
            )

    def dispersion(
        self,
        key: str,
        *,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        where: str | None = None,
        policy: Policy | None = None,
    ) -> Dispersion:
        """Return how a metric lies between the agents of a group of at least five; no names."""
        from helmdesk.analysis.case_mix import dispersion

        with self.reader() as reader:
            request = self._between(reader, key, start, end, where, policy, window)
            return reader.cache(("dispersion", request), lambda: dispersion(reader, request))

    def case_mix_benchmark(
        self,
        key: str,
        agent: str,
        *,
        mix_by: Sequence[str] = ("channel", "issue_type"),
        team: str | None = None,
        start: str | None = None,
        end: str | None = None,
        window: str | None = None,
        policy: Policy | None = None,
    ) -> CaseMixBenchmark:
        """Return one agent's value beside what the team's values on the same mix of work would
        give.
        """
        from helmdesk.analysis.case_mix import case_mix_benchmark
        from helmdesk.query.filters import Compare

        with self.reader() as reader:
            request = self._between(reader, key, start, end, None, policy, window)
            group = Compare("team", "=", team) if team else None
            found = ("case mix", request, agent, tuple(mix_by), team)
            return reader.cache(
                found, lambda: case_mix_benchmark(reader, request, agent, mix_by, group)
            )

    def segments(self, *, policy: Policy | None = None) -> dict[str, list[str]]:
        """Return the values of the dimensions that filters offer, among the tickets the policy lets
        through; sorted.
        """
        from helmdesk.query.segments import segments

        request = self._scoped(None, policy)
        with self.reader() as reader:
            return reader.cache(("segments", request), lambda: segments(reader, request))

    def agents(self) -> dict[str, str | None]:
        """Return the names of all agents in the data with their present team, by name."""
        with self.reader() as reader:
            rows = reader.engine.run(
                "select coalesce(a.name, a.entity_id), coalesce(t.name, a.team_id) from"
                " latest_agents a left join latest_teams t on t.entity_id = a.team_id union select"
                " distinct agent, null from tickets where agent is not null and agent_id not in"
                " (select entity_id from latest_agents)"
            )
        return dict(sorted(rows))

    def team_of(self, agent: str) -> str | None:
        """Return the present team of an agent."""
        return self.agents().get(agent)

    def definitions(self) -> dict[str, list[dict[str, Any]]]:
        """Return the calendars, SLA policies, instruments, queues, teams and contracts that the
        desk knows, latest versions.
        """
        import json

        tables = ("calendars", "sla_policies", "instruments", "queues", "teams", "contracts")
        found = {}
        with self.reader() as reader:
            for table in tables:
                names, listed = reader.engine.fetch(
                    f"select * from latest_{table} order by entity_id"
                )
                rows = [dict(zip(names, row, strict=True)) for row in listed]
                for row in rows:
                    if row.get("definition"):
                        row["definition"] = json.loads(row["definition"])
                found[table] = rows
        return found

    # -- what was loaded --------------------------------------------------------------------------

    def batches(self) -> list[Batch]:
        """Return what was loaded, latest first, with how late its records came."""
        from helmdesk.records.journal import read_batches

        snapshot = self.lake.snapshot()
        with self.lake.reading(), self.reader() as reader:
            now = reader.bounds.as_of
            return reader.cache(
                ("batches", snapshot.version), lambda: read_batches(snapshot.files, now)
            )

    def quarantine(self, batch_id: str | None = None) -> list[Quarantined]:
        """Return quarantined cells with file, line, column and reason."""
        from helmdesk.records.journal import read_quarantine

        with self.lake.reading():
            return read_quarantine(self.lake.snapshot().files, batch_id)

    def find_batch(self, given: str) -> str:
        """Return the identity of a load by it, or by enough of its beginning.

        Raises:
            NotFoundError: there is no such load, or several begin like this.
        """
        from helmdesk.records.journal import find_batch

        with self.lake.reading():
            return find_batch(self.lake.snapshot().files, given)

    def rows_to_mend(self, batch: str) -> list[RowsToMend]:
        """Return the whole rows of what a load kept apart, to be mended and loaded again.

        Args:
            batch: identity of the load, or enough of its beginning.

        Raises:
            NotFoundError: there is no such load.
        """
        from helmdesk.records.mending import rows_to_mend

        found = self.find_batch(batch)
        with self.lake.reading():
            return rows_to_mend(self.lake.snapshot().files, found)

    # -- parts ------------------------------------------------------------------------------------

    def _defined(self, request: Request) -> Request:
        import dataclasses

        return dataclasses.replace(request, entry=self.find_metric(request.key))

    def _scoped(self, where: str | None, policy: Policy | None) -> Request:
        """Return a request that carries nothing but filter, policy and time zone."""
        from helmdesk.query.filters import parse_filter
        from helmdesk.query.policy import Policy as Everyone
        from helmdesk.query.request import Request

        zone, week_start = self.settings.time_zone, self.settings.week_start
        return Request(
            "",
            where=parse_filter(where) if where else None,
            time_zone=zone,
            week_start=week_start,
            policy=policy or Everyone(),
        )

    def _between(
        self,
        reader: Reader,
        key: str,
        start: str | None,
        end: str | None,
        where: str | None,
        policy: Policy | None,
        name: str | None = None,
    ) -> Request:
        """Return a request for one metric over a window; the last 28 complete days when none is
        given.
        """
        import dataclasses

        window = self._window(reader, start, end, name=name)
        base = self._scoped(where, policy)
        return dataclasses.replace(
            base, key=key, entry=self.find_metric(key), start=window.start, end=window.end
        )

    def _window(
        self,
        reader: Reader,
        start: str | None = None,
        end: str | None = None,
        compare: str = "previous",
        name: str | None = None,
    ) -> Window:
        from helmdesk.query.periods import parse_boundary
        from helmdesk.query.window import find_window

        zone, week_start = self.settings.time_zone, self.settings.week_start
        bounds = reader.bounds
        first = parse_boundary(start, zone, "start") if start else None
        bounds.refuse_outside(first, parse_boundary(end, zone, "end") if end else None, zone)
        return find_window(
            bounds.as_of,
            zone,
            week_start,
            name=name or "",
            start=start or "",
            end=end or "",
            compare=compare,
        )

    def _dates(
        self, window: str | None, start: str | None, end: str | None
    ) -> tuple[str | None, str | None]:
        """Return the boundaries of a named window, or those given."""
        from helmdesk.query.window import boundary

        if not window:
            return start, end
        zone = self.settings.time_zone
        with self.reader() as reader:
            found = self._window(reader, start, end, name=window)
        return boundary(found.start, zone), boundary(found.end, zone)
