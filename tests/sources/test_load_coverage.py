"""A load tells which metrics the desk can answer with it, which it could before, and what others
lack.
"""

from __future__ import annotations

from pathlib import Path

from desks import late_desk
from helmdesk.cli.commands.load import describe

TICKETS = "id,created_at,status,updated_at\n1,2026-06-04 09:00:00,open,2026-06-04 09:00:00\n"
ANSWERS = "response_id,csat_score,responded_at\nr1,5,2026-06-05 09:00\n"


def test_coverage_before_and_after(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    (tmp_path / "ticket.csv").write_text(TICKETS, encoding="utf-8")
    (tmp_path / "answers.csv").write_text(ANSWERS, encoding="utf-8")
    plan = desk.load("zendesk", [tmp_path / "ticket.csv"], is_dry_run=True)
    first = desk.load("zendesk", [tmp_path / "ticket.csv"], refresh=False)
    assert plan.coverage == first.coverage
    second = desk.load("survey", [tmp_path / "answers.csv"], refresh=False)

    def of(report: object, key: str) -> tuple[bool, bool, tuple[str, ...]]:
        (found,) = (each for each in report.coverage if each["metric"] == key)  # type: ignore[attr-defined]
        return found["was"], found["is_now"], found["lacks"]

    assert of(first, "ticket_volume") == (False, True, ())
    assert of(first, "csat") == (False, False, ("responded",))
    assert of(second, "ticket_volume") == (True, True, ())
    assert of(second, "csat") == (False, True, ())
    # Answers to one kind of survey are none to another.
    assert of(second, "ces") == (False, False, ("CES survey",))
    lines = "\n".join(describe(second))
    assert "new: " in lines
    assert "Customer satisfaction" in lines
    assert "without responded records" in "\n".join(describe(first))
    # Taken out, a repeated load brings nothing new and says so in one line.
    (tmp_path / "again.csv").write_text(ANSWERS + "r2,4,2026-06-06 09:00\n", encoding="utf-8")
    third = desk.load("survey", [tmp_path / "again.csv"], refresh=False)
    assert of(third, "csat") == (True, True, ())
    assert "without" not in "\n".join(describe(third)).partition("metrics:")[2]
