"""Assessments of accounts, brought up to date by steps of their own."""

from __future__ import annotations

from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.account_health import ASSESSMENTS, DAYS


def refresh_assessments(engine: DuckDB, sql: str) -> None:
    """Accounts are assessed again from the month in which something of theirs changed, and at
    the new end of the data.
    """
    engine.connection.execute(f"create temp table all_assessments as {ASSESSMENTS}")
    engine.connection.execute(
        """create temp table assessments as
        select g.* from all_assessments g
        left join (select account_id, min(since) as since from changed_accounts
            group by account_id) c on c.account_id = g.account_id
        where g.assessed_at >= c.since or not exists (
            select 1 from mart.account_health h where h.account_id = g.account_id
                and h.assessed_at = g.assessed_at)"""
    )
    engine.connection.execute(
        """delete from mart.account_health where (account_id,
            assessed_at) in (select (account_id, assessed_at) from assessments)
        or (account_id, assessed_at) not in (select (account_id, assessed_at)
            from all_assessments)"""
    )
    ((earliest,),) = engine.run("select min(assessed_at) from assessments")
    if earliest is None:
        return
    seen = f"timestamp '{earliest}' - interval {DAYS} day"
    engine.connection.execute(
        "create temp table sla_clocks as select account_id, is_counted, is_doubled, state,"
        f" judged_at from mart.sla_clocks where judged_at > {seen} and account_id is not null"
    )
    engine.connection.execute(
        "create temp view tickets as select * from mart.tickets where account_id is not null"
        f" and last_solved_at > {seen}"
    )
    engine.connection.execute(f"create temp table account_health as {sql}")
    engine.connection.execute(
        "insert into mart.account_health from temp.account_health; drop table temp.account_health"
    )
    engine.connection.execute("drop view temp.tickets; drop table temp.sla_clocks")
