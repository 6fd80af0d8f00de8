"""Rules that others have too: each of them has a rule of their own, evaluated as they may see it,
so that nobody is told what they could not look up.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from helmdesk.errors import UsageError
from helmdesk.web.access import LEADS, Role
from helmdesk.web.apps.alerts.models import Rule
from helmdesk.web.apps.people.models import Person

SHARERS = frozenset({Role.ADMINISTRATOR, Role.LEADER})
AUDIENCES = tuple(sorted(LEADS))


def share(rule: Rule, roles: list[str]) -> None:
    """Let the people of some roles have a rule too, and those of no others.

    Raises:
        UsageError: roles that have no alerts, or a rule that somebody else shared.
    """
    if rule.shared_from is not None:
        raise UsageError("somebody else shares this alert with you; they say who has it")
    if strange := sorted(set(roles) - set(AUDIENCES)):
        raise UsageError(f"alerts are for {', '.join(AUDIENCES)}, not for {strange[0]!r}")
    with transaction.atomic():
        Rule.objects.filter(pk=rule.pk).update(audience=sorted(set(roles)))
        follow_one(Rule.objects.select_related("person").get(pk=rule.pk))


def follow() -> None:
    """Give shared rules to who came since, and take them from who is none of their people now."""
    for rule in Rule.objects.select_related("person").filter(shared_from=None):
        if rule.audience or rule.shares.exists():  # type: ignore[attr-defined]
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


def _people(rule: Rule) -> set[int]:
    owner: Any = rule.person
    if not owner.is_active or owner.role not in SHARERS:
        return set()
    people = Person.objects.filter(is_active=True, role__in=rule.audience).exclude(email="")
    return set(people.exclude(pk=owner.pk).values_list("pk", flat=True))
