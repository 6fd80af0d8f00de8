"""Rooms: one page per case for its customer, and where your people issue and revoke them."""

from __future__ import annotations

from helmdesk.web.access import ANYBODY, STAFF
from helmdesk.web.apps.rooms.customer import room_call, room_page, room_zone
from helmdesk.web.apps.rooms.staff import (
    KEEPERS,
    change_room_team,
    revoke_room,
    room_case,
    room_teams,
    rooms,
)
from helmdesk.web.page import Page, Route

page = Page(
    title="Rooms",
    roles=STAFF,
    place=57,
    group="Act",
    icon="share",
    help="one page per case for its customer: where it stands, what was promised, writing to you",
    routes=(
        Route("rooms", rooms, "rooms"),
        Route("rooms/<uuid:pk>", room_case, "room_case"),
        Route("rooms/<uuid:pk>/revoke", revoke_room, "revoke_room"),
        Route("rooms/teams", room_teams, "room_teams", KEEPERS),
        Route("rooms/teams/<int:pk>", change_room_team, "change_room_team", KEEPERS),
        Route("r/<str:token>", room_page, "room", ANYBODY),
        Route("r/<str:token>/call", room_call, "room_call", ANYBODY),
        Route("r/<str:token>/zone", room_zone, "room_zone", ANYBODY),
    ),
)
