"""Lines of calendar files (.ics), as RFC 5545 wants them."""

from __future__ import annotations


def folded(line: str) -> str:
    """Return a line in parts of at most 75 bytes, no character cut."""
    parts, rest = [], line.encode()
    limit = 75
    while len(rest) > limit:
        cut = limit
        while rest[cut] & 0xC0 == 0x80:
            cut -= 1
        parts.append(rest[:cut])
        rest, limit = rest[cut:], 74
    return "\r\n ".join(part.decode() for part in [*parts, rest])


def escaped(text: str) -> str:
    """Return a text as the value of a property; what no calendar shows is left out."""
    plain = "".join(each for each in text if each == "\n" or each.isprintable())
    for character, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        plain = plain.replace(character, written)
    return plain
