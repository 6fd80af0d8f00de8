"""Every sentence that the brief, Home and the mail make of the sample's weeks can be read aloud: no
keys, no jargon, no number or word twice, and no two places that disagree.

All 78 weeks in the long form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from effort import IS_LONG
from helmdesk.desk.desk import Desk
from helmdesk.insight.brief import Brief
from helmdesk.insight.prose import paragraphs
from helmdesk.insight.today import today_of

LAST = date(2026, 6, 29)
ENDS = [LAST - timedelta(weeks=week) for week in range(78)] if IS_LONG else [date(2025, 10, 20)]

WRONG = {
    "a date as machines write it": r"\b\d{4}-\d{2}-\d{2}\b",
    "a key": r"\b[a-z]+_[a-z_]+\b",
    "a value that is none": r"\b(nan|None|null|inf|True|False)\b",
    "a hyphen for a minus": r"(?<![\w–])-\d",
    "a word twice": r"\b(\w+) \1\b",
    "a number twice beside itself": r"(?<![\d.,])(\d[\d.,]*%?) \(\1\)",
    "a year twice in one range": r"\b(20\d\d) – \d+ \w+ \1\b",
    "marks that collide": r"[.,;:]\s*[.,;](?!\.)|\(\s*\)|  ",
    "a brace": r"[{}]|<\w",
    "more figures than anybody reads": r"\d\.\d{3,}(?!\d*,)",
    "jargon": (
        r"(?i)\b(p-value|q-value|strat(um|a|ified)|null hypothesis|false discovery|quantile"
        r"|standard deviation|sigma|regression|covariate|confound\w*|heterosk\w*|rate effect"
        r"|mix effect|counterfactual|bootstrap\w*|z-score|chi-squared?|kolmogorov|baseline"
        r"|statistically|segments? changed in themselves|lever known|granular\w*|leverage"
        r"|actionable|insights?)\b"
    ),
    "a word that does not fit": r"(?<![\d.,])1 (weeks|days|tickets|answers|cases|points)\b",
}


def sentences(found: Brief) -> Iterator[tuple[str, str]]:
    """Give every text of a brief with where it stands."""
    for place, text in enumerate(paragraphs(found)):
        yield f"paragraph {place}", text
    for each in (*found.findings, *found.more):
        told = (each.title, each.text, each.act, each.if_wrong, each.rule)
        told += (*each.alternatives, *each.context, *(test.words for test in each.tests))
        yield from ((f"finding {each.key}", text) for text in told)
    for watched in found.told:
        yield f"course of {watched.key}", watched.words
        yield f"headline of {watched.key}", watched.headline
    for story in today_of(found).stories:
        told = (story.short, story.headline, story.changed, story.real, story.why, story.act)
        yield from ((f"story {story.key}", text) for text in (*told, story.again))
    yield from ((f"not found: {title}", why) for title, why in found.checked)


@pytest.fixture(scope="module", params=ENDS, ids=str)
def told(request: pytest.FixtureRequest, sample_desk: Desk) -> Brief:
    return sample_desk.brief(end=request.param.isoformat())


def test_every_sentence_can_be_read_aloud(told: Brief) -> None:
    read = [(where, text) for where, text in sentences(told) if text]
    assert len(read) > 20
    wrong = [
        f"{what} ({found[0]!r}) in {where}: {text}"
        for where, text in read
        for what, pattern in WRONG.items()
        if (found := re.search(pattern, text))
    ]
    assert not wrong, "\n".join(wrong)


def test_what_happened_says_since_when(told: Brief) -> None:
    month = re.compile(
        r"\b(January|February|March|April|May|June|July|August|September|October"
        r"|November|December)\b|\bweeks?\b|\bmonths?\b"
    )
    for finding in told.findings:
        assert month.search(finding.text + finding.rule), finding.text
        assert finding.review is None or finding.review.on > told.end


def test_no_two_places_disagree(told: Brief) -> None:
    lists = {
        "better": told.better,
        "settled": told.settled,
        "standing": told.standing,
        "quiet": told.quiet,
    }
    placed: dict[str, str] = {}
    for name, listed in lists.items():
        for watched in listed:
            assert placed.setdefault(watched.key, name) == name, f"{watched.name} in two lists"
    courses = {watched.key: watched for watched in told.told}
    for story in today_of(told).stories:
        # What Home leads with is no number that the brief calls better or quiet.
        own = story.key in courses
        assert not own or placed.get(story.key) not in {"better", "quiet"}, story.headline
    for watched in told.told:
        assert (watched.key in placed) or any(
            watched.key in finding.metrics for finding in (*told.findings, *told.more)
        ), f"{watched.name} is told nowhere"
