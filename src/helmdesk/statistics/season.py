"""Season before signal: what weekdays and holidays lead one to expect. Pure."""

from __future__ import annotations

import numpy as np

LEAST_WEEKS = 4


def weekday_profile(counts: np.ndarray, weekdays: np.ndarray) -> np.ndarray:
    """Return the factor of each weekday (0 is Monday) against an average day, (7,); ones with under four weeks.

    Args:
        counts: (days,) per day; nan days take no part.
        weekdays: (days,) 0 to 6.

    Medians, so that single spikes and holidays do not shape it.
    """
    if len(counts) < 7 * LEAST_WEEKS:
        return np.ones(7)
    typical = np.array([np.nanmedian(counts[weekdays == day]) if (weekdays == day).any() else np.nan for day in range(7)])
    mean = np.nanmean(typical)
    return np.nan_to_num(typical / mean, nan=1.0) if mean > 0 else np.ones(7)


def year_profile(counts: np.ndarray, period: int = 52) -> np.ndarray | None:
    """Return each week's factor from the same weeks a year before, (weeks,); None under two whole years.

    The mean of three neighbouring weeks a year ago against that year's mean: one odd week makes no season.
    """
    if len(counts) < 2 * period:
        return None
    smooth = np.convolve(np.pad(counts, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    factors = np.ones(len(counts))
    for week in range(len(counts)):
        year = smooth[week % period :: period]
        factors[week] = np.mean(year) / max(float(np.mean(smooth)), 1e-12)
    return np.asarray(factors / factors.mean())
