"""Workbooks, JSON and markup into raw tables, by a process of their own.

Their readers hold a whole file in memory, and a file made with bad intent, or by accident, can ask
them for all there is. So a child process with bounds on memory and time reads it (`converter`) and
leaves rows of text behind; whatever happens to it, this process goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from helmdesk.errors import InputError
from helmdesk.quoting import name
from helmdesk.records.limits import MEGABYTE
from helmdesk.records.staging import FileReport, Places, Staging
from helmdesk.sources.reading.inspection import refuse_columns

MEMORY_MEGABYTES = 3072
SECONDS = 180
MODULE = "helmdesk.sources.reading.converter"


def read_converted(
    staging: Staging, table: str, path: Path, kind: str, known: Collection[str]
) -> tuple[str, ...]:
    """Create a raw table of a file that is no text table; several sheets become several files of
    the report.

    Args:
        known: columns that the source asks for: nested values are kept whole under a name that is
        among them.

    Raises:
        InputError: the file cannot be read, or not within the bounds.
    """
    with tempfile.TemporaryDirectory(prefix="helmdesk-") as folder:
        told = _converted(staging, path, kind, known, folder)
        for sentence in told["notes"]:
            staging.note(f"{path.name}{sentence}")
        columns = tuple({column: None for part in told["parts"] for column in part["columns"]})
        if not columns:
            raise InputError(f"{path}: no rows in it; export it again")
        refuse_columns(path, staging.limits, len(columns))
        listed = ", ".join(f"{name(column)} varchar" for column in columns)
        staging.connection.execute(
            f"create table {table} ({listed}, _file integer, _row bigint, _line bigint)"
        )
        for part in told["parts"]:
            _take_part(staging, table, path, part)
    return columns


def _take_part(staging: Staging, table: str, path: Path, part: Mapping[str, Any]) -> None:
    import pyarrow as pa

    index = len(staging.report.files)
    staging.report.files.append(FileReport(f"{path}{part['where']}"))
    staging.places[index] = Places(part["word"], part["letters"])
    staging.titles[index] = tuple(part["titles"])
    if table != f"raw_{index}":
        staging.connection.execute(
            f"create view raw_{index} as select * from {table} where _file = {index}"
        )
    for block in part["blocks"]:
        with pa.memory_map(block) as source:
            rows = pa.ipc.open_file(source).read_all()
            cells = ", ".join(
                f"nullif({name(column)}, '') as {name(column)}"
                for column in rows.column_names
                if column not in ("_row", "_line")
            )
            staging.connection.execute(
                f"insert into {table} by name select {cells}, _row, _line, {index} as _file from"
                " rows"
            )
    if part["refused"]:
        refused = [(index, *each) for each in part["refused"]]
        staging.connection.executemany("insert into rejected values (?, ?, ?, ?, ?, ?, ?)", refused)


def _converted(
    staging: Staging, path: Path, kind: str, known: Collection[str], folder: str
) -> dict[str, Any]:
    """Run the child and return what it says of the rows it left in `folder`."""
    request = {
        "path": str(path),
        "kind": kind,
        "folder": folder,
        "sheets": list(staging.sheets),
        "known": sorted(known),
        "limits": asdict(staging.limits),
        "memory": MEMORY_MEGABYTES * MEGABYTE,
        "seconds": SECONDS,
    }
    ours = str(Path(__file__).parents[3])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH")))),
        # Arrow's own pools reserve more address space than the bound leaves.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        # Out of memory, telling the way there takes for ever.
        "RUST_BACKTRACE": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", MODULE],
            input=json.dumps(request).encode(),
            capture_output=True,
            env=environment,
            timeout=SECONDS + 10,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"{path}: not read within {SECONDS} seconds; save what is needed of it as CSV"
        ) from error
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise InputError(f"{path}: {_death(done)}") from error
    if "error" in told:
        raise InputError(told["error"])
    return told


def _death(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return what a reader died of that could not say so itself."""
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if any(
        "memory allocation" in line or "MemoryError" in line or "capacity overflow" in line
        for line in said
    ) or done.returncode in (
        -9,
        -6,
    ):
        return (
            f"needs more than {MEMORY_MEGABYTES:,} MB of memory to be read (a cell far away from"
            " the others will do that); save what is needed of it as CSV"
        )
    if done.returncode == -24:
        return f"not read within {SECONDS} seconds; save what is needed of it as CSV"
    return (
        f"damaged: its reader broke off ({said[-1][:200] if said else f'exit {done.returncode}'});"
        " open it, save it again, or save it as CSV"
    )
