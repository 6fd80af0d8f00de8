"""A preset says how another tool computes a number, as steps that lead from our definition to its own.

Every step changes one thing and names the reason. The change of a ticket's value at a step belongs to that reason, so
the reasons of any ticket, and of the whole, add up to the difference exactly.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Literal

from helmdesk.errors import NotFoundError, nearest


@dataclass(frozen=True)
class Step:
    """One change of definition.

    Attributes:
        reason: two or three words, used in counts.
        value: house SQL of a row's value once this and all earlier steps are taken; null when the row does not count.
        help: one sentence for people.
        is_utc: from this step on, days begin at midnight UTC instead of the desk's time zone.
    """

    reason: str
    value: str
    help: str
    is_utc: bool = False


@dataclass(frozen=True)
class Bug:
    """A known fault of the tool: explains a difference from its own output and is never reproduced.

    `when` is house SQL over the row; it may use ``theirs`` (the tool's output) and ``value`` (its own definition).
    """

    reason: str
    when: str
    help: str


@dataclass(frozen=True)
class ToolMetric:
    """One number of the tool beside ours.

    Attributes:
        name: what the tool calls it, and the column of its export.
        key, variant, clock: our nearest form; its value per row is `ours`.
        unit: of the values compared.
        total: how rows become one number.
        row, anchor: columns of the fact that name a row and place it in a window.
    """

    name: str
    key: str
    ours: str
    steps: tuple[Step, ...]
    variant: str | None = None
    clock: str = "calendar"
    unit: str = "minutes"
    total: Literal["mean", "share", "count", "sum"] = "mean"
    fact: str = "tool_tickets"
    row: str = "ticket_id"
    anchor: str = "created_at"
    bugs: tuple[Bug, ...] = ()
    tolerance: float = 0.0


@dataclass(frozen=True)
class Preset:
    """Another tool's definitions.

    Attributes:
        tool: its name for people.
        sources: where the rules are published.
        left_out: what of the tool is not compared, and why.
    """

    name: str
    tool: str
    sources: tuple[str, ...]
    metrics: tuple[ToolMetric, ...]
    left_out: str = ""


def preset_names() -> list[str]:
    """Return the names of all presets, found by scanning this folder."""
    package = importlib.import_module("helmdesk.presets")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name not in ("preset", "rules"))


def find_preset(name: str) -> Preset:
    """Return one preset.

    Raises:
        NotFoundError: unknown name; offers the nearest.
    """
    known = preset_names()
    if name not in known:
        raise NotFoundError(f"unknown preset '{name}'{nearest(name, known)} (known: {', '.join(known)})")
    found: Preset = importlib.import_module(f"helmdesk.presets.{name}").preset
    return found
