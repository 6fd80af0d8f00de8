"""Shared fixtures: real data beside the project when it is there, desks made once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.sample.generate import create_sample

SHARED = Path(os.environ.get("HELMDESK_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
Run = Callable[..., subprocess.CompletedProcess[str]]


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
def sample_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The full sample desk, made once; tests must not write to it."""
    desk, _ = create_sample(tmp_path_factory.mktemp("sample") / "desk")
    return desk


@pytest.fixture(scope="session")
def small_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A twentieth of the sample, for tests that need many questions; read-only too."""
    desk, _ = create_sample(tmp_path_factory.mktemp("small") / "desk", scale=0.05)
    return desk


@pytest.fixture
def helmdesk() -> Run:
    """Run the real command in a process of its own."""

    def run(*arguments: str | Path, code: int | None = 0, **options: object) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HELMDESK_DESK")}
        environment["HELMDESK_DEBUG"] = ""
        done = subprocess.run(
            [sys.executable, "-m", "helmdesk", *map(str, arguments)],
            capture_output=True, text=True, env=environment, timeout=240, check=False, **options,  # type: ignore[call-overload]
        )  # fmt: skip
        if code is not None:
            assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
