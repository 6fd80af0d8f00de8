"""Finding whom a rule asks: everybody who was helped gets a row, with the reason where they are not
asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from helmdesk.act.surveys import (
    Known,
    Reason,
    Terms,
    decide,
    draw,
    due_at,
    next_open,
    source_address,
)
from helmdesk.analysis.newly_solved import Solved
from helmdesk.desk.desk import Desk
from helmdesk.lake.erasure import erased_among
from helmdesk.query.periods import local_date
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.outbox.post import is_address
from helmdesk.web.apps.surveys.models import (
    Address,
    Invitation,
    QuietAccount,
    Refusal,
    Rule,
    State,
    digest,
    language_of,
    person_digest,
)

AT_ONCE = 500
# Not told to the records: the rule was not in force.
UNTOLD = (Reason.EARLIER, Reason.PREVIEW)


@dataclass(frozen=True)
class Circle:
    """What is known of those who were helped.

    Attributes:
        addresses: by the digest of the customer's id. refused: digests of addresses, with whether
        that was a wish. quiet: digests of accounts. erased: ids of customers.
    """

    addresses: Mapping[str, Address]
    refused: Mapping[str, bool]
    quiet: Collection[str]
    erased: Collection[str]


def solved_for(desk: Desk, where: str, terms: Terms, moment: datetime) -> tuple[Solved, ...]:
    """Return the tickets that a rule looks at, at a moment that is naive UTC."""
    start = moment - timedelta(days=terms.oldest_days + 8, hours=terms.delay_hours)
    return desk.newly_solved(start, moment + timedelta(seconds=1), where=where or None)


def rows_of(rule: Rule, solved: Sequence[Solved], desk: Desk, moment: datetime) -> list[Invitation]:
    """Return a row for every ticket, none of them stored.

    Args:
        moment: aware.
    """
    mailed = {each.ticket_id: source_address(each.fields) for each in solved}
    circle = circle_of(solved, mailed.values(), desk, moment)
    zone, is_first = desk.settings.time_zone, rule.looked_version is None
    return [
        _row(rule, each, mailed[each.ticket_id], circle, zone, moment, is_first=is_first)
        for each in solved
    ]


def circle_of(
    solved: Sequence[Solved], mailed: Iterable[str], desk: Desk, moment: datetime
) -> Circle:
    """Return what is known of customers, with a few look-ups for all of them."""
    customers = {each.customer_id for each in solved if each.customer_id}
    addresses = {
        row.key: row
        for keys in _parts({digest(each) for each in customers})
        for row in Address.objects.filter(key__in=keys)
    }
    known = {*mailed, *customers, *(row.email for row in addresses.values())}
    people = {person_digest(each) for each in known if is_address(each)}
    refused = {
        row.digest: row.is_wish
        for keys in _parts(people)
        for row in Refusal.objects.filter(digest__in=keys)
        if row.is_wish or row.is_bounced
    }
    today = local_date(moment.astimezone(UTC).replace(tzinfo=None), desk.settings.time_zone)
    quiet = {
        row.key for row in QuietAccount.objects.all() if row.until is None or row.until >= today
    }
    return Circle(addresses, refused, quiet, erased_among(desk.path, customers))


def _parts(keys: Collection[str]) -> Iterable[list[str]]:
    listed = sorted(keys)
    return (listed[first : first + AT_ONCE] for first in range(0, len(listed), AT_ONCE))


def quiet_key(account: str) -> str:
    """Return the digest of an account that is left alone."""
    return digest(f"quiet {account.strip().casefold()}")


def _row(
    rule: Rule,
    solved: Solved,
    mailed: str,
    circle: Circle,
    zone: str,
    moment: datetime,
    *,
    is_first: bool,
) -> Invitation:
    own = circle.addresses.get(digest(solved.customer_id)) if solved.customer_id else None
    given = [own.email if own else "", mailed, solved.customer_id]
    address = next((each for each in given if is_address(each)), "")
    person = person_digest(address) if address else ""
    at, terms = solved.solved_at.replace(tzinfo=UTC), rule.says
    known = Known(
        at,
        has_address=bool(address),
        is_erased=solved.customer_id in circle.erased,
        is_unsubscribed=circle.refused.get(person, False),
        is_bounced=person in circle.refused,
        is_quiet=bool(solved.account) and quiet_key(solved.account) in circle.quiet,
    )
    drawn = draw(rule.seed, solved.ticket_id, at.isoformat())
    reason = Reason.EARLIER if is_first else decide(known, terms, drawn, moment)
    if reason is None and not rule.is_on:
        reason = Reason.PREVIEW
    own_zone = (own.zone if own else "") or zone
    is_erased = known.is_erased
    return Invitation(
        key=digest(f"{rule.pk} {solved.ticket_id} {at.isoformat()}"),
        rule=rule,
        instrument=rule.instrument,
        ticket_id="" if is_erased else solved.ticket_id[:300],
        subject="" if is_erased else solved.subject[:300],
        customer_id="" if is_erased else solved.customer_id[:300],
        account_id=solved.account_id[:300],
        account=solved.account[:300],
        address="" if is_erased or reason else address,
        person=person,
        household=digest(f"account {solved.account_id}") if solved.account_id else "",
        language=language_of(own.language if own else "", rule.language),
        zone=own_zone,
        solved_at=at,
        found_at=moment,
        probability=rule.says.share,
        state=State.HELD if reason else State.DUE,
        reason=reason or "",
        due_at=None if reason else next_open(max(due_at(at, terms), moment), own_zone, terms),
    )


def keep(rule: Rule, rows: Sequence[Invitation], version: int | None) -> int:
    """Store rows that are new, and tell the records who is not asked; return how many were new."""
    with transaction.atomic():
        held = Rule.objects.select_for_update().get(pk=rule.pk)
        present = {
            key
            for keys in _parts([row.key for row in rows])
            for key in Invitation.objects.filter(key__in=keys).values_list("key", flat=True)
        }
        new = [row for row in {row.key: row for row in rows}.values() if row.key not in present]
        Invitation.objects.bulk_create(new, batch_size=AT_ONCE)
        for row in new:
            if row.state == State.HELD and Reason(row.reason) not in UNTOLD:
                tell_not_asked(row)
        held.looked_version, held.looked_at, held.problem = version, queue.now(), ""
        held.save(update_fields=["looked_version", "looked_at", "problem"])
    return len(new)


def tell_not_asked(row: Invitation) -> None:
    """Tell the records that somebody is not asked, and why."""
    said = {**row.about, "reason": str(row.reason), "probability": f"{row.probability:.6g}"}
    note_event("not_asked", row.solved_at, **said)
