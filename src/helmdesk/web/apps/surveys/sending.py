"""Sending invitations: everything is looked at once more in the transaction that sends, then what
became of the mail is followed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from helmdesk.act.surveys import (
    SOFT_BOUNCES,
    Known,
    Reason,
    decide_now,
    next_open,
    remind_at,
)
from helmdesk.desk.desk import Desk
from helmdesk.errors import SettingError
from helmdesk.lake.erasure import erased_among
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.models import Job, Outcome, Switch
from helmdesk.web.apps.outbox.mail_server import mail_server
from helmdesk.web.apps.outbox.models import Channel, Message
from helmdesk.web.apps.outbox.post import put_mail
from helmdesk.web.apps.surveys.asking import circle_of, quiet_key, tell_not_asked
from helmdesk.web.apps.surveys.letter import headers_of, letter_of, links_of
from helmdesk.web.apps.surveys.models import (
    ABOUT,
    OPEN,
    Invitation,
    LastAsked,
    Refusal,
    Rule,
    State,
)

TOPIC = "survey"
MOST = 200


def obstacle() -> str:
    """Return why nothing is sent now, for a leader to read; empty where mail is sent."""
    try:
        server = mail_server()
    except SettingError as error:
        return f"Mail is not set up rightly: {error}"
    if server is None:
        return "No mail server is set up yet. An administrator does that; the outbox tells how."
    if not settings.PUBLIC_URL:
        return (
            "Nobody said under which address customers reach this site, so mail could hold no"
            " links: set HELMDESK_HOSTS."
        )
    if Switch.read() != Switch.State.ON:
        return "Mail of the whole site is switched off or in preview. An administrator turns it on."
    return ""


def send_due(desk: Desk) -> int:
    """Send the invitations whose time has come, each in a transaction of its own; return how many
    were sent. Where mail is not sent at all they wait, until they are too old.
    """
    moment, blocked = queue.now(), obstacle()
    due = Invitation.objects.filter(state=State.DUE, due_at__lte=moment)
    first = due.order_by("due_at", "solved_at", "id")
    rows = list(first.values_list("pk", "ticket_id", "solved_at")[:MOST])
    if not rows:
        return 0
    known = {ticket: at.astimezone(UTC).replace(tzinfo=None) for _, ticket, at in rows}
    back = desk.reopened(known)
    sent = 0
    for pk, ticket, _ in rows:
        sent += send_one(pk, desk, is_reopened=ticket in back, is_blocked=bool(blocked))
    return sent


def send_one(pk: UUID, desk: Desk, *, is_reopened: bool = False, is_blocked: bool = False) -> bool:
    """Send one invitation, or hold it for a reason, or let it wait; return whether it was sent."""
    with transaction.atomic():
        row = Invitation.objects.select_for_update().filter(pk=pk, state=State.DUE).first()
        if row is None:
            return False  # somebody else had it
        moment = queue.now()
        rule = Rule.objects.select_related("instrument").get(pk=row.rule.pk)
        asked = {digest: _held(digest) for digest in sorted({row.person, row.household} - {""})}
        reason = _reason(row, rule, desk, moment, asked, is_reopened=is_reopened)
        if reason is None and is_blocked:
            return False
        if reason is Reason.STALE and is_blocked:
            reason = Reason.NO_MAIL
        if reason is not None:
            hold(row, reason)
            return False
        opens = next_open(moment, row.zone, rule.says)
        if opens > moment:
            Invitation.objects.filter(pk=row.pk).update(due_at=opens)
            return False
        _put(row, rule, desk, moment)
        for each in asked.values():
            LastAsked.objects.filter(pk=each.pk).update(at=moment)
    return True


def _held(digest: str) -> LastAsked:
    """Return when somebody was asked last, and keep everybody else from deciding the same."""
    LastAsked.objects.get_or_create(digest=digest)
    return LastAsked.objects.select_for_update().get(digest=digest)


def _reason(
    row: Invitation,
    rule: Rule,
    desk: Desk,
    moment: datetime,
    asked: dict[str, LastAsked],
    *,
    is_reopened: bool,
) -> Reason | None:
    if not rule.is_on:
        return Reason.PREVIEW
    circle = circle_of((), [row.address], desk, moment)
    person, household = asked.get(row.person), asked.get(row.household)
    known = Known(
        row.solved_at,
        has_address=bool(row.address),
        is_erased=bool(row.customer_id and erased_among(desk.path, [row.customer_id])),
        is_unsubscribed=circle.refused.get(row.person, False),
        is_bounced=row.person in circle.refused,
        is_quiet=bool(row.account) and quiet_key(row.account) in circle.quiet,
        is_reopened=is_reopened,
        last_asked_at=person.at if person else None,
        account_asked_at=household.at if household else None,
    )
    return decide_now(known, rule.says, moment)


def hold(row: Invitation, reason: Reason) -> None:
    """Let somebody not be asked, and tell the records why, with the transaction around."""
    row.state, row.reason = State.HELD, reason.value
    row.save(update_fields=["state", "reason"])
    Invitation.objects.filter(pk=row.pk).update(address="")
    if reason not in (Reason.EARLIER, Reason.PREVIEW):
        tell_not_asked(row)


def _put(row: Invitation, rule: Rule, desk: Desk, moment: datetime) -> None:
    terms = rule.says
    row.sent_at, row.expires_at = moment, moment + timedelta(days=terms.open_days)
    row.remind_at = remind_at(moment, row.zone, terms)
    row.message = _mail(row, desk, is_reminder=False).id
    row.state = State.SENDING
    row.save(
        update_fields=["sent_at", "expires_at", "remind_at", "message", "state"],
    )


def _mail(row: Invitation, desk: Desk, *, is_reminder: bool) -> Message:
    links = links_of(row)
    is_of_ticket = ABOUT[row.instrument.asks] == "transactional"
    letter = letter_of(
        row.instrument,
        row.language,
        row.subject if is_of_ticket else "",
        desk.settings.name,
        links,
        is_reminder=is_reminder,
    )
    return put_mail(
        TOPIC, row.address, letter.subject, letter.text, letter.html, headers=headers_of(links)
    )


# -- what became of it -----------------------------------------------------------------------------


def follow() -> int:
    """Note what became of mails that were on their way; return of how many that is known."""
    rows = list(Invitation.objects.filter(state=State.SENDING).order_by("sent_at")[: 5 * MOST])
    jobs = {
        job.key: job
        for job in Job.objects.filter(key__in=[f"{Channel.MAIL}:{row.message}" for row in rows])
    }
    letters = {
        each.id: each for each in Message.objects.filter(pk__in=[row.message for row in rows])
    }
    known = 0
    for row in rows:
        job, letter = jobs.get(f"{Channel.MAIL}:{row.message}"), letters.get(row.message)
        if job is None or not job.outcome:
            continue
        with transaction.atomic():
            held = (
                Invitation.objects.select_for_update()
                .select_related("instrument")
                .filter(pk=row.pk, state=State.SENDING)
                .first()
            )
            if held is not None:
                _note(held, Outcome(job.outcome), letter)
                known += 1
    return known


def _note(row: Invitation, outcome: Outcome, letter: Message | None) -> None:
    if outcome is Outcome.DONE:
        row.sent_at = letter.sent_at if letter and letter.sent_at else row.sent_at
        row.state = State.SENT
        tell_sent(row, is_delivered=True)
    elif outcome is Outcome.UNCERTAIN:
        row.state = State.UNCERTAIN
        tell_sent(row, is_delivered=False)
    elif letter is not None and letter.is_refused:
        row.state, row.reason = State.BOUNCED, Reason.BOUNCED
        refuse(row.person, is_lasting=True)
        tell_not_asked(row)
    else:
        row.state, row.reason = State.HELD, Reason.NO_MAIL
        tell_not_asked(row)
    row.save(update_fields=["sent_at", "state", "reason"])


def tell_sent(row: Invitation, *, is_delivered: bool) -> None:
    """Tell the records that somebody was asked, and that the mail arrived as far as is known."""
    note_event("sent", row.sent_at, **row.about, probability=f"{row.probability:.6g}")
    if is_delivered:
        note_event("delivered", row.sent_at, survey_id=row.about["survey_id"])


def refuse(person: str, *, is_lasting: bool) -> Refusal:
    """Note that mail to an address came back; what is lasting, or came thrice, ends surveys."""
    if not Refusal.objects.filter(digest=person).exists():
        Refusal.objects.get_or_create(digest=person)
    held = Refusal.objects.select_for_update().get(digest=person)
    held.returns += 1
    held.is_bounced = held.is_bounced or is_lasting or held.returns >= SOFT_BOUNCES
    held.save(update_fields=["returns", "is_bounced"])
    return held


def came_back(message: UUID, *, is_lasting: bool) -> bool:
    """Note a mail that came back after it was taken; return whether it was one of ours."""
    with transaction.atomic():
        row = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("instrument")
            .filter(Q(message=message) | Q(reminder=message))
            .first()
        )
        if row is None or not row.person:
            return row is not None
        refuse(row.person, is_lasting=is_lasting)
        if is_lasting and row.state in OPEN and row.reminder != message:
            if row.state == State.SENDING:
                tell_sent(row, is_delivered=False)
            row.state, row.reason = State.BOUNCED, Reason.BOUNCED
            row.save(update_fields=["state", "reason"])
            note_event("withdrawn", survey_id=row.about["survey_id"], reason=Reason.BOUNCED.value)
    return True


def remind_due(desk: Desk) -> int:
    """Send the one reminder to whoever has not answered; return how many."""
    if obstacle():
        return 0
    moment, sent = queue.now(), 0
    due = Invitation.objects.filter(
        state=State.SENT, remind_at__lte=moment, reminded_at=None, expires_at__gt=moment
    )
    for pk in list(due.order_by("remind_at").values_list("pk", flat=True)[:MOST]):
        with transaction.atomic():
            row = (
                Invitation.objects.select_for_update(of=("self",))
                .select_related("rule", "instrument")
                .filter(pk=pk, state=State.SENT, reminded_at=None)
                .first()
            )
            if row is None:
                continue
            opens = next_open(moment, row.zone, row.rule.says)
            if opens > moment:
                Invitation.objects.filter(pk=pk).update(remind_at=opens)
                continue
            circle = circle_of((), [row.address], desk, moment)
            if not row.rule.is_on or row.person in circle.refused or not row.address:
                Invitation.objects.filter(pk=pk).update(remind_at=None)
                continue
            row.reminder, row.reminded_at = _mail(row, desk, is_reminder=True).id, moment
            row.save(update_fields=["reminder", "reminded_at"])
            sent += 1
    return sent


def expire() -> int:
    """End the invitations whose time is over; their addresses are not needed any more."""
    over = Invitation.objects.filter(state__in=OPEN, expires_at__lte=queue.now())
    return over.update(state=State.EXPIRED, address="")
