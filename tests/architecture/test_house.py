"""The house stands: one-way imports, public names, documented settings, definitions that cannot
drift.
"""

from __future__ import annotations

import ast
import dataclasses
import re
import subprocess
import sys
import tomllib
from itertools import groupby
from pathlib import Path

import pytest

import helmdesk
from helmdesk.catalogue.discovery import Entry, definition_hash, load_catalogue
from helmdesk.errors import SettingError
from helmdesk.facts.build.fact import load_facts
from helmdesk.records.schema import RECORD_TYPES
from helmdesk.settings import HELP, Settings, read_settings, write_settings

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "helmdesk"
LOCK = ROOT / "src" / "helmdesk" / "metrics" / "definitions.lock"
# Migrations are written by Django.
MODULES = [path for path in sorted(SOURCE.rglob("*.py")) if path.parent.name != "migrations"]
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "core", "base", "service"}


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_public_names() -> None:
    for name in helmdesk.__all__:
        assert getattr(helmdesk, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = helmdesk.nothing


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, helmdesk; print([m for m in ('duckdb', 'deltalake', 'pyarrow', 'sqlglot') if m"
        " in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert path.stem not in FORBIDDEN_NAMES
    if path.name != "__init__.py":
        assert ast.get_docstring(tree), f"{path}: no docstring"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


def test_every_setting_has_help_and_survives_a_file(tmp_path: Path) -> None:
    names = {field.name for field in dataclasses.fields(Settings)}
    assert names == set(HELP)
    settings = Settings(
        name='A "quoted" \\ desk',
        time_zone="Asia/Kathmandu",
        reopen_days=14,
        quarantine_limit=0.5,
        is_sample=True,
    )
    write_settings(tmp_path / "helmdesk.toml", settings)
    assert read_settings(tmp_path / "helmdesk.toml") == settings


@pytest.mark.parametrize(
    "name", ["two\nlines", "a\ttab \x7f \x00 and 'quotes'", '"""', "Zoë 🐱 \\n", ""]
)
def test_any_text_survives_a_settings_file_that_is_there(tmp_path: Path, name: str) -> None:
    file = tmp_path / "helmdesk.toml"
    file.write_text(
        "# ours\nreopen_days = 9  # agreed in May\n\n[targets]\ncsat = 0.9 # for now\n",
        encoding="utf-8",
    )
    settings = dataclasses.replace(
        read_settings(file), name=name, targets={"fcr": (0.5, 0.75), 'o\'clock "x"': 1.0}
    )
    write_settings(file, settings)
    assert read_settings(file) == settings
    assert "# ours\nreopen_days = 9  # agreed in May\n" in file.read_text(encoding="utf-8")


def test_settings_are_not_written_over_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "helmdesk.toml"
    file.write_text("reopen_days = \n", encoding="utf-8")
    with pytest.raises(SettingError, match="correct the line"):
        write_settings(file, Settings())
    assert file.read_text(encoding="utf-8") == "reopen_days = \n"


def test_default_scorecard_names_metrics() -> None:
    assert set(Settings().scorecard) <= set(load_catalogue())


@pytest.mark.parametrize("entry", load_catalogue().values(), ids=lambda entry: entry.metric.key)
def test_metric_is_complete(entry: Entry) -> None:
    metric = entry.metric
    assert len(entry.description.split()) > 15
    for text in (
        metric.name,
        metric.owner,
        metric.formula,
        metric.where_words,
        metric.rewards,
        metric.exposes,
    ):
        assert text.strip()
    assert metric.supports, "a metric that moves no lever does not belong here"
    assert metric.changes[-1].version == metric.version
    assert [change.version for change in metric.changes] == sorted(
        change.version for change in metric.changes
    )
    assert set(metric.read_with) <= set(load_catalogue())
    assert metric.fact in load_facts()
    assert {name for need in metric.needs for name in need.split("|")} <= set(RECORD_TYPES)
    assert (metric.anchor is not None) == metric.value.is_anchored
    assert len({variant.name for variant in metric.variants}) == len(metric.variants)


def test_definitions_change_only_with_a_version() -> None:
    """Meaning is locked: `make lock` rewrites the file, but only for a raised version."""
    locked = tomllib.loads(LOCK.read_text(encoding="utf-8"))
    for key, entry in load_catalogue().items():
        now = {"version": entry.metric.version, "definition": definition_hash(entry.metric)}
        assert key in locked, f"{key} is new: run make lock"
        assert locked[key] == now, (
            f"{key} means something else than version {locked[key]['version']}: raise its version,"
            " then run make lock"
        )
    assert set(locked) == set(load_catalogue())


def test_lock_refuses_a_silent_change(tmp_path: Path) -> None:
    lock = tmp_path / "definitions.lock"
    changed = LOCK.read_text(encoding="utf-8").replace(
        definition_hash(load_catalogue()["csat"].metric), "0" * 16
    )
    lock.write_text(changed, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "architecture" / "lock.py", lock],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "csat" in done.stderr and "version" in done.stderr


def test_decision_records_are_dated() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert records
    for record in records:
        assert "Date: 2" in record.read_text(encoding="utf-8"), record


def test_every_dependency_is_justified() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for requirement in listed:
        name = requirement.split(">")[0].split("[")[0]
        assert name == "helmdesk" or f"| {name} |" in page, f"{name} is not in docs/dependencies.md"


def test_who_looks_at_a_browser_waits_for_what_it_looks_for() -> None:
    """A page that arrives late on a busy machine is late, not wrong: Playwright's `expect` waits, a
    count or a text does not.
    """
    hasty = re.compile(r"\.count\(\)|inner_text|text_content|is_visible|query_selector")
    found = {
        f"{file.name}: {line.strip()}"
        for file in (ROOT / "tests" / "web").glob("test_*.py")
        if "chromium" in (text := file.read_text(encoding="utf-8"))
        for line in text.splitlines()
        if hasty.search(line)
    }
    assert not found


def test_slow_tests_are_there() -> None:
    """A test that was renamed would run with the quick ones, and nobody would know why."""
    listed = (ROOT / "tests" / "slow.txt").read_text(encoding="utf-8").split()
    assert listed == sorted(set(listed))
    for file, names in groupby(listed, key=lambda test: test.split("::")[0]):
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        gone = {name.split("::")[-1] for name in names} - there
        assert not gone, f"{file}: {', '.join(sorted(gone))}: take them out of tests/slow.txt"


def test_no_two_test_files_have_one_name() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_file_holds_two_versions_of_itself() -> None:
    """What a merge left undecided is code to no tool that looks at style sheets and pages."""
    left = re.compile(r"^(<{7} |>{7} |\|{7} )", re.MULTILINE)
    kinds = {".py", ".html", ".css", ".js", ".md", ".toml", ".txt", ".sql", ".svg", ".yml"}
    found = [
        file.relative_to(ROOT)
        for folder in ("src", "tests", "docs", "benchmarks")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in kinds and left.search(file.read_text(encoding="utf-8"))
    ]
    assert not found
