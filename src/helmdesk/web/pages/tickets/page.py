"""The rows behind any number: sorted, paged, exported; and one ticket's own timeline."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.urls import reverse

from helmdesk.errors import NotFoundError
from helmdesk.query.question import Formed
from helmdesk.web.access import EVERYONE
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.charts.timeline import timeline
from helmdesk.web.exports import TYPES, WRITERS
from helmdesk.web.page import Page, Route
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.templatetags.words import local
from helmdesk.web.view_state import ViewState, whole_number

PAGE_ROWS, MOST_PAGES = 50, 1_000_000
ALL_TICKETS = "ticket_volume"


def rows(request: DeskRequest) -> HttpResponse:
    """List the rows of a metric in the present view; all tickets when no metric is named."""
    view = ViewState.of(request)
    key = request.GET.get("metric") or ALL_TICKETS
    entry = request.desk.find_metric(key)
    number = whole_number("page", request.GET.get("page") or "1", 1, MOST_PAGES)
    sort = request.GET.get("sort", "")
    is_descending = sort.startswith("-")
    asked: Formed = {**view.question(request), "variant": view.variant or None, "clock": view.clock}
    found = request.desk.rows(
        key,
        **asked,
        sort=sort.lstrip("-") or None,
        is_descending=is_descending,
        offset=(number - 1) * PAGE_ROWS,
        limit=PAGE_ROWS,
    )
    columns = found.table.column_names
    fixed = {"metric": key, **({"sort": sort} if sort else {})}
    context = {
        "metric": entry.metric,
        "key": key,
        "total": found.total,
        "number": number,
        "pages": max(1, -(-found.total // PAGE_ROWS)),
        "sort": sort,
        "headings": [
            (name, f"-{name}" if sort == name else name, _order(sort, name)) for name in columns
        ],
        "listed": found.table.to_pylist(),
        "columns": columns,
        "first": (number - 1) * PAGE_ROWS + 1,
        "last": min(number * PAGE_ROWS, found.total),
        "is_all": key == ALL_TICKETS and not view.variant,
        "formats": [name for name in TYPES if name != "arrow"],
        "address": view.query(metric=key, sort=sort or None, compare=None),
        **filters(request, view, fixed=fixed, has_comparison=False),
    }
    title = "Tickets" if key == ALL_TICKETS else f"Rows of {entry.metric.name}"
    return show(request, "rows.html", title, **context)


def _order(sort: str, name: str) -> str:
    return "ascending" if sort == name else "descending" if sort == f"-{name}" else "none"


def export(request: DeskRequest, form: str) -> HttpResponse:
    """Give all rows of the present view as a file; the same rows as on the page."""
    if form not in TYPES:
        raise NotFoundError(f"no export as '{form}'; there are {', '.join(TYPES)}")
    view = ViewState.of(request)
    key = request.GET.get("metric") or ALL_TICKETS
    asked: Formed = {**view.question(request), "variant": view.variant or None, "clock": view.clock}
    found = request.desk.rows(key, **asked)
    audit(
        "exported rows",
        f"{key} as {form}",
        request=request,
        rows=found.total,
        filter=view.filter or "",
    )
    response = HttpResponse(WRITERS[form](found.table), content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{key}-rows.{form}"'
    return response


def ticket(request: DeskRequest, ticket_id: str) -> HttpResponse:
    """Show one ticket: attributes, who waited for whom, clocks, messages, contacts, answers."""
    story = request.desk.ticket(ticket_id)
    zone = request.desk.settings.time_zone

    def instant(moment: datetime | None) -> str:
        return local(moment, zone)

    shown = {
        name: cell
        for name, cell in story.ticket.items()
        if cell is not None and not name.startswith("is_") and name != "ticket_id"
    }
    marks = [
        name.removeprefix("is_")
        for name in ("is_spam", "is_merged", "is_deleted")
        if story.ticket.get(name)
    ]
    chart = timeline(story, zone, instant) if story.states else None
    return show(
        request,
        "ticket.html",
        f"Ticket {story.ticket['ticket_id']}",
        story=story,
        shown=shown,
        marks=marks,
        timeline=chart,
        rows_url=reverse("rows"),
    )


page = Page(
    title="Tickets",
    roles=EVERYONE,
    routes=(
        Route("tickets", rows, "rows"),
        Route("tickets/export.<slug:form>", export, "export"),
        Route("ticket/<path:ticket_id>", ticket, "ticket"),
    ),
    place=30,
    key="t",
    help="the rows behind any number",
    group="Understand",
    icon="ticket",
    tab="Tickets",
)
