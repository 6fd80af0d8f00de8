"""What verdicts on actions, and predictions, reach: ``make predict-bench``.

Simulated worlds are drawn with two seeds: one was looked at while choosing, the other is told
apart. Parts that need the data folder beside the project are left out without it. Writes
benchmarks/PREDICT.md.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from math import nan
from pathlib import Path

import numpy as np
from scipy.special import stdtr

sys.path.insert(0, str(Path(__file__).parent))

from action_worlds import AFTER, WORLDS, begun_after_the_worst, review, weeks_of
from predict_solved import cost, solved_tickets
from theme_bench import themes

from helmdesk.act.actions import Outcome
from helmdesk.predict.cases import Cases
from helmdesk.predict.training import chosen, learn
from helmdesk.statistics.calibration import auc, calibration_error, lift
from helmdesk.statistics.placebo import BEFORE

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("HELMDESK_SHARED_DATA", ROOT.parent / "shared" / "data"))
TARGET = ROOT / "benchmarks" / "PREDICT.md"
SERIES, HISTORY = 1000, 104
EFFECT = 1.5
LOOKED_AT, HELD_OUT = 1, 2
PUBLIC_BARS = {
    "dissatisfied answer": (0.72, -0.03, 2.4),
    "missed promise, as published": (0.79, -0.03, 3.0),
}


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
        f"Weekly series in which nothing was done, {SERIES:,} of each world, {HISTORY} weeks before"
        f" a start and {AFTER} after; percent of starts of which each way says that it worked (the"
        " t-test says that it got worse as often). *52 weeks* has half the history. *Found*: a real"
        f" effect of {EFFECT} standard deviations of the noise. Bar: at most 8% of nothing.",
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
        rows = of_nothing(seed)
        lines += [f"{title}:", "", *table(names, rows)]
    for place, name in ((2, "104 weeks"), (3, "with other work"), (4, "52 weeks")):
        REACHED.append(
            (
                f"false “worked”, {name}, worst world, %",
                max(float(row[place]) for row in rows),
                -8.0,
            )
        )
    lines += [
        "Begun after four weeks among the worst tenth of the whole series, later weeks included:"
        " percent that are warned before the start (bar: 95), percent of all starts that are, and"
        " of which each way says that it worked, though nothing was done.",
        "",
    ]
    names = ["world", "warned", "warned anywhere", "t-test", "ours"]
    for title, seed in (("Looked at", LOOKED_AT), ("Held out", HELD_OUT)):
        rows = after_bad_spells(seed)
        lines += [f"{title}:", "", *table(names, rows)]
    least = min(float(row[1]) for row in rows)
    REACHED.append(("warned before starts after a bad spell, worst world, %", least, 95.0))
    return lines


def public_data() -> list[str]:
    """Tell how right models are on public data, on the newest part of each."""
    if not SHARED.is_dir():
        return []
    rows = [answered_badly(), *missed_promises()]
    names = ["what", "learned from", "newer", "in use", "AUC", "of a table", "ECE", "lift", "CPU s"]
    return [
        "## Predictions on public data",
        "",
        "Trained on the older part, tried on the newer: answers before the survey (Shopzilla, last"
        " week held out; bars AUC .72, ECE .03, lift 2.4) and promises at opening (ServiceNow"
        " incident log, last 30% held out; bars .79, .03, 3). No agent, no comment of a survey. The"
        " incident log is told twice: as published work does it, every earlier incident's outcome"
        " taken for known, and as it would be, with the outcomes of incidents closed by then. There"
        " the incidents still open are missing, and most of those miss their promise: chances set"
        " right on the rest are too low. On a desk a missed promise is known when it is due.",
        "",
        *table(names, rows),
    ]


def answered_badly() -> list[str]:
    """Return one row for answers of 1 or 2 on the Shopzilla data."""
    rows = list(read("shopzilla-csat/customer_support_dev.csv.gz"))
    asked = [moment(row["issue_responded"]) or moment(row["Issue_reported at"]) for row in rows]
    begun = [moment(row["Issue_reported at"]) for row in rows]
    answered = [datetime.strptime(row["Survey_response_Date"], "%d-%b-%y") for row in rows]
    words = ("channel_name", "category", "Sub-category", "Product_category", "Tenure Bucket")
    numbers = [
        [
            (then - start).total_seconds() if then and start else nan,
            float(start.hour) if start else nan,
            float(start.weekday()) if start else nan,
            float(row["Item_price"] or nan),
        ]
        for row, start, then in zip(rows, begun, asked, strict=True)
    ]
    last_week = (max(answered) - timedelta(days=6)).timestamp()
    at = np.array([max(each.timestamp() if each else 0.0, 0.0) for each in asked])
    known_at = np.array([each.timestamp() + 86_400 for each in answered])
    # Whoever answers in the last week is asked for then, however long ago it was solved.
    at = np.where(known_at > last_week, known_at - 1, np.minimum(at, known_at - 1))
    cases = in_order(
        Cases(
            np.array([row["Unique id"] for row in rows], dtype=object),
            at,
            known_at,
            np.array([float(row["CSAT Score"]) <= 2 for row in rows], dtype=float),
            {
                name: np.array([row[name] for row in rows], dtype=object)
                for name in (*words, "Agent Shift", "Customer_City")
            },
            np.array(numbers),
        )
    )
    return tried("dissatisfied answer", cases, last_week)


def missed_promises() -> Iterator[list[str]]:
    """Yield rows for missed promises at opening on the incident log."""
    first: dict[str, dict[str, str]] = {}
    last: dict[str, dict[str, str]] = {}
    for row in read("uci-incident-log/incident_event_log.csv.gz"):
        first.setdefault(row["number"], row)
        last[row["number"]] = row
    names = (
        *("assignment_group", "priority", "category", "subcategory", "u_symptom", "location"),
        *("contact_type", "impact", "urgency", "caller_id", "cmdb_ci"),
    )
    rows = list(first.values())
    opened = np.array([(moment(row["opened_at"]) or datetime.min).timestamp() for row in rows])
    closed = [moment(last[row["number"]]["closed_at"]) for row in rows]
    week = np.sort(opened)
    numbers = [
        [
            float(datetime.fromtimestamp(at).hour),
            float(datetime.fromtimestamp(at).weekday()),
            float(np.searchsorted(week, at) - np.searchsorted(week, at - 7 * 86_400)),
        ]
        for at in opened
    ]
    ended = np.array([each.timestamp() if each else np.inf for each in closed])
    for name, known_at in (("as published", opened + 1), ("as it would be", ended)):
        cases = in_order(
            Cases(
                np.array([row["number"] for row in rows], dtype=object),
                opened,
                known_at,
                np.array([last[row["number"]]["made_sla"] == "false" for row in rows], dtype=float),
                {kind: np.array([row[kind] for row in rows], dtype=object) for kind in names},
                np.array(numbers),
            )
        )
        yield tried(f"missed promise, {name}", cases, float(np.quantile(opened, 0.7)))


def tried(name: str, cases: Cases, cut: float) -> list[str]:
    """Return how right what was learned before a moment is after it."""
    started = time.process_time()
    older = cases.taken(np.flatnonzero((cases.known_at < cut) & (cases.at < cut)))
    newer = cases.taken(np.flatnonzero(cases.at >= cut))
    rivals = learn(older)
    used = chosen(rivals)
    spent = time.process_time() - started
    chances = used.chances(newer)
    if name in PUBLIC_BARS:
        for what, reached, bar in zip(
            ("AUC", "ECE", "lift in the top 5%"),
            (
                auc(chances, newer.is_bad),
                calibration_error(chances, newer.is_bad),
                lift(chances, newer.is_bad),
            ),
            PUBLIC_BARS[name],
            strict=True,
        ):
            REACHED.append((f"{name}: {what}", reached, bar))
    return [
        name,
        f"{len(older):,}",
        f"{len(newer):,}",
        used.kind,
        f"{auc(chances, newer.is_bad):.3f}",
        f"{auc(rivals[0].chances(newer), newer.is_bad):.3f}",
        f"{calibration_error(chances, newer.is_bad):.3f}",
        f"{lift(chances, newer.is_bad):.2f}",
        f"{spent:.1f}",
    ]


def in_order(cases: Cases) -> Cases:
    """Return cases oldest first."""
    return cases.taken(np.argsort(cases.at, kind="stable"))


def read(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a public file."""
    with gzip.open(SHARED / name, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def moment(text: str) -> datetime | None:
    """Return a time as these files write it; None for none."""
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M")
    except ValueError:
        return None


def texts() -> list[str]:
    """Tell what themes of texts are worth."""
    file = SHARED / "banking77" / "test.csv"
    if not file.exists():
        return []
    found = list(themes(file))
    REACHED.append(("themes without an embedder, V", float(found[0][2]), 0.55))
    return [
        "## Themes of texts",
        "",
        "BANKING77, 3,080 questions with 77 labels that people gave; learned from one half and"
        " tried on the other. V says how much two ways of sorting tell of each other (bar without"
        " an embedder: .55 on the half not learned from). A desk's themes are words, because those"
        " can be read and mended: they say less than groups do, and *placed* is the percent of"
        " texts that hold any.",
        "",
        *table(("themes", "V, learned from", "V, held out", "placed", "CPU s"), found),
    ]


def solved() -> list[str]:
    """Tell how predictions of solved tickets came out, and what they cost."""
    rows, spent = solved_tickets()
    training, chance, with_reasons = cost()
    REACHED.append(("training on 25,000 tickets, CPU s", training, -15.0))
    REACHED.append(("telling a chance with reasons, ms a ticket", with_reasons, -1.0))
    names = [
        *("what", "foretold of", "known", "foretold", "came", "difference, likely", "AUC", "ECE"),
        "lift",
    ]
    return [
        "## Solved tickets, week by week",
        "",
        "A fifth of the sample: each week foretold by what was known when it began, then compared"
        " with what came. *Foretold of*: of the solves of the last year. The AUC of a solve that"
        " holds is high because most that do not have taken several rounds by then. The sample"
        " draws answers nearly without regard to a ticket: there is little to foretell of a single"
        f" one. {spent:.0f} CPU seconds, with making the facts anew.",
        "",
        *table(names, rows),
        f"Training on 25,000 drawn tickets took {training:.1f} CPU seconds (bar 15); telling a"
        f" chance {chance:.3f} ms a ticket, with its reasons {with_reasons:.3f} ms (bar 1).",
        "",
    ]


REACHED: list[tuple[str, float, float]] = []
"""What was reached, and its bar; below 0 where it is a most."""


def bars() -> list[str]:
    """Tell which bars were reached."""
    rows = [
        [
            name,
            f"{'≥' if bar > 0 else '≤'} {abs(bar):g}",
            f"{reached:.3g}",
            "yes" if (reached >= bar if bar > 0 else reached <= -bar) else "**no**",
        ]
        for name, reached, bar in REACHED
    ]
    return [
        "## Bars",
        "",
        "Held-out halves. Not measured here: sentiment of comments (no model of text is part of"
        " Helmdesk); first contact resolution by text (no public records have texts and say whether"
        " it held).",
        "",
        *table(("what", "bar", "reached", "is it"), rows),
        "Where a bar is missed: on the older parts of the Shopzilla data no more columns and no"
        " other trees brought an AUC above .706; what makes these customers unhappy stands in"
        " comments that are written after the fact and never used. The lift in the top 5% rests on"
        " 190 cases there and 374 of the incident log: a quarter up or down, and a tenth, is luck."
        " What was tried: decision 104.",
        "",
    ]


PARTS: tuple[Callable[[], list[str]], ...] = (actions, public_data, texts, solved, bars)


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
