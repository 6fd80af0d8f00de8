"""What a file is, told by its first bytes: names of files lie, and people rename them."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from helmdesk.errors import InputError
from helmdesk.sources.reading.inspection import is_gzip, open_bytes

PARQUET, WORKBOOK, MARKUP, JSON, TEXT = "parquet", "workbook", "markup", "json", "text"
HEAD = 4096
# Workbooks are packed already: of one packed once more, so much is looked at.
MOST_PACKED = 1 << 26
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
ODS = b"application/vnd.oasis.opendocument.spreadsheet"
JSON_NAMES = {".json", ".jsonl", ".ndjson"}
# A header such as [Id];[Name] is no JSON.
JSON_BEGIN = re.compile(rb'\s*(?:\{\s*["}]|\[\s*(?:[\[{\]]|"[^"]*"\s*[,\]]\s*(?!;)|-?\d))')
MARKUP_BEGIN = re.compile(
    rb"\s*<(?:\?xml|\?mso|!doctype"
    rb" html|html|head|meta|body|table|style|div|workbook|ss:workbook|!--)",
    re.IGNORECASE,
)
WORKBOOK_XML = re.compile(rb"urn:schemas-microsoft-com:office:spreadsheet|<(?:\w+:)?Workbook[\s>]")
SPREADSHEET = re.compile(
    rb"urn:schemas-microsoft-com:office:spreadsheet|<(?:\w+:)?workbook|<html|<table|<head|<meta|<body",
    re.IGNORECASE,
)


def kind_of(path: Path) -> str:
    """Return what a file is: Parquet, a workbook, markup that holds a table, JSON, or text.

    Raises:
        InputError: a damaged packed file, or markup without a table.
    """
    suffixes = {suffix.lower() for suffix in path.suffixes}
    try:
        with open_bytes(path) as handle:
            head = handle.read(HEAD)
    except (EOFError, OSError) as error:
        raise InputError(f"{path}: damaged gzip file ({error})") from error
    if ".parquet" in suffixes or head.startswith(b"PAR1"):
        return PARQUET
    if head.startswith(ZIP) and not is_workbook(path):
        raise InputError(
            f"{path}: an archive, or a damaged workbook; unpack it and load what is in it, or save"
            " it again"
        )
    if head.startswith(OLE) or head.startswith(ZIP):
        return WORKBOOK
    text = plain_head(head)
    if JSON_NAMES & suffixes or JSON_BEGIN.match(text):
        return JSON
    if MARKUP_BEGIN.match(text):
        if SPREADSHEET.search(text):
            return MARKUP
        raise InputError(f"{path}: XML without a table in it; export it as CSV, JSON or a workbook")
    return TEXT


def is_workbook(path: Path) -> bool:
    """Whether a zip archive is a workbook of Excel, LibreOffice or the like."""
    try:
        with (
            open_bytes(path) as handle,
            zipfile.ZipFile(
                io.BytesIO(handle.read(MOST_PACKED)) if is_gzip(path) else handle
            ) as archive,
        ):
            names = archive.namelist()
            is_ods = "mimetype" in names and archive.open("mimetype").read(len(ODS) + 1).startswith(
                ODS
            )
            return is_ods or any(
                name.replace("\\", "/").lower().startswith("xl/") for name in names
            )
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, RuntimeError):
        return False


def plain_head(head: bytes) -> bytes:
    """Return the beginning of a file without byte-order mark and without the zeros of UTF-16."""
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"")
