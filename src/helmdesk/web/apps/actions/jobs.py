"""A job that measures the actions whose weeks are over."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.insight.actions import Effect
from helmdesk.web.access import LEADS, policy_for
from helmdesk.web.apps.actions.keeping import beside, keep_measurement
from helmdesk.web.apps.actions.models import Action
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, job
from helmdesk.web.pages.insight.page import Reader, annotations_of


@job("actions", "Measure what actions did", Nothing, schedule="daily 06:20", is_local=True)
def measure_actions(held: Held[Nothing]) -> Finish | None:
    """Measure every open action that has started, under what its author may see now."""
    desk = Desk(settings.DESK_FOLDER)
    if not desk.lake.snapshot().files:
        return None
    found: list[tuple[Action, Effect]] = []
    started = list(started_actions())
    for place, action in enumerate(started, 1):
        held.tell(f"measuring {place} of {len(started)}")
        effect = measured(desk, action)
        if effect is not None:
            found.append((action, effect))

    def keep() -> None:
        for action, effect in found:
            keep_measurement(action, effect)

    return keep


def started_actions() -> Any:
    """Return the open actions whose author may still read."""
    return (
        Action.objects.filter(closed_as="", started_at__isnull=False)
        .filter(author__is_active=True, author__role__in=LEADS)
        .select_related("author", "owner")
        .prefetch_related("versions")
    )


def measured(desk: Desk, action: Action) -> Effect | None:
    """Return what an action did, as its author may see it; None where it cannot be measured."""
    policy = policy_for(action.author, frozenset(desk.settings.fields_without_people))
    said = action.hypothesis
    notes = beside(said, annotations_of(Reader(policy), said.metric))
    try:
        return desk.as_seen_by(policy).measure_action(said, annotations=notes)
    except HelmdeskError:
        return None  # its page tells why
