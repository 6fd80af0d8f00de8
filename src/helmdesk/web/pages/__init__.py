"""Pages, one folder each. A folder with a ``page.py`` is a page; it is registered nowhere else.

``page.py`` holds ``page = Page(...)``. The folder is a Django app of its own: it may have templates
and models.
"""

from __future__ import annotations

import pkgutil


def page_apps() -> list[str]:
    """Return the dotted names of all page folders, without importing them."""
    return [
        f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__) if module.ispkg
    ]
