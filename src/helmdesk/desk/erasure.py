"""Erasing a person from a desk's records, marts and dismissals; the site's database is the site's
business.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Collection

from helmdesk.desk.desk import Desk
from helmdesk.desk.marts import Step, silent
from helmdesk.lake.erasure import Erasure, erase_customers
from helmdesk.quoting import doubled

ERASED = "[erased]"


def eraser(words: Collection[str]) -> Callable[[str], str]:
    """Return what takes words out of a text: whole words only, because an id may be as short as
    "77" and stand inside another number.

    Filters write an apostrophe twice: there O'Brien is O''Brien.
    """
    spelled = sorted(
        {each for word in words for each in (word, doubled(word))}, key=len, reverse=True
    )
    pattern = re.compile(
        "|".join(rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in spelled) or r"(?!)"
    )
    return lambda text: pattern.sub(ERASED, text)


def erase(desk: Desk, customers: Collection[str], on_step: Step = silent) -> Erasure:
    """Erase customers for good; their tickets stay in the numbers without a name.

    Receipts made before cannot be verified afterwards, and earlier lake versions cannot be read:
    both held the person. What left the desk (downloads, backups, mail) is not reached. Running it
    again finishes an erasure that was interrupted.

    Args:
        customers: ids as recorded, such as the helpdesk's user ids.

    Raises:
        NotFoundError: no record names any of them, and none was erased before.
    """
    on_step("rewriting the lake")
    done = erase_customers(desk.lake, customers, desk.path)
    desk.folder.dismissals.erase(eraser(done.words))
    desk.folder.taxonomies.erase(eraser({word.lower() for word in done.words}))
    on_step("building the mart without them")
    desk.marts.remove()
    desk.refresh(is_forced=True)
    shutil.rmtree(desk.path / "site" / "uploads", ignore_errors=True)
    return done
