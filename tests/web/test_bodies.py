"""What comes over the network is bounded before it is read: strangers' bodies, slow and half-open
connections.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helmdesk.act.survey_words import PHRASES

UPLOAD = (
    "POST /data/load HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length:"
    " 200000000\r\nContent-Type: multipart/form-data; boundary=x\r\n"
)

HELD, GO_ON = threading.Semaphore(0), threading.Event()


def answer(request: Any, environment: Any) -> list[bytes]:
    """An application that says how much of a body it got; for /slow it waits until it may."""
    if request["PATH_INFO"] == "/slow":
        HELD.release()
        assert GO_ON.wait(30)
    environment("200 OK", [("Content-Type", "text/plain")])
    return [f"got {len(request['wsgi.input'].read())}".encode()]


@pytest.fixture
def server(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from helmdesk.web import server as door

    for name, value in {
        "HEADER_SECONDS": 0.3,
        "BODY_GRACE_SECONDS": 0.5,
        "MOST_CONNECTIONS": 20,
    }.items():
        monkeypatch.setattr(door, name, value)
    made = door.make_server(
        answer, "127.0.0.1", 0, 2, 1_000_000, lambda headers: headers.get("COOKIE") == "keeper"
    )
    made.adj.cleanup_interval, made.adj.asyncore_loop_timeout = 0.1, 0.1
    threading.Thread(target=made.run, daemon=True).start()
    yield made
    made.close()


def ask(server: Any, text: str) -> str:
    with socket.create_connection(("127.0.0.1", server.effective_port), timeout=10) as there:
        there.sendall(text.encode())
        return b"".join(iter(lambda: there.recv(65_536), b"")).decode()


def test_a_strangers_body_is_not_read(server: Any) -> None:
    said = ask(server, UPLOAD + "\r\n")  # nothing of it was sent, and the answer is there
    assert said.startswith("HTTP/1.1 401 Unauthorized")
    assert "sign in first" in said
    assert "401" in ask(
        server,
        UPLOAD.replace("Content-Length: 200000000", "Transfer-Encoding: chunked")
        + "\r\n"
        + "40001\r\n"
        + "x" * 262_145
        + "\r\n",
    )
    customers = UPLOAD.replace("/data/load", "/s/token") + "Accept-Language: de-AT, en\r\n\r\n"
    assert ask(server, customers).startswith("HTTP/1.1 413 Content Too Large")
    assert PHRASES["de"].too_long in ask(server, customers), "customers are not told to sign in"
    assert "got 5" in ask(server, UPLOAD.replace("200000000", "5") + "\r\nhello")
    assert "413 Request Entity Too Large" in ask(server, UPLOAD + "Cookie: keeper\r\n\r\n")
    whole = UPLOAD.replace("200000000", "300000") + "Cookie: keeper\r\n\r\n" + "x" * 300_000
    assert "got 300000" in ask(server, whole)


@pytest.mark.parametrize(
    "half", ["", "GET / HTTP/1.1\r\nHost: loc", UPLOAD.replace("200000000", "200000") + "\r\nxx"]
)
def test_half_open_connections_do_not_stop_the_site(server: Any, half: str) -> None:
    address, held = ("127.0.0.1", server.effective_port), []
    for _ in range(40):
        there = socket.create_connection(address, timeout=10)
        there.sendall(half.encode())
        held.append(there)
    began = time.monotonic()
    assert "got 0" in ask(server, "GET / HTTP/1.0\r\n\r\n")
    assert time.monotonic() - began < 5
    assert len(server.active_channels) <= 22
    for there in held:
        there.close()


def test_who_dawdles_is_let_go(server: Any) -> None:
    for half in ("GET / HTTP/1.1\r\nHost: loc", UPLOAD.replace("200000000", "200000") + "\r\nx"):
        with socket.create_connection(("127.0.0.1", server.effective_port), timeout=10) as there:
            there.sendall(half.encode())
            for _ in range(100):
                time.sleep(0.05)
                try:
                    there.sendall(b"x")  # a byte now and then does not help
                except OSError:
                    break
            else:
                raise AssertionError("still connected")


def test_any_server_refuses_a_strangers_body(as_: Callable[[str], Any]) -> None:
    """What stands behind another server than ours refuses by the headers, too."""
    from django.test import Client

    class Untouchable:
        def read(self, *_sizes: int) -> bytes:
            raise AssertionError("a byte of the body was read")

        readline = read

    def send(client: Any, path: str, **headers: str) -> Any:
        given = {
            "CONTENT_LENGTH": "300000",
            "CONTENT_TYPE": "multipart/form-data; boundary=x",
            "wsgi.input": Untouchable(),
            **headers,
        }
        return client.generic("POST", path, **given)

    assert send(Client(), "/data/load").headers["Location"].startswith("/account/login/?next=")
    assert send(Client(), "/account/login/").status_code == 302
    assert send(Client(), "/api/v1/annotations").json()["code"] == "not_signed_in"
    assert send(as_("lea"), "/annotations").status_code == 403
    assert "256 KB" in send(as_("ann"), "/api/v1/annotations").json()["detail"]
    assert send(as_("lea"), "/annotations", CONTENT_LENGTH="many").status_code == 403


def test_who_may_send(as_: Callable[[str], Any]) -> None:
    from helmdesk.web.middleware import may_send

    assert not may_send({})
    assert not may_send({"COOKIE": "session=nobody"})
    for person, is_keeper in (("ann", True), ("lea", False)):
        assert (
            may_send({"COOKIE": f"other=1; session={as_(person).cookies['session'].value}"})
            is is_keeper
        )


def test_deep_json_is_no_failure_of_ours(as_: Callable[[str], Any]) -> None:
    for body in (
        "[" * 100_000,
        '{"a":' * 20_000,
        "[" * 50_000 + "]" * 50_000,
        '"' + "\\" * 5,
        "1e999",
        "9" * 10_000,
    ):
        said = as_("lea").post("/api/v1/annotations", body, content_type="application/json")
        assert 400 <= said.status_code < 500, (body[:20], said.content)


def test_too_many_parts_are_refused(as_: Callable[[str], Any]) -> None:
    fields = (
        "".join(
            f'--x\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n\r\n' for n in range(2_000)
        )
        + "--x--\r\n"
    )
    files = (
        "".join(
            f'--x\r\nContent-Disposition: form-data; name="files"; filename="f{n}"\r\n\r\n\r\n'
            for n in range(500)
        )
        + "--x--\r\n"
    )
    for body in (fields, files):
        said = as_("ann").generic("POST", "/data/load", body, "multipart/form-data; boundary=x")
        assert said.status_code == 400, said.content[:200]


def test_who_watches_the_site_stands_in_no_queue(server: Any) -> None:
    """Every thread is at work and more wait; the site's health is told all the same."""
    GO_ON.clear()
    slow = [
        threading.Thread(
            target=ask, args=(server, "GET /slow HTTP/1.1\r\nConnection: close\r\n\r\n")
        )
        for _ in range(4)
    ]
    for each in slow:
        each.start()
    try:
        assert HELD.acquire(timeout=10) and HELD.acquire(timeout=10)
        health = ask(server, "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert health.startswith("HTTP/1.1 200 OK") and "got 0" in health
        assert not GO_ON.is_set()
    finally:
        GO_ON.set()
        for each in slow:
            each.join(30)
