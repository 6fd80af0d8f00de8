"""Events as messages of a chat: Slack's blocks and Microsoft Teams' adaptive cards.

All text is shown as it is: nothing that a customer typed becomes a link, a mention or markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

# What the two take, each less than its limit.
LONGEST_TITLE = 140
LONGEST_TEXT = 2900
MOST_PARAGRAPHS = 12
# Cards read these as markup.
MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!~|<>])")


@dataclass(frozen=True)
class Note:
    """What a chat is told.

    Attributes:
        title: one line.
        paragraphs: plain text.
        links: what to open, by what its button says; none where nobody said under which name the
        site is reached.
    """

    title: str
    paragraphs: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()


def note_of(topic: str, data: Mapping[str, Any]) -> Note | None:
    """Return an event as people read it; None for what is for programs alone."""
    if topic == "alert":
        title, link = str(data["title"]), _link("See the alert", "alert", data["rule"])
        return Note(
            title[:1].upper() + title[1:],
            (str(data["seen"]), f"The rule: {data['sentence']}"),
            link,
        )
    if topic == "brief":
        return _brief(data)
    if topic == "test":
        return Note(
            "A test message from Helmdesk",
            (f"Messages of {data['from']} reach this channel.",),
        )
    return None


def body_of(form: str, note: Note) -> dict[str, Any]:
    """Return a note in the form that a chat takes."""
    title = note.title[:LONGEST_TITLE]
    texts = [text[:LONGEST_TEXT] for text in note.paragraphs[:MOST_PARAGRAPHS] if text]
    return _slack(title, texts, note.links) if form == "slack" else _teams(title, texts, note.links)


def _brief(data: Mapping[str, Any]) -> Note:
    findings = data["findings"]
    told = [f"{place}. {each['title']}. {each['text']}" for place, each in enumerate(findings, 1)]
    title = f"The week from {data['start']}: " + (
        f"{len(findings)} {'thing' if len(findings) == 1 else 'things'} to know"
        if findings
        else "nothing calls for a decision"
    )
    quiet = f"Checked and quiet: {len(data['quiet'])} numbers."
    return Note(title, (*told, quiet), _link("Read the brief", "brief"))


def _link(words: str, name: str, *arguments: Any) -> tuple[tuple[str, str], ...]:
    base = settings.PUBLIC_URL
    return ((words, f"{base}{reverse(name, args=arguments)}"),) if base else ()


def _slack(title: str, texts: list[str], links: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    def plain(text: str) -> dict[str, Any]:
        return {"type": "plain_text", "text": text, "emoji": False}

    blocks: list[dict[str, Any]] = [{"type": "header", "text": plain(title)}]
    blocks += [{"type": "section", "text": plain(text)} for text in texts]
    if links:
        buttons = [{"type": "button", "text": plain(words), "url": url} for words, url in links]
        blocks.append({"type": "actions", "elements": buttons})
    # The text of notifications is read as markup where these three are not spelled out.
    said = title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": said, "blocks": blocks}


def _teams(title: str, texts: list[str], links: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    def line(text: str, **more: str) -> dict[str, Any]:
        return {"type": "TextBlock", "text": MARKUP.sub(r"\\\1", text), "wrap": True, **more}

    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [line(title, weight="Bolder", size="Medium"), *map(line, texts)],
        "actions": [{"type": "Action.OpenUrl", "title": words, "url": url} for words, url in links],
    }
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attached]}
