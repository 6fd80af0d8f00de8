"""Texts and names as SQL writes them; engines whose dialect differs say so in their own module."""

from __future__ import annotations

from collections.abc import Iterable


def doubled(value: str) -> str:
    """Return a text with every apostrophe written twice, as it stands between two."""
    return value.replace("'", "''")


def text(value: str) -> str:
    """Return a text as an SQL literal."""
    return f"'{doubled(value)}'"


def texts(values: Iterable[str]) -> str:
    """Return texts as an SQL list."""
    return f"[{', '.join(map(text, values))}]"


def name(identifier: str) -> str:
    """Return a name as SQL writes one of any letters."""
    return '"' + identifier.replace('"', '""') + '"'
