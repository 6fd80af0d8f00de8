"""The themes of a desk: ``themes.toml`` in its folder, with its earlier versions beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from helmdesk.errors import InputError, SettingError
from helmdesk.facts.build.taxonomy import (
    ABOUT,
    MOST_LETTERS,
    MOST_THEMES,
    MOST_WORDS,
    NEITHER,
    OTHER,
    USUAL,
    Theme,
)
from helmdesk.replacement import replace_text
from helmdesk.toml_file import read_document
from helmdesk.toml_place import Place

FILE, FOLDER = "themes.toml", "themes"
HEAD = """\
# What tickets and comments are about, by words; a text belongs to the first theme of which it
# holds a word. Small letters; a * at the end of a word stands for any ending. about: "service" for
# what support does itself, "product" for what it can only report, "" for neither.
"""


class Taxonomies:
    """The themes in force, and those before.

    Args:
        desk: the desk's folder.
    """

    def __init__(self, desk: Path) -> None:
        self._desk = desk
        self._read: tuple[tuple[int, int], tuple[Theme, ...]] | None = None

    @property
    def file(self) -> Path:
        """Where they are written down, once somebody has changed them."""
        return self._desk / FILE

    @property
    def own(self) -> tuple[Theme, ...] | None:
        """The desk's own themes; None while it has those that come with Helmdesk.

        Raises:
            SettingError: the file cannot be read; says where.
        """
        try:
            found = self.file.stat()
        except FileNotFoundError:
            return None
        stamp = (found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, read_themes(self.file)
        return self._read[1]

    @property
    def in_force(self) -> tuple[Theme, ...]:
        """The themes that texts are sorted by."""
        return self.own or USUAL

    @property
    def version(self) -> int:
        """How often they were changed; 0 while they are those that come with Helmdesk."""
        return max(self._kept(), default=0)

    def adopt(self, themes: Sequence[Theme]) -> int:
        """Take other themes into use and keep them as a new version; return its number. Those
        written by hand before are kept as a version too.

        Raises:
            SettingError: themes that cannot be, see `read_themes`.
        """
        folder = self._desk / FOLDER
        folder.mkdir(exist_ok=True)
        with FileLock(folder / ".lock"):
            written = as_toml(themes)
            trial = folder / "new.toml"
            replace_text(trial, written)
            try:
                read_themes(trial)
                if self.file.exists():
                    self._keep(self.file.read_text(encoding="utf-8"))
                version = self._keep(written)
                replace_text(self.file, written)
            finally:
                trial.unlink(missing_ok=True)
        return version

    def erase(self, without: Callable[[str], str]) -> None:
        """Take a person's names out of all versions: a word that holds one goes, a theme without
        words too.

        Args:
            without: takes them out of a text in small letters.
        """
        for file in (self.file, *(self._desk / FOLDER).glob("*.toml")):
            if not file.exists():
                continue
            try:
                known = read_themes(file)
            except SettingError:
                file.unlink()
                continue
            kept = tuple(each for each in (_nameless(theme, without) for theme in known) if each)
            if not kept:
                file.unlink()
            elif kept != known:
                replace_text(file, as_toml(kept))

    def _kept(self) -> list[int]:
        return [
            int(file.stem) for file in (self._desk / FOLDER).glob("*.toml") if file.stem.isdecimal()
        ]

    def _keep(self, text: str) -> int:
        newest = self.version
        file = self._desk / FOLDER / f"{newest}.toml"
        if newest and file.read_text(encoding="utf-8") == text:
            return newest
        replace_text(file.with_name(f"{newest + 1}.toml"), text)
        return newest + 1


def _nameless(theme: Theme, without: Callable[[str], str]) -> Theme | None:
    words = tuple(word for word in theme.words if without(word) == word)
    lowered = theme.name.lower()
    name = theme.name if without(lowered) == lowered else (words or ("",))[0]
    return Theme(name, theme.about, words) if words else None


def as_toml(themes: Sequence[Theme]) -> str:
    """Return themes as their file says them."""
    import tomlkit

    document = tomlkit.document()
    for each in themes:
        table = tomlkit.table()
        table.add("about", each.about)
        table.add("words", tomlkit.item(list(each.words)).multiline(True))
        document.add(each.name, table)
    return HEAD + "\n" + tomlkit.dumps(document)


def read_themes(path: Path) -> tuple[Theme, ...]:
    """Read themes from a file.

    Raises:
        NotFoundError: there is no such file. SettingError: a theme that cannot be; says where, and
        what is allowed.
    """
    content, place = read_document(path, SettingError)
    if not content:
        raise SettingError(f"{path} holds no theme", "delete it for those that come with Helmdesk")
    if len(content) > MOST_THEMES:
        raise SettingError(f"{path}: {len(content)} themes", f"use at most {MOST_THEMES}")
    return tuple(_theme(name, given, place.of(name)) for name, given in content.items())


def confirmed_themes(kept: Any) -> dict[str, Any]:
    """Return the themes of a receipt as settings of facts, nothing where it has none.

    Raises:
        InputError: they are not what a desk writes.
    """
    if kept is None:
        return {}
    is_shaped = isinstance(kept, list) and all(
        isinstance(each, list)
        and len(each) == 3
        and isinstance(each[0], str)
        and each[1] in ABOUT
        and isinstance(each[2], list)
        and each[2]
        and all(isinstance(word, str) for word in each[2])
        for each in kept
    )
    if not is_shaped:
        raise InputError("the themes in the receipt are not what a desk writes")
    return {"themes": kept}


def _theme(name: str, given: Any, place: Place) -> Theme:
    if not isinstance(given, Mapping):
        raise place.wrong(f"theme '{name}' must be a table with words", "")
    if name.strip() != name or not 0 < len(name) <= MOST_LETTERS or name == OTHER:
        raise place.wrong(
            f"a theme cannot be called '{name}'",
            f"use up to {MOST_LETTERS} letters; '{OTHER}' is what belongs to none",
        )
    if unknown := sorted(set(given) - {"about", "words"}):
        raise place.of(unknown[0]).wrong(f"{name}: unknown '{unknown[0]}'", "use about and words")
    about = given.get("about", NEITHER)
    if about not in ABOUT:
        raise place.of("about").wrong(
            f"{name}: about = {about!r}", 'use "service", "product" or ""'
        )
    words = given.get("words")
    if not isinstance(words, list) or not 0 < len(words) <= MOST_WORDS:
        raise place.wrong(f"{name}: words must be a list of 1 to {MOST_WORDS} texts")
    return Theme(name, about, tuple(dict.fromkeys(_word(name, each, place) for each in words)))


def _word(name: str, given: Any, place: Place) -> str:
    word = " ".join(given.lower().replace("’", "'").split()) if isinstance(given, str) else ""
    if not any(letter.isalnum() for letter in word) or len(word) > MOST_LETTERS:
        raise place.of("words").wrong(
            f"{name}: {given!r} is no word", f"use words of up to {MOST_LETTERS} letters"
        )
    if "*" in word and any("*" in each.rstrip("*") or each == "*" for each in word.split()):
        raise place.of("words").wrong(f"{name}: {given!r}", "a * stands at the end of a word only")
    return word
