"""How hard the tests try: a short form with every run, a long one for ``make reliability``."""

from __future__ import annotations

import os

IS_LONG = os.environ.get("HELMDESK_RELIABILITY") == "long"


def tries(short: int, long: int) -> int:
    """Return how often something drawn at random is tried: the same test, the same faults to find,
    more or fewer draws.
    """
    return long if IS_LONG else short
