"""Answers read through their instruments: what is an answer, and which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desks import make_desk
from helmdesk.desk.desk import Desk
from helmdesk.records.answers import read_form

FIVE = 'kind = "csat"\nscale = [1, 5]\npositive = ["4", "5"]\nnegative = ["1", "2"]'
UNSCALED = 'kind = "csat"\npositive = ["4", "5"]\nnegative = ["1", "2"]'
GOOD_ALONE = 'kind = "csat"\npositive = ["Great"]'
WORDED = 'kind = "csat"\npositive = ["good"]\nnegative = ["bad"]\nneutral = ["ok"]'
NPS = 'kind = "nps"\nabout = "relationship"\npositive = ["9", "10"]'
MAPPING = """
name = "shop"
key = ["id"]
[[record]]
type = "responded"
[record.columns]
survey_id = "id"
occurred_at = "at"
answer = "score"
instrument_id = {{ constant = "form" }}
[[instrument]]
id = "form"
{form}
"""


def load(tmp_path: Path, form: str, answers: list[str]) -> Desk:
    rows = "".join(
        f'{place},2026-01-05 10:00:00,"{answer}"\n' for place, answer in enumerate(answers, 1)
    )
    (tmp_path / "answers.csv").write_text("id,at,score\n" + rows)
    (tmp_path / "form.toml").write_text(MAPPING.format(form=form))
    desk = make_desk(tmp_path / "desk", quarantine_limit=1.0)
    desk.load("mapping", [tmp_path / "answers.csv"], mapping=tmp_path / "form.toml")
    return desk


@pytest.mark.parametrize(
    ("form", "answers", "share", "count", "unanswered"),
    [
        (FIVE, ["5", "4", "2", "dismissed", "N/A"], 2 / 3, 3, 2),
        (FIVE, ["5", "4", "2", "0", "99", "-1"], 2 / 3, 3, 3),
        (FIVE, ["5.0", "4.0", "1.0", "3.0"], 0.5, 4, 0),
        (FIVE, ["5 - Very satisfied", "Very unhappy (1)", "4/5", "2 stars", "4,0"], 0.6, 5, 0),
        (UNSCALED, ["5", "1", "99", "0"], 0.5, 2, 2),
        (GOOD_ALONE, ["great ", "Poor", "n/a", "fine"], 1 / 3, 3, 1),
        (WORDED, ["Good", "bad", "ok", "dismissed", "no idea"], 1 / 3, 3, 2),
    ],
)
def test_satisfaction(
    tmp_path: Path, form: str, answers: list[str], share: float, count: int, unanswered: int
) -> None:
    desk = load(tmp_path, form, answers)
    (found,) = desk.measure("csat")
    assert (found.value, found.n) == (pytest.approx(share), count)
    assert (desk.measure("csat", variant="no_answer")[0].value or 0) == unanswered


@pytest.mark.parametrize("code", ["99", "-1", "-99", "11", "no opinion"])
def test_no_opinion_is_no_promoter(tmp_path: Path, code: str) -> None:
    (found,) = load(tmp_path, NPS, ["10", "9", "3", code]).measure("nps")
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)


def test_the_mean_counts_answers_alone(tmp_path: Path) -> None:
    assert load(tmp_path, FIVE, ["5", "4", "2", "0"]).measure("csat", variant="mean_score")[
        0
    ].value == pytest.approx(11 / 3)


@pytest.mark.parametrize(
    ("definition", "kind", "bounds"),
    [
        ({"positive": ["4", "5"], "scale": [1, 5]}, "csat", (1, 5)),
        ({"positive": [4, 5]}, "csat", (0, 5)),
        ({"positive": ["1", "2"]}, "ces", (0, None)),
        ({"positive": ["5"], "negative": ["1"]}, "csat", (1, 5)),
        ({"positive": ["9", "10"]}, "nps", (0, 10)),
        ({"positive": ["5"], "scale": [1, 5]}, "enps", (1, 5)),
    ],
)
def test_bounds(
    definition: dict[str, Any], kind: str, bounds: tuple[float | None, float | None]
) -> None:
    form = read_form(kind, definition)
    assert (form.low, form.high) == bounds


def test_a_dismissed_survey_is_not_answered(tmp_path: Path) -> None:
    mapping = (
        MAPPING + '[[record]]\ntype = "sent"\n[record.columns]\nsurvey_id = "id"\noccurred_at ='
        ' "at"\ninstrument_id = {{ constant = "form" }}\n'
    )
    (tmp_path / "answers.csv").write_text(
        "id,at,score\n1,2026-01-05 10:00:00,5\n2,2026-01-05 10:00:00,dismissed\n"
    )
    head, _, tail = mapping.partition("[[instrument]]")
    instrument, _, sent = tail.partition("[[record]]")
    (tmp_path / "form.toml").write_text(
        (head + "[[record]]" + sent + "[[instrument]]" + instrument).format(form=FIVE)
    )
    desk = make_desk(tmp_path / "desk", quarantine_limit=1.0)
    desk.load("mapping", [tmp_path / "answers.csv"], mapping=tmp_path / "form.toml")
    assert desk.measure("csat_response_rate")[0].value == 0.5


@pytest.mark.parametrize(
    ("ratings", "share"),
    [(["5", "2"], 0), (["2", "5"], 1), (["5", "2", "5"], 1), (["1", "4", "3"], 0)],
)
def test_the_last_of_ratings_at_one_time_counts(
    tmp_path: Path, ratings: list[str], share: float
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    rows = "".join(
        f"c1,2026-01-05 09:00:00,2026-01-05 1{place}:00:00,closed,u1,user,{rating},2026-01-05"
        " 10:00:00\n"
        for place, rating in enumerate(ratings, 1)
    )
    columns = (
        "id,created_at,updated_at,state,source_author_id,source_author_type,"
        "conversation_rating_value,conversation_rating_created_at"
    )
    (folder / "conversation_history.csv").write_text(f"{columns}\n{rows}")
    desk = make_desk(tmp_path / "desk")
    desk.load("intercom", [folder])
    (found,) = desk.measure("csat")
    assert (found.value, found.n) == (share, 1)
