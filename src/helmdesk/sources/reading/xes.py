"""XES, the XML of process mining, read without ever holding the document or fetching anything."""

from __future__ import annotations

import xml.sax
import xml.sax.handler
from pathlib import Path
from typing import IO, Any

from helmdesk.errors import InputError
from helmdesk.records.limits import Limits
from helmdesk.records.staging import FileReport, Staging
from helmdesk.sources.reading.inspection import open_bytes
from helmdesk.sources.reading.raw_tables import RawTable

CASE = "case:"


class _Xes(xml.sax.handler.ContentHandler):
    """Collects every event: its line, and its attributes after those of its case."""

    def __init__(self, take: Any) -> None:
        super().__init__()
        self._take = take
        self._case: dict[str, str] = {}
        self._event: dict[str, str] | None = None
        self._is_in_case = False
        self._line = 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 (the parser's name)
        """See a tag open."""
        if name == "trace":
            self._case, self._is_in_case = {}, True
        elif name == "event":
            self._event, self._line = {}, self._locator.getLineNumber()  # type: ignore[attr-defined]
        elif self._is_in_case and "key" in attrs:
            if self._event is not None:
                self._event.setdefault(attrs["key"], attrs.get("value", ""))
            else:
                self._case.setdefault(f"{CASE}{attrs['key']}", attrs.get("value", ""))

    def endElement(self, name: str) -> None:  # noqa: N802 (the parser's name)
        """See a tag close."""
        if name == "event" and self._event is not None and self._is_in_case:
            self._take((self._line, {**self._case, **self._event}))
            self._event = None
        elif name == "trace":
            self._is_in_case = False


class _Measured:
    """A file that refuses to be read past the limits."""

    def __init__(self, handle: IO[bytes], path: Path, limits: Limits) -> None:
        self._handle, self._path, self._limits = handle, path, limits
        self._packed, self._seen = path.stat().st_size, 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        chunk = self._handle.read(size)
        self._seen += len(chunk)
        wrong = self._limits.excess(self._packed, self._seen)
        if wrong:
            raise InputError(f"{self._path}: {wrong}")
        return chunk

    def close(self) -> None:
        """Whoever opened the file closes it."""


class NoDoctype(xml.sax.handler.LexicalHandler):
    """Data need no document type, and entities are how a kilobyte becomes a gigabyte."""

    def startDTD(self, name: str, public_id: str | None, system_id: str | None) -> None:  # noqa: N802 (names of SAX)
        """Refuse it."""
        raise xml.sax.SAXException("a document type (DOCTYPE) has no place in a file of data")


def read_xes(staging: Staging, path: Path) -> RawTable:
    """Read a log as a table of texts: one row an event, attributes of its case under ``case:``.

    Raises:
        InputError: no XES, no events, or more than the limits allow.
    """
    staging.on_step(f"reading {path.name}")
    index = len(staging.report.files)
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        with open_bytes(path) as handle:
            parser = xml.sax.make_parser()
            # No entity is ever fetched or expanded from outside the file.
            parser.setFeature(xml.sax.handler.feature_external_ges, False)
            parser.setContentHandler(_Xes(rows.append))
            parser.setProperty(xml.sax.handler.property_lexical_handler, NoDoctype())
            parser.parse(_Measured(handle, path, staging.limits))
    except xml.sax.SAXParseException as error:
        raise InputError(
            f"{path}: line {error.getLineNumber()}: not XES: {error.getMessage()}"
        ) from error
    except (OSError, EOFError, xml.sax.SAXException) as error:
        raise InputError(f"{path}: not readable ({error})") from error
    if len(rows) > staging.limits.rows:
        raise InputError(
            f"{path}: {len(rows):,} events; at most {staging.limits.rows:,} (setting limit_rows)"
        )
    if not rows:
        raise InputError(f"{path}: no events; export the log again")
    names = tuple(dict.fromkeys(name for _, event in rows for name in event))
    if len(names) > staging.limits.columns:
        raise InputError(
            f"{path}: {len(names):,} attributes; at most {staging.limits.columns:,} (setting"
            " limit_columns)"
        )
    import pyarrow as pa

    log = pa.table(  # noqa: F841 (DuckDB finds it by name)
        {
            **{
                name: pa.array([event.get(name) for _, event in rows], pa.string())
                for name in names
            },
            "_file": pa.array([index] * len(rows), pa.int32()),
            "_row": pa.array(range(1, len(rows) + 1), pa.int64()),
            "_line": pa.array([line for line, _ in rows], pa.int64()),
        }
    )
    table = f"raw_{index}"
    staging.connection.execute(f"create table {table} as select * from log")
    staging.report.files.append(FileReport(str(path), len(rows)))
    return RawTable(table, path, names, len(rows), len(staging.report.files) - 1)
