"""Call logs as telephone systems write them: what is talk, what is a wait, who answered, and what
nobody told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desks import late_desk
from helmdesk.desk.desk import Desk
from helmdesk.errors import MappingError
from helmdesk.records.staging import LoadReport


def load(
    tmp_path: Path, content: str, zone: str | None = None, mapping: str = ""
) -> tuple[Desk, LoadReport]:
    desk = late_desk(tmp_path / "desk", quarantine_limit=1.0)
    path = tmp_path / "calls.csv"
    path.write_text(content, encoding="utf-8")
    rules = tmp_path / "words.toml"
    rules.write_text(mapping, encoding="utf-8")
    return desk, desk.load("telephony", [path], time_zone=zone, mapping=rules if mapping else None)


def legs(
    desk: Desk, columns: str = "outcome, wait_seconds, handle_seconds"
) -> list[tuple[Any, ...]]:
    with desk.engine() as engine:
        return engine.run(f"select {columns} from legs order by offered_at, leg_id")


def value(desk: Desk, key: str, **question: str) -> float | None:
    return desk.measure(key, **question)[0].value  # type: ignore[arg-type]


def outcomes(tmp_path: Path, *words: str, more: str = "") -> dict[str, str]:
    rows = "".join(
        f"{place},2026-01-05 09:{place:02}:00,{word}{more}\n" for place, word in enumerate(words)
    )
    header = "call_id,start_time,disposition" + (",wait,talk" if more else "")
    desk, _ = load(tmp_path, f"{header}\n{rows}")
    return {
        words[int(call)]: outcome
        for call, outcome in legs(desk, "split_part(leg_id, ':', 2), outcome")
    }


def test_words_of_many_systems(tmp_path: Path) -> None:
    classes = {
        "answered": [
            "ANSWERED",
            "answer",
            "Completed",
            "handled",
            "COMPLETEAGENT",
            "COMPLETECALLER",
            "CONNECT",
            "Atendida",
            "beantwortet",
            "répondu",
            "Sí",
            "transferred",
        ],
        "abandoned": [
            "ABANDON",
            "Abandoned in Queue",
            "CANCEL",
            "EXITWITHKEY",
            "caller hung up",
            "aufgelegt",
            "abandonné",
        ],
        "missed": [
            "NO ANSWER",
            "NOANSWER",
            "BUSY",
            "FAILED",
            "CONGESTION",
            "VOICEMAIL",
            "RNA",
            "RONA",
            "timeout",
            "EXITWITHTIMEOUT",
            "EXITEMPTY",
            "CHANUNAVAIL",
            "não atendida",
            "verpasst",
            "manqué",
        ],
    }
    expected = {word: outcome for outcome, words in classes.items() for word in words}
    assert outcomes(tmp_path, *expected) == expected


def test_handed_on_before_anybody_answered_is_not_answered(tmp_path: Path) -> None:
    content = (
        "call_id,start_time,status,wait,talk\n1,2026-01-05 09:00:00,Transferred,20,0\n2,2026-01-05"
        " 09:01:00,Transferred,20,60\n"
    )
    desk, _ = load(tmp_path, content)
    assert legs(desk, "outcome, transfers") == [("abandoned", 0), ("answered", 1)]


def test_an_unknown_outcome_is_asked_for_and_can_be_said(tmp_path: Path) -> None:
    content = (
        "call_id,start_time,status,wait,talk\n1,2026-01-05 09:00:00,erledigt,10,60\n2,2026-01-05"
        " 09:01:00,Weg!,45,\n3,2026-01-05 09:02:00,answered,5,60\n"
    )
    desk, report = load(tmp_path, content)
    assert [outcome for outcome, *_ in legs(desk)] == ["answered"]
    assert report.quarantined_rows == 2
    assert (
        "line 2, status = 'erledigt': an outcome nobody knows" in report.quarantine_examples[0]
        and "--mapping FILE" in report.quarantine_examples[0]
    )
    # The same file with the words said completes what is there.
    report = desk.load(
        "telephony",
        [tmp_path / "calls.csv"],
        mapping=words(tmp_path, '[outcomes]\nanswered = ["erledigt"]\nabandoned = ["weg"]\n'),
    )
    assert report.quarantined_rows == 0
    assert [outcome for outcome, *_ in legs(desk)] == ["answered", "abandoned", "answered"]


def words(tmp_path: Path, content: str) -> Path:
    (tmp_path / "words.toml").write_text(content, encoding="utf-8")
    return tmp_path / "words.toml"


def test_a_users_word_goes_before_ours(tmp_path: Path) -> None:
    desk, _ = load(
        tmp_path,
        "call_id,start_time,status,wait\n1,2026-01-05 09:00:00,Completed,7\n",
        mapping='[outcomes]\nmissed = ["completed"]\n',
    )
    assert legs(desk) == [("abandoned", 7, None)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[outcome]\n", "one table, \\[outcomes\\]"),
        ('[outcomes]\nanswerd = ["x"]\n', "did you mean 'answered'"),
        ('[outcomes]\nmissed = "x"\n', "must be a list of words"),
    ],
)
def test_a_mapping_that_is_none_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        load(tmp_path, "call_id,start_time,status\n1,2026-01-05 09:00:00,x\n", mapping=content)


def test_an_empty_outcome_is_decided_by_what_is_told_or_not_at_all(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "call_id,start_time,status,answered_at,wait,talk\n1,2026-01-05"
        " 09:00:00,,,10,60\n2,2026-01-05 09:01:00,,2026-01-05 09:01:20,,\n3,2026-01-05"
        " 09:02:00,,,40,\n4,2026-01-05 09:03:00,,,40,0\n5,2026-01-05 09:04:00,ANSWERED,,3,9\n",
    )
    assert legs(desk) == [
        ("answered", 10, 60),
        ("answered", 20, None),
        ("abandoned", 40, None),
        ("answered", 3, 9),
    ]
    assert report.quarantine_examples == [
        f"{tmp_path / 'calls.csv'}, line 4, status: no outcome, and neither a time of answer nor a"
        " talk time tells whether it was answered"
    ]


def test_without_any_word_of_the_outcome_only_volume_is_measured(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "call_id,start_time,queue,duration\n1,2026-01-05 09:00:00,q,40\n2,2026-01-05"
        " 09:01:00,q,50\n",
    )
    assert value(desk, "ticket_volume", variant="contacts") == 2
    assert value(desk, "missed_contact_rate") is None and value(desk, "average_handle_time") is None
    assert report.notes == [
        "no column says whether calls were answered: only their volume can be measured (name one:"
        " answered_y_n, answered, is_answered, outcome)"
    ]


def test_a_call_record_without_a_wait_has_none(tmp_path: Path) -> None:
    """Call records (CDR): duration counts from the dialling, billsec is talk, and how long anybody
    waited is not told.
    """
    desk, report = load(
        tmp_path,
        "uniqueid,call_id,start_time,duration,billsec,disposition\na,1,2026-01-05"
        " 09:00:00,37,32,ANSWERED\na,2,2026-01-05 09:01:00,25,0,NO ANSWER\na,3,2026-01-05"
        " 09:02:00,100,80,ANSWERED\n",
    )
    assert value(desk, "average_handle_time") == 56
    assert value(desk, "missed_contact_rate") == pytest.approx(1 / 3)
    assert (
        value(desk, "average_speed_of_answer") is None
        and value(desk, "average_speed_of_answer", variant="with_abandons") is None
    )
    assert value(desk, "service_level") is None
    assert any(
        note.startswith("2 answered calls have neither a waiting time nor a time of answer")
        for note in report.notes
    )
    assert any(
        note.startswith("3 ") or note.startswith("2 answered calls name no agent")
        for note in report.notes
    )


def test_a_duration_holds_the_wait(tmp_path: Path) -> None:
    desk, _ = load(
        tmp_path,
        "call_id,start_time,status,wait,duration\n1,2026-01-05"
        " 09:00:00,answered,20,140\n2,2026-01-05 09:10:00,answered,,140\n3,2026-01-05"
        " 09:20:00,abandoned,30,30\n4,2026-01-05 09:30:00,answered,0:00:20,0:01:00\n",
    )
    assert legs(desk) == [
        ("answered", 20, 120),
        ("answered", None, None),
        ("abandoned", 30, None),
        ("answered", 20, 40),
    ]


def test_talk_is_talk_whatever_else_ran_on(tmp_path: Path) -> None:
    """After the talk a survey ran; a hold within the talk is not added to it again where the end
    says so.
    """
    desk, _ = load(
        tmp_path,
        "call_id,start_time,status,answered_at,ended_at,talk_time,hold_time\n"
        "1,2026-01-05 09:00:00,answered,2026-01-05 09:00:10,2026-01-05 09:05:00,120,\n"
        "2,2026-01-05 10:00:00,answered,2026-01-05 10:00:10,2026-01-05 10:02:10,120,30\n"
        "3,2026-01-05 11:00:00,answered,2026-01-05 11:00:10,2026-01-05 11:02:40,120,30\n",
    )
    assert [handled for *_, handled in legs(desk)] == [120, 120, 150]


def test_nobody_named_still_answered(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        "call_id,start_time,agent,status,wait,talk\n1,2026-01-05"
        " 09:00:00,,ANSWERED,10,60\n2,2026-01-05 09:01:00,ann,ANSWERED,20,60\n",
    )
    assert report.quarantined_rows == 0
    assert value(desk, "average_speed_of_answer") == 15 and value(desk, "missed_contact_rate") == 0
    assert [row.group for row in desk.measure("average_speed_of_answer", by="agent")] == [
        (("agent", "ann"),),
        (("agent", None),),
    ]


HEADER = "call_id,start_time,queue,agent,status,wait_seconds,talk_seconds"


def test_a_call_through_two_queues_is_two_legs(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        f"{HEADER}\n1,2026-01-05 09:00:00,tier1,ann,ANSWERED,12,120\n1,2026-01-05"
        " 09:02:12,tier2,bob,ANSWERED,40,173\n2,2026-01-05"
        " 09:30:00,tier1,,ABANDON,40,0\n2,2026-01-05 09:30:40,tier2,bob,ANSWERED,10,60\n",
    )
    assert report.quarantined_rows == 0
    by_queue = {
        row.group[0][1]: row.value for row in desk.measure("missed_contact_rate", by="queue")
    }
    assert by_queue == {"tier1": 0.5, "tier2": 0}
    assert {
        row.group[0][1]: row.value for row in desk.measure("average_speed_of_answer", by="queue")
    } == {"tier1": 12, "tier2": 25}


def test_what_tells_legs_apart(tmp_path: Path) -> None:
    """Handed to another agent of the same queue; rung at two agents at once; the same row twice;
    two rows nobody can tell apart.
    """
    desk, report = load(
        tmp_path,
        f"{HEADER}\n1,2026-01-05 09:00:00,q,ann,ANSWERED,12,120\n1,2026-01-05"
        " 09:02:12,q,bob,ANSWERED,5,60\n2,2026-01-05 10:00:00,q,ann,RNA,15,\n2,2026-01-05"
        " 10:00:00,q,bob,ANSWERED,20,60\n3,2026-01-05 11:00:00,q,ann,ANSWERED,1,10\n3,2026-01-05"
        " 11:00:00,q,ann,ANSWERED,1,10\n4,2026-01-05 12:00:00,q,ann,ANSWERED,1,10\n4,2026-01-05"
        " 12:00:00,q,ann,ANSWERED,2,20\n",
    )
    assert sorted(legs(desk, "wait_seconds")) == [(1,), (1,), (5,), (12,), (15,), (20,)]
    assert report.duplicates == 1
    assert (
        "line 9, call_id = '4': the same call, queue, start and agent as an earlier row"
        in report.quarantine_examples[0]
    )
    numbered = "".join(
        f"4,2026-01-05 12:00:00,q,ann,ANSWERED,{wait},20,{wait}\n" for wait in (1, 2)
    )
    apart, report = load(
        tmp_path / "again" if (tmp_path / "again").mkdir() is None else tmp_path,
        f"{HEADER},sequence\n{numbered}",
    )
    assert (report.quarantined_rows, legs(apart, "wait_seconds")) == (0, [(1,), (2,)])


def test_next_weeks_export_of_one_leg_meets_this_weeks(tmp_path: Path) -> None:
    desk, _ = load(tmp_path, f"{HEADER}\n1,2026-01-05 09:00:00,tier1,ann,ANSWERED,12,120\n")
    (tmp_path / "next.csv").write_text(
        f"{HEADER}\n1,2026-01-05 09:02:12,tier2,bob,ANSWERED,40,173\n", encoding="utf-8"
    )
    desk.load("telephony", [tmp_path / "next.csv"])
    assert legs(desk) == [("answered", 12, 120), ("answered", 40, 173)]


TIMES = "call_id,start_time,status,answered_at,ended_at\n"


def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """25 October in Berlin: each row is read so that it makes sense, and as short as it can be."""
    desk, report = load(
        tmp_path,
        f"{TIMES}1,2026-10-25 02:55:00,ANSWERED,2026-10-25 02:56:00,2026-10-25 02:10:00\n"
        "2,2026-10-25 02:59:30,ANSWERED,2026-10-25 02:00:10,2026-10-25 02:10:10\n"
        "3,2026-10-25 02:20:00,ANSWERED,2026-10-25 02:20:10,2026-10-25 02:30:10\n"
        "4,2026-10-25 02:50:00,ANSWERED,2026-10-25 03:01:00,2026-10-25 03:10:00\n"
        "5,2026-10-25 01:59:50,ANSWERED,2026-10-25 02:00:10,2026-10-25 03:00:00\n",
        zone="Europe/Berlin",
    )
    found = dict(legs_by_call(desk))
    assert found == {
        "1": (60, 840),
        "2": (40, 600),
        "3": (10, 600),
        "4": (660, 540),
        "5": (20, 7190),
    }
    assert report.quarantined_rows == 0


def legs_by_call(desk: Desk) -> list[tuple[str, tuple[Any, Any]]]:
    return [
        (call, (wait, handled))
        for call, wait, handled in legs(
            desk, "split_part(leg_id, ':', 2), wait_seconds, handle_seconds"
        )
    ]


def test_orders_that_cannot_be_are_told_and_the_call_stays(tmp_path: Path) -> None:
    desk, report = load(
        tmp_path,
        f"{TIMES}1,2026-01-05 09:00:00,ANSWERED,2026-01-05 08:59:00,2026-01-05"
        " 09:05:00\n2,2026-01-05 10:00:00,ANSWERED,2026-01-05 10:00:10,2026-01-05"
        " 09:05:00\n3,2026-01-05 11:00:00,ABANDON,,2026-01-05 10:00:00\n4,2026-01-05"
        " 12:00:00,ABANDON,,2026-01-05 12:00:30\n5,2026-01-05 13:00:00.700,ANSWERED,2026-01-05"
        " 13:00:00,2026-01-05 13:00:30.2\n6,2026-01-05 14:00:00,ANSWERED,soon,2026-01-05"
        " 14:01:00\n",
    )
    assert dict(legs_by_call(desk)) == {
        "1": (None, None),
        "2": (10, None),
        "3": (None, None),
        "4": (30, None),
        "5": (0, 29),
        "6": (None, None),
    }
    assert value(desk, "ticket_volume", variant="contacts") == 6
    reasons = "\n".join(report.quarantine_examples)
    assert "line 2, answered_at = '2026-01-05 08:59:00': answered before it was offered" in reasons
    assert (
        "line 3, ended_at = '2026-01-05 09:05:00': ended before it was offered or answered"
        in reasons
    )
    assert "line 4, ended_at" in reasons and "line 7, answered_at = 'soon'" in reasons
    with desk.engine() as engine:
        assert engine.run(
            "select count(*) from legs where wait_seconds < 0 or handle_seconds < 0 or talk_seconds"
            " < 0 or wait_with_ivr_seconds < 0"
        ) == [(0,)]


def test_one_rating_of_a_call_that_stands_on_each_of_its_legs(tmp_path: Path) -> None:
    desk, _ = load(
        tmp_path,
        f"{HEADER},rating\n1,2026-01-05 09:00:00,tier1,ann,ANSWERED,12,120,5\n1,2026-01-05"
        " 09:02:12,tier2,bob,ANSWERED,40,173,5\n2,2026-01-05"
        " 09:30:00,tier1,ann,ANSWERED,40,10,1\n",
    )
    (csat,) = desk.measure("csat")
    assert (csat.value, csat.n) == (0.5, 2)
