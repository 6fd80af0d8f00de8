"""Lengths of time: 90, 1.5 h, 1,5 h, 2:03:15, 1 day 02:03:04, 1d 4h, 2 hours 5 minutes, PT2H; all
become seconds.
"""

from __future__ import annotations

from helmdesk.quoting import text

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
    sign = f"case when starts_with({plain}, '-') then -1 else 1 end"
    bare = f"trim(ltrim({plain}, '+-'))"
    return (
        f"case when regexp_full_match({cell}, {text(NUMBER)}, 'i') then try_cast({cell} as double)"
        f" when contains({cell}, ':') then {sign} * ({_clock(bare, short)}) when"
        f" starts_with({bare}, 'p') then {sign} * ({_sum(bare, ISO, (604800, 86400, 3600, 60, 1))})"
        f" when regexp_matches({bare}, {text(HALF_SAID)}) then {sign} *"
        f" ({_sum(bare, HALF_SAID, (3600, 60))}) else {sign} *"
        f" ({_sum(bare, SPOKEN, [size for size, _ in UNITS.values()])}) end"
    )


def _part(cell: str, pattern: str, place: int) -> str:
    return (
        f"coalesce(try_cast(replace(regexp_extract({cell}, {text(pattern)}, {place}), ',', '.') as"
        " double), 0)"
    )


def _sum(cell: str, pattern: str, sizes: tuple[float, ...] | list[float]) -> str:
    total = " + ".join(
        f"{_part(cell, pattern, place)} * {size}" for place, size in enumerate(sizes, 1)
    )
    return (
        f"case when regexp_matches({cell}, {text(pattern)}) and regexp_matches({cell}, '\\d') then"
        f" {total} end"
    )


def _clock(cell: str, short: str) -> str:
    days, first, second, third = (_part(cell, CLOCK, place) for place in range(1, 5))
    fraction = (
        f"coalesce(try_cast('0.' || nullif(regexp_extract({cell}, {text(CLOCK)}, 5), '') as"
        " double), 0)"
    )
    is_long = f"regexp_extract({cell}, {text(CLOCK)}, 4) <> ''"
    long = f"{first} * 3600 + {second} * 60 + {third} + {fraction}"
    brief = f"{first} * 60 + {second}" if short == "m:ss" else f"{first} * 3600 + {second} * 60"
    return (
        f"case when regexp_matches({cell}, {text(CLOCK)}) and {second} < 60 and {third} < 60"
        f" then {days} * 86400 + case when {is_long} then {long} else {brief} end end"
    )


def seconds_fault(cell: str, short: str = "h:mm", *, may_be_negative: bool = False) -> str:
    """Return SQL giving the reason why `cell`, not empty, is no length of time; null when it is
    one.
    """
    found = seconds(cell, short)
    below = "" if may_be_negative else f" when {found} < 0 then 'a length of time below zero'"
    return (
        f"case when nullif(trim({cell}), '') is null then null when ({found}) is null then 'not a"
        f" duration'{below} end"
    )
