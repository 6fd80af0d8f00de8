"""Summaries on the site: at once in their own words, a language model's after it was tried, turned
on and asked; stopped with one click; nobody waits.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.summarising import Case, Summarising
from helmdesk.predict.summary import Passage, extract

As = Callable[[str], Any]
START = datetime(2026, 3, 2, 9)
SAID = (
    ("m-a", True, "The export of invoice 4711 stops after 20 rows."),
    ("m-b", False, "We will send a corrected file by Friday."),
)
WRITTEN = "The export of invoice 4711 stops after 20 rows; a corrected file by Friday."


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool, str]]:
    """What was said on every ticket that a reader may see, the same on each."""
    told = list(SAID)

    def of(self: Summarising, ticket_id: str) -> Case:
        story = self._answers.ticket(ticket_id)
        passages = tuple(
            Passage(key, START + timedelta(hours=place), by_customer, words)
            for place, (key, by_customer, words) in enumerate(told)
        )
        return Case(story.id, passages, extract(passages), repr(told)[-60:], lambda text: text)

    monkeypatch.setattr(Summarising, "of", of)
    return told


@pytest.fixture
def server() -> Iterator[tuple[str, list[Any]]]:
    """A language model's address, and what it answers: the first of a list, each time."""
    answers: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            content = {"message": {"content": answers.pop(0)}, "finish_reason": "stop"}
            body = json.dumps({"choices": [content]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_said: Any) -> None:
            """Keep quiet."""

    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{found.server_address[1]}/v1", answers
    found.shutdown()
    found.server_close()


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    yield
    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.apps.summaries.models import Summary, Writer

    Summary.objects.all().delete()
    Writer.objects.all().delete()
    Job.objects.filter(kind="summarise").delete()


def work_off() -> None:
    from helmdesk.web.apps.jobs.worker import Worker
    from helmdesk.web.apps.summaries.jobs import summarise

    Worker(is_thread=False, known={summarise.name: summarise}).work_off()


def a_ticket(site: Path) -> str:
    from helmdesk.desk.desk import Desk

    return str(Desk(site).rows("ticket_volume", limit=1).table.to_pylist()[0]["ticket_id"])


def answer(*sentences: tuple[str, list[str]]) -> str:
    return json.dumps({"sentences": [{"text": text, "cites": cites} for text, cites in sentences]})


def turned_on(as_: As, address: str, state: str = "on") -> None:
    ada = as_("ada")
    given = {"do": "keep", "address": address, "name": "tiny"}
    assert ada.post("/settings/summaries/change", given).status_code == 302
    if state == "on":
        assert ada.post("/settings/summaries/change", {"do": "on"}).status_code == 302


def test_without_a_model_a_ticket_tells_the_case_in_their_own_words(
    as_: As, site: Path, said: Any
) -> None:
    page = as_("lea").get(f"/ticket/{a_ticket(site)}").content.decode()
    assert SAID[0][2] in page and SAID[1][2] in page and "2026-03-02T" in page
    assert "/write" not in page
    assert as_("lea").post(f"/summaries/{a_ticket(site)}/write").status_code == 400


def test_a_model_is_tried_turned_on_asked_and_stopped(
    as_: As, site: Path, said: list[tuple[str, bool, str]], server: tuple[str, list[Any]]
) -> None:
    address, answers = server
    ticket, ada, lea = a_ticket(site), as_("ada"), as_("lea")
    turned_on(as_, address, "preview")
    assert "/write" not in lea.get(f"/ticket/{ticket}").content.decode(), "only tried as yet"
    ada.post("/settings/summaries/change", {"do": "try", "ticket": ticket})
    answers.append(answer((WRITTEN, ["m1", "m2"]), ("A refund of 900 was approved.", ["m1"])))
    work_off()
    tried = ada.get("/settings/summaries").content.decode()
    assert WRITTEN in tried and "Left out" in tried and "refund of 900" in tried
    assert WRITTEN not in lea.get(f"/ticket/{ticket}").content.decode()
    ada.post("/settings/summaries/change", {"do": "on"})
    assert lea.post(f"/summaries/{ticket}/write").status_code == 302
    waiting = lea.get(f"/ticket/{ticket}").content.decode()
    assert SAID[0][2] in waiting and WRITTEN not in waiting, "nobody waits"
    answers.append(answer((WRITTEN, ["m1", "m2"])))
    work_off()
    page = lea.get(f"/ticket/{ticket}").content.decode()
    assert WRITTEN in page and "Written by tiny" in page
    # Another message: what was written is of before.
    said.append(("m-c", True, "Friday is over, where is the file?"))
    assert WRITTEN not in lea.get(f"/ticket/{ticket}").content.decode()
    said.pop()
    ada.post("/settings/summaries/change", {"do": "off"})
    assert WRITTEN not in lea.get(f"/ticket/{ticket}").content.decode()


@pytest.mark.parametrize("bad", ["I cannot do that.", answer(("All is well today.", ["m1"])), None])
def test_what_does_not_hold_leaves_their_own_words(
    as_: As, site: Path, said: Any, server: tuple[str, list[Any]], bad: str | None
) -> None:
    turned_on(as_, server[0])
    ticket, lea = a_ticket(site), as_("lea")
    lea.post(f"/summaries/{ticket}/write")
    server[1].append(bad)
    work_off()
    page = lea.get(f"/ticket/{ticket}").content.decode()
    assert SAID[0][2] in page and "All is well" not in page


def test_a_server_elsewhere_is_asked_only_where_the_site_may_send(
    as_: As, site: Path, said: Any
) -> None:
    from helmdesk.web.apps.jobs.models import Switch
    from helmdesk.web.apps.summaries.models import Summary

    assert Switch.read() != Switch.State.ON
    turned_on(as_, "https://models.example/v1")
    as_("lea").post(f"/summaries/{a_ticket(site)}/write")
    work_off()
    assert Summary.objects.get().problem and not Summary.objects.get().told


def test_only_administrators_choose_and_only_colleagues_ask(as_: As, site: Path, said: Any) -> None:
    for who in ("lea", "ann", "hugo", "vic"):
        assert as_(who).post("/settings/summaries/change", {"do": "off"}).status_code == 403
    assert as_("vic").post(f"/summaries/{a_ticket(site)}/write").status_code == 403
    wrong = {"do": "keep", "address": "file:///etc/passwd", "name": "x"}
    assert as_("ada").post("/settings/summaries/change", wrong).status_code == 422


def test_an_erasure_throws_summaries_away(site: Path) -> None:
    from helmdesk.web.apps.people.erasure import clean_database
    from helmdesk.web.apps.summaries.models import Summary

    Summary.objects.create(ticket_id="T1", stamp="x", told=answer(("Of somebody else", ["m1"])))
    clean_database(["Zvxq8erased"])
    assert not Summary.objects.exists()


def test_the_migrations_say_what_the_models_say(site: Path) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "summaries", check=True, dry_run=True, verbosity=0)
