"""Explain, brief and verdicts on the site."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.desk.live import LiveDesk
from helmdesk.insight.prose import paragraphs
from helmdesk.insight.today import today_of
from web.conftest import text


def desk_of(site: Path) -> LiveDesk:
    return LiveDesk(site)


@pytest.fixture
def lea(as_: Any) -> Any:
    return as_("lea")


def test_the_metric_page_leads_to_its_explanation(lea: Any) -> None:
    page = text(lea.get("/metric/csat"))
    assert 'href="/metric/csat/explain' in page
    assert "Why did it change?" in page


def test_the_explanation_answers_the_five_questions_in_order(lea: Any) -> None:
    page = text(lea.get("/metric/average_handle_time/explain?start=2025-06-01&end=2025-08-01"))
    questions = [
        "Is it real?",
        "What the number rests on",
        "Where?",
        "Different work, or the same work handled differently?",
        "What moved with it?",
        "What to do?",
        "Be warned next time",
    ]
    places = [page.index(question) for question in questions]
    assert places == sorted(places)
    assert "taken apart; the largest part is" in page
    assert "It would have fired" in page


def test_only_the_part_is_sent_where_only_the_part_is_asked_for(lea: Any) -> None:
    part = text(
        lea.get("/metric/csat/explain", headers={"HX-Request": "true", "HX-Target": "explanation"})
    )
    assert "<html" not in part
    assert "<main" not in part
    assert "Is it real?" in part


def test_the_brief_stands_on_the_home_page_and_on_its_own(lea: Any, site: Path) -> None:
    home = text(lea.get("/"))
    found = desk_of(site).brief()
    today = today_of(found)
    assert today.stories
    assert f"<h1>{escape(today.heading)}</h1>" in home
    for story in today.stories:
        for words in (story.headline, story.changed, story.real, story.act, story.badge.word):
            assert escape(words) in home, words
    for watched in (*today.going, *today.settled):
        assert escape(watched.headline) in home
    page = text(lea.get("/brief"))
    assert page.count("What this week calls for") == 1
    # What is copied is what is mailed, and what stands there.
    copied = unescape(page.split('data-copy="')[1].split('"')[0])
    assert copied == " ".join(" ".join(paragraphs(found)).split())
    for each in found.findings:
        assert escape(each.seen) in page and escape(each.act[1:]) in page


def test_what_is_explained_is_what_the_verdict_speaks_of(lea: Any, site: Path) -> None:
    """From Home to the explanation: the same two stretches, unless somebody chose others."""
    desk = desk_of(site)
    for key, verdict in desk.verdicts(desk.settings.scorecard).items():
        if not verdict.is_told or verdict.since is None or verdict.now is None:
            continue
        page = text(lea.get(f"/metric/{key}/explain"))
        assert f"{verdict.since:%-d %B}" in page.split("what its verdict speaks of")[0]
        return
    raise AssertionError("the sample tells of nothing")


JARGON = re.compile(
    r"\b\d{4}-\d\d-\d\d\b|\b[a-z]+_[a-z_]+\b|\bn = |\bp = |95%|\blever\b|\bsegments?\b|\bmix\b"
    r"|\bclocks?\b|\bquarantine\b|  |\bNone\b|\bnan\b"
)


@pytest.mark.parametrize("end", ["2025-05-05", "2025-10-27", "2025-12-15", "2026-05-18", None])
def test_every_sentence_of_a_brief_is_one_that_people_say(end: str | None, site: Path) -> None:
    found = desk_of(site).brief(end=end)
    told = [*paragraphs(found), today_of(found).heading]
    for story in today_of(found).stories:
        told += [story.headline, story.changed, story.real, story.why, story.act, story.again]
    for words in filter(None, told):
        assert not JARGON.search(words), words
        assert words.count("(") == words.count(")"), words
        assert words[0] == words[0].upper(), words
    # Nothing is told to have moved and to be quiet.
    quiet = {each.key for each in found.quiet}
    assert not quiet & {each.key for each in found.told}


def test_every_row_says_whether_it_is_real(lea: Any, site: Path) -> None:
    rows = text(lea.get("/scorecard")).split("<tr>")
    for card in desk_of(site).scorecard().cards:
        if card.reason:
            continue
        row = next(row for row in rows if f'href="/metric/{card.metric.key}' in row)
        assert f'<span class="v {card.tone}' in row and f"<span>{card.badge.word}</span>" in row


def test_numbers_of_one_verdict_can_be_shown_alone(lea: Any, site: Path) -> None:
    found = desk_of(site).scorecard().cards
    for tone in ("worse", "better", "moved"):
        page = text(lea.get(f"/scorecard?verdict={tone}"))
        table = page.split("Numbers are for")[0].split("<main")[1]
        shown = {card.metric.key for card in found if f'href="/metric/{card.metric.key}' in table}
        assert shown == {card.metric.key for card in found if card.tone == tone and not card.reason}


def test_pages_and_api_print_the_same_sentence(lea: Any) -> None:
    key = "ticket_volume"
    cards = json.loads(text(lea.get("/api/v1/scorecard")))["cards"]
    words = next(card["story"] for card in cards if card["metric"] == key)
    assert words
    said = words[0].upper() + words[1:]
    assert (
        json.loads(text(lea.get(f"/api/v1/metrics/{key}/explanation")))["course"]["words"] == words
    )
    assert said in text(lea.get(f"/metric/{key}"))
    assert said in text(lea.get(f"/metric/{key}/explain"))


def test_agents_and_accounts_are_not_explained_to(as_: Any) -> None:
    for name in ("hugo", "vic"):
        reader = as_(name)
        assert reader.get("/brief").status_code == 403
        assert reader.get("/metric/csat/explain").status_code == 403
        assert "/explain" not in text(reader.get("/metric/csat"))


def test_a_team_leads_brief_is_about_the_own_team(as_: Any) -> None:
    assert "Boston" not in text(as_("tom").get("/brief?end=2025-10-27&start=2025-10-20"))


def test_the_api_says_the_same(lea: Any) -> None:
    found = json.loads(
        text(lea.get("/api/v1/metrics/csat/explanation?start=2025-10-01&end=2025-11-01"))
    )
    assert found["metric"] == "csat"
    for by in found["where"]["by"]:
        assert (
            abs(sum(part["rate"] + part["mix"] for part in by["segments"]) - by["rate"] - by["mix"])
            < 1e-12
        )
    brief = json.loads(text(lea.get("/api/v1/brief?end=2025-11-03")))
    assert brief["start"] == "2025-10-27"
    assert len(brief["findings"]) <= 5
    assert json.loads(text(lea.get("/api/v1/metrics/csat/rules")))[0]["rule"].startswith(
        "Tell me when"
    )


def test_annotations_of_the_site_are_context(lea: Any, site: Any) -> None:
    from datetime import date

    from helmdesk.web.pages.annotations.models import Annotation

    note = Annotation.objects.create(
        day=date(2025, 10, 6), text="survey moved to another tool", metric="csat"
    )
    try:
        assert "survey moved to another tool" in text(
            lea.get("/metric/csat/explain?start=2025-10-01&end=2025-11-01")
        )
    finally:
        note.delete()


def test_alerts_tell_what_the_verdict_told(lea: Any, site: Any) -> None:
    key = "average_speed_of_answer"
    rule = json.loads(text(lea.get(f"/api/v1/metrics/{key}/rules")))[0]
    assert (
        rule["rule"] == "Tell me when the verdict on “Average speed of answer” turns for the worse."
    )
    assert rule["fired"] and rule["fired_on"] == [each["week"] for each in rule["fired"]]
    for each in rule["fired"]:
        after = (date.fromisoformat(each["week"]) + timedelta(days=7)).isoformat()
        assert Desk(site).verdicts([key], end=after)[key].words == each["says"]
        assert each["says"] in text(lea.get(f"/metric/{key}/explain"))
