"""Any file of a known system: what it is is told by its columns, or by how its first line looks.

Tables of tickets are those of `helmdesk.sources.profiles`; Asterisk's queue log goes to ``telephony`` and a log in XES to ``eventlog``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources import eventlog, telephony
from helmdesk.sources.parts.profile import recognise
from helmdesk.sources.parts.queue_log import is_queue_log
from helmdesk.sources.parts.recognition import read_recognised
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.sources.reading.preview import first_rows


def knows(path: Path, limits: Limits, sheets: Sequence[str] = ()) -> bool:
    """Whether a file is one that `read` would take.

    Raises:
        NotFoundError, InputError: it cannot be read at all.
    """
    if ".xes" in "".join(path.suffixes).lower():
        return True
    columns = first_rows(path, 1, limits, sheets)[0]
    return is_queue_log(path, lambda: columns) or recognise(columns) is not None


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the records of files of one kind."""
    if ".xes" in "".join(paths[0].suffixes).lower():
        staging.source = "eventlog"
        eventlog.read(staging, paths, options)
    elif is_queue_log(paths[0], lambda: first_rows(paths[0], 1, staging.limits)[0]):
        staging.source = "telephony"
        telephony.read(staging, paths, options)
    else:
        read_recognised(staging, paths, options)


source = Source("file", "an export of a known system, recognised by its columns (the word may be left out)", read, named_paths)
