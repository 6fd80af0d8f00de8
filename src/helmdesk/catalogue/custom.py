"""Metrics that users define: one TOML file each in the desk's ``metrics`` folder, governed like
ours.

A file says what ours say in Python. Expressions are checked as trees: columns of the fact,
literals, comparisons, arithmetic, and a short list of functions; nothing else gets through. Meaning
is locked by version: a file whose meaning changes under its old version is refused.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_type_hints

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from helmdesk.catalogue.discovery import Entry, definition_hash, load_catalogue
from helmdesk.catalogue.kind import Kind, Part, load_kinds
from helmdesk.catalogue.metric import (
    CLOCKS,
    Category,
    Change,
    Direction,
    Lever,
    Metric,
    Pillar,
    Reference,
    Variant,
)
from helmdesk.errors import SettingError, nearest
from helmdesk.facts.build.fact import load_facts
from helmdesk.records.schema import RECORD_TYPES
from helmdesk.toml_file import read_document, read_toml
from helmdesk.toml_place import Place

FOLDER, LOCK = "metrics", "definitions.lock"
PLAIN: Mapping[Any, str] = {str: "a text", float: "a number"}
TEXTS = (
    "name",
    "owner",
    "unit",
    "where",
    "where_words",
    "formula",
    "rewards",
    "exposes",
    "description",
)
FUNCTIONS = {
    "seconds",
    "forever",
    "days",
    "coalesce",
    "least",
    "greatest",
    "abs",
    "lower",
    "nullif",
}
ALLOWED: tuple[type[exp.Expr], ...] = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Boolean,
    exp.Null,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Paren,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.In,
    exp.Between,
    exp.Is,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Neg,
    exp.Case,
    exp.If,
    exp.Like,
    exp.Anonymous,
    exp.Coalesce,
    exp.Least,
    exp.Greatest,
    exp.Abs,
    exp.Lower,
    exp.Nullif,
)


def load_custom_metrics(folder: Path) -> dict[str, Entry]:
    """Return the metrics defined in a desk's folder by key; empty without one.

    Raises:
        SettingError: a file that is no valid definition, or whose meaning changed under its
        version; names file, line, column and key.
    """
    found: dict[str, Entry] = {}
    places: dict[str, Place] = {}
    for path in sorted((folder / FOLDER).glob("*.toml")):
        content, place = read_document(path, SettingError)
        entry = _read(path, content, place)
        found[entry.metric.key], places[entry.metric.key] = entry, place
    if found:
        _keep_versions(folder / FOLDER / LOCK, found, places)
    return found


def _read(path: Path, content: dict[str, Any], place: Place) -> Entry:
    known = {field.name for field in dataclasses.fields(Metric)} - {
        "changes",
        "variants",
        "references",
    }
    for word in content:
        if word not in known | {"description", "changes", "variant", "reference"}:
            raise place.of(word).wrong(f"unknown key '{word}'{nearest(word, known)}")
    key = content.get("key", path.stem)
    if key != path.stem or not key.isidentifier():
        raise place.of("key").wrong(
            f"the key is the file's name, a word of letters, digits and underscores; not '{key}'"
        )
    if key in load_catalogue():
        raise place.of("key").wrong(f"'{key}' is one of ours", "choose another name")
    _check_words(place, content)
    plain = (
        "name",
        "version",
        "owner",
        "pillar",
        "category",
        "unit",
        "direction",
        "fact",
        "where",
        "where_words",
        "formula",
        "rewards",
        "exposes",
    )
    given: dict[str, Any] = {word: content[word] for word in plain}
    given |= {
        word: tuple(content.get(word, ()))
        for word in ("evidence", "supports", "read_with", "needs")
    }
    metric = Metric(
        key=key,
        changes=_changes(place, content),
        value=_value(place.of("value"), "value", content["value"]),
        anchor=content.get("anchor"),
        pending=_pending(place.of("pending"), content.get("pending")),
        variants=tuple(
            _variant(place.of("variant", number), item)
            for number, item in enumerate(_tables(place, "variant", content))
        ),
        references=tuple(
            Reference(str(item.get("text", "")), str(item.get("source", "")))
            for item in _tables(place, "reference", content)
        ),
        clocks=tuple(content.get("clocks", ["calendar"])),
        **given,
    )
    if metric.anchor is None:
        raise place.wrong("'anchor' is missing: which instant places a row in a period?")
    for expression in _expressions(metric):
        _check(place.holding(content, expression), expression)
    return Entry(metric, content["description"])


def _tables(place: Place, word: str, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = content.get(word, [])
    is_right = isinstance(listed, list) and all(isinstance(item, dict) for item in listed)
    _is(place.of(word), word, is_right, f"written as [[{word}]]", listed)
    return list(listed)


def _check_words(place: Place, content: Mapping[str, Any]) -> None:
    """Refuse what is missing, of the wrong type, or outside a vocabulary."""
    for word in (
        *TEXTS,
        "version",
        "value",
        "fact",
        "evidence",
        "supports",
        "changes",
        "pillar",
        "category",
        "direction",
    ):
        if word not in content:
            raise place.wrong(f"'{word}' is missing")
    for word in TEXTS:
        _is(
            place.of(word),
            word,
            isinstance(content[word], str) and bool(content[word].strip()),
            "a text",
            content[word],
        )
    for word, choices in (("pillar", Pillar), ("category", Category), ("direction", Direction)):
        _one_of(place.of(word), word, content[word], get_args(choices))
    _one_of(place.of("fact"), "fact", content["fact"], load_facts())
    for word in ("evidence", "supports", "read_with", "needs", "clocks"):
        value = content.get(word, [])
        _is(
            place.of(word),
            word,
            isinstance(value, list) and all(isinstance(item, str) for item in value),
            "a list of texts",
            value,
        )
    for word, known in (("supports", get_args(Lever)), ("clocks", CLOCKS)):
        for number, name in enumerate(content.get(word, [])):
            _one_of(place.of(word, number), word, name, known)
    for number, need in enumerate(content.get("needs", [])):
        for name in need.split("|"):
            _one_of(place.of("needs", number), "needs", name, RECORD_TYPES)


def _is(place: Place, word: str, is_right: bool, wanted: str, value: Any) -> None:
    if not is_right:
        raise place.wrong(f"{word} must be {wanted}, not {value!r}")


def _one_of(place: Place, word: str, value: Any, choices: Collection[str]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise place.wrong(
            f"{word}: {value!r} is not known{nearest(str(value), choices)} (known:"
            f" {', '.join(choices)})"
        )


def _changes(place: Place, content: Mapping[str, Any]) -> tuple[Change, ...]:
    version, changes = content["version"], content["changes"]
    is_whole = isinstance(version, int) and not isinstance(version, bool) and version >= 1
    _is(place.of("version"), "version", is_whole, "a whole number from 1", version)
    try:
        found = tuple(Change(item["version"], item["date"], item["why"]) for item in changes)
    except (TypeError, KeyError) as error:
        raise place.of("changes").wrong(
            f"changes need version, date and why: {changes!r}"
        ) from error
    is_sound = (
        bool(found)
        and all(isinstance(change.date, date) for change in found)
        and found[-1].version == version
    )
    _is(
        place.of("changes"),
        "changes",
        is_sound,
        f"a history that ends with version {version}, each entry with a date",
        changes,
    )
    return found


def kinds_of_own() -> Mapping[str, type[Kind]]:
    """Return the kinds that a file can say: those made of texts and numbers alone."""
    return {
        name: kind
        for name, kind in load_kinds().items()
        if set(_types(kind).values()) <= set(PLAIN)
    }


@functools.cache
def _types(kind: type[Kind]) -> Mapping[str, Any]:
    """Return the type of each field of a kind."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}  # type: ignore[arg-type]


def _value(place: Place, word: str, given: Any) -> Kind:
    kinds = kinds_of_own()
    _is(place, word, isinstance(given, dict) and "kind" in given, "a table with a kind", given)
    _one_of(place.of("kind"), f"{word}: kind", given["kind"], kinds)
    kind = kinds[given["kind"]]
    known = _types(kind)
    fields = {
        name: float(item) if type(item) is int else item
        for name, item in given.items()
        if name != "kind"
    }
    for name, item in fields.items():
        if name not in known:
            raise place.of(name).wrong(
                f"{word}: a {given['kind']} has no '{name}'{nearest(name, known)}"
            )
        wanted = known[name]
        is_right = isinstance(item, wanted)
        _is(place.of(name), f"{word}: {name}", is_right, PLAIN[wanted], given[name])
    try:
        return kind(**fields)
    except TypeError as error:
        missing = [
            field.name
            for field in dataclasses.fields(kind)  # type: ignore[arg-type]
            if field.name not in given and field.default is dataclasses.MISSING
        ]
        raise place.wrong(f"{word}: a {given['kind']} needs {', '.join(missing)}") from error
    except ValueError as error:
        raise place.wrong(f"{word}: {error}") from error


def _pending(place: Place, given: Any) -> Part | None:
    if given is None:
        return None
    is_right = isinstance(given, dict) and set(given) == {"anchor", "where"}
    _is(place, "pending", is_right, "a table of anchor and where", given)
    return Part("pending", given["anchor"], given["where"])


def _variant(place: Place, given: Mapping[str, Any]) -> Variant:
    for word in ("name", "description"):
        value = given.get(word)
        _is(place.of(word), f"variant: {word}", isinstance(value, str), "a text", value)
    known = ("name", "description", "used_by", "value", "anchor", "where", "unit", "direction")
    name = f"variant {given['name']}"
    for word in given:
        if word not in known:
            raise place.of(word).wrong(f"{name}: unknown key '{word}'{nearest(word, known)}")
    own = _value(place.of("value"), f"{name}: value", given["value"]) if "value" in given else None
    return Variant(**{**given, "value": own})


def _expressions(metric: Metric) -> list[str]:
    """Return every expression of a metric and its variants."""
    found: list[str] = []
    for holder in (metric, *metric.variants, metric.pending):
        given = (getattr(holder, name, None) for name in ("where", "anchor"))
        found += [text for text in given if isinstance(text, str) and text]
        value = getattr(holder, "value", None)
        found += value.expressions if value is not None else ()
    return [*found, *metric.evidence]


def _check(place: Place, text: str) -> None:
    try:
        parsed = sqlglot.parse(text, dialect="duckdb")
    except (SqlglotError, RecursionError) as error:
        raise place.wrong(f"cannot read {text!r}: {str(error).splitlines()[0]}") from error
    if len(parsed) != 1 or parsed[0] is None:
        raise place.wrong(f"{text!r} is not one expression")
    for node in parsed[0].walk():
        is_call = isinstance(node, exp.Anonymous)
        if (
            node.comments
            or not isinstance(node, ALLOWED)
            or (is_call and str(node.name).lower() not in FUNCTIONS)
        ):
            raise place.wrong(
                f"not allowed in an expression: {node.sql('duckdb')[:80]!r} (functions:"
                f" {', '.join(sorted(FUNCTIONS))})"
            )
        if isinstance(node, exp.Column) and len(node.parts) != 1:
            raise place.wrong(f"name a column of the fact, not {node.sql('duckdb')!r}")


def check_columns(metric: Metric, columns: Collection[str], folder: Path) -> None:
    """Refuse names that the metric's fact does not have.

    Args:
        folder: of the desk that defines the metric.

    Raises:
        SettingError: names the place in the metric's file, the column and what comes nearest.
    """
    for text in _expressions(metric):
        for node in sqlglot.parse_one(text, dialect="duckdb").find_all(exp.Column):
            if node.name not in columns:
                file = folder / FOLDER / f"{metric.key}.toml"
                content, place = read_document(file, SettingError)
                raise place.holding(content, text).wrong(
                    f"metric '{metric.key}': {metric.fact} has no column"
                    f" '{node.name}'{nearest(node.name, columns)}"
                )


def _keep_versions(lock: Path, found: Mapping[str, Entry], places: Mapping[str, Place]) -> None:
    """Compare with what each version meant when it was first used, and remember new ones."""
    known = read_toml(lock, SettingError) if lock.exists() else {}
    added = []
    for key, entry in found.items():
        version, meaning = str(entry.metric.version), definition_hash(entry.metric)
        before = known.get(key, {}).get(version)
        if before is None:
            known.setdefault(key, {})[version] = meaning
            added.append(key)
        elif before != meaning:
            raise (
                places[key]
                .of("version")
                .wrong(
                    f"metric '{key}': the meaning changed but the version is still {version}",
                    "raise it and add to changes why",
                )
            )
    if added:
        lines = [
            "# What every version of a metric meant when it was first used. Kept by Helmdesk; do"
            " not edit."
        ]
        for key in sorted(known):
            lines += [
                "",
                f"[{key}]",
                *(f'{version} = "{meaning}"' for version, meaning in sorted(known[key].items())),
            ]
        # A folder nobody may write to still can be read; its versions are then not remembered.
        with contextlib.suppress(OSError):
            lock.write_text("\n".join(lines) + "\n", encoding="utf-8")
