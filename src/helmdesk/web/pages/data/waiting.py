"""Uploads that wait on the site while a customer is erased: a file that holds them must not be
kept, nor put them back when it is loaded.

Nothing is cut out of a file. One that holds the customer, or that nobody can look into, is deleted
whole, and who uploaded it is asked for another.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from html import escape
from pathlib import Path
from typing import IO, cast

from helmdesk.errors import HelmdeskError
from helmdesk.quoting import name as quoted
from helmdesk.quoting import text
from helmdesk.web.pages.data import jobs
from helmdesk.web.pages.data.models import RUNNING, LoadJob

GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
CHUNK = 1 << 20
MOST_BYTES = 4 << 30
"""What one file may unpack to; more is not looked through, and the file is deleted."""
DEEPEST = 3
REMOVED = (
    "a customer was erased whom this upload held, or may have held: its files were deleted; export"
    " them again without that customer, and upload them anew"
)


class _CannotTell(Exception):
    """A file cannot be looked through."""


def forget_erased(words: Collection[str]) -> int:
    """Delete the files of waiting uploads that hold one of `words`; return how many uploads."""
    pattern = _pattern(words)
    gone = 0
    for load in LoadJob.objects.all():
        folder = jobs.folder_of(load)
        files = [each for each in sorted(folder.rglob("*")) if each.is_file()]
        if any(_may_hold(each, pattern, words) for each in files):
            jobs.forget_files(load)
            gone += 1
            # A load that is running ends by itself: its files are gone, and it says so.
            LoadJob.objects.filter(pk=load.pk).exclude(state__in=RUNNING).update(
                state="failed", problem=REMOVED, report=None, reading={}
            )
    return gone


def _pattern(words: Collection[str]) -> re.Pattern[bytes]:
    """Return what finds whole words in bytes, however a file may spell them: UTF-8, UTF-16, the
    code page of Western Europe, XML, JSON.
    """
    spelled: set[bytes] = set()
    wide: set[bytes] = set()
    for word in words:
        plain = {word, escape(word), escape(word, quote=False), json.dumps(word)[1:-1]}
        spelled |= {each.encode("utf-8", "replace") for each in plain}
        spelled.add(word.encode("cp1252", "ignore") or word.encode())
        wide |= {word.encode("utf-16-le"), word.encode("utf-16-be")}
    whole = "|".join(
        rf"(?<![\w-]){re.escape(each.decode('latin-1'))}(?![\w-])" for each in spelled if each
    )
    # In two bytes a letter nothing tells where a word ends: a longer one is found too.
    longer = "|".join(re.escape(each.decode("latin-1")) for each in wide if each)
    return re.compile("|".join(filter(None, (whole, longer))).encode("latin-1") or b"(?!)")


def _may_hold(path: Path, pattern: re.Pattern[bytes], words: Collection[str]) -> bool:
    if pattern.search(path.name.encode("utf-8", "replace")):
        return True
    try:
        with path.open("rb") as handle:
            if handle.read(4) == PARQUET:
                return _is_in_table(path, words)
            handle.seek(0)
            return _is_in(handle, pattern, DEEPEST)
    except (_CannotTell, HelmdeskError, OSError, EOFError, zipfile.BadZipFile, zlib.error):
        return True
    except (RuntimeError, NotImplementedError):  # a locked archive, or one packed in an unknown way
        return True


def _is_in(handle: IO[bytes], pattern: re.Pattern[bytes], deepest: int) -> bool:
    start = handle.read(4)
    handle.seek(0)
    if start.startswith((GZIP, ZIP)) and deepest == 0:
        raise _CannotTell
    if start.startswith(GZIP):
        with gzip.open(handle, "rb") as packed:
            return _is_in(cast(IO[bytes], packed), pattern, deepest - 1)
    if start == ZIP:
        with zipfile.ZipFile(handle) as archive:
            for member in archive.infolist():
                if pattern.search(member.filename.encode("utf-8", "replace")):
                    return True
                with archive.open(member) as packed:
                    if _is_in(packed, pattern, deepest - 1):
                        return True
        return False
    return any(pattern.search(chunk) for chunk in _chunks(handle))


def _chunks(handle: IO[bytes]) -> Iterator[bytes]:
    """Yield bytes, each piece with the end of the one before it: a name may lie across."""
    kept, total = b"", 0
    while chunk := handle.read(CHUNK):
        total += len(chunk)
        if total > MOST_BYTES:
            raise _CannotTell
        yield kept + chunk
        kept = chunk[-4096:]


def _is_in_table(path: Path, words: Collection[str]) -> bool:
    import duckdb

    reader = f"read_parquet({text(str(path))})"
    with duckdb.connect() as connection:
        try:
            described = connection.execute(f"describe select * from {reader}").fetchall()
            row = " || ' ' || ".join(
                f"coalesce(cast({quoted(column)} as varchar), '')" for column, *_ in described
            )
            held = " or ".join(f"contains({row}, {text(word)})" for word in words)
            found = connection.execute(f"select 1 from {reader} where {held} limit 1").fetchone()
        except duckdb.Error as error:
            raise _CannotTell from error
    return found is not None
