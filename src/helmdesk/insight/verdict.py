"""One verdict on the course of a metric, and the one sentence that tells it everywhere.

Cards, metric pages, the brief, explanations, the API and the command line ask `verdict_of` and
print `Verdict.words`; none of them judges a course of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from helmdesk.insight.dismissals import Dismissal
from helmdesk.query.judgement import Badge, Judgement
from helmdesk.query.words import DURATIONS, show_size, show_value
from helmdesk.statistics.course import LEAST

NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
MOST_LEFT = 2 / 3


class State(StrEnum):
    """Where a course stands at the end of the last complete week."""

    NEW = "new"
    GOING_ON = "going on"
    SETTLED = "settled"
    STEADY = "steady"
    UNKNOWN = "unknown"


class Tone(StrEnum):
    """What a verdict means to its reader: the sign and the colour that it is shown with."""

    WORSE = "worse"
    BETTER = "better"
    RECOVERING = "recovering"
    MOVED = "moved"
    NORMAL = "normal"
    STEADY = "steady"
    FEW = "few"


TONES = {
    Judgement.WORSE: Tone.WORSE,
    Judgement.BETTER: Tone.BETTER,
    Judgement.HIGHER: Tone.MOVED,
    Judgement.LOWER: Tone.MOVED,
}


@dataclass(frozen=True)
class Episode:
    """Weeks away from the levels around them.

    Attributes:
        start, end: local dates, half-open.
        value: of the metric over them.
        side: against the level before.
        event: what was written down for that time; empty when nothing was.
    """

    start: date
    end: date
    value: float
    side: Judgement
    event: str

    @property
    def weeks(self) -> int:
        """How many weeks it lasted."""
        return (self.end - self.start).days // 7


@dataclass(frozen=True)
class Verdict:
    """What a metric's weeks say up to the last complete one.

    Attributes:
        state: see `State`.
        side: of the present level against the one that lasted before; same where nothing is worth
        telling. now, before: the metric over the present level and over that one; None where
        unknown. since: first local day of the present level; None when unknown. error: standard
        error of the difference of the two levels, from how much weeks differ. episode: the weeks
        between the two levels; None without any. event: what was written down for the beginning of
        the present level. unit: of the values. dismissed: who wants to hear no more of it, until it
        changes; None while it is told.
        normal: between what the metric lies in ordinary weeks of the level that lasted: two
            standard deviations about it; None without one, and for counts that follow the time of
            the year.
    """

    key: str
    state: State
    side: Judgement
    now: float | None
    before: float | None
    since: date | None
    error: float | None
    episode: Episode | None
    event: str
    unit: str
    until: date
    dismissed: Dismissal | None = None
    normal: tuple[float, float] | None = None

    def unless(self, dismissed: Mapping[str, Dismissal]) -> Verdict:
        """Return the verdict, marked where its identity is among the dismissed."""
        return replace(self, dismissed=dismissed.get(self.identity)) if self.is_told else self

    @property
    def tone(self) -> Tone:
        """What it means to its reader."""
        if self.dismissed is not None or self.state is State.STEADY:
            return Tone.STEADY
        if self.state is State.UNKNOWN:
            return Tone.FEW
        if self._is_recovering:
            return Tone.RECOVERING
        return TONES.get(self.side, Tone.NORMAL)

    @property
    def word(self) -> str:
        """The verdict in a few words, for a badge, a row or a mail."""
        if self.dismissed is not None:
            return "Dismissed"
        tone = self.tone
        if tone is Tone.STEADY or self.since is None:
            return "Too few to say" if tone is Tone.FEW else "Steady"
        if tone is Tone.RECOVERING:
            return "Recovering"
        if tone is Tone.NORMAL:
            return f"Back to normal since {self._short(self.since)}"
        side = str(self.side).capitalize()
        if self.state is State.NEW:
            return f"{side} last week"
        return f"{side} since {self._short(self.beginning)}"

    def headline(self, name: str) -> str:
        """The verdict on a metric of that name as a sentence with its anchors: where it is, and
        where it was before.
        """
        if self.since is None or self.now is None:
            return f"{name}: too few weeks to tell"
        now = show_value(self.now, self.unit)
        if self.before is None or self.tone in (Tone.STEADY, Tone.FEW):
            return f"{name} is steady at {now}"
        if self.tone is Tone.NORMAL:
            return f"{name} is back to normal since {self._day(self.since)}: {now}"
        before = show_value(self.before, self.unit)
        if self.state is State.NEW:
            return f"{name} was {now} last week, usually {before}"
        return f"{name} is {now}; before {self._day(self.beginning)} it was {before}"

    @property
    def weeks(self) -> int:
        """For how many weeks it has lain on this side; none where nothing is told."""
        return 0 if self.since is None else (self.until - self.beginning).days // 7

    @property
    def badge(self) -> Badge:
        """As it is shown in a row."""
        ways = {Judgement.HIGHER: "up", Judgement.LOWER: "dn"}
        icon = ways[self.side] if self.tone is Tone.MOVED else str(self.tone)
        return Badge(self.word, str(self.tone), icon, self.state is State.NEW)

    @property
    def _is_recovering(self) -> bool:
        """Whether it is still worse than before, and by at most two thirds of what it was, since so
        few weeks that it may go on getting better.
        """
        if (
            self.state is not State.GOING_ON
            or self.side is not Judgement.WORSE
            or self.episode is None
            or self.episode.side is not Judgement.WORSE
            or self.now is None
            or self.before is None
        ):
            return False
        return abs(self.now - self.before) <= MOST_LEFT * abs(self.episode.value - self.before)

    @property
    def beginning(self) -> date:
        """Since when it lies on this side: from an episode on the same side, if one led to it."""
        assert self.since is not None
        is_one = self.side is not Judgement.SAME
        if is_one and self.episode is not None and self.episode.side is self.side:
            return self.episode.start
        return self.since

    @property
    def words(self) -> str:
        """The verdict as the one sentence that every surface prints."""
        if self.state is State.UNKNOWN or self.since is None or self.now is None:
            return f"too few weeks to tell: it takes {LEAST} complete ones with enough cases"
        if self.state is State.STEADY or self.before is None:
            return f"steady since {self._day(self.since)}: nothing beyond chance"
        after = f" after {self.event}" if self.event else ""
        now, before = show_value(self.now, self.unit), show_value(self.before, self.unit)
        if self.state is State.NEW:
            return f"new in the week of {self._day(self.since)}{after}: {now} instead of {before}"
        if self.state is State.GOING_ON and self.episode is not None:
            return (
                f"{self._episode(self.episode)}; since {self._day(self.since)} {now}, not settled"
                f" yet ({before} before)"
            )
        if self.state is State.GOING_ON:
            weeks = (self.until - self.since).days // 7
            return (
                f"going on since {self._day(self.since)}{after}, for {_number(weeks)} weeks: {now}"
                f" instead of {before}"
            )
        lasting = (
            ""
            if self.side is Judgement.SAME
            else (
                f", about {show_size(self.now - self.before, self.unit)} {self._compared()} than"
                " before"
            )
        )
        if self.episode is None:
            return f"steady since {self._day(self.since)}{after}{lasting}"
        if not lasting:
            return f"{self._episode(self.episode)}; as before since {self._day(self.since)}"
        return f"{self._episode(self.episode)}; steady since {self._day(self.since)}{lasting}"

    @property
    def identity(self) -> str:
        """What a dismissal holds to: the same course keeps it, a new level or episode is
        another.
        """
        is_open = self.state in (State.NEW, State.GOING_ON)
        return f"{self.key}:{self.state if is_open else State.SETTLED}:{self.since}:{self.side}"

    @property
    def is_known(self) -> bool:
        """Whether there are weeks enough for a verdict."""
        return self.state is not State.UNKNOWN

    @property
    def is_bad(self) -> bool:
        """Whether the present level is the worse one."""
        return self.side is Judgement.WORSE

    @property
    def is_moving(self) -> bool:
        """Whether it is new, or going on."""
        return self.state in (State.NEW, State.GOING_ON)

    @property
    def is_told(self) -> bool:
        """Whether there is anything to tell: something new, going on, or settled within the last
        quarter, and not dismissed.
        """
        return self.dismissed is None and self.state in (State.NEW, State.GOING_ON, State.SETTLED)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; dates are local, values in the metric's unit."""
        return {
            "metric": self.key,
            "state": str(self.state),
            "side": str(self.side),
            "word": self.word,
            "tone": str(self.tone),
            "words": self.words,
            "now": self.now,
            "before": self.before,
            "standard_error": self.error,
            "unit": self.unit,
            "since": self.since and self.since.isoformat(),
            "event": self.event,
            "identity": self.identity,
            "dismissed": self.dismissed and self.dismissed.as_dict(),
            "episode": (
                None
                if self.episode is None
                else {
                    "start": self.episode.start.isoformat(),
                    "end": self.episode.end.isoformat(),
                    "value": self.episode.value,
                    "side": str(self.episode.side),
                    "event": self.episode.event,
                }
            ),
        }

    def _compared(self) -> str:
        assert self.now is not None and self.before is not None
        rose = self.now > self.before
        if self.unit in DURATIONS:
            return "slower" if rose else "faster"
        return "higher" if rose else "lower"

    def _episode(self, episode: Episode) -> str:
        kind = {
            Judgement.WORSE: "bad",
            Judgement.BETTER: "good",
            Judgement.HIGHER: "high",
            Judgement.LOWER: "low",
        }.get(episode.side, "unusual")
        after = f" after {episode.event}" if episode.event else ""
        weeks = f"{_number(episode.weeks)} {kind} week{'' if episode.weeks == 1 else 's'}"
        return f"{weeks}{after} ({self._days(episode.start, episode.end)})"

    def _day(self, day: date) -> str:
        return f"{day:%-d %B}" if day.year == self.until.year else f"{day:%-d %B %Y}"

    def _short(self, day: date) -> str:
        return f"{day:%-d %b}" if day.year == self.until.year else f"{day:%-d %b %Y}"

    def _days(self, start: date, end: date) -> str:
        last = end - timedelta(days=1)
        if (start.year, start.month) == (last.year, last.month):
            return f"{start.day}–{self._day(last)}"
        first = f"{start:%-d %B}" if start.year == last.year else self._day(start)
        return f"{first} – {self._day(last)}"


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)
