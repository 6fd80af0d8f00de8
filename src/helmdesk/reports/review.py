"""The business review: what a customer company, or everybody, experienced, and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from helmdesk.analysis.scorecard import Card, Scorecard
from helmdesk.errors import NotFoundError, nearest
from helmdesk.insight.verdict import Tone
from helmdesk.query.filters import Compare, to_text
from helmdesk.query.measurement import Measurements
from helmdesk.query.receipt import Receipt
from helmdesk.query.window import Window
from helmdesk.query.words import show_count, show_measurement, show_segment, show_value
from helmdesk.reports.document import Cell, Column, Document, Items, Paragraph, Section, Table
from helmdesk.reports.figures import draw, parts_figure
from helmdesk.reports.scorecard import cover, find, numbers, target_words
from helmdesk.reports.source import Source, days

if TYPE_CHECKING:
    from helmdesk.analysis.accounts import Account

# What a customer feels and was promised; costs and people's time are the desk's own affair.
KEYS = (
    "csat",
    "nps",
    "ces",
    "fcr",
    "account_health",
    "ticket_volume",
    "first_response_time",
    "resolution_time",
    "sla_compliance",
    "reopen_rate",
    "escalation_rate",
    "backlog",
    "backlog_age",
)
MOST_REASONS = 8
MOST_OPEN = 12


def review_report(source: Source, *, account: str | None = None, **asked: Any) -> Document:
    """Return a business review of one customer company, or of the whole desk.

    Args:
        account: name of the company, as the dimension `account` says it; None: everybody.
        asked: start, end, window and compare, as `Questions.scorecard` takes them; a quarter is
        usual.

    Raises:
        NotFoundError: no such account that this reader may see.
    """
    where = to_text(Compare("account", "=", account)) if account else None
    known = _account(source, account, **asked) if account else None
    keys = [key for key in KEYS if source.has(key)]
    found = find(source, keys, where, **asked)
    drawn = draw(source, found, where)
    reasons, counted = _reasons(source, found.window, where)
    sections = [
        *([_about(known)] if known else []),
        *numbers(source, found, drawn),
        *reasons,
        _open(source, where),
        _to_discuss(found),
    ]
    return source.document(
        title=f"Business review: {account}" if account else "Business review",
        subtitle=days(found.window, source.zone),
        cover=_cover(found, account),
        sections=tuple(sections),
        receipts=(*source.receipts(found, where), *drawn.receipts, *counted),
        keys=tuple(card.metric.key for card in found.cards if not card.reason),
    )


def _account(source: Source, name: str, **asked: Any) -> Account:
    window = source.ask.window(**asked)
    found = source.ask.accounts(start=source.local(window.start), end=source.local(window.until))
    known = next((each for each in found if each.name == name), None)
    if known is None:
        names = [each.name for each in found]
        raise NotFoundError(f"there is no account '{name}'{nearest(name, names)}")
    return known


def _about(account: Account) -> Section:
    value = account.contract_value
    told = (
        ("Tier", account.tier),
        ("Region", account.region),
        ("Contract value", None if value is None else f"{value:,.0f} {account.currency}".strip()),
        ("Promises", ", ".join(account.policies)),
        ("Account owner", account.owner),
    )
    rows = tuple((Cell(name), Cell(text)) for name, text in told if text)
    columns = (Column("Contract", width=1), Column("", width=3))
    return Section("The customer", (Table("The customer", columns, rows),))


def _cover(found: Scorecard, account: str | None) -> str:
    volume = next((card for card in found.cards if card.metric.key == "ticket_volume"), None)
    came = ""
    if volume is not None and volume.now.value is not None:
        who = account or "Customers"
        before = volume.before.value
        than = f", {before:,.0f} in the days before" if before is not None else ""
        came = f"{who} wrote or called {volume.now.value:,.0f} times{than}. "
    return f"{came}{cover(found.cards)}"


def _reasons(
    source: Source, window: Window, where: str | None
) -> tuple[list[Section], list[tuple[str, Receipt]]]:
    """Return what people wrote about, most first, beside the days before; what people do is no
    ranking of people.
    """

    def ask(start: str, end: str) -> Measurements:
        return source.ask.measure(
            "ticket_volume", by="issue_type", start=start, end=end, where=where
        )

    local = source.local
    counted = ask(local(window.start), local(window.until))
    earlier = ask(local(window.previous_start), local(window.previous_end))
    now, before = ({m.group[0][1]: m.value for m in each if m.value} for each in (counted, earlier))
    if not now or set(now) == {None}:
        return [], []
    receipts = [("what it was about", counted.receipt), ("the same before", earlier.receipt)]
    table = _reason_table(now, before)
    metric = source.find_metric("ticket_volume").metric
    figure = parts_figure(metric, "issue_type", list(counted), list(earlier))
    blocks = (table,) if figure is None else (table, figure)
    return [Section("What it was about", blocks)], receipts


def _reason_table(now: dict[str | None, float], before: dict[str | None, float]) -> Table:
    total = sum(now.values())
    order = sorted(now, key=lambda each: (-now[each], str(each)))
    rows = [
        (
            Cell(show_segment(each).replace("_", " ")),
            Cell(f"{now[each]:,.0f}", now[each], "tickets"),
            Cell(show_value(now[each] / total, "share"), now[each] / total, "share"),
            Cell(f"{before.get(each, 0.0):,.0f}", before.get(each, 0.0), "tickets"),
        )
        for each in order[:MOST_REASONS]
    ]
    left = len(order) - MOST_REASONS
    columns = (
        Column("About", width=2.5),
        Column("Tickets", is_number=True),
        Column("Share", is_number=True),
        Column("Before", is_number=True),
    )
    note = f"{show_count(left, 'more kind')} with fewer tickets." if left > 0 else ""
    return Table("Reasons", columns, tuple(rows), note)


def _open(source: Source, where: str | None) -> Section:
    """Return what is promised and not yet kept, the least time left first."""
    clocks = source.ask.sla_at(where=where)
    if not clocks:
        return Section("Open promises", (Paragraph("No promised answer or solution is due."),))
    late = sum(each["time_left_seconds"] < 0 for each in clocks)
    told = f"{show_count(len(clocks), 'promise')} running, {late or 'none'} of them late."
    columns = (
        Column("Ticket", width=1.2),
        Column("Promised", width=1.5),
        Column("Time left", is_number=True),
        Column("Priority"),
        Column("Team", width=1.8),
    )
    rows = tuple(
        (
            Cell(str(each["ticket_id"])),
            Cell(str(each["clock"]).replace("_", " ")),
            Cell(
                show_value(abs(each["time_left_seconds"]), "seconds")
                + (" late" if each["time_left_seconds"] < 0 else ""),
                each["time_left_seconds"],
                "seconds",
                Tone.WORSE if each["time_left_seconds"] < 0 else "",
            ),
            Cell(show_segment(each["priority"])),
            Cell(show_segment(each["team"])),
        )
        for each in clocks[:MOST_OPEN]
    )
    left = len(clocks) - MOST_OPEN
    note = f"{left} more have more time left." if left > 0 else ""
    return Section("Open promises", (Paragraph(told), Table("Open promises", columns, rows, note)))


def _to_discuss(found: Scorecard) -> Section:
    """Return what to talk about: what got worse, what misses its target, what got better."""
    texts = [*_moved(found.cards, Tone.WORSE), *_missed(found.cards)]
    texts += _moved(found.cards, Tone.BETTER)
    if not texts:
        texts = ["Nothing moved beyond chance. Is there anything the numbers do not show?"]
    return Section("To talk about", (Items(tuple(texts)),))


def _moved(cards: Sequence[Card], tone: Tone) -> list[str]:
    return [
        f"{card.metric.name}: {card.story}." for card in cards if card.tone == tone and card.story
    ]


def _missed(cards: Sequence[Card]) -> list[str]:
    return [
        f"{card.metric.name} is {show_measurement(card.now)[0]}, {target_words(card)}"
        for card in cards
        if card.missed_by is not None and not card.reason
    ]
