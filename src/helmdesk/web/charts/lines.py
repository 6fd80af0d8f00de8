"""A number by period as plain SVG: fluid without script, coloured by the style sheet, printable.

An outer picture without a viewBox places text and dots by percentages, so that type never
stretches; a nested one holds the lines, whose strokes do not scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helmdesk.query.measurement import SMALL, Measurement
from helmdesk.query.ticks import short, tick_words, ticks
from helmdesk.query.words import show_measurement
from helmdesk.web.charts.days import day_words, period_words

TOP, BOTTOM, HEIGHT = 22, 24, 220
AXIS_WIDTH, LETTER = 12, 7
# Names of months or days below the line.
MOST_MARKS = 7
LENGTHS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
"""Days in a period, at most."""


@dataclass(frozen=True)
class Flag:
    """Something that happened: a number at its day, and its text below the chart."""

    day: date
    text: str


@dataclass(frozen=True)
class Stretch:
    """Days over which one value stands: those looked at, or those compared with; half-open."""

    start: date
    end: date
    value: float
    text: str


@dataclass(frozen=True)
class Line:
    """What a trend is drawn from.

    Attributes:
        name: of the metric.
        points: its periods, oldest first.
        grain: length of a period.
        before: the same number of periods that it is compared with, drawn as a ghost.
        before_words: their name.
        band: between what ordinary periods lie.
        target: what the desk wants to reach: nothing, one value, or the ends of a band.
        target_word: what that is called.
        flags: what happened.
        stretches: values over several periods, such as that of the window looked at.
        links: address of the rows of each period, by its first day.
    """

    name: str
    points: Sequence[Measurement]
    grain: str
    before: Sequence[Measurement] = ()
    before_words: str = ""
    band: tuple[float, float] | None = None
    target: Sequence[float] = ()
    target_word: str = "target"
    flags: Sequence[Flag] = ()
    stretches: Sequence[Stretch] = ()
    links: dict[date, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """A chart ready for a page.

    Attributes:
        svg: the picture.
        summary: what it shows, for who does not see it.
        notes: what its flags say, and what its dashes mean.
        rows: (period with its address, value, likely range, cases) of every period.
    """

    svg: SafeString
    summary: str
    notes: tuple[tuple[str, str], ...]
    rows: tuple[tuple[tuple[str, str], str, str, str], ...]


class _Plane:
    """From values and places to a picture."""

    def __init__(self, line: Line) -> None:
        self.count = len(line.points)
        self.unit = line.points[0].unit
        values = [
            *(m.value for m in (*line.points, *line.before) if m.value is not None),
            *(line.band or ()),
            *line.target,
            *(each.value for each in line.stretches),
        ]
        low, high = min(values), max(values)
        self.ticks = ticks(low, high, self.unit)
        self.low, self.high = self.ticks[0], self.ticks[-1]

    def y(self, value: float) -> str:
        """Return how far down a value lies, in pixels."""
        return _n(TOP + HEIGHT * (self.high - value) / (self.high - self.low))

    def x(self, place: float) -> str:
        """Return where the middle of a period lies, in percent."""
        return f"{_n((place + 0.5) / self.count * 100)}%"

    def edge(self, place: float) -> str:
        """Return where a period begins, in percent."""
        return f"{_n(place / self.count * 100)}%"


def draw_line(line: Line) -> Drawn | None:
    """Return a trend; None when fewer than two periods have a value."""
    known = [(place, m) for place, m in enumerate(line.points) if m.value is not None]
    if len(known) < 2:
        return None
    plane = _Plane(line)
    flags = _placed(line)
    summary = _summary(line, [m for _, m in known])
    words = tick_words(plane.ticks, plane.unit)
    width = AXIS_WIDTH + LETTER * max(map(len, words))
    total = TOP + HEIGHT + BOTTOM
    axis = format_html(
        '<svg class="axis" width="{}" height="{}" aria-hidden="true">{}</svg>',
        width,
        total,
        format_html_join(
            "",
            '<text x="{}" y="{}" text-anchor="end">{}</text>',
            (
                (width - 8, _n(float(plane.y(value)) + 4), text)
                for value, text in zip(plane.ticks, words, strict=True)
            ),
        ),
    )
    picture = format_html(
        '<div class="plot-svg">{}<svg class="xy" width="100%" height="{}" role="img"'
        ' aria-label="{}">{}{}{}{}{}{}{}{}</svg></div>',
        axis,
        total,
        summary,
        _grid(plane),
        _lines(line, plane, known, total),
        _target(line, plane),
        _stretched(line, plane),
        _flagged(plane, flags),
        _last(plane, known),
        _marks(line, plane),
        _hits(line, plane),
    )
    return Drawn(picture, summary, _notes(line, flags, known), _rows(line))


def _grid(plane: _Plane) -> SafeString:
    return format_html_join(
        "",
        '<line class="g" x1="0" x2="100%" y1="{}" y2="{}"/>',
        ((plane.y(value), plane.y(value)) for value in plane.ticks),
    )


def _lines(
    line: Line, plane: _Plane, known: Sequence[tuple[int, Measurement]], total: int
) -> SafeString:
    inner = []
    if line.band:
        low, high = plane.y(line.band[0]), plane.y(line.band[1])
        wide = plane.count * 10
        inner.append(("band", f"M0 {high}H{wide}V{low}H0Z"))
    ghost = [(i, m.value) for i, m in enumerate(line.before[: plane.count]) if m.value is not None]
    if len(ghost) > 1:
        inner.append(("ghost", _path(plane, ghost)))
    solid: list[str] = []
    dashed: list[str] = []
    for (i, before), (j, after) in pairwise(known):
        if j != i + 1:
            continue  # a gap is a gap
        is_whole = not (before.is_partial or after.is_partial)
        step = _path(plane, [(i, before.value), (j, after.value)])
        (solid if is_whole else dashed).append(step)
    inner += [("line", "".join(solid)), ("line part", "".join(dashed))]
    paths = format_html_join(
        "", '<path class="{}" d="{}"/>', ((name, drawn) for name, drawn in inner if drawn)
    )
    return format_html(
        '<svg x="0" y="0" width="100%" height="{}" viewBox="0 0 {} {}"'
        ' preserveAspectRatio="none">{}</svg>',
        total,
        plane.count * 10,
        total,
        paths,
    )


def _path(plane: _Plane, points: Sequence[tuple[int, float | None]]) -> str:
    return "M" + "L".join(
        f"{_n((place + 0.5) * 10)} {plane.y(value or 0.0)}" for place, value in points
    )


def _target(line: Line, plane: _Plane) -> SafeString:
    return format_html_join(
        "",
        '<line class="target" x1="0" x2="100%" y1="{0}" y2="{0}"/>'
        '<text class="tt" x="100%" dx="-4" y="{1}" text-anchor="end">{2} {3}</text>',
        (
            (plane.y(value), _n(float(plane.y(value)) - 5), line.target_word, text)
            for value, text in zip(
                line.target, tick_words(list(line.target), plane.unit), strict=True
            )
        ),
    )


def _stretched(line: Line, plane: _Plane) -> SafeString:
    """Draw the values of stretches as level lines over their days."""
    drawn = []
    for each in line.stretches:
        ends = _place(line, each.start), _place(line, each.end)
        if ends[0] is None or ends[1] is None or ends[1] <= ends[0]:
            continue
        middle = plane.edge((ends[0] + ends[1]) / 2)
        y = plane.y(each.value)
        drawn.append(
            (plane.edge(ends[0]), plane.edge(ends[1]), y, middle, _n(float(y) - 8), each.text)
        )
    return format_html_join(
        "",
        '<line class="step" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>'
        '<text class="st" x="{3}" y="{4}" text-anchor="middle">{5}</text>',
        drawn,
    )


def _place(line: Line, day: date) -> float | None:
    """Return where a day stands among the periods; None outside of them."""
    starts = [m.period_start for m in line.points]
    if not starts or starts[0] is None or day < starts[0]:
        return None
    place = max(i for i, start in enumerate(starts) if start is not None and start <= day)
    start = starts[place]
    assert start is not None
    return place + min((day - start).days / LENGTHS[line.grain], 1.0)


def _placed(line: Line) -> list[tuple[float, Flag]]:
    """Return the flags that lie within the periods, with their places."""
    found = []
    for flag in sorted(line.flags, key=lambda each: each.day):
        place = _place(line, flag.day)
        if place is not None and place < len(line.points):
            found.append((place, flag))
    return found


def _flagged(plane: _Plane, flags: Sequence[tuple[float, Flag]]) -> SafeString:
    return format_html_join(
        "",
        '<line class="note" x1="{0}" x2="{0}" y1="18" y2="{1}"/>'
        '<circle class="flag" cx="{0}" cy="10" r="9"/>'
        '<text class="flagt" x="{0}" y="14" text-anchor="middle">{2}</text>',
        ((plane.edge(place), TOP + HEIGHT, number) for number, (place, _) in enumerate(flags, 1)),
    )


def _last(plane: _Plane, known: Sequence[tuple[int, Measurement]]) -> SafeString:
    few = format_html_join(
        "",
        '<circle class="dot open" cx="{}" cy="{}" r="3"/>',
        ((plane.x(place), plane.y(m.value or 0.0)) for place, m in known[:-1] if m.n < SMALL),
    )
    place, last = known[-1]
    height = float(plane.y(last.value or 0.0))
    return format_html(
        '{}<circle class="dot{}" cx="{}" cy="{}" r="4"/>'
        '<text class="last" x="100%" y="{}" text-anchor="end">{}</text>',
        few,
        " open" if last.is_partial or last.n < SMALL else "",
        plane.x(place),
        _n(height),
        _n(height - 11 if height > TOP + 14 else height + 20),
        short(show_measurement(last)[0]),
    )


def _marks(line: Line, plane: _Plane) -> SafeString:
    """Name months below weeks and days below days, as many as have room."""
    starts = [m.period_start for m in line.points]
    named: list[tuple[int, str]] = []
    before: tuple[int, int] | None = None
    for place, day in enumerate(starts):
        if day is None:
            continue
        month = (day.year, day.month)
        if line.grain in ("day", "week") and len(starts) > 16:
            # The first period that begins in a month is named after it.
            if before is not None and month != before:
                named.append((place, f"{day:%b}" if day.month > 1 else f"{day:%b %Y}"))
            before = month
        else:
            named.append((place, day_words(day, line.grain)))
    step = -(-len(named) // MOST_MARKS) if named else 1
    return format_html_join(
        "",
        '<text class="m" x="{}" y="{}">{}</text>',
        ((plane.edge(place), TOP + HEIGHT + 17, text) for place, text in named[::step]),
    )


def _hits(line: Line, plane: _Plane) -> SafeString:
    wide = _n(100 / plane.count)

    def parts() -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        for place, m in enumerate(line.points):
            if m.period_start is None:
                continue
            value, interval = show_measurement(m)
            likely = f", likely {interval}" if interval else ""
            said = f"{period_words(m.period_start, line.grain)}: {value}{likely}, {m.n:,} cases"
            found.append((plane.edge(place), str(TOP), wide, str(HEIGHT), said))
        return found

    return format_html_join(
        "",
        '<rect class="hit" x="{}" y="{}" width="{}%" height="{}"><title>{}</title></rect>',
        parts(),
    )


def _notes(
    line: Line, flags: Sequence[tuple[float, Flag]], known: Sequence[tuple[int, Measurement]]
) -> tuple[tuple[str, str], ...]:
    told = [
        (str(number), f"{flag.day:%-d %B}: {flag.text}")
        for number, (_, flag) in enumerate(flags, 1)
    ]
    if line.band:
        told.append(("", "Band: ordinary weeks"))
    if any(m.is_partial for _, m in known):
        told.append(("", f"Open dot, dashed line: a {line.grain} that is not whole"))
    if line.before_words and line.before:
        told.append(("", f"Grey line: {line.before_words}"))
    return tuple(told)


def _summary(line: Line, known: Sequence[Measurement]) -> str:
    """Say where a trend begins and ends."""
    whole = [m for m in known if not m.is_partial] or list(known)
    ends = [
        f"{show_measurement(m)[0]} in the {line.grain} of {m.period_start:%-d %B %Y}"
        for m in (whole[0], whole[-1])
        if m.period_start
    ]
    return f"{line.name} by {line.grain}: {' to '.join(dict.fromkeys(ends))}."


def _rows(line: Line) -> tuple[tuple[tuple[str, str], str, str, str], ...]:
    return tuple(
        (
            (
                f"{period_words(m.period_start, line.grain)}{' (part)' if m.is_partial else ''}",
                line.links.get(m.period_start, ""),
            ),
            *show_measurement(m),
            f"{m.n:,}",
        )
        for m in line.points
        if m.period_start is not None
    )


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
