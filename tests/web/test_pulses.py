"""Pulses: what one's own people say, and that nobody can tell who said it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import load_events, make_desk
from helmdesk.act.pulses import MINIMUM, OTHERS
from helmdesk.act.surveys import Kind
from helmdesk.desk.desk import Desk
from web.conftest import text
from web.test_surveys import record

TEAMS = {"Berlin": 9, "Boston": 6, "Night": 3, "Tools": 1}


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.jobs.models import Heartbeat, Job, Schedule
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.surveys.models import Instrument, Rule, Wave

    def clear() -> None:
        for model in (Wave, Rule, Instrument, Message, Event, Heartbeat, Job, Schedule):
            model.objects.all().delete()
        Person.objects.filter(username__startswith="colleague").delete()

    clear()
    yield
    clear()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A small desk in place of the site's own, for jobs."""
    from django.conf import settings

    made = make_desk(tmp_path / "desk", name="Larkspur")
    opened = {"type": "created", "ticket_id": "1", "occurred_at": "2026-01-05T09:00"}
    load_events(made, [opened], refresh=False)
    monkeypatch.setattr(settings, "DESK_FOLDER", made.path)
    return made


def people(teams: dict[str, int]) -> dict[str, list[Any]]:
    """Make people of teams."""
    from helmdesk.web.apps.people.models import Person

    number = itertools.count()
    return {
        team: [
            Person.objects.create_user(
                f"colleague{next(number)}", role="team_lead", teams=[team], email=""
            )
            for _ in range(count)
        ]
        for team, count in teams.items()
    }


def ask(kind: Kind = Kind.ESAT) -> Any:
    """Open a pulse to everybody who was made for it, and to nobody else."""
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.surveys.forms import instrument_of
    from helmdesk.web.apps.surveys.pulse import open_wave

    Person.objects.exclude(username__startswith="colleague").update(is_active=False)
    try:
        until = datetime.now(UTC) + timedelta(days=7)
        return open_wave(instrument_of(kind.value), until, {})
    finally:
        Person.objects.exclude(username__startswith="colleague").update(is_active=True)


def test_answers_are_numbers_of_groups_that_hide_everybody(desk: Desk) -> None:
    from helmdesk.web.apps.surveys.models import Participation, Remark, Slip
    from helmdesk.web.apps.surveys.pulse import answer, close

    teams = people(TEAMS)
    wave = ask()
    given: dict[str, list[str]] = {}
    for team, members in teams.items():
        for place, person in enumerate(members):
            value = "5" if place % 3 else "1"
            given.setdefault(team, []).append(value)
            assert answer(person, wave, value, "less noise" if team == "Tools" else "")
    record(desk)
    assert not desk.lake.snapshot().files.get("pulse"), "nothing is told while it is open"
    assert close(wave) and not close(wave)
    record(desk)
    shown = {row.group[0][1]: row for row in desk.measure("esat", by="team")}
    # Night and Tools are four together, so Boston, the smallest that could be shown, goes along.
    assert {name: row.n for name, row in shown.items()} == {"Berlin": 9, OTHERS: 10}
    others = [*given["Night"], *given["Tools"], *given["Boston"]]
    assert shown[OTHERS].value == pytest.approx(others.count("5") / 10)
    assert shown["Berlin"].value == pytest.approx(given["Berlin"].count("5") / 9)
    assert [each.text for each in Remark.objects.all()] == ["less noise"]
    assert not Slip.objects.exists() and not Participation.objects.exists()


def test_no_filters_and_no_states_of_the_records_single_out_fewer_than_five(
    desk: Desk, tell: Any
) -> None:
    """Whatever one of two filters lets through and the other does not, now or a pulse before, is
    nobody, or five and more; tried with every pair over every dimension.
    """
    from helmdesk.web.apps.surveys.pulse import answer, close

    teams = people({"A": 7, "B": 5, "C": 4, "D": 2, "E": 1})
    states: list[dict[str, int]] = []
    for _ in range(2):
        wave = ask()
        for members in teams.values():
            for place, person in enumerate(members):
                if place != 4:  # not everybody answers
                    assert answer(person, wave, str(1 + place % 5), "")
        assert close(wave)
        record(desk)
        states.append(counted(desk))
    for counts in states:
        assert min(count for count in counts.values() if count) >= MINIMUM
        for first, second in itertools.combinations(counts, 2):
            both = counts.get(f"{first} and {second}")
            for outer in (first, second) if both is not None else ():
                assert counts[outer] == both or counts[outer] - both >= MINIMUM, (first, second)
        for where in counts:
            assert counts[""] == counts[where] or counts[""] - counts[where] >= MINIMUM, where
    for where in states[0]:
        later = states[1][where] - states[0][where]
        assert later == 0 or later >= MINIMUM, where
    pairs = sum(" and " in where for where in states[1])
    smallest = min(count for counts in states for count in counts.values() if count)
    assert pairs >= 45, "an attack that is worth its name: ten filters, each with each"
    tell(
        "a differencing attack over all pairs of filters finds no group under five",
        f"{pairs} pairs on {len(states)} states, smallest group {smallest}, none smaller by"
        " difference",
    )


def counted(desk: Desk) -> dict[str, int]:
    """Return how many answers every filter and every pair of them lets through."""
    filters = ["team is null", "not team is null"]
    for name in ("team", "instrument", "source"):
        for row in desk.measure("esat", by=name):
            value = row.group[0][1]
            filters += [f"{name} = '{value}'", f"{name} <> '{value}'"]
    filters = list(dict.fromkeys(filters))
    pairs = [f"{a} and {b}" for a, b in itertools.combinations(filters, 2)]
    return {
        where: desk.measure("esat", where=where or None)[0].n for where in ("", *filters, *pairs)
    }


def test_the_database_cannot_tell_who_said_what(desk: Desk) -> None:
    """What lies there while a pulse is open: no key, no time and no order joins the two tables."""
    from django.db import connection

    from helmdesk.web.apps.surveys.models import Participation, Slip
    from helmdesk.web.apps.surveys.pulse import answer

    order = "rowid" if connection.vendor == "sqlite" else "id"
    (members,) = people({"Berlin": 12}).values()
    places: Counter[int] = Counter()
    from helmdesk.web.apps.surveys.models import Wave

    for _ in range(25):
        Wave.objects.all().delete()
        wave = ask()
        assert answer(members[0], wave, "1", "")
        with connection.cursor() as cursor:
            cursor.execute(f"select value from surveys_slip order by {order}")
            listed = [value for (value,) in cursor.fetchall()]
        places[listed.index("1")] += 1
    assert len(places) > 5, "where the first answer lies says nothing"
    fields = {field.name for field in Slip._meta.concrete_fields}
    assert fields == {"id", "wave", "group", "value", "comment"}
    both = fields & {field.name for field in Participation._meta.concrete_fields}
    assert both == {"id", "wave", "group"}


def test_fewer_than_five_answers_are_shown_to_nobody(desk: Desk, as_: Any) -> None:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.surveys.models import Remark
    from helmdesk.web.apps.surveys.pulse import answer, close

    (members,) = people({"Berlin": 9}).values()
    wave = ask()
    for person in members[:4]:
        assert answer(person, wave, "1", "I said this")
    close(wave)
    assert not Event.objects.filter(kind="employee_response").exists()
    assert not Remark.objects.exists()
    page = text(as_("lea").get("/surveys/pulses"))
    assert "Fewer than 5 people answered, so nothing is shown." in page
    assert "I said this" not in page


def test_everybody_answers_once_and_only_while_it_is_open(desk: Desk) -> None:
    from helmdesk.errors import UsageError
    from helmdesk.web.apps.surveys.models import Slip, Wave
    from helmdesk.web.apps.surveys.pulse import answer

    (members,) = people({"Berlin": 6}).values()
    wave = ask()
    with pytest.raises(UsageError, match="choose one"):
        answer(members[0], wave, "6", "")
    with pytest.raises(UsageError, match="longer than 2,000"):
        answer(members[0], wave, "5", "x" * 2001)
    assert answer(members[0], wave, "5", "") and not answer(members[0], wave, "1", "")
    assert Slip.objects.exclude(value="").count() == 1
    with pytest.raises(UsageError, match="open already"):
        ask()
    Wave.objects.update(closes_at=datetime.now(UTC) - timedelta(seconds=1))
    wave.refresh_from_db()
    assert not answer(members[1], wave, "5", "")


def test_an_agent_answers_and_a_leader_asks_on_the_site(desk: Desk, as_: Any) -> None:
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.audit import AuditEvent
    from helmdesk.web.apps.people.models import Person
    from helmdesk.web.apps.surveys.jobs import end_pulses
    from helmdesk.web.apps.surveys.models import Wave

    Person.objects.filter(username="hugo").update(email="hugo@example.org")
    people({"Berlin": 5})
    lea, hugo = as_("lea"), as_("hugo")
    assert "no question for you" in text(hugo.get("/pulse"))
    sent = {"instrument": "esat", "days": "7", "tell": "on"}
    assert "Asked." in text(lea.post("/surveys/pulses", sent, follow=True))
    letter = Message.objects.get(topic="pulse", recipient="hugo@example.org")
    assert "nobody can see what you said" in " ".join(letter.text.split())
    page = text(hugo.get("/pulse"))
    assert "How satisfied are you with your work here?" in page
    wrong = hugo.post("/pulse", {"rating": "", "comment": "I wrote this"})
    assert wrong.status_code == 400 and "I wrote this" in wrong.content.decode()
    before = AuditEvent.objects.count()
    done = text(hugo.post("/pulse", {"rating": "2", "comment": "shifts"}, follow=True))
    assert "without your name" in done and "no question for you" in done
    assert AuditEvent.objects.count() == before, "no log tells that either"
    told = text(lea.get("/surveys/pulses"))
    assert "Nothing is shown before" in told and "shifts" not in told
    Wave.objects.update(closes_at=datetime.now(UTC) - timedelta(seconds=1))
    end_pulses.run(None)  # type: ignore[arg-type]
    assert "Over." in text(lea.get("/surveys/pulses"))
    Person.objects.filter(username="hugo").update(email="")
