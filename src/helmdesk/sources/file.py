"""Any file of a known system: what it is is told by its columns, or by how its first line looks.

Tables of tickets, messages and answers of the systems in `helmdesk.sources.profiles` are read
through a mapping; call logs, theirs and others, and Asterisk's queue log go to
``telephony``, rosters to ``roster``, logs in XES to ``eventlog``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources import eventlog, roster, telephony
from helmdesk.sources.parts.call_words import tells_calls
from helmdesk.sources.parts.profile import TELEPHONY, Recognised, recognise
from helmdesk.sources.parts.queue_log import is_native, tells_queue_log
from helmdesk.sources.parts.recognition import read_recognised
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.preview import first_rows


@dataclass(frozen=True)
class Kind:
    """What a file is.

    Attributes:
        source: what reads it; None: a table that is read through a mapping.
        known: the system whose table it is.
    """

    source: Source | None
    known: Recognised | None


def knows(path: Path, limits: Limits, sheets: Sequence[str] = ()) -> bool:
    """Whether a file is one that `read` would take.

    Raises:
        NotFoundError, InputError: it cannot be read at all.
    """
    kind = _kind_of(path, limits, sheets)
    return bool(kind.source or kind.known)


def _kind_of(path: Path, limits: Limits, sheets: Sequence[str]) -> Kind:
    if ".xes" in "".join(path.suffixes).lower():
        return Kind(eventlog.source, None)
    if is_native(path):
        return Kind(telephony.source, None)
    columns = first_rows(path, 1, limits, sheets)[0]
    if known := recognise(columns):
        return Kind(telephony.source if known.profile.kind in TELEPHONY else None, known)
    if tells_queue_log(columns) or tells_calls(columns):
        return Kind(telephony.source, None)
    return Kind(roster.source if roster.tells_shifts(columns) else None, None)


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of files of one kind.

    Raises:
        InputError: a file that nobody knows, or of another kind than the first.
    """
    found = [_kind_of(path, staging.limits, options.sheets) for path in paths]
    first = found[0]
    if first.source is None:
        read_recognised(staging, paths, options)
        return
    system = first.known.profile if first.known else None
    for path, kind in zip(paths, found, strict=True):
        if kind.source is not first.source:
            raise InputError(
                f"{path}: not of the kind of {paths[0].name}, which is for '{first.source.name}';"
                " load them one after the other"
            )
        if (kind.known.profile if kind.known else None) is not system:
            raise InputError(
                f"{path}: of another system than {paths[0].name}; load them one after the other"
            )
    zone = options.time_zone or (system.zone if system else "") or options.desk_zone
    staging.source = first.source.name
    by = f"the columns of {system.title}" if system else "the columns"
    staging.note(
        f"{', '.join(path.name for path in paths)}: read as by helmdesk load {first.source.name},"
        f" by {by}; times without an offset in {zone}"
    )
    first.source.read(staging, paths, replace(options, time_zone=zone))


source = Source(
    "file",
    "an export of a known system, recognised by its columns",
    read,
    named_paths,
)
