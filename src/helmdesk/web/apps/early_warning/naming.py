"""Looking at the open tickets: which are named now, and what became of those named before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import transaction

from helmdesk.act.early_warning import Ended, Judged, Named, is_left_out, judge, most_likely
from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError
from helmdesk.predict.model import Model
from helmdesk.query.periods import local_date
from helmdesk.web.apps.alerts.jobs import now_of
from helmdesk.web.apps.early_warning.models import Warned, Watch
from helmdesk.web.apps.jobs import queue

UNKNOWN_AFTER = timedelta(days=60)
"""A survey that was not answered by then is not waited for."""
BAD, WELL, UNKNOWN = "bad", "well", "unknown"


def is_due(watch: Watch, desk: Desk) -> bool:
    """Whether data, model or day are others than at the last look."""
    return str(watch.looked) != stamp_of(watch, desk)


def stamp_of(watch: Watch, desk: Desk) -> str:
    """Return what a look depends on."""
    model = desk.predict.model(watch.target)
    day = local_date(now_of(desk), desk.settings.time_zone)
    version = 0 if model is None else model.version
    return f"{desk.marts.version()}:{version}:{day}:{watch.budget}"


def look(watch: Watch, desk: Desk) -> None:
    """Name the tickets that are most likely to end badly now, and note what became of others."""
    stamp, moment = stamp_of(watch, desk), now_of(desk).replace(tzinfo=UTC)
    model, named, problem = desk.predict.model(watch.target), [], ""
    try:
        named = _named(watch, desk)
    except HelmdeskError as error:
        problem = str(error)[:300]
    waiting = Warned.objects.filter(target=watch.target, ended="")
    ended = desk.predict.ended(watch.target, set(waiting.values_list("ticket_id", flat=True)))
    with transaction.atomic():
        if model is not None:
            _keep(watch, named, model, moment)
        _settle(watch.target, ended, moment)
        Watch.objects.filter(pk=watch.pk).update(
            looked=stamp, looked_at=queue.now(), problem=problem
        )


def _named(watch: Watch, desk: Desk) -> list[Named]:
    found = desk.predict.warnings(watch.target)
    model = desk.predict.model(watch.target)
    assert model is not None
    settled = set(
        Warned.objects.filter(target=watch.target)
        .exclude(did="", ended="")
        .values_list("ticket_id", flat=True)
    )
    return most_likely(
        [(each.ticket_id, each.chance) for each in found],
        usual_of(model),
        settled,
        watch.budget,
        lambda ticket: is_left_out(watch.salt, ticket),
    )


def usual_of(model: Model) -> float:
    """Return the share of all tickets that ended badly."""
    return model.report.bad / model.report.labels if model.report.labels else 0.0


def _keep(watch: Watch, named: Collection[Named], model: Model, moment: datetime) -> None:
    Warned.objects.bulk_create(
        [
            Warned(
                target=watch.target,
                ticket_id=each.ticket_id,
                named_at=moment,
                chance=each.chance,
                model=model.version,
                is_left_out=each.is_left_out,
            )
            for each in named
        ],
        ignore_conflicts=True,
    )


def _settle(target: str, ended: dict[str, bool], moment: datetime) -> None:
    waiting = Warned.objects.filter(target=target, ended="")
    for word, is_bad in ((BAD, True), (WELL, False)):
        tickets = [key for key, found in ended.items() if found is is_bad]
        waiting.filter(ticket_id__in=tickets).update(ended=word, ended_at=moment)
    waiting.filter(named_at__lt=moment - UNKNOWN_AFTER).update(ended=UNKNOWN, ended_at=moment)


def named_chances(target: str) -> dict[str, float]:
    """Return the chance of each ticket that is named and has not ended, as it was when it was
    named; of the whole desk: show it only beside tickets that the reader may see.
    """
    if not Watch.objects.filter(target=target, is_on=True).exists():
        return {}
    rows = Warned.objects.filter(target=target, is_left_out=False, ended="")
    return dict(rows.values_list("ticket_id", "chance"))


def waiting_tickets() -> set[str] | None:
    """Return the tickets of the whole desk that are named and wait for a decision, no more of each
    target than its page lists; None where nothing is watched for.
    """
    watched = list(Watch.objects.filter(is_on=True))
    if not watched:
        return None
    waiting = Warned.objects.filter(is_left_out=False, ended="", did="").order_by("-chance")
    return {
        ticket
        for watch in watched
        for ticket in waiting.filter(target=watch.target).values_list("ticket_id", flat=True)[
            : watch.budget
        ]
    }


def ended_of(target: str, *, is_left_out: bool) -> Ended:
    """Return what became of the tickets that were named, or left out."""
    rows = Warned.objects.filter(
        target=target, is_left_out=is_left_out, ended__in=(BAD, WELL)
    ).values_list("ended", "chance")
    return Ended(len(rows), sum(word == BAD for word, _ in rows), sum(chance for _, chance in rows))


def judged(watch: Watch) -> tuple[Ended, Ended, Judged]:
    """Return what became of those named and those left out, and what naming them was worth."""
    named = ended_of(watch.target, is_left_out=False)
    out = ended_of(watch.target, is_left_out=True)
    known = Warned.objects.filter(target=watch.target, ended__in=(BAD, WELL)).order_by("ended_at")
    first, last = known.first(), known.last()
    per_day = 0.0
    if first is not None and last is not None and first.ended_at and last.ended_at:
        per_day = known.count() / max((last.ended_at - first.ended_at).days, 1)
    return named, out, judge(named, out, per_day)
