"""Exports of survey tools, with headings as they write them: which answers count, and as what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import MappingError
from helmdesk.records.staging import LoadReport
from helmdesk.sources.parts.profile import recognise
from helmdesk.sources.parts.questions import kind_of_question


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return late_desk(
        tmp_path_factory.mktemp("surveys") / "desk",
        time_zone="America/Chicago",
        quarantine_limit=1.0,
    )


def load(desk: Desk, content: str, name: str) -> LoadReport:
    path = desk.path.parent / name
    path.write_text(content, encoding="utf-8")
    return desk.load("file", [path])


def answers(desk: Desk, tool: str, columns: str = "instrument_kind, answer") -> list[Any]:
    with desk.engine() as engine:
        return [
            tuple(row)
            for row in engine.run(
                f"select {columns} from responses where instrument_id like '{tool}%'"
                " order by responded_at, instrument_kind"
            )
        ]


def share(desk: Desk, tool: str, kind: str) -> float | None:
    with desk.engine() as engine:
        ((found,),) = engine.run(
            "select avg(case when is_positive then 1.0 else 0 end) from responses where"
            f" instrument_id like '{tool}%' and instrument_kind = '{kind}'"
        )
    return found


def test_surveymonkey_has_two_rows_of_names(desk: Desk) -> None:
    report = load(
        desk,
        "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,"
        'Last Name,Custom Data 1,"How likely is it that you would recommend us, all in all?",'
        '"Overall, how satisfied were you?","Why did you give that satisfaction score?",'
        "Which of these do you use?,,\n"
        ",,,,,,,,,Response,Response,Open-Ended Response,Mail,Chat,Phone\n"
        "1001,7,01/13/2026 09:00:00 AM,01/13/2026 09:05:00 AM,1.2.3.4,eve@x,,,,9,Very satisfied,"
        "Quick,Mail,,Phone\n"
        "1002,7,01/14/2026 09:00:00 AM,01/14/2026 09:05:00 AM,1.2.3.4,bob@x,,,,3,"
        "Very dissatisfied,Slow,,Chat,\n",
        "monkey.csv",
    )
    assert report.quarantined_rows == 0 and report.records["responded"] == 4
    assert answers(desk, "surveymonkey") == [
        ("csat", "Very satisfied"),
        ("nps", "9"),
        ("csat", "Very dissatisfied"),
        ("nps", "3"),
    ]
    assert share(desk, "surveymonkey", "csat") == 0.5
    # Five past nine in Chicago.
    when = "customer_id, strftime(responded_at, '%d %H:%M')"
    assert answers(desk, "surveymonkey", when)[0] == ("eve@x", "13 15:05")


def test_qualtrics_has_three_and_its_previews_do_not_count(desk: Desk) -> None:
    head = (
        "StartDate,EndDate,Status,IPAddress,Progress,Duration (in seconds),Finished,RecordedDate,"
        "ResponseId,ExternalReference,DistributionChannel,UserLanguage,Q1,Q2,ticket_id\n"
        "Start Date,End Date,Response Type,IP Address,Progress,Duration (in seconds),Finished,"
        "Recorded Date,Response ID,External Data Reference,Distribution Channel,User Language,"
        '"How easy was it to get\nthe help you wanted?",What could we do better?,ticket_id\n'
    )
    ids = ",".join(
        '"{""ImportId"":""' + word + '""}"'
        for word in [
            "startDate",
            "endDate",
            "status",
            "ipAddress",
            "progress",
            "duration",
            "finished",
            "recordedDate",
            "_recordId",
            "externalDataReference",
            "distributionChannel",
            "userLanguage",
            "QID1",
            "QID2",
            "t",
        ]
    )
    rows = "".join(
        f"2026-01-0{n} 09:00:00,2026-01-0{n} 09:01:00,{status},,100,60,True,2026-01-0{n} 09:01:00,"
        f"R_{n},C{n},email,EN,{answer},Nothing,T-{n}\n"
        for n, status, answer in (
            (1, "IP Address", 7),
            (2, "Survey Preview", 1),
            (3, "IP Address", 2),
        )
    )
    report = load(desk, f"{head}{ids}\n{rows}", "qualtrics.csv")
    assert "1 rows are left out, of which 'Status' says Survey Preview" in " ".join(report.notes)
    assert answers(desk, "qualtrics", "instrument_kind, answer, customer_id, ticket_id") == [
        ("ces", "7", "C1", "T-1"),
        ("ces", "2", "C3", "T-3"),
    ]
    assert share(desk, "qualtrics", "ces") == 0.5


def test_typeform_is_in_utc(desk: Desk) -> None:
    load(
        desk,
        "#,How likely are you to recommend us to a friend?,What is the reason for your score?,"
        "Start Date (UTC),Submit Date (UTC),Network ID\n"
        "abc,10,Fine,2026-02-05 09:00:00,2026-02-05 09:01:00,n1\n"
        "abd,6,Slow,2026-02-06 09:00:00,2026-02-06 09:01:00,n2\n",
        "typeform.csv",
    )
    found = answers(desk, "typeform", "answer, strftime(responded_at, '%d %H:%M')")
    assert found == [("10", "05 09:01"), ("6", "06 09:01")]


def test_delighted_says_the_kind_of_each_answer(desk: Desk) -> None:
    def response(number: int, kind: str, score: int) -> dict[str, Any]:
        return {
            "id": str(number),
            "person": f"p{number}",
            "survey_type": kind,
            "score": score,
            "comment": "so so",
            "permalink": "https://delighted.example",
            "created_at": 1767603600 + number,
            "person_properties": {"plan": "pro"},
            "notes": [],
            "tags": [],
        }

    lines = [response(1, "nps", 10), response(2, "csat", 2), response(3, "nps", 4)]
    load(desk, json.dumps(lines), "delighted.json")
    assert answers(desk, "delighted") == [("nps", "10"), ("csat", "2"), ("nps", "4")]
    assert share(desk, "delighted", "nps") == 0.5 and share(desk, "delighted", "csat") == 0


def test_google_forms_are_told_by_their_question(desk: Desk) -> None:
    content = (
        "Timestamp,Email Address,How satisfied are you with the support you received?,"
        "Any other feedback?\n"
        "1/13/2026 9:00:00,eve@x,5,Good\n1/13/2026 9:00:00,bob@x,2,Bad\n"
        "1/15/2026 9:00:00,kim@x,4,\n"
    )
    load(desk, content, "form.csv")
    # Two answered in one second; the sheet of next week holds them too.
    load(desk, content + "1/20/2026 9:00:00,lea@x,1,\n", "later.csv")
    assert sorted(answers(desk, "google", "answer")) == [("1",), ("2",), ("4",), ("5",)]
    assert recognise(["Timestamp", "Temperature", "How warm is it in the room today?"]) is None


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How likely are you to recommend Acme?", "nps"),
        ("Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?", "nps"),
        ("Acme made it easy for me to handle my issue", "ces"),
        ("Wie zufrieden sind Sie mit der Antwort?", "csat"),
        ("Why would you recommend us?", None),
        ("What is the main reason for your satisfaction score?", None),
        ("Which department did you contact?", None),
    ],
)
def test_kinds_of_questions(question: str, kind: str | None) -> None:
    assert kind_of_question(question) == kind


def test_a_condition_that_is_none_is_refused(tmp_path: Path) -> None:
    rules = tmp_path / "m.toml"
    rules.write_text(
        'name = "x"\nkey = ["Id"]\n[[record]]\ntype = "created"\nonly = "Kind"\n'
        '[record.columns]\nticket_id = "Id"\noccurred_at = "At"\n'
    )
    (tmp_path / "t.csv").write_text("Id,At,Kind\n1,2026-01-05 09:00,a\n")
    with pytest.raises(MappingError, match=r"record 1 \(created\), only: is written"):
        late_desk(tmp_path / "desk").load("mapping", [tmp_path / "t.csv"], mapping=rules)
