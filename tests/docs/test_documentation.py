"""The documentation's examples run, and its commands exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
Run = Callable[..., Any]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL
    )


def console_commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for block in blocks(page, "console"):
            found += [
                (page.name, line[2:])
                for line in block.splitlines()
                if line.startswith("$ helmdesk ")
            ]
    return found


@pytest.mark.parametrize(("page", "line"), console_commands())
def test_shell_examples(
    helmdesk: Run, small_desk: Desk, tmp_path: Path, page: str, line: str
) -> None:
    """Examples speak of `demo-desk`; here that is a small sample, and files are written aside."""
    if (
        "load " in line
        or "--against" in line
        or "-3f2a" in line  # a load that somebody else made
        or "themes adopt" in line  # what all tests share is not sorted anew
        or line.startswith("helmdesk sample")
        or line.startswith("helmdesk init")
    ):
        helmdesk(shlex.split(line)[1], "--help")
        return
    line = line.split(" > ", maxsplit=1)[0]
    words = [
        str(small_desk.path) if word in ("demo-desk", "my-desk") else word
        for word in shlex.split(line)[1:]
    ]
    receipt = tmp_path / "csat.json"
    if "csat.json" in line:
        receipt.write_text(small_desk.measure("csat").receipt.to_json())
    if line.startswith("helmdesk verify") and ".pdf" in line:
        made = next(word for word in words if word.endswith(".pdf"))
        helmdesk("report", "scorecard", "--desk", str(small_desk.path), "--out", made, cwd=tmp_path)
    helmdesk(
        *(str(receipt) if word.endswith("csat.json") else word for word in words), cwd=tmp_path
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples(page: Path, small_desk: Desk) -> None:
    for block in blocks(page, "python"):
        code = block.replace('"demo-desk"', repr(str(small_desk.path)))
        exec(compile(code, str(page), "exec"), {})


def test_readme_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text and "make test" in text
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_folder_of_the_code_is_explained() -> None:
    told = set(
        re.findall(
            r"^\| `(\w+)/`",
            (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
    )
    assert told == {
        folder.name
        for folder in (ROOT / "src" / "helmdesk").iterdir()
        if (folder / "__init__.py").is_file()
    }


def test_what_contributors_are_told_to_add_has_its_place() -> None:
    rows = [
        line
        for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    paths = [path for row in rows for path in re.findall(r"`((?:src|tests)/[\w/<>.]+)`", row)]
    assert len(paths) >= 8
    for path in paths:
        folder, named, rest = path.partition("<")
        if not named:
            assert (ROOT / path).exists(), path
        else:  # others of the kind stand there already
            assert any(
                each.name != "__init__.py"
                for each in (ROOT / folder).glob(f"*{rest.partition('>')[2]}")
            ), path
