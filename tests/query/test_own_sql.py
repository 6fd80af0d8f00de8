"""SQL of one's own sees the rows that the policy lets through, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.desk import Desk
from helmdesk.errors import NotFoundError, NotPermittedError, UsageError
from helmdesk.query.filters import OneOf
from helmdesk.query.policy import Policy

DAY = "2026-01-{:02} {:02}:00:00"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = make_desk(tmp_path_factory.mktemp("sql") / "desk")
    load_events(
        made,
        [
            event
            for day in range(5, 25)
            for event in ticket(
                f"t{day}",
                DAY.format(day, 8),
                DAY.format(day, 9),
                channel="email" if day % 4 else "chat",
            )
        ],
    )
    made.refresh()
    return made


def test_a_select_is_answered(desk: Desk) -> None:
    found = desk.sql(
        "with shares as (select channel, count(*) as n from tickets group by channel)"
        " select * from shares order by n"
    )
    assert found.to_pylist() == [{"channel": "chat", "n": 5}, {"channel": "email", "n": 15}]
    # The same tickets as the metric counts.
    volume = desk.measure("ticket_volume", start="2026-01-01", end="2026-02-01")[0]
    assert desk.sql("select count(*) as n from tickets").to_pylist() == [{"n": volume.value}]


def test_tables_are_joined(desk: Desk) -> None:
    found = desk.sql(
        "select t.channel, count(*) as n from tickets t join ticket_episodes e using (ticket_id)"
        " group by all order by n"
    )
    assert found.to_pylist() == [{"channel": "chat", "n": 5}, {"channel": "email", "n": 15}]


def test_columns_that_no_word_names_are_there(desk: Desk) -> None:
    (whole,) = desk.sql("select t from tickets t limit 1").to_pylist()
    (listed,) = desk.sql("select * from tickets limit 1").to_pylist()
    assert whole["t"].keys() == listed.keys()
    (table,) = (table for table in desk.tables() if table.name == "tickets")
    assert set(listed) == {column.name for column in table.columns}


def test_rows_outside_the_policy_are_not_there(desk: Desk) -> None:
    lead = desk.as_seen_by(Policy("chats", predicate=OneOf("channel", ("chat",))))
    assert lead.sql("select distinct channel from tickets").to_pylist() == [{"channel": "chat"}]
    assert lead.sql("select count(*) as n from ticket_episodes").to_pylist() == [{"n": 5}]
    # What cannot be narrowed is not offered.
    assert "annotations" not in {table.name for table in lead.tables()}
    with pytest.raises(NotFoundError, match="annotations"):
        lead.sql("select * from annotations")


def test_money_is_hidden_from_whom_it_is_none_of(desk: Desk) -> None:
    planner = desk.as_seen_by(Policy("no money", may_see_money=False))
    with pytest.raises(UsageError, match="contract_value"):
        planner.sql("select contract_value from tickets")
    assert "contract_value" not in planner.sql("select * from tickets").column_names


@pytest.mark.parametrize(
    "policy",
    [Policy("lead", may_compare_people=False), Policy("outsider", names=frozenset({"channel"}))],
)
def test_who_is_shown_no_small_groups_asks_no_sql(desk: Desk, policy: Policy) -> None:
    with pytest.raises(NotPermittedError):
        desk.as_seen_by(policy).sql("select 1")
    with pytest.raises(NotPermittedError):
        desk.as_seen_by(policy).tables()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("drop table tickets", "one SELECT"),
        ("select 1; select 2", "one SELECT"),
        ("copy tickets to 'x.csv'", "one SELECT"),
        ("", "one SELECT"),
        ("select from where", "cannot be answered"),
        ("select chanel from tickets", '"channel"'),
        ("select * from read_csv('{file}')", "disabled"),
        ("select * from glob('{file}')", "disabled"),
    ],
)
def test_what_is_no_question_is_refused_with_the_reason(
    desk: Desk, tmp_path: Path, statement: str, said: str
) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        desk.sql(statement.format(file=file))


def test_an_unknown_table_is_answered_with_those_there_are(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"did you mean 'tickets'\?.*messages"):
        desk.sql("select * from ticket")
    file = tmp_path / "rows.csv"
    file.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises((NotFoundError, UsageError)):
        desk.sql(f"select * from '{file}'")
