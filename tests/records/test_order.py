"""Orders that cannot be: told with their line, out of every duration, and never at the cost of the
ticket or call itself.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from desks import Event, late_desk, load_events, ticket
from helmdesk.desk.desk import Desk
from helmdesk.records.staging import LoadReport

MAPPING = """
name = "shop"
key = ["id"]

[[record]]
type = "created"
[record.columns]
ticket_id = "id"
occurred_at = "created"

[[record]]
type = "message"
optional = true
[record.columns]
ticket_id = "id"
occurred_at = "replied"
direction = { constant = "outbound" }
visibility = { constant = "public" }
actor_kind = { constant = "human" }

[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "id"
occurred_at = "solved"
status = { constant = "solved" }
"""


def mapped(tmp_path: Path, rows: str) -> tuple[Desk, LoadReport]:
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    (tmp_path / "shop.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "t.csv").write_text(f"id,created,replied,solved\n{rows}", encoding="utf-8")
    return desk, desk.load("mapping", [tmp_path / "t.csv"], mapping=tmp_path / "shop.toml")


def test_a_reply_before_its_ticket(tmp_path: Path) -> None:
    desk, report = mapped(
        tmp_path,
        "1,2026-01-05 09:00,2026-01-05 08:00,2026-01-05 12:00\n2,2026-01-05 09:00,2026-01-05"
        " 10:00,2026-01-05 08:00\n3,2026-01-05 09:00,2026-01-05 09:20,2026-01-05 11:00\n",
    )
    assert desk.measure("ticket_volume")[0].value == 3
    assert desk.measure("first_response_time", variant="mean")[0].value == (3600 + 1200) / 2
    assert desk.measure("backlog")[0].value == 0  # solved, whenever that was
    waits = [row["resolution_seconds"] for row in desk.drill("resolution_time").to_pylist()]
    assert sorted(wait for wait in waits if wait is not None) == [7200, 10_800]
    assert report.quarantined_rows == 2
    examples = "\n".join(report.quarantine_examples)
    assert (
        "t.csv, line 2, replied = '2026-01-05 08:00': a reply before its ticket was created: the"
        " ticket counts" in examples
    )
    assert "t.csv, line 3, solved = '2026-01-05 08:00': solved before it was created" in examples


def test_a_chat_that_is_older_than_its_ticket_is_possible(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    said = [
        ("08:50", "inbound", "customer"),
        ("08:55", "outbound", "human"),
        ("09:30", "outbound", "human"),
    ]
    report = load_events(
        desk,
        [
            *ticket("A", "2026-01-05T09:00"),
            *(
                {
                    "type": "message",
                    "ticket_id": "A",
                    "occurred_at": f"2026-01-05T{at}",
                    "direction": way,
                    "visibility": "public",
                    "actor_kind": kind,
                }
                for at, way, kind in said
            ),
        ],
    )
    assert report.quarantined_rows == 0 and report.records["message"] == 3


def leg(kind: str, at: str, **more: object) -> Event:
    return {
        "type": kind,
        "leg_id": "L",
        "occurred_at": f"2026-01-05T{at}",
        "channel": "phone",
        **more,
    }


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (
            [
                leg("offered", "09:00"),
                leg("answered", "08:59", agent_id="a"),
                leg("ended", "09:05"),
            ],
            ("answered", None, None),
        ),
        (
            [
                leg("offered", "09:00"),
                leg("answered", "09:01", agent_id="a"),
                leg("ended", "08:05"),
            ],
            ("answered", 60, None),
        ),
        ([leg("offered", "09:00"), leg("abandoned", "08:59")], ("abandoned", None, None)),
        (
            [
                leg("offered", "09:00"),
                leg("answered", "09:01"),
                leg("ended", "09:05"),
                leg("wrap_ended", "09:04"),
            ],
            ("answered", 60, 240),
        ),
        (
            [
                leg("offered", "09:00:00.900"),
                leg("answered", "09:00:00", agent_id="a"),
                leg("ended", "09:05"),
            ],
            ("answered", None, 300),
        ),
    ],
)
@pytest.mark.parametrize("is_one_batch", [True, False])
def test_calls_of_any_source(
    tmp_path: Path,
    events: list[Event],
    expected: tuple[str, int | None, int | None],
    is_one_batch: bool,
) -> None:
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    for batch in [events] if is_one_batch else [[event] for event in events]:
        load_events(desk, batch, refresh=False)
    desk.refresh()
    with desk.engine() as engine:
        ((outcome, wait, handled),) = engine.run(
            "select outcome, wait_seconds, handle_seconds from legs"
        )
    assert (outcome, wait) == expected[:2]
    assert is_one_batch is False or handled == expected[2]


def test_plans_and_intervals_that_end_before_they_start(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    report = load_events(
        desk,
        [
            {
                "type": "shift_planned",
                "occurred_at": "2026-01-05",
                "agent_id": "a",
                "activity": "work",
                "start_at": "2026-01-05T09:00",
                "end_at": "2026-01-05T08:00",
            }
        ],
    )
    assert (
        report.records == {}
        and "shift_planned: ends before it starts (2026-01-05 09:00:00 UTC)"
        in report.quarantine_examples[0]
    )


def test_a_transcript_whose_reply_is_dated_before_its_question(tmp_path: Path) -> None:
    """Sorted by time alone the agent would have opened it, and the conversation would be outreach,
    not demand.
    """
    for header, turns in (
        ("session_id,turn,role,datetime,message", True),
        ("session_id,role,datetime,message", False),
    ):
        desk = late_desk(tmp_path / f"desk{turns}", quarantine_limit=1.0)
        rows = [
            (call, turn, role, at)
            for call in range(4)
            for turn, role, at in (
                (0, "client", "09:00"),
                (1, "agent", "08:50" if call == 2 else "09:10"),
            )
        ]
        body = "".join(
            f"{call},{f'{turn},' if turns else ''}{role},2026-01-05T{at}:00Z,words\n"
            for call, turn, role, at in rows
        )
        (tmp_path / "chat.csv").write_text(f"{header}\n{body}", encoding="utf-8")
        report = desk.load("transcript", [tmp_path / "chat.csv"])
        assert desk.measure("ticket_volume")[0].value == 4
        assert report.records == {"created": 4, "message": 7}
        assert (
            "line 7, datetime = '2026-01-05T08:50:00Z': before the first message of its"
            " conversation (2026-01-05 09:00:00 UTC)" in report.quarantine_examples[0]
        )
        assert desk.measure("first_response_time", variant="mean")[0].value == 600


@pytest.mark.parametrize("seed", range(3))
def test_no_duration_of_any_fact_is_negative(tmp_path: Path, seed: int) -> None:
    """Events of tickets and calls at random moments, in one batch and in several: whatever is
    impossible is unknown.
    """
    rng = random.Random(seed)

    def at() -> str:
        return f"2026-01-0{rng.randint(5, 7)}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"

    events: list[Event] = [
        {
            "type": "calendar",
            "entity_id": "c",
            "occurred_at": "2020-01-01",
            "valid_from": "2020-01-01",
            "time_zone": "UTC",
            "definition": '{"weekly": [[540, 1020], [1980, 2460], [3420, 3900]]}',
        }
    ]
    for number in range(25):
        name = f"T{number}"
        events += [
            *ticket(name, at(), at()),
            {"type": "assigned", "ticket_id": name, "occurred_at": at(), "agent_id": "a"},
            *(
                {
                    "type": "message",
                    "ticket_id": name,
                    "occurred_at": at(),
                    "direction": way,
                    "visibility": "public",
                    "actor_kind": kind,
                }
                for way, kind in (
                    ("inbound", "customer"),
                    ("outbound", "human"),
                    ("outbound", "bot"),
                )
            ),
            *(
                {"type": kind, "ticket_id": name, "agent_id": "a", "occurred_at": at()}
                for kind in ("work_started", "work_ended")
            ),
            *(
                {
                    **leg(kind, "09:00", agent_id="a", ticket_id=name),
                    "leg_id": name,
                    "occurred_at": at(),
                    "channel": rng.choice(["phone", "chat"]),
                }
                for kind in (
                    "ivr_entered",
                    "offered",
                    rng.choice(["answered", "missed", "abandoned"]),
                    "held",
                    "resumed",
                    "ended",
                    "wrap_ended",
                )
            ),
        ]
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    for part in range(1, 1 + (seed or 1)):
        load_events(desk, events[part - 1 :: seed or 1], refresh=False)
    desk.refresh()
    assert desk.measure("ticket_volume", variant="all")[0].value == 25
    with desk.engine() as engine:
        columns = engine.run(
            "select table_name, column_name from duckdb_columns() where column_name like"
            " '%\\_seconds' escape '\\' and table_name in ('tickets', 'legs', 'contacts',"
            " 'replies', 'episodes', 'intervals', 'ticket_states')"
        )
        assert len(columns) > 30
        found = {
            (table, column): engine.run(f"select min({column}) from {table}")[0][0]
            for table, column in columns
        }
    assert {key: least for key, least in found.items() if least is not None and least < 0} == {}
