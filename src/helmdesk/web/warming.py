"""What most readers ask first is computed before they ask: at the start, and after every load.

It is asked under the readers' own policies, into the cache that their pages read, which is kept
beside the mart: the next process need not ask again.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from helmdesk.errors import HelmdeskError
from helmdesk.insight.today import today_of
from helmdesk.query.policy import Policy
from helmdesk.query.window import boundary
from helmdesk.web.access import LEADS, Role, policy_for
from helmdesk.web.view_state import DEFAULT_WINDOW

if TYPE_CHECKING:
    from helmdesk.desk.live import LiveDesk

log = logging.getLogger("helmdesk.web")
LOOKS_EVERY = 5.0
"""Seconds between two looks whether the numbers have changed."""
MOST_READERS, SEEN_WITHIN = 12, timedelta(days=14)


def readers(desk: LiveDesk) -> list[Policy]:
    """Return the policies of the leads who were here lately, the widest first; many share one.

    Where nobody was, such as before somebody first signs in, it is the leader's, who sees all.
    """
    from helmdesk.web.apps.people.models import Person

    lately = timezone.now() - SEEN_WITHIN
    people = Person.objects.filter(
        is_active=True, role__in=[role.value for role in LEADS], last_login__gt=lately
    )
    impersonal = frozenset(desk.settings.fields_without_people)
    expected = people or [Person(role=Role.LEADER)]
    found = dict.fromkeys(policy_for(person, impersonal) for person in expected)
    return sorted(found, key=lambda policy: policy.predicate is not None)[:MOST_READERS]


def warm(desk: LiveDesk, policy: Policy) -> None:
    """Ask what Home asks for one policy.

    Raises:
        HelmdeskError: it cannot be asked, such as of an empty desk.
    """
    from helmdesk.web.pages.insight.page import Reader, annotations_of

    seen, notes = desk.as_seen_by(policy), annotations_of(Reader(policy))
    if not seen.record_types:
        return
    seen.segments()
    seen.open_work()
    seen.sla_at()
    seen.events()
    seen.scorecard(trend="week", annotations=notes, window=DEFAULT_WINDOW)
    zone = seen.settings.time_zone
    end = boundary(seen.window(window=DEFAULT_WINDOW).end, zone)
    stories = today_of(seen.brief(annotations=notes, end=end)).stories
    for story in stories[:1]:
        # What the first button of Home leads to.
        own = annotations_of(Reader(policy), story.metric)
        seen.explain(story.metric, end=end, annotations=own)
        seen.rules(story.metric, end=end, annotations=own)


def state(desk: LiveDesk) -> tuple[object, ...]:
    """Return what the answers depend on: numbers, definitions, dismissals, notes and readers."""
    from helmdesk.web.pages.annotations.models import Annotation
    from helmdesk.web.pages.insight.page import Reader

    policies = readers(desk)
    return (
        desk.identity(),
        tuple(policies),
        tuple(Annotation.state(Reader(policy)) for policy in policies),
    )


def keep_warm(path: Path) -> None:
    """Look every few seconds whether the numbers have changed, and ask again when they have."""
    import duckdb

    from helmdesk.web.middleware import live_desk

    known: tuple[object, ...] = ()
    secret = settings.SECRET_KEY.encode()
    while True:
        try:
            desk = live_desk(path)
            desk.follow()
            now = state(desk)
            if now != known:
                known = now
                taken = desk.take_answers(secret)
                began = time.monotonic()
                for policy in readers(desk):
                    warm(desk, policy)
                kept = desk.keep_answers(secret)
                log.info(
                    "warmed",
                    extra={
                        "taken": taken,
                        "kept": kept,
                        "seconds": round(time.monotonic() - began, 2),
                    },
                )
        # That a mart was replaced under a question, DuckDB says; the next look asks the new one.
        except (HelmdeskError, DatabaseError, OSError, duckdb.Error) as error:
            log.info("not warmed", extra={"error": type(error).__name__})
        finally:
            close_old_connections()
        time.sleep(LOOKS_EVERY)


def start_warming(path: Path) -> None:
    """Keep the cache of this process warm in the background."""
    Thread(target=keep_warm, args=(path,), name="warming", daemon=True).start()
