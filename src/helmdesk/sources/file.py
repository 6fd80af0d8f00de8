"""Any file of a known system: what it is is told by its columns, or by how its first line looks.

Tables of tickets are those of `helmdesk.sources.profiles`; call logs and Asterisk's queue log go to
``telephony``, rosters to ``roster``, logs in XES to ``eventlog``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources import eventlog, roster, telephony
from helmdesk.sources.parts.profile import recognise
from helmdesk.sources.parts.queue_log import is_native, tells_queue_log
from helmdesk.sources.parts.recognition import read_recognised
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.preview import first_rows


def knows(path: Path, limits: Limits, sheets: Sequence[str] = ()) -> bool:
    """Whether a file is one that `read` would take.

    Raises:
        NotFoundError, InputError: it cannot be read at all.
    """
    return (
        _source_of(path, limits, sheets) is not None
        or recognise(first_rows(path, 1, limits, sheets)[0]) is not None
    )


def _source_of(path: Path, limits: Limits, sheets: Sequence[str]) -> Source | None:
    """Return the source that reads files of this kind; None for tables of tickets and what nobody
    knows.
    """
    if ".xes" in "".join(path.suffixes).lower():
        return eventlog.source
    if is_native(path):
        return telephony.source
    columns = first_rows(path, 1, limits, sheets)[0]
    if recognise(columns):
        return None
    if tells_queue_log(columns) or telephony.tells_calls(columns):
        return telephony.source
    return roster.source if roster.tells_shifts(columns) else None


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of files of one kind.

    Raises:
        InputError: a file that nobody knows, or of another kind than the first.
    """
    found = [_source_of(path, staging.limits, options.sheets) for path in paths]
    first = found[0]
    if first is None:
        read_recognised(staging, paths, options)
        return
    for path, known in zip(paths, found, strict=True):
        if known is not first:
            raise InputError(
                f"{path}: not of the kind of {paths[0].name}, which is for '{first.name}'; load"
                " them one after the other"
            )
    zone = options.time_zone or options.desk_zone
    staging.source = first.name
    staging.note(
        f"{', '.join(path.name for path in paths)}: read as by helmdesk load {first.name}, by the"
        f" columns; times without an offset in {zone}"
    )
    first.read(staging, paths, replace(options, time_zone=zone))


source = Source(
    "file",
    "an export of a known system, recognised by its columns",
    read,
    named_paths,
)
