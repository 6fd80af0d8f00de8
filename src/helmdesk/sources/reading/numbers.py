"""Numbers, as spreadsheets and people write them: 5.0, 1,234.5, 1.234,5, 1 234,5, 1'234, (12), 12-,
€ 9.50, 85 %.

Whether a comma groups thousands or begins a fraction is decided over a whole column, and asked
where no cell tells.
"""

from __future__ import annotations

from dataclasses import dataclass

from helmdesk.errors import InputError
from helmdesk.quoting import text
from helmdesk.records.staging import Staging

DECIMALS = (".", ",")
# What stands before or after a number of money and says nothing about its size.
CURRENCY = (
    r"(?:[$€£¥₹₽₺₩]|\b(?:usd|eur|gbp|chf|jpy|inr|brl|sek|nok|dkk|pln|czk|cad|aud|nzd|mxn|zar)\b"
    r"|r\$|kr\.?|zł|kč)"
)
# Every kind of blank, and every kind of minus.
BLANKS, MINUSES = "[\\s\u00a0\u2007\u2009\u202f]", "[\u2212\u2013\u2012\ufe63\uff0d]"
PLAIN = r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?"
GROUPED = {
    ".": r"[+-]?\d{1,3}([, '’]\d{2,3})*[, '’]\d{3}(\.\d+)?",
    ",": r"[+-]?(\d{1,3}([. '’]\d{3})*|\d+)?(,\d+)?",
}


@dataclass(frozen=True)
class NumberReader:
    """How one column writes numbers.

    Attributes:
        decimal: what begins a fraction, "." or ","; the other one groups thousands.
    """

    decimal: str = "."

    def number(self, cell: str, *, percent: float = 0.01) -> str:
        """Return SQL giving the number of text `cell`; null when it is empty or none.

        Args:
            percent: what one per cent is: a share, so that 85 % is 0.85; or 1, a point of a scale.
        """
        bare = _bare(cell)
        is_share = f"ends_with({bare}, '%')"
        value = self._value(f"rtrim(replace({bare}, '%', ''))")
        share = value if percent == 1 else f"({value}) / {1 / percent:g}"
        return (
            f"case when {is_share} then {share} else {value} end"
            if self.decimal == ","
            # Most cells are plain and pay for nothing else.
            else (
                f"case when regexp_full_match({cell}, {text(PLAIN)}, 'i') then try_cast({cell} as"
                f" double) when {is_share} then {share} else {value} end"
            )
        )

    def _value(self, bare: str) -> str:
        if self.decimal == ",":
            figures = f"replace(regexp_replace({bare}, '[. ''\u2019]', '', 'g'), ',', '.')"
            return (
                f"case when regexp_full_match({bare}, {text(GROUPED[','])}) then try_cast({figures}"
                " as double) end"
            )
        figures = f"regexp_replace({bare}, '[, ''\u2019]', '', 'g')"
        return (
            f"case when regexp_full_match({bare}, {text(PLAIN)}) or regexp_full_match({bare},"
            f" {text(GROUPED['.'])}) then try_cast({figures} as double) end"
        )

    def fault(self, cell: str) -> str:
        """Return SQL giving the reason why `cell`, not empty, is no number; null when it is one."""
        return (
            f"case when nullif(trim({cell}), '') is not null and ({self.number(cell)}) is null then"
            " 'not a number' end"
        )


def _bare(cell: str) -> str:
    """Return SQL of a number without money and with one way of saying minus."""
    plain = (
        f"trim(regexp_replace(regexp_replace(lower({cell}), {text(BLANKS)}, ' ', 'g'),"
        f" {text(MINUSES)}, '-', 'g'))"
    )
    figures = f"trim(regexp_replace({plain}, {text(CURRENCY)}, '', 'g'))"
    return (
        f"regexp_replace(regexp_replace({figures}, '^\\((.*)\\)$', '-\\1'), '^(-?) ?(.*?) ?(-?)$',"
        " '\\1\\3\\2')"
    )


def numbers_of(staging: Staging, rows: str, cell: str, where: str) -> NumberReader:
    """Return how the column `cell` of `rows` (SQL after ``from``) writes numbers.

    Args:
        where: file and column, for the question.

    Raises:
        InputError: a comma or dot may group thousands or begin a fraction, and no cell tells.
    """
    looks = f"contains({cell}, ',') or regexp_matches({cell}, '\\d\\.\\d\\d\\d')"
    if not staging.connection.execute(f"select 1 from {rows} where {looks} limit 1").fetchone():
        return NumberReader()
    bare = "regexp_replace(" + _bare("cell") + ", ' ?%$', '')"
    comma, dot, either_comma, either_dot, small, example = staging.connection.execute(
        f"""select
            -- Only a fraction has other than three figures, or no figure but 0 before it, or
            -- follows the other mark.
            count_if(regexp_matches(bare, ',\\d*$')
                and (not regexp_matches(bare, ',\\d\\d\\d$')
                or regexp_matches(bare, '^-?0?,|\\..*,|\\d{{4}},'))
                or regexp_matches(bare, '\\..*\\.')),
            count_if(regexp_matches(bare, '\\.\\d*$')
                and (not regexp_matches(bare, '\\.\\d\\d\\d$')
                or regexp_matches(bare, '^-?0?\\.|,.*\\.|\\d{{4}}\\.'))
                or regexp_matches(bare, ',.*,')),
            count_if(regexp_full_match(bare, '[+-]?[1-9]\\d{{0,2}},\\d\\d\\d')),
            count_if(regexp_full_match(bare, '[+-]?[1-9]\\d{{0,2}}\\.\\d\\d\\d')),
            count_if(regexp_full_match(bare, '[+-]?\\d{{1,3}}')),
            min(cell) filter (where regexp_full_match(bare, '[+-]?[1-9]\\d{{0,2}}[.,]\\d\\d\\d'))
        from (select cell, {bare} as bare from (select distinct {cell} as cell from {rows}))"""
    ).fetchone() or (0, 0, 0, 0, 0, "")
    if comma and dot:
        return NumberReader("," if comma > dot else ".")
    if comma or dot:
        return NumberReader("," if comma else ".")
    # A column of 12.345 and 3.100 has fractions; one of 950 and 1.200 may have thousands.
    if either_comma or (either_dot and small):
        raise InputError(
            f"{where}: '{example}' may be a thousand and more or a fraction, and no cell tells;"
            ' say decimal = "." or decimal = "," in a mapping (helmdesk load mapping), or write'
            " the numbers without grouping"
        )
    return NumberReader()
