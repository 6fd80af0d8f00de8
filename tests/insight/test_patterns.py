"""Every pattern is complete, says what it means, accuses nobody, and says what it lacks instead of
guessing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.insight.brief import look, make_brief
from helmdesk.insight.pattern import Entry, Found, Missing, load_patterns

LEVERS = {
    "staffing",
    "scheduling",
    "routing",
    "tooling",
    "coaching",
    "product",
    "data",
    "policy",
    "none",
}


def test_the_patterns_of_the_research_are_there() -> None:
    assert len(load_patterns()) >= 28


@pytest.mark.parametrize("entry", load_patterns().values(), ids=list(load_patterns()))
def test_a_pattern_is_complete(entry: Entry) -> None:
    pattern = entry.pattern
    assert entry.description
    assert pattern.lever in LEVERS
    assert pattern.alternatives
    assert pattern.if_wrong
    assert set(pattern.needs) | set(pattern.explains) | {pattern.review[0]} <= set(load_catalogue())
    assert 1 <= pattern.review[1] <= 26
    assert pattern.title[0].isupper()
    assert not re.search(
        r"\b(proves?|caused by|certainly)\b", f"{pattern.title} {entry.description}"
    )


def test_a_desk_with_tickets_alone_says_what_is_missing(tmp_path: Path) -> None:
    """Two years of one ticket a day: nothing is found, and what cannot be looked for names its
    records.
    """
    desk = make_desk(tmp_path / "desk")
    days = [f"2025-{month:02d}-{day:02d}" for month in range(1, 7) for day in range(1, 29)]
    load_events(
        desk,
        [
            event
            for place, day in enumerate(days)
            for event in ticket(f"T{place}", f"{day}T09:00:00", f"{day}T12:00:00")
        ],
    )
    with desk.insight.study(desk.question()) as study:
        verdicts = {key: entry.pattern.look(study) for key, entry in load_patterns().items()}
        brief = make_brief(study, look(study, desk.settings.scorecard))
    assert not [key for key, verdict in verdicts.items() if isinstance(verdict, Found)]
    missing = {
        key: verdict.what for key, verdict in verdicts.items() if isinstance(verdict, Missing)
    }
    assert "'state_changed'" in missing["overload"]
    assert "'responded'" in missing["satisfied_but_hard"]
    assert "'answered'" in missing["peak_hours"]
    assert brief.findings == ()
    assert {title for title, _ in brief.missing} >= {
        load_patterns()[key].pattern.title for key in missing
    }


def test_an_empty_desk_has_nothing_to_tell(tmp_path: Path) -> None:
    brief = make_desk(tmp_path / "desk").brief()
    assert brief.findings == ()
    assert brief.quiet == ()
