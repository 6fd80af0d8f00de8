"""The columns of `facts_by_hand.py` as an analyst would get them with Polars, lazily and on its
streaming engine.

python benchmarks/facts_by_polars.py FOLDER OUT.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import polars as pl
from facts_by_hand import working_spans

SOLVED = ["solved", "closed"]


def seconds(start: str, end: str) -> pl.Expr:
    """Return whole seconds between two columns."""
    return (pl.col(end) - pl.col(start)).dt.total_seconds()


def worked(frame: pl.LazyFrame, work: pl.LazyFrame, at: str, name: str) -> pl.LazyFrame:
    """Add the working seconds that the ticket's schedule had seen by the instant `at`."""
    joined = frame.sort(at).join_asof(
        work,
        left_on=at,
        right_on="w_start",
        by="schedule_id",
        strategy="backward",
        check_sortedness=False,
    )
    passed = (pl.min_horizontal(at, "w_end") - pl.col("w_start")).dt.total_seconds().clip(0)
    return joined.with_columns((pl.col("before") + passed).alias(name)).drop(
        "w_start", "w_end", "before"
    )


def main() -> None:
    """Write the result as Parquet."""
    folder, out = Path(sys.argv[1]), sys.argv[2]
    raw = {path.stem: pl.scan_parquet(path) for path in folder.glob("*.parquet")}
    work = (
        pl.DataFrame(
            working_spans(), schema=["schedule_id", "w_start", "w_end", "before"], orient="row"
        )
        .lazy()
        .sort("w_start")
    )
    text = pl.String
    history = raw["ticket_field_history"].select(
        pl.col("ticket_id").cast(text).alias("id"), "field_name", "value", "updated"
    )
    as_of = history.select(pl.col("updated").max()).collect().item()
    schedules = raw["ticket_schedule"].select(
        pl.col("ticket_id").cast(text).alias("id"), pl.col("schedule_id").cast(text)
    )
    tickets = (
        raw["ticket"]
        .select(pl.col("id").cast(text), "created_at")
        .join(schedules, on="id", how="left")
    )
    statuses = (
        history.filter(pl.col("field_name") == "status")
        .select("id", pl.col("value").alias("status"), pl.col("updated").alias("start_at"))
        .sort("id", "start_at")
        .with_columns(
            pl.col("start_at").shift(-1).over("id").fill_null(as_of).alias("end_at"),
            pl.col("status").shift(1).over("id").alias("last_status"),
        )
        .join(tickets, on="id")
    )
    statuses = worked(worked(statuses, work, "start_at", "w0"), work, "end_at", "w1")
    is_solved, calendar, business = (
        pl.col("status") == "solved",
        seconds("start_at", "end_at"),
        pl.col("w1") - pl.col("w0"),
    )

    def total(name: str, states: list[str]) -> list[pl.Expr]:
        chosen = pl.col("status").is_in(states)
        return [
            calendar.filter(chosen).sum().alias(name),
            business.filter(chosen).sum().alias(f"{name}_business"),
        ]

    lives = statuses.group_by("id").agg(
        pl.col("start_at").filter(is_solved).min().alias("first_solved_at"),
        pl.col("start_at").filter(is_solved).max().alias("last_solved_at"),
        pl.col("w0").filter(is_solved).min().alias("first_solved_worked"),
        pl.col("w0").filter(is_solved).max().alias("last_solved_worked"),
        pl.col("w0").min().alias("created_worked"),
        (pl.col("last_status").is_in(SOLVED) & ~pl.col("status").is_in(SOLVED))
        .sum()
        .alias("reopens"),
        *total("agent_work", ["new", "open"]),
        *total("requester_wait", ["new", "open", "hold"]),
        *total("pending", ["pending"]),
        *total("on_hold", ["hold"]),
    )

    def latest(field: str) -> pl.Expr:
        chosen = pl.col("field_name") == field
        if field == "satisfaction_score":
            chosen &= pl.col("value") != "offered"
        return pl.col("value").filter(chosen).sort_by(pl.col("updated").filter(chosen)).last()

    stations = history.group_by("id").agg(
        (pl.col("field_name") == "assignee_id").sum().alias("assignees"),
        (pl.col("field_name") == "group_id").sum().alias("groups"),
        latest("satisfaction_score").alias("satisfaction"),
        latest("priority").alias("priority"),
        latest("assignee_id").alias("agent"),
    )
    is_agent, is_public = pl.col("role") == "agent", pl.col("public")
    words = (
        raw["ticket_comment"]
        .join(raw["user"].select("id", "role"), left_on="user_id", right_on="id")
        .group_by(pl.col("ticket_id").cast(text).alias("id"))
        .agg(
            pl.col("created").filter(is_agent & is_public).min().alias("first_reply_at"),
            (is_agent & is_public).sum().alias("replies"),
            is_agent.sum().alias("touches"),
            pl.col("user_id").filter(is_agent & is_public).n_unique().alias("people"),
        )
    )
    joined = (
        tickets.join(lives, on="id")
        .join(stations, on="id", how="left")
        .join(words, on="id", how="left")
    )
    replied = worked(
        joined.filter(pl.col("first_reply_at").is_not_null()),
        work,
        "first_reply_at",
        "replied_worked",
    )
    joined = joined.join(replied.select("id", "replied_worked"), on="id", how="left")
    joined.select(
        "id",
        "created_at",
        seconds("created_at", "first_reply_at").alias("first_reply"),
        seconds("created_at", "first_solved_at").alias("first_solve"),
        seconds("created_at", "last_solved_at").alias("last_solve"),
        (pl.col("first_solved_worked") - pl.col("created_worked")).alias("first_solve_business"),
        (pl.col("last_solved_worked") - pl.col("created_worked")).alias("last_solve_business"),
        (pl.col("replied_worked") - pl.col("created_worked")).alias("first_reply_business"),
        *(name for name in lives.collect_schema().names() if name != "id"),
        *(name for name in stations.collect_schema().names() if name != "id"),
        "replies",
        "touches",
        "people",
    ).collect(engine="streaming").write_parquet(out)


if __name__ == "__main__":
    main()
