"""Distribution-free interval of a quantile: two of the ordered values themselves. Pure."""

from __future__ import annotations

import math

from helmdesk.statistics.proportion import Z95


def ranks(cases: int, q: float, z: float = Z95) -> tuple[int | None, int | None]:
    """Return the ranks (1 = smallest) that enclose the q-quantile with at least about 95%.

    A rank outside 1..cases does not exist: that side has no bound, as for a median of five values.
    Normal approximation of the binomial, widened by one rank above.
    Source: W. J. Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2.

    Raises:
        ValueError: q outside (0, 1).
    """
    if not 0 < q < 1:
        raise ValueError(f"q = {q} is not inside (0, 1)")
    spread = z * math.sqrt(cases * q * (1 - q))
    lower = math.floor(cases * q - spread)
    upper = math.ceil(cases * q + spread) + 1
    return (lower if lower >= 1 else None), (upper if upper <= cases else None)


def rank_expressions(column: str, q: float, z: float = Z95) -> tuple[str, str]:
    """Return `ranks` as SQL over the count of `column`, for engines to pick the values
    themselves.
    """
    count = f"count({column})"
    spread = f"{z!r} * sqrt({count} * {q * (1 - q)!r})"
    return f"floor({count} * {q!r} - {spread})", f"ceil({count} * {q!r} + {spread}) + 1"
