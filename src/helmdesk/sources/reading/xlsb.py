"""What the reader of workbooks does not tell of the binary ones (.xlsb): which cells hold errors.
The format is [MS-XLSB].
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator

BOOK, RELATIONS = "xl/workbook.bin", "xl/_rels/workbook.bin.rels"
ROW, ERROR, FORMULA_ERROR, SHEET = 0, 3, 11, 156
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


def errors_of(archive: zipfile.ZipFile) -> dict[str, dict[tuple[int, int], str]]:
    """Return the errors of each sheet by row and column, counted from 0."""
    names = set(archive.namelist())
    if not {BOOK, RELATIONS} <= names:
        return {}
    relations = archive.read(RELATIONS).decode("utf-8", "replace")
    targets = {}
    for relation in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", relations):
        given = dict(re.findall(r'(\w+)="([^"]*)"', relation))
        targets[given.get("Id")] = posixpath.normpath(
            posixpath.join("/xl", given.get("Target", ""))
        ).lstrip("/")
    found = {}
    for kind, body in _records(archive.read(BOOK)):
        if kind == SHEET:
            relation, after = _text(body, 8)
            name, _ = _text(body, after)
            if targets.get(relation) in names:
                found[name] = dict(_errors(archive.read(targets[relation])))
    return found


def _errors(sheet: bytes) -> Iterator[tuple[tuple[int, int], str]]:
    row = 0
    for kind, body in _records(sheet):
        if kind == ROW:
            row = int.from_bytes(body[:4], "little")
        elif kind in (ERROR, FORMULA_ERROR) and len(body) > 8:
            yield (row, int.from_bytes(body[:4], "little")), ERRORS.get(body[8], "#UNKNOWN!")


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a part: the number of their kind, and what is in them. Numbers and sizes
    are of seven bits a byte.
    """
    at = 0
    while at < len(content):
        kind, at = _number(content, at, 2)
        size, at = _number(content, at, 4)
        yield kind, content[at : at + size]
        at += size


def _number(content: bytes, at: int, most: int) -> tuple[int, int]:
    value = 0
    for place in range(most):
        byte = content[at + place] if at + place < len(content) else 0
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, at + place + 1
    return value, at + most


def _text(body: bytes, at: int) -> tuple[str, int]:
    length = int.from_bytes(body[at : at + 4], "little")
    length = 0 if length == 0xFFFFFFFF else length
    return body[at + 4 : at + 4 + 2 * length].decode("utf-16-le", "replace"), at + 4 + 2 * length
