"""The charts of the site, as Altair specifications with a summary in words and the table behind
them.

Colours and type come from the page's theme when a chart is drawn, so that one specification serves
light, dark and print.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

import altair as alt

from helmdesk.catalogue.kind import NO_STATISTIC, Statistic
from helmdesk.insight.explanation import waterfall as explain_terms
from helmdesk.insight.location import Breakdown
from helmdesk.query.distribution import Bin
from helmdesk.query.measurement import Measurement
from helmdesk.query.words import (
    DURATIONS,
    NO_CURRENCY,
    SHARES,
    show_change,
    show_measurement,
    show_period,
    show_segment,
    show_value,
)
from helmdesk.web.charts.chart import CLOCK, Chart, Row, blank, filled, on_axis, shape
from helmdesk.web.charts.lines import Flag

Link = Callable[[Measurement], str]
# Time on a business clock is never told in days.
SCALES = ((2 * 86_400, 86_400, "days"), (2 * 3600, 3600, "hours"), (2 * 60, 60, "minutes"))
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Specifications without numbers that are kept.
SHAPES = 256
# Charts of more marks than this are read as noise: the table still has every row.
MOST_BARS = 40


def nothing_to_draw(measurements: Sequence[Measurement]) -> str:
    """Return why a chart of these has nothing to show."""
    if any(m.is_suppressed for m in measurements):
        return (
            "All of it is withheld: fewer than five people stand behind each value. Take longer"
            " periods, or fewer conditions."
        )
    return "Nothing to draw: nothing in this view has a value."


def trend(
    name: str,
    measurements: Sequence[Measurement],
    link: Link,
    notes: Sequence[Flag] = (),
    target: Sequence[float] = (),
) -> Chart | None:
    """Return values by period with their interval, the unfinished period dashed; None when no
    period has a value.
    """
    known = [m for m in measurements if m.value is not None and m.period_start is not None]
    if not known:
        return None
    unit = known[0].unit
    scale, title = _axis(unit, [m.high or m.value or 0 for m in known], known[0].statistic)
    points = [_point(m, scale, link) for m in known]
    solid = [point for point in points if not point["partial"]]
    dashed = [
        {**point, "part": place}
        for place, pair in enumerate(pairwise(points))
        if pair[0]["partial"] or pair[1]["partial"]
        for point in pair
    ]
    tables = {"points": points, "solid": solid, "dashed": dashed}
    notes = [
        note
        for note in notes
        if known[0].period_start
        and known[0].period_start <= note.day <= (known[-1].period_start or note.day)
    ]
    if notes:
        tables["notes"] = [
            {"t": on_axis(note.day), "day": note.day.isoformat(), "text": note.text}
            for note in notes
        ]
    if target:
        tables["target"] = [{"v": value * scale} for value in target]
    summary = _course([m for m in known if not m.is_partial], [m for m in known if m.is_partial])
    rows_ = tuple(((show_period(m), link(m)), *_cells(m)) for m in measurements)
    spec = filled(_trend_shape(unit, title, bool(notes), bool(target)), 260, **tables)
    return Chart(name, spec, summary, ("period", "value", "95% interval", "n"), rows_, 260)


@lru_cache(SHAPES)
def _trend_shape(unit: str, title: str, has_notes: bool, has_target: bool) -> Row:
    x = alt.X(
        "t:T",
        title=None,
        scale=CLOCK,
        axis=alt.Axis(format="%Y-%m-%d", labelOverlap=True, tickCount=6, grid=False),
    )
    y = alt.Y(
        "v:Q",
        title=title,
        axis=_value_axis(unit),
        scale=alt.Scale(zero=unit not in SHARES, nice=True),
    )
    layers = [
        blank("points")
        .mark_area(style="band")
        .encode(x=x, y=alt.Y("lo:Q", title=title), y2="hi:Q"),
        blank("solid").mark_line().encode(x=x, y=y),
        blank("dashed").mark_line(strokeDash=[4, 3]).encode(x=x, y=y, detail="part:N"),
        blank("points")
        .mark_point(filled=True, size=36, cursor="pointer")
        .encode(x=x, y=y, href="url:N", tooltip=_tooltip("period:N", "period")),
    ]
    if has_notes:
        layers.append(
            blank("notes")
            .mark_rule(style="note")
            .encode(x=x, tooltip=[alt.Tooltip("day:N"), "text:N"])
        )
    if has_target:
        layers.append(blank("target").mark_rule(style="target").encode(y=y))
    return shape(alt.layer(*layers))


def _course(whole: Sequence[Measurement], parts: Sequence[Measurement]) -> str:
    """Say where a trend begins and ends; parts of periods are told apart from whole ones."""
    told = f"{len(whole)} whole {'period' if len(whole) == 1 else 'periods'}"
    if whole:
        ends = [
            f"{show_measurement(m)[0]} in that from {m.period_start}" for m in (whole[0], whole[-1])
        ]
        told += f": from {ends[0]} to {ends[1]}" if len(whole) > 1 else f": {ends[0]}"
    if parts:
        told += (
            "; not whole, dashed:"
            f" {', '.join(f'{show_measurement(m)[0]} in {show_period(m)}' for m in parts)}"
        )
    return f"{told}."


def bars(
    name: str, measurements: Sequence[Measurement], dimension: str, link: Link
) -> Chart | None:
    """Return one bar for each segment with its interval, in order of names; None when no segment
    has a value.
    """
    known = [m for m in measurements if m.value is not None][:MOST_BARS]
    rows = tuple(((show_segment(m.group[0][1]), link(m)), *_cells(m)) for m in measurements)
    if not known:
        return None
    unit = known[0].unit
    scale, title = _axis(unit, [m.high or m.value or 0 for m in known], known[0].statistic)
    points = [
        {**_point(m, scale, link), "segment": show_segment(m.group[0][1]) or '""'} for m in known
    ]
    height = 26 * len(points) + 50
    summary = (
        f"{len(measurements)} segments by {dimension.replace('_', ' ')}, in order of their names."
    )
    if len(measurements) > len(known):
        summary += f" The chart shows {len(known)} that have a value; the table has all."
    spec = filled(_bars_shape(unit, title, dimension), height, points=points)
    return Chart(
        name,
        spec,
        summary,
        (dimension.replace("_", " "), "value", "95% interval", "n"),
        rows,
        height,
    )


@lru_cache(SHAPES)
def _bars_shape(unit: str, title: str, dimension: str) -> Row:
    y = alt.Y("segment:N", title=None, sort=None, axis=alt.Axis(labelLimit=160))
    x = alt.X("v:Q", title=title, axis=_value_axis(unit))
    base = blank("points")
    layers = [
        base.mark_bar(height=14, cursor="pointer").encode(
            x=x, y=y, href="url:N", tooltip=_tooltip("segment:N", dimension)
        ),
        base.mark_rule(style="interval").encode(x="lo:Q", x2="hi:Q", y=y),
    ]
    return shape(alt.layer(*layers))


def histogram(name: str, bins: Sequence[Bin], unit: str) -> Chart | None:
    """Return how many rows lie between each pair of edges; None when there are none."""
    if not bins:
        return None
    total = sum(each.n for each in bins)
    labels = [_edge(each, unit) for each in bins]
    points = [
        {"bin": label, "n": each.n, "share": each.n / total}
        for label, each in zip(labels, bins, strict=True)
    ]
    most = max(range(len(bins)), key=lambda place: bins[place].n)
    summary = f"{total:,} rows; most of them, {bins[most].n / total:.0%}, lie in {labels[most]}."
    rows = tuple(
        (label, f"{each.n:,}", f"{each.n / total:.1%}")
        for label, each in zip(labels, bins, strict=True)
    )
    return Chart(
        name,
        filled(_histogram_shape(), 260, points=points),
        summary,
        ("from – to", "rows", "share"),
        rows,
        260,
    )


@lru_cache(1)
def _histogram_shape() -> Row:
    chart = (
        blank("points")
        .mark_bar()
        .encode(
            x=alt.X(
                "bin:N", title=None, sort=None, axis=alt.Axis(labelAngle=-40, labelOverlap=False)
            ),
            y=alt.Y("n:Q", title="rows"),
            tooltip=[
                alt.Tooltip("bin:N", title="from – to"),
                alt.Tooltip("n:Q", format=","),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )
    return shape(chart)


def heat_map(name: str, measurements: Sequence[Measurement], link: Link) -> Chart | None:
    """Return values by weekday and hour of the desk's zone; None when there are none."""
    known = [
        m
        for m in measurements
        if m.value is not None and all(part is not None for _, part in m.group)
    ]
    if not known:
        return None
    unit = known[0].unit
    scale, title = _axis(unit, [m.value or 0 for m in known])
    points = []
    for m in known:
        place = dict(m.group)
        points.append(
            {
                **_point(m, scale, link),
                "weekday": WEEKDAYS[int(place["weekday"]) - 1],
                "hour": int(place["hour"]),
            }
        )
    busiest = max(known, key=lambda m: m.n)
    place = dict(busiest.group)
    summary = (
        f"By weekday and hour; most rows, {busiest.n:,}, fall on"
        f" {WEEKDAYS[int(place['weekday']) - 1]} at {place['hour']}:00."
    )
    table: dict[int, dict[int, str]] = {}
    for m in known:
        where = dict(m.group)
        table.setdefault(int(where["hour"]), {})[int(where["weekday"])] = show_measurement(m)[0]
    rows = tuple(
        (f"{hour}:00", *(table[hour].get(day, "–") for day in range(1, 8)))
        for hour in sorted(table)
    )
    return Chart(
        name,
        filled(_heat_shape(unit, title), 240, points=points),
        summary,
        ("hour", *WEEKDAYS),
        rows,
        240,
    )


@lru_cache(SHAPES)
def _heat_shape(unit: str, title: str) -> Row:
    color = alt.Color(
        "v:Q",
        title=title,
        legend=alt.Legend(
            orient="bottom", gradientLength=160, format=".0%" if unit == "share" else "~s"
        ),
    )
    chart = (
        blank("points")
        .mark_rect(cursor="pointer")
        .encode(
            x=alt.X(
                "hour:O",
                title="hour of the day",
                axis=alt.Axis(labelAngle=0),
                scale=alt.Scale(domain=list(range(24))),
            ),
            y=alt.Y(
                "weekday:O", title=None, sort=list(WEEKDAYS), scale=alt.Scale(domain=list(WEEKDAYS))
            ),
            color=color,
            href="url:N",
            tooltip=[
                alt.Tooltip("weekday:N"),
                alt.Tooltip("hour:O"),
                alt.Tooltip("value:N"),
                alt.Tooltip("n:Q", format=","),
            ],
        )
    )
    return shape(chart)


def waterfall(name: str, breakdown: Breakdown, unit: str, has_mix: bool) -> Chart:
    """Return a change as steps from before to now: what segments changed in themselves, and what
    more or fewer of them did.
    """
    terms = explain_terms(breakdown)
    scale, title = _axis(unit, [value for *_, value in terms])
    points, at = [], 0.0
    for segment, kind, value in terms:
        label = f"{segment} ({kind})" if has_mix else segment
        points.append(
            {
                "segment": label,
                "kind": kind,
                "from": at * scale,
                "to": (at + value) * scale,
                "change": show_change(value, unit),
            }
        )
        at += value
    points.append(
        {
            "segment": "the whole change",
            "kind": "whole",
            "from": 0.0,
            "to": at * scale,
            "change": show_change(at, unit),
        }
    )
    kinds = [
        kind
        for kind in ("rate", "mix", "rate and mix", "whole")
        if any(point["kind"] == kind for point in points)
    ]
    height = 26 * len(points) + 70
    axis = (
        alt.Axis(format="+.1%", tickCount=5)
        if unit == "share"
        else alt.Axis(format="+~s", tickCount=5)
    )
    chart = (
        blank("points")
        .mark_bar(height=14)
        .encode(
            x=alt.X("from:Q", title=title or None, axis=axis),
            x2="to:Q",
            y=alt.Y("segment:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=kinds),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=["segment:N", alt.Tooltip("change:N")],
        )
    )
    summary = (
        f"The change of {show_change(at, unit)} taken apart by"
        f" {breakdown.dimension.replace('_', ' ')}; largest part: {points[0]['segment']},"
        f" {points[0]['change']}."
    )
    rows = tuple((str(point["segment"]), str(point["change"])) for point in points)
    return Chart(
        name,
        filled(shape(chart), height, points=points),
        summary,
        ("part", "change"),
        rows,
        height,
    )


def _point(m: Measurement, scale: float, link: Link) -> Row:
    value, interval = show_measurement(m)
    return {
        "t": on_axis(m.period_start) if m.period_start else None,
        "period": show_period(m),
        "v": (m.value or 0) * scale,
        "lo": None if m.low is None else m.low * scale,
        "hi": None if m.high is None else m.high * scale,
        "value": value,
        "interval": interval or "–",
        "n": m.n,
        "partial": m.is_partial,
        "url": link(m),
    }


def _cells(m: Measurement) -> tuple[str, str, str]:
    value, interval = show_measurement(m)
    return value, interval, f"{m.n:,}"


def _tooltip(first: str, title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip(first, title=title.replace("_", " ")),
        alt.Tooltip("value:N"),
        alt.Tooltip("interval:N", title="95% interval"),
        alt.Tooltip("n:Q", format=","),
    ]


def _axis(
    unit: str, values: Sequence[float], statistic: Statistic = NO_STATISTIC
) -> tuple[float, str]:
    """Return the factor from a value to what its axis counts, and the axis title: medians and means
    say which they are.
    """
    scale, title = _scale(unit, values)
    if not statistic.is_typical:
        return scale, title
    return scale, f"{statistic}, {title}" if title else str(statistic)


def _scale(unit: str, values: Sequence[float]) -> tuple[float, str]:
    if unit in DURATIONS:
        most = max((abs(value) for value in values), default=0)
        for least, size, word in SCALES:
            if most >= least and (unit == "seconds" or word != "days"):
                return 1 / size, word if unit == "seconds" else f"{word} of business time"
        return 1.0, "seconds" if unit == "seconds" else "seconds of business time"
    if unit == "net_share":
        return 100.0, "points"
    return 1.0, "" if unit == "share" else NO_CURRENCY if unit == "money" else unit


def _value_axis(unit: str) -> alt.Axis:
    return (
        alt.Axis(format=".0%", tickCount=5)
        if unit == "share"
        else alt.Axis(format="~s", tickCount=5)
    )


def _edge(each: Bin, unit: str) -> str:
    low = show_value(each.low, unit)
    if each.high is None:
        return f"{_short(low)} or more"
    high = show_value(each.high, unit)
    return f"{_short(low)} – {_short(high)}"


def _short(text: str) -> str:
    """Leave out the zero part of a round duration."""
    for nought in (" 00 s", " 00 min", " 00 h"):
        text = text.removesuffix(nought)
    return text
