"""Every account with health, contract, promises kept and open work; one account's page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse

from helmdesk.analysis.accounts import Account
from helmdesk.desk.theming import Told
from helmdesk.errors import NotFoundError
from helmdesk.facts.build.taxonomy import OTHER
from helmdesk.query.judgement import Judgement
from helmdesk.web.access import EVERYONE, LEADS, Role
from helmdesk.web.charts.lines import Line, draw_line
from helmdesk.web.page import Page, Route
from helmdesk.web.pages.metric.page import notes_on
from helmdesk.web.pages.metric.parts import measure
from helmdesk.web.pages.scorecard.page import find_cards, pillars, window_words
from helmdesk.web.rendering import filters, show
from helmdesk.web.request import DeskRequest
from helmdesk.web.view_state import ViewState

ORDERS = {
    "risk": "at risk first",
    "name": "name",
    "health": "health, least first",
    "value": "contract value, most first",
    "open": "open work, most first",
    "renewal": "next to renew first",
}
MOST_THEMES = 5
POOR_HEALTH = 70
"""Below this an account's health, of 100, is told as a reason."""
ACCOUNT_CARDS = (
    "account_health",
    "csat",
    "nps",
    "sla_compliance",
    "first_response_time",
    "resolution_time",
    "ticket_volume",
    "backlog",
    "backlog_age",
    "reopen_rate",
    "escalation_rate",
)


def accounts(request: DeskRequest) -> HttpResponse:
    """List all accounts; what money is exposed to breaches stands above."""
    view = ViewState.of(request)
    question = view.question(request)
    found = request.desk.accounts(**question)
    order = request.GET.get("order", "risk")
    listed = sorted(found, key=lambda account: _order(account, order))
    exposure = find_cards(request, view, ["breach_exposure", "sla_compliance", "account_health"])
    has_renewals = any(each.renews_on for each in found)
    context: dict[str, Any] = {
        "has_renewals": has_renewals,
        "accounts": [(each, reasons(each)) for each in listed],
        "at_risk": sum(bool(reasons(each)) for each in found),
        "orders": {key: words for key, words in ORDERS.items() if has_renewals or key != "renewal"},
        "order": order,
        "exposure": exposure.cards,
        "guards": exposure.guards,
        "window": window_words(request, exposure, view),
    }
    return show(
        request,
        "accounts.html",
        "Accounts",
        **context,
        **filters(request, view, fixed={"order": order} if order != "risk" else {}),
    )


def reasons(account: Account) -> list[str]:
    """Say why an account needs somebody, the weightiest first; nothing where it does not."""
    found = []
    if account.verdict is Judgement.WORSE:
        found.append("less satisfied than it was")
    if account.aged:
        found.append(f"{account.aged} open for more than a week")
    health = account.measured.get("account_health")
    if health and health.value is not None and health.value < POOR_HEALTH:
        found.append(f"health {health.value:.0f} of 100")
    return found


def _order(account: Account, order: str) -> tuple[Any, ...]:
    measured = account.measured
    if order == "risk":
        why = reasons(account)
        is_worse = account.verdict is Judgement.WORSE
        return (not is_worse, -len(why), -(account.contract_value or 0), account.name)
    if order == "health":
        health = measured.get("account_health")
        return (health is None or health.value is None, health.value if health else 0, account.name)
    if order == "value":
        return (account.contract_value is None, -(account.contract_value or 0), account.name)
    if order == "renewal":
        return (account.renews_on is None, account.renews_on or date.max, account.name)
    if order == "open":
        return (-(measured["backlog"].n if "backlog" in measured else 0), account.name)
    return (account.name,)


def account(request: DeskRequest, name: str) -> HttpResponse:
    """Show one account: its cards, its course against its own past, its open clocks."""
    own = getattr(request.user, "account", "")
    if getattr(request.user, "role", "") == Role.ACCOUNT_VIEWER and name != own:
        raise NotFoundError(f"there is no account '{name}' that you may see")
    view = ViewState.of(request)
    narrowed = ViewState.read({**view.items(), "account": name}, view.compare)
    question = narrowed.question(request)
    found = request.desk.accounts(start=question["start"], end=question["end"])
    known = next((each for each in found if each.name == name), None)
    if known is None:
        raise NotFoundError(f"there is no account '{name}' that you may see")
    cards = find_cards(request, narrowed, ACCOUNT_CARDS)
    course = measure(request, "csat", where=narrowed.filter, grain="month")
    line = Line("Satisfaction", course, "month", flags=notes_on(request, "csat", narrowed))
    clocks = request.desk.sla_at(where=narrowed.filter)
    context = {
        "account": known,
        "pillars": pillars(tuple(card for card in cards.cards if not card.reason)),
        "guards": cards.guards,
        "course": draw_line(line) if course else None,
        "course_columns": ("Month", "Satisfied", "Likely range", "Answers"),
        "why": reasons(known),
        "clocks": clocks[:20],
        "window": window_words(request, cards, view),
        "empty_cards": [card for card in cards.cards if card.reason],
        "narrowed": narrowed,
        "themes": _themes(request, narrowed),
    }
    return show(
        request, "account.html", name, **context, **{**filters(request, view), "view": narrowed}
    )


def _themes(request: DeskRequest, view: ViewState) -> tuple[Told, ...]:
    """Return what an account's tickets are mostly about; only for colleagues."""
    if request.policy.is_outsider:
        return ()
    report = request.desk.themes.report("tickets", quotes=0, **view.asked, where=view.filter)
    return tuple(each for each in report.themes if each.name != OTHER)[:MOST_THEMES]


page = Page(
    title="Accounts",
    roles=LEADS,
    routes=(
        Route("accounts", accounts, "accounts"),
        Route("accounts/<path:name>", account, "account", EVERYONE),
    ),
    place=40,
    key="a",
    help="health, contract and promises by customer company",
    group="Understand",
    icon="account",
)
