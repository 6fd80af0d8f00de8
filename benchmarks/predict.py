"""What verdicts on actions, and predictions, reach: ``make predict-bench``.

Simulated worlds are drawn with two seeds: one was looked at while choosing, the other is told apart. Parts
that need the data folder beside the project are left out without it. Writes benchmarks/PREDICT.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.special import stdtr

sys.path.insert(0, str(Path(__file__).parent))

from action_worlds import AFTER, WORLDS, begun_after_the_worst, review, weeks_of

from helmdesk.act.actions import Outcome
from helmdesk.statistics.placebo import BEFORE

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "benchmarks" / "PREDICT.md"
SERIES, HISTORY = 1000, 104
EFFECT = 1.5
LOOKED_AT, HELD_OUT = 1, 2


def t_test(values: np.ndarray, start: int) -> bool:
    """Return whether a t-test of the weeks after against 26 before says that it worked."""
    before, after = values[start - BEFORE : start], values[start : start + AFTER]
    freedom = len(before) + len(after) - 2
    pooled = (before.var() * len(before) + after.var() * len(after)) / freedom
    t = (after.mean() - before.mean()) / np.sqrt(pooled * (1 / len(before) + 1 / len(after)))
    return bool(t > 0 and 2 * stdtr(freedom, -abs(t)) < 0.05)


def worked(values: np.ndarray, start: int = HISTORY) -> bool:
    """Return whether a review says that it worked."""
    return review(values, start).judged.outcome is Outcome.WORKED


def rate(said: Sequence[bool]) -> str:
    """Return a share in percent."""
    return f"{100 * float(np.mean(said)):.1f}"


def of_nothing(seed: int) -> list[list[str]]:
    """Return, by world, how often each way says "worked" of nothing, and of a real effect."""
    rows = []
    for place, world in enumerate(WORLDS):
        random = np.random.default_rng([seed, place])
        own, other = weeks_of(random, world, SERIES, HISTORY + AFTER)
        moved, shorter = own.copy(), own[:, HISTORY - 52 :]
        moved[:, HISTORY:] += EFFECT
        rows.append(
            [
                world,
                rate([t_test(each, HISTORY) for each in own]),
                rate([worked(each) for each in own]),
                rate([worked(each) for each in own - other]),
                rate([worked(each, 52) for each in shorter]),
                rate([worked(each) for each in moved]),
                rate([worked(each) for each in moved - other]),
            ]
        )
    return rows


def after_bad_spells(seed: int) -> list[list[str]]:
    """Return, by world, how often somebody is warned who begins after the worst tenth of spells."""
    rows = []
    for place, world in enumerate(WORLDS):
        random = np.random.default_rng([seed, 10 + place])
        begun = list(begun_after_the_worst(random, world, SERIES))
        found = [review(values, start) for values, start in begun]
        anywhere = [
            review(each, HISTORY) for each in weeks_of(random, world, 400, HISTORY + AFTER)[0]
        ]
        rows.append(
            [
                world,
                rate([each.spell is not None and each.spell.is_unusual for each in found]),
                rate([each.spell is not None and each.spell.is_unusual for each in anywhere]),
                rate([t_test(values, start) for values, start in begun]),
                rate([each.judged.outcome is Outcome.WORKED for each in found]),
            ]
        )
    return rows


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as Markdown."""
    return [
        f"| {' | '.join(names)} |",
        f"|{'---|' * len(names)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def actions() -> list[str]:
    """Tell what verdicts on actions are worth."""
    lines = [
        "## Verdicts on actions",
        "",
        f"Weekly series in which nothing was done, {SERIES:,} of each world, {HISTORY} weeks before a start and"
        f" {AFTER} after; percent of starts of which each way says that it worked. *52 weeks* has half the"
        f" history. *Found*: a real effect of {EFFECT} standard deviations of the noise. Bar: at most 8% of nothing.",
        "",
    ]
    names = [
        "world",
        "t-test",
        "ours",
        "with other work",
        "52 weeks",
        "found",
        "found with other work",
    ]
    for title, seed in (("Looked at", LOOKED_AT), ("Held out", HELD_OUT)):
        lines += [f"{title}:", "", *table(names, of_nothing(seed))]
    lines += [
        "Begun after four weeks among the worst tenth of the whole series, later weeks included: percent that are"
        " warned before the start (bar: 95), percent of all starts that are, and of which each way says that it"
        " worked, though nothing was done.",
        "",
    ]
    names = ["world", "warned", "warned anywhere", "t-test", "ours"]
    for title, seed in (("Looked at", LOOKED_AT), ("Held out", HELD_OUT)):
        lines += [f"{title}:", "", *table(names, after_bad_spells(seed))]
    return lines


PARTS: tuple[Callable[[], list[str]], ...] = (actions,)


def main() -> None:
    """Measure everything and write it down."""
    started = time.process_time()
    lines = [
        "# What verdicts on actions, and predictions, reach",
        "",
        "By `make predict-bench`.",
        "",
    ]
    for part in PARTS:
        lines += part()
        print("\n".join(lines[-40:]), flush=True)
    lines.append(f"{time.process_time() - started:.0f} CPU seconds.")
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
