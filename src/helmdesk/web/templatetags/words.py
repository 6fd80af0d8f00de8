"""Numbers, instants and verdicts as people read them; the same words as on the command line."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from helmdesk.analysis.scorecard import Card
from helmdesk.analysis.sla_at import ClockState
from helmdesk.query.judgement import Badge, Judgement, Standing
from helmdesk.query.measurement import Measurement
from helmdesk.query.segments import OFFERED
from helmdesk.query.ticks import short
from helmdesk.query.words import (
    show_change,
    show_duration,
    show_measurement,
    show_reason,
    show_segment,
    show_size,
    show_value,
)
from helmdesk.web.charts.sparkline import sparkline as draw_sparkline
from helmdesk.web.labels import column_words, value_words
from helmdesk.web.loading_words import on_site

register = template.Library()
HOUR = 3600
SENTENCE = re.compile(r".*?\.(?=\s|$)")
MARKS = {
    Judgement.BETTER: "▲",
    Judgement.WORSE: "▼",
    Judgement.HIGHER: "↑",
    Judgement.LOWER: "↓",
    Judgement.NO_CLEAR_CHANGE: "≈",
    Judgement.NO_CHANGE: "=",
    Judgement.TOO_FEW: "…",
}
TONES = {
    Judgement.BETTER: "good",
    Judgement.WORSE: "bad",
    Standing.MET: "good",
    Standing.MISSED: "bad",
}


@register.filter(name="on_site")
def said_on_site(said: str) -> str:
    """Return what a report of a load says, without the command line."""
    return on_site(said)


@register.filter
def value(measurement: Measurement) -> str:
    """Return a measurement's value in its unit."""
    return show_measurement(measurement)[0]


@register.filter
def interval(measurement: Measurement) -> str:
    """Return a measurement's 95% interval; empty where none exists."""
    return show_measurement(measurement)[1]


@register.filter
def why(measurement: Measurement) -> str:
    """Return why a measurement has no value, or not one to rely on, and the next step."""
    return show_reason(measurement.reason)


@register.filter
def in_unit(number: float | None, unit: str) -> str:
    """Return a number in a unit; a dash for none."""
    return "–" if number is None else show_value(float(number), unit)


@register.filter
def duration(seconds: float | None) -> str:
    """Return seconds as words; a dash for none."""
    return "–" if seconds is None else show_duration(float(seconds))


@register.filter
def working(seconds: float | None) -> str:
    """Return seconds of a clock that may stand still overnight as words: never days, which have no
    fixed length there.
    """
    return "–" if seconds is None else show_duration(float(seconds), is_business=True)


@register.filter
def segment(name: Any) -> str:
    """Return a group's name; rows without one are a visible segment."""
    return show_segment(name)


@register.filter
def change(card: Card) -> str:
    """Return a card's change with its sign and, where it exists, its interval."""
    if card.change is None:
        return ""
    moved, unit = card.change, card.now.unit
    text = show_change(moved.value, unit)
    if moved.low is None or moved.high is None:
        return text
    return f"{text} ({show_change(moved.low, unit)} to {show_change(moved.high, unit)})"


@register.filter
def moved(card: Card) -> str:
    """Return a card's change with its sign alone."""
    return "" if card.change is None else show_change(card.change.value, card.now.unit)


@register.filter
def off(card: Card) -> str:
    """Return how far a card's value lies beyond its target; empty where it is met."""
    missed = card.missed_by
    if missed is None or card.now.value is None or card.target is None:
        return ""
    low = card.target[0] if isinstance(card.target, tuple) else card.target
    return f"{show_size(missed, card.now.unit)} {'under' if card.now.value < low else 'over'}"


@register.filter
def aim(card: Card) -> str:
    """Return a card's target without words."""
    if card.target is None:
        return ""
    ends = card.target if isinstance(card.target, tuple) else (card.target,)
    return "–".join(short(show_value(end, card.now.unit)) for end in ends)


@register.filter
def likely(measurement: Measurement) -> str:
    """Return a measurement's likely range and how many cases stand behind it."""
    interval = show_measurement(measurement)[1]
    cases = f"{measurement.n:,} case{'' if measurement.n == 1 else 's'}"
    return f"Likely range {interval} · {cases}" if interval else cases


@register.filter
def day(instant: date) -> str:
    """Return a day as "4 June 2026"."""
    return f"{instant:%-d %B %Y}"


@register.filter
def target(card: Card) -> str:
    """Return a card's target in its unit."""
    if card.target is None:
        return ""
    if isinstance(card.target, tuple):
        return (
            f"{show_value(card.target[0], card.now.unit)} to"
            f" {show_value(card.target[1], card.now.unit)}"
        )
    return (
        f"{'at most' if card.metric.direction == 'lower' else 'at least'}"
        f" {show_value(card.target, card.now.unit)}"
    )


@register.filter
def mark(judged: Judgement) -> str:
    """Return a verdict's sign, so that colour is never alone."""
    return MARKS.get(judged, "")


@register.filter
def tone(judged: Judgement | Standing) -> str:
    """Return a verdict's style."""
    return TONES.get(judged, "calm")


@register.filter
def words(text: str) -> str:
    """Return an identifier as words."""
    return str(text).replace("_", " ")


@register.filter
def local(instant: datetime | None, zone: str) -> str:
    """Return a naive UTC instant in a zone, the same in every language; a dash for none."""
    if instant is None:
        return "–"
    return (
        instant.replace(tzinfo=instant.tzinfo or UTC)
        .astimezone(ZoneInfo(zone))
        .strftime("%Y-%m-%d %H:%M")
    )


@register.filter
def moment(instant: datetime | None, zone: str) -> SafeString:
    """Return a naive UTC instant as a reader says it, in a zone that its title names; a dash for
    none.
    """
    if instant is None:
        return SafeString("–")
    there = instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(ZoneInfo(zone))
    now = datetime.now(ZoneInfo(zone))
    if there.date() == now.date():
        said = f"{there:%H:%M} today"
    else:
        said = f"{short_day(there.date(), now.date())}, {there:%H:%M}"
    return format_html('<time datetime="{}" title="{}">{}</time>', there.isoformat(), zone, said)


def short_day(day: date, today: date) -> str:
    """Return a day as "4 May", with its year where that is another one."""
    return f"{day:%-d %b}" if day.year == today.year else f"{day:%-d %b %Y}"


@register.filter
def cell(content: Any, zone: str) -> str:
    """Return a cell of a row as text."""
    if content is None:
        return "–"
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, datetime):
        return local(content, zone)
    if isinstance(content, date):
        return content.isoformat()
    if isinstance(content, float):
        return f"{content:,.2f}".rstrip("0").rstrip(".")
    return str(content)


@register.filter
def told(content: Any, name: str) -> Any:
    """Return a cell of a row as people read it, by the name of its column."""
    if content is None and name not in OFFERED and name != "agent":
        return "–"
    if isinstance(content, datetime):
        return moment(content, "UTC") if content.tzinfo is None else _there(content)
    if isinstance(content, float):
        return f"{content:,.2f}".rstrip("0").rstrip(".")
    if isinstance(content, date):
        return short_day(content, date.today())
    return (
        content
        if isinstance(content, int) and not isinstance(content, bool)
        else (value_words(name, content))
    )


def _there(instant: datetime) -> SafeString:
    said = f"{short_day(instant.date(), date.today())}, {instant:%H:%M}"
    return format_html('<time datetime="{}">{}</time>', instant.isoformat(), said)


@register.filter
def label(name: str) -> str:
    """Return what a column is called."""
    return column_words(name)


@register.filter
def first_lower(text: str) -> str:
    """Return a sentence as it stands after a colon."""
    return f"{text[:1].lower()}{text[1:]}"


@register.filter
def first_sentence(text: str) -> str:
    """Return the first sentence of a text."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split())
    found = SENTENCE.match(paragraph)
    return found[0] if found else paragraph


@register.filter
def standing(clock: dict[str, Any]) -> str:
    """Return how a promise stands, as a style: late, soon, hold or nothing."""
    if clock["time_left_seconds"] < 0:
        return "late"
    if clock["state"] == ClockState.PAUSED:
        return "hold"
    return "soon" if clock["time_left_seconds"] < HOUR else ""


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """Return what `mapping` holds under `key`, or None."""
    return mapping.get(key) if mapping is not None else None


@register.filter
def percent(share: float | None) -> str:
    """Return a share as a percentage."""
    return "–" if share is None else f"{share:.0%}"


@register.simple_tag
def badge(shown: Badge) -> SafeString:
    """Draw a verdict: filled where it lasts, outlined where it is one week's, dashed where nothing
    is known; an icon says the same as the colour.
    """
    return format_html(
        '<span class="v {}{}"><i class="i i-{}" aria-hidden="true"></i><span>{}</span></span>',
        shown.tone,
        " week" if shown.is_one_week else "",
        shown.icon,
        shown.word,
    )


@register.simple_tag
def sparkline(card: Card) -> SafeString:
    """Draw a card's trend."""
    return draw_sparkline(card.trend, card.metric.name, card.tone, card.normal)


@register.simple_tag(takes_context=True)
def view_query(context: template.Context, **changes: Any) -> str:
    """Return this page's address with changes."""
    return str(
        context["view"].query(
            **{name: None if value == "" else value for name, value in changes.items()}
        )
    )


@register.filter
@cache
def address(name: str, *parts: str) -> str:
    """Return the address of a view that stays the same as long as the site runs."""
    return reverse(name, args=parts)


@register.simple_tag(takes_context=True)
def metric_url(context: template.Context, key: str, **changes: Any) -> str:
    """Return the address of a metric's page in the present view."""
    view = context.get("view")
    parts = {"variant": None, "grain": None, "by": None, "clock": None, **changes}
    return address("metric", key) + (view.query(**parts) if view else "")


@register.filter
def is_link(content: Any) -> bool:
    """Whether a table's cell is a text with an address."""
    return isinstance(content, tuple)


@register.filter
def attribute(thing: Any, name: str) -> Any:
    """Return a named part of the view's state."""
    return getattr(thing, name, "")


@register.filter
def is_seconds(name: str) -> bool:
    """Whether a column holds durations."""
    return name.endswith("_seconds")


@register.filter
def magnitude(number: float) -> float:
    """Return a number without its sign."""
    return abs(number)


@register.filter
def file_name(path: str | None) -> str:
    """Return the last part of a path."""
    return str(path or "").replace("\\", "/").rsplit("/", 1)[-1]


@register.filter
def pretty(content: Any) -> str:
    """Return a definition as indented text."""
    return json.dumps(content, indent=2, ensure_ascii=False)


@register.filter
def prose(text: str) -> SafeString:
    """Return text in paragraphs; single line ends are only where an editor wrapped."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return format_html_join("", "<p>{}</p>", ((part,) for part in paragraphs if part))
