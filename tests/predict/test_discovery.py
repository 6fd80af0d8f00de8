"""Groups that texts suggest, quotes chosen of them, and what is masked in them."""

from __future__ import annotations

import random
import re

from helmdesk.predict.discovery import learn_groups, propose
from helmdesk.predict.masking import is_card, is_iban, masker
from helmdesk.predict.quotes import LONGEST, choose_quotes, shortened

MATTERS = {
    "printer": "the {} printer jams every morning and the paper tray is stuck",
    "badge": "my {} badge opens no door since the reader was exchanged",
    "parking": "the {} parking lot is full and the barrier stays shut",
}
PLACES = ["north", "south", "east", "west", "upper", "lower", "front", "rear", "old", "new"]


def texts() -> tuple[list[str], list[str]]:
    chance = random.Random(3)
    pairs = [
        (text.format(chance.choice(PLACES)) + f" {chance.choice(PLACES)} {place}", matter)
        for place in range(30)
        for matter, text in MATTERS.items()
    ]
    chance.shuffle(pairs)
    return [text for text, _ in pairs], [matter for _, matter in pairs]


def test_texts_that_share_words_are_one_group_and_new_texts_find_it() -> None:
    given, matters = texts()
    space = learn_groups(given[:60], 3)
    own = space.groups_of(given[60:])
    assert len({(group, matter) for group, matter in zip(own, matters[60:], strict=True)}) == 3


def test_a_proposal_has_words_that_tell_its_texts_from_the_rest() -> None:
    given, matters = texts()
    found = propose(given, 3)
    assert [len(each.texts) for each in found] == [30, 30, 30]
    for each in found:
        (matter,) = {matters[place] for place in each.texts}
        assert all(word.split()[0] in MATTERS[matter] for word in each.words[:3])


def test_too_few_texts_suggest_nothing() -> None:
    assert propose(["one text about a printer"] * 3, 5) == ()
    assert propose(["", "  "] * 20, 5) == ()


def test_quotes_differ_from_each_other() -> None:
    given = [
        "The refund for my order has not been paid out yet, please look into it",
        "The refund for my order has not been paid out yet, please look into this",
        "A refund takes three weeks although your page promises three days at most",
        "Refund refused without a reason, and nobody calls me back about it at all",
    ]
    chosen = choose_quotes(given, 3)
    assert len(chosen) == 3 and not {0, 1} <= set(chosen)
    assert len(shortened("word " * 200)) <= LONGEST


def with_check_digit(digits: str) -> str:
    return next(f"{digits}{last}" for last in range(10) if is_card(f"{digits}{last}"))


def iban(country: str, account: str) -> str:
    return next(
        f"{country}{check:02}{account}"
        for check in range(2, 99)
        if is_iban(f"{country}{check:02}{account}")
    )


def planted(seed: int) -> tuple[list[tuple[str, str]], list[str]]:
    """Return texts each with the personal thing in it, and the people whom the desk knows."""
    chance = random.Random(seed)
    people = [
        f"{first} {last}"
        for first in ("Anna", "Björn", "Chiara", "Dmitri", "Élodie", "Fatima", "Hanna", "Jürgen")
        for last in ("Albrecht", "Brandão", "Dübel", "Eriksson", "Grünwald", "Hämäläinen")
    ]
    frames = [
        "Please write to {} about it.",
        "{} is what I gave you last week, why ask again?",
        "My details: {}; the rest is known.",
        "I am reachable under {}\nBest wishes",
        "({})",
    ]

    def thing() -> str:
        name = chance.choice(people)
        digits = "".join(chance.choice("0123456789") for _ in range(15))
        card = with_check_digit("4" + digits[1:])
        account = iban("DE", "".join(chance.choice("0123456789") for _ in range(18)))
        mail = f"{chance.choice('abcxyz')}{digits[:3]}.x+tag@mail-{digits[3:5]}.example.co"
        plain = [
            name,
            name.lower() + " or " + name.upper(),
            mail,
            mail.replace("@", " (at) ").replace(".co", " dot co".replace(" dot ", ".")),
            card,
            " ".join(card[place : place + 4] for place in range(0, 16, 4)),
            account,
            " ".join(account[place : place + 4] for place in range(0, 22, 4)),
            f"+49 30 {digits[:7]}",
            f"0{digits[1:4]}-{digits[4:7]}-{digits[7:11]}",
            f"(0{digits[1:4]}) {digits[4:11]}",
            f"https://shop.example/orders/{digits}",
            f"order AB-{digits[:8]}",
        ]
        return chance.choice(plain)

    return [
        (chance.choice(frames).format(each), each) for each in (thing() for _ in range(1500))
    ], people


def test_what_is_personal_is_masked() -> None:
    given, people = planted(11)
    mask = masker(people)
    missed = []
    for text, thing in given:
        masked = mask(text)
        told = [part for part in re.split(r"[\s]+(?:or)?[\s]*", thing) if len(part) > 3]
        if any(part in masked.split() or part in masked for part in told if part not in ("order",)):
            missed.append((masked, thing))
    assert len(missed) <= 0.01 * len(given), missed[:5]


def test_what_is_not_personal_stays() -> None:
    mask = masker(["Mark Rose"])
    for text in (
        "The app crashed 3 times on 2026-02-14, version 4.2.1, error 502",
        "I will mark it as done; a rose is a rose",
        "It costs 1,299.00 EUR, 20% more than before",
    ):
        assert mask(text) == text
