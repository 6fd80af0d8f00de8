"""The pages on which a leader works with surveys, and the command line beside them."""
# Fixtures are taken from the other file by their names.
# ruff: noqa: F401, F811

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from helmdesk.act.surveys import Kind, Reason
from helmdesk.desk.desk import Desk
from web.conftest import text
from web.mail_server import Inbox
from web.test_surveys import (
    NOW,
    _empty,
    asked_of,
    desk,
    find,
    links,
    mail,
    now,
    post,
    rule_of,
    solve,
)

FORM = {
    "name": "After the solve",
    "instrument": "csat",
    "where": "channel = 'email'",
    "share": "50",
    "delay_hours": "24",
    "person_days": "90",
    "account_days": "7",
    "oldest_days": "14",
    "open_days": "28",
    "reminder_days": "3",
    "start": "09:00",
    "end": "17:00",
    "language": "de",
}


@pytest.fixture
def addressed(site: Path) -> None:
    """Everybody who was helped last on the site's own desk has an address."""
    from helmdesk.web.apps.surveys.models import Address, digest

    own = Desk(site)
    with own.marts.reader() as reader:
        end = reader.bounds.as_of
    customers = {each.customer_id for each in own.newly_solved(end - timedelta(days=28), end)}
    Address.objects.bulk_create(
        [
            Address(key=digest(each), customer_id=each, email=f"c{place}@example.org")
            for place, each in enumerate(sorted(customers))
        ]
    )


def test_a_rule_is_tried_on_the_past_kept_in_preview_and_changed(
    as_: Any, site: Path, addressed: None
) -> None:
    from helmdesk.web.apps.surveys.models import Rule

    lea, own = as_("lea"), Desk(site)
    assert "You have no rules yet" in text(lea.get("/surveys"))
    with own.marts.reader() as reader:
        end = reader.bounds.as_of
    where = FORM["where"]
    solved = own.newly_solved(end - timedelta(days=28), end + timedelta(seconds=1), where=where)
    every = {**FORM, "share": "100", "person_days": "0", "account_days": "0"}
    page = text(lea.get("/surveys/new", every))
    # Whom a rule looks at are the rows of the resolution time.
    told = f"{len(solved)} tickets were solved that fall under it; {len(solved)} customers"
    assert told in page
    people = len({each.customer_id for each in solved})
    once = {**every, "person_days": "90"}
    assert f"; {people} customer" in text(lea.get("/surveys/new", once))
    assert Rule.objects.count() == 0
    kept = lea.post("/surveys/new", FORM, follow=True)
    assert "It is in preview: nobody is asked" in text(kept)
    rule = Rule.objects.get()
    assert (rule.is_on, rule.says.share, rule.language, rule.where) == (False, 0.5, "de", where)
    assert f"{rule.invitations.count()} tickets were solved before the rule was there" in text(kept)
    changed = lea.post(f"/surveys/{rule.pk}/edit", {**FORM, "share": "20"}, follow=True)
    assert "20% of the customers" in text(changed)
    form = text(lea.get(f"/surveys/{rule.pk}/edit"))
    assert 'value="20.0"' in form or 'value="20"' in form
    assert "Removed." in text(lea.post(f"/surveys/{rule.pk}/change", {"do": "remove"}, follow=True))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"where": "team ="}, "cannot read the filter"),
        ({"where": "colour = 'red'"}, "colour"),
        ({"share": "0"}, "greater than or equal to 0.1"),
        ({"start": "17:00", "end": "09:00"}, "from an earlier to a later time"),
        ({"delay_hours": "x"}, "whole number"),
        ({"name": ""}, "required"),
        ({"instrument": "esat"}, "valid choice"),
    ],
)
def test_what_is_no_rule_is_said(as_: Any, wrong: dict[str, str], why: str) -> None:
    from helmdesk.web.apps.surveys.models import Rule

    lea = as_("lea")
    refused = lea.post("/surveys/new", {**FORM, **wrong})
    assert refused.status_code in (400, 404) and why in refused.content.decode()
    assert lea.get("/surveys/new", {**FORM, **wrong}).status_code == 200
    assert Rule.objects.count() == 0


def test_new_words_are_a_new_version_and_old_answers_keep_theirs(
    desk: Desk,
    mail: Inbox,
    now: Any,
    as_: Any,
) -> None:
    rule = rule_of(desk)
    lea = as_("lea")
    assert "Kept as version 2." in text(
        lea.post("/surveys/questions/csat", {"en": "Did {desk} help?"}, follow=True)
    )
    assert "Kept as version 2." in text(
        lea.post("/surveys/questions/csat", {"en": "Did {desk} help?"}, follow=True)
    ), "the same words are the same version"
    rule.refresh_from_db()
    assert rule.instrument.record_id == "helmdesk-csat-2"
    shown = lea.get(f"/surveys/{rule.pk}/page", {"rating": "3", "language": "en"})
    assert "Did " in text(shown) and "nothing you send here is kept" in text(shown)
    assert lea.post(f"/surveys/{rule.pk}/page", {"rating": "3"}).status_code == 200
    assert "Wie zufrieden" in text(lea.get(f"/surveys/{rule.pk}/page", {"language": "de"}))
    assert lea.get("/surveys/questions/gossip").status_code == 400


def test_a_mail_to_oneself_shows_what_customers_get(
    desk: Desk,
    mail: Inbox,
    now: Any,
    as_: Any,
) -> None:
    from helmdesk.web.apps.outbox.models import Message
    from helmdesk.web.apps.people.models import Person

    rule, lea = rule_of(desk, kind=Kind.NPS, is_on=False), as_("lea")
    Person.objects.filter(username="lea").update(email="lea@example.org")
    try:
        assert as_("lea").post(f"/surveys/{rule.pk}/change", {"do": "mail"}).status_code == 302
        refused = as_("ann").post(f"/surveys/{rule.pk}/change", {"do": "mail"})
        assert refused.status_code == 400 and "no mail address" in refused.content.decode()
    finally:
        Person.objects.filter(username="lea").update(email="")
    letter = Message.objects.get()
    assert letter.recipient == "lea@example.org" and f"/surveys/{rule.pk}/page" in letter.text
    assert letter.text.count("?rating=") == 11
    assert lea.post(f"/surveys/{rule.pk}/change", {"do": "dance"}).status_code == 400


def test_addresses_come_from_a_spreadsheet(
    desk: Desk,
    mail: Inbox,
    now: Any,
    as_: Any,
    tmp_path: Path,
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from helmdesk.web.apps.surveys.models import Address

    lea = as_("lea")

    def give(content: str, name: str = "customers.csv") -> Any:
        sent = {"do": "addresses", "file": SimpleUploadedFile(name, content.encode())}
        return lea.post("/surveys/addresses/change", sent, follow=True)

    table = (
        "Customer ID;E-Mail;Language;Time zone\n4711;ada@example.org;de-AT;Europe/Vienna\n"
        "4712;not an address;;\n4713;eve@example.org;;Mars\n;bob@example.org;;\n"
    )
    told = text(give(table))
    assert "1 address kept." in told and "3 rows were not usable: row 2:" in told
    assert "1 address kept." in text(give("customer,email\n4711,Ada.New@example.org\n"))
    row = Address.objects.get()
    assert (row.email, row.language) == ("Ada.New@example.org", ""), "the newest counts"
    wrong = give("a,b\n1,2\n")
    assert wrong.status_code == 400 and "no column for customer and email" in wrong.content.decode()
    give(table)
    rule_of(desk)
    solve(desk, ("T-1", "4711", NOW - timedelta(hours=1)))
    find(desk)
    post()
    assert mail.only()["To"] == "ada@example.org" and "Wie war" in mail.only()["Subject"]
    assert asked_of("4711").zone == "Europe/Vienna"
    nothing = lea.post("/surveys/addresses/change", {"do": "addresses"})
    assert nothing.status_code == 400 and "choose a file first" in nothing.content.decode()


def test_an_account_is_left_alone_until_a_day(as_: Any) -> None:
    from helmdesk.web.apps.surveys.models import QuietAccount

    lea = as_("lea")
    sent = {"do": "quiet", "account": "Dalora", "until": "2026-12-24", "why": "outage"}
    told = text(lea.post("/surveys/addresses/change", sent, follow=True))
    assert "Dalora is left alone." in told and "until 24 December 2026" in told
    for wrong in ({"account": ""}, {"until": "soon"}):
        assert lea.post("/surveys/addresses/change", {**sent, **wrong}).status_code == 400
    lea.post("/surveys/addresses/change", {"do": "ask", "account": "dalora"})
    assert not QuietAccount.objects.exists()


def test_who_answers_and_what_they_write_is_told(
    desk: Desk, mail: Inbox, now: Any, as_: Any
) -> None:
    from helmdesk.web.apps.surveys.overview import comments, themes, who_answers
    from web.test_surveys import record

    rule = rule_of(desk)
    recent = NOW - timedelta(hours=1)
    own, others = range(1, 9), range(9, 17)
    tickets = [(f"T-{n}", f"c{n}@example.org", recent) for n in (*own, *others)]
    solve(desk, *tickets[:8])
    solve(desk, *tickets[8:], channel="phone")
    find(desk)
    post()
    answers = 0
    for sent in mail.taken:
        number = int(sent["To"].partition("@")[0][1:])
        if number in own:  # those who wrote by mail
            said = {"rating": "2", "comment": "I waited on hold" if number < 6 else ""}
            assert as_().post(links(sent)[0], said).status_code == 302
            answers += 1
    record(desk)
    whole, cuts = who_answers(desk, rule.instrument.record_id)
    assert whole is not None and (whole.n, whole.value) == (16, 0.5) and answers == 8
    (by_channel,) = cuts
    assert {name: (row.n, beside) for name, row, beside in by_channel.rows} == {
        "email": (8, "answers more often"),
        "phone": (8, "answers less often"),
    }
    written = comments(desk, rule.instrument)
    assert [(each.comment, each.answer) for each in written] == [("I waited on hold", "2")] * 5
    ((theme, row),) = [each for each in themes(desk, rule.instrument) if each[0] == "wait"]
    assert (theme, row.n, row.value) == ("wait", 5, 0.0)
    page = text(as_("lea").get(f"/surveys/{rule.pk}"))
    assert "50.0% of those who got the mail answered" in page or "50% of those" in page
    assert Reason.EARLIER not in page.partition("Who is not asked")[2]


def test_a_desk_that_was_emptied_is_told_its_questions_again(
    desk: Desk, mail: Inbox, now: Any
) -> None:
    from helmdesk.web.apps.events.models import Event
    from helmdesk.web.apps.surveys.jobs import tell_instruments
    from web.test_surveys import record

    rule_of(desk)
    record(desk)
    tell_instruments(desk)
    assert Event.objects.filter(kind="instrument").count() == 1, "the records know it"
    desk.empty()
    solve(desk, ("T-1", "ada@example.org", NOW - timedelta(hours=1)))
    tell_instruments(desk)
    assert Event.objects.filter(kind="instrument").count() == 1, "not twice a day"
    Event.objects.update(at=NOW - timedelta(days=400))
    tell_instruments(desk)
    assert Event.objects.filter(kind="instrument").count() == 2
    record(desk)
    assert [row["entity_id"] for row in desk.definitions()["instruments"]] == ["helmdesk-csat-1"]


# -- the command line ------------------------------------------------------------------------------


@pytest.fixture
def cli(site: Path) -> Callable[..., Any]:
    from helmdesk.cli.main import commands

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(commands, ["surveys", *arguments, "--desk", str(site)])

    return run


def test_the_command_line_lists_and_tries(
    cli: Callable[..., Any], site: Path, addressed: None, tmp_path: Path
) -> None:
    tried = json.loads(cli("try", "--where", "channel = 'email'", "--format", "json").stdout)
    assert tried["solved"] == tried["asked"] + sum(tried["reasons"].values()) > 0
    half = json.loads(cli("try", "--share", "50", "--format", "json").stdout)
    assert 0 < half["asked"] < half["solved"] and half["reasons"][Reason.SAMPLED_OUT.value] > 0
    assert "tickets were solved that fall under it" in cli("try").stdout
    assert "whole number from 0 to 730" in str(cli("try", "--person-days", "9999").exception)
    rule_of(Desk(site), is_on=False)
    assert "After the solve (Customer satisfaction, version 1): preview" in cli("list").stdout
    (row,) = json.loads(cli("list", "--format", "json").stdout)
    assert row["eligible"] == row["waiting"] + row["held"] + row["asked"]
    table = tmp_path / "customers.csv"
    table.write_text("customer,email\nx-1,ada@example.org\nx-2,nothing\n")
    told = cli("addresses", str(table)).stdout
    assert "1 address kept" in told and "row 2: 'nothing' is no mail address" in told
    assert "holds no mail" in str(cli("returned", str(table)).exception)
