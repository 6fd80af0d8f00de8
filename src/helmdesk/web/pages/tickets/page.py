"""The rows behind any number: sorted, paged, exported; and one ticket's own timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from helmdesk.catalogue.metric import Metric
from helmdesk.errors import NotFoundError
from helmdesk.query.question import Formed
from helmdesk.query.window import wall
from helmdesk.web.access import EVERYONE
from helmdesk.web.apps.people.audit import audit
from helmdesk.web.apps.summaries.shown import summary_of
from helmdesk.web.exports import TYPES, rows_as_file
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.tickets.columns import Column, also_of, columns_of, least_left
from helmdesk.web.pages.tickets.story import history_of, promises_of
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.templatetags.words import local
from helmdesk.web.view_state import ViewState, whole_number

PAGE_ROWS, MOST_PAGES = 25, 1_000_000
ALL_TICKETS = "ticket_volume"
TITLE = ("ticket_id", "subject")


def rows(request: DeskRequest) -> HttpResponse:
    """List the rows of a metric in the present view; all tickets when no metric is named."""
    view = ViewState.of(request)
    key = request.GET.get("metric") or ALL_TICKETS
    entry = request.desk.find_metric(key)
    found = entry.variant(view.variant) if view.variant else entry.metric
    is_all = key == ALL_TICKETS and not view.variant
    number = whole_number("page", request.GET.get("page") or "1", 1, MOST_PAGES)
    sort = request.GET.get("sort", "") or _newest(found)
    asked: Formed = {**view.question(request), "variant": view.variant or None, "clock": view.clock}
    listed = request.desk.rows(
        key,
        **asked,
        sort=sort.lstrip("-") or None,
        is_descending=sort.startswith("-"),
        offset=(number - 1) * PAGE_ROWS,
        limit=PAGE_ROWS,
        also=also_of(found),
    )
    left = least_left(request) if "ticket_id" in listed.table.column_names else {}
    chosen, shape = _chosen(request), request.GET.get("rows", "")
    columns = columns_of(listed.table.column_names, found, chosen, is_all, bool(left))
    fixed = {"metric": "" if is_all else key, "sort": request.GET.get("sort", "")}
    fixed |= {"columns": chosen, "rows": shape}
    kept = {name: text for name, text in fixed.items() if text}
    opened = request.GET.get("ticket", "")
    context = {
        "metric": entry.metric,
        "key": key,
        "total": listed.total,
        "number": number,
        "pages": max(1, -(-listed.total // PAGE_ROWS)),
        "columns": columns,
        "shown": [column for column in columns if column.is_shown],
        "headings": [_heading(column, sort) for column in columns if column.is_shown],
        "listed": listed.table.to_pylist(),
        "left": left,
        "opened": opened,
        "is_tight": shape == "tight",
        "first": (number - 1) * PAGE_ROWS + 1,
        "last": min(number * PAGE_ROWS, listed.total),
        "is_all": is_all,
        "formats": [name for name in TYPES if name != "arrow"],
        "address": view.query(**{**kept, "metric": key, "compare": None}),
        "here": view.query(**kept, page=str(number) if number > 1 else None),
        **(story_context(request, opened) if opened else {}),
        **filters(request, view, fixed=kept, has_comparison=False),
    }
    title = "Tickets" if is_all else f"Rows of {entry.metric.name}"
    return show(request, "rows.html", title, **context)


def _newest(found: Metric) -> str:
    """Return what puts the newest rows first; empty where rows have no time of their own."""
    return f"-{found.anchor}" if found.anchor and found.anchor in found.evidence else ""


def _chosen(request: DeskRequest) -> str:
    """Return the columns somebody chose: one by one in a form, or with commas in an address."""
    return ",".join(request.GET.getlist("columns"))


def _heading(column: Column, sort: str) -> tuple[Column, str, str]:
    """Return a column with what sorts by it next, and how rows are sorted by it now."""
    following = f"-{column.name}" if sort == column.name else column.name
    return column, following if column.is_sorted else "", _order(sort, column.name)


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
    entry, zone = request.desk.find_metric(key), request.desk.settings.time_zone
    content = rows_as_file(found.table, form, entry, zone)
    response = HttpResponse(content, content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{key}-rows.{form}"'
    return response


def ticket(request: DeskRequest, ticket_id: str) -> HttpResponse:
    """Show one ticket: attributes, who waited for whom, clocks, messages, contacts, answers."""
    context = story_context(request, ticket_id)
    story = context["story"]
    zone = request.desk.settings.time_zone

    def instant(moment: datetime | None) -> str:
        return local(moment, zone)

    from helmdesk.web.charts.timeline import timeline  # slow to import

    chart = timeline(story, zone, instant) if story.states else None
    title = f"Ticket {story.ticket['ticket_id']}"
    return show(request, "ticket.html", title, timeline=chart, **context)


def _there(cell: Any, zone: ZoneInfo) -> Any:
    """Return an instant on the clock of a zone; anything else as it is."""
    return wall(cell, zone.key) if isinstance(cell, datetime) else cell


def story_context(request: DeskRequest, ticket_id: str) -> dict[str, Any]:
    """Return what a page or a drawer tells of one ticket.

    Raises:
        NotFoundError: no such ticket, or not one this reader may see.
    """
    story = request.desk.ticket(ticket_id)
    zone = ZoneInfo(request.desk.settings.time_zone)
    return {
        "story": story,
        "promises": promises_of(story),
        "history": history_of(story),
        "summary": summary_of(request, story.id),
        "summary_ticket": story.id,
        "shown_facts": {
            name: _there(cell, zone)
            for name, cell in story.ticket.items()
            if cell is not None and not name.startswith("is_") and name not in TITLE
        },
        "marks": [
            name.removeprefix("is_")
            for name in ("is_spam", "is_merged", "is_deleted")
            if story.ticket.get(name)
        ],
    }


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
