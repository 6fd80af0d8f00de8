"""Templates are read by people too: one tag a line, 100 columns, where layout does not change what
is shown.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import helmdesk.web

ROOT = Path(helmdesk.web.__file__).parent
TEMPLATES = sorted(ROOT.rglob("templates/**/*.html"))
COLUMNS = 100
# Spaces in these may not become line breaks, or would change what is shown.
WHOLE = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}|\"[^\"]*\"|'[^']*'")
OPENING = re.compile(
    r"<(?:article|aside|dd|details|dialog|div|dl|dt|fieldset|footer|form|h[1-6]|header|li|main"
    r"|nav|ol|option|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b"
)


def broken(line: str) -> bool:
    """Whether a line is longer than it need be."""
    if len(line) <= COLUMNS:
        return False
    solid = WHOLE.sub(lambda found: "x" * len(found.group()), line)
    indent = len(solid) - len(solid.lstrip())
    return " " in solid[indent + 8 : COLUMNS]


def crowded(line: str) -> bool:
    """Whether several elements that stand on their own share a line."""
    return len(OPENING.findall(line)) > 1


def told(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if broken(line) or crowded(line)
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_one_tag_a_line(path: Path) -> None:
    assert not told(path)


def test_the_check_sees_what_it_must() -> None:
    assert crowded("<ul><li>one</li></ul>") and not crowded("<li>one</li>")
    assert broken("  <p>" + "word " * 30) and not broken('<a href="' + "x" * 120 + '">')
