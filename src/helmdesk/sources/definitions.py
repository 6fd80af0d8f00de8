"""What no export tells: calendars with holidays, SLA policies, contracts, queues, teams,
instruments; one TOML file.

    [[calendar]]
    id = "berlin"
    time_zone = "Europe/Berlin"
    hours = { mon-fri = ["09:00-12:30", "13:30-18:00"], sat = ["22:00-02:00"] }
    holidays = { country = "DE", region = "BE", except = ["2026-05-01"] }
    closed = ["2026-12-24"]
    open = { "2026-12-31" = ["09:00-12:00"] }

Public holidays are written out as dates when the file is loaded, for every year that records can be
of, so that a later version of the holidays library changes nothing silently. A changed definition
with a later ``valid_from`` is a new version.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from helmdesk.errors import InputError, nearest
from helmdesk.quoting import text
from helmdesk.records.schema import CHOICES
from helmdesk.records.staging import FileReport, Staging
from helmdesk.sources.parts.source import Options, Source, named_paths
from helmdesk.toml_file import read_document
from helmdesk.toml_place import Place

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY_YEARS = (1990, 2100)
"""From the earliest year that records may be of to where the rules of holidays are known."""
ALWAYS = date(2000, 1, 1)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_SECONDS = re.compile(r"(\d+)\s*s?")

Item = Mapping[str, Any]


def read(staging: Staging, paths: Sequence[Path], options: Options) -> None:
    """Stage the entities of TOML files.

    Raises:
        NotFoundError, InputError: no such file, or a part that cannot be; names file, line, column,
        table and key.
    """
    for index, path in enumerate(paths):
        content, place = read_document(path, InputError, staging.limits)
        rows = 0
        for kind, items in content.items():
            if kind not in KINDS:
                raise place.of(kind).wrong(
                    f"unknown table '{kind}'{nearest(kind, KINDS)} (known: {', '.join(KINDS)})"
                )
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise place.of(kind).wrong(f"{kind} must be written as [[{kind}]]")
            for number, item in enumerate(items):
                where = place.of(kind, number).called(f"{kind} {item.get('id', number + 1)}")
                _stage(staging, kind, item, where, index)
                rows += 1
        staging.report.files.append(FileReport(str(path), rows))


def _stage(staging: Staging, kind: str, item: Item, where: Place, index: int) -> None:
    shared = ("id", "valid_from", "valid_to")
    known, columns_of = KINDS[kind]
    for word in item:
        if word not in (*shared, *known):
            raise where.of(word).wrong(f"unknown key '{word}'{nearest(word, (*shared, *known))}")
    if not isinstance(item.get("id"), str) or not item["id"]:
        raise where.wrong("it needs an id")
    columns = {
        column: value for column, value in columns_of(item, where).items() if value is not None
    }
    valid_from = _instant(item, "valid_from", where)
    digest = hashlib.md5(
        repr((sorted(columns.items()), valid_from)).encode(), usedforsecurity=False
    ).hexdigest()
    record = {
        "record_id": text(f"definitions:{kind}:{item['id']}:{digest}"),
        "source_id": text(item["id"]),
        "entity_id": text(item["id"]),
        "occurred_at": valid_from,
        "valid_from": valid_from,
        "fidelity": "'asserted'",
        "_file": str(index),
        "_row": str(where.line),
        **{
            column: str(value) if isinstance(value, int | float) else text(value)
            for column, value in columns.items()
        },
    }
    if "valid_to" in item:
        record["valid_to"] = _instant(item, "valid_to", where)
    if "tenure_start" in record:
        record["tenure_start"] = _instant(item, "tenure_start", where)
    # What only the clocks can judge is judged before it is stored, and told with its place.
    staging.definition_places[kind, item["id"], where.line] = where
    staging.add(kind, record, "(select 1)")


def _instant(item: Item, word: str, where: Place) -> str:
    value = item.get(word, ALWAYS)
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    elif isinstance(value, date):
        moment = datetime.combine(value, time(), UTC)
    else:
        raise where.of(word).wrong(f"{word}: {value!r} is not a date such as 2026-01-01")
    return f"timestamptz '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00'"


def _text(item: Item, word: str, where: Place, *, is_needed: bool = False) -> str | None:
    value = item.get(word)
    if value is None and not is_needed:
        return None
    if not isinstance(value, str) or not value:
        raise where.of(word).wrong(
            f"{word} must be a text, not {value!r}" if value is not None else f"it needs '{word}'"
        )
    return value


def _texts(*words: str) -> Callable[[Item, Place], dict[str, Any]]:
    """Return a reader of plain texts; ``contract_value`` and ``cost_rate`` are numbers."""

    def columns(item: Item, where: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for word in words:
            column = {
                "account": "account_id",
                "policy": "policy_id",
                "calendar": "calendar_id",
                "team": "team_id",
            }.get(word, word)
            if word in ("contract_value", "cost_rate"):
                if word in item and (
                    isinstance(item[word], bool) or not isinstance(item[word], int | float)
                ):
                    raise where.of(word).wrong(f"{word} must be a number, not {item[word]!r}")
                found[column] = item.get(word)
            elif word == "tenure_start":
                found[column] = item.get(word) and str(item[word])
            else:
                found[column] = _text(item, word, where, is_needed=word == "account")
        return found

    return columns


def _calendar(item: Item, where: Place) -> dict[str, Any]:
    weekly = sorted(
        span
        for days, spans in _table(item, "hours", where).items()
        for span in _weekly(days, spans, where.of("hours", days))
    )
    exceptions: dict[str, list[list[int]]] = {}
    public, years = _public_holidays(_table(item, "holidays", where), where.of("holidays"))
    for day in public:
        exceptions[day.isoformat()] = []
    for number, given in enumerate(_list(item, "closed", where)):
        exceptions[_day(given, "closed", where.of("closed", number))] = []
    for named, spans in _table(item, "open", where).items():
        at = where.of("open", named)
        opened = _day(named, "open", at)
        exceptions[opened] = [list(span) for span in _spans(spans, f"open {named}", at)]
    known = {"holiday_years": years} if years else {}
    definition = json.dumps({"weekly": weekly, "exceptions": exceptions, **known}, sort_keys=True)
    return {
        "name": _text(item, "name", where),
        "time_zone": _text(item, "time_zone", where, is_needed=True),
        "definition": definition,
    }


def _table(item: Item, word: str, where: Place) -> Mapping[str, Any]:
    value = item.get(word, {})
    if not isinstance(value, dict):
        raise where.of(word).wrong(f"{word} must be a table, not {value!r}")
    return value


def _list(item: Item, word: str, where: Place) -> list[Any]:
    value = item.get(word, [])
    if not isinstance(value, list):
        raise where.of(word).wrong(f"{word} must be a list, not {value!r}")
    return value


def _weekly(days: str, spans: Any, where: Place) -> list[list[int]]:
    first, _, last = days.lower().partition("-")
    for day in (first, last or first):
        if day not in DAYS:
            raise where.wrong(
                f"hours: '{days}' is not a day or range of days such as mon or mon-fri"
            )
    start, end = DAYS.index(first), DAYS.index(last or first)
    numbers = range(start, end + 1) if start <= end else [*range(start, 7), *range(end + 1)]
    return [
        [number * 1440 + begins, number * 1440 + ends]
        for begins, ends in _spans(spans, f"hours {days}", where)
        for number in numbers
    ]


def _spans(value: Any, word: str, where: Place) -> list[tuple[int, int]]:
    """Return minutes of a day, from and until, of one span or a list of them."""
    if isinstance(value, list):
        return [_span(each, word, where.of(number)) for number, each in enumerate(value)]
    return [_span(value, word, where)]


def _span(value: Any, word: str, where: Place) -> tuple[int, int]:
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise where.wrong(f"{word}: {value!r} is not a span such as 09:00-17:30")
    hour, minute, last_hour, last_minute = map(int, found.groups())
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if start >= 1440 or end > 1440 or minute > 59 or last_minute > 59:
        raise where.wrong(f"{word}: {value!r} is no time of day")
    # Past midnight: the span ends on the next day.
    return start, end if end > start else end + 1440


def _day(value: Any, word: str, where: Place) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError) as error:
        raise where.wrong(f"{word}: {value!r} is not a date such as 2026-12-24") from error


def _public_holidays(given: Mapping[str, Any], where: Place) -> tuple[list[date], list[int]]:
    """Return public holidays by country and region, less those named as exceptions, and the first
    and last year known in full.

    Source: the holidays library, national and regional public holidays.
    """
    if not given:
        return [], []
    import holidays

    for word in given:
        if word not in ("country", "region", "except", "years"):
            raise where.of(word).wrong(f"holidays: unknown key '{word}'")
    first, last = _years(given.get("years", list(HOLIDAY_YEARS)), where)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            found = holidays.country_holidays(
                given["country"], subdiv=given.get("region"), years=range(first, last + 1)
            )
        except (KeyError, NotImplementedError, TypeError) as error:
            raise where.wrong(
                f"holidays: no such country or region: {dict(given)} ({error})"
            ) from error
    # Some countries' holidays follow the moon, and the library holds them for some decades only;
    # others begin with the state.
    limits = [re.findall(r"\d{4}", str(warning.message)) for warning in told]
    first = max(
        [
            first,
            *(int(years[0]) for years in limits if len(years) == 2),
            min((day.year for day in found), default=first),
        ]
    )
    last = min(
        [
            last,
            *(int(years[1]) for years in limits if len(years) == 2),
            max((day.year for day in found), default=last),
        ]
    )
    kept = {
        _day(day, "holidays, except", where.of("except", number))
        for number, day in enumerate(_list(given, "except", where))
    }
    return sorted(day for day in found if day.isoformat() not in kept), [first, last]


def _years(value: Any, where: Place) -> tuple[int, int]:
    match value:
        case [int() as first, int() as last] if first <= last:
            return first, last
    raise where.of("years").wrong(
        f"holidays: years = {value!r} is not a first and a last year such as [2019, 2030]"
    )


def _policy(item: Item, where: Place) -> dict[str, Any]:
    body = {word: item[word] for word in ("match", "order", "reopen", "clocks") if word in item}
    return {
        "name": _text(item, "name", where),
        "calendar_id": _text(item, "calendar", where),
        "definition": json.dumps(body, sort_keys=True),
    }


def _queue(item: Item, where: Place) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": _text(item, "name", where),
        "channel": _text(item, "channel", where),
        "calendar_id": _text(item, "calendar", where),
    }
    for word in ("threshold", "short_abandon"):
        if word in item:
            seconds = _SECONDS.fullmatch(str(item[word]))
            if not seconds:
                raise where.of(word).wrong(
                    f"{word}: {item[word]!r} is not a number of seconds such as '20s'"
                )
            found[f"{word}_seconds"] = int(seconds[1])
    return found


def _instrument(item: Item, where: Place) -> dict[str, Any]:
    kind, about = _text(item, "kind", where, is_needed=True), _text(item, "about", where)
    for word, value, column in (("kind", kind, "instrument_kind"), ("about", about, "about")):
        if value is not None and value not in CHOICES[column]:
            raise where.of(word).wrong(f"'{value}' is not one of {', '.join(CHOICES[column])}")
    if not item.get("positive"):
        raise where.of("positive").wrong("it needs 'positive', the answers that count as good")
    body = {word: item[word] for word in ("question", "scale") if word in item}
    body |= {
        word: [str(value) for value in _list(item, word, where)]
        for word in ("positive", "negative", "neutral")
        if word in item
    }
    return {
        "name": _text(item, "name", where),
        "instrument_kind": kind,
        "about": about,
        "definition": json.dumps(body, sort_keys=True),
    }


# Table -> the keys it may have besides id, valid_from and valid_to, and how they become columns.
KINDS: dict[str, tuple[tuple[str, ...], Callable[[Item, Place], dict[str, Any]]]] = {
    "calendar": (("name", "time_zone", "hours", "holidays", "closed", "open"), _calendar),
    "sla_policy": (("name", "calendar", "match", "order", "reopen", "clocks"), _policy),
    "contract": (("account", "policy"), _texts("account", "policy")),
    "account": (
        ("name", "tier", "region", "contract_value", "owner"),
        _texts("name", "tier", "region", "contract_value", "owner"),
    ),
    "queue": (("name", "channel", "threshold", "short_abandon", "calendar"), _queue),
    "team": (("name", "tier", "calendar"), _texts("name", "tier", "calendar")),
    "agent": (
        ("name", "team", "role", "tier", "cost_rate", "tenure_start"),
        _texts("name", "team", "role", "tier", "cost_rate", "tenure_start"),
    ),
    "instrument": (
        ("name", "kind", "about", "question", "scale", "positive", "negative", "neutral"),
        _instrument,
    ),
}

source = Source(
    "definitions",
    "calendars, holidays, SLA policies, contracts, queues, instruments (TOML)",
    read,
    named_paths,
)
