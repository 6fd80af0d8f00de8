"""What can be told of a site without starting it: whether its audit log is whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from helmdesk.desk.backup_secrets import RESTORED_NOTE
from helmdesk.errors import HelmdeskError, InputError
from helmdesk.replacement import replace_text
from helmdesk.web.prepare import start_django
from helmdesk.web.site_folder import SiteFolder

if TYPE_CHECKING:
    from helmdesk.web.apps.people.audit import AuditState


def audit_log(desk: Path, since: Path | None = None, keep: Path | None = None) -> AuditState | None:
    """Return the state of a desk's audit log, or None where there never was a site.

    Args:
        since: a file in which the end of the log was kept earlier; the log must still hold it.
        keep: where to keep the end as it is now, when the log is whole.

    Raises:
        InputError: `since` holds no end of a log.
        HelmdeskError: the database cannot be read, is of an earlier version, or came out of a
        backup a moment ago.
    """
    if not SiteFolder(desk.absolute()).has_database:
        return None
    if (desk / RESTORED_NOTE).is_file():
        raise HelmdeskError(
            "the desk came out of a backup, and its site was not started yet; its first start notes"
            " that in the audit log"
        )
    start_django(desk)
    from django.db import DatabaseError

    from helmdesk.web.apps.people.audit import audit_state, problem_since, signed_end

    try:
        state = audit_state()
        if since is not None and not state.problem:
            try:
                state = replace(state, problem=problem_since(since.read_text(encoding="ascii")))
            except ValueError as error:
                raise InputError(
                    f"{since}: not the kept end of an audit log",
                    "keep one with: helmdesk audit --keep FILE",
                ) from error
        if keep is not None and not state.problem:
            replace_text(keep, signed_end())
        return state
    except (DatabaseError, OSError) as error:
        raise HelmdeskError(
            f"the site's database cannot be read, or is of an earlier version ({error}); start the"
            " site once"
        ) from error
