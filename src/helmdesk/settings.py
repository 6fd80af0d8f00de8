"""The settings of a desk: one table of name, default and help, read from ``helmdesk.toml``."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helmdesk.errors import SettingError, nearest
from helmdesk.replacement import replace_text
from helmdesk.toml_place import Document, Place

Target = float | tuple[float, float]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

DEFAULT_SCORECARD = (
    "csat",
    "csat_response_rate",
    "ticket_volume",
    "first_response_time",
    "resolution_time",
    "backlog",
    "backlog_age",
    "sla_compliance",
    "resolution_rate",
    "reopen_rate",
    "escalation_rate",
    "transfers",
)

ENGINES = ("duckdb", "spark")
WORDS = {"week_start": WEEKDAYS, "engine": ENGINES}
ZONE = "'Europe/Berlin'"
CURRENCY_MEND = "use a code of three capital letters such as EUR, or leave it empty"
# What a type is called where a person reads it.
TYPES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def _within(low: float, high: float) -> Callable[[float], bool]:
    return lambda value: low <= value <= high


# Which numbers a setting may be, and what to do about others.
RANGES: Mapping[str, tuple[Callable[[float], bool], str]] = {
    **{
        name: (_within(1, 365), "use 1 to 365")
        for name in ("reopen_days", "repeat_days", "response_days", "nps_days")
    },
    **{
        name: (_within(0, 86_400), "use 0 to 86400")
        for name in ("service_level_seconds", "short_abandon_seconds")
    },
    "longest_state_hours": (_within(1, 168), "use 1 to 168"),
    **{
        name: (_within(1, math.inf), "use 1 or more")
        for name in (
            "limit_megabytes",
            "limit_rows",
            "limit_columns",
            "limit_cells",
            "limit_cell_megabytes",
            "limit_entries",
            "limit_ratio",
        )
    },
    "memory_gb": (lambda value: value == 0 or value >= 0.5, "use 0, or 0.5 or more"),
    "quarantine_limit": (_within(0, 1), "use a share from 0 to 1"),
}
MEND = "restore the file from a backup, or from a new desk: helmdesk init DIR"

HELP = {
    "name": "what the desk is called in headings",
    "time_zone": "reporting time zone (IANA name): where days, weeks and months begin",
    "week_start": "first day of a reporting week",
    "currency": (
        "code such as EUR of amounts that come without one: contract values, and costs whose"
        " records state none"
    ),
    "default_calendar": "calendar id for business clocks when a ticket and its team name none",
    "reopen_days": "a solved ticket counts as reopened when it comes back within this many days",
    "repeat_days": (
        "another ticket of the same customer about the same thing within this many days is a repeat"
        " contact"
    ),
    "response_days": "a survey can be revised for this many days after it was sent",
    "nps_days": (
        "of several answers of one contact to a relationship survey within this many days the last"
        " one counts"
    ),
    "service_level_seconds": (
        "a call or chat should be answered within this time, where its queue states no other"
    ),
    "short_abandon_seconds": (
        "who hangs up sooner was never waiting, where the queue states no other limit"
    ),
    "longest_state_hours": (
        "an agent who never logged off is believed to be in a state for so long where no shift says"
        " when it ended"
    ),
    "fcr_escalation_fails": "true: a declared escalation is never resolved at first contact",
    "quarantine_limit": "share of quarantined rows (0 to 1) above which a load stops and asks",
    "engine": "what computes facts and answers: duckdb, or spark for what no single machine holds",
    "spark_master": (
        "where Spark runs: local[*], spark://host:7077, yarn ...; used when engine is spark"
    ),
    "memory_gb": (
        "loading and building facts may use this much memory before they write to disk; 0: a"
        " quarter of the machine's, at least 2"
    ),
    "limit_megabytes": "a file, or the files of an archive, may be this large once unpacked",
    "limit_rows": "a file may have this many rows",
    "limit_columns": "a file may have this many columns",
    "limit_cells": (
        "a sheet of a workbook may have this many cells, up to the last one that holds something"
    ),
    "limit_cell_megabytes": "a cell, or a line of text, may be this large",
    "limit_entries": "a TOML file (definitions, a mapping) may have this many keys and list items",
    "limit_ratio": "a packed file may become this many times larger (looked at beyond 64 MB)",
    "scorecard": "metric keys on the scorecard, in order",
    "fields_without_people": (
        'fields kept by sources, such as "Product area", that hold no people\'s names: values that'
        " judge people may be shown by them on the site"
    ),
    "targets": (
        "a number, or [low, high], by metric key: what the desk wants to reach, shown on cards"
    ),
    "is_sample": "true for the generated sample desk; every page says so",
}

# When each setting acts; every setting stands in exactly one line.
ACTS: Mapping[str, tuple[str, ...]] = {
    # On facts: a mart made with another value is stale, and a receipt repeats the value its mart
    # was made with.
    "facts": (
        "default_calendar",
        "reopen_days",
        "repeat_days",
        "response_days",
        "nps_days",
        "service_level_seconds",
        "short_abandon_seconds",
        "fcr_escalation_fails",
        "longest_state_hours",
    ),
    # On a question: part of the request that a receipt repeats.
    "question": ("time_zone", "week_start"),
    # On what is shown, never on a number.
    "shown": ("name", "currency", "scorecard", "fields_without_people", "targets", "is_sample"),
    # On whether a file is taken in.
    "load": (
        "quarantine_limit",
        "limit_megabytes",
        "limit_rows",
        "limit_columns",
        "limit_cells",
        "limit_cell_megabytes",
        "limit_entries",
        "limit_ratio",
    ),
    # On where and how fast an answer is computed.
    "machine": ("engine", "spark_master", "memory_gb"),
}
FACT_SETTINGS = ACTS["facts"]


@dataclass(frozen=True)
class Settings:
    """Settings of one desk, validated; immutable so that a receipt can carry them."""

    name: str = "Support desk"
    time_zone: str = "UTC"
    week_start: str = "monday"
    currency: str = ""
    default_calendar: str = ""
    reopen_days: int = 7
    repeat_days: int = 7
    response_days: int = 30
    nps_days: int = 90
    service_level_seconds: int = 20
    short_abandon_seconds: int = 5
    longest_state_hours: int = 12
    fcr_escalation_fails: bool = False
    quarantine_limit: float = 0.2
    engine: str = "duckdb"
    spark_master: str = "local[*]"
    memory_gb: float = 0.0
    limit_megabytes: int = 100_000
    limit_rows: int = 1_000_000_000
    limit_columns: int = 2_000
    limit_cells: int = 20_000_000
    limit_cell_megabytes: int = 8
    limit_entries: int = 20_000
    limit_ratio: int = 200
    scorecard: tuple[str, ...] = DEFAULT_SCORECARD
    fields_without_people: tuple[str, ...] = ()
    targets: Mapping[str, Target] = field(default_factory=dict)
    is_sample: bool = False

    def __post_init__(self) -> None:
        """Refuse values no metric could be computed with.

        Raises:
            SettingError: naming the setting, its value and what is allowed.
        """
        for each in fields(Settings):
            if fault := _fault(each.name, getattr(self, each.name)):
                raise SettingError(*fault)

    def for_facts(self) -> dict[str, Any]:
        """Return the settings that change facts: a receipt repeats them, a mart is keyed by
        them.
        """
        return {name: getattr(self, name) for name in FACT_SETTINGS}


def read_settings(path: Path) -> Settings:
    """Read ``helmdesk.toml``.

    Raises:
        SettingError: invalid TOML, an unknown name, or a value of the wrong type.
    """
    try:
        text = path.read_bytes().decode()
        content = tomllib.loads(text)
    except FileNotFoundError as error:
        raise SettingError(f"{path} is missing", MEND) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingError(
            f"{path}: line {line} is not text (UTF-8)", f"correct it: {MEND}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path}: {error}", f"correct the line, or {MEND}") from error
    if not text.strip():
        # Read as it stands, every setting would fall back to its default, and numbers would change
        # in silence.
        raise SettingError(f"{path} is empty", MEND)
    return settings_from(content, Document(str(path), SettingError, text))


def settings_from(content: Mapping[str, Any], document: Document) -> Settings:
    """Build settings from plain values; errors tell where in `document` they stand.

    Raises:
        SettingError: an unknown name, a value of the wrong type, or one that cannot be.
    """
    known = {field.name: field for field in fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in content.items():
        place = Place(document).of(name)
        if name not in known:
            raise place.wrong(f"unknown setting '{name}'{nearest(name, known)}")
        values[name] = (
            _targets(value, place)
            if name == "targets"
            else _typed(name, value, known[name].default, place)
        )
        if fault := _fault(name, values[name]):
            raise place.wrong(*fault)
    return Settings(**values)


def _fault(name: str, value: Any) -> tuple[str, str] | None:
    """Return what is wrong with a setting of the right type, and the mend; None for nothing."""
    told = f"{name} = {value!r}"
    if name == "time_zone":
        return None if _is_zone(value) else (f"{told} is not an IANA time zone such as {ZONE}", "")
    if name in WORDS:
        return None if value in WORDS[name] else (told, f"use one of {', '.join(WORDS[name])}")
    if name == "currency":
        return None if re.fullmatch("([A-Z]{3})?", value) else (told, CURRENCY_MEND)
    is_fit, mend = RANGES.get(name, (lambda _value: True, ""))
    return None if is_fit(value) else (told, mend)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _typed(name: str, value: Any, default: Any, place: Place) -> Any:
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise place.wrong(f"{name} must be a list of texts, not {value!r}")
        return tuple(value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise place.wrong(f"{name} must be {TYPES[type(default)]}, not {value!r}")
    return value


def _targets(value: Any, place: Place) -> dict[str, Target]:
    def number(item: Any) -> bool:
        return isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)

    if not isinstance(value, dict):
        raise place.wrong(f"targets must be a table of metric keys, not {value!r}")
    found: dict[str, Target] = {}
    for key, target in value.items():
        if number(target):
            found[key] = float(target)
        elif (
            isinstance(target, list)
            and len(target) == 2
            and all(number(item) for item in target)
            and target[0] <= target[1]
        ):
            found[key] = (float(target[0]), float(target[1]))
        else:
            raise place.of(key).wrong(
                f"targets.{key} must be a number or [low, high], not {target!r}"
            )
    return found


def write_settings(path: Path, settings: Settings) -> None:
    """Write settings; a new file explains each, one that is there keeps its comments and order, and
    only what changed is written.

    Raises:
        SettingError: what is there now, or what would be there, cannot be read; the file stays as
        it is.
    """
    # Imported late: reading settings, which every command does, needs none of it.
    import tomlkit

    if path.exists():
        present, document = read_settings(path), tomlkit.parse(path.read_bytes().decode())
        for setting in fields(Settings):
            value = getattr(settings, setting.name)
            if value != getattr(present, setting.name):
                document[setting.name] = _plain(value)
    else:
        document = tomlkit.document()
        document.add(
            tomlkit.comment("Settings of this desk. Delete a line to return to its default.")
        )
        for setting in fields(Settings):
            document.add(tomlkit.nl())
            document.add(tomlkit.comment(HELP[setting.name]))
            document.add(setting.name, tomlkit.item(_plain(getattr(settings, setting.name))))
    text = tomlkit.dumps(document)
    if settings_from(tomllib.loads(text), Document(str(path), SettingError, text)) != settings:
        raise SettingError(
            f"{path}: these settings would not be read back as they are", "edit the file by hand"
        )
    replace_text(path, text)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        import tomlkit

        table = tomlkit.inline_table()
        table.update({key: _plain(item) for key, item in value.items()})
        return table
    return list(value) if isinstance(value, tuple) else value
