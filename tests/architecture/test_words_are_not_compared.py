"""Verdicts and states are enums until they are shown: no code compares, splits or searches our own
sentences.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from helmdesk.analysis.sla_at import ClockState
from helmdesk.analysis.ticket import Waits
from helmdesk.catalogue.kind import Statistic
from helmdesk.errors import HelmdeskError, NotFoundError
from helmdesk.insight.movement import Signal
from helmdesk.insight.verdict import State
from helmdesk.query.judgement import Judgement, Standing

SOURCE = Path(__file__).parents[2] / "src" / "helmdesk"
# What others write is read by its words.
OTHERS = {"sources", "sample"}
MODULES = [
    path
    for path in sorted(SOURCE.rglob("*.py"))
    if path.parent.name != "migrations" and path.relative_to(SOURCE).parts[0] not in OTHERS
]
TEMPLATES = sorted(SOURCE.rglob("*.html"))
# Codes that mean something else too: a metric's direction, a ticket's status.
CODES = {"", "higher", "lower", "new", "solved", "closed"}
ENUMS: tuple[type[StrEnum], ...] = (Judgement, Standing, State, Signal, ClockState, Waits)
WORDS = {str(each) for enum in ENUMS for each in enum} - CODES
METHODS = {
    "split",
    "rsplit",
    "partition",
    "rpartition",
    "startswith",
    "endswith",
    "removeprefix",
    "removesuffix",
    "find",
    "index",
    "count",
}
# Not our words: another tool's times, the parts of a header, what a person types.
ALLOWED = {
    ("analysis/compare.py", " UTC"),
    ("web/api/site.py", ";"),
    ("web/pages/administration/page.py", " to "),
}


def _compared(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield texts that are compared, searched for or split at."""
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                given += side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in METHODS
        ):
            given += [
                *node.args[:1],
                *(node.args[0].elts if node.args and isinstance(node.args[0], ast.Tuple) else ()),
            ]
        elif isinstance(node, ast.MatchValue):
            given = [node.value]
        for each in given:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.lineno, each.value
        if (
            isinstance(node, ast.Compare)
            and isinstance(node.ops[0], ast.In | ast.NotIn)
            and ast.unparse(node.comparators[0]) == "str(error)"
        ):
            yield node.lineno, "the words of an error"


def _is_sentence(text: str) -> bool:
    return " " in text.strip("\n") or ";" in text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_words_are_compared(path: Path) -> None:
    name = path.relative_to(SOURCE).as_posix()
    odd = [
        f"line {line}: {text!r}"
        for line, text in _compared(ast.parse(path.read_text(encoding="utf-8")))
        if (_is_sentence(text) or text in WORDS) and (name, text) not in ALLOWED
    ]
    assert not odd, f"{name}: ask an enum or a field, not words: {'; '.join(odd)}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_compares_words(path: Path) -> None:
    asked = re.findall(r"{%\s*(?:el)?if\s(.*?)%}", path.read_text(encoding="utf-8"), re.DOTALL)
    odd = [
        text
        for condition in asked
        for text in re.findall(r'"([^"]*)"', condition)
        if " " in text or text.startswith("(") or text in WORDS
    ]
    assert not odd, f"{path.name}: give the page a field that answers, instead of comparing {odd}"


@pytest.mark.parametrize(
    "code",
    [
        'x == "no clear change"',
        'x.split("; ")',
        '"already there" in y',
        'x in ("met", "b")',
        'x.partition(" (known")',
        'card.verdict != "better"',
        'x.startswith("still worse")',
        'x.startswith(("a", "not so"))',
        "'locked' in str(error)",
        'match x:\n case "steady": pass',
    ],
)
def test_the_test_sees_what_it_is_for(code: str) -> None:
    found = [text for _, text in _compared(ast.parse(code))]
    assert any(_is_sentence(text) or text in WORDS for text in found), code


def test_an_error_has_its_parts() -> None:
    error = NotFoundError("unknown dimension 'a'", offers="; did you mean 'b'? (known here: b; c)")
    assert (str(error), error.what, error.mend) == (
        "unknown dimension 'a'; did you mean 'b'? (known here: b; c)",
        "unknown dimension 'a'",
        "",
    )
    both = HelmdeskError("the file; is gone", "restore it; soon")
    assert (str(both), both.what, both.mend) == (
        "the file; is gone; restore it; soon",
        "the file; is gone",
        "restore it; soon",
    )
    assert str(HelmdeskError()) == ""


def test_a_statistic_is_its_words_and_knows_whether_they_must_be_said() -> None:
    import copy
    import pickle

    found = Statistic("median", is_typical=True)
    assert found == "median"
    for each in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert each.is_typical
    assert not Statistic("count").is_typical
