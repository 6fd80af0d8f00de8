"""What a leader is told of a rule: whom it would have asked, how far invitations came, and who
answers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.db.models import Count, Q
from django.urls import reverse

from helmdesk.act.surveys import DAY, HOUR, Kind, Known, Reason, Terms, decide, draw, source_address
from helmdesk.desk.questions import Questions
from helmdesk.errors import HelmdeskError
from helmdesk.query.filters import Compare, to_text
from helmdesk.query.measurement import Measurement
from helmdesk.query.words import show_share
from helmdesk.web.apps.outbox.post import is_address
from helmdesk.web.apps.surveys.asking import Circle, circle_of, quiet_key
from helmdesk.web.apps.surveys.models import (
    ASKED,
    Instrument,
    Invitation,
    Rule,
    State,
    digest,
    person_digest,
)

DAYS = 28
RATE = "csat_response_rate"
CUTS = ("channel", "tier", "priority", "region", "issue_type")
LEAST = 5
LOOKED_AT, SHOWN = 200, 20
# Where the answers to each kind of question are listed.
METRICS = {
    Kind.CSAT: "csat",
    Kind.CES: "ces",
    Kind.NPS: "nps",
    Kind.ESAT: "esat",
    Kind.ENPS: "enps",
}


@dataclass(frozen=True)
class Tried:
    """Whom a rule would have asked in the last days of the data.

    Attributes:
        solved: tickets that fall under it. asked: of those. reasons: why not, most frequent first;
        with those asked they are all of them.
    """

    days: int
    solved: int
    asked: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def lacks_addresses(self) -> bool:
        """Whether most are not asked because nobody knows where to write."""
        return 2 * dict(self.reasons).get(Reason.NO_ADDRESS, 0) > self.solved

    def describe(self) -> str:
        """Return it in a sentence."""
        if not self.solved:
            return f"No ticket was solved in the last {self.days} days that falls under it."
        tickets = "1 ticket" if self.solved == 1 else f"{self.solved:,} tickets"
        customers = "1 customer" if self.asked == 1 else f"{self.asked:,} customers"
        return (
            f"In the last {self.days} days of the data {tickets} were solved that fall under it;"
            f" {customers} would have been asked."
        )


def tried(
    desk: Questions, circle_desk: Any, where: str, terms: Terms, moment: datetime, days: int = DAYS
) -> Tried:
    """Return whom a rule would have asked; the sample is drawn by a seed of its own.

    Args:
        desk: of whoever asks. circle_desk: tells which customers were erased. moment: naive UTC,
        not later than the end of the data.

    Raises:
        FilterError, NotFoundError, NotPermittedError: see `newly_solved`.
    """
    start = moment - days * DAY
    solved = desk.newly_solved(start, moment + timedelta(seconds=1), where=where or None)
    mailed = {each.ticket_id: source_address(each.fields) for each in solved}
    circle = circle_of(solved, mailed.values(), circle_desk, moment.replace(tzinfo=UTC))
    last: dict[str, datetime] = {}
    found: Counter[str] = Counter()
    for each in solved:
        known, person = _known(each, mailed[each.ticket_id], circle)
        drawn = draw("trial", each.ticket_id, each.solved_at.isoformat())
        reason = decide(known, terms, drawn, known.solved_at + terms.delay_hours * HOUR)
        household = f"account {each.account_id}" if each.account_id else ""
        reason = reason or _cool(last, person, household, known.solved_at, terms)
        found[reason or ""] += 1
    asked = found.pop("", 0)
    return Tried(days, len(solved), asked, tuple(found.most_common()))


def _known(solved: Any, mailed: str, circle: Circle) -> tuple[Known, str]:
    own = circle.addresses.get(digest(solved.customer_id)) if solved.customer_id else None
    given = [own.email if own else "", mailed, solved.customer_id]
    address = next((each for each in given if is_address(each)), "")
    person = person_digest(address) if address else ""
    return Known(
        solved.solved_at.replace(tzinfo=UTC),
        has_address=bool(address),
        is_erased=solved.customer_id in circle.erased,
        is_unsubscribed=circle.refused.get(person, False),
        is_bounced=person in circle.refused,
        is_quiet=bool(solved.account) and quiet_key(solved.account) in circle.quiet,
    ), person


def _cool(
    last: dict[str, datetime], person: str, household: str, moment: datetime, terms: Terms
) -> Reason | None:
    """Return whether a cool-down holds somebody back; otherwise note that they are asked."""
    for name, days, reason in (
        (person, terms.person_days, Reason.COOL_DOWN),
        (household, terms.account_days, Reason.ACCOUNT_COOL_DOWN),
    ):
        if name and name in last and moment < last[name] + days * DAY:
            return reason
    last.update({name: moment for name in (person, household) if name})
    return None


# -- how far they came -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Funnel:
    """How far the invitations of a rule came; those waiting, held and asked are all of them.

    Attributes:
        earlier: solved before the rule was there; among none of the others.
    """

    earlier: int
    eligible: int
    waiting: int
    held: int
    asked: int
    on_the_way: int
    uncertain: int
    bounced: int
    opened: int
    programs: int
    answered: int
    reminded: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def steps(self) -> tuple[tuple[str, int], ...]:
        """Steps of those who were asked, in words."""
        return (
            ("came under the rule", self.eligible),
            ("were asked", self.asked),
            ("got the mail, as far as is known", self.asked - self.bounced - self.on_the_way),
            ("opened the question", self.opened),
            ("answered", self.answered),
        )

    @property
    def asides(self) -> str:
        """What else there is to say of them, in sentences."""
        told = (
            (self.waiting, "wait for their time"),
            (self.reminded, "were reminded"),
            (self.bounced, "came back"),
            (self.uncertain, "may or may not have been sent"),
            (self.programs, "were followed by a program that checks links, which is no answer"),
        )
        return " ".join(f"{count:,} {words}." for count, words in told if count)

    @property
    def rate(self) -> str:
        """The share that answered, of those who got the mail; empty below five."""
        got = self.asked - self.bounced - self.on_the_way
        return show_share(self.answered / got) if got >= LEAST else ""


def funnel(rule: Rule) -> Funnel:
    """Return how far the invitations of a rule came."""
    every = Invitation.objects.filter(rule=rule)
    rows = every.exclude(reason=Reason.EARLIER)
    counted = rows.aggregate(
        eligible=Count("pk"),
        waiting=Count("pk", filter=Q(state=State.DUE)),
        held=Count("pk", filter=Q(state=State.HELD)),
        asked=Count("pk", filter=Q(state__in=ASKED)),
        on_the_way=Count("pk", filter=Q(state=State.SENDING)),
        uncertain=Count("pk", filter=Q(state=State.UNCERTAIN)),
        bounced=Count("pk", filter=Q(state=State.BOUNCED)),
        opened=Count("pk", filter=Q(opened_at__isnull=False)),
        programs=Count("pk", filter=Q(is_program=True)),
        answered=Count("pk", filter=Q(state=State.ANSWERED)),
        reminded=Count("pk", filter=Q(reminded_at__isnull=False)),
    )
    reasons = (
        rows.filter(state=State.HELD)
        .values_list("reason")
        .annotate(found=Count("pk"))
        .order_by("-found", "reason")
    )
    earlier = every.filter(reason=Reason.EARLIER).count()
    return Funnel(earlier=earlier, **counted, reasons=tuple(reasons))


# -- who answers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cut:
    """Answers by one dimension.

    Attributes:
        rows: values with their measurement, and whether they answer clearly less or more often
        than everybody together.
    """

    name: str
    rows: tuple[tuple[str, Measurement, str], ...]


def instrument_filter(record_id: str) -> str:
    """Return the filter over the surveys of an instrument, in the house's words."""
    return to_text(Compare("instrument", "=", record_id))


def who_answers(desk: Questions, record_id: str) -> tuple[Measurement | None, tuple[Cut, ...]]:
    """Return the share that answered altogether and by what customers differ in.

    Nothing is told where the records hold none of it yet.
    """
    where = instrument_filter(record_id)
    try:
        window: dict[str, Any] = {"where": where, "variant": "every_survey"}
        whole = desk.measure(RATE, **window)[0]
    except HelmdeskError:
        return None, ()
    if not whole.n:
        return None, ()
    cuts = []
    for name in CUTS:
        try:
            table = desk.measure(RATE, by=name, **window)
        except HelmdeskError:
            continue
        rows = tuple(
            (str(row.group[0][1] or "not told"), row, _beside(row, whole))
            for row in table
            if row.n >= LEAST
        )
        if len(rows) > 1:
            cuts.append(Cut(name, rows))
    return whole, tuple(cuts)


def _beside(row: Measurement, whole: Measurement) -> str:
    if row.low is None or row.high is None or whole.value is None:
        return ""
    if row.high < whole.value:
        return "answers less often"
    return "answers more often" if row.low > whole.value else ""


@dataclass(frozen=True)
class Written:
    """What a customer wrote; `ticket` is empty where the question was about no ticket."""

    comment: str
    answer: str
    ticket: str


def comments(desk: Questions, instrument: Instrument) -> tuple[Written, ...]:
    """Return what customers wrote last, as far as the reader may see it."""
    key = METRICS.get(instrument.asks)
    if key is None:
        return ()
    try:
        found = desk.rows(
            key,
            where=instrument_filter(instrument.record_id),
            sort="responded_at",
            is_descending=True,
            limit=LOOKED_AT,
        )
    except HelmdeskError:
        return ()
    rows = [row for row in found.table.to_pylist() if row.get("comment")]
    return tuple(
        Written(
            row["comment"],
            str(row.get("answer") or f"{row.get('score'):g}"),
            row.get("ticket_id") or "",
        )
        for row in rows[:SHOWN]
    )


def themes(desk: Questions, instrument: Instrument) -> tuple[tuple[str, Measurement], ...]:
    """Return what comments are mostly about, with the score of those who wrote of it; themes of
    fewer than five are left out.
    """
    key = METRICS.get(instrument.asks)
    if key is None:
        return ()
    try:
        table = desk.measure(key, by="comment_theme", where=instrument_filter(instrument.record_id))
    except HelmdeskError:
        return ()
    rows = [(row.group[0][1], row) for row in table if row.group[0][1] and row.n >= LEAST]
    return tuple(sorted(rows, key=lambda each: -each[1].n))


def query_of(instrument: Instrument) -> str:
    """Return the part of an address that chooses the surveys of an instrument."""
    return f"where={quote(instrument_filter(instrument.record_id))}"


def rows_address(instrument: Instrument) -> str:
    """Return the address of the answers to an instrument; empty where no metric lists them."""
    key = METRICS.get(instrument.asks, "")
    return f"{reverse('rows')}?metric={key}&{query_of(instrument)}" if key else ""
