"""A preset says how another tool computes a number, as steps that lead from our definition to its
own.

Every step changes one thing and names the reason. The change of a ticket's value at a step belongs
to that reason, so the reasons of any ticket, and of the whole, add up to the difference exactly.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from helmdesk.engines.engine import Engine
from helmdesk.errors import NotFoundError, nearest
from helmdesk.modules import module_names

# Modules of this folder that are no presets.


@dataclass(frozen=True)
class Step:
    """One change of definition.

    Attributes:
        reason: two or three words, used in counts.
        value: house SQL of a row's value once this and all earlier steps are taken; null when the
        row does not count. help: one sentence for people. is_utc: from this step on, days begin at
        midnight UTC instead of the desk's time zone.
    """

    reason: str
    value: str
    help: str
    is_utc: bool = False


@dataclass(frozen=True)
class Fault:
    """A known fault of the tool, never reproduced: it explains its own output where it predicts
    exactly that output.

    Attributes:
        value: house SQL of what the tool gives with this one rule gone wrong; may use ``value``
        (its own definition),
            and the columns of `Preset.faults`. Null predicts that it gives nothing.
        when: house SQL of the rows it can touch.
        tolerance: by how much the prediction may be off: what the export leaves out, such as
        seconds.
    """

    reason: str
    value: str
    help: str
    when: str = "true"
    tolerance: float = 0.0


@dataclass(frozen=True)
class Export:
    """A table of the tool's output.

    Attributes:
        name: what the tool calls it.
        key: columns that name a row together.
        mark: a column by which a file is known to be this table; none: any other file is.
    """

    name: str
    key: tuple[str, ...]
    mark: str = ""


@dataclass(frozen=True)
class ToolMetric:
    """One number of the tool beside ours.

    Attributes:
        name: what the tool calls it, and the column of its export.
        key, variant, clock: our nearest form; its value per row is `ours`.
        unit: of the values compared.
        total: how rows become one number.
        row, anchor: columns of the fact that name a row and place it in a window.
        export: the table of the tool's output that holds it, by name; none: the preset's first.
        is_presence: the tool has no column for it: each row of its output is one.
        faults: why its output may not be what its definition says.
        tolerance: what rounding may make of it.
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
    export: str = ""
    is_presence: bool = False
    faults: tuple[Fault, ...] = ()
    tolerance: float = 0.0


@dataclass(frozen=True)
class Preset:
    """Another tool's definitions.

    Attributes:
        tool: its name for people.
        system: the source that reads its accounts; empty where none reads that tool alone.
        sources: where the rules are published.
        left_out: what of the tool is not compared, and why.
        exports: tables of the tool's output; none: one, named by any id column.
        run_at: column of the first export that tells how many minutes before the run a ticket was
        created. faults: makes ``tool_faults``, one row a ticket, from ``given_run``, one row with
        ``ran_at`` (null: not known).
    """

    name: str
    tool: str
    sources: tuple[str, ...]
    metrics: tuple[ToolMetric, ...]
    system: str = ""
    left_out: str = ""
    exports: tuple[Export, ...] = ()
    run_at: str = ""
    faults: Callable[[Engine], None] | None = None


def preset_names() -> list[str]:
    """Return the names of all presets, found by scanning this folder."""
    return module_names("helmdesk.presets")


def find_preset(name: str) -> Preset:
    """Return one preset.

    Raises:
        NotFoundError: unknown name; offers the nearest.
    """
    known = preset_names()
    if name not in known:
        raise NotFoundError(
            f"unknown preset '{name}'{nearest(name, known)} (known: {', '.join(known)})"
        )
    found: Preset = importlib.import_module(f"helmdesk.presets.{name}").preset
    return found
