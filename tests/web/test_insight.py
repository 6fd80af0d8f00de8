"""Explain, brief and verdicts on the site."""

from __future__ import annotations

import json
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.desk.live import LiveDesk
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
        "Is the number sound?",
        "Is it real?",
        "Where, and is it mix or rate?",
        "What moved with it?",
        "Which lever?",
        "Alerts in waiting",
    ]
    places = [page.index(question) for question in questions]
    assert places == sorted(places)
    assert "taken apart by" in page
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
    assert text(lea.get("/brief")).count("What last week calls for") == 1
    part = text(lea.get("/brief", headers={"HX-Request": "true", "HX-Target": "brief"}))
    assert "<main" not in part
    assert "What last week calls for" in part


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
    assert words in text(lea.get(f"/metric/{key}/explain"))


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
