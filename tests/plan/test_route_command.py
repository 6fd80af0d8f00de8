"""``helmdesk route --replay`` on the sample, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

from commands import Run
from helmdesk.desk.desk import Desk

DAYS = ("2025-10-27", "2025-11-24")


def test_days_of_the_sample_are_given_out_again(helmdesk: Run, small_desk: Desk):
    made = helmdesk("route", "--replay", *DAYS, "--json", "--desk", str(small_desk.path))
    said = json.loads(made.stdout)
    # Beside a count by hand of tickets that came without a person and as no call or chat.
    with small_desk.marts.reader() as reader:
        counted = reader.engine.run(
            """
            select count(*) from intervals i
            join (select ticket_id, min(started_at) as first_at from intervals
                where agent_id <> '' and is_unsolved group by 1) a using (ticket_id)
            where i.started_at = i.created_at and coalesce(i.agent_id, '') = '' and i.is_counted
                and i.created_at >= '2025-10-26 23:00' and i.created_at < '2025-11-23 23:00'
                and i.ticket_id not in (
                    select ticket_id from contacts where ticket_id is not null)
            """
        )[0][0]
    again = said["cases"] - counted
    assert 0 <= again <= 0.1 * counted, "beside first stays only what came back to a queue"
    numbers = {each["key"]: each for each in said["numbers"]}
    assert numbers["wait"]["then"] < numbers["wait"]["now"]
    assert 0 <= numbers["known"]["then"] <= 1
    assert said["people_known_by"] and said["said"][1].startswith(f"{said['cases']:,} cases")
    assert said["is_reliable"] or said["said"][0].startswith(("Do not rely", "Not checked"))


def test_one_team_alone(helmdesk: Run, small_desk: Desk):
    asked = ("route", "--replay", *DAYS, "--desk", str(small_desk.path), "--weeks")
    whole = helmdesk(*asked)
    one = helmdesk(*asked, "--queue", "Frontline Berlin")
    assert "Half have somebody within" in one.stdout and one.stdout != whole.stdout
    wrong = helmdesk(*asked, "--queue", "Frontline Berlim", code=3)
    assert "Frontline Berlin" in wrong.stderr


def test_what_is_refused(helmdesk: Run, small_desk: Desk, tmp_path: Path):
    for days, words, code in (
        ((), "no days to look at", 2),
        (("--replay", "2025-11-24", "2025-10-27"), "there is no day", 2),
        (("--replay", "yesterday", "2025-10-27"), "write a day as 2026-07-06", 2),
        (("--replay", "2035-01-01", "2035-02-01"), "no case came without a person", 3),
    ):
        found = helmdesk("route", *days, "--desk", str(small_desk.path), code=code)
        assert words in found.stderr
