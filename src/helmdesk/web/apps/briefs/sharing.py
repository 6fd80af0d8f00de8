"""The digest for others: who is in somebody's audience has it, until they end it themselves."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from helmdesk.web.apps.briefs.models import BriefWanted, DigestAudience
from helmdesk.web.apps.people.audience import Audience, may_share


def share(person: Any, audience: Audience) -> None:
    """Let the digest come to an audience, and to nobody else by this person."""
    with transaction.atomic():
        kept, _ = DigestAudience.objects.update_or_create(
            person=person,
            defaults={"roles": list(audience.roles), "teams": list(audience.teams)},
        )
        follow_one(kept)


def follow() -> None:
    """Give the digest to who came since, and take it from who is in no audience any more."""
    for each in DigestAudience.objects.select_related("person"):
        with transaction.atomic():
            follow_one(each)


def follow_one(kept: DigestAudience) -> None:
    """Make those who have the digest through an audience those that it is for. Who asked for it, or
    ended it, is left as they are.
    """
    wanted = kept.audience.people() if may_share(kept.person) else set()
    had = BriefWanted.objects.filter(given_by=kept, is_on=True)
    had.exclude(person__in=wanted).delete()
    for person in sorted(wanted):
        BriefWanted.objects.get_or_create(person_id=person, defaults={"given_by": kept})
