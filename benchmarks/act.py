"""What asking and warning reach, counted by their own tests in the long form: ``make act-bench``.

Each test takes down what it counted; a goal whose test fails is told as failed, and nothing is
told that was not counted in this run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("ACT.md")
TESTS = (
    "tests/web/test_surveys.py::test_a_program_that_follows_every_link_answers_nothing",
    "tests/web/test_surveys.py::test_racing_answers_are_one",
    "tests/web/test_surveys.py::test_two_rules_and_eight_workers_ask_a_person_once",
    "tests/web/test_surveys.py::test_who_is_not_asked_is_counted_with_the_reason",
    "tests/web/test_surveys.py::test_a_customer_is_asked_answers_and_is_a_number",
    "tests/reliability/test_killed_surveys.py",
    "tests/web/test_pulses.py"
    "::test_no_filters_and_no_states_of_the_records_single_out_fewer_than_five",
    "tests/act/test_alert_states.py::test_ten_thousand_walks_are_those_of_the_model",
    "tests/web/test_warn_journey.py",
    "tests/web/test_brief_by_mail.py::test_people_who_asked_are_told_what_they_may_read",
    "tests/reliability/test_killed_digests.py",
    "tests/reports/test_reports.py::test_every_figure_is_told_in_words",
)
HEAD = """# What asking and warning reach

By `make act-bench`: the tests in their long form, each of which takes down what it counted. With
every run of the tests the same things are counted with fewer tries.

| goal | counted | by |
|---|---|---|
"""


def main() -> int:
    """Run the tests, write the table, and return how the tests ended."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        ended = subprocess.run(
            [*command, "-o", "junit_family=xunit1", f"--junitxml={told}", *TESTS],
            check=False,
            cwd=ROOT,
            env={**os.environ, "HELMDESK_RELIABILITY": "long"},
        ).returncode
        rows = rows_of(told)
    if not rows:
        sys.stderr.write("nothing was counted: the tests could not be run\n")
        return ended or 1
    lines = (f"| {goal} | {counted} | `{test}` |\n" for goal, counted, test in rows)
    TABLE.write_text(HEAD + "".join(lines), encoding="utf-8")
    return ended


def rows_of(told: Path) -> list[tuple[str, str, str]]:
    """Return (goal, what was counted, test) of every goal, in the order of the tests."""
    found = []
    for case in ElementTree.parse(told).iter("testcase"):
        test = case.get("name", "")
        wrong = [case.find(name) for name in ("failure", "error", "skipped")]
        if any(each is not None for each in wrong):
            found.append((f"**not shown**: {test}", "failed or not run", test))
            continue
        found += [
            (str(each.get("name")), str(each.get("value")), test) for each in case.iter("property")
        ]
    return found


if __name__ == "__main__":
    sys.exit(main())
