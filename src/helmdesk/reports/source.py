"""What reports are made from: one reader's questions, and the desk's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from helmdesk.analysis.scorecard import Scorecard
from helmdesk.catalogue.discovery import Entry
from helmdesk.desk.desk import Desk
from helmdesk.desk.questions import Questions
from helmdesk.insight.context import Annotation
from helmdesk.query.receipt import Receipt
from helmdesk.query.window import Window, wall
from helmdesk.reports.document import Document, Section
from helmdesk.settings import Settings


@dataclass(frozen=True)
class Source:
    """One reader's view of a desk.

    Attributes:
        ask: questions under that reader's policy.
        find_metric: gives a definition by its key.
        as_of: where the data end, naive UTC.
        lake: version of the lake that the numbers are made of.
        annotations: what people wrote down outside the records.
    """

    ask: Questions
    settings: Settings
    find_metric: Callable[[str], Entry]
    as_of: datetime
    lake: int
    annotations: Sequence[Annotation] = ()

    @property
    def zone(self) -> str:
        """The reporting time zone."""
        return self.settings.time_zone

    def receipts(self, found: Scorecard, where: str | None) -> tuple[tuple[str, Receipt], ...]:
        """Return receipts of the numbers of a scorecard: one of the window, one of that before."""
        keys = [card.metric.key for card in found.cards if not card.reason]
        if not keys:
            return ()
        window = found.window
        made = [("these days", self._receipt(keys, window.start, window.end, where))]
        before = [card.metric.key for card in found.cards if card.before.value is not None]
        if before:
            start, end = window.previous_start, window.previous_end
            made.append(("the days before", self._receipt(before, start, end, where)))
        return tuple(made)

    def _receipt(
        self, keys: Sequence[str], start: datetime, end: datetime, where: str | None
    ) -> Receipt:
        first, last = self.local(start), self.local(end)
        return self.ask.measure(*keys, start=first, end=last, where=where).receipt

    def local(self, moment: datetime) -> str:
        """Return an instant as a question takes it: a local date, or a local time within a day."""
        there = wall(moment, self.zone).replace(tzinfo=None)
        return (
            there.date().isoformat()
            if not (there.hour or there.minute or there.second)
            else (there.isoformat(timespec="seconds"))
        )

    def has(self, key: str) -> bool:
        """Whether this reader may ask for a metric of the catalogue."""
        allowed = self.ask.policy.metrics
        return allowed is None or key in allowed

    def document(
        self,
        *,
        title: str,
        subtitle: str,
        cover: str,
        sections: tuple[Section, ...],
        receipts: tuple[tuple[str, Receipt], ...],
        keys: Sequence[str],
    ) -> Document:
        """Return a document that says what it was made from.

        Args:
            keys: of the metrics it shows, whose definitions it carries.
        """
        return Document(
            title=title,
            subtitle=subtitle,
            desk=self.settings.name,
            is_sample=self.settings.is_sample,
            cover=cover,
            sections=sections,
            receipts=receipts,
            definitions=tuple(map(self.find_metric, keys)),
            lake_version=self.lake,
            as_of=wall(self.as_of, self.zone).replace(tzinfo=None),
            zone=self.zone,
            made_for=self.ask.policy.name,
        )


def source_of(
    desk: Desk, ask: Questions | None = None, annotations: Sequence[Annotation] = ()
) -> Source:
    """Return what reports of one reader are made from.

    Args:
        ask: that reader's questions; None: the owner's.
    """
    with desk.marts.reader() as reader:
        as_of = reader.bounds.as_of
    made_of = desk.marts.made_of()
    version = desk.lake.version() if made_of is None else made_of.lake_version
    return Source(ask or desk, desk.settings, desk.find_metric, as_of, version, annotations)


def days(window: Window, zone: str) -> str:
    """Say which days a report looks at, and what they are compared with."""
    return f"{window.words(zone)}, compared with {window.previous_words(zone)}"
