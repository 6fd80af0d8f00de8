"""Coaching: the packs that somebody may see, and one of them, the same for both of its readers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import UsageError
from helmdesk.web.access import Role
from helmdesk.web.apps.coaching import keeping
from helmdesk.web.apps.coaching.models import LONGEST_COMMENT, LONGEST_STEP, Pack, Remark, Version
from helmdesk.web.apps.coaching.paper import pack_pdf
from helmdesk.web.apps.coaching.words import ABOUT, agreed_words, days_words, name_of, step_words
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.middleware import live_desk
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

SHOWN = 100
TALKERS = frozenset({Role.LEADER, Role.TEAM_LEAD, Role.AGENT})


def coaching(request: DeskRequest) -> HttpResponse:
    """Show the packs of whoever looks; make one."""
    me: Any = request.user
    desk = live_desk(settings.DESK_FOLDER)
    if request.method == "POST":
        agent, weeks = request.POST.get("agent", ""), request.POST.get("weeks", "")
        pack = keeping.make_pack(me, desk, agent, weeks, request)
        messages.success(request, f"Made. {name_of(pack)} sees it too.")
        return redirect("coaching_pack", pack.pk)
    packs = Pack.seen_by(me).select_related("person", "lead")[:SHOWN]
    return show(
        request,
        "coaching.html",
        "Coaching",
        about=ABOUT,
        rows=[_row(each, me) for each in packs],
        is_lead=me.role != Role.AGENT,
        agents=[(person.pk, person.agent) for person, _ in keeping.agents_of(me, desk).values()],
        weeks=keeping.WEEKS[::-1],
    )


def coaching_pack(request: DeskRequest, pk: Any) -> HttpResponse:
    """Show a pack: its newest version, or an earlier one."""
    pack = _find(request, pk)
    version = _version(request, pack)
    me: Any = request.user
    zone = request.desk.settings.time_zone
    is_agent = me.pk == pack.person.pk
    return show(
        request,
        "coaching_pack.html",
        f"Coaching: {name_of(pack)}",
        pack=pack,
        version=version,
        said=version.content,
        name=name_of(pack),
        about=ABOUT,
        days=days_words(version),
        step=step_words(version),
        agreed=agreed_words(version, zone),
        remarks=Remark.objects.filter(pack=pack).select_related("author"),
        versions=Version.objects.filter(pack=pack).select_related("author"),
        is_newest=version.pk == pack.newest.pk,
        may_agree=bool(version.step)
        and (version.agent_agreed_at if is_agent else version.lead_agreed_at) is None,
        longest={"step": LONGEST_STEP, "comment": LONGEST_COMMENT},
    )


@require_POST
def change_pack(request: DeskRequest, pk: Any) -> HttpResponse:
    """Comment, propose a next step, agree to it, or make the numbers anew."""
    pack, me = _find(request, pk), request.user
    given = {name: request.POST.get(name, "") for name in ("do", "text", "step", "on", "seal")}
    if given["do"] == "comment":
        keeping.remark(pack, me, given["text"], request)
    elif given["do"] == "propose":
        keeping.propose(pack, me, given["step"], given["on"].strip(), request)
    elif given["do"] == "agree":
        keeping.agree(pack, me, given["seal"], request)
    elif given["do"] == "again":
        keeping.make_again(pack, me, live_desk(settings.DESK_FOLDER), request)
    else:
        raise UsageError("comment, propose a next step, agree to it, or make the numbers anew")
    messages.success(request, "Kept. Both of you see it.")
    return redirect("coaching_pack", pack.pk)


def pack_file(request: DeskRequest, pk: Any) -> HttpResponse:
    """Give a version as a PDF."""
    pack = _find(request, pk)
    version = _version(request, pack)
    audit("took a coaching pack", str(pack.pk), request=request, version=version.number)
    response = HttpResponse(pack_pdf(request, pack, version), content_type="application/pdf")
    name = f"coaching-{version.start.isoformat()}-{version.number}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _find(request: DeskRequest, pk: Any) -> Pack:
    return get_object_or_404(Pack.seen_by(request.user).select_related("person", "lead"), pk=pk)


def _version(request: DeskRequest, pack: Pack) -> Version:
    number = request.GET.get("version", "")
    if number.isdigit() and len(number) < 6:
        return get_object_or_404(Version, pack=pack, number=int(number))
    return pack.newest


def _row(pack: Pack, me: Any) -> dict[str, Any]:
    newest = pack.newest
    other = pack.lead if me.pk == pack.person.pk else name_of(pack)
    return {
        "it": pack,
        "with": other or "nobody any more",
        "days": days_words(newest),
        "step": step_words(newest),
        "is_agreed": newest.agreed_at is not None,
    }


page = Page(
    title="Coaching",
    roles=TALKERS,
    place=53,
    group="Act",
    icon="chat",
    help="what a lead and an agent both have before them when they talk",
    routes=(
        Route("coaching", coaching, "coaching"),
        Route("coaching/<uuid:pk>", coaching_pack, "coaching_pack"),
        Route("coaching/<uuid:pk>/change", change_pack, "change_coaching_pack"),
        Route("coaching/<uuid:pk>/file", pack_file, "coaching_file"),
    ),
)
