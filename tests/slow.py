"""Which tests are slow: chosen from how long each took in a run, written down in ``slow.txt``.

    python -m pytest --durations=0 --durations-min=0.02 > times.txt
    python tests/slow.py times.txt

What stands there runs with ``make test-slow`` and in CI, not with ``make test``.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

LISTED = Path(__file__).with_name("slow.txt")
ONE_SECONDS, ALL_SECONDS = 2.0, 4.0
"""A test is slow if one of its cases takes the first, or all of them together the second."""


def slow_tests(times: str) -> list[str]:
    """Return the test functions that are slow, from what ``pytest --durations`` printed."""
    calls: dict[str, list[float]] = defaultdict(list)
    for seconds, test in re.findall(r"^([0-9.]+)s call +([^\s\[]+)", times, re.MULTILINE):
        calls[test].append(float(seconds))
    return sorted(
        test
        for test, spent in calls.items()
        if max(spent) >= ONE_SECONDS or sum(spent) >= ALL_SECONDS
    )


if __name__ == "__main__":
    read = "\n".join(Path(name).read_text(encoding="utf-8") for name in sys.argv[1:])
    LISTED.write_text("\n".join(slow_tests(read)) + "\n", encoding="utf-8")
