"""What a folder of modules of one kind holds: adding one is adding a file."""

from __future__ import annotations

import importlib
import pkgutil


def module_names(package: str) -> list[str]:
    """Return the names of a package's modules, sorted; folders inside it hold what they share and
    are none.
    """
    return sorted(
        module.name
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
        if not module.ispkg
    )
