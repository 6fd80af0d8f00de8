"""What a source is, and how sources are found: one module of this package each, or an entry
point.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from helmdesk.errors import InputError, NotFoundError, nearest
from helmdesk.modules import module_names
from helmdesk.records.answers import Instrument
from helmdesk.records.staging import Staging
from helmdesk.sources.reading.spelled_times import DAY_FIRST, MONTH_FIRST

ENTRY_POINT_GROUP = "helmdesk.sources"


@dataclass(frozen=True)
class Options:
    """What the user said beside the paths.

    Attributes:
        mapping: path of a mapping file, for sources that need one.
        time_zone: zone of times without an offset; None takes the source's default.
        scale: lowest and highest answer of a survey; None leaves it to what the desk knows, or to
        the answers. dates: "day-first" or "month-first", where no date of a column tells which;
        None asks. desk_zone: zone of the desk, for files that are recognised without anybody saying
        anything. instruments: the instruments that the desk knows, by id. sheets: the sheets of
        workbooks to read, by name; "*" is all, none the fullest.
    """

    mapping: Path | None = None
    time_zone: str | None = None
    scale: tuple[int, int] | None = None
    dates: str | None = None
    instruments: Callable[[], Mapping[str, Instrument]] = dict
    sheets: tuple[str, ...] = ()
    desk_zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse an order of dates that is none.

        Raises:
            InputError: neither day first nor month first.
        """
        if self.dates not in (None, DAY_FIRST, MONTH_FIRST):
            raise InputError(f"dates '{self.dates}': not {DAY_FIRST} or {MONTH_FIRST}")


@dataclass(frozen=True)
class Source:
    """A system whose exports can be loaded.

    Attributes:
        name: the word on the command line.
        summary: one line for ``helmdesk load --help``.
        files: turns the given paths into the files that identify a batch, by name.
        read: fills a staging area from the paths.
        reads_folders: whether it finds its tables in folders itself; for others a folder is the
        files in it.
    """

    name: str
    summary: str
    read: Callable[[Staging, Sequence[Path], Options], None]
    files: Callable[[Sequence[Path]], Mapping[str, Path]]
    reads_folders: bool = False


def scale_of(source: str, given: str | None) -> tuple[int, int] | None:
    """Return the ends of a scale such as 1-7; None where nobody says one.

    Raises:
        InputError: no such scale, or a source that takes none.
    """
    if not given:
        return None
    found = re.fullmatch(r"(\d{1,3})\s*-\s*(\d{1,3})", given.strip())
    if not found or int(found[1]) >= int(found[2]):
        raise InputError(f"--scale {given}: not a lowest and a highest answer such as 1-7")
    if source != "survey":
        raise InputError(
            f"--scale is for the source 'survey'; the source '{source}' says the scale itself, or"
            " in its mapping"
        )
    return int(found[1]), int(found[2])


def named_paths(paths: Sequence[Path]) -> dict[str, Path]:
    """Return plain files under a position-independent name each."""
    return {f"{place}:{path.name}": path for place, path in enumerate(sorted(paths))}


def _own_names() -> list[str]:
    return module_names("helmdesk.sources")


def files_within(paths: Sequence[Path]) -> list[Path]:
    """Return files, those of folders in the order of their names; hidden ones are nobody's data.

    Raises:
        InputError: a folder holds none.
    """
    return [file for path in paths for file in ([path] if not path.is_dir() else _files(path))]


def _files(folder: Path) -> list[Path]:
    found = sorted(
        each for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")
    )
    if not found:
        raise InputError(f"{folder}: a folder without files; name the files that are to be loaded")
    return found


def source_names() -> list[str]:
    """Return the names of all sources, ours and installed ones."""
    from importlib.metadata import entry_points

    return sorted({*_own_names(), *(entry.name for entry in entry_points(group=ENTRY_POINT_GROUP))})


def find_source(name: str) -> Source:
    """Return the source called `name`; ours come first.

    Raises:
        NotFoundError: no such source; offers the nearest.
    """
    if name in _own_names():
        source: Source = importlib.import_module(f"helmdesk.sources.{name}").source
        return source
    from importlib.metadata import (
        entry_points,
    )  # costs a fifth of start-up, and only outsiders need it

    for entry in entry_points(group=ENTRY_POINT_GROUP):
        if entry.name == name:
            found: Source = entry.load()
            return found
    known = source_names()
    raise NotFoundError(
        f"unknown source '{name}'{nearest(name, known)} (known: {', '.join(known)})"
    )
