"""Bytes into UTF-8: what a text is written in is told by its bytes, and said in the report.

UTF-8 and UTF-16 tell themselves. Of the old code pages a library says which script it is; between
those of Latin letters, which differ in a few letters only, the one under which the fewest languages
account for all letters of the text wins.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import IO

from helmdesk.errors import InputError

CHUNK = 1 << 20
HEAD = 4096
SAMPLE = 200_000
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Code pages that exports come in, the commonest of Latin letters first.
LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "mac_roman", "cp850")
OTHERS = ("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp932", "gb18030", "big5", "cp949")
SHOWN = {
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1257": "Windows-1257 (Baltic)",
    "mac_roman": "Mac Roman",
    "cp850": "DOS 850 (Western Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp932": "Shift JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp949": "Windows-949 (Korean)",
}
# Letters beyond a to z of languages that the Latin code pages are for.
ALPHABETS = (
    "äöüß",
    "àâæçéèêëîïôœùûüÿ",
    "áéíñóúü",
    "áâãàçéêíóôõú",
    "àèéìíîòóùú",
    "åäö",
    "åæøéó",
    "éëïóöüè",
    "áðéíóúýþæö",
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýž",
    "áäčďéíĺľňóôŕšťúýž",
    "áéíóöőúüű",
    "ăâîşţ",
    "čćđšž",
    "çğıİöşüâî",
    "ąčęėįšųūž",
    "āčēģīķļņšūž",
    "äöõüšž",
)
SIGNS = set("–—‘’‚“”„…•€£¥§©®™°±²³µ·«»¿¡ºª´`¨¼½¾×÷†‡‰‹›\u00a0\u00ad")
# Signs that stand within words all the same.
JOINTS = set("’‘´`–—·\u00ad")
WITHIN_WORD = re.compile(f"(?<=[^\\W\\d_])[{re.escape(''.join(SIGNS - JOINTS))}](?=[^\\W\\d_])")


def wide_encoding(head: bytes) -> str | None:
    """Return which UTF-16 or UTF-32 a text is written in, by its mark or by where the zeros of
    plain letters stand.
    """
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    head = head[:HEAD]
    half = len(head) // 2
    even, uneven = head[0::2].count(0), head[1::2].count(0)
    if uneven > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and uneven < 0.05 * half else None


def encoding_of(handle: IO[bytes], path: Path) -> str:
    """Return the encoding of a text that is not wholly UTF-8; "utf-8" where a few of its rows are
    damaged.

    Raises:
        InputError: bytes that no known encoding makes a text of.
    """
    odd, is_utf8 = _odd_lines(handle)
    return "utf-8" if is_utf8 else _code_page(odd, path)


def _odd_lines(handle: IO[bytes]) -> tuple[bytes, bool]:
    """Return lines with other than ASCII bytes, and whether they are UTF-8, but for damage."""
    odd, rest, whole, broken = bytearray(), b"", 0, 0
    while chunk := handle.read(CHUNK):
        if not (chunk.isascii() and rest.isascii()):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop() if len(lines[-1]) < CHUNK else b""
            for line in lines:
                if not line.isascii():
                    is_whole = _is_utf8(line)
                    whole, broken = whole + is_whole, broken + (not is_whole)
                    if len(odd) < SAMPLE and not is_whole:
                        odd += line[:CHUNK] + b"\n"
        else:
            rest = chunk[chunk.rfind(b"\n") + 1 :]
    if not rest.isascii():
        is_whole = _is_utf8(rest)
        whole, broken = whole + is_whole, broken + (not is_whole)
        odd += b"" if is_whole else rest
    return bytes(odd), broken == 0 or whole > 0


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _code_page(sample: bytes, path: Path) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=[*LATIN, *OTHERS]).best()
    if best is None:
        raise InputError(
            f'{path}: text in no known encoding; say which with encoding = "..." in a mapping, or'
            " save it as UTF-8"
        )
    return (
        best.encoding
        if best.encoding in OTHERS
        else min(LATIN, key=lambda page: _strangeness(sample, page))
    )


def _strangeness(sample: bytes, page: str) -> tuple[int, int]:
    """Return how many characters no language accounts for, and how many languages the others
    take.
    """
    try:
        text = sample.decode(page).lower()
    except UnicodeDecodeError:
        return len(sample), 0
    found = {character for character in text if not character.isascii()} - SIGNS
    # A sign within a word is a letter of another code page.
    strange = len(set(WITHIN_WORD.findall(text)))
    languages = 0
    while found:
        most = max(ALPHABETS, key=lambda letters: len(found & set(letters)))
        if not found & set(most):
            break
        found -= set(most)
        languages += 1
    return len(found) + strange, languages


def transcode(source: IO[bytes], target: IO[bytes], encoding: str, path: Path) -> None:
    """Write a text as UTF-8.

    Raises:
        InputError: a byte that the encoding does not have; says the line.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    while True:
        chunk = source.read(CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            line = lines + bytes(error.object[: error.start]).count(b"\n")
            raise InputError(
                f"{path}: line {line}: not {encoding} text ({error.reason})"
            ) from error
        lines += text.count("\n")
        target.write(text.encode("utf-8", "replace"))
        if not chunk:
            return
