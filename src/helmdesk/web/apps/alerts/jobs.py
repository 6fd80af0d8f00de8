"""Jobs that look at the alerts: one finds whose there are, one for each person looks and tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from helmdesk.act.alerts import Change, State
from helmdesk.desk.desk import Desk
from helmdesk.errors import ConflictError
from helmdesk.query.policy import Policy
from helmdesk.web.access import LEADS, policy_for
from helmdesk.web.apps.alerts.letter import letter_of, name_of
from helmdesk.web.apps.alerts.looking import NEWS, Look, look
from helmdesk.web.apps.alerts.models import Evaluation, QuietHours, Rule, Told
from helmdesk.web.apps.alerts.sharing import follow
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, Payload, job
from helmdesk.web.apps.outbox.models import Message
from helmdesk.web.apps.outbox.permission import asks_before_sending
from helmdesk.web.apps.outbox.post import put_mail, put_webhooks
from helmdesk.web.pages.insight.page import Reader, annotations_of

TOPIC = "alert"
EVERY = timedelta(minutes=15)
KEPT = timedelta(days=90)
BEATS = "alive"


class ForPerson(Payload):
    """Whose alerts, and when they were asked for."""

    person: int


@dataclass(frozen=True)
class Looked:
    """A rule as it was found, and what came of looking."""

    rule: Rule
    look: Look


@job("alerts", "Look at the alerts", Nothing, schedule="every 15 minutes")
def alerts(held: Held[Nothing]) -> Finish | None:
    """Let everybody's rules be looked at."""
    follow()
    people = list(Rule.objects.values_list("person", flat=True).distinct())
    tick = f"{queue.now():%Y%m%dT%H%M}"

    def ask() -> None:
        for person in people:
            queue.enqueue(look_for, f"alerts:{person}:{tick}", ForPerson(person=person))

    return ask if people else None


@job("alerts_of", "Look at somebody's alerts", ForPerson, tries=3)
def look_for(held: Held[ForPerson]) -> Finish | None:
    """Evaluate the rules of one person under what that person may see; what changed is one mail."""
    rules = list(Rule.objects.select_related("person").filter(person=held.payload.person))
    rules = [rule for rule in rules if may_have(rule.person)]
    if not rules:
        return None
    desk = Desk(settings.DESK_FOLDER)
    if not desk.lake.snapshot().files:
        return None
    policy = policy_for(rules[0].person, frozenset(desk.settings.fields_without_people))
    seen, moment = desk.as_seen_by(policy), now_of(desk)
    written = annotations_of(Reader(policy))
    looked: list[Looked] = []
    for rule in rules:
        _forget_others(rule, policy.digest())
        held.tell(f"looking at {len(looked) + 1} of {len(rules)}")
        looked.append(Looked(rule, look(rule, seen, moment, written)))
    return lambda: keep(looked, desk, policy)


@job("beat", "Tell programs that alerts are looked at", Nothing, schedule="every 60 minutes")
def beat(held: Held[Nothing]) -> Finish | None:
    """Tell whoever waits for it that this goes on: a silent site is heard of elsewhere."""
    late = overdue()
    if late:
        return None  # the silence is the message
    return lambda: put_webhooks(BEATS, {"alerts": Rule.objects.count()})


@job("tidy_alerts", "Forget old evaluations of alerts", Nothing, schedule="daily 03:50")
def tidy_alerts(held: Held[Nothing]) -> Finish:
    """Delete evaluations of more than a quarter ago."""
    return lambda: Evaluation.objects.filter(last_at__lt=queue.now() - KEPT).delete()


def may_have(person: Any) -> bool:
    """Whether somebody's rules are looked at."""
    return bool(person.is_active and person.role in LEADS)


def now_of(desk: Desk) -> datetime:
    """Return the moment that alerts are looked at, naive UTC: that of a sample is the end of its
    data.
    """
    if not desk.settings.is_sample:
        return queue.now().astimezone(UTC).replace(tzinfo=None)
    with desk.marts.reader() as reader:
        return reader.bounds.as_of


def overdue(person: Any = None) -> int:
    """Return how many rules, of one person or of everybody, were not looked at for twice as long as
    they should be.
    """
    before = queue.now() - 2 * EVERY
    late = Rule.objects.filter(looked_at__lt=before, person__is_active=True, person__role__in=LEADS)
    return (late if person is None else late.filter(person=person)).count()


def keep(looked: list[Looked], desk: Desk, policy: Policy) -> None:
    """Write down what came of looking, and put what changed into the outbox, in one transaction.

    Raises:
        ConflictError: somebody looked or changed a rule meanwhile; it is looked at anew.
    """
    moment, told = queue.now(), []
    for each in looked:
        rule, found = each.rule, each.look
        sends = bool(found.change) and rule.is_on and not rule.is_muted(moment)
        if not _written(rule, found, moment, policy.digest(), is_told=sends):
            raise ConflictError("an alert was changed while it was looked at; again later")
        _note(rule, found, moment, was_sent=sends)
        if sends:
            told.append(each)
    if not told:
        return
    person = told[0].rule.person
    letter = letter_of([(each.rule, each.look) for each in told], desk.settings.name)
    if person.email:
        quiet = QuietHours.objects.filter(person=person).first()
        over = quiet.over_at(moment, desk.settings.time_zone) if quiet else None
        message = put_mail(TOPIC, person.email, letter.subject, letter.text, letter.html, over)
        before = {str(each.rule.pk): [each.rule.told, each.rule.is_blind_told] for each in told}
        after = {str(pk): list(marks) for pk, *marks in _marks(list(before))}
        Told.objects.create(
            person=person, message=message, policy=policy.digest(), before=before, after=after
        )
    for each in told:
        if each.rule.tells_programs:
            put_webhooks(TOPIC, as_event(each))


@asks_before_sending(TOPIC)
def objection(message: Message) -> str:
    """Return why a mail of alerts must not be sent any more: its person left or ended all that it
    tells of, or may not see what it says. Then it is forgotten that they were told, so that the
    next look tells what there is to tell, as they may see it then.
    """
    found = Told.objects.select_related("person").filter(message=message).first()
    if found is None:
        return "it was told anew since, or who it was for is gone"
    if not may_have(found.person):
        return "its reader may not have it any more"
    rules = Rule.objects.filter(pk__in=found.before, person=found.person, is_on=True)
    if not rules.exists():
        return "its reader wants none of these alerts any more"
    desk = Desk(settings.DESK_FOLDER)
    now = policy_for(found.person, frozenset(desk.settings.fields_without_people))
    if found.policy == now.digest():
        return ""
    with transaction.atomic():
        if Told.objects.filter(pk=found.pk).delete()[0]:
            for pk, (told, is_blind) in found.before.items():
                is_told, was_blind = found.after[pk]
                same = Rule.objects.filter(pk=pk, told=is_told, is_blind_told=was_blind)
                same.update(told=told, is_blind_told=is_blind)
    return "what its reader may see has changed since it was written; the next look tells it anew"


def _marks(rules: list[str]) -> list[tuple[int, str, bool]]:
    return list(Rule.objects.filter(pk__in=rules).values_list("pk", "told", "is_blind_told"))


def as_event(each: Looked) -> dict[str, Any]:
    """Return what programs are told of a change."""
    assert each.look.change is not None
    news = NEWS[each.look.change]
    return {
        "rule": each.rule.pk,
        "title": f"{name_of(each.rule)} {news}",
        "sentence": each.look.sentence,
        "change": each.look.change.value,
        "words": f"{each.look.sentence} {news.capitalize()}: {each.look.words}",
        "seen": each.look.words,
        "state": each.look.state.value,
    }


def _forget_others(rule: Rule, policy: str) -> None:
    """Look at a rule as if it were new where its person may read something else by now: what was
    seen then is not theirs to be told.
    """
    if rule.policy and rule.policy != policy:
        rule.memory, rule.seen_until, rule.words = {}, None, ""


def _written(rule: Rule, found: Look, moment: datetime, policy: str, *, is_told: bool) -> bool:
    """Write a rule's new state down, unless somebody else did meanwhile."""
    told, is_blind_told = rule.told, rule.is_blind_told
    if is_told:
        is_blind_told = found.change is Change.BLIND
        if found.change is Change.BEGAN:
            told = "open"
        elif found.change is Change.ENDED:
            told = ""
    same = Rule.objects.filter(pk=rule.pk, said=rule.said, is_on=rule.is_on)
    same = same.filter(looked_at=rule.looked_at) if rule.looked_at else same.filter(looked_at=None)
    changed = found.state.value != rule.state or rule.since is None
    return bool(
        same.update(
            memory=found.kept,
            seen_until=found.seen_until,
            state=found.state.value,
            since=moment if changed else F("since"),
            told=told,
            is_blind_told=is_blind_told,
            words=found.words,
            problem=found.problem,
            looked_at=moment,
            policy=policy,
        )
    )


def _note(rule: Rule, found: Look, moment: datetime, *, was_sent: bool) -> None:
    """Write the evaluation down; one that says the same as the last lengthens it."""
    last = Evaluation.objects.filter(rule=rule).first()
    words = found.problem or found.words
    if (
        last is not None
        and not was_sent
        and (last.outcome, last.state, last.words, last.was_sent)
        == (found.outcome, found.state.value, words, False)
    ):
        Evaluation.objects.filter(pk=last.pk).update(last_at=moment, times=F("times") + 1)
        return
    Evaluation.objects.create(
        rule=rule,
        first_at=moment,
        last_at=moment,
        outcome=found.outcome,
        state=found.state.value,
        words=words,
        was_sent=was_sent,
    )


def is_open(rule: Rule) -> bool:
    """Whether what a rule waits for is there."""
    return rule.state in (State.FIRING.value, State.RECOVERING.value)
