"""Points and per cent: what is outside an instrument's range is no answer, and a percentage is of
what it says.
"""

from __future__ import annotations

from pathlib import Path

from desks import late_desk

REVIEWS = """
name = "qa"
key = ["Id"]
[[record]]
type = "reviewed"
[record.columns]
occurred_at = "At"
agent_id = "Agent"
points = "Points"
possible_points = "Of"
"""
SCORES = """
name = "poll"
key = ["Id"]
[[record]]
type = "responded"
[record.columns]
survey_id = "Id"
occurred_at = "At"
instrument_id = { constant = "hundred" }
answer = "Score"
score = "Score"
[[instrument]]
id = "hundred"
kind = "csat"
positive = ["80", "85", "90", "100"]
negative = ["0", "10"]
scale = [0, 100]
"""


def test_per_cent_of_points_are_of_the_points_possible_and_none_beyond_them(tmp_path: Path) -> None:
    rows = (
        "1,2026-01-05 09:00,ann,85 %,20\n2,2026-01-05 10:00,ann,10,20\n3,2026-01-05"
        " 11:00,ann,25,20\n4,2026-01-05 12:00,ann,-1,20\n"
    )
    (tmp_path / "qa.csv").write_text("Id,At,Agent,Points,Of\n" + rows, encoding="utf-8")
    (tmp_path / "qa.toml").write_text(REVIEWS, encoding="utf-8")
    desk = late_desk(tmp_path / "desk", quarantine_limit=1)
    desk.load("mapping", [tmp_path / "qa.csv"], mapping=tmp_path / "qa.toml")
    found = desk.measure("quality_review")[0]
    assert (found.value, found.n) == (27 / 40, 2)
    assert [
        (each.line, each.column, each.raw, "no review" in each.reason) for each in desk.quarantine()
    ] == [
        (4, "Points", "25", True),
        (5, "Points", "-1", True),
    ]


def test_a_score_in_per_cent_is_a_point_of_the_scale(tmp_path: Path) -> None:
    rows = (
        "1,2026-01-05 09:00,85 %\n2,2026-01-05 10:00,10%\n3,2026-01-05 11:00,100 %\n4,2026-01-05"
        " 12:00,120 %\n"
    )
    (tmp_path / "poll.csv").write_text("Id,At,Score\n" + rows, encoding="utf-8")
    (tmp_path / "poll.toml").write_text(SCORES, encoding="utf-8")
    desk = late_desk(tmp_path / "desk")
    report = desk.load("mapping", [tmp_path / "poll.csv"], mapping=tmp_path / "poll.toml")
    found = desk.measure("csat")[0]
    assert (found.value, found.n) == (2 / 3, 3)
    assert any("1 of 4 answers are none" in note and "120 %" in note for note in report.notes)
