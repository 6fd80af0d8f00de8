"""A mapping is checked before anything is loaded, and says exactly what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError, InputError, MappingError
from helmdesk.sources.parts.suggestion import suggest_mapping

MAPPING = """
name = "shop"
key = ["No"]
time_zone = "Asia/Kolkata"
date_format = "%d/%m/%Y %H:%M"
missing = ["n/a"]

[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = "Opened"
channel = { column = "Via", values = { Inbound = "phone" } }

[[record]]
type = "message"
optional = true
[record.columns]
ticket_id = "No"
occurred_at = "Answered"
direction = { constant = "outbound" }
visibility = { constant = "public" }
actor_kind = { constant = "human" }

[[record]]
type = "responded"
optional = true
[record.columns]
survey_id = "No"
ticket_id = "No"
occurred_at = { column = "Rated", date_format = "%d-%b-%y" }
answer = "Score"
score = "Score"
instrument_id = { constant = "shop_csat" }

[[instrument]]
id = "shop_csat"
kind = "csat"
positive = ["4", "5"]
negative = ["1", "2"]
"""
CSV = """No,Opened,Via,Answered,Rated,Score,Colour
1,05/01/2026 09:00,Inbound,05/01/2026 09:10,06-Jan-26,5,red
2,05/01/2026 10:00,Email,n/a,,,blue
3,05/01/2026 11:00,Email,soon,07-Jan-26,two,blue
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return late_desk(tmp_path / "desk", quarantine_limit=1.0)


def load(
    desk: Desk, tmp_path: Path, mapping: str = MAPPING, content: str = CSV, name: str = "shop.csv"
) -> Any:
    (tmp_path / "m.toml").write_text(mapping)
    (tmp_path / name).write_text(content)
    return desk.load("mapping", [tmp_path / name], mapping=tmp_path / "m.toml")


def test_rows_become_records(desk: Desk, tmp_path: Path) -> None:
    report = load(desk, tmp_path)
    assert report.records == {"created": 3, "instrument": 1, "message": 1, "responded": 2}
    assert report.files[0].unknown_columns == ("Colour",)
    path = tmp_path / "shop.csv"
    assert report.quarantine_examples == [
        f"{path}, line 4, Answered = 'soon': not a time written as %d/%m/%Y %H:%M",
        f"{path}, line 4, Score = 'two': not a number",
    ]
    assert desk.measure("csat")[0].value == 1.0  # "two" is no answer on a scale of numbers
    assert desk.measure("first_response_time")[0].value == 600
    assert [m.group[0][1] for m in desk.measure("ticket_volume", by="channel")] == [
        "Email",
        "phone",
    ]


def test_unknown_columns_are_kept(desk: Desk, tmp_path: Path) -> None:
    import duckdb

    load(desk, tmp_path)
    files = list(desk.lake.snapshot().files["ticket"])
    rows = (
        duckdb.connect()
        .execute(f"select extra from read_parquet({files!r}) order by ticket_id")
        .fetchall()
    )
    assert [json.loads(row[0])["Colour"] for row in rows] == ["red", "blue", "blue"]


@pytest.mark.parametrize("form", ["tsv", "jsonl", "parquet", "csv.gz"])
def test_other_forms_give_the_same(desk: Desk, tmp_path: Path, form: str) -> None:
    import csv
    import gzip

    import duckdb

    rows = list(csv.DictReader(CSV.splitlines()))
    path = tmp_path / f"shop.{form}"
    if form == "tsv":
        path.write_text(CSV.replace(",", "\t"))
    elif form == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in rows))
    elif form == "csv.gz":
        path.write_bytes(gzip.compress(CSV.encode()))
    else:
        (tmp_path / "src.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
        duckdb.connect().execute(
            f"copy (from read_json('{tmp_path / 'src.jsonl'}',"
            f" columns={dict.fromkeys(rows[0], 'VARCHAR')})) to '{path}' (format parquet)"
        )
    (tmp_path / "m.toml").write_text(MAPPING)
    report = desk.load("mapping", [path], mapping=tmp_path / "m.toml")
    assert report.records == {"created": 3, "instrument": 1, "message": 1, "responded": 2}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            ('[[record]]\ntype = "created"', '[[record]]\ntype = "craeted"'),
            MappingError,
            "record 1 has the unknown type 'craeted'; did you mean 'created'",
        ),
        (
            ('ticket_id = "No"\noccurred_at = "Opened"', 'ticket = "No"\noccurred_at = "Opened"'),
            MappingError,
            "no column 'ticket'; did you mean 'ticket_id'",
        ),
        (
            ('occurred_at = "Opened"\n', ""),
            MappingError,
            r"record 1 \(created\) needs the column 'occurred_at'",
        ),
        (
            ('occurred_at = "Opened"', 'occurred_at = "Opend"'),
            InputError,
            "missing column 'Opend'; did you mean 'Opened'",
        ),
        (
            ('"%d/%m/%Y %H:%M"', '"%Y-%m-%d"'),
            MappingError,
            "no value of 'Opened' reads as occurred_at with date_format '%Y-%m-%d'",
        ),
        (("Asia/Kolkata", "Asia/Kalkutta"), MappingError, "not an IANA time zone"),
        (
            ('constant = "outbound"', 'constant = "out"'),
            MappingError,
            "'out' is not one of inbound, outbound",
        ),
        (
            ('name = "shop"', 'name = "shop"\nzone = 1'),
            MappingError,
            "unknown key 'zone'; did you mean 'time_zone'",
        ),
        (('kind = "csat"', 'kind = "stars"'), MappingError, "kind 'stars' is not one of"),
        (
            ('{ column = "Via",', '{ colum = "Via",'),
            MappingError,
            "unknown key 'colum'; did you mean 'column'",
        ),
        (('name = "shop"', 'name = ["shop"'), MappingError, "m.toml"),
        (('missing = ["n/a"]', 'encoding = "utf-99"'), MappingError, "not a text encoding"),
    ],
)
def test_mistakes_are_found_before_loading(
    desk: Desk, tmp_path: Path, change: tuple[str, str], error: type[HelmdeskError], message: str
) -> None:
    assert change[0] in MAPPING
    with pytest.raises(error, match=message):
        load(desk, tmp_path, MAPPING.replace(*change, 1))
    assert desk.lake.version() == 0


def test_a_mapping_is_required(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(CSV)
    with pytest.raises(MappingError, match="--suggest"):
        desk.load("mapping", [tmp_path / "x.csv"])
    with pytest.raises(HelmdeskError, match="no such file"):
        desk.load("mapping", [tmp_path / "x.csv"], mapping=tmp_path / "none.toml")


def test_a_time_in_the_gap(desk: Desk, tmp_path: Path) -> None:
    mapping = MAPPING.replace("Asia/Kolkata", "Europe/Berlin")
    report = load(desk, tmp_path, mapping, CSV.replace("05/01/2026 10:00", "29/03/2026 02:30"))
    assert any(
        "line 3, Opened = '29/03/2026 02:30': a time that does not exist in Europe/Berlin" in e
        for e in report.quarantine_examples
    )
    assert report.records["created"] == 2


def test_dry_run_stores_nothing(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(MAPPING)
    (tmp_path / "shop.csv").write_text(CSV)
    report = desk.load(
        "mapping", [tmp_path / "shop.csv"], mapping=tmp_path / "m.toml", is_dry_run=True
    )
    assert report.records["created"] == 3
    assert report.lake_version is None
    assert desk.lake.version() == 0


def test_a_suggestion_loads(desk: Desk, tmp_path: Path) -> None:
    content = (
        "Ticket ID,Created At,Channel,First Response Time,Resolved At,Satisfaction Rating\n"
        + "".join(
            f"{n},2026-01-0{n} 09:00:00,chat,2026-01-0{n} 10:00:00,2026-01-0{n} 12:00:00,{n}\n"
            for n in range(1, 6)
        )
    )
    (tmp_path / "any.csv").write_text(content)
    (tmp_path / "s.toml").write_text(suggest_mapping(tmp_path / "any.csv"))
    report = desk.load("mapping", [tmp_path / "any.csv"], mapping=tmp_path / "s.toml")
    assert report.records == {
        "created": 5,
        "instrument": 1,
        "message": 5,
        "responded": 5,
        "status_changed": 5,
    }
    assert desk.measure("csat")[0].value == 0.4


def test_real_survey_data(desk: Desk, tmp_path: Path, shared_data: Callable[[str], Path]) -> None:
    """Shopzilla: 13,042 answers, 82.5% of them 4 or 5; counted here from the file itself."""
    import duckdb

    path = shared_data("shopzilla-csat/customer_support_dev.csv.gz")
    (tmp_path / "s.toml").write_text(suggest_mapping(path))
    report = desk.load("mapping", [path], mapping=tmp_path / "s.toml")
    assert report.records["responded"] == 13_042
    ((share,),) = (
        duckdb.connect()
        .execute(f"select avg((\"CSAT Score\" >= 4)::int) from read_csv('{path}')")
        .fetchall()
    )
    assert desk.measure("csat")[0].value == pytest.approx(share)


REQUESTS = """Id,Created,Closed,Status
1,2026-01-05T09:00:00,2026-01-05T11:00:00,Closed
2,2026-01-05T09:00:00,,Closed
3,2026-01-05T09:00:00,,In Progress
4,2026-01-05T09:00:00,2026-01-06T09:00:00,Closed
5,2026-01-05T09:00:00,,Closed
"""
BOTH = """name = "city"
key = ["Id"]
[[record]]
type = "created"
[record.columns]
ticket_id = "Id"
occurred_at = "Created"
{created}
[[record]]
type = "status_changed"
optional = true
[record.columns]
ticket_id = "Id"
occurred_at = "Closed"
status = {status}
"""
WORDS = '{ column = "Status", values = { Closed = "closed", "In Progress" = "open" } }'


@pytest.mark.parametrize(
    "mapping",
    [
        BOTH.format(created="", status=WORDS),
        BOTH.format(created=f"status = {WORDS}", status='{ constant = "closed" }'),
        "suggested",
    ],
    ids=["the change names the column", "the creation names it", "suggested"],
)
def test_closed_without_a_date_is_closed_at_an_unknown_time(tmp_path: Path, mapping: str) -> None:
    (tmp_path / "requests.csv").write_text(REQUESTS)
    given = suggest_mapping(tmp_path / "requests.csv") if mapping == "suggested" else mapping
    (tmp_path / "m.toml").write_text(given)
    desk = late_desk(tmp_path / "desk")
    report = desk.load("mapping", [tmp_path / "requests.csv"], mapping=tmp_path / "m.toml")
    assert desk.measure("ticket_volume")[0].value == 5
    assert desk.measure("backlog")[0].value == 1
    solved = desk.measure("resolution_time")[0]
    assert (solved.n, solved.value, solved.pending) == (2, 13 * 3600, 1)
    for variant in ("p90", "mean", "first_solve", "open_time", "with_auto_closed"):
        assert desk.measure("resolution_time", variant=variant)[0].n == 2, variant
    assert desk.measure("resolution_time", variant="median_km")[0].n == 3
    assert any(
        "3 of 5 rows have no 'Closed' and tell no change of state (rows 2, 3, 5)" in note
        for note in report.notes
    ), report.notes
    assert any(
        "2 of these are closed, but nothing says since when" in note for note in report.notes
    )


def test_rows_left_out_are_told_with_what_the_file_says_of_them(tmp_path: Path) -> None:
    (tmp_path / "requests.csv").write_text(REQUESTS)
    (tmp_path / "m.toml").write_text(BOTH.format(created="", status='{ constant = "closed" }'))
    report = late_desk(tmp_path / "desk").load(
        "mapping", [tmp_path / "requests.csv"], mapping=tmp_path / "m.toml"
    )
    assert any(
        "whatever 'Status' says of them: Closed (2), In Progress (1)" in note
        for note in report.notes
    )


TIMED = (
    'name = "t"\nkey = ["id"]\n{top}\n[[record]]\ntype = "created"\n[record.columns]\nticket_id ='
    ' "id"\noccurred_at = "opened"\n'
    + '[[record]]\ntype = "status_changed"\noptional = true\n[record.columns]\nticket_id ='
    ' "id"\noccurred_at = "closed"\nstatus = {{ constant = "solved" }}\n'
)
WEEK = (
    "id,opened,closed\n1,03/04/2026 09:00,03/05/2026 09:00\n2,03/09/2026 09:00,03/10/2026 09:00\n"
)


def test_a_week_of_dates_is_asked_about(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(
        InputError,
        match=(
            "opened: '03/04/2026 09:00' may be day/month or month/day and no row tells; say"
            " date_format"
        ),
    ):
        load(desk, tmp_path, TIMED.format(top=""), WEEK)
    (tmp_path / "week.csv").write_text(WEEK)
    (tmp_path / "s.toml").write_text(suggest_mapping(tmp_path / "week.csv"))
    with pytest.raises(
        MappingError, match="keep one of the two; the dates may be day/month or month/day"
    ):
        desk.load("mapping", [tmp_path / "week.csv"], mapping=tmp_path / "s.toml")


@pytest.mark.parametrize("top", ["", 'date_format = "month-first"'])
def test_another_column_of_the_file_may_tell(desk: Desk, tmp_path: Path, top: str) -> None:
    load(desk, tmp_path, TIMED.format(top=top), WEEK + "3,03/12/2026 09:00,03/13/2026 09:00\n")
    assert desk.measure("resolution_time")[0].value == 86400


def test_the_zone_asked_for_stands_before_the_mappings(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(TIMED.format(top='time_zone = "UTC"'))
    (tmp_path / "t.csv").write_text(
        "id,opened,closed\n1,2026-07-08 15:00:00,\n2,2026-07-08 15:00:00 UTC,\n"
    )
    report = desk.load(
        "mapping", [tmp_path / "t.csv"], mapping=tmp_path / "m.toml", time_zone="America/New_York"
    )
    assert any(
        "America/New_York (--time-zone), not in the mapping's UTC" in note for note in report.notes
    )
    assert [found.group[0][1] for found in desk.measure("ticket_volume", by="hour")] == [15, 19]


@pytest.mark.parametrize(
    ("scores", "positive", "negative", "scale"),
    [
        (["5.0", "4.0", "1.0"], '["4", "5"]', '["1", "2"]', "[1, 5]"),
        (["5 - Very satisfied", "1 - Poor", "N/A"], '["4", "5"]', '["1", "2"]', "[1, 5]"),
        (["10", "9", "0", "7"], '["9", "10"]', '["0", "1", "2", "3"]', "[0, 10]"),
    ],
)
def test_a_suggestion_judges_numbers(
    tmp_path: Path, scores: list[str], positive: str, negative: str, scale: str
) -> None:
    rows = "".join(
        f"{place},2026-01-05 09:00:00,{score}\n" for place, score in enumerate(scores, 1)
    )
    (tmp_path / "any.csv").write_text("Ticket ID,Created At,Satisfaction Rating\n" + rows)
    suggested = suggest_mapping(tmp_path / "any.csv")
    for line in (f"positive = {positive}", f"negative = {negative}", f"scale = {scale}"):
        assert line in suggested


def test_a_ticket_nobody_rated_is_no_fault(tmp_path: Path) -> None:
    """An optional answer or verdict that is blank makes no record and is counted; without
    `optional` it is told as a fault.
    """
    rule = (
        'name = "x"\nkey = ["Id"]\n[[record]]\ntype = "created"\n[record.columns]\nticket_id ='
        ' "Id"\noccurred_at = "At"\n[[record]]\ntype = "responded"\noptional ='
        ' true\n[record.columns]\nsurvey_id = "Id"\nticket_id = "Id"\noccurred_at ='
        ' "Changed"\nanswer = "Rating"\ninstrument_id = { constant = "c" }\n[[record]]\ntype ='
        ' "source_verdict"\noptional = true\n[record.columns]\nticket_id = "Id"\noccurred_at ='
        ' "Changed"\nclock = { constant = "resolution" }\nis_met = { column = "SLA", values = {'
        ' "Within SLA" = "yes", Violated = "no" } }\n[[instrument]]\nid = "c"\nkind ='
        ' "csat"\npositive = ["good"]\nnegative = ["bad"]\n'
    )
    (tmp_path / "t.csv").write_text(
        "Id,At,Changed,Rating,SLA\n1,2026-01-05 09:00,2026-01-05 10:00,good,Within"
        " SLA\n2,2026-01-05 09:00,2026-01-05 10:00,,\n3,2026-01-05 09:00,,,\n",
        encoding="utf-8",
    )
    (tmp_path / "m.toml").write_text(rule, encoding="utf-8")
    report = late_desk(tmp_path / "desk").load(
        "mapping", [tmp_path / "t.csv"], mapping=tmp_path / "m.toml", refresh=False
    )
    assert (
        not report.quarantined
        and report.records["responded"] == report.records["source_verdict"] == 1
    )
    assert (
        "t.csv: 1 of 3 rows have no 'Rating' and tell no answer to a survey (rows 2)"
        in report.notes
    )
    assert (
        "t.csv: 1 of 3 rows have no 'SLA' and tell no verdict on a promise (rows 2)" in report.notes
    )
    (tmp_path / "m.toml").write_text(rule.replace("optional = true\n", "", 1), encoding="utf-8")
    desk = late_desk(tmp_path / "strict", quarantine_limit=1)
    desk.load("mapping", [tmp_path / "t.csv"], mapping=tmp_path / "m.toml", refresh=False)
    assert [(each.line, each.column) for each in desk.quarantine()] == [
        (3, "Rating"),
        (4, "Changed"),
    ]


def test_dates_and_times_of_day_in_two_columns(tmp_path: Path) -> None:
    """Together they are one time; `--suggest` finds the pair, and marks a date that has none."""
    rows = "".join(
        f"{n},{day}/01/2026,{hour}:05:10,{day}/01/2026,{3 + n}:00\n"
        for n, (day, hour) in enumerate(((12, 9), (13, 10), (30, 14)), 1)
    )
    (tmp_path / "t.csv").write_text(
        "Ticket ID,Created date,Created time,Closed date,Time spent\n" + rows, encoding="utf-8"
    )
    suggested = suggest_mapping(tmp_path / "t.csv")
    assert 'occurred_at = { column = "Created date", time = "Created time" }\n' in suggested
    assert (
        'occurred_at = "Closed date"  # ? dates without a time of day: read as midnight'
        in suggested
    )
    (tmp_path / "m.toml").write_text(suggested, encoding="utf-8")
    desk = late_desk(tmp_path / "desk", time_zone="UTC")
    desk.load("mapping", [tmp_path / "t.csv"], mapping=tmp_path / "m.toml")
    created = sorted(
        row["created_at"].strftime("%d %H:%M:%S") for row in desk.drill("ticket_volume").to_pylist()
    )
    assert created == ["12 09:05:10", "13 10:05:10", "30 14:05:10"]
    (tmp_path / "m.toml").write_text(
        suggested.replace(
            'ticket_id = "Ticket ID"',
            'ticket_id = { column = "Ticket ID", time = "Created time" }',
            1,
        ),
        encoding="utf-8",
    )
    with pytest.raises(
        MappingError,
        match=(
            r"column 'ticket_id': time names the column with the time of day of a date; this is no"
            r" date"
        ),
    ):
        late_desk(tmp_path / "other").load(
            "mapping", [tmp_path / "t.csv"], mapping=tmp_path / "m.toml"
        )


def test_what_names_a_ticket_differs_from_row_to_row(tmp_path: Path) -> None:
    """A flag called "has_incidents" names no ticket; twenty tickets had become one."""
    lines = [
        {
            "_id": f"x{n}",
            "created_at": f"2026-01-{n:02} 09:00:00",
            "has_incidents": n % 2 == 0,
            "submitter_id": 38,
            "status": "open",
            "id": n,
        }
        for n in range(1, 13)
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert 'key = ["id"]' in suggest_mapping(tmp_path / "t.jsonl")
    # A log has several rows for each ticket: then no column is a name of rows.
    (tmp_path / "log.csv").write_text(
        "incident,is_case,opened\n"
        + "".join(f"I{n // 2},{n % 2},2026-01-{n + 1:02} 09:00:00\n" for n in range(12)),
        encoding="utf-8",
    )
    assert 'key = ["incident"]' in suggest_mapping(tmp_path / "log.csv")
