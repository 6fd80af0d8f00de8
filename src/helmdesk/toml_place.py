"""Where something stands in a TOML file, so that every complaint about one names line and column.

tomllib tells the place of what is no TOML, and forgets the places of all that is: a value of a
wrong kind, a word that nobody knows. `Place` finds them again, when there is something to complain
about and not before: reading a right file costs nothing more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from helmdesk.errors import HelmdeskError

Key = str | int
Path = tuple[Key, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.S
)
_SPACES = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]*")


@dataclass(frozen=True)
class Document:
    """The text of a TOML file that was read, and the error that is raised for what is wrong in it.

    Attributes:
        origin: the file, or what else the values came from.
        text: empty where the values are none of a file: their places are then not told.
    """

    origin: str
    error: type[HelmdeskError]
    text: str = ""

    @cached_property
    def _places(self) -> Mapping[Path, int]:
        try:
            return _Scan(self.text).places()
        except RecursionError:
            return {}

    def line_and_column(self, path: Path) -> tuple[int, int] | None:
        """Return where the value at a path of keys and indexes begins, or a table's heading, both
        counted from 1; of the nearest table around it where it is not there; None without a text.
        """
        if not self.text:
            return None
        while path and path not in self._places:
            path = path[:-1]
        at = self._places.get(path, 0)
        begin = self.text.rfind("\n", 0, at) + 1
        return self.text.count("\n", 0, at) + 1, at - begin + 1


@dataclass(frozen=True)
class Place:
    """A place in a document, for what reads the value that stands there.

    Attributes:
        path: keys, and indexes of lists from 0.
        label: what people call the place, such as "calendar berlin"; told before what is wrong.
    """

    document: Document
    path: Path = ()
    label: str = ""

    def of(self, *keys: Key) -> Place:
        """Return the place of something within."""
        return replace(self, path=(*self.path, *keys))

    def called(self, label: str) -> Place:
        """Return the same place with what people call it."""
        return replace(self, label=label)

    def holding(self, content: Any, value: object) -> Place:
        """Return the place of the first value within `content` that equals `value`; this one where
        there is none.
        """
        found = _path_to(content, value)
        return self if found is None else self.of(*found)

    def within(self) -> Place:
        """Return the same place, which tells where in the file it is and not in which."""
        return replace(self, document=replace(self.document, origin=""))

    @property
    def line(self) -> int:
        """The line, from 1; 0 where the values are none of a file."""
        found = self.document.line_and_column(self.path)
        return found[0] if found else 0

    def __str__(self) -> str:
        """Return file, line, column, and the label."""
        found = self.document.line_and_column(self.path) if self.path else None
        where = f"line {found[0]}, column {found[1]}" if found else ""
        return ": ".join(filter(None, (self.document.origin, where, self.label)))

    def wrong(self, what: str, mend: str = "") -> HelmdeskError:
        """Return the error that says what is wrong here, to be raised."""
        return self.document.error(f"{self}: {what}", mend)


def _path_to(content: Any, value: object) -> Path | None:
    if isinstance(content, Mapping):
        inner = list(content.items())
    elif isinstance(content, list):
        inner = list(enumerate(content))
    else:
        return () if content == value else None
    for key, item in inner:
        found = _path_to(item, value)
        if found is not None:
            return (key, *found)
    return None


class _Scan:
    """Finds where the values of a TOML text begin; the text was read by tomllib, so it is TOML."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[Path, int] = {}
        # How many tables each list of tables has so far.
        self.counts: dict[Path, int] = {}

    def places(self) -> Mapping[Path, int]:
        table: Path = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._heading()
            else:
                self._pair(table)
            self._skip()
        return self.found

    def _skip(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _heading(self) -> Path:
        """Read ``[a.b]`` or ``[[a.b]]``; return the path of the table that begins."""
        begin, is_list = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if is_list else 1
        keys = self._keys()
        self.at += 2 if is_list else 1
        path: Path = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            if is_list and place == len(keys) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                self.found.setdefault(path, begin)
                path = (*path, self.counts[path] - 1)
            self.found.setdefault(path, begin)
        return path

    def _keys(self) -> Path:
        """Read a key, or several with points between them."""
        keys: list[str] = []
        while True:
            self._blanks()
            if self.text[self.at] in "\"'":
                keys.append(tomllib.loads(f"key = {self._matched(_STRING)}")["key"])
            else:
                keys.append(self._matched(_BARE_KEY))
            self._blanks()
            if self.text[self.at] != ".":
                return tuple(keys)
            self.at += 1

    def _blanks(self) -> None:
        self._matched(_SPACES)

    def _matched(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found is not None, "tomllib read this text"
        self.at = found.end()
        return found[0]

    def _pair(self, table: Path) -> None:
        begin, keys = self.at, self._keys()
        self.at += 1  # the sign of equality
        self._blanks()
        for length in range(1, len(keys)):
            self.found.setdefault((*table, *keys[:length]), begin)
        self._value((*table, *keys))

    def _value(self, path: Path) -> None:
        self.found[path] = self.at
        match self.text[self.at]:
            case "[":
                self._items(path)
            case "{":
                self._inline(path)
            case '"' | "'":
                self._matched(_STRING)
            case _:
                self._matched(_SCALAR)

    def _items(self, path: Path) -> None:
        self.at += 1
        count = 0
        self._between()
        while self.text[self.at] != "]":
            self._value((*path, count))
            count += 1
            self._between()
        self.at += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        self._between()
        while self.text[self.at] != "}":
            self._pair(path)
            self._between()
        self.at += 1

    def _between(self) -> None:
        """Pass over what stands between the items of a list or an inline table."""
        self._skip()
        while self.text[self.at] == ",":
            self.at += 1
            self._skip()
