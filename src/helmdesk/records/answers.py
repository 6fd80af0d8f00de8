"""How an answer is read through its instrument: which number or word it is, and whether it is an
answer at all.

An instrument whose good and bad answers are numbers is numeric: `5.0`, `5 - Very satisfied` and
`5/5` are 5, and what is no number within the scale (dismissed, N/A, 99, -1) is no answer. Any other
is worded: what is in none of its lists is no answer, unless it names its good answers alone; then
every other word is the rest, but for those that say that nobody answered. All of it is house SQL
over an answer and a row of ``instruments``, so that old answers are read anew when facts are made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helmdesk.quoting import text

# Words of survey tools for a question that was seen and not answered.
NO_ANSWER = (
    "",
    "-",
    "--",
    "?",
    "n/a",
    "na",
    "n.a.",
    "none",
    "null",
    "nan",
    "nil",
    "dismissed",
    "skipped",
    "skip",
    "closed",
    "ignored",
    "no answer",
    "not answered",
    "unanswered",
    "no response",
    "no reply",
    "no opinion",
    "no rating",
    "not rated",
    "unrated",
    "don't know",
    "dont know",
    "do not know",
    "not applicable",
    "prefer not to say",
    "prefer not to answer",
    "offered",
    "unoffered",
    "pending",
    "keine angabe",
    "k.a.",
    "weiß nicht",
    "weiss nicht",
    "sans avis",
    "ne sait pas",
    "ns/nc",
    "no sabe",
    "não sei",
    "nao sei",
)
# A number at the beginning, whatever its label; or one at the end, after its label.
LEADING = "^([+-]?[0-9]+([.,][0-9]+)?)([^0-9.,].*)?$"
TRAILING = "^[^0-9]*[^0-9.,+-]([0-9]+)[)]?$"
# What a kind of survey asks for, whoever asks.
SCALES: dict[str, tuple[float, float]] = {"nps": (0, 10), "enps": (0, 10)}


@dataclass(frozen=True)
class Instrument:
    """An instrument as a desk knows it: its kind, and what its definition says."""

    kind: str
    definition: Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """An instrument, ready to be read through.

    Attributes:
        low, high: what an answer in numbers lies between; null is no bound.
        scale_high: the upper end that was declared.
        has_rest: a worded answer outside the lists is neither good nor bad, and an answer all the
        same.
    """

    positive: list[str]
    negative: list[str]
    neutral: list[str]
    is_numeric: bool
    low: float | None
    high: float | None
    scale_high: float | None
    has_rest: bool


FORM_COLUMNS = {
    "positive": "texts",
    "negative": "texts",
    "neutral": "texts",
    "is_numeric": "flag",
    "low": "number",
    "high": "number",
    "scale_high": "number",
    "has_rest": "flag",
}


def read_form(kind: str, definition: Mapping[str, Any]) -> Form:
    """Return how the answers to an instrument of a kind are read."""
    listed = {
        key: [_plain(answer) for answer in definition.get(key) or []]
        for key in ("positive", "negative", "neutral")
    }
    numbers = {key: [number_in(answer) for answer in answers] for key, answers in listed.items()}
    scale = [float(end) for end in definition.get("scale") or []]
    is_numeric = bool(listed["positive"]) and all(
        number is not None for row in numbers.values() for number in row
    )
    if not is_numeric:
        words = {
            key: [answer.strip().lower() for answer in answers] for key, answers in listed.items()
        }
        return Form(
            **words,
            is_numeric=False,
            low=None,
            high=None,
            scale_high=scale[-1] if len(scale) > 1 else None,
            has_rest=not listed["negative"] and not listed["neutral"],
        )
    known = {key: [number for number in row if number is not None] for key, row in numbers.items()}
    low, high = _bounds(kind, scale, known)
    told = {key: [_shown(number) for number in row] for key, row in known.items()}
    return Form(
        **told,
        is_numeric=True,
        low=low,
        high=high,
        scale_high=scale[1] if len(scale) > 1 else None,
        has_rest=True,
    )


def _bounds(
    kind: str, scale: Sequence[float], known: Mapping[str, Sequence[float]]
) -> tuple[float | None, float | None]:
    """Return the ends of the scale: as declared, as the kind has them, or as far as good and bad
    answers tell.
    """
    if len(scale) > 1:
        return min(scale), max(scale)
    if kind in SCALES:
        return SCALES[kind]
    good, bad = known["positive"], known["negative"]
    if bad:
        return min(*good, *bad), max(*good, *bad)
    # Good answers that do not begin at the bottom end at the top; of others only the sign is known.
    return min(0.0, *good), max(good) if min(good) > 1 else None


def _plain(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer)


def number_in(answer: str) -> float | None:
    """Return the number in an answer; None when there is none."""
    found = re.match(LEADING, answer.strip()) or re.match(TRAILING, answer.strip())
    return float(found[1].replace(",", ".")) if found else None


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def number_of(answer: str) -> str:
    """Return house SQL of the number in an answer; null when there is none."""
    leading, trailing = (
        f"try_cast(replace(regexp_extract(trim({answer}), '{shape}', 1), ',', '.') as double)"
        for shape in (LEADING, TRAILING)
    )
    return f"coalesce({leading}, {trailing})"


def read_answers(rows: str, instruments: str = "instruments") -> str:
    """Return house SQL of rows with ``answer``, ``score`` and ``instrument_id``, read through their
    instruments.

    Adds the instrument's kind, about and scale_high, and ``told`` (the answer as it is compared),
    ``is_answer``, ``is_positive``, ``is_negative`` and ``number``: the score of an answer, null for
    what is none.
    """
    words = ", ".join(map(text, NO_ANSWER))
    whole = "cast(cast(figure as bigint) as varchar)"
    return f"""(
        select s.*,
            s.is_answer and list_contains(s.good, s.told) as is_positive, s.is_answer
                and list_contains(s.bad, s.told) as is_negative,
            case when s.is_answer then s.figure end as number
        from (
            select f.*, case when f.is_numeric
                    then f.figure is not null and f.figure >= coalesce(f.low, f.figure)
                        and f.figure <= coalesce(f.high, f.figure)
                    else coalesce(list_contains(f.good, f.told) or list_contains(f.bad, f.told)
                        or list_contains(f.between, f.told)
                        or (f.has_rest and f.told not in ({words})), false) end as is_answer
            from (
                select e.*, case when not e.is_numeric then lower(trim(e.answer))
                    when figure = floor(figure) and abs(figure) < 1000000 then {whole}
                    else cast(figure as varchar) end as told
                from (
                    select r.*, i.instrument_kind, i.about, i.scale_high, i.is_numeric, i.low,
                        i.high, i.has_rest, i.positive as good,
                        i.negative as bad, i.neutral as between,
                        coalesce(r.score, case when i.is_numeric then {number_of("r.answer")}
                            else try_cast(r.answer as double) end) as figure
                    from {rows} r
                    join {instruments} i on i.entity_id = r.instrument_id
                ) e
            ) f
        ) s
    )"""
