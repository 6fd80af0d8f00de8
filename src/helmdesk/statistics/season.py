"""Season before signal: what the same weeks of earlier years lead one to expect. Pure.

Weekdays need no factor here: weeks are whole, and windows are compared over the same weekdays.
"""

from __future__ import annotations

import numpy as np

YEAR = 52
# Correlation of this year's weeks with what earlier years expect: below it they say nothing about
# this one.
LEAST_LIKENESS = 0.5


def year_profile(counts: np.ndarray, settled: int = 8) -> np.ndarray | None:
    """Return each week's factor from the same weeks of earlier years, (weeks,); ones in the first
    year.

    None under two whole years, and where this year does not resemble the ones before: a factor that
    is noise hides what happens. A week's factor never knows the week itself, so that a shift does
    not explain itself away.

    Args:
        counts: (weeks,) complete weeks, oldest first.
        settled: the last weeks that take no part in the comparison of years; they are what is being
        judged.

    Earlier weeks are smoothed over three, because one odd week makes no season, and taken relative
    to the year around them, because growth is no season either.
    """
    weeks = len(counts)
    if weeks < 2 * YEAR:
        return None
    smooth = np.convolve(np.pad(counts, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    sums = np.concatenate(([0.0], np.cumsum(counts)))
    start = np.clip(np.arange(weeks) - YEAR // 2, 0, weeks - YEAR)
    relative = smooth / np.maximum((sums[start + YEAR] - sums[start]) / YEAR, 1e-9)
    factors = np.ones(weeks)
    for week in range(YEAR, weeks):
        factors[week] = np.mean(relative[week % YEAR : week : YEAR])
    known = slice(YEAR, weeks - settled)
    if (
        np.std(counts[known]) == 0
        or np.std(factors[known]) == 0
        or np.corrcoef(counts[known], factors[known])[0, 1] < LEAST_LIKENESS
    ):
        return None
    return np.maximum(factors, 0.01)
