"""The table of cumulative working seconds, from the calendars that the lake holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from helmdesk.clocks.calendar import calendar_from_definition, open_spans
from helmdesk.engines.duckdb import DuckDB


def create_working_time(engine: DuckDB, last: datetime | None) -> list[str]:
    """Create ``working_time`` for the latest version of every calendar; return the calendar ids.

    Args:
        last: naive UTC instant up to which the table must reach, from the first ticket on; None for a lake without events.
    """
    run = engine.connection.execute
    run("create table working_time (calendar_id varchar, start_at timestamp, end_at timestamp, seconds_before bigint)")
    calendars = engine.run("select entity_id, time_zone, definition from latest_calendars order by entity_id")
    if last is None or not calendars:
        return []
    ((first,),) = engine.run("select min(occurred_at) from ticket_records")
    first = first or last
    margin = timedelta(days=8)
    start, end = (first - margin).date(), min((last + margin).date(), date(2199, 1, 1))
    rows: list[tuple[str, datetime, datetime, int]] = []
    for calendar_id, time_zone, definition in calendars:
        spans = open_spans(calendar_from_definition(calendar_id, time_zone, definition), start, end)
        rows += [(calendar_id, span.start.replace(tzinfo=None), span.end.replace(tzinfo=None), span.seconds_before) for span in spans]
    if rows:
        import pyarrow as pa

        schema = pa.schema([("calendar_id", pa.string()), ("start_at", pa.timestamp("us")),
                            ("end_at", pa.timestamp("us")), ("seconds_before", pa.int64())])  # fmt: skip
        columns = [pa.array(column, kind.type) for column, kind in zip(zip(*rows, strict=True), schema, strict=True)]
        spans_table = pa.table(columns, schema=schema)  # noqa: F841 (DuckDB finds it by name)
        run("insert into working_time select * from spans_table")
    return [row[0] for row in calendars]
