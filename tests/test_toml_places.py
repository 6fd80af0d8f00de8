"""What people write in TOML is refused with file, line and column: settings, mappings, metrics of a
desk's own, calendars, SLA policies, words, connections.

A wrong file marks with ⟦ where its mistake begins; the mark is taken out before it is read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desks import make_desk
from helmdesk.catalogue.custom import load_custom_metrics
from helmdesk.desk.connections import Connections
from helmdesk.desk.desk import Desk
from helmdesk.errors import DataQualityError, HelmdeskError, SettingError
from helmdesk.settings import read_settings
from helmdesk.sources.eventlog import _own_words
from helmdesk.sources.parts.mapping_file import read_mapping
from helmdesk.sources.parts.roster_matrix import _own_shifts
from helmdesk.sources.qualtrics import _mapped
from helmdesk.sources.reading.words import with_own_words
from helmdesk.toml_place import Document, Place

MARK = "⟦"


def written(path: Path, text: str) -> tuple[Path, str]:
    """Write a wrong file without its mark; return it with the place that an error must tell."""
    before, mark, after = text.partition(MARK)
    assert mark
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(before + after, encoding="utf-8")
    line = before.count("\n") + 1
    column = len(before.rpartition("\n")[2]) + 1
    return path, f"{path}: line {line}, column {column}: "


SETTINGS = {
    "unknown setting 'time_zones'; did you mean 'time_zone'?": (
        '# Ours\nname = "Desk"\ntime_zones = ⟦"UTC"\n'
    ),
    "week_start = 'lundi'; use one of monday, tuesday, wednesday, thursday, friday, saturday,"
    " sunday": 'name = "Desk"\n\n  week_start=⟦"lundi" # French\n',
    "time_zone = 'Europe/Nowhere' is not an IANA time zone such as 'Europe/Berlin'": (
        'time_zone = ⟦"Europe/Nowhere"'
    ),
    "reopen_days = 0; use 1 to 365": "repeat_days = 3\nreopen_days = ⟦0",
    "quarantine_limit = 20.0; use a share from 0 to 1": "quarantine_limit = ⟦20",
    "is_sample must be true or false, not 'no'": 'is_sample = ⟦"no"',
    "targets.csat must be a number or [low, high], not 'high'": (
        '[targets]\nfirst_response_time = 3600\ncsat = ⟦"high"'
    ),
}


@pytest.mark.parametrize("words", SETTINGS)
def test_settings(tmp_path: Path, words: str) -> None:
    path, place = written(tmp_path / "helmdesk.toml", SETTINGS[words])
    with pytest.raises(SettingError) as error:
        read_settings(path)
    assert str(error.value) == place + words


MAPPING = """name = "ours"
key = ["No"]

[[record]]
type = "created"
[record.columns]
ticket_id = "No"
occurred_at = { column = "When" }
"""
MAPPINGS = {
    "the mapping has the unknown key 'keys'; did you mean 'key'?": MAPPING.replace(
        "key = [", "keys = ⟦["
    ),
    "name must be a text, not 7": MAPPING.replace('"ours"', "⟦7"),
    "key must be a text or a list of texts, not [1]": MAPPING.replace('["No"]', "⟦[1]"),
    "decimal = ';' must be '.' or ',': what begins a fraction": 'decimal = ⟦";"\n' + MAPPING,
    "record 1 has the unknown type 'create'; did you mean 'created'?": MAPPING.replace(
        '"created"', '⟦"create"'
    ),
    "record 2 (created) needs the column 'occurred_at'": (
        f'{MAPPING}\n⟦[[record]]\ntype = "created"\n[record.columns]\nticket_id = "No"\n'
    ),
    "record 1 (created) has no column 'prioritty'; did you mean 'priority'?": (
        f'{MAPPING}prioritty = ⟦"P"'
    ),
    "record 1 (created), column 'status': 'shut' is not one of new, open, waiting_customer,"
    " waiting_third_party, solved, closed": (
        f'{MAPPING}status = {{ column = "S", values = {{ "New!" = "new", Done = ⟦"shut" }} }}'
    ),
    "record 1 (created), column 'occurred_at': the cell has the unknown key 'format'": (
        MAPPING.replace('"When" }', '"When", format = ⟦"iso" }')
    ),
    "instrument s: kind 'stars' is not one of": (
        f'{MAPPING}[[instrument]]\nid = "s"\nkind = ⟦"stars"\npositive = ["5"]'
    ),
}


@pytest.mark.parametrize("words", MAPPINGS)
def test_mappings(tmp_path: Path, words: str) -> None:
    path, place = written(tmp_path / "mapping.toml", MAPPINGS[words])
    with pytest.raises(HelmdeskError) as error:
        read_mapping(path)
    assert str(error.value).startswith(place + words)


METRIC = """name = "Slow first responses"
version = 1
owner = "team leads"
changes = [{ version = 1, date = 2026-11-22, why = "asked for by the leads" }]
pillar = "customer_quality"
category = "customer_experience"
unit = "share"
direction = "lower"
fact = "tickets"
anchor = "first_reply_at"
value = { kind = "share", hits = "first_reply_seconds > 3600" }
where = "is_counted"
where_words = "tickets with a reply"
formula = "replies after an hour ÷ replies"
description = "Share of tickets whose first reply took more than an hour."
evidence = ["ticket_id", "first_reply_at"]
rewards = "answering"
exposes = "queues"
supports = ["staffing"]
"""
METRICS = {
    "unknown key 'colour'": f'{METRIC}colour = ⟦"red"',
    "owner must be a text, not ''": METRIC.replace('"team leads"', '⟦""'),
    "direction: 'down' is not known": METRIC.replace('"lower"', '⟦"down"'),
    "supports: 'hope' is not known": METRIC.replace('["staffing"]', '["staffing", ⟦"hope"]'),
    "version must be a whole number from 1, not 0": METRIC.replace(
        "version = 1\n", "version = ⟦0\n"
    ),
    "value: a share has no 'hit'; did you mean 'hits'?": METRIC.replace(
        'hits = "', 'hits = "", hit = ⟦"'
    ),
    "not allowed in an expression: '(SELECT 1)'": METRIC.replace(
        '"is_counted"', '⟦"(select 1) = 1"'
    ),
    "cannot read '(x'": METRIC.replace('"first_reply_seconds > 3600"', '⟦"(x"'),
    "variant mean: unknown key 'units'": (
        f'{METRIC}[[variant]]\nname = "mean"\ndescription = "mean wait"\nunits = ⟦"seconds"'
    ),
}


@pytest.mark.parametrize("words", METRICS)
def test_metrics_of_a_desks_own(tmp_path: Path, words: str) -> None:
    _, place = written(tmp_path / "metrics" / "slow_replies.toml", METRICS[words])
    with pytest.raises(SettingError) as error:
        load_custom_metrics(tmp_path)
    assert str(error.value).startswith(place + words)


def test_a_metric_that_means_something_else_under_its_version(tmp_path: Path) -> None:
    file = tmp_path / "metrics" / "slow_replies.toml"
    written(file, MARK + METRIC)
    load_custom_metrics(tmp_path)
    _, place = written(
        file, METRIC.replace("3600", "7200").replace("version = 1\n", "version = ⟦1\n")
    )
    with pytest.raises(SettingError) as error:
        load_custom_metrics(tmp_path)
    assert str(error.value).startswith(place + "metric 'slow_replies': the meaning changed")


def test_a_metric_over_a_column_that_is_not_there(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk")
    calendar, _ = written(tmp_path / "calendars.toml", MARK + CALENDAR)
    desk.load("definitions", [calendar])
    text = METRIC.replace('"first_reply_seconds > 3600"', '⟦"first_replay_seconds > 3600"')
    _, place = written(desk.path / "metrics" / "slow_replies.toml", text)
    with pytest.raises(SettingError) as error:
        Desk(desk.path).measure("slow_replies")
    assert str(error.value).startswith(
        f"{place}metric 'slow_replies': tickets has no column 'first_replay_seconds'"
    )


CALENDAR = """[[calendar]]
id = "always"
time_zone = "UTC"
hours = { mon-sun = "00:00-24:00" }
[[calendar]]
id = "berlin"
time_zone = "Europe/Berlin"
hours = { mon-fri = ["09:00-12:30", "13:30-18:00"] }
closed = ["2026-12-24"]
"""
CALENDARS = {
    "unknown table 'calender'; did you mean 'calendar'?": (
        f'{CALENDAR}\n⟦[[calender]]\nid = "x"\ntime_zone = "UTC"'
    ),
    "calendar berlin: unknown key 'zone'": f'{CALENDAR}zone = ⟦"UTC"',
    "calendar berlin: hours mon-fri: '13:30 to 18' is not a span such as 09:00-17:30": (
        CALENDAR.replace('"13:30-18:00"', '⟦"13:30 to 18"')
    ),
    "calendar berlin: hours: 'mon-frei' is not a day or range of days such as mon or mon-fri": (
        CALENDAR.replace("mon-fri = [", "mon-frei = ⟦[")
    ),
    "calendar berlin: closed: '24.12.' is not a date such as 2026-12-24": (
        CALENDAR.replace('"2026-12-24"', '⟦"24.12."')
    ),
    "queue q: threshold: 'soon' is not a number of seconds such as '20s'": (
        f'{CALENDAR}[[queue]]\nid = "q"\nthreshold = ⟦"soon"'
    ),
    "agent a: cost_rate must be a number, not '30'": (
        f'{CALENDAR}[[agent]]\nid = "a"\ncost_rate = ⟦"30"'
    ),
}


@pytest.mark.parametrize("words", CALENDARS)
def test_calendars(tmp_path: Path, words: str) -> None:
    path, place = written(tmp_path / "calendars.toml", CALENDARS[words])
    with pytest.raises(HelmdeskError) as error:
        make_desk(tmp_path / "desk").load("definitions", [path])
    assert str(error.value).startswith(place + words)


POLICY = """[[sla_policy]]
id = "bronze"
clocks = [{ clock = "resolution", targets = { default = "8h" } }]

[[sla_policy]]
id = "gold"
match = { tier = "gold" }

[[sla_policy.clocks]]
clock = "first_response"
targets = { urgent = "1h", default = "4h" }
"""
POLICIES = {
    "SLA policy gold: unknown clock 'first_respons'; did you mean 'first_response'?": (
        POLICY.replace('"first_response"', '⟦"first_respons"')
    ),
    "SLA policy gold, first_response, urgent: '1 day' is not a duration such as '4h'": (
        POLICY.replace('"1h"', '⟦"1 day"')
    ),
    "SLA policy gold: cannot match on 'tears'; did you mean 'tier'?": (
        POLICY.replace("tier = ", "tears = ⟦")
    ),
    "SLA policy gold: reopen 'again' is not one of": POLICY.replace(
        'match = { tier = "gold" }', 'reopen = ⟦"again"'
    ),
}


UNUSABLE = POLICIES | {
    "calendar berlin: unknown time zone 'Berlin'": CALENDAR.replace('"Europe/Berlin"', '⟦"Berlin"'),
    "calendar berlin: no opening hours": CALENDAR.replace(
        'hours = { mon-fri = ["09:00-12:30", "13:30-18:00"] }', "hours = ⟦{}"
    ),
}


@pytest.mark.parametrize("words", UNUSABLE)
def test_what_no_clock_can_use(tmp_path: Path, words: str) -> None:
    path, place = written(tmp_path / "policies.toml", UNUSABLE[words])
    with pytest.raises(DataQualityError) as error:
        make_desk(tmp_path / "desk", quarantine_limit=0.1).load("definitions", [path])
    report = error.value.report
    # The second begins in line 5; the reason tells where in it the mistake is.
    (example,) = report.quarantine_examples  # type: ignore[attr-defined]
    assert example.startswith(f"{path}, line 5, definition = ")
    assert place.removeprefix(f"{path}: ") + words in example


WORDS: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "an event log's statuses": (
        _own_words,
        '[status]\n"Close it" = ⟦"shut"\n',
        "status of 'Close it' is 'shut'",
    ),
    "a roster's shifts": (_own_shifts, '[shifts]\nE = ⟦"early"\n', "[shifts]: E = 'early'"),
    "a survey's questions": (
        _mapped,
        '[[question]]\nsurvey = "S"\nid = "Q"\nkind = ⟦"stars"\npositive = ["5"]\n',
        "question 1: kind 'stars' is not one of",
    ),
    "words of outcomes": (
        lambda path: with_own_words({"outcomes": {"lost": ("gone",)}}, path, "calls"),
        "[outcomes]\nlist = ⟦[]\n",
        "[outcomes]: unknown word 'list'; did you mean 'lost'?",
    ),
    "a connection": (
        lambda path: Connections(path.parent.parent).get(path.stem),
        'system = ⟦"nowhere"\n[account]\n',
        "not the file of a connection",
    ),
}


@pytest.mark.parametrize("kind", WORDS)
def test_other_files(tmp_path: Path, kind: str) -> None:
    read, text, words = WORDS[kind]
    path, place = written(tmp_path / "connections" / "own.toml", text)
    with pytest.raises(HelmdeskError) as error:
        read(path)
    assert str(error.value).startswith(place + words)


def test_without_a_file_there_is_no_line() -> None:
    place = Place(Document("the receipt's settings", SettingError)).of("time_zone")
    assert str(place.wrong("no zone")) == "the receipt's settings: no zone"
    assert place.line == 0


def test_what_is_not_there_is_told_at_the_table_around_it() -> None:
    place = Place(Document("f", SettingError, "\n[[a]]\nb = 1\n[[a]]\n  [a.c]\nd = 2"))
    assert place.of("a", 1, "c", "nothing", 3).line == 5
    assert place.of("a", 1, "nothing").line == 4
    assert place.of("a", 0, "b").line == 3
    assert place.of("nothing").line == 1


KEYS = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", '"ü\\n"'])
VALUES = st.recursive(
    st.sampled_from(
        [
            "1",
            "-2.5e3",
            "true",
            '"x # y"',
            "'z]'",
            '"""\n "two" lines\n"""',
            "'''q''''",
            "2026-01-02",
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[ {', '.join(items)} ]"),
        st.lists(inner, max_size=3).map(
            lambda items: (
                "{ " + ", ".join(f"k{number} = {item}" for number, item in enumerate(items)) + " }"
            )
        ),
    ),
    max_leaves=6,
)


def leaves(
    content: Any, path: tuple[str | int, ...] = ()
) -> list[tuple[tuple[str | int, ...], Any]]:
    inner = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else None
    )
    if inner is None:
        return [(path, content)]
    return [found for key, item in inner for found in leaves(item, (*path, key))]


@given(
    st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=2), VALUES), min_size=1, max_size=4),
    st.sampled_from(["", "[t]\n", "[[t]]\n", "[[t]]\nz = 0\n[[t]]\n", "[t.'u v']\n# [no] = 1\n"]),
)
def test_every_value_is_found_where_it_stands(
    pairs: list[tuple[list[str], str]], heading: str
) -> None:
    text = heading + "".join(f"  {'.'.join(keys)} = {value} # why\n" for keys, value in pairs)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # keys that were given twice
    document = Document("f", SettingError, text)
    for path, value in leaves(content):
        found = document.line_and_column(path)
        assert found is not None
        line, column = found
        rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :]
        # The shortest beginning of what stands there that reads as a value is that value.
        for end in range(1, len(rest) + 1):
            try:
                read = tomllib.loads(f"k = {rest[:end]}")["k"]
            except tomllib.TOMLDecodeError:
                continue
            if read == value:
                break
        else:
            pytest.fail(f"{path} of {text!r}: {rest[:40]!r} is not {value!r}")
