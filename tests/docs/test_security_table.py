"""What the security page claims names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_claim_names_a_test_that_exists() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| V\d+ ", line)]
    assert len(rows) == 17
    for row in rows:
        _, chapter, claimed, tests, _ = row.split("|")
        named = re.findall(r"`(tests/[\w/.]+)`", tests)
        assert named or claimed.strip().startswith("not "), chapter
        assert [name for name in named if not (ROOT / name).exists()] == []
