"""Every metric of every public data set beside the project, as one file; and what changed between
two such files.

Not a measure of speed: a way to see which numbers a change of the code moves, on files nobody here
wrote.

    python benchmarks/real_data.py before.json      # with the code of before
    python benchmarks/real_data.py after.json       # with the code of now
    python benchmarks/real_data.py --compare before.json after.json
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.settings import Settings

SHARED = Path(os.environ.get("HELMDESK_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))

NYC311 = """
name = "nyc311"
key = ["Unique Key"]
time_zone = "America/New_York"
date_format = "%m/%d/%Y %H:%M"
missing = ["", "N/A"]

[[record]]
type = "created"
[record.columns]
ticket_id = "Unique Key"
occurred_at = "Created Date"
issue_type = "Complaint Type"
region = "Borough"
team_id = "Agency"

[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "Unique Key"
occurred_at = "Closed Date"
status = { constant = "solved" }
"""

# Data set -> (time zone of the desk, loads: source, files, mapping).
DATA: dict[str, tuple[str, list[tuple[str, list[str], str | None]]]] = {
    "zendesk-seeds": ("UTC", [("zendesk", ["zendesk-seeds"], None)]),
    "intercom-seeds": ("UTC", [("intercom", ["intercom-seeds"], None)]),
    "jira-seeds": ("UTC", [("jira", ["jira-seeds"], None)]),
    "servicenow-seeds": ("UTC", [("servicenow", ["servicenow-seeds"], None)]),
    "qualtrics-seeds": ("UTC", [("qualtrics", ["qualtrics-seeds"], None)]),
    "uci-incident-log": (
        "UTC",
        [("servicenow", ["uci-incident-log/incident_event_log.csv.gz"], None)],
    ),
    "helpdesk-italy": ("Europe/Rome", [("eventlog", ["helpdesk-italy/helpdesk.xes.gz"], None)]),
    "bpi2013": (
        "UTC",
        [("eventlog", ["bpi2013-closed-problems/bpi2013_closed_problems.csv.gz"], None)],
    ),
    "pwc-call-centre": (
        "UTC",
        [("telephony", ["pwc-call-centre/call_center_dataset.csv.gz"], None)],
    ),
    "bank-calls-5min": ("UTC", [("telephony", ["bank-calls-5min/bank_calls.csv.gz"], None)]),
    "shopzilla-csat": (
        "Asia/Kolkata",
        [("survey", ["shopzilla-csat/customer_support_dev.csv.gz"], None)],
    ),
    "ibm-twitter-care": (
        "UTC",
        [
            (
                "transcript",
                ["ibm-twitter-care/messages.csv.gz", "ibm-twitter-care/conversations.csv.gz"],
                None,
            )
        ],
    ),
    "twitter-support-head": ("UTC", [("transcript", ["twitter-support-head"], None)]),
    "nyc311-animals": (
        "America/New_York",
        [("mapping", ["nyc311-animals/311_animals_short.csv.gz"], NYC311)],
    ),
}


def _files(names: list[str]) -> list[Path]:
    paths = [SHARED / name for name in names]
    plain = [path for path in paths if path.is_dir() and path.name.startswith("twitter-support")]
    return [file for path in plain for file in sorted(path.glob("*.csv*"))] or paths


def facts_of(name: str, folder: Path) -> dict[str, Any]:
    """Load one data set into a desk of its own and measure everything."""
    zone, loads = DATA[name]
    desk = Desk.create(folder / name, Settings(time_zone=zone))
    found: dict[str, Any] = {}
    for place, (source, files, mapping) in enumerate(loads):
        written = folder / f"{name}-{place}.toml"
        if mapping:
            written.write_text(mapping, encoding="utf-8")
        try:
            report = desk.load(source, _files(files), mapping=written if mapping else None)
        except HelmdeskError as error:
            found[f"load {source}"] = str(error).replace(str(SHARED), "")
            continue
        found[f"load {source}"] = {"records": report.records, "quarantined": report.quarantined}
    found.update(measured(desk))
    return found


def measured(desk: Desk) -> dict[str, Any]:
    """Return value and n of every metric and variant that the desk can answer over all its time."""
    found = {}
    for entry in load_catalogue().values():
        for variant in ("", *(variant.name for variant in entry.metric.variants)):
            key = f"{entry.metric.key} {variant}".strip()
            try:
                row = desk.measure(entry.metric.key, variant=variant or None)[0]
            except HelmdeskError as error:
                found[key] = str(error)[:120]
                continue
            if row.n or row.value is not None:
                found[key] = [row.value, row.n]
    return found


def main(arguments: list[str]) -> None:
    """Write the facts of all data sets, or compare two files of them."""
    if arguments[0] == "--compare":
        before, after = (
            json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments[1:3]
        )
        for name in after:
            for key in sorted({*before.get(name, {}), *after[name]}):
                was, now = before.get(name, {}).get(key), after[name].get(key)
                if was != now:
                    print(f"{name} | {key} | {json.dumps(was)} | {json.dumps(now)}")
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments[1:] or [*DATA, "sample"]:
            print(name, file=sys.stderr)
            if name == "sample":
                found[name] = measured(Desk(Path(os.environ["HELMDESK_DESK"])))
            else:
                found[name] = facts_of(name, Path(folder))
    Path(arguments[0]).write_text(json.dumps(found, indent=1, default=str), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
