"""Lists show who needs attention first, any column by choice, and a ticket beside them."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

from helmdesk.desk.live import LiveDesk
from web.conftest import text


def table_of(page: str) -> list[list[str]]:
    body = page.split('aria-label="Rows"')[1].split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", unescape(cell)).split()) for cell in cells]
        for row in body.split("</tr>")
        if (cells := re.findall(r"<td[^>]*>(.*?)</td>", row))
    ]


def test_tickets_stand_newest_first_with_what_matters(as_: Any, site: Path) -> None:
    page = text(as_("lea").get("/tickets?window=91-days"))
    for label in ("Ticket", "Subject", "Account", "Assignee", "Priority", "Status", "Opened"):
        assert f'data-label="{label}"' in page
    desk = LiveDesk(site)
    rows = desk.rows("ticket_volume", window="91-days", sort="created_at", is_descending=True)
    newest = rows.table.slice(0, 25).column("ticket_id").to_pylist()
    assert [row[0] for row in table_of(page)] == newest


def test_columns_are_chosen_in_the_address(as_: Any) -> None:
    lea = as_("lea")
    page = text(lea.get("/tickets?columns=ticket_id&columns=team&rows=tight"))
    shown = re.findall(r'data-label="([^"]+)"', page.split("</tr>")[1])
    assert shown == ["Ticket", "Team"] and 'class="stacked tight"' in page
    # Pages and sorting keep them, and nothing that is no column breaks the list.
    assert "columns=ticket_id%2Cteam" in page
    assert lea.get("/tickets?columns=password&columns=ticket_id").status_code == 200


def test_time_left_is_that_of_the_promise_that_runs_out_first(as_: Any, site: Path) -> None:
    desk = LiveDesk(site)
    first = desk.sla_at()[0]
    lea = as_("lea")
    link = unescape(
        re.search(r'href="(/tickets\?[^"]*metric=backlog[^"]*)"', text(lea.get("/now")))[1]
    )  # type: ignore[index]
    page = text(lea.get(f"{link}&columns=ticket_id,time_left"))
    rows = {row[0]: row[1] for row in table_of(page)}
    assert rows and "Time left" in page
    left = {clock["ticket_id"] for clock in desk.sla_at()}
    assert {ticket for ticket, told in rows.items() if told != "–"} == left & set(rows)
    if first["time_left_seconds"] < 0 and first["ticket_id"] in rows:
        assert rows[first["ticket_id"]].startswith("late by")


def test_a_ticket_opens_beside_its_list(as_: Any, site: Path) -> None:
    lea = as_("lea")
    ticket = table_of(text(lea.get("/tickets?window=91-days&channel=phone")))[0][0]
    page = text(lea.get(f"/tickets?window=91-days&channel=phone&ticket={ticket}"))
    assert 'class="drawer"' in page and f"Ticket {ticket}" in page
    assert 'tr class="sel"' in page and len(table_of(page)) > 1
    drawer = page.split('class="drawer"')[1]
    assert 'href="?channel=phone&amp;window=91-days"' in drawer or "window=91-days" in drawer
    story = LiveDesk(site).ticket(ticket)
    assert drawer.count("wrote") == sum(bool(each["is_public"]) for each in story.messages)
    assert lea.get("/tickets?ticket=no-such").status_code == 404


def test_nobody_sees_columns_that_are_not_theirs(as_: Any) -> None:
    vic = text(as_("vic").get("/tickets?window=364-days&columns=ticket_id,agent,subject"))
    assert 'data-label="Assignee"' not in vic and 'data-label="Subject"' in vic


def test_accounts_at_risk_stand_first_and_say_why(as_: Any, site: Path) -> None:
    from helmdesk.query.judgement import Judgement

    page = unescape(text(as_("lea").get("/accounts?window=364-days")))
    names = re.findall(r'<a href="/accounts/[^"]+">([^<]+)</a>', page)
    found = {each.name: each for each in LiveDesk(site).accounts(window="364-days")}
    worse = [found[name].verdict is Judgement.WORSE for name in names]
    assert sorted(names) == sorted(found) and worse == sorted(worse, reverse=True)
    told = page.count("less satisfied than it was") + page.count("Less satisfied than it was")
    assert told == sum(worse)
