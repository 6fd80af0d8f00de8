"""A filter as text says exactly the filter: whatever names and values a desk holds."""

from __future__ import annotations

import shlex
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot.dialects.duckdb import DuckDB

from helmdesk.insight.dismissals import Dismissal
from helmdesk.insight.finding import Evidence
from helmdesk.insight.location import filter_of
from helmdesk.query.filters import (
    BUILDERS,
    All,
    Any,
    Compare,
    Filter,
    IsNull,
    Not,
    OneOf,
    all_of,
    conjuncts,
    is_value,
    parse_filter,
    simplified,
    to_text,
)
from helmdesk.web.view_state import ViewState

ODD = [
    "O'Brien",
    "''",
    "'",
    'say "hi"',
    "a\\b",
    "\\",
    "a\\'",
    "line\nbreak",
    "\r\n",
    "\t",
    "null",
    "NULL",
    "AND",
    "or",
    "日本語",
    "é",
    "",
    " ",
    " lead",
    "%",
    "$1",
    "?",
    ":x",
    "{{x}}",
    "--",
    "/* x */",
    "' or 1=1 --",
    "x'41'",
    "🙂",
    "\u2028",
    "\x1b",
    "(none)",
    "a) or (b",
    "@x",
    ";",
    "ß",
    "İ",
    "a.b",
    "123",
    "1e5",
    "true",
]
WORDS = sorted(
    {
        *DuckDB.tokenizer_class.KEYWORDS,
        *DuckDB.parser_class.FUNCTION_PARSERS,
        *DuckDB.parser_class.FUNCTIONS,
        "IF",
    }
)
NAMES = [
    "channel",
    "custom.plan",
    "custom.O'Brien",
    'custom.a"b',
    "custom.größe",
    "custom.a b",
    "custom.a.b",
    "custom.null",
    "custom.AND",
    "custom.if",
    "custom.1x",
]
texts = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
names = st.one_of(
    st.sampled_from(NAMES), st.sampled_from(WORDS), texts.filter(bool).map("custom.".__add__)
)
values = st.one_of(
    texts, st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False)
)
leaves = st.one_of(
    st.builds(Compare, names, st.sampled_from(sorted(BUILDERS)), values),
    st.builds(OneOf, names, st.lists(values, min_size=1, max_size=3).map(tuple)),
    st.builds(IsNull, names),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Any, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(trees)
def test_a_filter_is_read_back_as_it_was_written(condition: Filter) -> None:
    assert simplified(parse_filter(to_text(condition))) == simplified(condition)


@pytest.mark.parametrize("value", ODD)
def test_a_segment_is_read_back_exactly(value: str) -> None:
    terms = (("channel", value), (f"custom.{value or 'x'}", None), ("team", value))
    assert parse_filter(to_text(filter_of(terms[:1]))) == Compare("channel", "=", value)
    assert simplified(parse_filter(to_text(filter_of(terms)))) == simplified(filter_of(terms))


def test_no_word_of_the_language_is_taken_for_anything_but_a_name() -> None:
    odd = set()
    for word in WORDS:
        for name in (word, word.lower(), f"custom.{word.lower()}"):
            for condition in (
                Compare(name, "=", "x"),
                IsNull(name),
                OneOf(name, ("a", 1)),
                Not(IsNull(name)),
            ):
                if parse_filter(to_text(condition)) != condition:
                    odd.add(name)
    assert not odd


def test_plain_names_stay_plain() -> None:
    """What dismissals of earlier versions hold to is the same text."""
    assert (
        to_text(filter_of((("issue_type", "password_reset"), ("hour", 12), ("team", None))))
        == "issue_type = 'password_reset' and hour = 12 and team is null"
    )
    assert to_text(OneOf("channel", ("phone", "chat"))) == "channel in ('phone', 'chat')"
    assert to_text(None) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, IsNull("x")),
        ("", Compare("x", "=", "")),
        (3, Compare("x", "=", 3)),
        (np.int64(3), Compare("x", "=", 3)),
        (np.float64(1.5), Compare("x", "=", 1.5)),
        (Decimal("2.5"), Compare("x", "=", 2.5)),
        (True, Compare("x", "=", "True")),
        (date(2026, 1, 2), Compare("x", "=", "2026-01-02")),
    ],
)
def test_a_value_of_a_measurement_becomes_a_condition(value: object, expected: Filter) -> None:
    found = is_value("x", value)
    assert found == expected
    assert parse_filter(to_text(found)) == expected


def test_all_of_none_is_everything() -> None:
    one, other = IsNull("a"), Compare("b", "=", 1)
    assert all_of() is all_of(None, None) is None
    assert all_of(None, one) == one
    assert all_of(one, None, other) == All((one, other))
    assert conjuncts(All((one, All((other, one))))) == {one, other}
    assert conjuncts(None) == frozenset()


@pytest.mark.parametrize("value", ODD)
def test_a_command_is_one_command_whatever_a_segment_is_called(value: str) -> None:
    condition = Compare("channel", "=", value)
    command = Evidence("csat", date(2026, 1, 5), date(2026, 1, 12), condition).command
    assert (
        parse_filter(shlex.split(command)[shlex.split(command).index("--where") + 1]) == condition
    )
    undo = Dismissal("csat", to_text(condition), "", "", None).undo  # type: ignore[arg-type]
    assert parse_filter(shlex.split(undo)[-1]) == condition


# -- links on pages
# ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dimension", ["team", "weekday", "custom.Größe", "custom.null"])
@pytest.mark.parametrize("value", [*ODD, None, 7, 2.5])
def test_a_link_to_a_segment_leads_to_that_segment(dimension: str, value: object) -> None:
    """What a bar's link asks, read from the address as the site reads it."""
    for written in ("", "channel = 'a' or priority = 'b'"):
        narrowed = ViewState.read(
            dict(
                parse_qsl(
                    ViewState(where=written).segment(dimension, value).removeprefix("?"),
                    keep_blank_values=True,
                )
            )
        )
        before = parse_filter(written) if written else None
        asked = is_value(
            dimension, str(value) if dimension == "team" and value is not None else value
        )
        assert conjuncts(narrowed.condition) == conjuncts(all_of(before, asked))


def test_what_is_written_cannot_reach_out_of_its_brackets() -> None:
    """``x) or (y`` pasted between brackets took the filters beside it away."""
    from helmdesk.errors import FilterError

    view = ViewState(where="team = 'a') or (team = 'b'", picked={"channel": "chat"})
    with pytest.raises(FilterError):
        _ = view.filter
    sound = ViewState(where="team = 'a' or team = 'b'", picked={"channel": "chat"})
    assert parse_filter(sound.filter or "") == All(
        (
            Compare("channel", "=", "chat"),
            Any((Compare("team", "=", "a"), Compare("team", "=", "b"))),
        )
    )
