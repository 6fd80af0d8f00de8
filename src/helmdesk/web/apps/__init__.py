"""What the site remembers, one folder each: a Django app with models, and perhaps a page; it is
registered nowhere else.

A folder with a ``page.py`` has a page, as those in `pages` do; a folder with a ``jobs.py`` has
kinds of work in the background.
"""

from __future__ import annotations

import pkgutil


def apps_with_models() -> list[str]:
    """Return the dotted names of all app folders, without importing them."""
    return [
        f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__) if module.ispkg
    ]
