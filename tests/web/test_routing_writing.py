"""A queue in suggest and assign: what is written, what only noted, and when it stops by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helmdesk.act.routing.helpdesk import State

BERLIN = "Frontline Berlin"


@dataclass
class Helpdesk:
    """A helpdesk in memory, with what was done to it."""

    writes_per_minute: float = 100.0
    tickets: dict[str, State] = field(default_factory=dict)
    written: list[tuple[str, str, str]] = field(default_factory=list)
    dies: bool = False

    def open_tickets(self, queue: str) -> list[State]:
        return [each for each in self.tickets.values() if each.queue == queue]

    def read(self, ticket: str) -> State | None:
        return self.tickets.get(ticket)

    def write_if_unchanged(
        self, ticket: str, stamp: str, *, assignee: str = "", note: str = ""
    ) -> bool:
        state = self.tickets[ticket]
        if state.stamp != stamp:
            return False
        self.change(ticket, assignee=assignee or state.assignee)
        self.written.append((ticket, assignee, note))
        if self.dies:
            raise KeyboardInterrupt
        return True

    def change(self, ticket: str, **said: Any) -> None:
        state = self.tickets[ticket]
        self.tickets[ticket] = replace(state, stamp=f"{int(state.stamp) + 1}", **said)


@pytest.fixture
def helpdesk(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Helpdesk]:
    """A helpdesk with three tickets that nobody has, at ten on the last Tuesday of the data."""
    from helmdesk.web.apps.routing import writing
    from helmdesk.web.apps.routing.models import RoutedQueue, Stop

    made = Helpdesk()
    api = SimpleNamespace(close=lambda: None)
    connection = SimpleNamespace(
        connector=SimpleNamespace(title="Zendesk", write=lambda api: made), name="brand"
    )
    monkeypatch.setattr(
        writing,
        "Connections",
        lambda path: SimpleNamespace(get=lambda name: connection, open=lambda each: api),
    )
    moment = datetime(2026, 6, 30, 8, 0, tzinfo=UTC)
    monkeypatch.setattr(writing, "now", lambda: moment + timedelta(seconds=len(made.written)))
    learn = writing.habits_of

    def roomy(*given: Any) -> Any:
        """What people are like in a twentieth of the sample, with room for all three."""
        found = learn(*given)
        people = {key: replace(each, capacity=12.0) for key, each in found.people.items()}
        return replace(found, people=people)

    monkeypatch.setattr(writing, "habits_of", roomy)
    for number in range(3):
        made.tickets[f"{number}"] = State(
            f"{number}", BERLIN, "", True, "1", created_at=moment.timestamp() - 600
        )
    RoutedQueue.objects.all().delete()
    yield made
    RoutedQueue.objects.all().delete()
    Stop.objects.all().delete()


def queue(mode: str, **said: Any) -> Any:
    from helmdesk.web.apps.routing.models import RoutedQueue

    fields = {"mode": mode, "connection": "brand", "is_preview": False, **said}
    fields.setdefault("since", datetime(2026, 6, 1, tzinfo=UTC))
    RoutedQueue.objects.update_or_create(name=BERLIN, defaults=fields)
    return RoutedQueue.objects.get(name=BERLIN)


def go(site: Path, it: Any) -> Any:
    from helmdesk.desk.desk import Desk
    from helmdesk.web.apps.routing.writing import write_queue

    write_queue(Desk(site), it, lambda words: None)
    it.refresh_from_db()
    return it


def outcomes() -> list[str]:
    from helmdesk.web.apps.routing.models import Decision

    return sorted(Decision.objects.values_list("written", flat=True))


def test_tickets_that_nobody_has_are_given(site: Path, helpdesk: Helpdesk):
    it = go(site, queue("assign"))
    assert not it.problem and outcomes() == ["written"] * 3
    assert all(agent and not note for _, agent, note in helpdesk.written)
    assert {t: s.assignee for t, s in helpdesk.tickets.items()} == {
        ticket: agent for ticket, agent, _ in helpdesk.written
    }
    go(site, it)
    assert len(helpdesk.written) == 3


def test_preview_writes_nothing_and_says_it_once(site: Path, helpdesk: Helpdesk):
    it = queue("assign", is_preview=True)
    go(site, go(site, it))
    assert helpdesk.written == [] and outcomes() == ["preview"] * 3


def test_a_suggestion_is_a_note_and_is_made_once(site: Path, helpdesk: Helpdesk):
    it = queue("suggest")
    go(site, go(site, it))
    assert len(helpdesk.written) == 3 and all(
        note.startswith("Routing would give this to") and not agent
        for _, agent, note in helpdesk.written
    )


def test_no_more_than_the_budget(site: Path, helpdesk: Helpdesk):
    helpdesk.writes_per_minute = 4.0
    go(site, queue("assign"))
    assert len(helpdesk.written) == 1 and outcomes() == ["written"]


def test_stopped_between_the_look_and_the_write(site: Path, helpdesk: Helpdesk):
    from helmdesk.web.apps.routing.models import Stop

    it = queue("assign")
    Stop.objects.create()
    go(site, it)
    assert helpdesk.written == [] and set(outcomes()) == {"stopped"}


def test_what_was_begun_when_it_was_killed_is_found_out(site: Path, helpdesk: Helpdesk):
    it = queue("assign")
    helpdesk.dies = True
    with pytest.raises(KeyboardInterrupt):
        go(site, it)
    assert outcomes().count("begun") == 1 and len(helpdesk.written) == 1
    helpdesk.dies = False
    go(site, it)
    assert "begun" not in outcomes()
    first = helpdesk.written[0][0]
    assert [ticket for ticket, _, _ in helpdesk.written].count(first) == 1


@contextmanager
def _at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> Iterator[None]:
    from helmdesk.web.apps.routing import writing

    monkeypatch.setattr(writing, "now", lambda: moment)
    yield


def test_it_goes_back_to_shadow_when_people_undo_it(
    site: Path, helpdesk: Helpdesk, monkeypatch: pytest.MonkeyPatch
):
    from helmdesk.web.apps.routing.models import Decision, Look, ModeChange

    it = queue("assign")
    moment = datetime(2026, 6, 30, 8, 0, tzinfo=UTC)
    look = Look.objects.create(queue=it, at=moment, content=b"", digest="")
    for number in range(10, 15):
        given = State(f"{number}", BERLIN, "eve", True, "5")
        helpdesk.tickets[given.ticket] = given
        Decision.objects.create(
            queue=it, look=look, contact=given.ticket, ticket=given.ticket, agent="eve",
            agent_name="Eve", entered_at=moment, at=moment, cause="nobody", written="written",
            written_at=moment,
        )  # fmt: skip
    with _at(monkeypatch, moment + timedelta(minutes=5)):
        helpdesk.change("10", assignee="ann")
        helpdesk.written.clear()
        go(site, it)
        assert it.mode == "assign", "one of five is not more than a fifth"
        helpdesk.change("11", assignee="bob")
        seen = len(helpdesk.written)
        Decision.objects.filter(ticket__in=("0", "1", "2")).delete()
        go(site, it)
    assert it.mode == "shadow" and "people gave more than a fifth" in it.problem
    assert len(helpdesk.written) == seen
    assert ModeChange.objects.get(queue=it).by is None


def test_an_account_that_cannot_be_had_is_told(site: Path):
    from helmdesk.web.apps.routing.models import RoutedQueue

    it = go(site, queue("assign", connection="nowhere"))
    assert "nowhere" in it.problem
    RoutedQueue.objects.all().delete()
