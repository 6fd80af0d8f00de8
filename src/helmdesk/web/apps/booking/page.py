"""Booking: kinds of calls, links, the team's booked calls, and the pages that customers open."""

from __future__ import annotations

from helmdesk.web.access import ANYBODY, STAFF, Role
from helmdesk.web.apps.booking.calls import (
    absence,
    calls,
    change_call,
    own_calendar,
    prepare,
    remove_absence,
)
from helmdesk.web.apps.booking.customer import book_call, booked_call
from helmdesk.web.apps.booking.issued import links, revoke_link
from helmdesk.web.apps.booking.kinds import (
    change_door,
    change_kind,
    edit_kind,
    kinds,
    new_kind,
    trial,
)
from helmdesk.web.page import Page, Route

KEEPERS = frozenset({Role.ADMINISTRATOR, Role.LEADER, Role.TEAM_LEAD, Role.PLANNER})
WHOLE = frozenset({Role.ADMINISTRATOR, Role.LEADER})

page = Page(
    title="Booked calls",
    roles=STAFF,
    place=55,
    group="Act",
    icon="phone",
    needs_data=False,
    help="calls that customers book with a team, links to book by, who takes them",
    routes=(
        Route("booking", calls, "booking_calendar"),
        Route("booking/links", links, "booking_links"),
        Route("booking/links/<uuid:pk>/revoke", revoke_link, "revoke_booking_link"),
        Route("booking/own-calendar", own_calendar, "booking_own_calendar"),
        Route("booking/calls/<uuid:pk>", prepare, "prepare_call"),
        Route("booking/calls/<uuid:pk>/change", change_call, "change_call"),
        Route("booking/absences", absence, "booking_absence", KEEPERS),
        Route("booking/absences/<int:pk>/remove", remove_absence, "remove_absence", KEEPERS),
        Route("booking/kinds", kinds, "booking_kinds", KEEPERS),
        Route("booking/kinds/new", new_kind, "new_booking_kind", KEEPERS),
        Route("booking/kinds/<int:pk>", edit_kind, "edit_booking_kind", KEEPERS),
        Route("booking/kinds/<int:pk>/change", change_kind, "change_booking_kind", KEEPERS),
        Route("booking/kinds/<int:pk>/page", trial, "booking_trial", KEEPERS),
        Route("booking/door", change_door, "booking_door", WHOLE),
        Route("book/<str:token>", book_call, "book_call", ANYBODY),
        Route("book/call/<str:token>", booked_call, "booked_call", ANYBODY),
    ),
)
