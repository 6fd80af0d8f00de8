"""What a mapping file says, checked against the record types before anything is loaded.

name = "shop"                          # begins every record id
key = ["Ticket No"]                    # columns that identify a row
time_zone = "Asia/Kolkata"             # of times without an offset
date_format = "%d/%m/%Y %H:%M"         # or "iso", "day-first" ...; decided by the column where not
said decimal = ","                          # what begins a fraction; decided by the column where
not said missing = ["", "n/a"]                  # cells that mean "nothing" encoding = "cp1250"
# where the bytes of a text tell it wrong sheet = "Tickets"                      # or several; of a
workbook the fullest is read where not said

[[record]]
type = "created"
[record.columns]
ticket_id = "Ticket No"
occurred_at = "Opened"
channel = { column = "Via", values = { Inbound = "phone" } }
[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "Ticket No"
occurred_at = { column = "Opened", after = { column = "Hours to solve", unit = "hours" } }
status = { constant = "solved" }

[[record]]
type = "responded"
optional = true                        # a row without a time makes no such record; the load report
counts them [record.columns] ... instrument_id = { constant = "shop_csat" }

[[instrument]]
id = "shop_csat"
kind = "csat"
positive = ["4", "5"]
negative = ["1", "2"]

A record with ``only = { column = "Kind", values = ["nps"] }`` is made of such rows, one with
``unless`` of all others. ``survey_id = { row = "csat" }`` is what identifies the row, followed by a
word: of several answers in a row each has an id of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helmdesk.errors import MappingError, nearest
from helmdesk.records.schema import CHOICES, ENVELOPE, RECORD_TYPES, family_columns
from helmdesk.sources.reading.numbers import DECIMALS
from helmdesk.sources.reading.spelled_times import ISO
from helmdesk.sources.reading.times import TimeReader
from helmdesk.toml_file import read_document
from helmdesk.toml_place import Place

# The envelope columns a mapping may fill; the rest is Helmdesk's own.
FILLABLE = {
    "occurred_at",
    "seq",
    "ticket_id",
    "leg_id",
    "actor_id",
    "actor_kind",
    "cause",
    "channel",
    "visibility",
    "supersedes",
}
STATUS_NAMES = (
    "status",
    "state",
    "ticket_status",
    "ticket_state",
    "incident_state",
    "case_status",
    "request_status",
    "issue_status",
)
# What one of a bare number is, in seconds.
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
REFINED = ("values", "date_format", "time_zone", "decimal", "time", "after")
TOP = {
    "name",
    "key",
    "time_zone",
    "date_format",
    "decimal",
    "missing",
    "delimiter",
    "encoding",
    "sheet",
    "record",
    "instrument",
}


@dataclass(frozen=True)
class Cell:
    """Where the value of one record column comes from: a column of the file, or a constant.

    Attributes:
        time: column with the time of day, where `column` holds the date alone.
        after: column with the length of time after `column` at which it happened.
        unit: what one of a bare number there is, in seconds; None: lengths say their units, or are
            seconds.
        row: a word that follows the row's identity, where the value is that.
    """

    column: str | None = None
    constant: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    date_format: str | None = None
    time_zone: str | None = None
    decimal: str | None = None
    time: str | None = None
    after: str | None = None
    unit: int | None = None
    row: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that must say something, or there is no value."""
        return tuple(column for column in (self.column, self.after) if column)


@dataclass(frozen=True)
class Condition:
    """Which rows make a record: those with one of these values in a column, or all others."""

    column: str
    values: tuple[str, ...]
    is_only: bool


@dataclass(frozen=True)
class RecordRule:
    """One record per row, or per row that fulfils all of its conditions."""

    type: str
    is_optional: bool
    cells: dict[str, Cell]
    conditions: tuple[Condition, ...] = ()

    @property
    def is_present(self) -> bool:
        """Whether it reads a status that every row shows, dated by the row's last change: later
        exports show later ones.
        """
        return (
            self.type == "status_changed"
            and not self.is_optional
            and bool(self.cells["status"].column and self.cells["occurred_at"].column)
        )


@dataclass(frozen=True)
class Mapping:
    """A checked mapping file."""

    name: str
    key: tuple[str, ...]
    time_zone: str
    date_format: str | None
    decimal: str | None
    missing: tuple[str, ...]
    delimiter: str | None
    encoding: str | None
    sheets: tuple[str, ...]
    rules: tuple[RecordRule, ...]
    instruments: tuple[dict[str, Any], ...]

    def columns(self) -> set[str]:
        """Return every column of the file that the mapping names."""
        used = {
            column
            for rule in self.rules
            for cell in rule.cells.values()
            for column in (*cell.columns, cell.time)
            if column
        }
        used |= {each.column for rule in self.rules for each in rule.conditions}
        return used | set(self.key)

    def times_of_day(self) -> dict[str, str]:
        """Return the columns that hold dates alone, each with the column of their times of day."""
        return {
            cell.column: cell.time
            for rule in self.rules
            for cell in rule.cells.values()
            if cell.column and cell.time
        }

    @property
    def present(self) -> RecordRule | None:
        """The rule by which a row shows its present status and since when; None: rows tell of
        events only.
        """
        return next((rule for rule in self.rules if rule.is_present), None)


def read_mapping(path: Path | None) -> Mapping:
    """Read and check a mapping file.

    Raises:
        MappingError: what is wrong, with file, line and column; offers the nearest known word.
    """
    if path is None:
        raise MappingError(
            "the source 'mapping' needs --mapping FILE; a first one is written by: helmdesk load"
            " mapping --suggest FILE"
        )
    content, place = read_document(path, MappingError, missing=MappingError)
    _known_keys(place, "the mapping", content, TOP)
    if not content.get("record"):
        raise place.wrong("no [[record]]; a mapping must make at least one")
    source_name = content.get("name", "mapping")
    if not isinstance(source_name, str) or not source_name:
        raise place.of("name").wrong(f"name must be a text, not {source_name!r}")
    return Mapping(
        name=source_name,
        key=_texts(place, "key", content),
        time_zone=_times(place, content).time_zone,
        date_format=_text(place, "date_format", content),
        decimal=_decimal(place, content),
        missing=_texts(place, "missing", {"missing": [""], **content}),
        delimiter=_text(place, "delimiter", content),
        encoding=_encoding(place, content),
        sheets=_texts(place, "sheet", content),
        rules=tuple(
            _rule(place.of("record", number), rule)
            for number, rule in enumerate(_tables(place, "record", content))
        ),
        instruments=tuple(
            _instrument(place.of("instrument", number), item)
            for number, item in enumerate(_tables(place, "instrument", content))
        ),
    )


def _known_keys(place: Place, name: str, content: dict[str, Any], known: Iterable[str]) -> None:
    for word in content:
        if word not in known:
            raise place.of(word).wrong(f"{name} has the unknown key '{word}'{nearest(word, known)}")


def _tables(place: Place, word: str, content: dict[str, Any]) -> list[dict[str, Any]]:
    listed = content.get(word, [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise place.of(word).wrong(f"{word} must be written as [[{word}]]")
    return listed


def _text(place: Place, word: str, content: dict[str, Any]) -> str | None:
    value = content.get(word)
    if value is not None and not isinstance(value, str):
        raise place.of(word).wrong(f"{word} must be a text, not {value!r}")
    return value


def _texts(place: Place, word: str, content: dict[str, Any]) -> tuple[str, ...]:
    value = content.get(word, [])
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise place.of(word).wrong(f"{word} must be a text or a list of texts, not {value!r}")
    return tuple(listed)


def _times(place: Place, content: dict[str, Any]) -> TimeReader:
    zone, shape = (_text(place, word, content) for word in ("time_zone", "date_format"))
    for word, given in (
        ("time_zone", (zone or "UTC", ISO)),
        ("date_format", ("UTC", shape or ISO)),
    ):
        try:
            TimeReader(*given)
        except MappingError as error:
            raise place.of(word).wrong(error.what, error.mend) from error
    return TimeReader(zone or "UTC", shape or ISO)


def _decimal(place: Place, content: dict[str, Any]) -> str | None:
    given = content.get("decimal")
    if given is not None and given not in DECIMALS:
        raise place.of("decimal").wrong(
            f"decimal = {given!r} must be '.' or ',': what begins a fraction"
        )
    return given


def _encoding(place: Place, content: dict[str, Any]) -> str | None:
    encoding = content.get("encoding")
    if encoding is None:
        return None
    try:
        "".encode(encoding)
    except (LookupError, TypeError) as error:
        raise place.of("encoding").wrong(
            f"encoding = {encoding!r} is not a text encoding such as 'utf-8' or 'cp1252'"
        ) from error
    return str(encoding)


def _rule(place: Place, rule: dict[str, Any]) -> RecordRule:
    where = f"record {int(place.path[-1]) + 1}"
    _known_keys(place, where, rule, ("type", "optional", "columns", "only", "unless"))
    kind = str(rule.get("type"))
    if kind not in RECORD_TYPES or RECORD_TYPES[kind].family in ("quarantine", "batch"):
        raise place.of("type").wrong(
            f"{where} has the unknown type '{kind}'{nearest(kind, RECORD_TYPES)}"
        )
    columns = rule.get("columns", {})
    if not isinstance(columns, dict):
        raise place.of("columns").wrong(f"{where} needs [record.columns], not {columns!r}")
    kinds = family_columns(RECORD_TYPES[kind].family)
    allowed = FILLABLE | (set(kinds) - set(ENVELOPE))
    cells = {}
    for column, given in columns.items():
        at = place.of("columns", column)
        if column not in allowed:
            raise at.wrong(f"{where} ({kind}) has no column '{column}'{nearest(column, allowed)}")
        called = at.called(f"{where} ({kind}), column '{column}'")
        cells[column] = _cell(called, column, kinds[column], given)
    for needed in (*RECORD_TYPES[kind].required, "occurred_at"):
        if needed not in cells:
            raise place.wrong(f"{where} ({kind}) needs the column '{needed}'")
    conditions = tuple(
        _condition(place.of(word).called(f"{where} ({kind}), {word}"), rule[word], word == "only")
        for word in ("only", "unless")
        if word in rule
    )
    return RecordRule(kind, bool(rule.get("optional", False)), cells, conditions)


def _condition(place: Place, given: Any, is_only: bool) -> Condition:
    if not isinstance(given, dict) or set(given) != {"column", "values"}:
        raise place.wrong('is written { column = "Status", values = ["Survey Preview"] }')
    return Condition(str(given["column"]), _texts(place, "values", given), is_only)


def _cell(place: Place, column: str, family_kind: str, given: Any) -> Cell:
    if isinstance(given, str):
        return Cell(column=given)
    if not isinstance(given, dict):
        raise place.wrong(f"must be a column name or a table, not {given!r}")
    _known_keys(
        place,
        "the cell",
        given,
        ("column", "constant", "row", *REFINED),
    )
    if sum(word in given for word in ("column", "constant", "row")) != 1:
        raise place.wrong("needs either column or constant")
    if "row" in given and family_kind != "text":
        raise place.of("row").wrong("what identifies a row is a text")
    if "time" in given and ("column" not in given or family_kind != "instant"):
        raise place.of("time").wrong(
            "time names the column with the time of day of a date; this is no date"
        )
    after, unit = _after(place, family_kind, given)
    constant = given.get("constant")
    _times(place, given)
    return Cell(
        _text(place, "column", given),
        None if constant is None else _plain(constant),
        _values(place, column, given),
        given.get("date_format"),
        given.get("time_zone"),
        _decimal(place, given),
        _text(place, "time", given),
        after,
        unit,
        str(given["row"]) if "row" in given else None,
    )


def _values(place: Place, column: str, given: dict[str, Any]) -> dict[str, str]:
    """Return what words of a cell mean; they and a constant are of the words a column may have."""
    stated = given.get("values", {})
    if not isinstance(stated, dict):
        raise place.of("values").wrong(
            f"values must be a table of words and what they mean, not {stated!r}"
        )
    told = [(place.of("values", raw), value) for raw, value in stated.items()]
    if "constant" in given:
        told.append((place.of("constant"), given["constant"]))
    for at, value in told:
        if column in CHOICES and _plain(value) not in CHOICES[column]:
            raise at.wrong(
                f"'{value}' is not one of"
                f" {', '.join(CHOICES[column])}{nearest(_plain(value), CHOICES[column])}"
            )
    return {str(raw): _plain(value) for raw, value in stated.items()}


def _after(place: Place, family_kind: str, given: dict[str, Any]) -> tuple[str | None, int | None]:
    """Return the column with the length of time after another time, and the seconds of one of its
    unit.
    """
    if "after" not in given:
        return None, None
    at = place.of("after")
    after = {"column": given["after"]} if isinstance(given["after"], str) else given["after"]
    if (
        not isinstance(after, dict)
        or not isinstance(after.get("column"), str)
        or "column" not in given
        or family_kind != "instant"
    ):
        raise at.wrong(
            'a time after another is written { column = "Created", after = { column = "Resolution'
            ' time", unit = "hours" } }'
        )
    _known_keys(at, "after", after, ("column", "unit"))
    unit = after.get("unit")
    if unit is not None and unit not in UNITS:
        raise at.of("unit").wrong(
            f"the unit '{unit}' is not one of {', '.join(UNITS)}{nearest(str(unit), UNITS)}"
        )
    return after["column"], UNITS[unit] if unit else None


def _plain(constant: Any) -> str:
    return str(constant).lower() if isinstance(constant, bool) else str(constant)


def _instrument(place: Place, item: dict[str, Any]) -> dict[str, Any]:
    _known_keys(
        place,
        "an instrument",
        item,
        ("id", "kind", "name", "about", "positive", "negative", "neutral", "scale", "question"),
    )
    for word in ("id", "kind", "positive"):
        if word not in item:
            raise place.wrong(f"an instrument needs '{word}'")
    for word, column in (("kind", "instrument_kind"), ("about", "about")):
        if word in item and item[word] not in CHOICES[column]:
            raise place.of(word).wrong(
                f"instrument {item['id']}: {word} '{item[word]}' is not one of"
                f" {', '.join(CHOICES[column])}"
            )
    return item
