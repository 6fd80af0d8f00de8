"""Answers of the desk's own people, cut so that nobody can be told from them.

A group is shown only with at least five answers. Groups that are too small become one; where that
one is still too small, the smallest group that could be shown goes into it. So no sum of groups,
taken from another sum, leaves fewer than five: whatever is shown is made of whole groups.
"""

from __future__ import annotations

from collections.abc import Mapping

MINIMUM = 5
OTHERS = "Other teams"


def published(counts: Mapping[str, int], minimum: int = MINIMUM) -> dict[str, str]:
    """Return under which name each group is shown; a group that is missing is not shown at all.

    Args:
        counts: answers by group.
    """
    counts = {group: count for group, count in counts.items() if count > 0}
    small = {group for group, count in counts.items() if count < minimum or group == OTHERS}
    large = sorted((count, group) for group, count in counts.items() if group not in small)
    while small and sum(counts[group] for group in small) < minimum:
        if not large:
            return {}
        small.add(large.pop(0)[1])
    return {group: OTHERS if group in small else group for group in counts}
