"""Personal data taken out of texts before anybody else reads them. Pure.

By rules: mail and web addresses, card numbers (check digit), IBANs (check digits), telephone
numbers, other long numbers, and names of people whom the desk knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

MAIL = re.compile(
    r"[\w.+'-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\s?(?:\.|\(dot\)|\[dot\])\s?[\w-]+)+"
)
WEB = re.compile(r"\b(?:https?://|www\.)\S+", re.I)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}\b", re.I)
CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
PHONE = re.compile(r"(?<![\w])(?:\+|00)?\(?\d(?:[ ()/.-]{0,2}\d){6,16}(?!\w)")
NUMBER = re.compile(r"(?<!\w)(?:[A-Za-z]{1,4}[-#]?)?\d{5,}(?!\w)")
DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
LEAST_NAME = 3


def is_card(digits: str) -> bool:
    """Whether the last digit fits the others (Luhn)."""
    total = 0
    for place, each in enumerate(reversed(digits)):
        doubled = int(each) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def is_iban(written: str) -> bool:
    """Whether the check digits fit (ISO 13616)."""
    plain = re.sub(r"[ -]", "", written).upper()
    turned = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(each, 36)) for each in turned)) % 97 == 1


def masker(names: Iterable[str] = ()) -> Callable[[str], str]:
    """Return what masks personal data in a text.

    Args:
        names: of people; each of their parts is masked where it is written with a capital letter,
        a whole name however it is written.
    """
    whole: set[str] = set()
    parts: set[str] = set()
    for name in names:
        words = tuple(each.lower() for each in WORD.findall(name))
        parts.update(each for each in words if len(each) >= LEAST_NAME)
        if len(words) > 1:
            whole.add(" ".join(words))

    def mask(text: str) -> str:
        text = MAIL.sub("[mail]", text)
        text = WEB.sub("[link]", text)
        text = IBAN.sub(lambda found: "[account]" if is_iban(found[0]) else found[0], text)
        text = CARD.sub(_card, text)
        text = PHONE.sub(_phone, text)
        text = NUMBER.sub("[number]", text)
        return _nameless(text, whole, parts) if parts else text

    return mask


def _card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return "[card]" if is_card(digits) else "[number]"


def _phone(found: re.Match[str]) -> str:
    return found[0] if DATE.fullmatch(found[0].strip()) else "[phone]"


def _nameless(text: str, whole: set[str], parts: set[str]) -> str:
    words = list(WORD.finditer(text))
    hidden: list[tuple[int, int]] = []
    for place, word in enumerate(words):
        two = words[place : place + 2]
        three = words[place : place + 3]
        for run in (three, two):
            if len(run) > 1 and " ".join(each[0].lower() for each in run) in whole:
                hidden.append((run[0].start(), run[-1].end()))
        stem = re.sub(r"['’]s$", "", word[0])
        if stem[:1].isupper() and stem.lower() in parts:
            hidden.append((word.start(), word.start() + len(stem)))
    told, at = [], 0
    for start, end in sorted(hidden):
        if end <= at:
            continue
        if start >= at:
            told += [text[at:start], "[name]"]
        at = end
    return "".join(told) + text[at:]
