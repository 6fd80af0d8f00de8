"""SLA policies: who they are for, which clocks they run, against which targets. Pure.

A definition is JSON, either one object::

    {"match": {"tier": ["gold"], "custom.plan": ["pro"]}, "order": 10, "reopen": "resume",
     "clocks": [{"clock": "first_response", "targets": {"urgent": 3600, "default": 14400}, "hours":
     "business"},
                {"clock": "resolution", "targets": {"default": 86400}, "pausing":
                ["waiting_customer"]}]}

or, as helpdesks export them, a list of ``{"clock", "priority", "target_seconds", "is_business"}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.errors import InputError, nearest
from helmdesk.toml_place import Document, Place

ANY_PRIORITY = ""
DEFAULT = "default"
WAITING = ("waiting_customer", "waiting_third_party")
REOPEN_RULES = ("resume", "restart", "new_clock")
MATCH_FIELDS = (
    "account",
    "contract",
    "tier",
    "region",
    "priority",
    "channel",
    "issue_type",
    "severity",
    "team",
    "customer",
)
CUSTOM = "custom."

# What each named clock measures, and in which states it stands still unless the policy says
# otherwise.
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "first_response": ("first_response", ()),
    "next_response": ("next_response", ()),
    "resolution": ("resolution", ()),
    "requester_wait": ("resolution", ("waiting_customer",)),
    "agent_work": ("resolution", WAITING),
    "due_date": ("resolution", ()),
    "periodic_update": ("periodic_update", ()),
    "pausable_update": ("periodic_update", ("waiting_customer",)),
}
ALIASES = {
    "first_reply_time": "first_response",
    "next_reply_time": "next_response",
    "total_resolution_time": "resolution",
    "requester_wait_time": "requester_wait",
    "agent_work_time": "agent_work",
    "periodic_update_time": "periodic_update",
    "pausable_update_time": "pausable_update",
    "first_reply": "first_response",
    "next_reply": "next_response",
}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True)
class SlaTarget:
    """One clock of a policy for one priority.

    Attributes:
        clock: its name; `kind`: what starts and stops it.
        priority: "" for any other priority.
        target_seconds: of working time when `is_business`, else of calendar time.
        pausing: statuses in which the clock stands still.
        reopen: what a reopen does to a resolution clock: resume it, restart it, or start another.
    """

    clock: str
    kind: str
    priority: str
    target_seconds: int
    is_business: bool
    pausing: tuple[str, ...]
    reopen: str


@dataclass(frozen=True)
class SlaPolicy:
    """One version of a policy.

    Attributes:
        match: field -> accepted values; None applies only where a source or a contract says so, {}
        matches everything. order: policies are tried from the lowest; the first that matches
        applies.
    """

    policy_id: str
    match: Mapping[str, tuple[str, ...]] | None
    order: int
    targets: tuple[SlaTarget, ...]


def parse_duration(value: Any, where: Place) -> int:
    """Return seconds from a number of seconds or a text such as ``4h``, ``90m`` or ``1h30m``.

    Raises:
        InputError: neither, or not positive. Days are refused: a working day has no fixed length.
    """
    seconds = 0
    if isinstance(value, int) and not isinstance(value, bool):
        seconds = value
    elif isinstance(value, str) and (found := _DURATION.fullmatch(value.replace(" ", ""))):
        hours, minutes, rest = (int(part or 0) for part in found.groups())
        seconds = hours * 3600 + minutes * 60 + rest
    if seconds <= 0:
        raise where.wrong(f"{value!r} is not a duration such as '4h', '90m' or '1h30m'")
    return seconds


def policy_from_definition(
    policy_id: str, definition: str, written: Place | None = None
) -> SlaPolicy:
    """Read a policy.

    Args:
        written: where in a person's file it stands, if it stands in one.

    Raises:
        InputError: not of either shape; names the part, and where it is written.
    """
    where = (written or Place(Document("", InputError))).called(f"SLA policy {policy_id}")
    try:
        content = json.loads(definition)
    except ValueError as error:
        raise where.wrong(f"definition not readable ({error})") from error
    if isinstance(content, list):
        content = {"clocks": [_exported(where, item) for item in content], "match": None}
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("clocks"), list)
        or not content["clocks"]
    ):
        raise where.of("clocks").wrong("it needs 'clocks', a list with at least one clock")
    _known(where, content, ("match", "order", "reopen", "clocks"))
    reopen = content.get("reopen", "resume")
    if reopen not in REOPEN_RULES:
        raise where.of("reopen").wrong(f"reopen '{reopen}' is not one of {', '.join(REOPEN_RULES)}")
    order = content.get("order", 100)
    if not isinstance(order, int):
        raise where.of("order").wrong(f"order must be a whole number, not {order!r}")
    targets = tuple(
        target
        for number, item in enumerate(content["clocks"])
        for target in _clock(where.of("clocks", number), item, reopen)
    )
    matched = _match(where.of("match"), content.get("match"))
    return SlaPolicy(policy_id, matched, order, targets)


def _exported(where: Place, item: Any) -> dict[str, Any]:
    if not isinstance(item, dict) or "clock" not in item or "target_seconds" not in item:
        raise where.wrong(f"an exported target needs 'clock' and 'target_seconds', not {item!r}")
    hours = "business" if item.get("is_business", True) else "calendar"
    return {
        "clock": item["clock"],
        "targets": {item.get("priority") or DEFAULT: item["target_seconds"]},
        "hours": hours,
    }


def _clock(where: Place, item: Any, reopen: str) -> list[SlaTarget]:
    if not isinstance(item, dict):
        raise where.wrong(f"a clock must be a table, not {item!r}")
    _known(where, item, ("clock", "targets", "hours", "pausing"))
    given = str(item.get("clock"))
    name = ALIASES.get(given, given)
    if name not in KINDS:
        raise where.of("clock").wrong(
            f"unknown clock '{given}'{nearest(given, KINDS)} (known: {', '.join(KINDS)})"
        )
    kind, pausing = KINDS[name]
    listed = item.get("pausing", pausing)
    if not isinstance(listed, list | tuple):
        raise where.of("pausing").wrong(f"pausing of {name} must be a list, not {listed!r}")
    stated = tuple(listed)
    if unknown := [status for status in stated if status not in WAITING]:
        raise where.of("pausing").wrong(
            f"{name} cannot pause in '{unknown[0]}' (possible: {', '.join(WAITING)})"
        )
    hours = item.get("hours", "business")
    if hours not in ("business", "calendar"):
        raise where.of("hours").wrong(
            f"hours of {name} must be 'business' or 'calendar', not {hours!r}"
        )
    targets = item.get("targets")
    if not isinstance(targets, dict) or not targets:
        raise where.of("targets").wrong(
            f"{name} needs 'targets', such as {{urgent = '1h', default = '4h'}}"
        )
    return [
        SlaTarget(
            name,
            kind,
            ANY_PRIORITY if priority == DEFAULT else str(priority),
            parse_duration(
                value,
                where.of("targets", priority).called(f"{where.label}, {name}, {priority}"),
            ),
            hours == "business",
            stated,
            reopen,
        )
        for priority, value in targets.items()
    ]


def _match(where: Place, match: Any) -> dict[str, tuple[str, ...]] | None:
    if match is None:
        return None
    if not isinstance(match, dict):
        raise where.wrong(f"match must be a table of field = value or values, not {match!r}")
    found = {}
    for field, values in match.items():
        if field not in MATCH_FIELDS and not field.startswith(CUSTOM):
            raise where.of(field).wrong(
                f"cannot match on '{field}'{nearest(field, MATCH_FIELDS)} (known:"
                f" {', '.join(MATCH_FIELDS)}, custom.NAME)"
            )
        listed = [values] if isinstance(values, str) else values
        if (
            not isinstance(listed, list)
            or not listed
            or not all(isinstance(value, str) for value in listed)
        ):
            raise where.of(field).wrong(
                f"match on '{field}' needs a text or a list of texts, not {values!r}"
            )
        found[field] = tuple(listed)
    return found


def _known(where: Place, content: Mapping[str, Any], words: tuple[str, ...]) -> None:
    for word in content:
        if word not in words:
            raise where.of(word).wrong(f"unknown key '{word}'{nearest(word, words)}")
