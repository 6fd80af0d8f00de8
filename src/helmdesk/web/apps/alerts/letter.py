"""What changed among somebody's alerts, as one mail."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

from django.template.loader import render_to_string

from helmdesk.web.apps.alerts.looking import NEWS, Look
from helmdesk.web.apps.alerts.models import Rule
from helmdesk.web.apps.outbox.letter import WIDTH, Letter, address, one_line


def letter_of(changed: Sequence[tuple[Rule, Look]], desk_name: str) -> Letter:
    """Write the mail of what changed at one look."""
    items = [_item(rule, found) for rule, found in changed]
    first = items[0]
    subject = (
        f"{desk_name}: {first['name']} {first['news']}"
        if len(items) == 1
        else f"{desk_name}: {len(items)} alerts changed"
    )
    context = {"items": items, "desk_name": desk_name, "link": address("alerts")}
    return Letter(
        one_line(subject),
        _text(items),
        render_to_string("alert_letter.html", context),
    )


def _item(rule: Rule, found: Look) -> dict[str, Any]:
    assert found.change is not None
    rows = address("metric", rule.watch.metric) if rule.watch.metric else ""
    return {
        "name": name_of(rule),
        "news": NEWS[found.change],
        "sentence": found.sentence,
        "words": found.words,
        "rows": rows,
        "own": address("alert", rule.pk),
    }


def name_of(rule: Rule) -> str:
    """Return a rule in a few words, for a subject."""
    from helmdesk.catalogue.discovery import load_catalogue

    key = rule.watch.metric
    if not key:
        return f"alert about {rule.watch.kind}"
    known = load_catalogue().get(key)
    return f"alert on {known.metric.name if known else key}"


def _text(items: Sequence[dict[str, Any]]) -> str:
    parts = []
    for each in items:
        lines = [
            fill(f"{each['name'].capitalize()} {each['news']}: {each['words']}", WIDTH),
            fill(f"The rule: {each['sentence']}", WIDTH),
        ]
        if each["rows"]:
            lines.append(f"The tickets behind it: {each['rows']}")
        if each["own"]:
            lines.append(f"Mute, change or end this alert: {each['own']}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"
