"""Jobs about jobs."""

from __future__ import annotations

from datetime import timedelta

from helmdesk.web.apps.jobs import queue
from helmdesk.web.apps.jobs.kind import Finish, Held, Nothing, job

KEPT = timedelta(days=30)


@job("tidy", "Forget jobs that ended a month ago", Nothing, schedule="daily 03:30")
def tidy(held: Held[Nothing]) -> Finish:
    """Delete what nobody has to look at any more."""
    return lambda: queue.forget_ended(queue.now() - KEPT)
