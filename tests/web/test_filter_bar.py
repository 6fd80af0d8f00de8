"""What a page is filtered by: always said, changed by links and small forms, and a mistake stays
inside the page.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from helmdesk.web.labels import dimension_words, value_words
from web.conftest import text

PAGE = "/now"
MISTAKES = {
    "start=0001-01-01": "The year 1 is too far away.",
    "first=9999-12-31&last=9999-12-31": "The year 9999 is too far away.",
    "end=9999-12-31": "The year 9999 is too far away.",
    "first=2026-06-10&last=2026-06-01": (
        "The last day, 1 June 2026, lies before the first, 10 June 2026."
    ),
    "start=2026-06-10&end=2026-06-01": "These dates end before 10 June 2026, where they begin.",
    "first=2026-02-31": "“2026-02-31” is no day; write one like 2026-03-01.",
    "start=1901-01-01&end=1902-01-01": "There are no data on these dates; they cover",
    "where=channel+%3D": "The condition cannot be read. Write it like this:",
    "where=channel+in+(": "The condition cannot be read. Write it like this:",
    "where=foo+%3D+'x'": "The condition names something that is not known here.",
    "grain=fortnight": "Unknown grain",
    "compare=tomorrow": "Unknown comparison",
}


def said(response: Any) -> str:
    return unescape(" ".join(response.content.decode().split()))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_stays_inside_the_page(mistake: str, as_: Any) -> None:
    lea = as_("lea")
    before = "/metric/csat?channel=email&window=364-days"
    value = re.search(r'class="big">([^<]+)<', text(lea.get(before)))
    assert value
    response = lea.get(f"/metric/csat?{mistake}&was={before.replace('&', '%26')}")
    page = said(response)
    assert response.status_code == 400
    assert MISTAKES[mistake] in page
    assert f'class="big">{value[1]}<' in page
    assert "Channel: <b>Email</b>" in page
    assert not re.search(r"sqlglot|Traceback|<class|--start|Error\b", page)


def test_without_what_was_shown_before_the_rest_is_shown(as_: Any) -> None:
    page = said(as_("lea").get("/metric/csat?channel=email&start=2026-13-01"))
    assert "is no day" in page and "Channel: <b>Email</b>" in page


def test_what_cannot_be_shown_otherwise_is_an_error_of_its_own(as_: Any) -> None:
    assert as_("lea").get("/metric/no_such?channel=email").status_code == 404
    assert as_("lea").get("/ticket/no-such?window=28-days").status_code == 404


def test_presets_and_own_dates_say_their_days(as_: Any) -> None:
    lea = as_("lea")
    page = text(lea.get("/tickets?first=2026-05-01&last=2026-05-31"))
    assert "1–31 May 2026" in page and "31 days" in page
    assert 'name="first" value="2026-05-01"' in page and 'name="last" value="2026-05-31"' in page
    # The very rows of May: its last day is among them, 1 June is not.
    same = text(lea.get("/tickets?start=2026-05-01&end=2026-06-01"))
    count = re.compile(r"of <strong>(\d+)</strong>")
    assert count.findall(page) == count.findall(same)
    assert "Last 13 weeks" in page and "window=91-days" in page


def test_a_link_is_the_whole_view(as_: Any) -> None:
    lea = as_("lea")
    chosen = text(lea.get("/scorecard?compare=year"))
    assert "Compared with" in chosen and "52 weeks earlier" in chosen
    # What somebody chose before changes nothing in a link that does not say it.
    assert "52 weeks earlier)" not in text(lea.get("/scorecard"))
    assert 'name="address" value="/scorecard?compare=year"' in chosen


def test_filters_are_taken_out_one_by_one(as_: Any) -> None:
    page = unescape(text(as_("lea").get(f"{PAGE}?channel=email&tier=(none)")))
    assert "Channel: <b>Email</b>" in page and "Customer tier: <b>Not set</b>" in page
    assert 'href="?tier=%28none%29"' in page and 'href="?channel=email"' in page
    assert "Show only" in page and "Kind of question" in page


@pytest.mark.parametrize(
    ("name", "scope"),
    [("hugo", "Only your tickets"), ("tom", "Only Frontline Berlin"), ("vic", "Only Dalora")],
)
def test_what_a_reader_sees_at_all_is_said(name: str, scope: str, as_: Any) -> None:
    assert scope in text(as_(name).get(PAGE))
    assert "chip fixed" not in text(as_("lea").get(PAGE))


def test_a_view_is_saved_from_any_page(as_: Any) -> None:
    lea = as_("lea")
    page = text(lea.get(f"{PAGE}?channel=phone"))
    address = unescape(re.search(r'name="address" value="([^"]+)"', page)[1])  # type: ignore[index]
    assert address == f"{PAGE}?channel=phone"
    saved = lea.post("/views/save", {"title": "Phones now", "address": address, "back": address})
    assert saved["Location"] == address
    assert "Phones now" in text(lea.get("/dashboards"))


@pytest.mark.parametrize(
    ("dimension", "value", "words"),
    [
        ("issue_type", "feature_request", "Feature request"),
        ("channel", "email", "Email"),
        ("instrument", "csat", "CSAT"),
        ("team", "Frontline Berlin", "Frontline Berlin"),
        ("team", None, "No team yet"),
        ("agent", None, "Nobody yet"),
        ("tier", "(none)", "Not set"),
        ("weekday", 1, "Monday"),
        ("hour", 9, "09:00"),
        ("reassigned", True, "Yes"),
    ],
)
def test_no_key_is_printed(dimension: str, value: object, words: str) -> None:
    assert value_words(dimension, value) == words
    assert "_" not in dimension_words(dimension)
