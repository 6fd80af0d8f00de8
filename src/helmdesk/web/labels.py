"""Names that pages print for keys: what a dimension is called, and how its values read."""

from __future__ import annotations

import re

from helmdesk.query.words import NONE

DIMENSIONS = {
    "issue_type": "Kind of question",
    "theme": "Theme",
    "tier": "Customer tier",
    "first_queue": "First queue",
    "weekday": "Weekday",
    "hour": "Hour of the day",
    "tenure": "Time with the team",
    "reassigned": "Handed on",
    "waiting": "Who waits",
    "survey_timing": "When the survey was sent",
    "comment_theme": "What comments are about",
    "instrument": "Survey",
    "clock": "Promise",
    "policy": "SLA policy",
}
ACRONYMS = frozenset(
    [
        "API",
        "CES",
        "CSAT",
        "FAQ",
        "FCR",
        "ID",
        "IVR",
        "NPS",
        "SLA",
        "SMS",
        "SSO",
        "UI",
        "URL",
        "US",
        "UK",
        "EU",
        "VIP",
        "VPN",
    ]
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MISSING = {"agent": "Nobody yet", "team": "No team yet"}
NOT_SET = "Not set"


def dimension_words(name: str) -> str:
    """Return what a dimension is called on a page."""
    return DIMENSIONS.get(name) or sentence(name)


def value_words(dimension: str, value: object) -> str:
    """Return how a value of a dimension reads; rows without one are a visible segment."""
    if value is None or value in ("", NONE):
        return MISSING.get(dimension, NOT_SET)
    text = str(value)
    if dimension == "weekday" and text in "1234567" and len(text) == 1:
        return WEEKDAYS[int(text) - 1]
    if dimension == "hour" and text.isdigit():
        return f"{int(text):02d}:00"
    if text in ("True", "False", "true", "false"):
        return "Yes" if text.lower() == "true" else "No"
    # Only keys are rewritten: what people named stands as they wrote it.
    return sentence(text) if re.fullmatch(r"[a-z][a-z0-9_]*", text) else text


COLUMNS = {
    "ticket_id": "Ticket",
    "response_id": "Answer",
    "leg_id": "Contact",
    "first_reply_seconds": "First reply after",
    "resolution_seconds": "Solved after",
    "wait_seconds": "Waited",
    "talk_seconds": "Talked",
    "handle_seconds": "Handled for",
    "time_left_seconds": "Time left",
    "time_left": "Time left",
    "created_at": "Opened",
    "agent": "Assignee",
    "is_positive": "Satisfied",
    "is_reopened_in_time": "Reopened",
    "effort_points": "Points of effort",
    "further_contacts": "Further contacts",
    "handovers": "Passed on",
    "channel_switches": "Changes of channel",
    "questions_again": "Asked again",
    "waiting_days": "Days of waiting",
    "held_seconds": "Held for",
    "is_over": "No longer holds",
    "csat_chance": "Chance of a good answer",
    "ces_chance": "Chance of an easy answer",
    "fcr_chance": "Chance that it holds",
    "csat_is_good": "Answered well",
    "ces_is_easy": "Found it easy",
    "fcr_is_good": "Held",
    "csat_model": "Model",
    "ces_model": "Model",
    "fcr_model": "Model",
}


def column_words(name: str) -> str:
    """Return what a column of rows is called on a page."""
    if name in COLUMNS:
        return COLUMNS[name]
    for end, told in (("_seconds", ""), ("_at", ""), ("_id", "")):
        if name.endswith(end):
            return sentence(name.removesuffix(end) + told)
    return dimension_words(name.removeprefix("is_"))


def sentence(key: str) -> str:
    """Return a key in sentence case; known acronyms stay."""
    words = [word.upper() if word.upper() in ACRONYMS else word for word in key.split("_") if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]
