"""An action as pages show it: where it stands, its three cards, its chart, what speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from helmdesk.act.actions import WEEK, Outcome, Stage, first_week, review_day
from helmdesk.errors import HelmdeskError
from helmdesk.insight.actions import Change, Effect, Foresight
from helmdesk.query.judgement import Badge
from helmdesk.query.measurement import Measurement
from helmdesk.query.periods import local_date, week_shift
from helmdesk.query.words import show_change, show_size, show_value
from helmdesk.web.apps.actions.due import local_day
from helmdesk.web.apps.actions.keeping import beside
from helmdesk.web.apps.actions.models import Action
from helmdesk.web.charts.lines import Drawn, Flag, Line, draw_line
from helmdesk.web.request import DeskRequest

OUTCOMES = {
    Outcome.WORKED: Badge("Worked", "better", "check"),
    Outcome.NOTHING: Badge("No visible effect", "normal", "steady"),
    Outcome.WORSE: Badge("Worse", "worse", "worse"),
    Outcome.UNKNOWN: Badge("Cannot be told", "few", "info"),
}
GUARDS = {
    Outcome.WORKED: Badge("Better", "better", "better"),
    Outcome.NOTHING: Badge("Steady", "steady", "steady"),
    Outcome.WORSE: Badge("Worse", "worse", "worse"),
    Outcome.UNKNOWN: Badge("Too few to say", "few", "few"),
}
STAGES = {
    Stage.PROPOSED: "proposed",
    Stage.RUNNING: "running",
    Stage.DUE: "decide now",
    Stage.CLOSED: "closed",
    Stage.DROPPED: "dropped",
}
BEFORE_WEEKS, MOST_WEEKS = 26, 60
DECIDE = timedelta(days=7)


def today_of(request: DeskRequest) -> date:
    """Return the local day: that of a sample is the end of its data."""
    return local_day(request.desk.settings, request.desk.as_of)


@dataclass(frozen=True)
class Row:
    """An action in a list.

    Attributes:
        metric: its name; the key where it is not known here any more.
        badge: of its outcome; None while there is none.
    """

    it: Action
    stage: Stage
    metric: str
    review_on: date
    badge: Badge | None
    words: str

    @property
    def stands(self) -> str:
        """Where it stands, in words."""
        return STAGES[self.stage]


def row_of(request: DeskRequest, action: Action, today: date) -> Row:
    """Return an action as a list shows it; open ones with what was measured last."""
    shift, said = week_shift(request.desk.settings.week_start), action.hypothesis
    stage = action.stage(today, shift)
    known = request.desk.catalogue.get(said.metric)
    outcome = action.closed_as if stage is Stage.CLOSED else action.outcome
    is_told = outcome and not (action.why == "early" and action.is_open)
    return Row(
        action,
        stage,
        known.metric.name if known else said.metric,
        review_day(said, shift),
        OUTCOMES[Outcome(outcome)] if is_told else None,
        action.learned or action.words,
    )


@dataclass(frozen=True)
class Looked:
    """What a reader is told of an action's numbers.

    Attributes:
        problem: why there are none; empty otherwise.
    """

    effect: Effect | None
    foresight: Foresight | None
    problem: str = ""


def look(request: DeskRequest, action: Action, annotations: Sequence[Any]) -> Looked:
    """Measure an action as its reader may see it."""
    said = action.hypothesis
    others = beside(said, annotations)
    try:
        if action.is_started:
            effect = request.desk.measure_action(said, annotations=others)
            return Looked(effect, effect.foresight)
        return Looked(None, request.desk.foresee_action(said))
    except HelmdeskError as error:
        return Looked(None, None, str(error))


def steps_of(action: Action, stage: Stage, review_on: date, zone: str) -> list[tuple[str, str]]:
    """Return the stations of an action: (words, "done", "now" or empty)."""

    def day(moment: datetime | None) -> str:
        return f"{local_date(moment.replace(tzinfo=None), zone):%-d %b %Y}" if moment else ""

    said = action.hypothesis
    proposed = f"Proposed {day(action.created_at)}"
    start = f"{'Started' if action.is_started else 'Start'} {said.start:%-d %b %Y}"
    if stage is Stage.DROPPED:
        stations, place = [proposed, f"Dropped {day(action.closed_at)}"], 2
    elif stage is Stage.CLOSED:
        stations = [proposed, start, "Measured", f"Closed {day(action.closed_at)}"]
        place = 4
    else:
        measure = f"{'Measured' if stage is Stage.DUE else 'Measure'} {review_on:%-d %b %Y}"
        stations = [proposed, start, measure, f"Decide by {review_on + DECIDE:%-d %b %Y}"]
        place = {Stage.PROPOSED: 1, Stage.RUNNING: 2}.get(stage, 3)
    states = ["done"] * place + ["now"] + [""] * len(stations)
    return list(zip(stations, states, strict=False))


def expectation(effect: Effect | None, foresight: Foresight | None, action: Action) -> str:
    """Say what is expected, as a sentence."""
    said = action.hypothesis
    metric = (effect.own.metric if effect else None) or (foresight and foresight.metric)
    if metric is None:
        return f"{said.metric} {said.towards.value}"
    if said.expected is None:
        return f"{metric.name} goes {'up' if said.towards.sign > 0 else 'down'}"
    way = "up" if said.towards.sign > 0 else "down"
    return f"{metric.name} goes {way} by {show_size(said.expected, metric.unit)}"


def chart_of(effect: Effect, flags: Sequence[Flag], shift: int) -> Drawn | None:
    """Draw the weeks around the start, with what was likely without it."""
    said = effect.hypothesis
    begin = first_week(said.start, shift)
    last = begin + min(MOST_WEEKS - BEFORE_WEEKS, max(said.weeks * 2, 8)) * WEEK
    points = [
        each
        for each in effect.points
        if each.period_start and begin - BEFORE_WEEKS * WEEK <= each.period_start < last
    ]
    if len(points) < 2:
        return None
    told = effect.own.found
    target: tuple[float, ...] = ()
    if told is not None and said.expected is not None:
        target = (told.before + said.towards.sign * said.expected,)
    return draw_line(
        Line(
            effect.own.metric.name,
            points,
            "week",
            before=_without(effect, points, begin),
            before_words="what was likely without it",
            target=target,
            target_word="expected",
            flags=[Flag(said.start, "action started"), *flags],
        )
    )


def _without(effect: Effect, points: Sequence[Measurement], begin: date) -> list[Measurement]:
    """Return the level before, moved as the work that it is compared with moved."""
    own, other = effect.own.found, effect.control and effect.control.found
    if own is None:
        return []
    level = own.before + (other.effect if other else 0.0)
    until = begin + effect.hypothesis.weeks * WEEK
    return [
        replace(
            each,
            value=level if each.period_start and begin <= each.period_start < until else None,
        )
        for each in points
    ]


@dataclass(frozen=True)
class Strip:
    """A change with its likely range, as a place on a line; percents from the left.

    Attributes:
        tone: better, worse or calm.
    """

    name: str
    said: str
    value: str
    tone: str
    zero: float
    place: float
    low: float
    high: float


def strips_of(effect: Effect) -> list[Strip]:
    """Return what is drawn of the changes, all on one scale."""
    rows = [each for each in (effect.own, effect.control, effect.against) if each is not None]
    names = (
        ["The difference", "This work", "Other work, no change there"]
        if effect.control
        else ["This work"]
    )
    ordered = [rows[2], rows[0], rows[1]] if effect.control else rows
    told = [
        (name, each)
        for name, each in zip(names, ordered, strict=True)
        if each.found is not None and each.found.is_enough
    ]
    ends = [0.0, *(end for _, each in told for end in (each.found.interval if each.found else ()))]
    low, high = min(ends), max(ends)
    room = (high - low) * 0.06 or 1.0

    def at(value: float) -> float:
        return round(100 * (value - low + room) / (high - low + 2 * room), 2)

    return [_strip(name, each, effect, at) for name, each in told]


def _strip(name: str, each: Change, effect: Effect, at: Any) -> Strip:
    assert each.found is not None
    tone = {Outcome.WORKED: "better", Outcome.WORSE: "worse"}.get(each.judged.outcome, "calm")
    if name.startswith("Other"):
        tone = "calm"
    return Strip(
        name,
        each.words,
        show_change(each.found.effect, each.metric.unit),
        tone,
        at(0.0),
        at(each.found.effect),
        at(each.found.interval[0]),
        at(each.found.interval[1]),
    )


def smallest(foresight: Foresight | None, effect: Effect | None = None) -> str:
    """Return the least effect that shows, in words."""
    if foresight is None:
        return ""
    told = effect and (effect.against or effect.own).found
    size = foresight.detectable
    if told is not None and told.is_enough:
        size = told.detectable
    if size is None:
        return "not known yet: too few weeks"
    return f"{show_size(size, foresight.metric.unit)} in {foresight.hypothesis.weeks} weeks"


def written_down(action: Action, zone: str) -> str:
    """Say when what is expected was locked, and whether it was changed since."""
    locked, now = action.locked, action.version
    if locked is None:
        return "Not locked yet: it is locked when the action is started."
    if not all(each.is_intact for each in action.all_versions):
        return (
            "It does not say any more what it said when it was locked: names were erased, or the"
            " database was changed by hand."
        )
    day = local_date(locked.at.astimezone(UTC).replace(tzinfo=None), zone)
    late = (day - locked.hypothesis.start).days
    after = f", {late} days after the start" if late > 0 else ""
    if now.number == 1:
        return f"Written down {day:%-d %b %Y}{after}, and not changed since."
    changed = ", ".join(name.replace("_", " ") for name in now.changed)
    again = local_date(now.at.astimezone(UTC).replace(tzinfo=None), zone)
    return (
        f"Written down {day:%-d %b %Y}{after}. Changed {again:%-d %b %Y} ({changed}): this is"
        f" version {now.number}."
    )


def compared_with(foresight: Foresight | None) -> str:
    """Say which weeks it is compared with."""
    if foresight is None or not foresight.weeks_before:
        return ""
    since = f", since {foresight.since:%-d %b %Y}" if foresight.since else ""
    now = ""
    if foresight.now is not None:
        now = f": {show_value(foresight.now, foresight.metric.unit)}"
    return f"the {foresight.weeks_before} weeks before{since}{now}"
