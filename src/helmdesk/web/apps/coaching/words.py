"""What pages, mails and the PDF of coaching packs say."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from helmdesk.web.apps.coaching.models import Pack, Version

ABOUT = (
    "One agent's own numbers beside what the mix of their work predicts, and under which conditions"
    " they worked. Lead and agent see the same, and nobody else sees it. Nobody is put beside"
    " anybody, and no number here sums a person up."
)


def name_of(pack: Pack) -> str:
    """Return whom a pack is about."""
    return str(pack.person.agent or pack.person)


def days_words(version: Version) -> str:
    """Return which days a version looks at."""
    return f"{version.start:%-d %B %Y} to {version.end - timedelta(days=1):%-d %B %Y}"


def step_words(version: Version) -> str:
    """Return the next step and its day."""
    if not version.step or version.step_on is None:
        return "No next step was proposed yet."
    return f"{version.step} (until {version.step_on:%-d %B %Y})"


def agreed_words(version: Version, zone: str) -> str:
    """Return who agreed to the next step, and when."""
    if not version.step:
        return "Propose one, with a day to look at it again."
    told = [
        f"the {who} agreed on {_day(at, zone)}" if at else f"the {who} has not agreed yet"
        for who, at in (("lead", version.lead_agreed_at), ("agent", version.agent_agreed_at))
    ]
    words = "; ".join(told)
    return f"{words[0].upper()}{words[1:]}."


def _day(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%-d %B %Y}"
