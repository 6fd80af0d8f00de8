"""A survey's scale is stated once, and remembered; what is outside it is no answer, and the load
report says so.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return late_desk(tmp_path / "desk", quarantine_limit=1.0)


def week(tmp_path: Path, number: int, scores: list[str], column: str) -> Path:
    path = tmp_path / f"week{number}.csv"
    day = f"2026-01-{5 + 7 * (number - 1):02}"
    path.write_text(
        f"id,{column},date\n"
        + "".join(
            f"{number}-{place},{score},{day} 10:00:00\n" for place, score in enumerate(scores)
        )
    )
    return path


def second(desk: Desk, metric: str) -> float | None:
    return desk.measure(metric, start="2026-01-12", end="2026-01-19")[0].value


@pytest.mark.parametrize(
    ("column", "metric", "first", "share"),
    [("ces", "ces", ["7", "5", "2"], 0.5), ("csat", "csat", ["10", "4"], 0)],
)
@pytest.mark.parametrize("is_bad_week_first", [False, True])
def test_weeks_share_a_scale(
    desk: Desk,
    tmp_path: Path,
    column: str,
    metric: str,
    first: list[str],
    share: float,
    *,
    is_bad_week_first: bool,
) -> None:
    good, bad = week(tmp_path, 1, first, column), week(tmp_path, 2, ["5", "4", "5", "3"], column)
    reports = [
        desk.load("survey", [path]) for path in ([bad, good] if is_bad_week_first else [good, bad])
    ]
    assert second(desk, metric) == share
    told = any("for all its answers, those loaded before too" in note for note in reports[1].notes)
    assert told == is_bad_week_first
    assert len(desk.measure(metric, by="instrument")) == 1


def test_a_stated_scale_is_not_stretched(desk: Desk, tmp_path: Path) -> None:
    desk.load("survey", [week(tmp_path, 1, ["5", "4"], "csat")], scale=(1, 5))
    report = desk.load("survey", [week(tmp_path, 2, ["5", "7", "dismissed"], "csat")])
    assert second(desk, "csat") == 1
    assert (
        "csat_5: 2 of 3 answers are none (outside its scale or lists): 7 (1), dismissed (1)"
        in report.notes
    )


def test_a_code_that_fits_no_scale(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scores from 3 to 99 fit no nps scale .*--scale"):
        desk.load("survey", [week(tmp_path, 1, ["10", "3", "99"], "nps")])
    desk.load("survey", [week(tmp_path, 1, ["10", "3", "99"], "nps")], scale=(0, 10))
    assert desk.measure("nps")[0].value == 0
    desk.load("survey", [week(tmp_path, 2, ["10", "-1"], "nps")])
    assert second(desk, "nps") == 1


def test_scales_without_a_meaning_are_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a scale of 1-4 for csat is none of 1-5, 1-7, 1-10, 0-10"):
        desk.load("survey", [week(tmp_path, 1, ["4"], "csat")], scale=(1, 4))


def test_a_form_that_fits_none_of_its_answers_is_said(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        'name = "m"\nkey = ["id"]\n[[record]]\ntype = "responded"\n[record.columns]\nsurvey_id ='
        ' "id"\noccurred_at = "date"\nanswer = "csat"\ninstrument_id = { constant = "form"'
        ' }\n[[instrument]]\nid = "form"\nkind = "csat"\npositive = ["Excellent"]\n'
    )
    report = desk.load(
        "mapping", [week(tmp_path, 1, ["great", "poor"], "csat")], mapping=tmp_path / "m.toml"
    )
    assert (
        "form: none of its 2 answers is listed as positive or negative (great, poor); look at its"
        " definition" in report.notes
    )
