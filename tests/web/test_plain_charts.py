"""Charts made on the server: what they draw, what they leave out, and what they say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from helmdesk.insight.location import Breakdown, Part
from helmdesk.query.distribution import Bin
from helmdesk.query.measurement import Measurement
from helmdesk.web.charts.bins import draw_bins
from helmdesk.web.charts.heat import draw_heat
from helmdesk.web.charts.lines import Flag, Line, draw_line
from helmdesk.web.charts.steps import draw_steps
from helmdesk.web.charts.strips import draw_segments, tone_of

FIRST = date(2026, 5, 4)
NOTHING = Measurement(
    "csat", 1, "", (), None, None, None, None, "share", 0, None, None, 0, 0, 0, 0,
    False, False, False,
)  # fmt: skip


def point(value: float | None, n: int = 50, **more: object) -> Measurement:
    return replace(NOTHING, value=value, n=n, is_small=n < 5, **more)  # type: ignore[arg-type]


def weeks(*values: float | None) -> list[Measurement]:
    return [
        point(value, period_start=FIRST + place * timedelta(days=7))
        for place, value in enumerate(values)
    ]


def steps_of(svg: str, kind: str) -> int:
    found = re.search(rf'<path class="{kind}" d="([^"]+)"', svg)
    return found[1].count("M") if found else 0


def test_a_gap_is_a_gap_and_what_is_not_whole_is_dashed() -> None:
    points = weeks(0.9, 0.8, None, 0.7, 0.75)
    points[-1] = replace(points[-1], is_partial=True)
    drawn = draw_line(Line("Satisfaction", points, "week"))
    assert drawn
    # From the second to the fourth there is nothing; the last step leads to a week that goes on.
    assert (steps_of(drawn.svg, "line"), steps_of(drawn.svg, "line part")) == (1, 1)
    assert 'class="dot open"' in drawn.svg
    assert drawn.summary.startswith(
        "Satisfaction by week: 90.0% in the week of 4 May 2026 to 70.0%"
    )
    assert [row[1] for row in drawn.rows][:2] == ["90.0%", "80.0%"]
    assert draw_line(Line("Satisfaction", weeks(0.9, None), "week")) is None


def test_what_happened_stands_at_its_day_and_below() -> None:
    flags = [Flag(date(2026, 5, 15), "Version 5"), Flag(date(2025, 1, 1), "Long ago")]
    drawn = draw_line(Line("Satisfaction", weeks(0.9, 0.8, 0.7, 0.7), "week", flags=flags))
    assert drawn and drawn.notes == (("1", "15 May: Version 5"),)
    # Eleven days after the first of four weeks: 11 / 7 of a quarter.
    assert f'<circle class="flag" cx="{11 / 7 / 4 * 100:.2f}%"' in drawn.svg


def test_segments_stand_worst_first_and_are_coloured_beyond_chance_only() -> None:
    whole = point(0.8, 500, low=0.77, high=0.83)
    parts = [
        point(0.9, 100, low=0.83, high=0.95, group=(("channel", "chat"),)),
        point(0.6, 100, low=0.5, high=0.69, group=(("channel", "phone"),)),
        point(0.75, 100, low=0.66, high=0.83, group=(("channel", "email"),)),
        point(0.2, 3, low=0.0, high=0.6, group=(("channel", None),)),
        point(None, 0, group=(("channel", "fax"),)),
    ]
    drawn = draw_segments(parts, whole, "higher", lambda m: "?")
    assert drawn
    assert [row.name for row in drawn.rows] == ["Not set", "Phone", "Email", "Chat", "Fax"]
    tones = [tone_of(part, whole, "higher") for part in parts]
    assert tones == ["better", "worse", "calm", "calm", "calm"]
    assert [tone_of(part, whole, "context") for part in parts] == ["calm"] * 5
    assert [tone_of(part, whole, "lower") for part in parts[:2]] == ["worse", "better"]


def test_bars_say_where_most_lie() -> None:
    drawn = draw_bins([Bin(0, 60, 10), Bin(60, 300, 30), Bin(300, None, 0)], "seconds", "rows")
    assert drawn and drawn.summary == "40 rows; most of them, 75%, lie in 1 min – 5 min."
    assert drawn.rows[2] == ("5 min or more", "0", "0.0%")
    assert draw_bins([Bin(0, 60, 0)], "seconds", "rows") is None


def test_hours_with_a_handful_of_cases_have_no_shade() -> None:
    cells = [
        point(0.9, 80, group=(("weekday", 1), ("hour", 9))),
        point(0.5, 80, group=(("weekday", 2), ("hour", 10))),
        point(0.0, 2, group=(("weekday", 3), ("hour", 9))),
    ]
    drawn = draw_heat(cells, lambda m: "?")
    assert drawn and drawn.hours == ("9", "10")
    shades = {cell.title: cell.shade for _, row in drawn.days for cell in row if cell.title}
    assert [*shades.values()] == ["h5", "h0", "few"]
    assert drawn.summary == "Highest on Monday at 09:00: 90.0%."


def test_steps_add_up_to_the_whole() -> None:
    parts = (
        Part(("phone",), 0.04, -0.0001, 0.7, 0.8, 0.5, 0.5),
        Part(("chat",), -0.01, 0.02, 0.9, 0.9, 0.5, 0.5),
    )
    drawn = draw_steps(Breakdown("channel", parts, 0.0499, 0.03, 0.0199, False), "share", True)
    assert drawn
    assert [(row.name, row.how, row.change) for row in drawn.rows] == [
        ("Phone", "handled differently", "+4.0 points"),
        ("Chat", "more or fewer of them", "+2.0 points"),
        ("Chat", "handled differently", "−1.0 points"),
        ("All others", "", "0.0 points"),
        ("The whole change", "", "+5.0 points"),
    ]
