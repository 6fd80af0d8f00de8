"""A desk that stays open: for a process that answers many questions, from many threads, over the
newest mart.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helmdesk.desk.desk import Desk
from helmdesk.desk.live_marts import Elsewhere, LiveMarts, OpenMart
from helmdesk.desk.scoped import ScopedDesk
from helmdesk.settings import Settings

if TYPE_CHECKING:
    from helmdesk.query.policy import Policy

__all__ = ["Elsewhere", "LiveDesk", "OpenMart"]


class LiveDesk(Desk):
    """A desk whose mart is opened once and whose results are remembered.

    Settings and metrics of the desk's own are read again when their files change. When settings
    change that act on facts, the mart is made anew in the background. Until it is there, answers
    are those of the old mart, under the settings it was made with: its receipts say so, and
    `notice` does.

    Args:
        elsewhere: makes marts anew; None lets a thread do it.
    """

    marts: LiveMarts

    def __init__(self, path: Path | str, elsewhere: Elsewhere | None = None) -> None:
        self._elsewhere = elsewhere
        super().__init__(path)

    def _make_marts(self) -> LiveMarts:
        return LiveMarts(self.folder, self._elsewhere)

    def follow(self) -> None:
        """Read settings and metric definitions again if somebody changed them.

        Raises:
            SettingError: what is there now is not valid.
        """
        self.marts.follow()

    def change_settings(self, changed: Settings) -> None:
        """Write the settings of the desk, and follow them."""
        self.folder.write_settings(changed)
        self.follow()

    def as_seen_by(self, policy: Policy) -> ScopedDesk:
        """Return what one reader may hold of this desk."""
        return ScopedDesk(self, policy)

    def open_mart(self) -> OpenMart:
        """Return the published mart, opened if it is not yet."""
        return self.marts.open_mart()

    def notice(self) -> str:
        """Return what a reader must know about the numbers of this moment; empty when there is
        nothing.
        """
        return self.marts.notice()

    def keep_answers(self, secret: bytes) -> int:
        """Keep what was answered for the next process, beside the mart and signed with the secret;
        return how many answers.
        """
        return self.marts.keep_answers(secret)

    def take_answers(self, secret: bytes) -> int:
        """Remember what another process of the same secret has answered; return how many
        answers.
        """
        return self.marts.take_answers(secret)

    def identity(self) -> tuple[object, ...]:
        """Return what an answer depends on beside its question: the mart, settings, metrics of the
        desk's own, and what is dismissed.
        """
        return self.marts.identity()
