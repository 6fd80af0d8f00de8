"""The page that a customer opens: where the case stands, what was promised, and the doors from
there. It works without script, names nobody of the team, and knows no other case.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from helmdesk.act.room_words import LOCALES, ROOM_PHRASES, instant_words
from helmdesk.act.rooms import MOST_A_DAY, MOST_WRITTEN
from helmdesk.act.survey_words import known_language
from helmdesk.web.apps.events.models import note_event
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.outbox.post import put_mail, put_webhooks
from helmdesk.web.apps.rooms.calls import calls_of, open_call
from helmdesk.web.apps.rooms.doors import enter, note
from helmdesk.web.apps.rooms.models import Happening, Room, RoomTeam, Standing, Written
from helmdesk.web.apps.rooms.showing import ZONES, CaseGone, shown, survey_of
from helmdesk.web.guests import asks_too_often, languages_of, private
from helmdesk.web.request import DeskRequest

READS, WRITES = "60/m/ip", "20/m/ip"
TOPIC = "room"
COLLEAGUE = (
    "You are signed in as one of the team. Only the customer writes here; answer in your helpdesk."
)
View = Callable[..., HttpResponse]


def guarded(view: Callable[[DeskRequest, str, Room], HttpResponse]) -> View:
    """Return a view behind its room's door, which nobody asks all the time and nobody's browser
    tells others of.
    """

    @wraps(view)
    def asked(request: DeskRequest, token: str) -> HttpResponse:
        if asks_too_often(request, "room", READS, WRITES):
            note(None, Happening.TOO_MUCH, queue.now())
            phrases = ROOM_PHRASES[_language(request)]
            return _said(request, phrases.busy, phrases.busy_more, _language(request), 429)
        room, standing = enter(token)
        if room is None:
            phrases = ROOM_PHRASES[_language(request)]
            return _said(request, phrases.unknown, phrases.unknown_more, _language(request), 404)
        if standing is not Standing.OPEN:
            return _over(request, room)
        try:
            return private(view(request, token, room))
        except CaseGone:
            return _over(request, room)

    # A link is all that its holder needs; what else a browser brings along gives no right here.
    return csrf_exempt(asked)


@guarded
def room_page(request: DeskRequest, token: str, room: Room) -> HttpResponse:
    """Show the case; take what its customer writes."""
    is_colleague = request.user.is_authenticated
    if request.method != "POST":
        note(room.id, Happening.SEEN if is_colleague else Happening.OPENED, queue.now())
        return _page(request, token, room)
    text = request.POST.get("text", "").replace("\r\n", "\n").strip()
    # What stands in the records as the customer's word is the customer's.
    problem = COLLEAGUE if is_colleague else write(room, text)
    if problem:
        return _page(request, token, room, text=text, problem=problem)
    return redirect(f"{reverse('room', args=[token])}#written")


@guarded
def room_call(request: DeskRequest, token: str, room: Room) -> HttpResponse:
    """Give out a link to book a call about this case, and follow it."""
    now = queue.now()
    if request.method == "POST":
        case = shown(request, room, now)
        address = open_call(room, request.POST.get("kind", ""), case.subject, now)
        if address is not None:
            note(room.id, Happening.CALL, now)
            return redirect(address)
    return redirect("room", token)


@guarded
def room_zone(request: DeskRequest, token: str, room: Room) -> HttpResponse:
    """Show the places of the world; keep the one where the customer is."""
    phrases, chosen, problem = ROOM_PHRASES[room.language], request.POST.get("zone", ""), ""
    if request.method == "POST":
        if chosen in ZONES:
            Room.objects.filter(pk=room.pk).update(zone=chosen)
            return redirect("room", token)
        problem = phrases.zone_unknown
    context = {
        "title": phrases.choose_zone,
        "language": room.language,
        "desk_name": request.desk.settings.name,
        "phrases": phrases,
        "zones": [(zone, zone.replace("_", " ")) for zone in ZONES],
        "chosen": room.zone,
        "problem": problem,
        "back": reverse("room", args=[token]),
    }
    return render(request, "room_zone.html", context, status=400 if problem else 200)


def write(room: Room, text: str) -> str:
    """Take a message: a record at once, and on its way to the helpdesk where the team has one that
    takes mail, or programs listen. Return what is wrong with it, in the room's language.
    """
    phrases, moment = ROOM_PHRASES[room.language], queue.now()
    if not text:
        return phrases.empty
    if len(text) > MOST_WRITTEN:
        return phrases.too_long
    with transaction.atomic():
        Room.objects.select_for_update().get(pk=room.pk)
        earlier = Written.objects.filter(room=room)
        if earlier.filter(at__gt=moment - timedelta(days=1)).count() >= MOST_A_DAY:
            return phrases.too_many
        last = earlier.first()
        if last is not None and last.text == text and moment - last.at < timedelta(minutes=10):
            return ""  # the same form, sent twice
        made = Written.objects.create(room=room, text=text, at=moment, letter=_carry(room, text))
        note_event(
            "message",
            made.at,
            ticket_id=room.ticket_id,
            direction="inbound",
            visibility="public",
            text=text,
        )
        note(room.id, Happening.WROTE, moment)
    return ""


def _carry(room: Room, text: str) -> object:
    """Put a message into the outbox for the helpdesk; return the mail, or None."""
    put_webhooks(TOPIC, {"ticket": room.number, "team": room.team, "text": text})
    team = RoomTeam.objects.filter(name=room.team).first()
    if team is None or not team.inbox:
        return None
    subject = f"[{room.number}] A customer wrote on the page of this case"
    return put_mail(TOPIC, team.inbox, subject, text).id


def _page(
    request: DeskRequest, token: str, room: Room, *, text: str = "", problem: str = ""
) -> HttpResponse:
    now = queue.now()
    case = shown(request, room, now)
    zone = request.desk.settings.time_zone
    context = {
        "title": case.phrases.case.format(number=case.number),
        "language": room.language,
        "desk_name": request.desk.settings.name,
        "case": case,
        "phrases": case.phrases,
        "survey": survey_of(room, now),
        "calls": calls_of(room, zone, now),
        "open_call": reverse("room_call", args=[token]),
        "sent": _sent(room, zone),
        "until": case.phrases.until.format(at=instant_words(room.expires_at, zone, room.language)),
        "choose_zone": reverse("room_zone", args=[token]),
        "text": text,
        "problem": problem,
        "most": MOST_WRITTEN,
    }
    return render(request, "room.html", context, status=400 if problem else 200)


def _sent(room: Room, zone: str) -> str:
    """Return that the last message has arrived; its words are shown to nobody here."""
    at: datetime | None = Written.objects.filter(room=room).values_list("at", flat=True).first()
    if at is None:
        return ""
    return ROOM_PHRASES[room.language].sent.format(at=instant_words(at, zone, room.language))


def _over(request: DeskRequest, room: Room) -> HttpResponse:
    phrases = ROOM_PHRASES[room.language]
    return _said(request, phrases.over, phrases.over_more, room.language, 410)


def _language(request: DeskRequest) -> str:
    found = known_language(*languages_of(request))
    return found if found in LOCALES else "en"


def _said(request: DeskRequest, title: str, more: str, language: str, status: int) -> HttpResponse:
    """Show a page that says one thing."""
    context = {
        "title": title,
        "more": more,
        "language": language,
        "desk_name": request.desk.settings.name,
    }
    return private(render(request, "survey_said.html", context, status=status))
