"""Themes on one desk whose numbers were worked out by hand."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from desks import Event, load_events, make_desk
from helmdesk.desk.desk import Desk
from helmdesk.desk.erasure import erase
from helmdesk.errors import SettingError, UsageError
from helmdesk.facts.build.taxonomy import Theme
from helmdesk.query.filters import Compare
from helmdesk.query.policy import Policy

FEBRUARY = {"start": "2026-02-01", "end": "2026-03-01"}
INSTRUMENT: Event = {
    "type": "instrument",
    "entity_id": "csat",
    "occurred_at": "2020-01-01",
    "valid_from": "2020-01-01",
    "instrument_kind": "csat",
    "definition": '{"positive": ["good"], "negative": ["bad"]}',
}
MARIA: Event = {
    "type": "customer",
    "entity_id": "c3",
    "occurred_at": "2020-01-01",
    "valid_from": "2020-01-01",
    "name": "Maria Quendel",
}


def asked(
    key: str, day: str, customer: str, words: str, answer: str = "", comment: str = ""
) -> list[Event]:
    """One ticket with the customer's first message, solved the next day, and an answer."""
    at = datetime.fromisoformat(f"{day}T09:00")
    whose = {"ticket_id": key, "occurred_at": at.isoformat()}
    events: list[Event] = [
        {
            "type": "created",
            **whose,
            "actor_kind": "customer",
            "customer_id": customer,
            "channel": "email" if key.endswith(("0", "2", "4", "6", "8")) else "chat",
            "subject": "Question",
        },
        {
            "type": "message",
            **whose,
            "direction": "inbound",
            "visibility": "public",
            "actor_kind": "customer",
            "actor_id": customer,
            "text": words,
        },
        {
            "type": "status_changed",
            "ticket_id": key,
            "occurred_at": (at + timedelta(days=1)).isoformat(),
            "status": "solved",
        },
    ]
    if answer:
        events.append(
            {
                "type": "responded",
                "ticket_id": key,
                "survey_id": f"s-{key}",
                "instrument_id": "csat",
                "occurred_at": (at + timedelta(days=2)).isoformat(),
                "answer": answer,
                "customer_id": customer,
                **({"comment": comment} if comment else {}),
            }
        )
    return events


def events() -> list[Event]:
    """In February 20 about billing (5 of them satisfied), 10 about access of one customer (9),
    4 about tone and 6 about nothing known (all satisfied); 5 about billing in January.
    """
    found: list[Event] = [INSTRUMENT, MARIA]
    for place in range(20):
        words = (
            f"My refund of case {place} was promised on day {place}, I am Maria Quendel and reach"
            " you from maria@quendel.example or +49 30 1234567"
        )
        good = "good" if place < 5 else "bad"
        said = "Still no refund, three weeks later" if place < 8 else ""
        found += asked(f"B{place}", f"2026-02-{place % 20 + 1:02}", f"c{place}", words, good, said)
    for place in range(10):
        good = "good" if place else "bad"
        words = f"I cannot access my account number {place}, what shall I do"
        found += asked(f"A{place}", f"2026-02-{place + 1:02}", "c99", words, good)
    for place in range(4):
        found += asked(f"R{place}", "2026-02-05", f"r{place}", "Your colleague was rude", "good")
    for place in range(6):
        found += asked(f"O{place}", "2026-02-06", f"o{place}", "Where is the zirkel menu", "good")
    for place in range(5):
        found += asked(f"J{place}", f"2026-01-{place + 10}", f"j{place}", "A refund please")
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("themes") / "desk")
    load_events(desk, events())
    return desk


def test_a_theme_has_its_share_its_change_and_its_gap(desk: Desk) -> None:
    report = desk.themes.report(**FEBRUARY)
    told = {each.name: each for each in report.themes}
    assert list(told) == ["billing", "access", "other"], "the most frequent first, other last"
    assert (report.n, report.few) == (40, 1), "four about tone are too few to be told"
    billing = told["billing"]
    assert (billing.n, billing.before, billing.share) == (20, 5, 0.5)
    # Wilson's interval of 20 of 40, by hand.
    assert (billing.low, billing.high) == (
        pytest.approx(0.352, abs=5e-4),
        pytest.approx(0.648, abs=5e-4),
    )
    assert billing.judged == "higher"
    assert billing.satisfaction is not None and billing.satisfaction.value == 0.25
    assert billing.gap is not None
    value, low, high = billing.gap
    assert value == pytest.approx(5 / 20 - 19 / 20)
    assert low < value < high < -0.3


def test_quotes_are_masked_and_never_of_fewer_than_five_people(desk: Desk) -> None:
    told = {each.name: each for each in desk.themes.report(**FEBRUARY).themes}
    quotes = told["billing"].quotes
    assert quotes
    for each in quotes:
        assert "refund" in each.words and "[name]" in each.words and "[mail]" in each.words
        assert not {"Maria", "quendel", "1234567"} & set(each.words.replace("@", " ").split())
    assert told["access"].quotes == (), "ten texts of one customer"


def test_a_theme_slices_filters_and_lists_as_any_dimension(desk: Desk) -> None:
    by = {row.group[0][1]: row.n for row in desk.measure("csat", by="theme", **FEBRUARY)}
    assert by == {"billing": 20, "access": 10, "tone": 4, "other": 6}
    (rude,) = desk.measure("csat", where="theme = 'tone'", **FEBRUARY)
    assert rude.value == 1.0
    rows = desk.rows("ticket_volume", where="theme = 'access'", **FEBRUARY)
    assert sorted(row["ticket_id"] for row in rows.table.to_pylist()) == [
        f"A{n}" for n in range(10)
    ]


def test_comments_have_themes_of_their_own(desk: Desk) -> None:
    (told,) = desk.themes.report("comments", **FEBRUARY).themes
    assert (told.name, told.n) == ("billing", 8)
    assert told.quotes[0].words == "Still no refund, three weeks later"


def test_a_reader_of_a_part_sees_themes_of_that_part(desk: Desk) -> None:
    part = desk.as_seen_by(Policy("mail", Compare("channel", "=", "email")))
    told = {each.name: each for each in part.themes.report(**FEBRUARY).themes}
    assert told["billing"].n == 10
    assert {int(each.id[1:]) % 2 for each in told["billing"].quotes} == {0}
    with pytest.raises(UsageError):
        part.themes.adopt([Theme("menus", "product", ("zirkel",))])
    outside = desk.as_seen_by(Policy("customer", names=frozenset({"theme", "channel", "subject"})))
    assert not any(each.quotes for each in outside.themes.report(**FEBRUARY).themes)


def test_themes_of_the_desks_own_are_followed_and_told_by_receipts(
    desk: Desk, tmp_path: Path
) -> None:
    shutil.copytree(desk.path, tmp_path / "own")
    own = Desk(tmp_path / "own")
    before = own.measure("ticket_volume", by="theme", **FEBRUARY)
    assert own.themes.adopt([Theme("menus", "product", ("zirkel* menu", "toolbar"))]) == 1
    own.refresh()
    after = own.measure("ticket_volume", by="theme", **FEBRUARY)
    assert {row.group[0][1]: row.n for row in after} == {"menus": 6, "other": 34}
    own.verify(after.receipt)
    own.verify(before.receipt)
    # A refresh by what is new alone sorts as a mart built from nothing does.
    load_events(own, asked("N1", "2026-02-20", "n1", "Zirkelmenu? No: the ZIRKELS  menu!"))
    assert own.measure("ticket_volume", where="theme = 'menus'", **FEBRUARY)[0].n == 7
    assert own.themes.adopt([Theme("Maria Quendel", "", ("menu", "maria quendel", "c3"))]) == 2
    erase(own, ["c3"])
    kept = [own.folder.taxonomies.file, *(own.path / "themes").glob("*.toml")]
    assert not any(word in file.read_text().lower() for file in kept for word in ("c3", "maria"))
    assert own.themes.in_force == (Theme("menu", "", ("menu",)),)
    with own.marts.reader() as reader:
        assert reader.engine.run("select count(*) from texts where words like '%case 3 %'") == [
            (0,)
        ]


@pytest.mark.parametrize(
    "themes",
    [
        [Theme("other", "", ("x1",))],
        [Theme("a", "somewhere", ("x1",))],
        [Theme("a", "", ())],
        [Theme("a", "", ("*",))],
        [Theme("a", "", ("a*b",))],
        [Theme("a", "", ("x" * 81,))],
        [],
    ],
)
def test_themes_that_cannot_be_leave_those_in_force(desk: Desk, themes: list[Theme]) -> None:
    with pytest.raises(SettingError):
        desk.folder.taxonomies.adopt(themes)
    assert desk.folder.taxonomies.own is None
