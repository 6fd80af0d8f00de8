"""Lengths of time: 90, 1.5 h, 1,5 h, 2:03:15, 1 day 02:03:04, 1d 4h, 2 hours 5 minutes, PT2H; all
become seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from helmdesk.quoting import text
from helmdesk.sources.reading.spelled_times import once

# Words of every unit, English, German, French, Spanish, Portuguese, Italian and Dutch; a bare
# number is seconds.
UNITS: dict[str, tuple[float, str]] = {
    "week": (604800, "w|wks?|weeks?|wochen?|semaines?|semanas?|settiman[ae]|weken"),
    "day": (86400, "d|days?|tage?|j|jours?|d[ií]as?|dias?|giorn[io]|dagen|dag"),
    "hour": (3600, "h|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|u|uur|uren"),
    "minute": (60, "m|mins?|minutes?|minuten?|minutos?|minut[io]"),
    "second": (1, "s|secs?|seconds?|sek|sekunden?|secondes?|segundos?|second[io]|seconden"),
    "millisecond": (0.001, "ms|msecs?|milliseconds?"),
}
FIGURE = r"(\d+(?:[.,]\d+)?)"
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?"
CLOCK = (
    r"^(?:(\d+) ?(?:d|days?|tage?|jours?|dias?)?[ ,.]+(?:and"
    r" )?)?(\d+):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?$"
)
ISO = (
    r"^p(?:(\d+(?:\.\d+)?)w)?(?:(\d+(?:\.\d+)?)d)?"
    r"(?:t(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?)?$"
)
SPOKEN = (
    "^(?:"
    + r"[ ,]*(?:and |und |et |y |e |en )?".join(
        rf"(?:{FIGURE} ?(?:{words})\.?)?" for _, words in UNITS.values()
    )
    + ")$"
)
# 1h30 is an hour and a half.
HALF_SAID = r"^(\d+) ?(?:h|u|std)\.? ?(\d{1,2})$"
EXCEL_ZERO = r"^(?:1899-12-3[01]|1900-01-00)[ t]"


def seconds(cell: str, short: str = "h:mm") -> str:
    """Return SQL giving the seconds of text `cell`; null when it is empty or no length of time.

    Args:
        short: what two figures with one colon are, "m:ss" or "h:mm".
    """
    plain = (
        f"trim(regexp_replace(regexp_replace(lower({cell}), {text(EXCEL_ZERO)}, ''),"
        " '[\\s\u00a0\u202f]+', ' ', 'g'))"
    )
    sizes = [size for size, _ in UNITS.values()]
    length = (
        f"case when contains(bare, ':') then {_clock('bare', short)} when starts_with(bare, 'p')"
        f" then {_sum('bare', ISO, (604800, 86400, 3600, 60, 1))} when regexp_matches(bare,"
        f" {text(HALF_SAID)}) then {_sum('bare', HALF_SAID, (3600, 60))} else"
        f" {_sum('bare', SPOKEN, sizes)} end"
    )
    unsigned = once("trim(ltrim(plain, '+-'))", "bare", length)
    signed = f"case when starts_with(plain, '-') then -1 else 1 end * {unsigned}"
    return (
        f"case when regexp_full_match({cell}, {text(NUMBER)}, 'i') then try_cast({cell} as double)"
        f" else {once(plain, 'plain', signed)} end"
    )


def _parts(cell: str, pattern: str, count: int, use: str) -> str:
    """Return SQL of `use`, over what a pattern's groups hold as p.g1, p.g2 ..."""
    names = ", ".join(f"'g{place}'" for place in range(1, count + 1))
    return once(f"regexp_extract({cell}, {text(pattern)}, [{names}])", "p", use)


def _part(place: int) -> str:
    return f"coalesce(try_cast(replace(p.g{place}, ',', '.') as double), 0)"


def _sum(cell: str, pattern: str, sizes: Sequence[float]) -> str:
    total = " + ".join(f"{_part(place)} * {size}" for place, size in enumerate(sizes, 1))
    return (
        f"case when regexp_matches({cell}, {text(pattern)}) and regexp_matches({cell}, '\\d') then"
        f" {_parts(cell, pattern, len(sizes), total)} end"
    )


def _clock(cell: str, short: str) -> str:
    days, first, second, third = map(_part, range(1, 5))
    fraction = "coalesce(try_cast('0.' || nullif(p.g5, '') as double), 0)"
    long = f"{first} * 3600 + {second} * 60 + {third} + {fraction}"
    brief = f"{first} * 60 + {second}" if short == "m:ss" else f"{first} * 3600 + {second} * 60"
    length = (
        f"case when p.g2 <> '' and {second} < 60 and {third} < 60"
        f" then {days} * 86400 + case when p.g4 <> '' then {long} else {brief} end end"
    )
    return _parts(cell, CLOCK, 5, length)


def seconds_fault(cell: str, short: str = "h:mm", *, may_be_negative: bool = False) -> str:
    """Return SQL giving the reason why `cell`, not empty, is no length of time; null when it is
    one.
    """
    below = "" if may_be_negative else " when length < 0 then 'a length of time below zero'"
    why = once(
        seconds(cell, short), "length", f"case when length is null then 'not a duration'{below} end"
    )
    return f"case when nullif(trim({cell}), '') is null then null else {why} end"
