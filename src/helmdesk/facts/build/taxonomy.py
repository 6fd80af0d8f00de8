"""What a text is mostly about, by words that anybody can read and change.

A text belongs to the first theme whose words it holds; what names a matter comes before what
praises or blames in general. A text without any such words is "other". A desk has the twelve
levers of support, in English, until its folder holds ``themes.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.engines.engine import Engine
from helmdesk.facts.build.rows import put_rows
from helmdesk.quoting import text

OTHER = "other"
SERVICE, PRODUCT, NEITHER = "service", "product", ""
ABOUT = (SERVICE, PRODUCT, NEITHER)
"""What support does itself, what it can only report, and what is neither."""
MOST_THEMES, MOST_WORDS, MOST_LETTERS = 60, 200, 80

_USUAL = """
delivery | product | deliver*, shipping, shipment*, shipped, courier*, parcel*, package*, arriv*,
    pick up, pickup, lost in the post, lost in the mail
billing | product | refund*, billing, billed, invoice*, charged, overcharg*, payment*, price*,
    pricing, expensive, too much money, subscription fee, cost too, costs too
product | product | bug, bugs, buggy, crash*, glitch*, doesn't work, does not work, not working,
    stopped working, broken, defect*, damaged, faulty, product quality, poor quality, outage*,
    slow app, missing feature*, feature*, new version, last update, wrong product, wrong item
access | product | log in, login, logging in, sign in, signin, password*, locked out,
    account access, cannot access, can't access, two factor, two-factor, verification code*
policy | product | policy, policies, terms and conditions, not allowed, return window, warranty,
    rule, rules
transfer | service | transfered, transferred, passed around, passed on, another agent,
    another department, another person, different agent, different person, different people,
    pillar to post, repeat myself, repeat everything, repeat the same, repeated myself,
    repeating myself, repeating everything, explain again, explaining again, explained again,
    explain everything again, explained everything again
wait | service | wait, waited, waiting, on hold, took long, took too long, took so long,
    took very long, late reply, slow response, slow reply, slowly, slow to, too slow, delay*,
    hour for, hours for, hour to get, hours to get, days for, days to get, no reply, no response,
    no answer, responded late, respond late
not resolved | service | not solved, not resolved, not yet solved, not yet resolved,
    not been solved, not been resolved, not yet been solved, unsolved, unresolved, still not,
    still no, still have, still having, still waiting, still broken, no solution, not fixed,
    did not help, didn't help, did not solve, didn't solve, did not resolve, didn't resolve,
    did not fix, didn't fix, never solved, never fixed, never resolved, no help, not helpful,
    unhelpful, problem remains, problem persists
wrong answer | service | wrong answer*, wrong info*, wrong advice, incorrect*, misinformed,
    misleading, false information, false promise*, contradict*, did not know, didn't know,
    did not understand, didn't understand, no knowledge, lie, lied, lies, liar, fake
effort | service | complicated, difficult*, too many steps, too many questions, too many forms,
    hard to find, hard to reach, hard to use, hard to get, confusing, had to call again,
    had to call twice, had to contact again, had to contact several, had to write again,
    had to ask again, again and again, several times, many times, form to fill, forms to fill
tone | service | rude*, impolite*, unfriendly, arrogan*, disrespect*, attitude, unprofessional*,
    misbehav*, shouted, shouting, tone, hung up, ignored, ignorant
praise | | thank*, great*, excellent*, amazing*, awesome, perfect*, good, nice, very nice, helpful*,
    friendly, polite*, professional*, fast, quick, quickly, best, love*, happy, satisfied,
    well done, wonderful*, superb*, patient*
"""


@dataclass(frozen=True)
class Theme:
    """One theme.

    Attributes:
        name: what it is called everywhere.
        about: one of `ABOUT`.
        words: words and phrases in small letters; a ``*`` at the end of a word stands for any
        ending.
    """

    name: str
    about: str
    words: tuple[str, ...]


def _usual() -> tuple[Theme, ...]:
    found = []
    for line in re.sub(r"\n +", " ", _USUAL.strip()).splitlines():
        name, about, words = (part.strip() for part in line.split("|"))
        found.append(Theme(name, about, tuple(word.strip() for word in words.split(","))))
    return tuple(found)


USUAL = _usual()


def pattern(words: tuple[str, ...]) -> str:
    """Return a regular expression, for small letters, of texts that hold one of some words."""
    spelled = (
        r"\s+".join(
            re.escape(word.rstrip("*")).replace("'", "['’]")
            + (r"[\p{L}\p{N}]*" if word.endswith("*") else "")
            for word in phrase.split()
        )
        for phrase in words
    )
    return rf"(^|[^\p{{L}}\p{{N}}])({'|'.join(spelled)})($|[^\p{{L}}\p{{N}}])"


def as_setting(themes: tuple[Theme, ...]) -> list[list[Any]]:
    """Return themes as plain values, as a mart and a receipt keep them."""
    return [[each.name, each.about, list(each.words)] for each in themes]


def from_setting(kept: list[list[Any]]) -> tuple[Theme, ...]:
    """Return the themes that `as_setting` gave."""
    return tuple(Theme(name, about, tuple(words)) for name, about, words in kept)


def themes_of(settings: Mapping[str, Any]) -> tuple[Theme, ...]:
    """Return the themes that facts with some settings are sorted by."""
    return from_setting(settings["themes"]) if "themes" in settings else USUAL


def create_themes(engine: Engine, themes: tuple[Theme, ...]) -> None:
    """Create ``themes``, one row each in their order: by which texts are sorted, and what they are
    about.
    """
    columns = {"place": "integer", "theme": "text", "about": "text", "pattern": "text"}
    rows = [
        [place, each.name, each.about, pattern(each.words)] for place, each in enumerate(themes)
    ]
    put_rows(engine, "themes", columns, rows)


def names_about(engine: Engine, about: str) -> tuple[str, ...]:
    """Return the names of the desk's themes about the service, or the product."""
    return tuple(
        str(name)
        for name, said in engine.run("select theme, about from themes order by place")
        if said == about
    )


def theme_of(engine: Engine, words: str) -> str:
    """Return house SQL of the theme of a text by the open facts' themes; null for no text.

    Args:
        words: house SQL of the text.
    """
    rows = engine.run("select theme, pattern from themes order by place")
    cases = " ".join(
        f"when regexp_matches(lower({words}), {text(found)}) then {text(name)}"
        for name, found in rows
    )
    return f"case when {words} is null or trim({words}) = '' then null {cases} else '{OTHER}' end"
