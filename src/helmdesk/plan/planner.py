"""What a planner asks: what will come, and whom it needs. From a desk's demand, or a file's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from helmdesk.errors import NotFoundError, UsageError, nearest
from helmdesk.plan.certainty import CurvePoint, certainty_curve
from helmdesk.plan.demand import Demand
from helmdesk.plan.forecast import Forecast, Holidays, Known, make_forecast
from helmdesk.plan.forecast.known import of_queue
from helmdesk.plan.queues import Backlog, deferred_work
from helmdesk.plan.queues.waiting import Array
from helmdesk.plan.staffing import LiveQueue, Requirement, Target, required, scheduled

DAY_MINUTES = 1440
# An interval that brings a contact on fewer than one day in fifty has nobody, and it is said.
NOBODY = 0.02


@dataclass(frozen=True)
class Conditions:
    """What is known, or assumed, of the work and the people.

    Attributes:
        handle_seconds: mean work on one contact; None: as recorded.
        patience_seconds: mean time until somebody gives up; None: as recorded, and where nobody was
            recorded giving up they wait for ever.
        shrinkage: share of paid time not at work on contacts.
        redial: share of those who gave up that contacts again.
        chat_seconds: mean length of a chat while its agent holds 1, 2, ... at once.
        most: no more people than these can be there at once.
        respond_minutes: work that can wait is done within so many open minutes.
        opens, closes: when work that can wait is done, local;
        open_weekdays: and on which weekdays (0 = Monday).
    """

    handle_seconds: float | None = None
    patience_seconds: float | None = None
    shrinkage: float = 0.0
    redial: float = 0.0
    chat_seconds: tuple[float, ...] = ()
    most: int | None = None
    respond_minutes: int = 480
    opens: time = time(8)
    closes: time = time(18)
    open_weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)

    def __post_init__(self) -> None:
        for name, value in (
            ("a handle time", self.handle_seconds),
            ("a patience", self.patience_seconds),
        ):
            if value is not None and not value > 0:
                raise UsageError(f"{name} of {value:g} seconds", "give more than 0")
        scheduled(0, self.shrinkage)


@dataclass(frozen=True, eq=False)
class StaffPlan:
    """Whom one queue needs.

    Attributes:
        forecast: what comes.
        agents: (days × intervals) people at work on it; of work that can wait in fractions.
        scheduled: the same with shrinkage, in whole people.
        handle_seconds: of one contact, and whether it was given rather than recorded.
        requirement: of contacts that wait, flat over all intervals; None of deferred work.
        backlog: of deferred work; None of contacts that wait.
        curve: probability of a day keeping the promise against agent-hours; empty of deferred work.
        assumptions: what was taken for granted, as sentences.
    """

    forecast: Forecast
    agents: Array
    scheduled: NDArray[np.int64]
    handle_seconds: float
    requirement: Requirement | None
    backlog: Backlog | None
    curve: tuple[CurvePoint, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def agent_hours(self) -> float:
        """Hours of people at work."""
        return float(self.agents.sum() * self.forecast.interval_minutes / 60)

    @property
    def scheduled_hours(self) -> float:
        """Paid hours."""
        return float(self.scheduled.sum() * self.forecast.interval_minutes / 60)


@dataclass(frozen=True, eq=False)
class Planner:
    """Demand, and what may be asked of it.

    Attributes:
        demands: one for each queue, the busiest first.
    """

    demands: Sequence[Demand] = field(default_factory=tuple)

    def demand(self, queue: str) -> Demand:
        """Return one queue's demand; NotFoundError offers the nearest name."""
        names = [each.queue for each in self.demands]
        for each in self.demands:
            if each.queue.casefold() == queue.casefold():
                return each
        raise NotFoundError(
            f"no queue '{queue}'{nearest(queue, names)}", f"there are: {', '.join(names)}"
        )

    def chosen(self, queues: Sequence[str]) -> list[Demand]:
        """Return the demand of the named queues; of all where none is named."""
        return [self.demand(queue) for queue in queues] if queues else list(self.demands)

    def without_work(self, known: Conditions) -> list[str]:
        """Return the queues of which nobody knows how long the work takes."""
        if known.handle_seconds is not None or known.chat_seconds:
            return []
        return [each.queue for each in self.demands if each.handle_seconds is None]

    def forecast(
        self,
        days: int = 14,
        *,
        queues: Sequence[str] = (),
        model: str | None = None,
        holidays: str | None = None,
        factors: Sequence[Known] = (),
    ) -> list[Forecast]:
        """Return what the next days bring to each queue.

        Args:
            queues: names; all where left out.
            model: name of a model; the best on each queue's own past where left out.
            holidays: country or country-region whose public holidays are days of their own.
            factors: what a planner knows of days and events.
        """
        return [
            self._forecast(each, days, model, holidays, factors) for each in self.chosen(queues)
        ]

    def _forecast(
        self,
        demand: Demand,
        days: int,
        model: str | None,
        holidays: str | None,
        factors: Sequence[Known],
    ) -> Forecast:
        known = of_queue(factors, demand.queue)
        if holidays:
            known = (*known, Holidays(holidays))
        return make_forecast(demand, days, model=model, factors=known)

    def staff(
        self,
        target: Target,
        days: int = 7,
        *,
        queues: Sequence[str] = (),
        conditions: Conditions | None = None,
        model: str | None = None,
        holidays: str | None = None,
        factors: Sequence[Known] = (),
        with_curve: bool = True,
    ) -> list[StaffPlan]:
        """Return whom the next days need, queue by queue; each queue has people of its own.

        Args:
            target: what was promised to those who wait.
            with_curve: whether to ask how sure plans are, too.

        Raises:
            UsageError: no handle time is known, or only days are.
        """
        known = conditions or Conditions()
        found = []
        for demand in self.chosen(queues):
            if demand.interval_minutes == DAY_MINUTES:
                raise UsageError(
                    f"of {demand.queue} only totals of days are known",
                    "give a file with a row for each interval, to see whom each needs",
                )
            made = self._forecast(demand, days, model, holidays, factors)
            plan = live_plan if demand.is_live else _deferred
            found.append(plan(demand, made, target, known, with_curve))
        return found


def _handle_seconds(demand: Demand, known: Conditions) -> tuple[float, str]:
    if known.handle_seconds is not None:
        return known.handle_seconds, f"handle time {known.handle_seconds:,.0f} s, as given"
    if known.chat_seconds:
        return known.chat_seconds[0], "chat lengths as given"
    recorded = demand.handle_seconds
    if recorded is None:
        raise UsageError(
            f"nobody recorded how long work of {demand.queue} takes",
            "give it in seconds: --handle 300",
        )
    return recorded, f"handle time {recorded:,.0f} s, as recorded in the last eight weeks"


def without_rare(contacts: Array) -> Array:
    """Return contacts expected, without intervals that hardly ever bring one."""
    return np.where(contacts < NOBODY, 0.0, contacts)


def live_plan(
    demand: Demand, made: Forecast, target: Target, known: Conditions, with_curve: bool
) -> StaffPlan:
    """Return whom contacts that wait need, on the days of a forecast of this demand."""
    seconds, told = _handle_seconds(demand, known)
    patience, why = _patience(demand, known)
    contacts = without_rare(made.contacts)
    queue = LiveQueue(
        contacts.ravel(),
        np.array(seconds),
        patience,
        demand.interval_minutes * 60.0,
        known.redial,
        known.chat_seconds,
    )
    need = required(queue, target, most=known.most)
    curve: tuple[CurvePoint, ...] = ()
    if with_curve and made.competition.trial is not None:
        paths = made.paths()
        paths[:, contacts == 0] = 0.0
        days = np.repeat(np.arange(made.days), contacts.shape[1])
        flat = paths.reshape(paths.shape[0], -1)
        curve = certainty_curve(queue, target, flat, days, most=known.most)
    agents = need.agents.reshape(contacts.shape)
    assumptions = [told, why, _shrinkage(known)]
    thin = int(((made.contacts > 0) & (contacts == 0)).sum())
    if thin:
        assumptions.append(
            f"nobody where a contact comes on one day in fifty or fewer (intervals: {thin:,})"
        )
    if known.redial:
        assumptions.append(f"{known.redial:.0%} of those who give up contact again")
    return StaffPlan(
        forecast=made,
        agents=agents.astype(float),
        scheduled=scheduled(agents, known.shrinkage),
        handle_seconds=seconds,
        requirement=need,
        backlog=None,
        curve=curve,
        assumptions=tuple(assumptions),
    )


def _patience(demand: Demand, known: Conditions) -> tuple[float, str]:
    if known.patience_seconds is not None:
        return known.patience_seconds, f"patience {known.patience_seconds:,.0f} s, as given"
    recorded = demand.patience_seconds
    if recorded is None or recorded <= 0:
        return math.inf, "nobody gives up, since nobody was recorded doing so (more people)"
    return recorded, f"patience {recorded:,.0f} s: all waiting ÷ those who gave up"


def _shrinkage(known: Conditions) -> str:
    if known.shrinkage:
        return f"shrinkage {known.shrinkage:.0%}: scheduled = at work ÷ {1 - known.shrinkage:.2f}"
    return "no shrinkage: breaks, leave and sickness come on top"


def _deferred(demand: Demand, made: Forecast, _: Target, known: Conditions, __: bool) -> StaffPlan:
    seconds, told = _handle_seconds(demand, known)
    minutes = demand.interval_minutes
    opened = _opening(made, known)
    backlog = deferred_work(
        made.contacts.ravel() * seconds / 3600,
        max(1, known.respond_minutes // minutes),
        length=minutes / 60,
        is_open=opened.ravel(),
        is_repeating=made.days % 7 == 0,
    )
    agents = backlog.agents.reshape(made.contacts.shape)
    hours = f"{known.opens:%H:%M} to {known.closes:%H:%M}"
    return StaffPlan(
        forecast=made,
        agents=agents,
        scheduled=scheduled(np.where(agents < NOBODY, 0.0, agents), known.shrinkage),
        handle_seconds=seconds,
        requirement=None,
        backlog=backlog,
        assumptions=(
            told,
            f"done within {known.respond_minutes / 60:g} open hours, {hours} on"
            f" {len(known.open_weekdays)} days a week",
            _shrinkage(known),
        ),
    )


def _opening(made: Forecast, known: Conditions) -> NDArray[np.bool_]:
    """Return (days × intervals) whether work that can wait is done then."""
    start, end = (at.hour * 60 + at.minute for at in (known.opens, known.closes))
    if end <= start:
        raise UsageError(
            f"open from {known.opens:%H:%M} to {known.closes:%H:%M}", "close after opening"
        )
    minute = np.arange(made.contacts.shape[1]) * made.interval_minutes
    weekday = (made.first_day.weekday() + np.arange(made.days)) % 7
    is_time = (minute >= start) & (minute < end)
    return np.asarray(np.isin(weekday, known.open_weekdays)[:, None] & is_time[None, :])


def starts_of(made: Forecast) -> list[datetime]:
    """Return the local start of every interval of a forecast, in order."""
    first = datetime.combine(made.first_day, time())
    step = timedelta(minutes=made.interval_minutes)
    return [first + i * step for i in range(made.contacts.size)]
