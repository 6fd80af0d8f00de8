"""Helmdesk: what is really happening in a support operation, why, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from helmdesk.version import __version__

if TYPE_CHECKING:
    from helmdesk.desk.desk import Desk
    from helmdesk.errors import HelmdeskError

__all__ = ["Desk", "HelmdeskError", "__version__", "open"]


def open(path: Path | str) -> Desk:
    """Open an existing desk.

    Raises:
        NotFoundError: `path` is no desk.
    """
    from helmdesk.desk.desk import Desk

    return Desk(path)


def __getattr__(name: str) -> Any:
    """Import public names when they are first used: `import helmdesk` alone must cost nothing."""
    if name == "Desk":
        from helmdesk.desk.desk import Desk

        return Desk
    if name == "HelmdeskError":
        from helmdesk.errors import HelmdeskError

        return HelmdeskError
    raise AttributeError(f"module 'helmdesk' has no attribute '{name}'")
