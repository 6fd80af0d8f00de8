"""Links as your people work with them: issued, listed with their state, revoked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from helmdesk.errors import HelmdeskError
from helmdesk.web.apps.booking.doors import About, revoke
from helmdesk.web.apps.booking.forms import LinkForm
from helmdesk.web.apps.booking.giving import about_of, give_link
from helmdesk.web.apps.booking.models import Link, Reuse
from helmdesk.web.apps.booking.seen import kinds_of, links_of
from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

SHOWN = 100


def links(request: DeskRequest) -> HttpResponse:
    """Show links with their state; issue one, whose address is shown this once."""
    available = kinds_of(request).filter(is_on=True)
    first = {"ticket_id": request.GET.get("ticket", ""), "kind": available.first()}
    form = LinkForm(request.POST or None, kinds=available, initial=first)
    made = _issue(request, form) if request.method == "POST" and form.is_valid() else None
    moment = queue.now()
    listed = list(links_of(request)[:SHOWN])
    counted = Reuse.objects.filter(link__in=listed).values_list("link").annotate(Count("pk"))
    again = dict(counted.values_list("link", "pk__count"))
    return show(
        request,
        "booking_links.html",
        "Links to book a call",
        400 if request.method == "POST" and made is None else 200,
        form=form if made is None else LinkForm(kinds=available, initial=first),
        kinds=available,
        made=made,
        rows=[
            {"it": row, "state": row.state(moment), "reuses": again.get(row.pk, 0)}
            for row in listed
        ],
        shown=SHOWN,
    )


def _issue(request: DeskRequest, form: LinkForm) -> dict[str, Any] | None:
    given = form.cleaned_data
    about = about_ticket(request, given["ticket_id"].strip(), given["address"])
    try:
        with transaction.atomic():
            link, address = give_link(
                given["kind"],
                about,
                is_mailed=given["tell"],
                days=given["days"],
                most=given["most"],
                person=request.user,
            )
            audit("issued a link to book by", str(link.pk), request=request)
    except HelmdeskError as error:
        form.add_error(None, str(error))
        return None
    return {"address": address, "link": link, "is_mailed": given["tell"]}


def about_ticket(request: DeskRequest, ticket_id: str, address: str = "") -> About:
    """Return what the reader's data say of a ticket; what they do not know is left empty."""
    if not ticket_id:
        return About(address=address)
    try:
        ticket = request.desk.ticket(ticket_id).ticket
    except HelmdeskError:
        return About(ticket_id=ticket_id, address=address)
    return about_of(ticket, address)


@require_POST
def revoke_link(request: DeskRequest, pk: UUID) -> HttpResponse:
    """Let nobody book by a link any more."""
    link: Link | None = links_of(request).filter(pk=pk).first()
    if link is None:
        raise Http404
    with transaction.atomic():
        revoke(link)
        audit("revoked a link to book by", str(link.pk), request=request)
    messages.success(request, "Revoked. What was booked by it stays.")
    return redirect("booking_links")
