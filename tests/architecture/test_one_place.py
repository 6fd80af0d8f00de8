"""What is easy to get a little wrong is done in one module: quoting, CSV, the change of clocks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "helmdesk"
TEXTS = {
    path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8")
    for path in SOURCE.rglob("*.py")
}


@pytest.mark.parametrize(
    ("what", "where"),
    [
        # Apostrophes and double quotes written twice.
        (r"""replace\((["'])['"]\1, (["'])['"]{2}\2\)""", {"quoting.py"}),
        # What Python writes for a list of paths is no SQL where a path has an apostrophe.
        (r"""(read_\w+|\bin) ?\(\{[^{}]*!r\}""", set()),
        (r"csv\.(reader|writer|DictReader|DictWriter|Sniffer)\(", {"csv_text.py"}),
        (r"\bsafe_cell\(|\bsafe_cell,", {"formulas.py", "csv_text.py"}),
        (r"\.utcoffset\(", {"zones.py"}),
        # Python's own sign has a hyphen for a minus, and gives zero a plus.
        (r":\+[,.\d]", {"query/words.py"}),
    ],
)
def test_it_is_done_in_one_place(what: str, where: set[str]) -> None:
    assert {name for name, text in TEXTS.items() if re.search(what, text)} <= where
