"""A desk: one folder with settings, lake and marts. The one place that wires the layers together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helmdesk.errors import ConflictError, DataQualityError, NotFoundError
from helmdesk.lake.lake import Lake
from helmdesk.lake.mart import publish_mart, published_mart
from helmdesk.settings import Settings, read_settings, settings_from, write_settings

if TYPE_CHECKING:
    import pyarrow

    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.query.compile import Bounds
    from helmdesk.query.measurement import Measurements
    from helmdesk.query.receipt import Receipt
    from helmdesk.query.request import Policy, Request
    from helmdesk.query.run import Answer
    from helmdesk.query.scorecard import Card, Window
    from helmdesk.records.staging import LoadReport

SETTINGS_FILE, LAKE_FOLDER, MARTS_FOLDER = "helmdesk.toml", "lake", "marts"
Step = Callable[[str], None]


def _silent(_step: str) -> None:
    return None


class Desk:
    """An existing desk.

    Args:
        path: its folder.

    Raises:
        NotFoundError: the folder is no desk.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not (self.path / SETTINGS_FILE).is_file():
            raise NotFoundError(f"{self.path} is not a desk (no {SETTINGS_FILE}); create one with: helmdesk init {self.path}")
        self.settings = read_settings(self.path / SETTINGS_FILE)
        self.lake = Lake(self.path / LAKE_FOLDER)

    @classmethod
    def create(cls, path: Path | str, settings: Settings | None = None) -> Desk:
        """Create a desk with an empty lake.

        Raises:
            ConflictError: there is a desk already, or the folder holds other things.
        """
        folder = Path(path)
        if (folder / SETTINGS_FILE).exists():
            raise ConflictError(f"{folder} is already a desk")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConflictError(f"{folder} is not empty; choose a new folder")
        (folder / MARTS_FOLDER).mkdir(parents=True)
        Lake(folder / LAKE_FOLDER).create()
        write_settings(folder / SETTINGS_FILE, settings or Settings())
        return cls(folder)

    # -- records ----------------------------------------------------------------------------------

    def load(
        self,
        source: str,
        paths: Sequence[Path | str],
        *,
        mapping: Path | str | None = None,
        time_zone: str | None = None,
        is_dry_run: bool = False,
        refresh: bool = True,
        on_step: Step = _silent,
    ) -> LoadReport:
        """Load files through a source: the whole batch or nothing, and never twice.

        Returns:
            The report; `lake_version` is None for a dry run.

        Raises:
            NotFoundError, InputError, MappingError: see the source.
            ConflictError: another writer got in the way; load again.
            DataQualityError: stored, but more rows are in quarantine than `quarantine_limit` allows.
        """
        from helmdesk.records.staging import batch_identity
        from helmdesk.sources.reading import digest
        from helmdesk.sources.source import Options, find_source

        found = find_source(source)
        options = Options(Path(mapping) if mapping else None, time_zone)
        files = found.files([Path(path) for path in paths])
        parts = {name: digest(path) for name, path in files.items()}
        if options.mapping:
            parts["mapping"] = digest(options.mapping)
        parts["options"] = repr(time_zone).encode()
        return self.load_with(
            lambda staging: found.read(staging, [Path(path) for path in paths], options),
            source,
            batch_identity(source, parts),
            is_dry_run=is_dry_run,
            refresh=refresh,
            on_step=on_step,
        )

    def load_with(
        self,
        fill: Callable[[Any], None],
        source: str,
        batch_id: str,
        *,
        recorded_at: datetime | None = None,
        is_dry_run: bool = False,
        refresh: bool = True,
        on_step: Step = _silent,
    ) -> LoadReport:
        """Load what `fill` puts into a staging area; see `load`."""
        import duckdb

        from helmdesk.records.staging import LoadReport, Staging

        if not is_dry_run and self.lake.version_of_batch(batch_id) is not None:
            report = LoadReport(source, batch_id, is_already_loaded=True, lake_version=self.lake.version())
            if refresh:
                self.refresh(on_step=on_step)
            return report
        connection = duckdb.connect()
        try:
            connection.execute("set timezone = 'UTC'")
            staging = Staging(connection, source, batch_id, recorded_at, on_step)
            fill(staging)
            staging.check()
            report = staging.summarise()
            if is_dry_run:
                return report
            on_step("writing to the lake")
            body = json.dumps({key: value for key, value in asdict(report).items() if key != "lake_version"})
            summary = {"source": source, "batch": batch_id, "rows": str(report.rows)}
            report.lake_version = self.lake.append(batch_id, staging.records(body), summary)
        finally:
            connection.close()
        if report.lake_version is None:
            report.is_already_loaded, report.lake_version = True, self.lake.version()
        if self.lake.needs_compaction():
            on_step("compacting the lake")
            self.lake.compact()
        if refresh:
            self.refresh(on_step=on_step)
        return report

    def check_quality(self, report: LoadReport) -> None:
        """Raise when a load put too much into quarantine.

        Raises:
            DataQualityError: share above the setting `quarantine_limit`.
        """
        limit = self.settings.quarantine_limit
        if report.quarantine_share > limit:
            raise DataQualityError(
                f"{report.quarantined_rows:,} of {report.rows:,} rows are in quarantine"
                f" ({report.quarantine_share:.1%}, limit {limit:.1%}); the rest was loaded"
            )

    # -- mart -------------------------------------------------------------------------------------

    def refresh(self, *, is_forced: bool = False, on_step: Step = _silent) -> int:
        """Build the mart of the newest lake version and publish it; return that version.

        A mart that is up to date is left alone unless `is_forced`.
        """
        snapshot = self.lake.snapshot()
        if not is_forced and self._is_current(snapshot.version):
            return snapshot.version

        def build(path: Path) -> None:
            from helmdesk.engines.duckdb import DuckDB

            engine = DuckDB.create(path)
            try:
                self._build(engine, snapshot.files, snapshot.version, self.settings.for_facts(), on_step)
            finally:
                engine.close()

        publish_mart(self.path / MARTS_FOLDER, build, _mart_version, snapshot.version)
        return snapshot.version

    def _build(
        self, engine: DuckDB, files: Mapping[str, Sequence[str]], version: int, settings: Mapping[str, Any], on_step: Step
    ) -> None:
        from helmdesk.facts.build import build_facts

        build_facts(engine, files, settings, version, on_step)

    def _is_current(self, version: int) -> bool:
        from helmdesk.facts.build import facts_hash

        path = published_mart(self.path / MARTS_FOLDER)
        if not path.exists():
            return False
        from helmdesk.engines.duckdb import DuckDB

        engine = DuckDB.open(path)
        try:
            rows = engine.run("select lake_version, facts_hash, settings from mart")
        finally:
            engine.close()
        return rows == [(version, facts_hash(), json.dumps(self.settings.for_facts(), sort_keys=True))]

    def mart_version(self) -> int | None:
        """Return the lake version of the published mart, or None when there is none."""
        path = published_mart(self.path / MARTS_FOLDER)
        return _mart_version(path) if path.exists() else None

    @contextmanager
    def engine(self, as_of: int | None = None, settings: Mapping[str, Any] | None = None) -> Iterator[DuckDB]:
        """Open the facts: the published mart, or those of lake version `as_of` built in memory.

        Raises:
            NotFoundError: no such version.
        """
        from helmdesk.engines.duckdb import DuckDB

        path = published_mart(self.path / MARTS_FOLDER)
        if as_of is None:
            if not path.exists():
                self.refresh()
            engine = DuckDB.open(path)
        else:
            snapshot = self.lake.snapshot(as_of)
            engine = DuckDB.create()
            self._build(engine, snapshot.files, snapshot.version, settings or self.settings.for_facts(), _silent)
        try:
            yield engine
        finally:
            engine.close()

    # -- questions --------------------------------------------------------------------------------

    def measure(
        self,
        *keys: str,
        by: str | Sequence[str] = (),
        grain: str | None = None,
        start: str | None = None,
        end: str | None = None,
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
            where: filter over dimensions, such as ``"channel = 'email'"``.
            variant: named variant; every key must have it.
            clock: "calendar" or "business".
            as_of: lake version; None is the published mart.

        Raises:
            NotFoundError, FilterError, UsageError: the question is not one this desk can answer.
        """
        asked = self._asked(keys, by, grain, start, end, where, variant, clock)
        return self._answer(asked, as_of, self.settings.for_facts(), policy)

    def _asked(
        self,
        keys: Sequence[str],
        by: str | Sequence[str],
        grain: str | None,
        start: str | None,
        end: str | None,
        where: str | None,
        variant: str | None,
        clock: str,
    ) -> dict[str, Any]:
        """Return the request as plain values: what a receipt stores and `verify` asks again."""
        return {
            "metrics": list(keys),
            "by": [by] if isinstance(by, str) else list(by),
            "grain": grain,
            "start": start,
            "end": end,
            "where": where,
            "variant": variant,
            "clock": clock,
            "time_zone": self.settings.time_zone,
            "week_start": self.settings.week_start,
        }

    def _answer(
        self, asked: dict[str, Any], as_of: int | None, settings: Mapping[str, Any], policy: Policy | None
    ) -> Measurements:
        from helmdesk.query.compile import resolve
        from helmdesk.query.measurement import Measurements
        from helmdesk.query.run import read_bounds, run_request

        requests = _requests(asked, policy)
        for request in requests:
            resolve(request)  # an unknown name should not wait for a mart
        with self.engine(as_of, settings) as engine:
            bounds = read_bounds(engine)
            answers = [run_request(engine, request, bounds) for request in requests]
            receipt = self._receipt(engine, asked, answers, settings)
        rows = [measurement for answer in answers for measurement in answer.measurements]
        version = int(receipt.content["lake_version"])

        def drill(key: str | None) -> pyarrow.Table:
            chosen = next((answer for answer in answers if answer.metric.key == key), answers[0])
            is_published = as_of is None and self.mart_version() == version
            with self.engine(None if is_published else version, settings) as fresh:
                return _drill_table(fresh, chosen.drill_sql)

        return Measurements(rows, asked["by"], receipt, drill)

    def drill(
        self,
        key: str,
        *,
        by: str | Sequence[str] = (),
        grain: str | None = None,
        start: str | None = None,
        end: str | None = None,
        where: str | None = None,
        variant: str | None = None,
        clock: str = "calendar",
        as_of: int | None = None,
        policy: Policy | None = None,
    ) -> pyarrow.Table:
        """Return the very rows behind the same call of `measure`, as an Arrow table."""
        asked = self._asked((key,), by, grain, start, end, where, variant, clock)
        return self._answer(asked, as_of, self.settings.for_facts(), policy).drill(key)

    def scorecard(
        self, *, start: str | None = None, end: str | None = None, compare: str = "previous", policy: Policy | None = None
    ) -> tuple[Window, list[Card]]:
        """Return the desk's cards over a window (the last 28 complete days) against another one."""
        from helmdesk.query.periods import parse_boundary
        from helmdesk.query.request import Policy as EveryonePolicy
        from helmdesk.query.request import Request
        from helmdesk.query.run import read_bounds, run_request
        from helmdesk.query.scorecard import Card, judge, scorecard_window

        zone = self.settings.time_zone
        cards = []
        with self.engine() as engine:
            bounds = read_bounds(engine)
            window = scorecard_window(
                bounds.as_of,
                zone,
                parse_boundary(start, zone, "start") if start else None,
                parse_boundary(end, zone, "end") if end else None,
                compare,
            )
            shared = {"time_zone": zone, "week_start": self.settings.week_start, "policy": policy or EveryonePolicy()}
            for key in self.settings.scorecard:
                pairs = (window.start, window.end), (window.previous_start, window.previous_end)
                now, before = (
                    run_request(engine, Request(key, start=first, end=last, **shared), bounds) for first, last in pairs
                )
                current, earlier = now.measurements[0], before.measurements[0]
                reason = "" if current.n else _why_empty(engine, now, bounds)
                verdict = "no data" if reason else judge(now.metric, current, earlier)
                if window.previous_start < window.first_day(bounds.first, zone) and not reason:
                    # The data begin inside the earlier window: a change against it would be an artefact.
                    earlier, verdict = replace(earlier, value=None, low=None, high=None), "nothing to compare"
                guards = tuple(now.metric.read_with)
                cards.append(Card(now.metric, current, earlier, verdict, reason, guards))
        return window, cards

    # -- proof ------------------------------------------------------------------------------------

    def _receipt(
        self, engine: DuckDB, asked: dict[str, Any], answers: Sequence[Answer], settings: Mapping[str, Any]
    ) -> Receipt:
        from helmdesk import __version__
        from helmdesk.catalogue import definition_hash, find_metric
        from helmdesk.facts.build import facts_hash
        from helmdesk.query.receipt import Receipt

        rows = engine.run("select lake_version, as_of, facts_hash from mart")
        version, latest, _ = rows[0]
        measured = [measurement for answer in answers for measurement in answer.measurements]
        return Receipt.seal(
            {
                "helmdesk": __version__,
                "request": asked,
                "settings": dict(settings),
                "lake_version": version,
                "data_as_of": latest.isoformat() if latest else None,
                "facts": facts_hash(),
                "engine": {"name": engine.name, "version": engine.version()},
                "packages": _package_versions(),
                "queries": [
                    {
                        "metric": f"{answer.metric.key}@{answer.metric.version}",
                        "variant": answer.request.variant,
                        "definition": definition_hash(find_metric(answer.metric.key).metric),
                        "policy": answer.request.policy.digest(),
                        "rows_behind": sum(measurement.n for measurement in answer.measurements),
                        "sql": answer.sql,
                        "drill_sql": answer.drill_sql,
                    }
                    for answer in answers
                ],
                "row_count": len(measured),
                "results": json.loads(json.dumps([row.as_row() for row in measured], default=str)),
            }
        )

    def verify(self, receipt: Receipt) -> None:
        """Compute a receipt's request again from the lake as of its version.

        Raises:
            ReceiptMismatch: the receipt was edited, or the answer differs; says where.
            NotFoundError: the lake no longer has that version.
        """
        from helmdesk.catalogue import definition_hash, find_metric
        from helmdesk.facts.build import facts_hash
        from helmdesk.query.receipt import confirm

        content = receipt.content
        # Validated like a settings file: an edited receipt must not reach the facts unchecked.
        settings = settings_from(dict(content["settings"]), "the receipt's settings").for_facts()
        again = self._answer(content["request"], int(content["lake_version"]), settings, None)
        notes = []
        for query in content["queries"]:
            key = str(query["metric"]).split("@")[0]
            metric = find_metric(key).metric
            if definition_hash(metric) != query["definition"]:
                notes.append(f"the definition of {key} has changed since ({query['metric']}, now version {metric.version})")
        if content.get("facts") != facts_hash():
            notes.append("the receipt was made with other fact definitions")
        confirm(receipt, again.receipt.results, notes)


def _requests(asked: dict[str, Any], policy: Policy | None) -> list[Request]:
    from helmdesk.errors import UsageError
    from helmdesk.query.filters import parse_filter
    from helmdesk.query.periods import parse_boundary
    from helmdesk.query.request import Policy as EveryonePolicy
    from helmdesk.query.request import Request

    if not asked["metrics"]:
        raise UsageError("name at least one metric; list them with: helmdesk metrics")
    zone = asked["time_zone"]
    return [
        Request(
            key=key,
            variant=asked["variant"],
            by=tuple(asked["by"]),
            grain=asked["grain"],
            start=parse_boundary(asked["start"], zone, "start") if asked["start"] else None,
            end=parse_boundary(asked["end"], zone, "end") if asked["end"] else None,
            where=parse_filter(asked["where"]) if asked["where"] else None,
            clock=asked["clock"],
            time_zone=zone,
            week_start=asked["week_start"],
            policy=policy or EveryonePolicy(),
        )
        for key in asked["metrics"]
    ]


def _drill_table(engine: DuckDB, sql: str) -> pyarrow.Table:
    """Run a drill-down; instants that have not come are null, not the year 9999."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from helmdesk.engines.engine import FOREVER

    table = engine.connection.sql(sql).to_arrow_table()
    forever = pa.scalar(datetime.fromisoformat(FOREVER), pa.timestamp("us"))
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            cells = table.column(place)
            open_ended = pc.equal(cells, forever.cast(field.type))
            table = table.set_column(place, field.name, pc.if_else(open_ended, pa.scalar(None, field.type), cells))
    return table


def _why_empty(engine: DuckDB, answer: Answer, bounds: Bounds) -> str:
    """Say why a card has nothing: the sources never record it, or nothing happened in the window."""
    from helmdesk.query.request import Request
    from helmdesk.query.run import run_request

    missing = bounds.missing(answer.metric)
    if missing:
        return f"the loaded sources have no '{missing[0]}' records"
    whole = run_request(engine, Request(answer.metric.key, policy=answer.request.policy), bounds)
    return "nothing in this window" if whole.measurements[0].n else "the loaded sources do not carry what it needs"


def _mart_version(path: Path) -> int:
    from helmdesk.engines.duckdb import DuckDB

    engine = DuckDB.open(path)
    try:
        return int(engine.run("select lake_version from mart")[0][0])
    finally:
        engine.close()


def _package_versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("duckdb", "deltalake", "sqlglot")}
