"""What was known at a moment is what records cut off at that moment say: nothing later leaks in."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from desks import Event, load_events, make_desk
from effort import tries
from helmdesk.desk.desk import Desk
from helmdesk.predict.cases import KINDS, NUMBERS, Cases, _read, past_cases
from helmdesk.predict.targets import TARGETS

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
ENTITIES: list[Event] = [
    {
        "type": "instrument",
        "entity_id": "csat",
        "occurred_at": "2020-01-01",
        "valid_from": "2020-01-01",
        "instrument_kind": "csat",
        "definition": '{"positive": ["good"], "negative": ["bad"]}',
    }
]

WORDS = (
    "Thank you, it works now",
    "It is still not working",
    "Where is my order?",
    "We will get back to you tomorrow",
    "",
)


def life(number: int, chance: random.Random) -> list[Event]:
    """Return one ticket with changes at every time of its life, also after its answer."""
    key, at = f"T{number}", START + timedelta(hours=3 * number)
    events: list[Event] = []

    def then(kind: str, **said: object) -> None:
        nonlocal at
        events.append({"type": kind, "ticket_id": key, "occurred_at": at.isoformat(), **said})
        at += timedelta(minutes=chance.randint(5, 400))

    def message(actor: str) -> None:
        direction = "inbound" if actor == "customer" else "outbound"
        words = random.Random(f"{key} {at}").choice(WORDS)
        then(
            "message",
            actor_kind=actor,
            direction=direction,
            visibility="public",
            actor_id="agent",
            **({"text": words} if words else {}),
        )

    then(
        "created",
        channel=chance.choice(["email", "chat"]),
        actor_kind="customer",
        customer_id=f"c{number % 3}",
        issue_type=chance.choice(["billing", "bug", ""]),
        priority="normal",
        team_id="front",
    )
    message("customer")
    for _ in range(chance.randint(1, 4)):
        step = chance.randint(0, 4)
        if step == 0:
            topic = chance.choice(["login", "bug", "billing"])
            then("field_changed", field="issue_type", value=topic)
        elif step == 1:
            then("assigned", team_id=chance.choice(["front", "back"]), agent_id="agent")
        elif step == 2:
            then("field_changed", field="priority", value=chance.choice(["low", "high"]))
        else:
            message(chance.choice(["customer", "human"]))
    then("status_changed", status="solved")
    answer = chance.choice(["good", "bad"])
    then("responded", survey_id=f"s{number}", instrument_id="csat", answer=answer)
    then("field_changed", field="issue_type", value="afterwards")
    then("assigned", team_id="afterwards", agent_id="other")
    then("field_changed", field="priority", value="urgent")
    message("human")
    then("status_changed", status="open")
    then("status_changed", status="solved")
    return events


def cases_at(desk: Desk, ticket: str, at: float) -> Cases:
    moment = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    sql = (
        f"select '{ticket}' as ticket_id, timestamp '{moment}' as at_,"
        " cast(null as timestamp) as known_at, cast(null as boolean) as is_bad"
    )
    with desk.marts.reader() as reader:
        return _read(reader.engine, sql, "UTC")


def test_features_are_those_of_records_cut_off_at_the_moment(tmp_path: Path) -> None:
    chance = random.Random(5)
    events = [event for number in range(45) for event in life(number, chance)]
    whole = make_desk(tmp_path / "whole", time_zone="UTC")
    load_events(whole, [*ENTITIES, *events])
    with whole.marts.reader() as reader:
        known = past_cases(reader.engine, TARGETS["dissatisfied"], "UTC")
    assert len(known) > 60
    assert set(known.words["topic"]) >= {"billing", "bug", "login"}
    assert "afterwards" not in {*known.words["topic"], *known.words["team"]}
    assert np.nanmax(known.numbers[:, NUMBERS.index("team_changes")]) >= 1
    assert np.nanmax(known.numbers[:, NUMBERS.index("earlier_bad_answers")]) >= 2
    assert np.isfinite(known.numbers[:, NUMBERS.index("load")]).any()
    for name in ("thanks", "trouble", "open_question", "promise"):
        assert np.nanmin(known.numbers[:, NUMBERS.index(name)]) == 0, name
        assert np.nanmax(known.numbers[:, NUMBERS.index(name)]) >= 1, name
    picked = chance.sample(range(len(known)), tries(5, 40))
    for place in picked:
        ticket, at = str(known.tickets[place]), float(known.at[place])
        cut = [
            event
            for event in events
            if datetime.fromisoformat(event["occurred_at"]).timestamp() <= at
        ]
        then = make_desk(tmp_path / f"cut{place}", time_zone="UTC")
        load_events(then, [*ENTITIES, *cut])
        found = cases_at(then, ticket, at)
        for kind in KINDS:
            assert found.words[kind][0] == known.words[kind][place], (ticket, kind)
        np.testing.assert_allclose(
            found.numbers[0], known.numbers[place], err_msg=f"{ticket} {NUMBERS}"
        )


def test_outcomes_are_those_of_the_answers(tmp_path: Path) -> None:
    chance = random.Random(6)
    events = [event for number in range(20) for event in life(number, chance)]
    desk = make_desk(tmp_path / "desk", time_zone="UTC")
    load_events(desk, [*ENTITIES, *events])
    with desk.marts.reader() as reader:
        found = past_cases(reader.engine, TARGETS["dissatisfied"], "UTC")
    said = {
        event["ticket_id"]: (
            event["answer"] == "bad",
            datetime.fromisoformat(event["occurred_at"]).timestamp(),
        )
        for event in events
        if event["type"] == "responded"
    }
    assert set(found.tickets) == set(said)
    for ticket, at, known_at, is_bad in zip(
        found.tickets, found.at, found.known_at, found.is_bad, strict=True
    ):
        assert (bool(is_bad), known_at) == said[ticket]
        assert at < known_at
