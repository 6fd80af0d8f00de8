"""Every error Helmdesk raises on purpose.

HelmdeskError                exit 1   something failed; the message says what and what to do
├── UsageError               exit 2   the request itself is wrong
│   ├── SettingError         exit 2   a setting in helmdesk.toml
│   ├── MappingError         exit 2   a mapping file, before anything is loaded
│   ├── FilterError          exit 2   a --where expression
│   ├── MixedCurrencies      exit 2   amounts that have no sum
│   ├── OutOfRangeError      exit 2   a window that holds none of the data's time
│   └── TooLargeError        exit 2   more numbers, or more memory, than one question may take
├── NotFoundError            exit 3   no such desk, file, metric, dimension, version ...
├── NotPermittedError        exit 3   it exists, and this reader may not see it
├── InputError               exit 4   a file that cannot be read as what it claims to be
├── DataQualityError         exit 4   not loaded: too much of it would go to quarantine
├── DamageError              exit 4   files of the lake are missing or damaged; says which batches
they held ├── TooLongError             exit 1   a question took longer than it may, or nobody waits
for it any more ├── BusyError                exit 1   too many questions at the same time; ask again
└── ConflictError            exit 5   two truths disagree
    └── ReceiptMismatch      exit 5   a receipt that the lake does not confirm
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HelmdeskError(Exception):
    """Base of all errors whose message is written for the user (one line, no traceback).

    Attributes:
        what: what is wrong; where there is room for a few words only, such as on a card, these are
        told. mend: what to do; empty where that is said nowhere, or within `what`.

    Args:
        offers: told right after `what`: the nearest name, and which there are.
    """

    exit_code = 1

    def __init__(self, what: str = "", mend: str = "", *, offers: str = "") -> None:
        super().__init__(f"{what}{offers}; {mend}" if mend else f"{what}{offers}")
        self.what, self.mend = what, mend


class UsageError(HelmdeskError):
    """The request is malformed: unknown option value, impossible period, wrong type."""

    exit_code = 2


class SettingError(UsageError):
    """A setting is unknown or has a value outside its range."""


class MappingError(UsageError):
    """A mapping file is wrong; raised before a single row is loaded."""


class FilterError(UsageError):
    """A filter is not a condition over declared dimensions."""


class OutOfRangeError(UsageError):
    """A window lies wholly before or after the data: nothing is known of it, and nothing is not
    zero.
    """


class TooLargeError(UsageError):
    """A question asks for more numbers, or takes more memory, than one question may."""


class TooLongError(HelmdeskError):
    """A question was stopped: it took longer than it may, or nobody waits for its answer any
    more.
    """


class BusyError(HelmdeskError):
    """Too many questions are being answered at the same time."""


class NotFoundError(HelmdeskError):
    """The named thing does not exist; the message offers the nearest name."""

    exit_code = 3


class MixedCurrencies(UsageError):
    """Amounts in several currencies have no sum."""


class NotPermittedError(HelmdeskError):
    """The reader's policy does not allow the question; the message says what may be asked
    instead.
    """

    exit_code = 3


class InputError(HelmdeskError):
    """A file cannot be read at all: binary, empty, missing column, wrong encoding."""

    exit_code = 4


class DataQualityError(HelmdeskError):
    """Nothing was stored: the share of rows that would go to quarantine is above the desk's limit.

    Attributes:
        report: what the load found, a `LoadReport`.
    """

    report: object = None

    exit_code = 4


class DamageError(HelmdeskError):
    """Files of the lake are missing or damaged; the message says which, and whose records they
    held.
    """

    exit_code = 4


class ConflictError(HelmdeskError):
    """Two truths disagree: a concurrent writer, or a receipt and its lake."""

    exit_code = 5


class ReceiptMismatch(ConflictError):
    """A receipt was edited, or recomputing it gives another answer."""


# What the machine says, in whatever library's words, and what it means.
MACHINE_PROBLEMS = {
    "No space left on device": "the disk is full: free some space and run it again",
    "database or disk is full": "the disk is full: free some space and do it again",
    "Read-only file system": "the folder cannot be written to",
    "readonly database": (
        "the site's database cannot be written to: let this user write to the folder 'site', and do"
        " it again"
    ),
    "Permission denied": "the folder cannot be written to by this user",
    "Disk quota exceeded": "the disk quota is used up: free some space and run it again",
    "File too large": "the system allows no file of this size",
    "Input/output error": (
        "the disk does not answer properly: look at the system's log before you go on"
    ),
    "disk I/O error": (
        "the disk does not answer properly: look at the system's log before you go on"
    ),
    "disk image is malformed": (
        "the site's database is damaged: helmdesk doctor says more; restore a backup"
    ),
    "file is not a database": (
        "the site's database is damaged: helmdesk doctor says more; restore a backup"
    ),
    "database is locked": (
        "somebody else is writing to the site's database: do it again in a moment"
    ),
    "Out of Memory": "there is not enough memory: close something, or load in smaller parts",
}


def machine_problem(error: BaseException) -> str | None:
    """Return what the machine lacks and what to do, where that is why something failed."""
    said = (str(error) or type(error).__name__).splitlines()[0].lower()
    return next(
        (meaning for phrase, meaning in MACHINE_PROBLEMS.items() if phrase.lower() in said), None
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known word, or ``""`` when none is close."""
    match = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{match[0]}'?" if match else ""
