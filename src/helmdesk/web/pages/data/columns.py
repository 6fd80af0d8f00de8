"""What the columns of an upload are taken for, as a form: shown, changed, put into its mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tomlkit.exceptions import TOMLKitError

from helmdesk.errors import HelmdeskError, UsageError
from helmdesk.records.limits import Limits
from helmdesk.records.schema import STATUSES
from helmdesk.sources.file import source as by_columns
from helmdesk.sources.parts.column_choices import FIELDS, MEANINGS, NEEDED, meant, said_of
from helmdesk.sources.parts.explained import explained
from helmdesk.sources.parts.profile import TICKETS, recognise
from helmdesk.sources.parts.suggestion import draft_mapping
from helmdesk.sources.reading.preview import first_rows
from helmdesk.sources.reading.spelled_times import DAY_FIRST, MONTH_FIRST
from helmdesk.web.pages.data.models import LoadJob

MAPPING = "mapping"
LOOKED_AT = 30
COLUMN, ANSWER, STATUS = "column:", "means:", "state:"


@dataclass(frozen=True)
class First:
    """The first file of an upload, and how it may be read.

    Attributes:
        others: the other files, read in the same way.
    """

    path: Path
    limits: Limits
    sheets: Sequence[str]
    zone: str
    others: Sequence[Path] = ()

    def draft(self, zone: str, chosen: Mapping[str, str] | None = None) -> str:
        """Return a mapping for it."""
        return draft_mapping(self.path, self.limits, self.sheets, zone, chosen=chosen).text


def described(load: LoadJob, first: First) -> dict[str, Any]:
    """Return what the columns of an upload's first file are taken for; empty where no mapping
    reads it.
    """
    try:
        head = first_rows(first.path, LOOKED_AT, first.limits, first.sheets)
        known = recognise(head[0])
        if load.source == MAPPING:
            mapping = load.mapping
        elif load.source == by_columns.name and known and known.profile.kind == TICKETS:
            mapping = first.draft(load.time_zone or first.zone)
        else:
            return {}
    except HelmdeskError:
        return {}  # what is wrong with the file is said by the load
    said = meant(mapping)
    if said is None:
        return {}
    by_column = {column: field for field, column in said.fields.items()}
    chosen = set(load.reading.get("chosen", ()))
    return {
        "mapping": mapping,
        "title": known.profile.title if known else "",
        "chosen": sorted(chosen),
        "is_written": bool(load.reading.get("is_written")),
        "columns": [
            asdict(column)
            | {
                "field": by_column.get(column.name, ""),
                "because": _because(
                    column.name in chosen,
                    known.profile.title if known and column.name in known.found.values() else "",
                    bool(column.taken_for),
                ),
                "is_guess": column.is_guess and column.name not in chosen,
            }
            for column in explained(mapping, head)
        ],
        "others": [
            _other(load, replace(first, path=path), head[0], mapping) for path in first.others
        ],
        "lacks": [FIELDS[field] for field in NEEDED if field not in said.fields],
        "time_zone": said.time_zone,
        "order_is_asked": said.order_is_asked,
        "answers": list(said.answers.items()),
        "scale": list(said.scale),
        "statuses": list(said.statuses.items()),
    }


def _other(load: LoadJob, file: First, columns: Sequence[str], mapping: str) -> dict[str, Any]:
    """Return what the columns of a further file are taken for: by the mapping of the upload, or,
    where each file is recognised by itself, by its own.
    """
    told: dict[str, Any] = {"name": file.path.name, "is_same": False, "title": "", "columns": []}
    try:
        head = first_rows(file.path, LOOKED_AT, file.limits, file.sheets)
        if list(head[0]) == list(columns):
            return told | {"is_same": True}
        if load.source == by_columns.name and (known := recognise(head[0])):
            told["title"] = known.profile.title
            mapping = file.draft(load.time_zone or file.zone)
    except HelmdeskError as error:
        return told | {"problem": str(error).replace(f"{file.path.parent}/", "")}
    return told | {"columns": [asdict(column) for column in explained(mapping, head)]}


def _because(is_chosen: bool, title: str, is_taken: bool) -> str:
    if is_chosen:
        return "you said so"
    if not is_taken:
        return ""
    return f"{title} calls it so" if title else "by its name and what stands in it"


def as_said(reading: dict[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """Return what the form shows with what somebody chose in it, where that could not be taken."""
    columns = [
        column | {"field": said.get(f"{COLUMN}{place}", column["field"])}
        for place, column in enumerate(reading["columns"])
    ]
    return reading | {"columns": columns, "time_zone": said.get("time_zone", "")}


def change(load: LoadJob, said: Mapping[str, str], first: First) -> bool:
    """Put what a person said in the form into an upload's mapping; return whether that is other
    than before.

    Raises:
        UsageError: one thing was said of two columns, a column was changed of a mapping that
            somebody wrote, or what was written is no TOML, zone or scale.
    """
    reading = load.reading
    before = meant(reading["mapping"])
    written = said.get("mapping", "").replace("\r\n", "\n")
    if before is None or (written.strip() and written.strip() != reading["mapping"].strip()):
        load.source, load.mapping = MAPPING, written
        load.reading = reading | {"is_written": True}
        return True
    mapping = reading["mapping"]
    fields = _fields(said, [column["name"] for column in reading["columns"]], before.fields)
    if said.get("order", "") in (DAY_FIRST, MONTH_FIRST):
        load.dates = said["order"]
    zone = _zone(said.get("time_zone", "").strip()) or before.time_zone
    if fields != before.fields:
        apart = [each["name"] for each in reading.get("others", ()) if not each["is_same"]]
        if apart and load.source == by_columns.name:
            raise UsageError(
                f"{', '.join(apart)}: read by columns of its own, and what you change above would"
                f" be said of it too; upload {first.path.name} alone to change its columns"
            )
        if reading.get("is_written"):
            raise UsageError(
                "the mapping was written by hand, and drafting it anew would lose that: say the"
                ' column in its text, under "The same as text", or upload the file again'
            )
        mapping = first.draft(zone, fields)
    try:
        changed = said_of(
            mapping,
            time_zone=zone if zone != before.time_zone else "",
            order=load.dates,  # a new draft asks again
            answers=_given(said, ANSWER, MEANINGS),
            scale=_scale(said),
            statuses=_given(said, STATUS, STATUSES),
        )
    except TOMLKitError as error:
        raise UsageError(f"own words: {error}") from error
    if meant(changed) == before:
        return False
    load.source, load.mapping = MAPPING, changed
    load.time_zone = zone if zone != before.time_zone else load.time_zone
    moved = {c for field, c in fields.items() if before.fields.get(field) != c}
    load.reading = reading | {"chosen": sorted({*reading.get("chosen", ()), *moved})}
    return True


def _fields(
    said: Mapping[str, str], columns: list[str], before: Mapping[str, str]
) -> dict[str, str]:
    """Return field -> column; columns are known by their place, for a name may be anything."""
    if not any(name.startswith(COLUMN) for name in said):
        return dict(before)
    found: dict[str, str] = {}
    for place, column in enumerate(columns):
        field = said.get(f"{COLUMN}{place}", "")
        if field not in FIELDS:
            continue
        if field in found:
            raise UsageError(
                f"both '{found[field]}' and '{column}' are said to be: {FIELDS[field]}; choose one,"
                " and “nothing else” for the other"
            )
        found[field] = column
    return found


def _given(said: Mapping[str, str], prefix: str, known: tuple[str, ...]) -> dict[str, str]:
    """Return word -> what was said of it; the word stands beside its place."""
    return {
        said.get(f"{prefix}{place}:word", ""): meaning
        for name, meaning in said.items()
        if name.startswith(prefix)
        and meaning in known
        and (place := name.removeprefix(prefix)).isdigit()
    }


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key if name else ""
    except (ValueError, OSError, KeyError) as error:
        raise UsageError(f"'{name}' is no time zone; write one such as Europe/Berlin") from error


def _scale(said: Mapping[str, str]) -> tuple[int, ...]:
    low, high = said.get("scale_low", "").strip(), said.get("scale_high", "").strip()
    if not low and not high:
        return ()
    try:
        ends = int(low), int(high)
    except ValueError as error:
        raise UsageError(
            "lowest and highest answer must be whole numbers, such as 1 and 5"
        ) from error
    if not 0 <= ends[0] < ends[1] <= 100:
        raise UsageError("the lowest answer must be below the highest, from 0 to 100")
    return ends
