"""Every change of a pack: a new version, a remark, an agreement; each with its line in the audit
log.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from helmdesk.desk.live import LiveDesk
from helmdesk.errors import ConflictError, NotFoundError, UsageError
from helmdesk.query.periods import local_date
from helmdesk.query.window import find_window
from helmdesk.web.access import Role, policy_for
from helmdesk.web.apps.coaching.making import make_content
from helmdesk.web.apps.coaching.models import LONGEST_COMMENT, LONGEST_STEP, Pack, Remark, Version
from helmdesk.web.apps.outbox.post import is_address, put_mail
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.people.models import Person

TOPIC = "coaching"
WEEKS = (4, 13)
MOST_REMARKS = 200


def agents_of(lead: Any, desk: LiveDesk) -> dict[int, tuple[Person, str]]:
    """Return whom a lead may talk with, by account: agents with an account here, in a team that the
    lead leads now; and the team of each.
    """
    teams = desk.agents()
    found = {}
    for person in Person.objects.filter(role=Role.AGENT, is_active=True).order_by("agent"):
        team = teams.get(person.agent) or ""
        is_led = lead.role == Role.LEADER or (lead.role == Role.TEAM_LEAD and team in lead.teams)
        if person.agent in teams and is_led:
            found[person.pk] = (person, team)
    return found


def make_pack(lead: Any, desk: LiveDesk, agent: str, weeks: str, request: Any) -> Pack:
    """Make a pack, tell its agent, and return it.

    Raises:
        UsageError: weeks that are none.
        NotFoundError: no such agent that this lead may talk with, or no work of theirs.
    """
    known = agents_of(lead, desk)
    if not agent.isdigit() or int(agent) not in known:
        raise NotFoundError(
            "choose an agent of a team that you lead, who has an account here: a pack is only made"
            " where its agent sees it too"
        )
    person, team = known[int(agent)]
    start, end = _days(desk, weeks)
    made = _asked(desk, person, start, end)
    with transaction.atomic():
        pack = Pack.objects.create(person=person, lead=lead, team=team)
        Version.objects.create(pack=pack, number=1, start=start, end=end, author=lead, **made)
        audit("made a coaching pack", str(pack.pk), request=request, about=person.username)
        _tell(pack, desk.settings.name)
    return pack


def make_again(pack: Pack, me: Any, desk: LiveDesk, request: Any) -> None:
    """Make the next version with the data of now; the next step stays and is to be agreed again."""
    last = pack.newest
    weeks = (last.end - last.start).days // 7
    start, end = _days(desk, str(weeks))
    if (start, end) == (last.start, last.end) and last.lake_version == _version(desk):
        raise ConflictError("nothing came since this version; load newer data first")
    made = _asked(desk, pack.person, start, end)
    _next(pack, last, me, request, start=start, end=end, **made)


def propose(pack: Pack, me: Any, step: str, on: str, request: Any) -> None:
    """Make the next version with another next step, to which whoever proposes it agrees; its day is
    one of the desk's zone.

    Raises:
        UsageError: no step, or a day that is none or lies behind.
    """
    text = " ".join(step.split())
    if not 1 <= len(text) <= LONGEST_STEP:
        raise UsageError(f"a next step has 1 to {LONGEST_STEP} characters")
    try:
        day = date.fromisoformat(on)
    except ValueError as error:
        raise UsageError("write the day to look at it again such as 2026-01-31") from error
    zone = request.desk.settings.time_zone
    today = local_date(timezone.now().replace(tzinfo=None), zone)
    if not today <= day <= today + timedelta(days=366):
        raise UsageError(f"choose a day from today until a year from now, not {day.isoformat()}")
    agreed = {_side(pack, me): timezone.now()}
    _next(pack, pack.newest, me, request, step=text, step_on=day, **agreed)


def agree(pack: Pack, me: Any, seal: str, request: Any) -> None:
    """Note that somebody agrees to the next step that they saw.

    Raises:
        ConflictError: it changed since, or there is none.
    """
    with transaction.atomic():
        now = Version.objects.select_for_update().filter(pack=pack).order_by("-number")[0]
        if now.seal != seal or not now.step:
            raise ConflictError("the pack changed since you opened it; read it again")
        side = _side(pack, me)
        if getattr(now, side) is None:
            Version.objects.filter(pk=now.pk).update(**{side: timezone.now()})
            audit("agreed to a coaching step", str(pack.pk), request=request, version=now.number)


def remark(pack: Pack, me: Any, text: str, request: Any) -> None:
    """Keep what somebody wrote.

    Raises:
        UsageError: nothing, too much, or too often.
    """
    plain = text.strip()
    if not 1 <= len(plain) <= LONGEST_COMMENT:
        raise UsageError(f"a comment has 1 to {LONGEST_COMMENT:,} characters")
    if Remark.objects.filter(pack=pack).count() >= MOST_REMARKS:
        raise UsageError(f"a pack takes {MOST_REMARKS} comments; make a new one")
    Remark.objects.create(pack=pack, version=pack.newest.number, author=me, text=plain)
    audit("commented on a coaching pack", str(pack.pk), request=request)


def _next(pack: Pack, last: Version, me: Any, request: Any, **changes: Any) -> None:
    kept = {
        name: getattr(last, name)
        for name in ("start", "end", "content", "lake_version", "step", "step_on")
    }
    with transaction.atomic():
        made, is_new = Version.objects.get_or_create(
            pack=pack, number=last.number + 1, defaults={**kept, "author": me, **changes}
        )
        if not is_new:
            raise ConflictError("the other of you changed it at the same moment; read it again")
        audit("changed a coaching pack", str(pack.pk), request=request, version=made.number)


def _side(pack: Pack, me: Any) -> str:
    return "agent_agreed_at" if me.pk == pack.person.pk else "lead_agreed_at"


def _days(desk: LiveDesk, weeks: str) -> tuple[date, date]:
    """Return the last whole weeks of the data, local dates, half-open."""
    if weeks not in map(str, WEEKS):
        raise UsageError(f"choose {' or '.join(map(str, WEEKS))} weeks")
    zone = desk.settings.time_zone
    window = find_window(
        desk.open_mart().bounds.as_of, zone, desk.settings.week_start, name="last-week"
    )
    end = local_date(window.end, zone)
    return end - timedelta(weeks=int(weeks)), end


def _version(desk: LiveDesk) -> int:
    return desk.open_mart().made_of.lake_version


def _asked(desk: LiveDesk, person: Person, start: date, end: date) -> dict[str, Any]:
    """Return content and version, asked under the agent's own policy."""
    policy = policy_for(person, frozenset(desk.settings.fields_without_people))
    content = make_content(desk.as_seen_by(policy), start, end)
    return {"content": content, "lake_version": _version(desk)}


def _tell(pack: Pack, desk_name: str) -> None:
    """Tell the agent that there is a pack."""
    if not is_address(pack.person.email):
        return
    link = f"{settings.PUBLIC_URL}{reverse('coaching_pack', args=[pack.pk])}"
    where = f"Read it, and comment: {link}" if settings.PUBLIC_URL else "It is under Coaching."
    text = (
        f"{pack.lead} made a coaching pack to talk about with you: your own numbers beside what"
        " your mix of work predicts, and three tickets. You see the same page as they do, and"
        f" nobody else does.\n\n{where}\n"
    )
    put_mail(TOPIC, pack.person.email, f"{desk_name}: before you talk with {pack.lead}", text)
