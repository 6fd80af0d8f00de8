"""The site over a small sample, in this process for most tests and as a real server for browsers.

``HELMDESK_TEST_DATABASE`` names a PostgreSQL server to run the same tests on; every worker makes a
database of its own.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from desks import make_desk
from helmdesk.desk.desk import Desk

PASSWORD = "correct horse battery staple"
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"role": "administrator"},
    "lea": {"role": "leader"},
    "tom": {"role": "team_lead", "teams": ["Frontline Berlin"]},
    "ann": {"role": "analyst"},
    "pat": {"role": "planner"},
    "hugo": {"role": "agent", "agent": "Hugo"},
    "vic": {"role": "account_viewer", "account": "Dalora"},
}


def _database(worker: str) -> str:
    server = os.environ.get("HELMDESK_TEST_DATABASE", "")
    if not server:
        return ""
    import psycopg

    name = f"helmdesk_test_{worker}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')  # type: ignore[call-overload]
    return server.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, sample_at: Callable[[Path, float], Desk]
) -> Path:
    """A desk with the sample and a prepared site; Django is set up once in a process."""
    folder = sample_at(tmp_path_factory.mktemp("site") / "desk", 0.05).path
    os.environ["HELMDESK_DATABASE"] = _database(os.environ.get("PYTEST_XDIST_WORKER", "main"))
    os.environ["HELMDESK_LOG_LEVEL"] = "ERROR"
    from helmdesk.web.prepare import prepare, start_django

    start_django(folder)
    from django.conf import settings

    # No test pulls the plug: each of thousands of commits waits for no disk.
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if "init_command" in options:
        options["init_command"] += "; pragma synchronous = off"
    prepare()
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from helmdesk.web.apps.people.models import Person

    settings.ALLOWED_HOSTS.append("testserver")
    # Cheap hashes: what is tried here is who comes in, not how long a guess takes.
    (
        Argon2PasswordHasher.time_cost,
        Argon2PasswordHasher.memory_cost,
        Argon2PasswordHasher.parallelism,
    ) = (1, 8, 1)
    for name, who in PEOPLE.items():
        Person.objects.create_user(name, password=PASSWORD, **who)
    return folder


@pytest.fixture
def as_(site: Path) -> Callable[[str], Any]:
    """Return a client signed in as somebody; errors of views are answers, as they are for a
    browser.
    """
    from django.test import Client

    from helmdesk.web.apps.people.models import Person

    def sign_in(name: str = "", *, is_fresh: bool = False, **options: Any) -> Client:
        """Sign in; `is_fresh`: the password was asked for a moment ago, as sensitive acts want."""
        client = Client(raise_request_exception=False, **options)
        if name:
            person = Person.objects.get(username=name)
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            if is_fresh:
                session = client.session
                session["account_authentication_methods"] = [
                    {"method": "password", "at": time.time(), "reauthenticated": True}
                ]
                session["account_authentication_methods_user"] = str(person.pk)
                session.save()
        return client

    return sign_in


class Server:
    """A running ``helmdesk serve``."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {**os.environ, "HELMDESK_LOG_LEVEL": "ERROR"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        command = [
            sys.executable,
            "-m",
            "helmdesk",
            "serve",
            "--desk",
            str(folder),
            "--port",
            str(port),
            *options,
        ]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self.url = f"http://127.0.0.1:{port}"
        self.said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if "Helmdesk is at" in line:
                break
        self._wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).read()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the server did not come up:\n{self.said}")

    @property
    def code(self) -> str:
        """The one-time code it printed."""
        if "one-time code" not in self.said:
            assert self.process.stdout is not None
            self.said += self.process.stdout.readline()
        found = re.search(r"one-time code: (\S+)", self.said)
        assert found, self.said
        return found[1]

    def stop(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait(20)
        if self.process.stdout:
            self.process.stdout.close()


@contextmanager
def loading_into(path: Path) -> Iterator[Desk]:
    """Make an empty desk that the site loads into, and leave no job behind."""
    from django.test import override_settings

    from helmdesk.web.apps.jobs.models import Job
    from helmdesk.web.pages.data.models import LoadJob

    Job.objects.all().delete()  # of other tests of this process
    with override_settings(DESK_FOLDER=path):
        yield make_desk(path)
    Job.objects.all().delete()
    LoadJob.objects.all().delete()


@pytest.fixture(scope="session")
def server(site: Path) -> Iterator[Server]:
    """The same site as a real server; jobs of the site are for the tests of this process, which
    give them folders of their own.
    """
    running = Server(site, "--no-worker")
    yield running
    running.stop()


PATIENCE = 120_000  # milliseconds


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    path = os.environ.get("HELMDESK_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.skip("needs Chromium (set HELMDESK_CHROMIUM)")
    from playwright.sync_api import expect, sync_playwright

    # Half a minute is short on a busy machine, and who waits for what comes loses nothing.
    expect.set_options(timeout=PATIENCE)

    # Playwright keeps an event loop on this thread, which Django takes for an asynchronous view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        opened = browser.new_context

        def patient(**options: Any) -> Any:
            context = opened(**options)
            context.set_default_timeout(PATIENCE)
            return context

        browser.new_context = patient  # type: ignore[method-assign]
        yield browser
        browser.close()


def text(response: Any) -> str:
    """Return a page that was shown, however the lines of its template are broken."""
    assert response.status_code == 200, response.content[:500]
    return " ".join(response.content.decode().split())


def read(page: Any, pattern: str) -> re.Match[str]:
    """Read what a page says, once it says it."""
    from playwright.sync_api import expect

    main = page.locator("main")
    expect(main).to_contain_text(re.compile(pattern.replace(" ", r"\s+")))
    found = re.search(pattern, " ".join(main.text_content().split()))
    assert found
    return found
