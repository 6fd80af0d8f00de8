"""What the answers of a survey may mean, by their words and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from helmdesk.records.answers import NO_ANSWER, number_in
from helmdesk.sources.parts.profile import Profile, header_words

# What words of an answer mean, looked for in this order; any other may mean anything.
ANSWER_WORDS = (
    (
        (
            r"dissatisf|unsatisf|not satisf|unhappy|not happy|\bbad\b|poor|not"
            r" good|terrible|awful|angry|\bsad\b|negative|disappoint|unzufrieden|insatisf|mécontent"
        ),
        "negative",
    ),
    (r"neutral|\bok(ay)?\b|average|neither|so-so|mixed|weder", "neutral"),
    (
        r"satisf|happy|good|great|awesome|excellent|amazing|positive|love|zufrieden|content|satisfait|bueno|bom\b",
        "positive",
    ),
)


@dataclass(frozen=True)
class Judged:
    """What the answers of a survey may mean.

    Attributes:
        unknown: words of which nothing tells whether they are good or bad.
        scale: lowest and highest answer, where they are numbers.
    """

    positive: list[str]
    negative: list[str]
    neutral: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    scale: list[int] = field(default_factory=list)


def judged(answers: list[str]) -> Judged:
    """Return what answers may mean, by their numbers or their words."""
    heard = [answer for answer in answers if answer.lower() not in NO_ANSWER]
    numbers = sorted(
        {
            int(number)
            for number in map(number_in, heard)
            if number is not None and number == int(number) and 0 <= number <= 10
        }
    )
    if numbers and len(numbers) >= len({number_in(answer) for answer in heard}) / 2:
        bottom, top = min(numbers[0], 1), 5 if numbers[-1] <= 5 else 7 if numbers[-1] <= 7 else 10
        low = [str(number) for number in range(bottom, 3 if top == 5 else 4)]
        return Judged([str(top - 1), str(top)], low, scale=[bottom, top])
    told: dict[str, list[str]] = {"positive": [], "negative": [], "neutral": [], "unknown": []}
    for answer in heard:
        told[
            next(
                (meant for pattern, meant in ANSWER_WORDS if re.search(pattern, answer.lower())),
                "unknown",
            )
        ].append(answer)
    return Judged(told["positive"], told["negative"], told["neutral"], told["unknown"])


def judged_by(profile: Profile, answers: list[str]) -> Judged:
    """Return what the answers of a known system mean: all it may have, and those of the file."""
    meant = {header_words(word) for words in profile.answers.values() for word in words}
    more = judged([answer for answer in answers if header_words(answer) not in meant])
    if more.scale:  # a number outside the system's scale is no answer
        more = Judged([], [])
    positive, negative, neutral = (
        [*profile.answers.get(kind, ()), *words]
        for kind, words in (
            ("positive", more.positive),
            ("negative", more.negative),
            ("neutral", more.neutral),
        )
    )
    return Judged(positive, negative, neutral, more.unknown, list(profile.scale))
