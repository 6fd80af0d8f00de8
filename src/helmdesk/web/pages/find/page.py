"""Search over metrics, pages, accounts and tickets; what a reader may not see is not found."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse

from helmdesk.catalogue.discovery import Entry
from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.web.access import EVERYONE
from helmdesk.web.page import Page, Route, pages
from helmdesk.web.rendering import show
from helmdesk.web.request import DeskRequest

MOST = 12
SYNONYMS = {
    "average_speed_of_answer": "asa phone wait hold call queue answer",
    "service_level": "phone wait answered in time call",
    "missed_contact_rate": "abandoned hang up lost calls phone",
    "first_response_time": "frt reply time response wait first answer",
    "next_response_time": "reply time response wait",
    "resolution_time": "mttr time to solve close handling duration ttr",
    "average_handle_time": "aht talk time call length",
    "waiting_time": "wait customers wait",
    "customers_waiting": "wait",
    "csat": "satisfaction rating happy stars smiley",
    "ces": "effort easy",
    "nps": "recommend promoter loyalty churn",
    "account_health": "churn risk customers leaving renewals",
    "fcr": "one touch first call resolution solved at once",
    "reopen_rate": "came back again reopened",
    "escalation_rate": "handed over tier 2 second level",
    "backlog": "open tickets queue pile",
    "backlog_age": "old tickets oldest",
    "sla_compliance": "promises breach late in time target",
    "breach_exposure": "contract value at risk money late",
    "cost_per_ticket": "money price expensive cost per contact",
    "utilization": "busy paid time workload",
    "occupancy": "busy time on queue workload",
    "schedule_adherence": "shifts on time plan",
    "esat": "employee team mood burnout",
    "enps": "employee team recommend",
    "ticket_volume": "demand how many contacts incoming created",
    "resolution_rate": "solved per opened closed",
    "transfers": "passed on bounced",
    "booking_no_show_rate": "appointment missed absent did not come scheduled call",
    "booking_lead_time": "appointment how far ahead next free slot scheduled call",
    "reschedule_rate": "appointment moved postponed cancelled scheduled call booking",
    "customer_wait_for_call": "appointment how long until scheduled call booking",
    "queue_bypass_rate": "bypass direct calls bookmarked links calendar round the team",
}
"""Other words under which a number is looked for, beside its name, key and definition."""


def find(request: DeskRequest) -> HttpResponse:
    """Show what matches."""
    text = request.GET.get("q", "").strip()[:200]
    word = text.lower()
    found: list[tuple[str, str, str, str]] = []
    if word:
        role = getattr(request.user, "role", "")
        found += [
            ("page", page.title, reverse(page.name), page.help)
            for page in pages()
            if page.place is not None
            and role in page.roles
            and word in f"{page.title} {page.help}".lower()
        ]
        metrics = request.desk.catalogue.values()
        matching = [
            e
            for e in metrics
            if word in _words_of(e) or all(part in _words_of(e) for part in word.split())
        ]
        found += [
            ("number", e.metric.name, reverse("metric", args=[e.metric.key]), e.metric.formula)
            for e in matching[:MOST]
        ]
        accounts = request.desk.segments().get("account", [])
        found += [
            ("account", name, reverse("account", args=[name]), "")
            for name in accounts
            if word in name.lower()
        ][:MOST]
        try:
            story = request.desk.ticket(text)
            found.insert(
                0,
                ("ticket", text, reverse("ticket", args=[text]), story.ticket.get("subject") or ""),
            )
        except (NotFoundError, NotPermittedError):
            pass
    return show(request, "find.html", f"Find “{text}”" if text else "Find", text=text, found=found)


def _words_of(entry: Entry) -> str:
    """Return the words under which a number is found."""
    metric = entry.metric
    others = SYNONYMS.get(metric.key, "")
    return f"{metric.key} {metric.name} {others} {metric.pillar}".lower().replace("_", " ")


page = Page(title="Find", roles=EVERYONE, routes=(Route("find", find, "find"),), needs_data=False)
