"""How records get in: files through a source, checked, committed whole or not at all."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from helmdesk.desk.folder import Folder
from helmdesk.desk.marts import Marts, Step, silent
from helmdesk.errors import DataQualityError, HelmdeskError
from helmdesk.marts.mart import spilling
from helmdesk.parquet import asking

if TYPE_CHECKING:
    from helmdesk.records.answers import Instrument
    from helmdesk.records.staging import LoadReport, Staging
    from helmdesk.sources.parts.source import Options


class Said(TypedDict, total=False):
    """What may be said of files; see `Loading.load`."""

    mapping: Path | str | None
    time_zone: str | None
    scale: tuple[int, int] | None
    dates: str | None
    sheets: Sequence[str]
    account: str | None
    accepts_quarantine: bool
    is_dry_run: bool
    refresh: bool
    origin: Mapping[str, str] | None
    on_step: Step


class Loading:
    """What comes into a desk."""

    def __init__(self, folder: Folder, marts: Marts) -> None:
        self.folder, self.lake, self.marts = folder, folder.lake, marts

    def load(
        self,
        source: str,
        paths: Sequence[Path | str],
        *,
        mapping: Path | str | None = None,
        time_zone: str | None = None,
        scale: tuple[int, int] | None = None,
        dates: str | None = None,
        sheets: Sequence[str] = (),
        account: str | None = None,
        accepts_quarantine: bool = False,
        is_dry_run: bool = False,
        refresh: bool = True,
        origin: Mapping[str, str] | None = None,
        on_step: Step = silent,
    ) -> LoadReport:
        """Load files through a source: the whole batch or nothing, and never twice.

        Args:
            account: whose numbers the ids are, where a desk has several accounts; None finds out.
            scale: lowest and highest answer, for the source ``survey``.
            dates: ``"day-first"`` or ``"month-first"``, where a file does not tell which.
            sheets: the sheets of workbooks to read, by name; ``"*"`` is all, none the fullest.
            origin: through which connection the files came, kept with the batch.
            accepts_quarantine: load what can be loaded, however much goes to quarantine.

        Returns:
            The report; `lake_version` is None for a dry run.

        Raises:
            NotFoundError, InputError, MappingError: see the source.
            ConflictError: another writer got in the way; load again. Or the tickets are not those
            of `account`, or nothing
                tells of which account they are.
            DataQualityError: nothing was stored, as more rows would go to quarantine than the
            setting `quarantine_limit` allows.
        """
        from helmdesk.sources.parts.source import Options
        from helmdesk.sources.reading.archive import unpack_archives

        options = Options(
            Path(mapping) if mapping else None,
            time_zone,
            scale,
            dates,
            self._known_instruments,
            tuple(sheets),
            self.folder.settings.time_zone,
        )
        with tempfile.TemporaryDirectory(prefix="helmdesk-") as scratch:
            unpacked = unpack_archives(
                [Path(path) for path in paths], Path(scratch), self.folder.limits
            )
            try:
                return self._load_files(
                    source,
                    unpacked,
                    options,
                    account,
                    scratch,
                    origin or {},
                    accepts_quarantine=accepts_quarantine,
                    is_dry_run=is_dry_run,
                    refresh=refresh,
                    on_step=on_step,
                )
            except DataQualityError:
                raise
            except HelmdeskError as error:
                # Where an archive was unpacked says nothing to anybody.
                raise type(error)(_within_archive(str(error), scratch)) from error

    def _load_files(
        self,
        source: str,
        paths: Sequence[Path],
        options: Options,
        account: str | None,
        scratch: str,
        origin: Mapping[str, str],
        **how: Any,
    ) -> LoadReport:
        from helmdesk.records.accounts import settle_account
        from helmdesk.records.staging import batch_identity
        from helmdesk.sources.parts.source import files_within, find_source
        from helmdesk.sources.reading.inspection import digest, expected_bytes

        found = find_source(source)
        if not found.reads_folders:
            paths = files_within(paths)
        files = found.files(paths)
        parts = {name: digest(path) for name, path in files.items()}
        content = batch_identity(source, parts)
        inputs = batch_identity("", {**parts, "sheets": repr(sorted(options.sheets)).encode()})
        if options.mapping:
            parts["mapping"] = digest(options.mapping)
        said = [
            options.time_zone,
            *(
                option
                for option in (options.scale, options.dates, account, options.sheets)
                if option
            ),
        ]
        parts["options"] = repr(tuple(said) if len(said) > 1 else options.time_zone).encode()

        def fill(staging: Staging) -> None:
            staging.sheets = options.sheets
            found.read(staging, paths, options)
            for file in staging.report.files:
                file.path = _within_archive(file.path, scratch)
            staging.report.inputs = inputs
            staging.report.origin = dict(origin)
            settle_account(staging, self.lake.snapshot().files, account, content)

        return self.load_with(
            fill,
            source,
            batch_identity(source, parts),
            input_bytes=sum(expected_bytes(path) for path in files.values()),
            **how,
        )

    def load_with(
        self,
        fill: Callable[[Any], None],
        source: str,
        batch_id: str,
        *,
        input_bytes: int = 0,
        recorded_at: datetime | None = None,
        accepts_quarantine: bool = False,
        is_dry_run: bool = False,
        refresh: bool = True,
        on_step: Step = silent,
    ) -> LoadReport:
        """Load what `fill` puts into a staging area; see `load`."""
        import duckdb

        from helmdesk.engines.duckdb import SMALL_BYTES, bound_memory
        from helmdesk.records.examples import example_tickets
        from helmdesk.records.staging import LoadReport, Staging

        self.marts.confirm_lake(self.marts.published_made_of())
        if not is_dry_run and self.lake.version_of_batch(batch_id) is not None:
            report = LoadReport(
                source, batch_id, is_already_loaded=True, lake_version=self.lake.version()
            )
            if refresh:
                self.marts.refresh(on_step=on_step)
            return report
        with (
            self.lake.reading(),
            spilling(self.folder.marts_path) as spill,
            duckdb.connect() as connection,
        ):
            connection.execute("set timezone = 'UTC'")
            bound_memory(connection, self.folder.settings.memory_gb, spill)
            if input_bytes < SMALL_BYTES:
                connection.execute("set threads = 1")
            staging = Staging(
                connection, source, batch_id, recorded_at, on_step, self.folder.limits
            )
            fill(staging)
            report = self._judged(staging)
            if is_dry_run:
                report.examples = example_tickets(staging, self.folder.settings.time_zone)
                return report
            if not accepts_quarantine:
                self.check_quality(report)
            on_step("writing to the lake")
            body = json.dumps(
                {
                    key: value
                    for key, value in asdict(report).items()
                    if key not in ("lake_version", "examples")
                }
            )
            summary = {"source": source, "batch": batch_id, "rows": str(report.rows)}
            report.lake_version = self.lake.append(
                batch_id, staging.records(body), summary, report.replaced
            )
        if report.lake_version is None:
            report.is_already_loaded, report.lake_version = True, self.lake.version()
        if self.lake.needs_compaction():
            on_step("compacting the lake")
            self.lake.compact()
        if refresh:
            self.marts.refresh(on_step=on_step)
        return report

    def _judged(self, staging: Staging) -> LoadReport:
        """Check what was staged, alone and against what the desk holds; return the report."""
        from helmdesk.analysis.coverage import (
            INSTRUMENT,
            coverage,
            survey_kinds,
            types_by_batch,
        )
        from helmdesk.facts.build.definitions import reject_unusable_definitions
        from helmdesk.lake.erasure import leave_out_erased
        from helmdesk.records.authors import tell_unknown_authors
        from helmdesk.records.journal import same_said_otherwise
        from helmdesk.records.novelty import count_tickets
        from helmdesk.records.order import reject_impossible_orders
        from helmdesk.sources.parts.instruments import tell_answers

        reject_unusable_definitions(staging)
        reject_impossible_orders(staging)
        staging.check()
        tell_answers(staging, self._known_instruments())
        tell_unknown_authors(staging, self._known_agents())
        left_out = leave_out_erased(staging.connection, staging.families, self.folder.path)
        if left_out:
            staging.note(
                f"{left_out:,} records of people who were erased from this desk were left out"
            )
        report = staging.summarise()
        files = self.lake.snapshot().files
        report.replaced = same_said_otherwise(files, report)
        if report.replaced:
            staging.note(
                "the same files were loaded before and read otherwise"
                f" ({', '.join(report.replaced)}): what they said then is replaced"
            )
        report.tickets = count_tickets(staging, files.get("ticket", ()))
        types, brought = types_by_batch(files), {*report.records}
        if INSTRUMENT in brought:
            brought |= survey_kinds(staging.connection, "staged_entity")
        report.coverage = [
            asdict(each)
            for each in coverage(
                [entry.metric for entry in self.folder.catalogue.values()],
                {name for name, _ in types},
                {name for name, batch in types if batch not in report.replaced} | brought,
            )
        ]
        return report

    def unload(
        self, batches: Sequence[str], *, refresh: bool = True, on_step: Step = silent
    ) -> int | None:
        """Take loads out again: their records go, and those they had replaced stand again.

        Receipts of earlier versions still verify while the files of those are kept.

        Args:
            batches: identities of loads, or enough of their beginnings.

        Returns:
            The lake version without them; None when none of them was there any more.

        Raises:
            NotFoundError: there is no such load.
            UsageError: what a live account sent, without what it sent later: that would never come
            again.
        """
        from helmdesk.records.journal import find_batch, refuse_gaps

        self.marts.confirm_lake(self.marts.published_made_of())
        files = self.lake.snapshot().files
        with self.lake.reading():
            found = [find_batch(files, batch) for batch in batches]
            refuse_gaps(files, found)
        on_step("writing to the lake")
        version = self.lake.remove(found)
        if refresh:
            self.marts.refresh(on_step=on_step)
        return version

    def _known_instruments(self) -> dict[str, Instrument]:
        """Return the instruments in the lake by id, the version loaded last of each."""
        from helmdesk.records.answers import Instrument

        files = list(self.lake.snapshot().files.get("entity", ()))
        if not files:
            return {}
        with asking() as connection:
            described = connection.execute(
                "describe select * from read_parquet(?, union_by_name=true,"
                " hive_partitioning=false)",
                [files],
            )
            if "instrument_kind" not in {row[0] for row in described.fetchall()}:
                return {}  # entities of other kinds alone
            rows = connection.execute(
                "select entity_id, arg_max(instrument_kind, (valid_from, recorded_at, record_id)),"
                " arg_max(definition, (valid_from, recorded_at, record_id)) from read_parquet(?,"
                " union_by_name=true, hive_partitioning=false) where type = 'instrument' group by"
                " entity_id order by entity_id",
                [files],
            ).fetchall()
        return {
            entity: Instrument(kind, json.loads(definition or "{}"))
            for entity, kind, definition in rows
        }

    def _known_agents(self) -> set[str]:
        """Return the ids of the agents in the lake."""
        files = list(self.lake.snapshot().files.get("entity", ()))
        if not files:
            return set()
        with asking() as connection:
            rows = connection.execute(
                "select distinct entity_id from read_parquet(?, union_by_name=true,"
                " hive_partitioning=false) where type = 'agent'",
                [files],
            ).fetchall()
        return {agent for (agent,) in rows}

    def empty(self) -> None:
        """Throw all records and marts away; a desk without anything remains."""
        with self.lake.emptying():
            self.marts.remove()
        self.folder.dismissals.forget()

    def is_too_much(self, report: LoadReport) -> bool:
        """Whether a load would put more into quarantine than the desk allows unasked."""
        return report.quarantine_share > self.folder.settings.quarantine_limit

    def check_quality(self, report: LoadReport) -> None:
        """Refuse a load that would put too much into quarantine.

        Raises:
            DataQualityError: share above the setting `quarantine_limit`; carries the report.
        """
        if not self.is_too_much(report):
            return
        reasons = [*report.questions.values()] or [
            f"{count:,} x {reason}" for reason, count in report.quarantined.items()
        ]
        rows = f"of {report.rows:,} rows" if report.rows else "rows"
        error = DataQualityError(
            f"{report.quarantined_rows:,} {rows} would go to quarantine"
            f" ({report.quarantine_share:.1%}, limit {self.folder.settings.quarantine_limit:.1%}),"
            f" and nothing was loaded: {'; '.join(reasons[:3])}",
            "mend the files or say how they are to be read, or load the rest without them:"
            " --accept-quarantine (accepts_quarantine=True in Python)",
        )
        error.report = report
        raise error


def _within_archive(text: str, scratch: str) -> str:
    """Return `text` with files of an unpacked archive named from the archive on:
    ``export/ticket.csv``.
    """
    return re.sub(re.escape(scratch) + r"[/\\]\d+[/\\]", "", text)
