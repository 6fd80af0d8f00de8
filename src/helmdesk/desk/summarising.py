"""What a case is about: `desk.summaries`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from helmdesk.desk.answers import Answers
from helmdesk.desk.theming import mask_of

if TYPE_CHECKING:
    from helmdesk.predict.summary import Checked, Passage, Sentence

MOST_MESSAGES = 400


@dataclass(frozen=True)
class Case:
    """What was said in public on one ticket, as one reader may see it.

    Attributes:
        id: the ticket's among the records. passages: masked, oldest first. own: the summary in the
        words of those who wrote. digest: of the passages; another text gives another.
        mask: takes personal data out of a text.
    """

    id: str
    passages: tuple[Passage, ...]
    own: tuple[Sentence, ...]
    digest: str
    mask: Callable[[str], str]

    def check(self, reply: str) -> Checked:
        """Return what of a language model's reply holds to what was written."""
        from helmdesk.predict.summary import check

        return check(reply, self.passages, self.mask)

    def instant(self, cited: str) -> datetime | None:
        """Return when a cited message was written, naive UTC; None for none of this case."""
        return next((each.at for each in self.passages if each.id == cited), None)

    def is_of_customer(self, cited: str) -> bool:
        """Whether a cited message is the customer's."""
        return any(each.id == cited and each.by_customer for each in self.passages)


class Summarising:
    """Summaries of cases that one reader may see."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def of(self, ticket_id: str) -> Case:
        """Return what was said on a ticket, and its summary in their own words.

        No text where its sources kept none, and for readers who are no colleagues.

        Raises:
            NotFoundError: no such ticket, or not one this reader may see.
        """
        from helmdesk.predict.summary import Passage, extract
        from helmdesk.quoting import text

        story = self._answers.ticket(ticket_id)
        rows = []
        with self._answers.marts.reader() as reader:
            mask = mask_of(reader)
            if not self._answers.policy.is_outsider:
                rows = reader.engine.ask(
                    "select message_id, sent_at, is_customer, words from texts where ticket_id ="
                    f" {text(story.id)} and not is_automated order by sent_at, seq, message_id"
                    f" limit {MOST_MESSAGES}"
                )
        passages = tuple(
            Passage(str(key), at, bool(by_customer), mask(str(words)))
            for key, at, by_customer, words in rows
        )
        told = repr([(each.id, each.at, each.words) for each in passages])
        digest = hashlib.sha256(told.encode()).hexdigest()
        return Case(story.id, passages, extract(passages), digest, mask)
