"""Writing a file anew in one step, without letting anybody read it who could not before."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Put `text` into a file; see `replace_file`."""
    replace_file(path, text.encode())


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` into a file: the whole of it or what was there, as open as it was; a new one is
    for its owner alone.
    """
    waiting = path.with_name(f".{path.name}.new")
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
    waiting.unlink(missing_ok=True)
    with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    waiting.chmod(mode)
    waiting.replace(path)
