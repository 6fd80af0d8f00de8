"""How times are spelled: SQL from text to a local time, and to the offset it states.

Named spellings take any separator, any length of the time of day, AM and PM; any other is a
strptime format.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from helmdesk.quoting import text

ISO, DAY_FIRST, MONTH_FIRST, MONTH_NAMES, EPOCH, EXCEL = (
    "iso",
    "day-first",
    "month-first",
    "month names",
    "epoch",
    "excel",
)
# In the order in which they are tried.
NAMED = (ISO, DAY_FIRST, MONTH_FIRST, MONTH_NAMES, EPOCH, EXCEL)
# What a suggestion writes where no row tells; it must be answered before anything is loaded.
ASK = "day-first or month-first"
# Words for zones that mean one offset wherever they are used; CST, IST and BST mean several.
ZONES = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 1,
    "CET": 1,
    "MEZ": 1,
    "CEST": 2,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "NZST": 12,
    "NZDT": 13,
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AKST": -9,
    "AKDT": -8,
    "HST": -10,
    "BRT": -3,
}
# The zones that exports name in full; a list of all of them would have to be planned with every
# query.
NAMED_ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Caracas",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Lima",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Toronto",
    "America/Vancouver",
    "Asia/Bangkok",
    "Asia/Calcutta",
    "Asia/Dhaka",
    "Asia/Dubai",
    "Asia/Ho_Chi_Minh",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Jerusalem",
    "Asia/Karachi",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Kuala_Lumpur",
    "Asia/Manila",
    "Asia/Riyadh",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Taipei",
    "Asia/Tokyo",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Melbourne",
    "Australia/Perth",
    "Australia/Sydney",
    "Etc/UTC",
    "Europe/Amsterdam",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Brussels",
    "Europe/Bucharest",
    "Europe/Budapest",
    "Europe/Copenhagen",
    "Europe/Dublin",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Europe/Kiev",
    "Europe/Kyiv",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Moscow",
    "Europe/Oslo",
    "Europe/Paris",
    "Europe/Prague",
    "Europe/Rome",
    "Europe/Sofia",
    "Europe/Stockholm",
    "Europe/Vienna",
    "Europe/Warsaw",
    "Europe/Zurich",
    "Pacific/Auckland",
    "Pacific/Honolulu",
)
# An offset follows a time of day, so that the end of a date is none.
OFFSET = (
    r"(?i)([:.][0-9]{2}(?:[.,][0-9]+)?|[ap]\.?m\.?|T[0-9]{4,6}(?:[.,][0-9]+)?)\s*"
    rf"({'|'.join(sorted(ZONES, key=len, reverse=True))}"
    r"|(?:UTC|GMT)?\s?[+-][0-9]{1,2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)(?:\s*[\[(].*[\])])?$"
)
# The name of a zone after the time: Europe/Berlin.
ZONE_NAME = r"[0-9mM.]\s+\(?([A-Za-z]+(?:/[A-Za-z_+-]+)+)\)?$"
CLOCK = (
    r"([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2})(?:[.,:]([0-9]{1,9}))?)? ?(?:([AaPp])\.?"
    r" ?[Mm]\.?)?"
)
DATES = {
    ISO: (r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", ("y", "m", "d")),
    DAY_FIRST: (r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})", ("d", "m", "y")),
    MONTH_FIRST: (r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})", ("m", "d", "y")),
}
BASIC_DATE, BASIC_MINUTE, BASIC_SECOND = (
    "([0-9]{4})([0-9]{2})([0-9]{2})",
    "[T ]?([0-9]{2})([0-9]{2})",
    "([0-9]{2})([.][0-9]+)?",
)
PLAIN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?)?"
# What looks like the word of a zone and is none of ours.
FOREIGN_ZONE = r"[0-9] ?\(?[A-Za-z]{3,5}\)?$"
# Languages whose names of months are read; Croatian is not among them: its "lip" and "listopad" are
# other months in Polish and Czech.
MONTH_LANGUAGES = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "pl",
    "cs",
    "tr",
    "ru",
    "ro",
    "hu",
    "id",
    "uk",
    "bg",
    "el",
    "sk",
    "sl",
    "sr",
    "lt",
    "lv",
    "et",
    "ca",
    "is",
    "he",
    "ar",
)
# Two-figure years up to this one are of this century, as in POSIX.
PIVOT = 68


def bare(cell: str) -> str:
    """Return SQL of a time without the offset it states."""
    return (
        f"regexp_replace(regexp_replace(trim({cell}), {text(OFFSET)}, '\\1'),"
        " '\\s+\\(?[A-Za-z]+(/[A-Za-z_+-]+)+\\)?$', '')"
    )


def offset(cell: str) -> str:
    """Return SQL of the seconds by which a stated offset is ahead of UTC; null where none is
    stated.
    """
    word = f"upper(regexp_extract(trim({cell}), {text(OFFSET)}, 2))"
    figures = r"^(?:UTC|GMT)?\s?([+-])([0-9]{1,2}):?([0-9]{2})?:?([0-9]{2})?$"
    named = " ".join(f"when {text(zone)} then {hours * 3600}" for zone, hours in ZONES.items())
    parts = once(
        f"regexp_extract(word, {text(figures)}, ['sign', 'h', 'm', 's'])",
        "p",
        "(p.h::integer * 3600 + coalesce(try_cast(p.m as integer), 0) * 60 + coalesce(try_cast(p.s"
        " as integer), 0)) * case p.sign when '-' then -1 else 1 end",
    )
    return once(word, "word", f"case word when '' then null {named} else {parts} end")


def once(value: str, name: str, use: str) -> str:
    """Return SQL of `use`, an expression over `name`, for a long expression that is worked out
    once.
    """
    return f"list_transform([{value}], lambda {name}: {use})[1]"


def at_named_zone(cell: str, said: str) -> str:
    """Return SQL of the instant at which the clocks of the zone that `cell` names show `said`; null
    where there is no such zone.
    """
    zone, known = zone_name(cell), ", ".join(map(text, NAMED_ZONES))
    return f"case when {zone} in ({known}) then timezone({zone}, {said}) end"


def zone_name(cell: str) -> str:
    """Return SQL of the IANA zone that a time names; empty where it names none."""
    return f"regexp_extract(trim({cell}), {text(ZONE_NAME)}, 1)"


def has_offset(cell: str) -> str:
    """Return SQL of whether a time states its offset."""
    return f"regexp_matches(trim({cell}), {text(OFFSET)})"


def local(cell: str, spelling: str) -> str:
    """Return SQL of the local time that `cell`, without an offset, says; null when it is not
    spelled so.
    """
    if spelling == ISO:
        # A cast alone would read past what it does not know: PM, or the word of a zone.
        plain = (
            f"case when regexp_full_match({cell}, {text(PLAIN)}) then try_cast({cell} as"
            " timestamp) end"
        )
        return f"coalesce({plain}, {_composed(cell, ISO)}, {_basic(cell)})"
    if spelling in DATES:
        return _composed(cell, spelling)
    if spelling == MONTH_NAMES:
        return _composed(_with_number(cell), ISO)
    if spelling == EPOCH:
        return _epoch(cell)
    if spelling == EXCEL:
        days = f"try_cast(replace({cell}, ',', '.') as double)"
        is_day = (
            f"regexp_full_match({cell}, '[0-9]{{5,6}}([.,][0-9]+)?') and {days} between 32874 and"
            " 109575"
        )
        return (
            f"case when {is_day} then timestamp '1899-12-30' + to_seconds(round({days} *"
            " 86400)::bigint) end"
        )
    # An offset was taken off before.
    shape = spelling.replace("%z", "").replace("%Z", "").strip()
    return f"try_strptime({cell}, {text(shape)})"


def _composed(cell: str, order: str) -> str:
    date, names = DATES[order]
    shape = rf"^{date}(?:(?:, ?|[ T]+|, ?at )(?:at |um |à |a las )?{CLOCK})?$"
    parts = ", ".join(
        text(name) for name in (*names, "hour", "minute", "second", "fraction", "half")
    )
    year = (
        f"case when length(p.y) = 2 then case when p.y::integer <= {PIVOT} then '20' else '19' end"
        " || p.y else p.y end"
    )
    hour = (
        "case when p.hour = '' then '0' when p.half = '' then p.hour when p.hour::integer not"
        " between 1 and 12 then 'x' else (p.hour::integer % 12 + case when lower(p.half) = 'p' then"
        " 12 else 0 end)::varchar end"
    )
    said = (
        f"{year} || '-' || lpad(p.m, 2, '0') || '-' || lpad(p.d, 2, '0') || ' ' || lpad({hour}, 2,"
        " '0') || ':' || coalesce(nullif(p.minute, ''), '00') || ':' || coalesce(nullif(p.second,"
        " ''), '00') || '.' || coalesce(nullif(p.fraction, ''), '0')"
    )
    whole = f"case when p.d = '' then null else try_cast({said} as timestamp) end"
    return once(f"regexp_extract({cell}, {text(shape)}, [{parts}])", "p", whole)


def _basic(cell: str) -> str:
    """Return SQL of a time of ISO 8601's basic form: 20260105T090000."""
    forms = (
        (BASIC_DATE, r"\1-\2-\3"),
        (f"{BASIC_DATE}{BASIC_MINUTE}", r"\1-\2-\3 \4:\5"),
        (f"{BASIC_DATE}{BASIC_MINUTE}{BASIC_SECOND}", r"\1-\2-\3 \4:\5:\6\7"),
    )
    read = ", ".join(
        f"try_cast(regexp_replace({cell}, '^{shape}$', '{said}') as timestamp)"
        for shape, said in forms
    )
    return f"case when regexp_matches({cell}, '^[0-9]{{8}}') then coalesce({read}) end"


def _epoch(cell: str) -> str:
    """Return SQL of a count since 1970, in seconds, milliseconds, microseconds or nanoseconds by
    its length.
    """
    whole = f"regexp_extract({cell}, '^([0-9]{{9,19}})(?:[.]([0-9]+))?$', 1)"
    fraction = (
        f"coalesce(try_cast('0.' || nullif(regexp_extract({cell}, '[.]([0-9]+)$', 1), '') as"
        " double), 0)"
    )
    size = (
        f"case when length({whole}) in (9, 10) then ({whole}::bigint + {fraction}) * 1000000 when"
        f" length({whole}) = 13 then {whole}::bigint * 1000 when length({whole}) = 16 then"
        f" {whole}::bigint when length({whole}) = 19 then try_cast({whole} as bigint) // 1000 end"
    )
    return f"make_timestamp(({size})::bigint)"


@cache
def months() -> dict[str, int]:
    """Return the numbers of months by their names, long and short, in the languages that exports
    come in; without accents, too.
    """
    return _named("months")


@cache
def weekdays() -> dict[str, int]:
    """Return the numbers of weekdays by their names, Monday first; as `months`."""
    return _named("days")


def _named(what: str) -> dict[str, int]:
    from babel import Locale

    found: dict[str, int] = {}
    for language in MONTH_LANGUAGES:
        told = getattr(Locale.parse(language), what)
        for names in (
            told[use][width]
            for use in ("format", "stand-alone")
            for width in ("wide", "abbreviated")
        ):
            found |= {name.lower().rstrip("."): number for number, name in names.items()}
    for name, number in list(found.items()):
        found.setdefault(
            "".join(
                letter
                for letter in unicodedata.normalize("NFD", name)
                if not unicodedata.combining(letter)
            ),
            number,
        )
    return found


@cache
def _months() -> str:
    """Return the names of months as an SQL map."""
    words = months()
    return "map {" + ", ".join(f"{text(word)}: {number}" for word, number in words.items()) + "}"


def _with_number(cell: str) -> str:
    """Return SQL of a date with the name of its month as year-month-day; a name of a weekday before
    it does not matter.
    """
    # Chinese, Japanese and Korean dates have a number before the sign of the month.
    signs = f"regexp_replace(regexp_replace({cell}, '[年月년월]\\s*', '-', 'g'), '[日일]', '', 'g')"
    words = f"regexp_extract_all(lower({cell}), '\\pL+')"
    # Some weekdays are abbreviated like a month ("mar 5 mai"): the last name counts.
    month = (
        f"list_filter(list_transform({words}, lambda w: {_months()}[w]), lambda n: n is not"
        " null)[-1]"
    )
    clock = f"regexp_extract({cell}, '[0-9]{{1,2}}[:.][0-9]{{2}}.*$')"
    figures = (
        f"regexp_extract_all(regexp_replace({cell}, '[0-9]{{1,2}}[:.][0-9]{{2}}.*$', ''), '[0-9]+')"
    )
    year = (
        "case when length(f[1]) = 4 then f[1] when length(f[2]) = 4 then f[2] when length(f[2]) ="
        f" 2 then case when f[2]::integer <= {PIVOT} then '20' else '19' end || f[2] end"
    )
    day = "case when length(f[1]) = 4 then f[2] else f[1] end"
    said = (
        f"list_transform([{figures}], lambda f: case when len(f) = 2 then {year} || '-' || {month}"
        f" || '-' || {day} end)[1]"
    )
    return (
        f"case when regexp_matches({cell}, '[年년]') then {signs} else trim({said} || ' ' ||"
        f" {clock}) end"
    )
