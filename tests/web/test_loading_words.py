"""The site says nothing in the words of the command line, whatever a load reports."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import helmdesk
from helmdesk.web.loading_words import on_site

SOURCES = Path(helmdesk.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z]|\bhelmdesk (load|batches|quarantine)\b")


def sentences() -> list[tuple[str, str]]:
    """Return all texts of sources and records that speak of the command line, with their places."""
    found = []
    for folder in ("sources", "records"):
        for file in sorted((SOURCES / folder).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            told = {
                id(node.body[0].value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
                and node.body
                and isinstance(node.body[0], ast.Expr)
            }
            parts = {
                id(part)
                for node in ast.walk(tree)
                if isinstance(node, ast.JoinedStr)
                for part in node.values
            }
            for node in ast.walk(tree):
                if id(node) in told | parts:
                    continue
                text = ""
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    text = node.value
                elif isinstance(node, ast.JoinedStr):
                    text = "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "NAME"
                        for part in node.values
                    )
                if OPTION.search(text):
                    found.append((f"{file.name}:{node.lineno}", text))
    return found


def test_there_are_such_texts() -> None:
    assert len(sentences()) > 20


@pytest.mark.parametrize(("place", "said"), sentences())
def test_no_text_of_a_load_reaches_the_site_with_an_option(place: str, said: str) -> None:
    assert not OPTION.search(on_site(said)), (place, on_site(said))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "times without an offset were read in UTC, the desk's zone; --time-zone names another",
            "times without an offset were read in UTC, the desk's zone; “Time zone” names another",
        ),
        (
            "say which with --dates day-first or --dates month-first",
            "say which under “Dates”: day-first or month-first",
        ),
        (
            "nothing was loaded; load them --as brand-a",
            "nothing was loaded; load them with the “Account” brand-a",
        ),
        ("Sheet1--as it was", "Sheet1--as it was"),
    ],
)
def test_as_the_form_calls_it(said: str, told: str) -> None:
    assert on_site(said) == told
