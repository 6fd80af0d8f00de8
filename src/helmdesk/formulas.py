"""Cells that a spreadsheet would run as formulas."""

from __future__ import annotations

from typing import Any

# A cell that begins with one of these is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def safe_cell(content: Any) -> Any:
    """Return a cell for CSV: a text that a spreadsheet would run gets a leading apostrophe; numbers
    stay numbers.
    """
    if isinstance(content, str) and content.lstrip(" ").startswith(FORMULA):
        return "'" + content
    return content
