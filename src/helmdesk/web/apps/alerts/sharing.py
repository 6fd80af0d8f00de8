"""Rules that others have too: each of them has a rule of their own, evaluated as they may see it,
so that nobody is told what they could not look up.
"""

from __future__ import annotations

from django.db import transaction

from helmdesk.errors import UsageError
from helmdesk.web.apps.alerts.models import Rule
from helmdesk.web.apps.people.audience import Audience, may_share


def share(rule: Rule, audience: Audience) -> None:
    """Let the people of an audience have a rule too, and nobody else.

    Raises:
        UsageError: a rule that somebody else shared.
    """
    if rule.shared_from is not None:
        raise UsageError("somebody else shares this alert with you; they say who has it")
    with transaction.atomic():
        Rule.objects.filter(pk=rule.pk).update(
            audience=list(audience.roles), audience_teams=list(audience.teams)
        )
        follow_one(Rule.objects.select_related("person").get(pk=rule.pk))


def follow() -> None:
    """Give shared rules to who came since, and take them from who is none of their people now."""
    for rule in Rule.objects.select_related("person").filter(shared_from=None):
        if not audience_of(rule).is_nobody or rule.shares.exists():  # type: ignore[attr-defined]
            follow_one(rule)


def follow_one(rule: Rule) -> None:
    """Make those who have a rule those that it is for; who turned theirs off has it off."""
    wanted = _people(rule) if rule.is_on else set()
    had = dict(Rule.objects.filter(shared_from=rule).values_list("person", "pk"))
    Rule.objects.filter(pk__in=[pk for person, pk in had.items() if person not in wanted]).delete()
    for person in sorted(wanted - set(had)):
        Rule.objects.get_or_create(
            person_id=person, shared_from=rule, defaults={"said": rule.said, "is_on": True}
        )


def audience_of(rule: Rule) -> Audience:
    """Return for whom else a rule is."""
    return Audience(tuple(rule.audience), tuple(rule.audience_teams))


def _people(rule: Rule) -> set[int]:
    return audience_of(rule).people() - {rule.person.pk} if may_share(rule.person) else set()
