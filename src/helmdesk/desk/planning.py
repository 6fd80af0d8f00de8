"""What a desk's facts say of the work to come: `desk.plan`."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from helmdesk.desk.answers import Answers
from helmdesk.quoting import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from helmdesk.act.routing.rules import Rules
    from helmdesk.plan.coverage import Coverage
    from helmdesk.plan.crews import Crew
    from helmdesk.plan.demand import Demand
    from helmdesk.plan.forecast import Forecast, Known
    from helmdesk.plan.forecast.versions import Accuracy, Kept, Stood
    from helmdesk.plan.planner import Conditions, Planner
    from helmdesk.plan.routing.replay import History, Replayed
    from helmdesk.plan.shifts.week import Week
    from helmdesk.plan.simulation.back_test import BackTest
    from helmdesk.plan.simulation.people import Shift
    from helmdesk.plan.simulation.scenario import Scenario
    from helmdesk.plan.simulation.what_if import Answer, Ground
    from helmdesk.plan.staffing import Target
    from helmdesk.plan.today import Today

# So many days to come are kept with a forecast: whom they need, and who is planned.
KEPT_DAYS = 14
# Weeks that habits are taken from, futures a change is tried on, weeks a model is checked on.
PAST_WEEKS, WEEKS, BACK_TEST_WEEKS = 12, 20, 12
# Weeks before a replay that are read: those it is checked on, and those these learn from.
ROUTING_WEEKS = 16


class Planning:
    """Forecasts and staffing out of the facts that one reader may see."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def planner(self, *, minutes: int = 30, where: str | None = None) -> Planner:
        """Return the demand of every queue, and what may be asked of it.

        Args:
            minutes: length of an interval: 15, 30 or 60.
            where: filter over dimensions, such as ``"channel = 'phone'"``.
        """
        from helmdesk.plan.planner import Planner

        return Planner(self._answers.demand(self._answers.folder.question(where=where), minutes))

    def crews(self, *, minutes: int = 30) -> list[Crew]:
        """Return the teams that answer calls and chats, each with what comes to it and who is
        planned, the busiest first.

        Args:
            minutes: length of an interval: 15, 30 or 60.
        """
        return self._answers.crews(self._answers.folder.question(), minutes)

    def coverage(
        self,
        team: str = "",
        *,
        start: date | None = None,
        days: int = 7,
        target: Target | None = None,
        conditions: Conditions | None = None,
        factors: Sequence[Known] = (),
        holidays: str | None = None,
    ) -> Coverage:
        """Return who is needed and who is planned on some days to come.

        Args:
            team: its name; the busiest where left out.
            start: local day after the last complete one; the next day where left out.
            target: what was promised; where left out, four of five as the catalogue counts them.

        Raises:
            NotFoundError, UsageError: no such team, or days that are past or too far ahead.
        """
        from helmdesk.plan.coverage import coverage_of
        from helmdesk.plan.crews import find_crew

        crew = find_crew(self.crews(), team)
        asked = (crew, start, days, target or crew.promise, conditions)
        known = tuple(factors)
        return self._answers.remembered(
            ("coverage", crew.name, *asked[1:], known, holidays),
            lambda: coverage_of(*asked, factors=known, holidays=holidays),
        )

    def forecast(
        self,
        queue: str = "",
        *,
        start: date | None = None,
        days: int = 7,
        factors: Sequence[Known] = (),
    ) -> tuple[Demand, Forecast]:
        """Return what came to a queue, by half-hour, and what is expected of some days to come.

        Args:
            queue: its name; the busiest where left out.
            start: local day after the last complete one; the next day where left out.
            factors: what a planner knows of days and events.

        Raises:
            NotFoundError: no contacts, or no such queue. UsageError: days that are past or too far
            ahead.
        """
        from helmdesk.errors import NotFoundError
        from helmdesk.plan.coverage import ahead_of, part_of

        planner = self.planner()
        if not planner.demands:
            raise NotFoundError(
                "no contacts to forecast", "load calls, chats or tickets with their times"
            )
        demand = planner.demand(queue) if queue else planner.demands[0]
        ahead, known = ahead_of(demand, start, days), tuple(factors)

        def make() -> Forecast:
            return planner.forecast(ahead + days, queues=[demand.queue], factors=known)[0]

        whole = self._answers.remembered(("forecast", demand.queue, ahead + days, known), make)
        return demand, part_of(whole, ahead, days)

    def what_if(
        self,
        scenario: Scenario,
        team: str = "",
        *,
        start: date | None = None,
        target: Target | None = None,
        conditions: Conditions | None = None,
        factors: Sequence[Known] = (),
        weeks: int = WEEKS,
    ) -> Answer:
        """Return what a change does to a week to come: the same contacts with and without it.

        Args:
            team: its name; the busiest where left out.
            start: first day of the week; the next day where left out.
            weeks: how many futures are lived through.

        Raises:
            NotFoundError, UsageError: no such team or queue, or nobody is planned.
        """
        from helmdesk.plan.simulation.what_if import try_out

        found = self.coverage(
            team, start=start, target=target, conditions=conditions, factors=factors
        )
        ground = self._ground(found, conditions, scenario.pool, weeks)
        asked = ("what if", found.crew.name, start, target, conditions, tuple(factors), weeks)
        return self._answers.remembered((*asked, scenario), lambda: try_out(ground, scenario))

    def ground(
        self,
        team: str = "",
        *,
        start: date | None = None,
        conditions: Conditions | None = None,
        factors: Sequence[Known] = (),
        weeks: int = WEEKS,
    ) -> Ground:
        """Return what scenarios of a week stand on: contacts, people, habits."""
        found = self.coverage(team, start=start, conditions=conditions, factors=factors)
        return self._ground(found, conditions, "", weeks)

    def _ground(
        self, found: Coverage, conditions: Conditions | None, pool: str, weeks: int
    ) -> Ground:
        from helmdesk.plan.crews import find_crew
        from helmdesk.plan.grounds import ground_of
        from helmdesk.plan.planner import Conditions

        known = conditions or Conditions()
        crew, question = found.crew, self._answers.folder.question()
        past = self._answers.past(question, crew, PAST_WEEKS)
        other = None
        if pool:
            helper = find_crew(self.crews(), pool)
            made = found.plan.forecast
            theirs = self.coverage(helper.name, start=made.first_day, days=made.days)
            other = theirs, self._answers.past(question, helper, PAST_WEEKS)
        first = found.plan.forecast.first_day
        asked = ("ground", crew.name, first, found.target, known, pool, weeks)
        return self._answers.remembered(
            (*asked, found.told), lambda: ground_of(found, past, known, other, weeks)
        )

    def back_test(self, team: str = "", *, weeks: int = BACK_TEST_WEEKS) -> BackTest:
        """Return how right the simulation is on a team's last whole weeks, with what really came
        and who was really there.

        Args:
            weeks: how many at most.
        """
        from helmdesk.plan.crews import find_crew

        crew = find_crew(self.crews(), team)
        return self._answers.remembered(
            ("back-test", crew.name, weeks), lambda: self._back_test(crew, weeks)
        )

    def _back_test(self, crew: Crew, weeks: int) -> BackTest:
        from helmdesk.plan.grounds import predicted_weeks
        from helmdesk.plan.simulation.back_test import of_weeks
        from helmdesk.query.periods import week_shift

        question = self._answers.folder.question()
        past = self._answers.past(question, crew, max(weeks, PAST_WEEKS))
        starts = past.weeks(week_shift(question.week_start))[-weeks:]
        measured = self._measured(crew, starts)
        return of_weeks(predicted_weeks(past, crew, starts, measured))

    def week(
        self,
        team: str = "",
        *,
        start: date | None = None,
        days: int = 7,
        conditions: Conditions | None = None,
        factors: Sequence[Known] = (),
    ) -> Week:
        """Return a team's week to be planned: who there is, what is planned, whom it needs."""
        from helmdesk.plan.shifts.week import week_of

        found = self.coverage(team, start=start, days=days, conditions=conditions, factors=factors)
        question = self._answers.folder.question()
        past = self._answers.past(question, found.crew, PAST_WEEKS)
        keys = self._answers.planned_keys(
            question, sorted(past.names), found.plan.forecast.first_day, days
        )
        return week_of(found, past, keys)

    def own_shifts(self, start: date, days: int = 28) -> tuple[list[Shift], list[int]]:
        """Return the reader's own planned shifts, and the numbers of the days that are time off;
        nothing of a reader without a name in the data.

        Args:
            start: local day that is number 0.
        """
        agent = self._answers.policy.agent
        if not agent:
            return [], []
        return self._answers.own_plan(self._answers.folder.question(), agent, start, days)

    def today(
        self, team: str = "", *, factors: Sequence[Known] = ()
    ) -> tuple[Today, Mapping[str, str]]:
        """Return how a team's day goes at the end of the data, with the names of its people.

        Args:
            factors: what a planner knows of days and events.
        """
        import numpy as np

        from helmdesk.plan.simulation.past import planned_for
        from helmdesk.plan.today import today_of

        found = self.coverage(team, days=1, factors=factors)
        question = self._answers.folder.question()
        past = self._answers.past(question, found.crew, PAST_WEEKS)
        day, minutes = found.plan.forecast.first_day, found.plan.forecast.interval_minutes
        with self._answers.marts.reader() as reader:
            as_of = reader.bounds.as_of
        zone = ZoneInfo(question.time_zone)
        local = as_of.replace(tzinfo=UTC).astimezone(zone)
        over = (local.hour * 60 + local.minute) // minutes if local.date() == day else 0
        at = past.at[past.at >= past.seconds(day)] - past.seconds(day)
        edges = np.arange(0, 1440 * 60 + 1, minutes * 60)
        came = np.histogram(at, edges)[0].astype(float)
        serves = tuple(range(len(found.crew.queues)))
        shifts, _ = planned_for(past, day, 1, serves)
        return today_of(found, shifts, came, over), past.names

    def _measured(self, crew: Crew, starts: list[date]) -> dict[str, dict[date, float]]:
        """Return what the catalogue says of weeks, by metric and first day."""
        if not starts:
            return {}
        names = ", ".join(map(text, crew.queues))
        found: dict[str, dict[date, float]] = {}
        for key in ("service_level", "missed_contact_rate"):
            asked = self._answers.folder.question(
                key,
                grain="week",
                start=starts[0].isoformat(),
                end=(starts[-1] + timedelta(days=7)).isoformat(),
                where=f"queue in ({names})",
            )
            rows = self._answers.measure(asked)
            found[key] = {
                row.period_start: row.value
                for row in rows
                if row.period_start is not None and row.value is not None
            }
        return found

    def replay_routing(
        self,
        start: date,
        end: date,
        queues: Sequence[str] = (),
        *,
        rules: Rules | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Replayed:
        """Return what routing would have done to the cases that came without a person, from the
        first local day up to, and without, the last; and how well the same model gives again the
        weeks before.

        Args:
            queues: names of teams; all where left out.
            tell: told what is done next.

        Raises:
            UsageError: the days are the wrong way round. NotFoundError: no such queue, or no case
            came without a person. NotPermittedError: fewer than five people stand behind it, and
            the reader may not compare people.
        """
        from helmdesk.act.routing.rules import Rules
        from helmdesk.errors import NotFoundError, NotPermittedError, UsageError, nearest
        from helmdesk.plan.routing.reading import window_of
        from helmdesk.plan.routing.replay import replay
        from helmdesk.query.people import LEAST

        if end <= start:
            raise UsageError(
                f"from {start} to {end} there is no day", "give a first day, and a later one"
            )
        question = self._answers.folder.question()
        zone = ZoneInfo(question.time_zone)
        begin, stop = (datetime.combine(day, time(), zone).timestamp() for day in (start, end))
        tell("reading who had which ticket when")
        past = self._answers.work_of(question, *window_of(begin, stop, ROUTING_WEEKS))
        names = sorted({stay.queue for stay in past.stays})
        wrong = [each for each in queues if each not in names]
        if wrong:
            raise NotFoundError(
                f"no queue '{wrong[0]}' in this time{nearest(wrong[0], names)}",
                f"there are: {', '.join(names[:20])}" if names else "load tickets of these days",
            )
        found = replay(past, begin, stop, rules or Rules(), queues, tell)
        if found.people < LEAST and not self._answers.policy.may_compare_people:
            raise NotPermittedError(
                "fewer than five people took these cases", "choose more queues or more days"
            )
        return found

    def routing_past(self, since: datetime, until: datetime) -> History:
        """Return who had which ticket when, who was there, and what was promised, between two
        instants, naive UTC.
        """
        return self._answers.work_of(self._answers.folder.question(), since, until)

    def keep(self, forecasts: Sequence[Forecast]) -> Path:
        """Keep forecasts as a version, with whom each team needs and who is planned on the days to
        come; return its file in the desk's folder.
        """
        from helmdesk.plan.forecast.versions import keep

        made_of = self._answers.marts.made_of()
        version = made_of.lake_version if made_of else None
        teams = self._as_it_stands()
        return keep(self._answers.folder.path, forecasts, version, datetime.now(UTC), teams)

    def _as_it_stands(self) -> list[Stood]:
        from helmdesk.errors import UsageError
        from helmdesk.plan.forecast.versions import Stood

        found = []
        for crew in self.crews():
            try:
                made = self.coverage(crew.name, days=KEPT_DAYS)
            except UsageError:
                continue  # nobody can tell whom its contacts need
            minutes, first = made.plan.forecast.interval_minutes, made.plan.forecast.first_day
            found.append(
                Stood(datetime.now(UTC), crew.name, minutes, first, made.plan.agents, made.planned)
            )
        return found

    def missing_as_it_stood(
        self, team: str, days: int
    ) -> tuple[str, list[tuple[date, float | None]]]:
        """Return by how many hours of people a team was short on the days to come, as forecast and
        plan stood whenever they were kept: the team's name, and (first of those days, hours; None
        where nobody was planned), oldest first; of the same day the latest.

        Args:
            days: how many days to come are looked at.

        Raises:
            NotFoundError, UsageError: no such team.
        """
        from helmdesk.plan.coverage import missing_hours
        from helmdesk.plan.crews import find_crew
        from helmdesk.plan.forecast.versions import stood

        name, found = find_crew(self.crews(), team).name, {}
        for each in stood(self._answers.folder.path):
            part = each.between(each.first_day, days) if each.team == name else None
            if part is not None:
                hours = each.interval_minutes / 60
                found[each.first_day] = missing_hours(part[1], part[0], hours)
        return name, sorted(found.items())

    def is_kept(self, forecasts: Sequence[Forecast]) -> bool:
        """Return whether the newest version says just this, made from the same records."""
        from helmdesk.plan.forecast.versions import kept, same

        made_of = self._answers.marts.made_of()
        version = made_of.lake_version if made_of else None
        return same(kept(self._answers.folder.path), forecasts, version)

    def versions(self, queue: str) -> list[Kept]:
        """Return the kept forecasts of a queue, oldest first. They are of the whole desk."""
        from helmdesk.plan.forecast.versions import kept

        return [each for each in kept(self._answers.folder.path) if each.queue == queue]

    def accuracy(self, *, minutes: int = 30) -> list[Accuracy]:
        """Return how far the kept forecasts were from what came, by days ahead."""
        from helmdesk.plan.forecast.versions import accuracy, kept

        return accuracy(kept(self._answers.folder.path), self.planner(minutes=minutes).demands)
