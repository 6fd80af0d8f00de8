"""What is kept of a look, so that each of its decisions can be made again, bit by bit."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from helmdesk.act.routing.assign import decide
from helmdesk.act.routing.decision import Decision, Tick
from helmdesk.act.routing.rules import Rules, read_rules
from helmdesk.act.routing.snapshot import Snapshot, read_snapshot
from helmdesk.act.routing.table import cause_of
from helmdesk.errors import ConflictError

SHAPE = 1
"""Of what is kept, and of how decisions are made of it: raised when either changes."""


@dataclass(frozen=True)
class Kept:
    """A look as it is kept.

    Attributes:
        content: everything it was made of, compressed. digest: of what it decided.
    """

    content: bytes
    digest: str


def kept(snapshot: Snapshot, rules: Rules, now: float, tick: Tick) -> Kept:
    """Return a look as it is kept; contacts that stay with whoever has them decide nothing."""
    there = {each.id: each for each in snapshot.agents}
    wanted = tuple(
        each for each in snapshot.contacts if cause_of(each, there, rules, now) is not None
    )
    said = {
        "shape": SHAPE,
        "now": now,
        "rules": rules.as_dict(),
        "snapshot": replace(snapshot, contacts=wanted).as_dict(),
    }
    return Kept(zlib.compress(_text(said).encode()), digest_of(tick))


def replayed(content: bytes, digest: str) -> Tick:
    """Make the decisions of a look again.

    Raises:
        ConflictError: they differ from those that were made, or what was kept cannot be read.
    """
    try:
        said: Mapping[str, Any] = json.loads(zlib.decompress(content))
        if said["shape"] != SHAPE:
            raise ValueError(f"it is of shape {said['shape']}, this version makes {SHAPE}")
        snapshot, rules = read_snapshot(said["snapshot"]), read_rules(said["rules"])
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise ConflictError(
            f"what was kept of this look cannot be read ({error})",
            "it was kept by another version of Helmdesk, or changed since",
        ) from error
    tick = decide(snapshot, rules, said["now"])
    if digest_of(tick) != digest:
        raise ConflictError(
            "the same state and rules give other decisions now than they gave then",
            "the row or the way decisions are made was changed since",
        )
    return tick


def decision_of(content: bytes, digest: str, contact: str) -> Decision:
    """Return the decision about one contact, made again.

    Raises:
        ConflictError: see `replayed`.
        KeyError: the look decided nothing about it.
    """
    return {each.contact: each for each in replayed(content, digest).decisions}[contact]


def digest_of(tick: Tick) -> str:
    """Return a name of what was decided: the same for the same decisions only."""
    said = [each.as_dict() for each in tick.decisions]
    return hashlib.sha256(_text([said, tick.owed]).encode()).hexdigest()


def _text(said: Any) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
