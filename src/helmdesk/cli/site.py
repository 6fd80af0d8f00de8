"""Starting the site's part of a desk, for commands that read or change what it remembers."""

from __future__ import annotations

from helmdesk.desk.desk import Desk
from helmdesk.errors import HelmdeskError


def start_site(desk: Desk) -> None:
    """Start the site's part of a desk, and bring its database up to date.

    Raises:
        HelmdeskError: its packages are not installed.
    """
    try:
        from helmdesk.web.prepare import migrate, start_django
    except ImportError as error:
        raise HelmdeskError(
            f"the site's packages are not installed ({error.name}); run: pip install"
            " 'helmdesk[site]'"
        ) from error
    start_django(desk.path)
    migrate()
