"""What a decision says to people: why it goes first, why this person, why nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from helmdesk.act.routing.decision import Bar, Cause, Decision
from helmdesk.act.routing.snapshot import Contact

CAUSES = {
    Cause.NOBODY: "nobody has it",
    Cause.SILENT: "whoever has it gave no sign for too long",
    Cause.REOPENED: "it came back, and whoever had it is not there",
}
# One person, and several.
BARS: Mapping[Bar, tuple[str, str]] = {
    Bar.OTHER_QUEUE: ("works on other queues", "work on other queues"),
    Bar.AWAY: ("is not there", "are not there"),
    Bar.SHIFT_ENDS: ("is about to leave", "are about to leave"),
    Bar.SILENT: ("has it and gave no sign", "have it and gave no sign"),
    Bar.SKILL: ("lacks a skill it asks for", "lack a skill it asks for"),
    Bar.FULL: ("has no room", "have no room"),
    Bar.FOR_CALLS: ("is kept free for calls", "are kept free for calls"),
}
PAIR = ("continuity", "rank", "room", "fairness")
_BEST = {
    "continuity": "knows this customer",
    "rank": "is best at what it asks for",
    "room": "has more room than the others",
    "fairness": "it is this person's turn",
}


def why_person(decision: Decision) -> tuple[str, ...]:
    """Return what spoke for the chosen one, beside the others that were considered."""
    chosen = decision.chosen
    if chosen is None:
        return ()
    others = [each for each in decision.candidates if each.agent != chosen.agent]
    if decision.possible == 1:
        return ("nobody else could take it",)
    found = [
        _BEST[part]
        for part in PAIR
        if all(chosen.parts[part] > each.parts[part] for each in others)
        and (part != "continuity" or chosen.parts[part] > 0)
    ]
    if not found and chosen.parts["continuity"] > 0:
        found = [_BEST["continuity"]]
    if found:
        return tuple(found)
    better = others and others[0].points > chosen.points
    return (
        ("the others go to cases that need them more",)
        if better
        else ("the best of all reasons together",)
    )


def why_nobody(decision: Decision) -> str:
    """Return why nobody can take it now, as people and reasons."""
    said = []
    for bar, (one, several) in BARS.items():
        count = decision.barred.get(bar.value, 0)
        if count and bar is not Bar.OTHER_QUEUE:
            said.append(f"{count} {one if count == 1 else several}")
    if decision.possible:
        said.append("whoever could take it has more urgent work first")
    return ", ".join(said) if said else "nobody works on this queue"


def why_first(
    decision: Decision, contact: Contact, now: float, say: Callable[[float], str]
) -> tuple[str, ...]:
    """Return what there is to say of how urgent a contact is.

    Args:
        say: shows seconds as people do.
    """
    return tuple(_urgency(decision, contact, now, say))


def _urgency(
    decision: Decision, contact: Contact, now: float, say: Callable[[float], str]
) -> Iterator[str]:
    if decision.cause is not Cause.NOBODY:
        yield CAUSES[decision.cause]
    waited = max(0.0, now - contact.arrived_at)
    yield f"waits for {say(waited)} of {say(contact.target_seconds)}"
    if contact.priority <= 2:
        yield "urgent" if contact.priority == 1 else "high priority"
    if contact.risk is not None and contact.risk >= 0.2:
        yield f"misses its promise in about {100 * contact.risk:.0f} of 100 such cases"
    for skill in decision.relaxed:
        yield f"has waited so long that {skill} is not asked for any more"
