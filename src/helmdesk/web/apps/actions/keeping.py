"""What people do with an action: propose it, start it, change what is expected, close it.

Each is one transaction, leaves a step behind, and refuses what is not possible any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from helmdesk.act.actions import Hypothesis, Outcome, Stage, differences, extended
from helmdesk.errors import ConflictError, UsageError
from helmdesk.insight import context
from helmdesk.insight.actions import Effect
from helmdesk.query.policy import Policy
from helmdesk.web.apps.actions.models import LONGEST_LESSON, Action, Step, Version
from helmdesk.web.pages.annotations.models import Annotation

SOURCE = "action"


def propose(by: Any, policy: Policy, hypothesis: Hypothesis, owner: Any) -> Action:
    """Write an action down; nothing of it is locked yet."""
    with transaction.atomic():
        action = Action.objects.create(
            author=by, owner=owner, policy=policy.name if policy.predicate is not None else ""
        )
        Version.objects.create(action=action, said=hypothesis.as_dict(), by=by)
        _step(action, by, "proposed", hypothesis.origin)
    return action


def start(action: Action, by: Any, today: date) -> None:
    """Lock what is expected, and note the start where charts show it.

    Raises:
        ConflictError: it is started or closed already.
    """
    with transaction.atomic():
        held = _held(action)
        if held.is_started or not held.is_open:
            raise ConflictError("it is started already")
        version, moment = held.version, timezone.now()
        Version.objects.filter(pk=version.pk).update(digest=version.hypothesis.digest, at=moment)
        Action.objects.filter(pk=held.pk).update(started_at=moment)
        said = version.hypothesis
        late = (today - said.start).days
        words = f"written down {late} days after the start" if late > 0 else ""
        _step(held, by, "started", words)
        Annotation.objects.create(
            day=said.start,
            text=f"{said.title} (action)"[:200],
            metric=said.metric,
            where=said.where[:500],
            source=SOURCE,
            author=by,
            policy=held.policy,
        )


def change(action: Action, by: Any, hypothesis: Hypothesis, owner: Any) -> tuple[str, ...]:
    """Change what is expected: before the start in place, after it as a new version; return what
    differs.

    Raises:
        ConflictError: it is closed.
    """
    with transaction.atomic():
        held = _held(action)
        if not held.is_open:
            raise ConflictError("it is closed; what was expected of it is history")
        changed = differences(held.hypothesis, hypothesis)
        if held.owner_id != (owner and owner.pk):
            Action.objects.filter(pk=held.pk).update(owner=owner)
            _step(held, by, "owner", str(owner) if owner else "nobody")
        if not changed:
            return ()
        if held.is_started:
            Version.objects.create(
                action=held,
                number=held.version.number + 1,
                said=hypothesis.as_dict(),
                digest=hypothesis.digest,
                changed=list(changed),
                by=by,
            )
        else:
            Version.objects.filter(pk=held.version.pk).update(said=hypothesis.as_dict())
        _forget_measurement(held)
        _step(held, by, "changed", ", ".join(changed))
    return changed


def extend(action: Action, by: Any, weeks: int, owner: Any) -> None:
    """Let it be looked at later, as a new version."""
    change(action, by, extended(action.hypothesis, weeks), owner)


def close(action: Action, by: Any, closed_as: str, learned: str, expected: str) -> None:
    """Close an action with what was measured, or as dropped, and with what was learned.

    Args:
        closed_as: an outcome, or "dropped".
        expected: the outcome that its reader saw.

    Raises:
        ConflictError: it is closed already, or says another thing meanwhile.
        UsageError: it was never started, or the lesson is too long.
    """
    if len(learned) > LONGEST_LESSON:
        raise UsageError(f"what was learned: {LONGEST_LESSON} characters are enough")
    with transaction.atomic():
        held = _held(action)
        if not held.is_open:
            raise ConflictError("it is closed already")
        if closed_as != Stage.DROPPED.value:
            if not held.is_started:
                raise UsageError("what was never started has no outcome; drop it instead")
            if closed_as not in {each.value for each in Outcome}:
                raise UsageError("close it as what was measured, or drop it")
            if closed_as != expected:
                raise ConflictError("what is measured has changed meanwhile; read it again")
        Action.objects.filter(pk=held.pk).update(
            closed_as=closed_as, closed_at=timezone.now(), learned=learned
        )
        _step(held, by, "closed", f"as “{closed_as}”" + (f": {learned}" if learned else ""))


def learn(action: Action, by: Any, learned: str) -> None:
    """Keep what was learned, also after it is closed."""
    if len(learned) > LONGEST_LESSON:
        raise UsageError(f"what was learned: {LONGEST_LESSON} characters are enough")
    with transaction.atomic():
        held = _held(action)
        if held.learned != learned:
            Action.objects.filter(pk=held.pk).update(learned=learned)
            _step(held, by, "learned", learned)


def keep_measurement(action: Action, effect: Effect) -> None:
    """Keep what was measured of an open action; a new outcome is a step."""
    judged = effect.judged
    why = judged.why.value if judged.why else ""
    with transaction.atomic():
        held = _held(action)
        if not held.is_open or held.hypothesis != effect.hypothesis:
            return
        Action.objects.filter(pk=held.pk).update(
            outcome=judged.outcome.value,
            why=why,
            words=effect.words[:500],
            measured_at=timezone.now(),
        )
        if (held.outcome, held.why) != (judged.outcome.value, why) and why != "early":
            _step(held, None, "measured", f"{judged.outcome.value}: {effect.words}"[:700])


def beside(said: Hypothesis, annotations: Sequence[context.Annotation]) -> list[context.Annotation]:
    """Return annotations without the one that the start of an action made."""
    return [each for each in annotations if not (each.day == said.start and each.kind == SOURCE)]


def steps_of(action: Action) -> Sequence[Step]:
    """Return every step with its person, oldest first."""
    return list(Step.objects.filter(action=action).select_related("by"))


def _held(action: Action) -> Action:
    """Return an action as it is now, held until the transaction ends."""
    return Action.objects.select_for_update(of=("self",)).get(pk=action.pk)


def _forget_measurement(action: Action) -> None:
    Action.objects.filter(pk=action.pk).update(outcome="", why="", words="", measured_at=None)


def _step(action: Action, by: Any, kind: str, words: str = "") -> None:
    Step.objects.create(action=action, by=by, kind=kind, words=words[:700])
