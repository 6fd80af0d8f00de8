"""What people have dismissed: a verdict, or a standing finding, that is not told again until it
changes.

One small file in the desk's folder holds for the command line, Python, the site and its API. No
number depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from helmdesk.errors import InputError
from helmdesk.insight.finding import shell_word
from helmdesk.lake.durable import sync
from helmdesk.query.filters import All, parse_filter, simplified, to_text
from helmdesk.query.request import Request
from helmdesk.query.window import wall
from helmdesk.replacement import replace_text

FILE = "dismissals.json"
LONGEST_REASON = 200


@dataclass(frozen=True)
class Dismissal:
    """What somebody wants to hear no more of until it changes.

    Attributes:
        subject: key of a metric, or of a standing finding.
        where: what both the filter and the reader's policy let through, as text; empty for the
        whole desk. identity: of what was told; another level, episode or segment has another one.
        by: who dismissed it. at: when, in UTC. reason: why, in that person's words; may be empty.
    """

    subject: str
    where: str
    identity: str
    by: str
    at: datetime
    reason: str = ""

    def words(self, zone: str) -> str:
        """Say who dismissed it, on which local day, and why."""
        return f"dismissed by {self.by} on {wall(self.at, zone):%-d %B %Y}" + (
            f": {self.reason}" if self.reason else ""
        )

    @property
    def undo(self) -> str:
        """How to be told again, on the command line."""
        return f"helmdesk dismiss {self.subject} --undo" + (
            f" --where {shell_word(self.where)}" if self.where else ""
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "at": self.at.isoformat()}


def scope_of(request: Request) -> str:
    """Return what filter and policy of a request let through, in one spelling; empty for
    everything.

    A lead who sees one team and a leader who filters by it look at the same verdict, and share its
    dismissal.
    """
    parts = tuple(part for part in (request.policy.predicate, request.where) if part is not None)
    return to_text(simplified(All(parts))) if parts else ""


class Dismissals:
    """The dismissals of a desk.

    Args:
        desk: its folder.
    """

    def __init__(self, desk: Path) -> None:
        self._file = desk / FILE

    def all(self) -> tuple[Dismissal, ...]:
        """Return every dismissal, oldest first.

        Raises:
            InputError: the file was changed by hand, and is not valid.
        """
        try:
            given = json.loads(self._file.read_text(encoding="utf-8"))
            return tuple(
                Dismissal(**{**each, "at": datetime.fromisoformat(each["at"])}) for each in given
            )
        except FileNotFoundError:
            return ()
        except (ValueError, TypeError, KeyError) as error:
            names = ", ".join(field.name for field in fields(Dismissal))
            raise InputError(
                f"{self._file}: not a list of dismissals, each with {names} ({error}); mend it, or"
                " delete it to be told everything again"
            ) from error

    def stamp(self) -> tuple[int, ...]:
        """Return what changes with the file."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def of(self, request: Request) -> Mapping[str, Dismissal]:
        """Return what is dismissed for the rows that a request's filter and policy let through, by
        identity.

        Who sees a part of the columns only is no colleague of those who dismiss, and is told
        everything.
        """
        if request.policy.is_outsider:
            return {}
        scope = scope_of(request)
        return {each.identity: each for each in self.all() if each.where == scope}

    def add(self, dismissal: Dismissal) -> None:
        """Keep a dismissal; one of the same thing gives way."""
        self._change(
            lambda known: [*(each for each in known if not _is_same(each, dismissal)), dismissal]
        )

    def remove(self, subject: str, where: str) -> tuple[Dismissal, ...]:
        """Forget all dismissals of a subject within a scope; return them."""
        gone = tuple(each for each in self.all() if (each.subject, each.where) == (subject, where))
        if gone:
            self._change(lambda known: [each for each in known if each not in gone])
        return gone

    def forget(self) -> None:
        """Forget all."""
        if self.all():
            self._change(lambda _known: ())

    def erase(self, without: Callable[[str], str]) -> int:
        """Take a person's names out of every text; return how many dismissals held one."""

        def nameless(each: Dismissal) -> Dismissal:
            texts = {
                name: without(getattr(each, name)) for name in ("where", "identity", "by", "reason")
            }
            return replace(each, **texts)  # type: ignore[arg-type]

        count = sum(nameless(each) != each for each in self.all())
        if count:
            self._change(lambda known: map(nameless, known))
        return count

    def _change(self, make: Callable[[tuple[Dismissal, ...]], Iterable[Dismissal]]) -> None:
        """Write the file anew, whole or not at all, one writer at a time."""
        with FileLock(self._file.with_suffix(".lock")):
            body = json.dumps(
                [each.as_dict() for each in make(self.all())], indent=1, ensure_ascii=False
            )
            replace_text(self._file, body + "\n")
            sync(self._file.absolute().parent)


def _is_same(one: Dismissal, other: Dismissal) -> bool:
    return (one.where, one.identity) == (other.where, other.identity)


def may_see(dismissal: Dismissal, request: Request) -> bool:
    """Whether a dismissal speaks of nothing beyond what a reader's policy lets through."""
    predicate = request.policy.predicate
    if predicate is None:
        return True
    return (
        bool(dismissal.where)
        and to_text(simplified(All((parse_filter(dismissal.where), predicate)))) == dismissal.where
    )
