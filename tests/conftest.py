"""Shared fixtures: real data beside the project when it is there, desks made once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from commands import Run
from desks import kept_open
from helmdesk.cli import main
from helmdesk.desk.desk import Desk
from helmdesk.desk.folder import MARTS_FOLDER
from helmdesk.marts.mart import published_mart
from helmdesk.sample.generate import create_sample

SHARED = Path(os.environ.get("HELMDESK_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


SLOW = frozenset(Path(__file__).with_name("slow.txt").read_text(encoding="utf-8").split())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that were seen to be slow; `slow.py` says which they are."""
    for item in items:
        if item.nodeid.split("[")[0] in SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return a file of the shared data folder, or skip when the project stands alone."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"needs shared data: {name} (set HELMDESK_SHARED_DATA)")
        return path

    return find


@pytest.fixture(scope="session")
def sample_at(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, float], Desk]:
    """Put a sample of a given scale somewhere; each is made once, by whichever worker is first, and
    copied from there.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def put(path: Path, scale: float) -> Desk:
        made = shared / f"sample-{scale}"
        with FileLock(f"{made}.lock"):
            if not published_mart(made / MARTS_FOLDER):
                shutil.rmtree(made, ignore_errors=True)  # a worker that was stopped half-way
                create_sample(made, scale=scale)
        return Desk(shutil.copytree(made, path))

    return put


@pytest.fixture(scope="session")
def sample_desk(
    tmp_path_factory: pytest.TempPathFactory, sample_at: Callable[[Path, float], Desk]
) -> Iterator[Desk]:
    """The full sample desk; tests must not write to it."""
    yield from kept_open(sample_at(tmp_path_factory.mktemp("sample") / "desk", 1.0))


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """What takes down a result that was counted, for `benchmarks/act.py` to tell: (goal, count)."""
    return record_property


@pytest.fixture(scope="session")
def small_desk(
    tmp_path_factory: pytest.TempPathFactory, sample_at: Callable[[Path, float], Desk]
) -> Iterator[Desk]:
    """A twentieth of the sample, for tests that need many questions; read-only too."""
    yield from kept_open(sample_at(tmp_path_factory.mktemp("small") / "desk", 0.05))


# What these start lives as long as their process: a Django, a server.
IN_A_PROCESS = frozenset(
    (
        "actions",
        "alerts",
        "audit",
        "booking",
        "dismiss",
        "doctor",
        "erase",
        "serve",
        "surveys",
        "work",
    )
)


def _in_process(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run the command here: Python and its libraries are there already, which is most of what a
    command takes.
    """
    with CliRunner().isolation() as (out, err, _):
        code = main._code(list(arguments))
        sys.stdout.flush()
        return subprocess.CompletedProcess(
            arguments, code, out.getvalue().decode(), err.getvalue().decode()
        )


def _has_site(arguments: Sequence[str]) -> bool:
    """Whether a desk is named that has a site: what reads it starts Django, once in a process."""
    return any(len(each) < 200 and (Path(each) / "site").is_dir() for each in (*arguments, "."))


def _is_django_up() -> bool:
    conf = sys.modules.get("django.conf")
    return conf is not None and conf.settings.configured


@pytest.fixture
def helmdesk(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command as a shell would; in a process of its own where it starts something that
    stays.
    """

    def run(
        *given: str | Path, code: int | None = 0, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        arguments = [*map(str, given)]
        with monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("HELMDESK_DESK")]:
                patch.delenv(name)
            patch.setenv("HELMDESK_DEBUG", "")
            if cwd is not None:
                patch.chdir(cwd)
            if arguments[0] in IN_A_PROCESS or _has_site(arguments):
                command = [sys.executable, "-m", "helmdesk", *arguments]
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=240, check=False
                )
            else:
                was_up = _is_django_up()
                done = _in_process(arguments)
                # The tests of the site that follow would meet this desk's, and not their own.
                assert was_up or not _is_django_up(), f"{arguments[0]} wants a process of its own"
        if code is not None:
            assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
