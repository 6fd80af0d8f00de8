"""The columns of `facts_by_hand.py` as an analyst would get them with pandas.

python benchmarks/facts_by_pandas.py FOLDER OUT.parquet
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pandas as pd
from facts_by_hand import working_spans

SOLVED = ("solved", "closed")


def worked(frame: pd.DataFrame, work: pd.DataFrame, at: str, name: str) -> pd.DataFrame:
    """Add the working seconds that the ticket's schedule had seen by the instant `at`."""
    joined = pd.merge_asof(
        frame.sort_values(at), work, left_on=at, right_on="w_start", by="schedule_id"
    )
    end = joined[at].where(joined[at] < joined["w_end"], joined["w_end"])
    joined[name] = joined["before"] + (end - joined["w_start"]).dt.total_seconds().clip(lower=0)
    return joined.drop(columns=["w_start", "w_end", "before"])


def main() -> None:
    """Write the result as Parquet."""
    folder, out = Path(sys.argv[1]), sys.argv[2]

    def read(name: str, columns: list[str]) -> pd.DataFrame:
        frame = pd.read_parquet(folder / f"{name}.parquet", columns=columns)
        for column in frame.columns:
            if str(frame[column].dtype).startswith("datetime"):
                frame[column] = frame[column].astype("datetime64[us]")
        return frame

    work = pd.DataFrame(
        working_spans(), columns=["schedule_id", "w_start", "w_end", "before"]
    ).sort_values("w_start")
    work[["w_start", "w_end"]] = work[["w_start", "w_end"]].astype("datetime64[us]")
    history = read("ticket_field_history", ["ticket_id", "field_name", "value", "updated"]).rename(
        columns={"ticket_id": "id"}
    )
    as_of = history["updated"].max()
    schedules = read("ticket_schedule", ["ticket_id", "schedule_id"]).rename(
        columns={"ticket_id": "id"}
    )
    schedules["schedule_id"] = schedules["schedule_id"].astype(str)
    tickets = read("ticket", ["id", "created_at"]).merge(schedules, on="id", how="left")
    statuses = (
        history[history["field_name"] == "status"]
        .rename(columns={"value": "status", "updated": "start_at"})
        .drop(columns="field_name")
    )
    statuses = statuses.sort_values(["id", "start_at"], kind="stable")
    by_ticket = statuses.groupby("id", sort=False)
    statuses["end_at"] = by_ticket["start_at"].shift(-1).fillna(as_of)
    statuses["last_status"] = by_ticket["status"].shift(1)
    statuses = statuses.merge(tickets, on="id")
    statuses = worked(worked(statuses, work, "start_at", "w0"), work, "end_at", "w1")
    statuses["calendar"] = (statuses["end_at"] - statuses["start_at"]).dt.total_seconds()
    statuses["business"] = statuses["w1"] - statuses["w0"]
    statuses["is_reopen"] = statuses["last_status"].isin(SOLVED) & ~statuses["status"].isin(SOLVED)
    solved = statuses[statuses["status"] == "solved"].groupby("id")
    by_ticket = statuses.groupby("id")
    lives = pd.DataFrame(
        {"created_worked": by_ticket["w0"].min(), "reopens": by_ticket["is_reopen"].sum()}
    )
    for name, column, how in (
        ("first_solved_at", "start_at", "min"),
        ("last_solved_at", "start_at", "max"),
        ("first_solved_worked", "w0", "min"),
        ("last_solved_worked", "w0", "max"),
    ):
        lives[name] = solved[column].agg(how)
    groups = {
        "agent_work": ["new", "open"],
        "requester_wait": ["new", "open", "hold"],
        "pending": ["pending"],
        "on_hold": ["hold"],
    }
    for name, states in groups.items():
        chosen = statuses[statuses["status"].isin(states)].groupby("id")
        lives[name], lives[f"{name}_business"] = chosen["calendar"].sum(), chosen["business"].sum()
    fields = history["field_name"]
    stations = pd.DataFrame(index=lives.index)
    stations["assignees"] = history[fields == "assignee_id"].groupby("id").size()
    stations["groups"] = history[fields == "group_id"].groupby("id").size()
    in_order = history.sort_values("updated", kind="stable")
    for name, field in (
        ("satisfaction", "satisfaction_score"),
        ("priority", "priority"),
        ("agent", "assignee_id"),
    ):
        chosen = in_order[in_order["field_name"] == field]
        if name == "satisfaction":
            chosen = chosen[chosen["value"] != "offered"]
        stations[name] = chosen.groupby("id")["value"].last()
    users = read("user", ["id", "role"]).rename(columns={"id": "user_id"})
    comments = read("ticket_comment", ["ticket_id", "user_id", "created", "public"]).rename(
        columns={"ticket_id": "id"}
    )
    comments = comments.merge(users, on="user_id")
    by_agents = comments[comments["role"] == "agent"]
    replies = by_agents[by_agents["public"]].groupby("id")
    words = pd.DataFrame(
        {
            "first_reply_at": replies["created"].min(),
            "replies": replies.size(),
            "people": replies["user_id"].nunique(),
        }
    )
    words = words.join(by_agents.groupby("id").size().rename("touches"), how="outer")
    joined = (
        tickets.set_index("id").join(lives, how="inner").join(stations).join(words).reset_index()
    )
    replied = worked(
        joined[joined["first_reply_at"].notna()], work, "first_reply_at", "replied_worked"
    )
    joined = joined.merge(replied[["id", "replied_worked"]], on="id", how="left")
    for name, column in (
        ("first_reply", "first_reply_at"),
        ("first_solve", "first_solved_at"),
        ("last_solve", "last_solved_at"),
    ):
        joined[name] = (joined[column] - joined["created_at"]).dt.total_seconds()
    for name in ("first_solved", "last_solved", "replied"):
        joined[f"{name}_business"] = joined[f"{name}_worked"] - joined["created_worked"]
    joined.to_parquet(out)


if __name__ == "__main__":
    main()
