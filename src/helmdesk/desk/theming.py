"""What customers write about: `desk.themes`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from helmdesk.desk.answers import Answers
from helmdesk.errors import NotFoundError, OutOfRangeError, UsageError
from helmdesk.facts.build.taxonomy import OTHER, Theme

if TYPE_CHECKING:
    from helmdesk.predict.said import Matter, Quote, Said
    from helmdesk.query.judgement import Judgement
    from helmdesk.query.measurement import Measurement
    from helmdesk.query.question import Formed, Judged, Question
    from helmdesk.query.reader import Reader
    from helmdesk.query.window import Window

LEAST = 5
MOST_PROPOSED = 12
MOST_READ = 2_000


@dataclass(frozen=True)
class Told:
    """One theme over a window, of at least five cases.

    Attributes:
        name: "other" for what belongs to none. about: service, product or neither.
        n, before: cases in the window, and in the one before.
        share, low, high: of all cases with a text, with the 95% interval (Wilson).
        judged: how the number of tickets, or the satisfaction of those who commented, lies to the
        one before; None where there is none before.
        satisfaction: of those cases; None where nothing is known of it.
        gap: that minus the satisfaction of all other cases with a text, 0 to 1, with its 95%
        interval; None where either is unknown.
        quotes: masked; none of fewer than five people, and none for a reader who may not see texts.
    """

    name: str
    about: str
    n: int
    before: int
    share: float
    low: float
    high: float
    judged: Judgement | None
    satisfaction: Measurement | None
    gap: tuple[float, float, float] | None
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class ThemeReport:
    """Themes of one kind of texts over a window, the most frequent first.

    Attributes:
        n: cases with a text. few: themes with fewer than five cases, which are not told.
    """

    matter: Matter
    window: Window
    n: int
    themes: tuple[Told, ...]
    few: int


@dataclass(frozen=True)
class Proposal:
    """A theme that the texts suggest which belong to none.

    Attributes:
        words: those that tell its texts from the rest. n: texts that hold one of them. of: texts
        that were looked at. quotes: masked.
    """

    words: tuple[str, ...]
    n: int
    of: int
    quotes: tuple[str, ...]


class Theming:
    """Themes as one reader may see them."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    @property
    def in_force(self) -> tuple[Theme, ...]:
        """The desk's themes, in the order in which they are tried."""
        return self._answers.folder.taxonomies.in_force

    @property
    def version(self) -> int:
        """How often they were changed; 0 for those that come with Helmdesk."""
        return self._answers.folder.taxonomies.version

    def adopt(self, themes: Sequence[Theme]) -> int:
        """Take other themes into use; numbers follow when the facts are made again.

        Raises:
            UsageError: a reader of a part of the desk. SettingError: themes that cannot be.
        """
        if self._answers.policy.predicate is not None or self._answers.policy.is_outsider:
            raise UsageError("themes are of the whole desk; ask somebody who may see all of it")
        return self._answers.folder.taxonomies.adopt(themes)

    def report(
        self, matter: str = "tickets", *, quotes: int = 3, **asked: Unpack[Judged]
    ) -> ThemeReport:
        """Return themes over a window (the last 28 complete days) beside the one before.

        Args:
            matter: "tickets", by their subjects and first messages, or "comments" of surveys.
            quotes: at most so many of each theme.
            start, end, window, where, compare: as in `scorecard`.

        Raises:
            NotFoundError: no such kind of texts; or nothing measures it on this desk.
        """
        from helmdesk.query.window import plain

        found, folder = find_matter(matter), self._answers.folder
        window = self._answers.window(folder.question(**asked))
        zone, where = folder.settings.time_zone, asked.get("where")
        spans: tuple[Formed, Formed] = (
            {"start": plain(window.start, zone), "end": plain(window.end, zone), "where": where},
            {
                "start": plain(window.previous_start, zone),
                "end": plain(window.previous_end, zone),
                "where": where,
            },
        )
        now = self._counts(found, spans[0])
        try:
            before = self._counts(found, spans[1])
        except OutOfRangeError:
            before = {}
        total = sum(each.n for each in now.values())
        about = {each.name: each.about for each in self.in_force}
        big = [name for name, each in now.items() if each.n >= LEAST]
        satisfied = self._satisfaction(found, now, spans[0])
        said = self._quotes(found, spans[0], big, quotes) if quotes else {}
        told = [
            self._told(
                found,
                name,
                about.get(name, ""),
                now[name],
                before.get(name),
                total,
                satisfied.get(name),
                spans[0],
                said.get(name, ()),
            )
            for name in big
        ]
        return ThemeReport(
            found,
            window,
            total,
            tuple(sorted(told, key=lambda each: (each.name == OTHER, -each.n, each.name))),
            len(now) - len(big),
        )

    def propose(self, matter: str = "tickets", **asked: Unpack[Judged]) -> tuple[Proposal, ...]:
        """Return themes that texts suggest which belong to none, the largest first; none where
        fewer than twenty texts do. Each is of at least five people.

        Raises:
            NotFoundError: no such kind of texts.
        """
        from helmdesk.predict.discovery import propose
        from helmdesk.predict.quotes import LEAST_AUTHORS, choose_quotes, shortened

        found, folder = find_matter(matter), self._answers.folder
        question = narrowed(folder.question(**asked), f"{found.dimension} = '{OTHER}'")
        with self._answers.marts.reader() as reader:
            said, masked = self._texts(reader, found, question, MOST_READ)
        known: dict[str, int] = {}
        for place, text in enumerate(masked):
            known.setdefault(" ".join(text.lower().split()), place)
        places = list(known.values())
        texts = [masked[place] for place in places]
        proposals = []
        for group in propose(texts, MOST_PROPOSED):
            authors = {said[places[place]].author for place in group.texts}
            if len(authors) >= LEAST_AUTHORS:
                own = [shortened(texts[place]) for place in group.texts]
                quoted = tuple(own[place] for place in choose_quotes(own, 2))
                proposals.append(Proposal(group.words, len(group.texts), len(texts), quoted))
        return tuple(proposals)

    # -- parts of a report -------------------------------------------------------------------------

    def _counts(self, matter: Matter, span: Formed) -> dict[str, Measurement]:
        """Return the measured cases by theme."""
        question = self._answers.folder.question(matter.metric, **span, by=matter.dimension)
        table = self._answers.measure(self._answers.dated(question))
        return {str(row.group[0][1]): row for row in table if row.group[0][1] is not None}

    def _satisfaction(
        self, matter: Matter, now: dict[str, Measurement], span: Formed
    ) -> dict[str, Measurement]:
        if matter.metric == matter.satisfaction:
            return now
        try:
            return self._counts(dataclasses.replace(matter, metric=matter.satisfaction), span)
        except NotFoundError:
            return {}

    def _told(
        self,
        matter: Matter,
        name: str,
        about: str,
        now: Measurement,
        before: Measurement | None,
        total: int,
        satisfied: Measurement | None,
        span: Formed,
        quotes: tuple[Quote, ...],
    ) -> Told:
        from helmdesk.analysis.scorecard import judge
        from helmdesk.statistics.proportion import wilson

        low, high = wilson(now.n, total) or (0.0, 1.0)
        is_known = satisfied is not None and satisfied.value is not None and satisfied.n >= LEAST
        judged = None
        if before is not None:
            judged = judge(self._answers.folder.find_metric(matter.metric).metric, now, before)
        return Told(
            name,
            about,
            now.n,
            before.n if before else 0,
            now.n / total,
            low,
            high,
            judged,
            satisfied if is_known else None,
            self._gap(matter, name, satisfied, span) if is_known and satisfied else None,
            quotes,
        )

    def _gap(
        self, matter: Matter, name: str, own: Measurement, span: Formed
    ) -> tuple[float, float, float] | None:
        """Return how far the satisfaction of a theme lies from that of all others."""
        from helmdesk.query.filters import Compare, to_text
        from helmdesk.statistics.difference import mover

        question = narrowed(
            self._answers.folder.question(matter.satisfaction, **span),
            to_text(Compare(matter.dimension, "<>", name)),
        )
        (rest,) = self._answers.measure(self._answers.dated(question))
        sides = (own.value, own.low, own.high, rest.value, rest.low, rest.high)
        if rest.n < LEAST or any(each is None for each in sides):
            return None
        value, low, high, other, other_low, other_high = (float(each or 0.0) for each in sides)
        bounds = mover(value, (low, high), other, (other_low, other_high))
        return value - other, *bounds

    def _quotes(
        self, matter: Matter, span: Formed, names: Sequence[str], most: int
    ) -> dict[str, tuple[Quote, ...]]:
        from helmdesk.predict.said import quotes_of
        from helmdesk.query.filters import Compare, to_text

        found = {}
        with self._answers.marts.reader() as reader:
            for name in names:
                question = narrowed(
                    self._answers.folder.question(**span),
                    to_text(Compare(matter.dimension, "=", name)),
                )
                said, masked = self._texts(reader, matter, question, 300)
                found[name] = quotes_of(said, masked, most)
        return found

    def _texts(
        self, reader: Reader, matter: Matter, question: Question, most: int
    ) -> tuple[tuple[Said, ...], list[str]]:
        """Return texts, and the same without personal data."""
        from helmdesk.predict.said import texts_of

        start, end = self._answers.dated(question).boundaries()
        request = dataclasses.replace(question.scope(self._answers.policy), start=start, end=end)
        said = texts_of(reader.engine, matter, request, reader.bounds, most)
        mask = mask_of(reader)
        return said, [mask(each.words) for each in said]


def narrowed(question: Question, where: str) -> Question:
    """Return a question within one more condition."""
    both = f"({question.where}) and {where}" if question.where else where
    return dataclasses.replace(question, where=both)


def mask_of(reader: Reader) -> Callable[[str], str]:
    """Return what masks personal data, with the names of everybody whom the desk knows."""
    from helmdesk.predict.masking import masker
    from helmdesk.predict.said import people_named

    return reader.cache("mask", lambda: masker(people_named(reader.engine)))


def find_matter(key: str) -> Matter:
    """Return a kind of texts by its key.

    Raises:
        NotFoundError: there is none.
    """
    from helmdesk.predict.said import MATTERS

    if key not in MATTERS:
        raise NotFoundError(f"no texts are called '{key}'; there are: {', '.join(MATTERS)}")
    return MATTERS[key]
