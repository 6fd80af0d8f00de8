"""Colours of the site: what is written on what can be read, light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import helmdesk.web

SHEETS = Path(helmdesk.web.__file__).parent / "static" / "helmdesk"
TEXT, SHAPE = 4.5, 3.0
PAIRS = [
    *[
        (ink, ground, TEXT)
        for ink in ("ink", "ink-2", "ink-3")
        for ground in ("bg", "surface", "sunken")
    ],
    *[("accent", ground, TEXT) for ground in ("bg", "surface", "sunken", "accent-soft")],
    ("on-accent", "accent", TEXT),
    ("ink", "accent-soft", TEXT),
    *[
        (tone, ground, TEXT)
        for tone in ("worse", "better", "mend", "calm")
        for ground in (f"{tone}-soft", "surface", "bg")
    ],
    *[(shape, "surface", SHAPE) for shape in ("edge", "focus", "series", "series-2", "series-3")],
    ("series", "band", SHAPE),
    *[("on-h-low", f"h{step}", TEXT) for step in range(4)],
    *[("on-h-high", f"h{step}", TEXT) for step in (4, 5)],
]  # fmt: skip


def themes() -> dict[str, dict[str, str]]:
    """Read the colours of each theme; the dark one is written twice and must be the same."""
    text = (SHEETS / "tokens.css").read_text(encoding="utf-8")
    light, media, chosen = re.split(r"@media|:root\[data-theme=\"dark\"\]", text)
    read = [dict(re.findall(r"--([\w-]+): (#\w{6})\w*;", part)) for part in (light, media, chosen)]
    assert read[1] == read[2]
    return {"light": read[0], "dark": read[1]}


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_written_can_be_read(theme: str) -> None:
    colours = themes()[theme]
    wrong = []
    for ink, ground, least in PAIRS:
        one, other = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        if (ratio := (one + 0.05) / (other + 0.05)) < least:
            wrong.append(f"{ink} on {ground}: {ratio:.2f}")
    assert not wrong


def test_every_colour_and_icon_that_is_asked_for_is_there(site: Path) -> None:
    sheets = "".join(path.read_text(encoding="utf-8") for path in SHEETS.glob("*.css"))
    named = set(re.findall(r"--([\w-]+):", sheets))
    assert set(re.findall(r"var\(--([\w-]+)", sheets)) <= named
    script = (SHEETS / "site.js").read_text(encoding="utf-8")
    assert set(re.findall(r'"--([\w-]+)"', script)) <= named
    from helmdesk.web.page import pages

    icons = set(re.findall(r"\.i-(\w+) ", sheets))
    shown = {page.icon for page in pages() if page.place is not None}
    for template in SHEETS.parents[1].rglob("templates/**/*.html"):
        shown |= set(re.findall(r"\bi-([a-z]+)\b", template.read_text(encoding="utf-8")))
    assert shown <= icons
