"""Routing: which queues it works on, what it says beside what people do, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from helmdesk.act.routing.modes import LEAST_DECISIONS, Mode, check_change, mode_of
from helmdesk.errors import ConflictError, NotFoundError, nearest
from helmdesk.plan.routing.report import Report, report_of
from helmdesk.query.people import LEAST
from helmdesk.web.access import LEADS, Role
from helmdesk.web.apps.jobs import queue as jobs
from helmdesk.web.apps.jobs.kind import Nothing
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.routing import words
from helmdesk.web.apps.routing.changing import shadow_now, writable_accounts
from helmdesk.web.apps.routing.jobs import look_at_queues
from helmdesk.web.apps.routing.models import Decision, ModeChange, RoutedQueue, Stop
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import whole_number

KEEPERS = frozenset({Role.ADMINISTRATOR, Role.LEADER, Role.PLANNER})
"""Who may change what routing does."""
ROWS = 25
MOST_CHANGES = 10


class Kind(StrEnum):
    """Decisions by what people did; the first is all."""

    ALL = "all"
    SAME = "same"
    OTHER = "other"
    OPEN = "open"


KINDS = {
    Kind.ALL: "All",
    Kind.SAME: "The same person",
    Kind.OTHER: "Somebody else",
    Kind.OPEN: "Nobody yet",
}


@dataclass(frozen=True)
class Row:
    """A queue in the list."""

    name: str
    it: RoutedQueue | None
    mode: str
    report: Report | None
    said: str
    is_off: bool


def routing(request: DeskRequest) -> HttpResponse:
    """List the queues with their modes; to an agent, the decisions about them alone."""
    if _role(request) is Role.AGENT:
        return _own(request)
    known = {each.name: each for each in RoutedQueue.objects.all()}
    rows = [_row(request, name, known.get(name)) for name in _queues(request)]
    return show(
        request,
        "routing.html",
        "Routing",
        rows=rows,
        any_on=any(row.it and row.it.mode != Mode.OFF.value for row in rows),
        stop=Stop.objects.first(),
        may_change=_role(request) in KEEPERS,
    )


def _row(request: DeskRequest, name: str, it: RoutedQueue | None) -> Row:
    mode = Mode(it.mode) if it else Mode.OFF
    report = _report(it) if it and mode is not Mode.OFF else None
    said = it.problem if it else ""
    if it and report and not it.problem:
        said = words.headline(report, is_withheld=_is_withheld(request, it))
    if it and report and not report.decisions and not it.looked_at:
        said = "The first look is under way; it takes a minute."
    return Row(name, it, words.MODES[mode][0], report, said, mode is Mode.OFF)


def routed_queue(request: DeskRequest, pk: int) -> HttpResponse:
    """Show one queue: the report, and its decisions with what people did."""
    it = _find(request, pk)
    asked = request.GET.get("kind", "")
    kind = Kind(asked) if asked in set(Kind) else Kind.ALL
    report = _report(it)
    number = whole_number("page", request.GET.get("page", "1"), 1, 100_000)
    page = Paginator(_of_kind(Decision.objects.filter(queue=it), kind), ROWS).get_page(number)
    now = Mode(it.mode)
    is_withheld = _is_withheld(request, it)
    return show(
        request,
        "routed_queue.html",
        it.name,
        it=it,
        mode=words.MODES[now],
        modes=[(mode.value, *words.MODES[mode], mode is now) for mode in Mode],
        report=report,
        headline=words.headline(report, is_withheld=is_withheld),
        numbers=[] if is_withheld else words.numbers(report),
        caveats=words.caveats(report),
        least=LEAST_DECISIONS,
        decisions=[(each, words.beside(each)) for each in page],
        page=page,
        kind=kind.value,
        kinds={each.value: label for each, label in KINDS.items()},
        changes=ModeChange.objects.filter(queue=it).select_related("by")[:MOST_CHANGES],
        stop=Stop.objects.first(),
        may_change=_role(request) in KEEPERS,
        accounts=writable_accounts(),
    )


def _of_kind(found: QuerySet[Decision], kind: Kind) -> QuerySet[Decision]:
    if kind is Kind.OPEN:
        return found.filter(taken_by="")
    if kind is Kind.SAME:
        return found.filter(taken_by=F("agent"))
    if kind is Kind.OTHER:
        return found.exclude(taken_by="").exclude(taken_by=F("agent"))
    return found


def decision(request: DeskRequest, pk: int) -> HttpResponse:
    """Show one decision with its reasons, made again from what was kept."""
    found = Decision.objects.select_related("queue", "look").filter(pk=pk).first()
    if found is None or not _may_see(request, found):
        raise Http404("no such decision")
    is_own, is_keeper = _role(request) is Role.AGENT, _role(request) in KEEPERS
    again, problem = None, ""
    try:
        tick = found.look.again()
        again = next(each for each in tick.decisions if each.contact == found.contact)
    except (ConflictError, StopIteration) as error:
        problem = str(error) or "the look does not know this case any more"
    names = dict(Decision.objects.filter(queue=found.queue).values_list("agent", "agent_name"))
    names |= dict(
        Decision.objects.filter(queue=found.queue)
        .exclude(taken_by="")
        .values_list("taken_by", "taken_name")
    )
    candidates = [
        (names.get(each.agent, each.agent), each.agent == found.agent, words.cells(each),
         f"{each.points / 1e6:.2f}")
        for each in (again.candidates if again and is_keeper else ())
    ]  # fmt: skip
    return show(
        request,
        "routing_decision.html",
        f"Decision about {found.ticket}",
        it=found,
        beside=words.beside(found, request.policy.agent if is_own else ""),
        is_named=is_own and found.agent_name == request.policy.agent,
        candidates=candidates,
        parts=list(words.PARTS.values()),
        bars=words.bars(again.barred) if again and not is_own else [],
        is_same_again=again is not None and again.agent == found.agent,
        problem=problem,
        is_own=is_own,
    )


def change_mode(request: DeskRequest) -> HttpResponse:
    """Switch a queue to another mode."""
    _check_keeper(request)
    if request.method != "POST":
        return redirect("routing")
    name, mode = request.POST.get("queue", ""), mode_of(request.POST.get("mode", ""))
    known = _queues(request)
    if name not in known:
        raise NotFoundError(f"no queue '{name}'{nearest(name, known)}")
    moment = shadow_now()
    with transaction.atomic():
        it, _ = RoutedQueue.objects.select_for_update().get_or_create(name=name)
        now = Mode(it.mode)
        check_change(
            now,
            mode,
            decided=_report(it).since,
            has_account=bool(writable_accounts()),
            has_read=request.POST.get("read") == "yes",
        )
        it.mode, it.since, it.problem = mode.value, jobs.now(), ""
        if mode is Mode.SHADOW and now is Mode.OFF:
            it.shadow_since, it.seen_until = moment, it.seen_until or None
        if mode.writes:
            it.connection = request.POST.get("account") or writable_accounts()[0]
            it.read_by = request.user if mode is Mode.ASSIGN else it.read_by
        it.is_preview = request.POST.get("preview", "yes") != "no" or not mode.writes
        it.save()
        ModeChange.objects.create(queue=it, by=request.user, mode=mode.value)
        if mode is not Mode.OFF:
            key = f"routing:{it.pk}:{jobs.now():%Y%m%dT%H%M%S.%f}"
            jobs.enqueue(look_at_queues, key, Nothing())
    audit("switched routing", name, request=request, changed=[mode.value])
    messages.success(request, f"{name}: {words.MODES[mode][0]}. {words.MODES[mode][1]}")
    return redirect("routed_queue", it.pk)


def stop_routing(request: DeskRequest) -> HttpResponse:
    """Stop everything at once, or let it go on."""
    _check_keeper(request)
    if request.method == "POST":
        if request.POST.get("do") == "go":
            Stop.objects.all().delete()
            messages.success(request, "Routing goes on, each queue in the mode it had.")
        else:
            Stop.objects.create(by=request.user)
            messages.success(request, "Routing is stopped: nothing is decided or written.")
        audit("stopped routing", request=request, changed=[request.POST.get("do", "stop")])
    return redirect("routing")


def _own(request: DeskRequest) -> HttpResponse:
    """Show somebody the decisions that named them, or about what they took, and no others."""
    found = Decision.objects.select_related("queue").filter(_mine(request))
    number = whole_number("page", request.GET.get("page", "1"), 1, 100_000)
    page = Paginator(found, ROWS).get_page(number)
    return show(
        request,
        "routing_own.html",
        "Routing and you",
        page=page,
        decisions=[(each, words.beside(each, request.policy.agent)) for each in page],
    )


def _mine(request: DeskRequest) -> Q:
    name = request.policy.agent
    return Q(agent_name=name) | Q(taken_name=name) if name else Q(pk__in=())


def _may_see(request: DeskRequest, found: Decision) -> bool:
    if _role(request) is Role.AGENT:
        return Decision.objects.filter(_mine(request), pk=found.pk).exists()
    return found.queue.name in _queues(request)


def _find(request: DeskRequest, pk: int) -> RoutedQueue:
    found = RoutedQueue.objects.filter(pk=pk).first()
    if found is None or found.name not in _queues(request):
        raise Http404("no such queue")
    return found


def _queues(request: DeskRequest) -> list[str]:
    """Return the teams whose tickets a reader may see."""
    return [each for each in request.desk.segments().get("team", []) if each]


def _report(it: RoutedQueue) -> Report:
    rows = Decision.objects.filter(queue=it)
    return report_of([words.compared(each) for each in rows])


def _is_withheld(request: DeskRequest, it: RoutedQueue) -> bool:
    """Whether what the people of a queue did together would speak of single ones."""
    if request.policy.may_compare_people:
        return False
    took = Decision.objects.filter(queue=it).exclude(taken_by="")
    return took.values("taken_by").distinct().order_by().count() < LEAST


def _role(request: DeskRequest) -> Any:
    return Role(getattr(request.user, "role"))  # noqa: B009 -- who is not signed in has none


def _check_keeper(request: DeskRequest) -> None:
    if _role(request) not in KEEPERS:
        raise PermissionDenied("planners, leaders and administrators change this")


page = Page(
    title="Routing",
    roles=LEADS | {Role.AGENT},
    place=53,
    group="Act",
    icon="route",
    help="who should take which case, beside who took it; in shadow until you say more",
    routes=(
        Route("routing", routing, "routing"),
        Route("routing/mode", change_mode, "change_routing", LEADS),
        Route("routing/stop", stop_routing, "stop_routing", LEADS),
        Route("routing/<int:pk>", routed_queue, "routed_queue", LEADS),
        Route("routing/decision/<int:pk>", decision, "routing_decision"),
    ),
)
