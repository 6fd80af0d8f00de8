"""A desk: one folder with settings, lake and marts. The one place that wires the layers together."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helmdesk.errors import ConflictError, DataQualityError, HelmdeskError, NotFoundError
from helmdesk.lake.lake import Lake
from helmdesk.lake.mart import publish_mart, published_mart
from helmdesk.settings import Settings, read_settings, settings_from, write_settings

if TYPE_CHECKING:
    import pyarrow

    from helmdesk.catalogue import Entry
    from helmdesk.engines.duckdb import DuckDB
    from helmdesk.presets.preset import Preset
    from helmdesk.query.compare import Comparison
    from helmdesk.query.measurement import Measurements
    from helmdesk.query.question import Question
    from helmdesk.query.receipt import Receipt
    from helmdesk.query.request import Policy, Request
    from helmdesk.query.scorecard import Card, Window
    from helmdesk.records.staging import LoadReport

SETTINGS_FILE, LAKE_FOLDER, MARTS_FOLDER = "helmdesk.toml", "lake", "marts"
PUBLISH_RACES = 20
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
        from helmdesk.sources.reading import digest, expected_bytes
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
            input_bytes=sum(expected_bytes(path) for path in files.values()),
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
        input_bytes: int = 0,
        recorded_at: datetime | None = None,
        is_dry_run: bool = False,
        refresh: bool = True,
        on_step: Step = _silent,
    ) -> LoadReport:
        """Load what `fill` puts into a staging area; see `load`."""
        import duckdb

        from helmdesk.engines.duckdb import SMALL_BYTES
        from helmdesk.facts.definitions import reject_unusable_definitions
        from helmdesk.records.staging import LoadReport, Staging

        if not is_dry_run and self.lake.version_of_batch(batch_id) is not None:
            report = LoadReport(source, batch_id, is_already_loaded=True, lake_version=self.lake.version())
            if refresh:
                self.refresh(on_step=on_step)
            return report
        connection = duckdb.connect()
        try:
            connection.execute("set timezone = 'UTC'")
            if input_bytes < SMALL_BYTES:
                connection.execute("set threads = 1")
            staging = Staging(connection, source, batch_id, recorded_at, on_step)
            fill(staging)
            reject_unusable_definitions(staging)
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

    def _build(self, engine: DuckDB, files: Mapping[str, Sequence[str]], version: int, settings: Mapping[str, Any], on_step: Step) -> None:
        from helmdesk.facts.build import build_facts

        build_facts(engine, files, settings, version, on_step)

    def _is_current(self, version: int) -> bool:
        from helmdesk.engines.duckdb import DuckDB
        from helmdesk.facts.build import facts_hash

        path = published_mart(self.path / MARTS_FOLDER)
        if path is None:
            return False
        try:
            engine = DuckDB.open(path)
        except HelmdeskError:
            return False  # damaged, or replaced this very moment
        try:
            rows = engine.run("select lake_version, facts_hash, settings from mart")
        finally:
            engine.close()
        return rows == [(version, facts_hash(), json.dumps(self.settings.for_facts(), sort_keys=True))]

    def mart_version(self) -> int | None:
        """Return the lake version of the published mart, or None when there is none."""
        if published_mart(self.path / MARTS_FOLDER) is None:
            return None
        with self.engine() as engine:
            return int(engine.run("select lake_version from mart")[0][0])

    @contextmanager
    def engine(self, as_of: int | None = None, settings: Mapping[str, Any] | None = None) -> Iterator[DuckDB]:
        """Open the facts: the published mart, or those of lake version `as_of` built in memory.

        Raises:
            NotFoundError: no such version.
        """
        from helmdesk.engines.duckdb import DuckDB

        if as_of is None:
            engine = self._open_published()
        else:
            snapshot = self.lake.snapshot(as_of)
            engine = DuckDB.create()
            self._build(engine, snapshot.files, snapshot.version, settings or self.settings.for_facts(), _silent)
        try:
            yield engine
        finally:
            engine.close()

    def _open_published(self) -> DuckDB:
        """Open the published mart; another process may replace it between looking and opening."""
        from helmdesk.engines.duckdb import DuckDB

        for _ in range(PUBLISH_RACES):
            path = published_mart(self.path / MARTS_FOLDER)
            if path is None:
                self.refresh()
                continue
            try:
                return DuckDB.open(path)
            except HelmdeskError:
                if path == published_mart(self.path / MARTS_FOLDER):
                    raise
        raise ConflictError(f"{self.path}: marts are being replaced faster than they can be opened; try again")

    def record_types(self) -> dict[str, int]:
        """Return how many records of each type the published mart was made from."""
        with self.engine() as engine:
            return dict(engine.run("select type, sum(records)::bigint from record_types group by type"))

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
        question = self._question(keys, by, grain, start, end, where, variant, clock)
        return self._answer(question, as_of, self.settings.for_facts(), policy)

    def _question(self, keys: Sequence[str], by: str | Sequence[str], *rest: Any) -> Question:
        from helmdesk.query.question import Question, names

        grain, start, end, where, variant, clock = rest
        zone, week_start = self.settings.time_zone, self.settings.week_start
        return Question(tuple(keys), names(by), grain, start, end, where, variant, clock, zone, week_start)

    @functools.cached_property
    def custom_metrics(self) -> Mapping[str, Entry]:
        """Metrics that the desk's own folder defines, by key.

        Raises:
            SettingError: a definition that is not valid.
        """
        from helmdesk.custom_metrics import load_custom_metrics

        return load_custom_metrics(self.path)

    @property
    def catalogue(self) -> Mapping[str, Entry]:
        """All metrics of this desk: ours and its own."""
        from helmdesk.catalogue import load_catalogue

        return {**load_catalogue(), **self.custom_metrics}

    def find_metric(self, key: str) -> Entry:
        """Return one metric of this desk, or raise `NotFoundError`."""
        from helmdesk.catalogue import find_metric

        return find_metric(key, self.catalogue)

    def _defined(self, request: Request) -> Request:
        return dataclasses.replace(request, entry=self.find_metric(request.key))

    def _answer(self, question: Question, as_of: int | None, settings: Mapping[str, Any], policy: Policy | None) -> Measurements:
        from helmdesk.custom_metrics import check_columns
        from helmdesk.query.compile import resolve
        from helmdesk.query.drill import drill_table
        from helmdesk.query.measurement import Measurements
        from helmdesk.query.receipt import make_receipt
        from helmdesk.query.run import read_bounds, run_request

        requests = [self._defined(request) for request in question.requests(policy)]
        for request in requests:
            resolve(request)  # an unknown name should not wait for a mart
        with self.engine(as_of, settings) as engine:
            bounds = read_bounds(engine)
            for request in requests:
                if request.key in self.custom_metrics:
                    check_columns(resolve(request), engine.columns(f"from {resolve(request).fact}"))
            answers = [run_request(engine, request, bounds) for request in requests]
            receipt = make_receipt(engine, question, answers, settings)
        rows = [measurement for answer in answers for measurement in answer.measurements]
        version = int(receipt.content["lake_version"])

        def drill(key: str | None) -> pyarrow.Table:
            chosen = next((answer for answer in answers if answer.metric.key == key), answers[0])
            is_published = as_of is None and self.mart_version() == version
            with self.engine(None if is_published else version, settings) as fresh:
                return drill_table(fresh, chosen.drill_sql)

        return Measurements(rows, question.by, receipt, drill)

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
        question = self._question((key,), by, grain, start, end, where, variant, clock)
        return self._answer(question, as_of, self.settings.for_facts(), policy).drill(key)

    def scorecard(
        self, *, start: str | None = None, end: str | None = None, compare: str = "previous", policy: Policy | None = None
    ) -> tuple[Window, list[Card]]:
        """Return the desk's cards over a window (the last 28 complete days) against another one."""
        from helmdesk.query.periods import parse_boundary
        from helmdesk.query.request import Policy as Everyone
        from helmdesk.query.request import Request
        from helmdesk.query.run import read_bounds
        from helmdesk.query.scorecard import make_cards, scorecard_window

        zone = self.settings.time_zone
        first = parse_boundary(start, zone, "start") if start else None
        last = parse_boundary(end, zone, "end") if end else None
        base = Request("", time_zone=zone, week_start=self.settings.week_start, policy=policy or Everyone())
        with self.engine() as engine:
            bounds = read_bounds(engine)
            window = scorecard_window(bounds.as_of, zone, first, last, compare)
            return window, make_cards(engine, [self.find_metric(key) for key in self.settings.scorecard], window, base, bounds)

    def sla_at(self, at: str | None = None, *, where: str | None = None, policy: Policy | None = None) -> list[dict[str, Any]]:
        """Return the SLA clocks that were running, paused or overdue at an instant, the least time left first.

        Args:
            at: local date or time in the desk's zone; None is the end of the data, and nothing later is known.
            where: filter over the dimensions of SLA clocks.

        Raises:
            UsageError, FilterError, NotFoundError: an unreadable time or filter, an unknown dimension.
        """
        from helmdesk.query.filters import parse_filter
        from helmdesk.query.periods import parse_boundary
        from helmdesk.query.request import Policy as Everyone
        from helmdesk.query.request import Request
        from helmdesk.query.run import read_bounds
        from helmdesk.query.sla_at import sla_at

        request = Request(
            "sla_compliance", where=parse_filter(where) if where else None, time_zone=self.settings.time_zone, policy=policy or Everyone()
        )
        with self.engine() as engine:
            bounds = read_bounds(engine)
            instant = parse_boundary(at, self.settings.time_zone, "at") if at else bounds.as_of
            return sla_at(engine, min(instant, bounds.as_of), request, bounds)

    def compare(
        self, preset: Preset, numbers: Sequence[str] = (), *, start: str | None = None, end: str | None = None, export: Path | None = None
    ) -> list[Comparison]:
        """Return another tool's numbers beside ours over tickets created in a window, with the reasons of every difference.

        Args:
            numbers: names within the preset; all when none is given.
            start, end: local dates in the desk's time zone, half-open.
            export: the tool's own output (CSV with an id column), to compare its definition with what it really gave.

        Raises:
            NotFoundError, InputError: an unknown number, or an export that cannot be read.
        """
        from helmdesk.query.compare import compare
        from helmdesk.query.periods import parse_boundary

        def window(zone: str) -> str:
            bounds = [(text, name, operator) for text, name, operator in ((start, "start", ">="), (end, "end", "<")) if text]
            return " and ".join(
                ["true", *(f"anchor_ {operator} timestamp '{parse_boundary(text, zone, name)}'" for text, name, operator in bounds)]
            )

        with self.engine() as engine:
            return compare(engine, preset, numbers, window(self.settings.time_zone), window("UTC"), export)

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
        again = self._answer(Question.from_dict(content["request"]), int(content["lake_version"]), settings, None)
        confirm(receipt, again.receipt.results, changed_since(receipt, self.find_metric))


def _mart_version(path: Path) -> int:
    from helmdesk.engines.duckdb import DuckDB

    engine = DuckDB.open(path)
    try:
        return int(engine.run("select lake_version from mart")[0][0])
    finally:
        engine.close()
