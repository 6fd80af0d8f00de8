"""JSON as rows: lines, arrays, answers of programming interfaces with their rows inside; what is
nested gets a name with points.

``{"tickets": [{"id": 1, "via": {"channel": "web"}}], "next_page": null}`` is a row with ``id`` and
``via.channel``. Lists stay lists, unless they are names with values (``"custom_fields": [{"id":
360, "value": "x"}]`` is ``custom_fields.360``).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from helmdesk.errors import InputError
from helmdesk.sources.reading.heading import told_apart
from helmdesk.sources.reading.rows import Part, Refused, Request, Row

# A row has a name of its own; what is wrapped around rows has not.
IDENTITIES = {
    "id",
    "_id",
    "key",
    "uuid",
    "guid",
    "sys_id",
    "ticket_id",
    "case_id",
    "display_id",
    "iid",
    "created_at",
    "createdat",
}
# What interfaces call their rows, where something else beside them is a list as well.
MAIN = (
    "tickets",
    "issues",
    "conversations",
    "cases",
    "incidents",
    "requests",
    "calls",
    "results",
    "records",
    "rows",
    "data",
    "value",
    "items",
    "result",
    "entries",
    "list",
    "hits",
    "content",
    "objects",
    "elements",
)
HEADS, BODIES = (
    ("columns", "fields", "header", "headers", "cols"),
    (
        "rows",
        "data",
        "values",
        "records",
        "items",
    ),
)
DEEPEST = 4
# Of damaged lines, as many whole ones are wanted before the file counts as damaged lines rather
# than as something else.
MOST_DAMAGED = 0.5
TRIED = 20
DECODER = json.JSONDecoder(parse_constant=lambda _word: None)


def read_json(request: Request) -> Iterator[Part]:
    """Yield the one table that a JSON file holds.

    Raises:
        InputError: no JSON, or nothing in it that could be rows.
    """
    if _has_lines(request.plain):
        yield Part(_named_apart(_of_lines(request)), word="line")
        return
    text = request.plain.read_text(encoding="utf-8-sig", errors="replace")
    if not text.strip():
        raise InputError(f"{request.path}: the file is empty; export it again")
    found = _rows_of(request, _documents(request.path, text))
    yield Part(
        _named_apart(
            Row(number, _flat(item, request.known)) for number, item in enumerate(found, 1)
        ),
        word="item",
    )


def _has_lines(path: Path) -> bool:
    """Whether each line is a document of its own: then a file of any size is read line by line."""
    with path.open(encoding="utf-8-sig", errors="replace") as handle:
        lines = list(itertools.islice(filter(str.strip, handle), TRIED))
    whole = sum(map(_is_whole, lines))
    return (
        len(lines) > 1 and lines[0].lstrip().startswith("{") and whole > len(lines) * MOST_DAMAGED
    )


def _is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _of_lines(request: Request) -> Iterator[Row | Refused]:
    with request.plain.open(encoding="utf-8-sig", errors="replace") as handle:
        for number, line in enumerate(handle, 1):
            if not line.strip():
                continue
            try:
                document = DECODER.decode(line)
            except (ValueError, RecursionError) as error:
                yield Refused(0, number, None, line[:200], f"not JSON: {error}", True)
                continue
            for item in _rows_of(request, [document]):
                yield Row(number, _flat(item, request.known))


def _documents(path: Path, text: str) -> Iterator[Any]:
    """Yield the documents of a file, one after the other."""
    at = 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at == len(text):
            return
        try:
            document, at = DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise InputError(
                f"{path}: not readable as JSON: line {error.lineno}, column {error.colno}:"
                f" {error.msg}"
            ) from error
        except ValueError as error:
            raise InputError(f"{path}: not readable as JSON: {error}") from error
        yield document


def _rows_of(
    request: Request, documents: Iterator[Any] | Sequence[Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the objects that are rows."""
    for document in documents:
        items, where = _found(document, "", DEEPEST)
        if items is None:
            raise InputError(
                f"{request.path}: JSON without rows: expected objects in a list, one object a line,"
                f" or a list with names; found {_shown(document)}"
            )
        if where and (sentence := f": the rows were read from '{where}'") not in request.notes:
            request.notes.append(sentence)
        yield from items


def _found(document: Any, path: str, depth: int) -> tuple[Sequence[Mapping[str, Any]] | None, str]:
    """Return the rows of a document, and the path to where they stand."""
    if isinstance(document, list):
        return _of_list(document), path
    if not isinstance(document, dict):
        return None, path
    if not document:
        return [], path
    named = _named_rows(document)
    if named is not None:
        return named[0], f"{path}{named[1]}"
    if _is_row(document):
        return [document], path
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and (not value or isinstance(value[0], dict))
    }
    filled = {key: value for key, value in lists.items() if value}
    if filled:
        longest = max(filled, key=lambda each: len(filled[each]))
        key = next((word for word in MAIN if word in filled), longest)
        return _of_list(filled[key]), f"{path}{key}"
    deeper = _found_deeper(document, path, depth)
    if deeper is not None:
        return deeper
    if lists:
        return [], f"{path}{next(iter(lists))}"
    return [document], path


def _named_rows(document: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], str] | None:
    """Return the rows of a table that has its heading in one list and its cells in another, and
    where these stand.
    """
    head = next((document[word] for word in HEADS if isinstance(document.get(word), list)), None)
    body = next((word for word in BODIES if _is_table(document.get(word))), None)
    if head is None or body is None:
        return None
    return _with_names([_title(cell) for cell in head], document[body]), body


def _found_deeper(
    document: Mapping[str, Any], path: str, depth: int
) -> tuple[Sequence[Mapping[str, Any]], str] | None:
    """Return the rows inside the objects of an object, the likeliest first."""
    if not depth:
        return None
    for key in sorted(document, key=lambda word: MAIN.index(word) if word in MAIN else len(MAIN)):
        if isinstance(document[key], dict):
            within = f"{path}{key}."
            items, where = _found(document[key], within, depth - 1)
            if items is not None and where != within:
                return items, where
    return None


def _is_row(document: Mapping[str, Any]) -> bool:
    """Whether an object has a name of its own; the number of a page is none."""
    return any(
        key.lower() in IDENTITIES or (key.lower() == "number" and isinstance(value, str))
        for key, value in document.items()
    )


def _of_list(items: list[Any]) -> Sequence[Mapping[str, Any]] | None:
    if all(isinstance(item, dict) for item in items):
        # Search engines wrap each row once more.
        return [
            item["_source"] if isinstance(item.get("_source"), dict) else item for item in items
        ]
    if _is_table(items) and all(isinstance(cell, str) for cell in items[0]):
        return _with_names(items[0], items[1:])
    return None


def _is_table(items: Any) -> bool:
    return isinstance(items, list) and bool(items) and all(isinstance(item, list) for item in items)


def _title(cell: Any) -> str:
    return str(
        next((cell[word] for word in ("name", "title", "label", "id") if word in cell), "")
        if isinstance(cell, dict)
        else cell
    )


def _with_names(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Mapping[str, Any]]:
    return [dict(itertools.zip_longest(names, row[: len(names)])) for row in rows]


def _flat(item: Mapping[str, Any], known: frozenset[str]) -> dict[str, str | None]:
    """Return an object with one text for each name; names of what is nested are joined by
    points.
    """
    flat: dict[str, str | None] = {}
    _flatten(item, "", known, flat)
    return flat


def _flatten(
    item: Mapping[str, Any], prefix: str, known: frozenset[str], flat: dict[str, str | None]
) -> None:
    for key, value in item.items():
        name = f"{prefix}{key}".replace("\0", "")
        if value is None or isinstance(value, str):
            flat[name] = value.replace("\0", "") if value else None
        elif value is True or value is False:
            flat[name] = "true" if value else "false"
        elif isinstance(value, (int, float)):
            flat[name] = str(value)
        elif isinstance(value, dict):
            if name in known:
                flat[name] = json.dumps(value, ensure_ascii=False)
            _flatten(value, f"{name}.", known, flat)
        else:
            pairs = _pairs(value)
            if pairs is None or name in known:
                flat[name] = json.dumps(value, ensure_ascii=False) if value else None
            if pairs is not None:
                _flatten(pairs, f"{name}.", known, flat)


def _pairs(items: list[Any]) -> dict[str, Any] | None:
    """Return a list of names with values by name; None where it is another list."""
    pairs = {}
    for item in items:
        if not isinstance(item, dict) or "value" not in item or len(item) > 3:
            return None
        key = next(
            (item[word] for word in ("name", "key", "id") if isinstance(item.get(word), str)), None
        )
        if key is None or key in pairs:
            return None
        pairs[key] = item["value"]
    return pairs or None


def _shown(document: Any) -> str:
    return (
        "a list of " + type(document[0]).__name__
        if isinstance(document, list) and document
        else f"a single {type(document).__name__}"
    )


def _named_apart(rows: Iterator[Row | Refused]) -> Iterator[Row | Refused]:
    """Yield rows whose names differ in more than capital letters."""
    known: dict[str, str] = {}
    for row in rows:
        if isinstance(row, Row) and isinstance(row.cells, dict):
            new = [name for name in row.cells if name not in known]
            if new:
                known.update(zip([*known, *new], told_apart([*known, *new]), strict=True))
            yield Row(row.line, {known[name]: cell for name, cell in row.cells.items()})
        else:
            yield row
