"""The day as it goes: what was forecast, what came, what the rest needs, what can be done. Pure.

Times are minutes of the local day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from helmdesk.plan.coverage import Coverage
from helmdesk.plan.forecast import update
from helmdesk.plan.planner import without_rare
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.simulation.people import Shift, at_work
from helmdesk.plan.staffing import LiveQueue, required

AHEAD_MINUTES = 240
# A break moves by so much at most, a shift is made longer by so much at most.
FURTHEST, LONGER = 90, 60
# Nobody takes a break in the first or last half-hour of a shift.
EDGE = 30
# So little more or less is as it was said.
AS_SAID = 0.05


@dataclass(frozen=True)
class Offer:
    """Something that closes a gap, or part of it.

    Attributes:
        person: identity. minute, end: when people are short, from and until.
        what: "break", "stay" or "come". was, then: the time that moves, before and after.
    """

    person: str
    minute: int
    end: int
    what: str
    was: int
    then: int


@dataclass(frozen=True, eq=False)
class Today:
    """One day of one team.

    Attributes:
        coverage: the day as it was forecast the day before.
        over: intervals that are over.
        came: contacts of those; expected: of the whole day, the rest made anew from how it began.
        need: people needed by that; people: planned at work.
    """

    coverage: Coverage
    over: int
    came: Array
    expected: Array
    need: Array
    people: Array
    offers: tuple[Offer, ...] = ()

    @property
    def interval_minutes(self) -> int:
        """Length of an interval."""
        return self.coverage.plan.forecast.interval_minutes

    @property
    def forecast(self) -> Array:
        """Contacts by interval as they were forecast the day before."""
        return np.asarray(self.coverage.plan.forecast.contacts[0])

    @property
    def spare(self) -> Array:
        """People planned less people needed."""
        return np.asarray(np.floor(self.people + 1e-6) - self.need)

    @property
    def ahead(self) -> range:
        """The intervals of the next four hours."""
        last = min(self.people.size, self.over + AHEAD_MINUTES // self.interval_minutes)
        return range(self.over, last)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected or planned today."""
        return not (self.expected[self.over :].any() or self.people[self.over :].any())


def today_of(found: Coverage, shifts: Sequence[Shift], came: Array, over: int) -> Today:
    """Return a day as it stands.

    Args:
        found: coverage of that one day, forecast from the days before it.
        shifts: who is planned today, day 0.
        came: contacts by interval of the whole day; those after `over` intervals are not looked at.
        over: intervals that are over.
    """
    made = found.plan.forecast
    trial = made.competition.trial
    seen = np.asarray(came[:over], float)
    whole = np.asarray(made.contacts[0])
    expected = np.concatenate([seen, whole[over:]])
    if trial is not None:
        expected = update(whole, seen, trial.expected[:, 0], trial.actual[:, 0])
    minutes = made.interval_minutes
    need = _need(found, expected)
    people = at_work(shifts, 1, minutes)[0]
    day = Today(found, over, seen, expected, need, people)
    return replace(day, offers=tuple(offers(shifts, day.spare, day.ahead, minutes)))


def _need(found: Coverage, expected: Array) -> Array:
    """Return people needed for other contacts than were forecast, by the same promise."""
    demand, plan = found.crew.demand, found.plan
    queue = LiveQueue(
        without_rare(expected),
        np.array(plan.handle_seconds),
        demand.patience_seconds or np.inf,
        plan.forecast.interval_minutes * 60.0,
    )
    return np.asarray(required(queue, found.target).agents, float)


def offers(shifts: Sequence[Shift], spare: Array, ahead: range, minutes: int) -> list[Offer]:
    """Return what closes what is short in some intervals: a break at another time first, then a
    shift that ends later or begins earlier. Nobody is asked twice, and no gap is opened elsewhere.
    """
    left = spare.astype(float).copy()
    asked: set[str] = set()
    found: list[Offer] = []
    for place in ahead:
        while left[place] < 0:
            offer = _best(shifts, left, place, ahead, minutes, asked)
            if offer is None:
                break
            found.append(offer)
            asked.add(offer.person)
            _apply(left, offer, minutes)
    return found


def _best(
    shifts: Sequence[Shift],
    left: Array,
    place: int,
    ahead: range,
    minutes: int,
    asked: set[str],
) -> Offer | None:
    free = [shift for shift in shifts if shift.person not in asked]
    for shift in free:
        if offer := _break(shift, left, place, ahead, minutes):
            return offer
    start, end = place * minutes, (place + 1) * minutes
    for shift in free:
        if start - LONGER < shift.end <= start and end - shift.end <= LONGER:
            return Offer(shift.person, start, end, "stay", shift.end, end)
        can_come = start >= (ahead.start + 1) * minutes and shift.start - start <= LONGER
        if can_come and end <= shift.start < end + LONGER:
            return Offer(shift.person, start, end, "come", shift.start, start)
    return None


def _break(shift: Shift, left: Array, place: int, ahead: range, minutes: int) -> Offer | None:
    """Return a break or meal that lies in an interval, at a time when people are spare."""
    start, end = place * minutes, (place + 1) * minutes
    for begin, until in (*shift.breaks, *shift.meals):
        if not (begin < end and start < until) or begin < ahead.start * minutes:
            continue
        length = until - begin
        for step in range(minutes, FURTHEST + 1, minutes):
            for then in (begin + step, begin - step):
                inside = shift.start + EDGE <= then and then + length <= shift.end - EDGE
                places = range(then // minutes, -(-(then + length) // minutes))
                other = [s for s in (*shift.breaks, *shift.meals) if s != (begin, until)]
                is_free = all(b >= then + length or e <= then for b, e in other)
                if (
                    inside
                    and is_free
                    and then >= ahead.start * minutes
                    and all(left[p] >= 1 for p in places if p < left.size)
                ):
                    return Offer(shift.person, start, end, "break", begin, then)
    return None


def _apply(left: Array, offer: Offer, minutes: int) -> None:
    if offer.what == "break":
        left[offer.minute // minutes] += 1
        left[offer.then // minutes] -= 1
        return
    first, last = sorted((offer.was, offer.then))
    left[first // minutes : -(-last // minutes)] += 1


def sentence(day: Today) -> str:
    """Return how the day goes, in one sentence."""
    came, said = float(day.came.sum()), float(day.forecast[: day.over].sum())
    whole = float(day.expected.sum())
    if day.is_over:
        forecast = float(day.forecast.sum())
        return f"The day is over: {came:,.0f} contacts came, {forecast:,.0f} were expected."
    if not day.over or said < 1:
        return f"{whole:,.0f} contacts are expected today."
    share = came / said - 1
    how = f"{abs(share):.0%} {'more' if share > 0 else 'fewer'} than forecast"
    if abs(share) < AS_SAID:
        how = "as forecast"
    return f"{came:,.0f} contacts so far, {how}; {whole:,.0f} are expected by the end of the day."


def words_of(offer: Offer, names: Mapping[str, str]) -> str:
    """Return an offer as a person reads it."""
    name = names.get(offer.person, offer.person)

    def clock(minute: int) -> str:
        return f"{minute // 60}:{minute % 60:02d}"

    return {
        "break": f"{name}’s break at {clock(offer.then)} instead of {clock(offer.was)}",
        "stay": f"{name} stays until {clock(offer.then)} instead of {clock(offer.was)}",
        "come": f"{name} comes at {clock(offer.then)} instead of {clock(offer.was)}",
    }[offer.what]
