"""A ticket's life as a chart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import altair as alt

from helmdesk.analysis.ticket import Story, Waits
from helmdesk.query.words import (
    show_duration,
)
from helmdesk.records.schema import SOLVED_STATUSES
from helmdesk.web.charts.chart import CLOCK, Chart, Row, blank, filled, on_axis, shape


def timeline(story: Story, zone: str, local: Callable[[datetime | None], str]) -> Chart:
    """Return a ticket's life on the clock of a zone: who waited for whom, and when each SLA clock
    ran.
    """
    rows: list[Row] = []
    states = list(story.states)
    if len(states) > 1 and states[-1]["status"] in SOLVED_STATUSES:
        # Since then nothing happened; drawn to scale it would leave no room for what did.
        states.pop()
    waited = 0.0
    for state in states:
        end = state["ended_at"] or story.as_of
        waited += (
            (end - state["started_at"]).total_seconds() if state["waits"] is Waits.FOR_US else 0.0
        )
        whose = f", {state['team'] or 'no team'}" if "team" in state else ""
        rows.append(
            _stretch(
                "waiting",
                str(state["waits"]),
                state["started_at"],
                end,
                f"{state['status']}{whose}",
                zone,
                local,
            )
        )
    for clock in story.clocks:
        lane = clock["clock"].replace("_", " ")
        # An overdue clock is late from the instant it was due; the rest of its run is drawn as
        # late.
        for run in clock["runs"]:
            end, due = run["ended_at"] or story.as_of, clock["due_at"]
            if due is not None and run["started_at"] < due < end:
                rows.append(
                    _stretch(
                        lane, "clock runs", run["started_at"], due, clock["state"], zone, local
                    )
                )
                rows.append(_stretch(lane, "late", due, end, clock["state"], zone, local))
            else:
                kind = "late" if due is not None and due <= run["started_at"] else "clock runs"
                rows.append(
                    _stretch(lane, kind, run["started_at"], end, clock["state"], zone, local)
                )
    lanes = list(dict.fromkeys(row["lane"] for row in rows))
    kinds = [*map(str, Waits), "clock runs", "late"]
    chart = (
        blank("rows")
        .mark_bar(height=16)
        .encode(
            x=alt.X(
                "from:T",
                title=None,
                scale=CLOCK,
                axis=alt.Axis(format="%m-%d %H:%M", labelOverlap=True, tickCount=5),
            ),
            x2="to:T",
            y=alt.Y("lane:N", title=None, sort=lanes),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=kinds),
                legend=alt.Legend(orient="bottom", columns=2),
            ),
            tooltip=[
                "kind:N",
                "what:N",
                alt.Tooltip("began:N", title="from"),
                alt.Tooltip("ended:N", title="to"),
                alt.Tooltip("long:N", title="for"),
            ],
        )
    )
    messages = (
        [
            {
                "lane": lanes[0],
                "from": on_axis(m["sent_at"], zone),
                "at": local(m["sent_at"]),
                "who": m["actor_kind"],
            }
            for m in story.messages
        ]
        if lanes
        else []
    )
    marks = (
        blank("messages")
        .mark_point(filled=True, size=40, style="message")
        .encode(
            x=alt.X("from:T", scale=CLOCK),
            y=alt.Y("lane:N", sort=lanes),
            tooltip=[alt.Tooltip("who:N", title="message of"), alt.Tooltip("at:N")],
        )
    )
    height = 30 * len(lanes) + 130
    summary = (
        f"The customer waited for us {show_duration(waited)} of calendar time in"
        f" {len(story.states)} stretches; {len(story.clocks)} SLA clocks."
    )
    cells = tuple(
        (row["lane"], row["kind"], row["began"], row["ended"], row["long"], row["what"])
        for row in rows
    )
    spec = filled(shape(alt.layer(chart, marks)), height, rows=rows, messages=messages)
    return Chart(
        "timeline", spec, summary, ("lane", "what", "from", "to", "for", "state"), cells, height
    )


def _stretch(
    lane: str,
    kind: str,
    start: datetime,
    end: datetime,
    what: str,
    zone: str,
    local: Callable[[datetime | None], str],
) -> Row:
    return {
        "lane": lane,
        "kind": kind,
        "from": on_axis(start, zone),
        "to": on_axis(end, zone),
        "what": what,
        "began": local(start),
        "ended": local(end),
        "long": show_duration((end - start).total_seconds()),
    }
