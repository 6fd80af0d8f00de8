"""Who asks is always said: nothing takes "nobody said" for "sees everything"."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import helmdesk
from helmdesk.query.policy import Policy
from helmdesk.query.question import Question
from helmdesk.query.request import Request

SOURCE = Path(helmdesk.__file__).parent


def parameters(tree: ast.AST) -> list[tuple[ast.arg, ast.expr | None]]:
    """Return every parameter of every function with its default."""
    found: list[tuple[ast.arg, ast.expr | None]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            plain = [*node.args.posonlyargs, *node.args.args]
            gaps: list[ast.expr | None] = [None] * (len(plain) - len(node.args.defaults))
            found += zip(plain, [*gaps, *node.args.defaults], strict=True)
            found += zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return found


def test_no_function_does_without_a_policy() -> None:
    assumed = [
        f"{file.relative_to(SOURCE)}:{argument.lineno}"
        for file in SOURCE.rglob("*.py")
        for argument, default in parameters(ast.parse(file.read_text(encoding="utf-8")))
        if argument.annotation
        and ast.unparse(argument.annotation) in ("Policy", "Policy | None", "Optional[Policy]")
        and (default is not None or "None" in ast.unparse(argument.annotation))
    ]
    assert assumed == []


def test_a_function_that_does_without_one_would_be_found() -> None:
    tree = ast.parse("def ask(key, *, policy: Policy | None = None): ...")
    ((_, default),) = [found for found in parameters(tree) if found[0].annotation]
    assert isinstance(default, ast.Constant) and default.value is None


@pytest.mark.parametrize(
    "make", [Policy, lambda: Request("csat"), lambda: Question(("csat",)).requests()]
)
def test_nothing_is_asked_by_nobody(make: object) -> None:
    with pytest.raises(TypeError, match=r"name|policy"):
        make()  # type: ignore[operator]
