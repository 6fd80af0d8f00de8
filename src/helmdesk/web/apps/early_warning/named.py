"""The tickets that are named, as one reader may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helmdesk.errors import NotFoundError
from helmdesk.predict.targets import TARGETS, Target
from helmdesk.predict.warning import Warned as Chance
from helmdesk.web.apps.early_warning.models import Warned, Watch
from helmdesk.web.request import DeskRequest


@dataclass(frozen=True)
class Named:
    """A ticket on the list.

    Attributes:
        found: its chance and reasons as they are now. did: what somebody said was done; empty
        while it waits.
    """

    found: Chance
    did: str


def named_for(request: DeskRequest, watch: Watch) -> tuple[list[Named], str]:
    """Return the open tickets that are named and this reader may see, the most likely first; and
    why there can be none.
    """
    try:
        chances = request.desk.predict.warnings(watch.target)
    except NotFoundError as error:
        return [], str(error)
    told_of: Mapping[str, str] = dict(
        Warned.objects.filter(target=watch.target, is_left_out=False, ended="").values_list(
            "ticket_id", "did"
        )
    )
    named = [each for each in chances if each.ticket_id in told_of]
    return [Named(each, told_of[each.ticket_id]) for each in named], ""


def own_named(request: DeskRequest, agent: str) -> list[tuple[Target, tuple[Named, ...]]]:
    """Return somebody's own open tickets that are named and of which nobody said yet what was done,
    by what is watched for; nothing where none is.

    Args:
        agent: name of the person in the data; tickets of others are left out, whoever may see them.
    """
    found = []
    for watch in Watch.objects.filter(is_on=True, target__in=TARGETS).order_by("id"):
        named, _ = named_for(request, watch)
        own = [each for each in named if not each.did and each.found.row.get("agent") == agent]
        if own:
            found.append((TARGETS[watch.target], tuple(own[: watch.budget])))
    return found
