"""Themes on the site: listed, looked for, and their words changed by who keeps the data alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.theming import Theming
from helmdesk.facts.build.taxonomy import Theme

As = Callable[[str], Any]
YEAR = "?window=364-days"


def test_themes_are_listed_with_links_to_their_rows(as_: As, site: Path) -> None:
    from helmdesk.desk.desk import Desk

    page = as_("lea").get(f"/themes{YEAR}").content.decode()
    report = Desk(site).themes.report(window="364-days")
    assert report.themes
    for each in report.themes:
        assert f"{each.n:,}" in page and each.name.capitalize() in page
    assert "theme+%3D+%27" in page, "a link to the rows of a theme"


def test_without_comments_the_page_offers_one_next_step(as_: As) -> None:
    nobody = "&where=channel+%3D+%27phone%27+and+channel+%3D+%27chat%27"
    page = as_("lea").get(f"/themes{YEAR}&of=comments{nobody}").content.decode()
    assert 'href="/surveys"' in page and "<table" not in page


def test_comments_of_the_sample_are_listed_and_quoted(as_: As, site: Path) -> None:
    from helmdesk.desk.desk import Desk

    page = as_("lea").get(f"/themes{YEAR}&of=comments").content.decode()
    report = Desk(site).themes.report("comments", window="364-days")
    assert report.themes[0].quotes
    assert all(quote.words in page for quote in report.themes[0].quotes)


def test_who_does_not_keep_the_data_changes_nothing(as_: As) -> None:
    given = {"name": "x", "about": "", "words": "yes", "place": "1"}
    for who in ("lea", "hugo"):
        assert "<textarea" not in as_(who).get("/themes/words").content.decode()
        assert as_(who).post("/themes/words/change", given).status_code == 403


def test_words_that_cannot_be_are_refused_and_still_stand_in_the_form(as_: As, site: Path) -> None:
    given = {"name": "menus", "about": "", "words": "zirkel, *", "place": "1"}
    found = as_("ada").post("/themes/words/change", given)
    assert found.status_code == 422 and "zirkel, *" in found.content.decode()
    assert not (site / "themes.toml").exists()


def test_words_are_taken_in_the_order_of_their_places(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[Theme, ...]] = []

    def adopt(_self: Theming, themes: tuple[Theme, ...]) -> int:
        kept.append(themes)
        return 1

    monkeypatch.setattr(Theming, "adopt", adopt)
    given = {
        "name": ["menus", "gone", "first "],
        "about": ["product", "", "service"],
        "words": ["Zirkel*, toolbar\nthe  menu", " ", "hello"],
        "place": ["2", "1", "1"],
    }
    assert as_("ada").post("/themes/words/change", given).status_code == 302
    assert kept == [
        (
            Theme("first", "service", ("hello",)),
            Theme("menus", "product", ("zirkel*", "toolbar", "the  menu")),
        )
    ]
