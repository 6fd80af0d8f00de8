"""What a link opens, and links as your people issue and revoke them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from helmdesk.act.booking.links import Purpose, change_link, issue, read_link
from helmdesk.errors import UsageError
from helmdesk.web.apps.booking.models import (
    Booking,
    CallType,
    Link,
    LinkState,
    Reuse,
    State,
    Team,
    site_key,
)
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.outbox.post import is_address

MOST_USES, MOST_DAYS = 500, 90
CHANGEABLE = timedelta(days=3650)
"""The link of a booking does not end by itself: what it opens is decided by the booking."""


@dataclass(frozen=True)
class About:
    """What a call is about, as far as your people say it.

    Attributes:
        address: of the customer, for invitations; empty asks the customer.
        zone: where the customer is; empty is where the team is.
    """

    ticket_id: str = ""
    subject: str = ""
    customer_id: str = ""
    account_id: str = ""
    account: str = ""
    address: str = ""
    zone: str = ""


def issue_link(
    kind: CallType,
    about: About | None = None,
    *,
    days: int = 7,
    most: int = 1,
    person: object = None,
) -> tuple[Link, str]:
    """Make a link and tell the records; return it with its address, which can be seen this once.

    Args:
        days: until it is over. most: how many calls can be booked by it.
        person: who issues it.

    Raises:
        UsageError: days, uses, mail address or time zone cannot be.
    """
    about = about or About()
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"a link lasts from 1 to {MOST_DAYS} days")
    if not 1 <= most <= MOST_USES:
        raise UsageError(f"a link is good for 1 to {MOST_USES} calls")
    if about.address and not is_address(about.address):
        raise UsageError(
            f"{about.address!r} is no mail address; write one such as ada@example.org, or none"
        )
    if about.zone and about.zone not in available_timezones():
        raise UsageError(f"no time zone {about.zone!r}; write one such as Europe/Berlin")
    expires = (queue.now() + timedelta(days=days)).replace(microsecond=0)
    with transaction.atomic():
        made = Link(kind=kind, most=most, expires_at=expires, person=person, **vars(about))
        made.created_at = queue.now()
        token, made.secret = issue(site_key(), made.id, expires)
        made.save(force_insert=True)
        tell("link_issued", made.id, made.about, kind)
    return made, address_of("book_call", token)


def revoke(link: Link) -> bool:
    """Let nobody book by a link any more; False where it was revoked already. What was booked by
    it stays.
    """
    return bool(Link.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=queue.now()))


def tell(
    kind_of_record: str,
    row: object,
    about: dict[str, str],
    kind: CallType,
    at: datetime | None = None,
    **more: str,
) -> None:
    """Tell the records of something that happened, with the transaction around."""
    said = dict(about)
    if kind_of_record in ("link_issued", "booked"):
        key = Team.objects.filter(name=kind.team).values_list("key", flat=True).first()
        said["team_id"] = key or kind.team
    else:
        said = {name: value for name, value in said.items() if name == "ticket_id"}
    note_event(kind_of_record, at or queue.now(), booking_id=f"helmdesk:{row}", **said, **more)


def address_of(route: str, token: str) -> str:
    """Return the address of a customer's page; without the site's name where nobody told it."""
    return f"{settings.PUBLIC_URL}{reverse(route, args=[token])}"


def change_token(booking: Booking) -> str:
    """Return the token by which a customer moves or cancels a booking."""
    return change_link(site_key(), booking.id, booking.created_at + CHANGEABLE)


def open_link(token: str) -> Link | None:
    """Return the link that a token opens; None where it opens nothing, for whatever reason. That a
    link of ours was used again after it was over is noted.
    """
    said = read_link(site_key(), Purpose.BOOK, token)
    if said is None:
        return None
    row = Link.objects.select_related("kind").filter(pk=said.row, secret=said.secret).first()
    if row is None:
        return None
    moment = queue.now()
    state = row.state(moment)
    if state is LinkState.OPEN and row.kind.is_on:
        return row
    if state is LinkState.EXPIRED and row.over_at is None:
        Link.objects.filter(pk=row.pk, over_at=None).update(over_at=moment)
    if state is not LinkState.OPEN:
        _note_reuse(row, moment)
    return None


def _note_reuse(row: Link, moment: datetime) -> None:
    with transaction.atomic():
        _, is_new = Reuse.objects.get_or_create(
            link=row, minute=int(moment.timestamp()) // 60, defaults={"at": moment}
        )
        if is_new:
            tell("link_reused", row.id, row.about, row.kind)


def open_booking(token: str) -> Booking | None:
    """Return the booking that a token opens, whatever became of it; None where it is none of
    ours, or of somebody who was erased.
    """
    said = read_link(site_key(), Purpose.CHANGE, token)
    if said is None:
        return None
    row = Booking.objects.select_related("kind").filter(pk=said.row).first()
    return None if row is None or row.reason == "erased" else row


def can_change(booking: Booking, moment: datetime) -> bool:
    """Whether the customer may move or cancel it still."""
    notice = timedelta(minutes=booking.kind.says.change_minutes)
    return bool(booking.state == State.BOOKED and moment < booking.start_at - notice)


def zone_named(*wanted: str) -> ZoneInfo:
    """Return the first of some time zones that there is; UTC where there is none."""
    known = available_timezones()
    return ZoneInfo(next((each for each in wanted if each in known), "UTC"))


def end_links() -> int:
    """Note which links are over, so that a clock that is set back opens none; return how many."""
    moment = queue.now()
    return Link.objects.filter(over_at=None, expires_at__lte=moment).update(over_at=moment)
