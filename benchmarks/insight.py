"""What the insight engine reaches on labelled data, simulations and planted situations: ``make
insight-bench``.

The data folder beside the project is needed for the first three; each is split by a hash of the
case's name, one half was looked at while choosing, the other is told apart. Writes
benchmarks/INSIGHT.md.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import itertools

from insight_situations import DESKS, make_desk, window
from insight_worlds import cells, clustered_answers, open_work, pair_of_windows

from helmdesk.desk.desk import Desk
from helmdesk.insight.brief import Brief, look, make_brief
from helmdesk.insight.study import Study
from helmdesk.query.filters import to_text
from helmdesk.query.periods import local_midnight
from helmdesk.sample.generate import create_sample
from helmdesk.sample.situation import read_scenarios
from helmdesk.statistics.change_points import change_points
from helmdesk.statistics.clustered import clustered_share
from helmdesk.statistics.pair import dose_response, moved_together, standardised_move, unit_changes
from helmdesk.statistics.proportion import wilson
from helmdesk.statistics.signals import Weeks, judge_weeks
from helmdesk.statistics.slices import Leaves, search_slices
from helmdesk.statistics.survival import survival_curve

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("HELMDESK_SHARED_DATA", ROOT.parent / "shared" / "data"))
KEPT = ROOT / "build" / "bench" / "insight"
MILLION = ROOT / "build" / "bench" / "data" / "desk-1000000"
Row = tuple[str, str, str, str]


def half(name: str) -> int:
    """Return 0 for the half that was looked at, 1 for the other."""
    return int(hashlib.md5(name.encode()).hexdigest(), 16) % 2


# -- slices ----------------------------------------------------------------------------------------


def incidents() -> Iterator[
    tuple[str, list[str], list[np.ndarray], Leaves, set[frozenset[tuple[str, str]]]]
]:
    """Yield the labelled cases: the labelled minute against the minutes before it."""
    archive = zipfile.ZipFile(SHARED / "rca-robustspot" / "cases.zip")
    names = {Path(name).stem: name for name in archive.namelist()}
    for label in json.loads((SHARED / "rca-robustspot" / "labels.json").read_text()):
        rows = list(
            csv.DictReader(io.TextIOWrapper(archive.open(names[label["case"]]), encoding="utf-8"))
        )
        dimensions = [name for name in rows[0] if name not in ("min", "value", "cnt")]
        sums: dict[tuple[str, ...], np.ndarray] = defaultdict(lambda: np.zeros(4))
        for row in rows:
            minute = int(row["min"])
            if minute <= label["timestamp"]:
                place = 2 if minute == label["timestamp"] else 0
                sums[tuple(row[name] for name in dimensions)][place : place + 2] += (
                    int(row["value"]),
                    int(row["cnt"]),
                )
        keys, values = list(sums), np.array(list(sums.values()))
        known = [
            np.unique([key[column] for key in keys], return_inverse=True)
            for column in range(len(dimensions))
        ]
        leaves = Leaves(np.array([codes for _, codes in known]).T, *values.T)
        causes = label["cause"] if isinstance(label["cause"], list) else [label["cause"]]
        truth = {frozenset((name, str(value)) for name, value in cause.items()) for cause in causes}
        yield label["case"], dimensions, [values for values, _ in known], leaves, truth


def slices() -> list[Row]:
    """F1 of exact slices."""
    counts = np.zeros((2, 3))
    spent = 0.0
    for name, dimensions, values, leaves, truth in incidents():
        started = time.process_time()
        found = search_slices(leaves, 1)
        spent += time.process_time() - started
        got = {
            frozenset(
                (dimensions[column], str(values[column][code])) for column, code in each.terms
            )
            for each in found.slices
        }
        counts[half(name)] += (len(got & truth), len(got - truth), len(truth - got))

    def f1(row: np.ndarray) -> float:
        return float(2 * row[0] / (2 * row[0] + row[1] + row[2]))

    words = (
        f"{f1(counts.sum(axis=0)):.3f}; looked at {f1(counts[0]):.3f}, held out"
        f" {f1(counts[1]):.3f}; {spent / 68:.3f} s CPU a case with calibration"
    )
    return [
        (
            "68 labelled ratio incidents",
            "F1 of exact slices",
            words,
            "0.65; 0.05 s (RobustSpot k=1 0.609, Adtributor 0.324, RiskLoc 0.011)",
        )
    ]


# -- change points ---------------------------------------------------------------------------------


def _matched(truth: set[int], found: set[int], margin: int = 5) -> int:
    left, hits = set(found), 0
    for place in sorted(truth):
        near = [each for each in left if abs(each - place) <= margin]
        if near:
            left.remove(min(near, key=lambda each: (abs(each - place), each)))
            hits += 1
    return hits


def _f1(annotators: list[set[int]], found: set[int]) -> float:
    precision = _matched(set().union(*annotators), found) / len(found)
    recall = float(np.mean([_matched(truth, found) / len(truth) for truth in annotators]))
    return 2 * precision * recall / (precision + recall)


def _cover(annotators: list[set[int]], found: set[int], n: int) -> float:
    def parts(places: set[int]) -> list[set[int]]:
        edges = [0, *sorted(place for place in places if 0 < place < n), n]
        return [set(range(a, b)) for a, b in itertools.pairwise(edges)]

    ours = parts(found)
    return float(
        np.mean(
            [
                sum(len(a) * max(len(a & b) / len(a | b) for b in ours) for a in parts(truth)) / n
                for truth in annotators
            ]
        )
    )


def changes() -> list[Row]:
    """F1 and cover on annotated series, and what two years of noise give."""
    annotations = json.loads((SHARED / "tcpd" / "annotations.json").read_text())
    scores: dict[int, list[tuple[float, float]]] = {0: [], 1: []}
    for path in sorted((SHARED / "tcpd" / "series").glob("*.json")):
        values = json.loads(path.read_text())["series"][0]["raw"]
        found = {0, *change_points(values)}
        annotators = [{0, *truth} for truth in annotations[path.stem].values()]
        side = hashlib.sha256(path.stem.encode()).digest()[0] % 2
        scores[side].append((_f1(annotators, found), _cover(annotators, found, len(values))))
    both = np.mean(scores[0] + scores[1], axis=0)
    words = ", ".join(
        f"{name} {np.mean(scores[side], axis=0)[0]:.3f} / {np.mean(scores[side], axis=0)[1]:.3f}"
        for name, side in (("looked at", 0), ("held out", 1))
    )
    of_others = "0.82 / 0.74 (binary segmentation 0.69 on these, oracle 0.88)"
    rows = [
        ("19 annotated series", "F1 / cover", f"{both[0]:.3f} / {both[1]:.3f}; {words}", of_others)
    ]
    random, told = np.random.default_rng(1), []
    for resemblance in (0.0, 0.3, 0.6):
        invented = 0
        for _ in range(100):
            noise = random.normal(size=104)
            for week in range(1, 104):
                noise[week] += resemblance * noise[week - 1]
            invented += len(change_points(noise))
        told.append(f"{invented / 100:.2f} at ρ = {resemblance:.1f}")
    rows.append(
        (
            "two years of noise",
            "changes invented a series",
            ", ".join(told),
            "binary segmentation 0.67 at 0.6",
        )
    )
    return rows


# -- signals ---------------------------------------------------------------------------------------


def weekly() -> list[Row]:
    """False alarms a metric-year and detection on simulated weekly ratios."""
    series: dict[tuple[str, int], np.ndarray] = defaultdict(lambda: np.zeros((2, 300, 78)))
    with gzip.open(SHARED / "weekly_ratio_sim" / "weekly_ratio.csv.gz", "rt") as handle:
        for row in csv.DictReader(handle):
            series[row["kind"], int(row["shift_pts"])][
                :, int(row["series"]) % 300, int(row["week"])
            ] = int(row["n"]), int(row["good"])
    rows, alarms = [], {}
    for side, label in ((slice(0, 150), "looked at"), (slice(150, 300), "held out")):
        for kind in sorted({kind for kind, _ in series}):
            alarms[label, kind] = _alarms_a_year(_lit(series[kind, 0][:, side]))
        calm = np.mean([alarms[label, kind] for kind in ("binom n40", "binom n8", "overdisp n400")])
        seen = _lit(series["binom n40", 10][:, side])[:, 34:42].any(axis=1).mean()
        rows.append(
            (
                f"weekly ratios, {label}",
                "false alarms a year (kinds 1–3); −10 points at n=40 in 8 weeks",
                f"{calm:.2f}; {seen:.2f}",
                "0.4; 0.84 (XmR 0.43–0.81; 0.70)",
            )
        )
        words = ", ".join(
            f"{kind} {alarms[label, kind]:.2f}" for kind in sorted({kind for kind, _ in series})
        )
        rows.append(
            (f"weekly ratios, {label}", "false alarms a year by kind", words, "week over week 6–10")
        )
    return rows


def _lit(part: np.ndarray) -> np.ndarray:
    weeks, flagged = Weeks("ratio", part[1], part[0]), np.zeros(part[0].shape, dtype=bool)
    for week in range(26, 78):
        signals = judge_weeks(weeks.until(week + 1), interval=False)
        assert signals is not None
        flagged[:, week] = signals.is_spike | signals.is_shift
    return flagged


def _alarms_a_year(flagged: np.ndarray) -> float:
    episodes = 0
    for row in flagged:
        last = -9
        for week in np.nonzero(row)[0]:
            if week - last > 4:
                episodes, last = episodes + 1, int(week)
    return episodes / len(flagged)


# -- simulated worlds ------------------------------------------------------------------------------


def worlds() -> list[Row]:
    """Coverage, open work, rushed work."""
    random, rows = np.random.default_rng(3), []
    for share, icc, accounts, answers in (
        (0.85, 0.15, 40, 10.0),
        (0.92, 0.05, 60, 4.0),
        (0.6, 0.3, 40, 20.0),
    ):
        covered = np.zeros(2)
        for _ in range(2000):
            hits, cases = clustered_answers(random, accounts, answers, share, icc)
            for place, interval in enumerate(
                (wilson(hits.sum(), cases.sum()), clustered_share(hits, cases))
            ):
                assert interval is not None
                covered[place] += interval[0] <= share <= interval[1]
        rows.append(
            (
                f"answers of {accounts} accounts, share {share}, correlation {icc}",
                "coverage of 95%",
                f"{covered[1] / 2000:.3f} (plain {covered[0] / 2000:.3f})",
                "0.93–0.97",
            )
        )
    errors = []
    for _ in range(200):
        durations, is_ended, _true = open_work(random)
        errors.append((survival_curve(durations, is_ended).quantile(0.5) or 0) / 30 - 1)
    rows.append(
        (
            "two weeks of tickets, a fifth open",
            "error of the median",
            f"{np.mean(errors):+.1%} on average, {np.mean(np.abs(errors)):.1%} in size",
            "3% (closed only −28%)",
        )
    )
    found = {}
    for world in ("nothing", "mix", "tooling", "tooling and bug", "rushed"):
        counts = np.zeros(3)
        for _ in range(400):
            before, now = pair_of_windows(random, world)
            handle, reopen = cells(before, now, "handle"), cells(before, now, "is_reopened")
            a, b = standardised_move(handle), standardised_move(reopen)
            assert a is not None
            assert b is not None
            pair = moved_together(a, b, -1, 1, 0.03 * a.before, 0.01)
            naive = (
                now.handle.mean() < 0.97 * before.handle.mean()
                and now.is_reopened.mean() > before.is_reopened.mean() + 0.01
            )
            counts += (
                naive,
                pair,
                pair
                and dose_response(unit_changes(handle), unit_changes(reopen), -1, 1).is_present,
            )
        found[world] = counts / 400
    words = "; ".join(
        f"{world}: naive {naive:.2f}, pair {pair:.2f}, ours {ours:.3f}"
        for world, (naive, pair, ours) in found.items()
    )
    rows.append(
        (
            "rushed work told from tooling and a bug",
            "false accusation; power",
            f"{found['tooling and bug'][2]:.3f}; {found['rushed'][2]:.3f} ({words})",
            "0.10; 0.65",
        )
    )
    return rows


# -- planted situations ----------------------------------------------------------------------------

SCENARIOS = {
    "lunch_missed_chats": ("missed_at_breaks", "Berlin", "scheduling"),
    "scattered_answers": ("slower_tool", "chat", "tooling"),
    "esat_before_csat": ("esat_first", "", "tooling"),
    "peak_hour_waits": ("peak_hours", "hour", "staffing"),
    "password_permissions": ("missing_permission", "password_reset", "tooling"),
    "ivr_change": ("satisfied_but_hard", "phone", "product"),
    "holiday_backlog": ("closed_days", "order_status", "tooling"),
    "overload": ("overload", "", "staffing"),
    "launch": ("surge", "", "routing"),
    "phone_against_chat": ("channel_costs", "phone", "routing"),
}


def study_of(reader: Any, desk: Desk) -> Study:
    """Return a study that later weeks are cut from."""
    return Study(
        reader,
        desk.find_metric,
        desk.question().scope(),
        reader.bounds.as_of,
        desk.settings.targets,
    )


def weeks_of(desk: Desk, first: date, last: date) -> Iterator[tuple[date, Brief]]:
    """Yield the brief of each week that ends on a Monday from `first` to `last`."""
    with desk.marts.reader() as reader:
        study, day = study_of(reader, desk), first + timedelta(days=-first.weekday() % 7)
        while day <= last:
            week = study.at(local_midnight(day, desk.settings.time_zone))
            yield day, make_brief(week, look(week, desk.settings.scorecard))
            day += timedelta(weeks=1)


def _there(name: str, make: Any) -> Desk:
    path = KEPT / name
    if not (path / "marts" / "CURRENT").is_file():
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"making the desk {name}", file=sys.stderr)
        make(path)
    return Desk(path)


def planted() -> list[Row]:
    """Scenarios of the sample, twelve further situations, and a desk in which nothing happens."""
    rows = []
    desk, hits = _there("sample", create_sample), []
    for key, scenario in read_scenarios().items():
        wanted, where, lever = SCENARIOS[key]
        # Two that were always there are looked for in one ordinary quarter.
        first, last = (
            max(scenario["start"], date(2025, 3, 10)),
            min(
                scenario["end"] + timedelta(days=6),
                max(scenario["start"], date(2025, 3, 10)) + timedelta(weeks=14),
            ),
        )
        found = next(
            (
                day
                for day, brief in weeks_of(desk, first, last)
                for finding in brief.findings
                if finding.key == wanted
                and where in to_text(finding.where)
                and finding.lever == lever
            ),
            None,
        )
        hits.append((key, scenario["start"], found))
        print(key, found, file=sys.stderr)
    words = ", ".join(f"{key} {found or 'NOT FOUND'}" for key, _, found in hits)
    rows.append(
        (
            "ten scenarios of the sample",
            "in a week's brief with segment and lever, within the window",
            f"{sum(found is not None for *_, found in hits)} of 10 ({words})",
            "all",
        )
    )
    told, right = [], 0
    for seed, situations in DESKS.items():
        other = _there(f"situations-{seed}", lambda path, seed=seed: make_desk(path, seed))
        for situation in situations:
            start, end = window(seed, situation.name)
            seen = next(
                (
                    day
                    for day, brief in weeks_of(
                        other, start + timedelta(days=7), end + timedelta(days=6)
                    )
                    for finding in brief.findings
                    if finding.key in situation.keys
                    and all(word in to_text(finding.where) for word in situation.where)
                    and (not situation.lever or finding.lever in situation.lever)
                ),
                None,
            )
            right += seen is not None
            told.append(f"{situation.name} {seen or 'NOT FOUND'}")
            print(told[-1], file=sys.stderr)
    rows.append(
        (
            "twelve further situations, other seeds",
            "in a week's brief with segment and lever, within the window",
            f"{right} of 12 ({', '.join(told)})",
            "–",
        )
    )
    quiet, false = _there("quiet", lambda path: make_desk(path, 303)), []
    previous: set[str] = set()
    for day, brief in weeks_of(quiet, date(2025, 3, 10), date(2026, 6, 29)):
        # What is still told a week later is one false finding, not two; the price of channels is
        # real everywhere.
        keys = {finding.key for finding in brief.findings if finding.key != "channel_costs"}
        false += [f"{key} {day}" for key in keys - previous]
        previous = keys
    quarters = 16 / 3
    rows.append(
        (
            "a desk in which nothing happens, sixteen months",
            "false findings a quarter",
            f"{len(false) / quarters:.2f} ({len(false)}: {', '.join(false) or 'none'})",
            "1",
        )
    )
    return rows


def million() -> list[Row]:
    """CPU of explaining one metric of a million tickets by five dimensions, each in a process of
    its own.
    """
    words = "CPU seconds to explain one metric, process start included"
    if not (MILLION / "marts" / "CURRENT").is_file():
        return [
            ("one million tickets", words, "not measured: `make bench` makes that desk first", "5")
        ]
    told = []
    for key in ("csat", "ticket_volume", "first_response_time"):
        seconds = []
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, "-m", "helmdesk", "explain", key, "--desk", str(MILLION)],
                check=True,
                capture_output=True,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        told.append(f"{key} {np.median(seconds):.1f}")
    return [("one million tickets", words, ", ".join(told), "5")]


def main() -> None:
    """Measure everything and write the table."""
    parts = [slices, changes, weekly, worlds, planted, million]
    chosen = sys.argv[1:]
    rows: list[Row] = []
    for part in parts:
        if chosen and part.__name__ not in chosen:
            continue
        if part in (slices, changes, weekly) and not SHARED.is_dir():
            rows.append(
                (part.__name__, "–", "not measured: the data folder is not beside the project", "–")
            )
            continue
        for row in part():
            rows.append(row)
            print(" | ".join(row), flush=True)
    if not chosen:
        lines = [
            "# What the insight engine reaches",
            "",
            "Written by `make insight-bench`.",
            "",
            "| on | measure | reached | must reach (others) |",
            "|---|---|---|---|",
        ]
        (ROOT / "benchmarks" / "INSIGHT.md").write_text(
            "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
