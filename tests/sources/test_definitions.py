"""One TOML file of calendars, holidays, policies, contracts and queues: what it makes, and what it
refuses.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from desks import late_desk, load_events, ticket
from helmdesk.desk.desk import Desk
from helmdesk.errors import InputError

GOOD = """
[[calendar]]
id = "berlin"
time_zone = "Europe/Berlin"
hours = { mon-fri = ["09:00-12:30", "13:30-18:00"], sat = "22:00-02:00" }
holidays = { country = "DE", region = "BE", except = ["2026-05-01"], years = [2026, 2026] }
closed = [2026-12-24]
open = { "2026-12-31" = ["09:00-12:00"] }

[[sla_policy]]
id = "gold"
calendar = "berlin"
match = { tier = "gold" }
clocks = [{ clock = "first_response", targets = { urgent = "30m", default = "1h30m" } }]

[[account]]
id = "acme"
name = "Acme"
tier = "gold"
contract_value = 1200

[[contract]]
id = "c-1"
account = "acme"
policy = "gold"
valid_from = 2026-01-01

[[queue]]
id = "q"
channel = "phone"
threshold = "20s"
short_abandon = 5
calendar = "berlin"

[[team]]
id = "front"
calendar = "berlin"

[[agent]]
id = "ann"
team = "front"
tenure_start = 2025-11-01

[[instrument]]
id = "stars"
kind = "csat"
positive = [4, 5]
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_in_one_file(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    report = desk.load("definitions", [write(tmp_path, GOOD)])
    assert report.records == {
        "calendar": 1,
        "sla_policy": 1,
        "account": 1,
        "contract": 1,
        "queue": 1,
        "team": 1,
        "agent": 1,
        "instrument": 1,
    }
    # Monday 5 January 2026: 12:00 to 14:00 in Berlin has half an hour before lunch and half an hour
    # after it.
    load_events(
        desk,
        [
            *ticket("A", "2026-01-05T11:00", account_id="acme", team_id="front"),
            {
                "type": "message",
                "ticket_id": "A",
                "occurred_at": "2026-01-05T13:00",
                "direction": "outbound",
                "visibility": "public",
                "actor_kind": "human",
            },
        ],
    )
    assert desk.measure("first_response_time", clock="business")[0].value == 3600
    (clock,) = desk.drill("sla_compliance").to_pylist()
    assert (clock["state"], clock["target_seconds"], clock["elapsed_seconds"]) == (
        "met",
        5400,
        3600,
    )
    assert desk.measure("sla_compliance", by="contract")[0].group == (("contract", "c-1"),)
    assert desk.load("definitions", [write(tmp_path, GOOD)]).is_already_loaded


def test_holidays_are_written_out(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    desk.load("definitions", [write(tmp_path, GOOD)])
    with desk.engine(as_of=desk.lake.version()) as engine:
        ((definition,),) = engine.run("select definition from latest_calendars")
    exceptions = json.loads(definition)["exceptions"]
    assert exceptions["2026-03-08"] == []  # women's day, a holiday in Berlin
    assert "2026-05-01" not in exceptions  # kept open
    assert exceptions["2026-12-24"] == [] and exceptions["2026-12-31"] == [[540, 720]]
    assert {date.fromisoformat(day).year for day in exceptions} == {2026}


def test_holidays_reach_as_far_as_the_data_or_say_so(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    everywhere = GOOD.replace(", years = [2026, 2026]", "")
    desk.load("definitions", [write(tmp_path, everywhere)])
    load_events(desk, [*ticket("old", "2003-12-25T09:00"), *ticket("new", "2041-12-25T09:00")])
    with desk.engine() as engine:
        closed = engine.run(
            "select ticket_id, s.start_at is null or t.created_at >= s.end_at from tickets t asof"
            " left join working_time s on s.calendar_id = 'berlin' and s.start_at <= t.created_at +"
            " interval 3 hour order by 1"
        )
    assert closed == [
        ("new", True),
        ("old", True),
    ]  # Christmas long before and long after the year of loading
    assert desk.concerns() == []
    short = late_desk(tmp_path / "short")
    load_events(short, [*ticket("old", "2003-12-25T09:00"), *ticket("new", "2026-12-25T09:00")])
    short.load("definitions", [write(tmp_path, GOOD)])
    assert [concern.detail for concern in short.concerns()] == [
        "calendar berlin knows public holidays of 2026 to 2026, the data reach from 2003 to 2026:"
        " in the other years every holiday is a working day"
    ]


def test_holidays_that_follow_the_moon_are_known_for_some_decades(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    indian = (
        '[[calendar]]\nid = "c"\ntime_zone = "Asia/Kolkata"\nhours = { mon-fri = "09:00-17:00"'
        ' }\nholidays = { country = "IN" }\n'
    )
    desk.load("definitions", [write(tmp_path, indian)])
    with desk.engine() as engine:
        ((definition,),) = engine.run("select definition from latest_calendars")
    assert json.loads(definition)["holiday_years"] == [2001, 2035]


def test_a_later_definition_is_a_new_version(tmp_path: Path) -> None:
    desk = late_desk(tmp_path / "desk")
    first = '[[calendar]]\nid = "c"\ntime_zone = "UTC"\nhours = { mon-sun = "00:00-24:00" }\n'
    desk.load("definitions", [write(tmp_path, first)])
    desk.load(
        "definitions",
        [
            write(
                tmp_path, first.replace("00:00-24:00", "12:00-24:00") + "valid_from = 2026-01-06\n"
            )
        ],
    )
    load_events(desk, ticket("A", "2026-01-05T00:00", "2026-01-07T00:00"))
    assert desk.measure("resolution_time", clock="business")[0].value == 36 * 3600
    assert desk.measure("resolution_time", clock="business_at_anchor")[0].value == 48 * 3600


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('time_zone = "Europe/Berlin"', "", "calendar berlin: it needs 'time_zone'"),
        ("mon-fri", "mon-fry", "calendar berlin: hours: 'mon-fry' is not a day"),
        ("09:00-12:30", "9 to 5", "'9 to 5' is not a span such as 09:00-17:30"),
        ("09:00-12:30", "09:00-25:30", "no time of day"),
        ('country = "DE"', 'country = "ZZ"', "no such country or region"),
        ('region = "BE"', 'region = "XX"', "no such country or region"),
        (
            "years = [2026, 2026]",
            "years = 2026",
            "holidays: years = 2026 is not a first and a last year",
        ),
        ("closed = [2026-12-24]", 'closed = ["someday"]', "closed: 'someday' is not a date"),
        ("[[queue]]", "[[queu]]", "unknown table 'queu'; did you mean 'queue'?"),
        (
            'threshold = "20s"',
            'threshold = "soon"',
            "queue q: threshold: 'soon' is not a number of seconds",
        ),
        ('kind = "csat"', 'kind = "mood"', "instrument stars: 'mood' is not one of"),
        ("positive = [4, 5]", "", "instrument stars: it needs 'positive'"),
        ('account = "acme"', "", "contract c-1: it needs 'account'"),
        (
            "contract_value = 1200",
            'contract_value = "much"',
            "account acme: contract_value must be a number",
        ),
        (
            "valid_from = 2026-01-01",
            'valid_from = "soon"',
            "contract c-1: valid_from: 'soon' is not a date",
        ),
        ('id = "q"', "", "queue 1: it needs an id"),
        (
            'tier = "gold"\ncontract',
            'tear = "gold"\ncontract',
            "account acme: unknown key 'tear'; did you mean 'tier'?",
        ),
        ("[[team]]", "[team]", "team must be written as"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as error:
        late_desk(tmp_path / "desk").load("definitions", [write(tmp_path, GOOD.replace(old, new))])
    assert message in str(error.value)
    assert "rules.toml" in str(error.value)


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("hours = {}", "no opening hours; working time would always be zero"),
        (
            'hours = { mon = "09:00-17:00" }\ntime_zone = "Mars/Base"',
            "unknown time zone 'Mars/Base'",
        ),
    ],
)
def test_a_calendar_nobody_can_use_goes_to_quarantine(
    tmp_path: Path, definition: str, reason: str
) -> None:
    """It must not reach the lake, where every later refresh would trip over it."""
    zone = "" if "time_zone" in definition else 'time_zone = "UTC"\n'
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    report = desk.load(
        "definitions", [write(tmp_path, f'[[calendar]]\nid = "c"\n{zone}{definition}\n')]
    )
    assert report.records == {} and reason in report.quarantine_examples[0]
    load_events(desk, ticket("A", "2026-01-05T09:00"))
    assert desk.measure("ticket_volume")[0].value == 1


def test_a_policy_nobody_can_use_goes_to_quarantine(tmp_path: Path) -> None:
    desk: Desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    report = desk.load(
        "definitions",
        [
            write(
                tmp_path,
                '[[sla_policy]]\nid = "p"\nclocks = [{ clock = "first_answer", targets = { default'
                ' = "1h" } }]\n',
            )
        ],
    )
    assert "unknown clock 'first_answer'" in report.quarantine_examples[0]
