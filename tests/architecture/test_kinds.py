"""A kind of metric says everything about itself in one file; nobody else asks which one it is."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from helmdesk.catalogue.custom import kinds_of_own
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.catalogue.kind import Kind, load_kinds

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "helmdesk"
KINDS = load_kinds()
CLASSES = {kind.__name__ for kind in KINDS.values()}
VALUES = list(
    dict.fromkeys(
        value
        for entry in load_catalogue().values()
        for metric in (entry.metric, *map(entry.metric.with_variant, entry.metric.variants))
        for value in (metric.value,)
    )
)


def test_nobody_asks_which_kind_it_is() -> None:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            asked: set[str] = set()
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "type"):
                asked = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
            elif isinstance(node, ast.MatchClass):
                asked = {ast.unparse(node.cls)}
            found += [f"{path.relative_to(SOURCE)}:{node.lineno}"] if asked & CLASSES else []
    assert not found, "a kind says it itself: see catalogue/kind.py"


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_a_form_in_a_file_of_its_name(name: str) -> None:
    kind = KINDS[name]
    assert issubclass(kind, Kind) and dataclasses.is_dataclass(kind)
    assert re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower() == name
    assert kind.__doc__ and not inspect.isabstract(kind)


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_kind_makes_nothing_of_nothing(value: Kind) -> None:
    """What it says to sum is what it finishes, also where there is nothing."""
    nothing = {"n": [0], **{name: [cell] for name, cell in value.nothing.items()}}
    done = value.finish(nothing)
    assert {len(column) for column in done} == {1}
    assert done.value[0] in (None, 0.0)
    if not value.is_folded:
        assert set(value.nothing) == set(value.numbers)
    assert value.row_of_others.keys() == value.row.keys()
    if value.cluster:
        summed = " ".join(value.numbers.values())
        assert all(re.search(rf"\b{name}\b", summed) for name in value.cluster_numbers)


def test_every_kind_of_ours_is_used_and_every_kind_of_own_is_told() -> None:
    used = {type(value) for value in VALUES} | {
        type(getattr(value, "of", value)) for value in VALUES
    }
    assert set(KINDS.values()) - used <= {KINDS["distinct"]}
    page = (ROOT / "docs" / "own-metrics.md").read_text(encoding="utf-8")
    listed = re.search(r"\*\*Kinds\*\*: ([^.]*)\.", page)
    assert listed and set(re.split(r",\s+", listed[1])) == set(kinds_of_own())
