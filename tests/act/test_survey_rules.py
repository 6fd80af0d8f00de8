"""Whom surveys ask, when, and why not."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import combinations
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from helmdesk.act.pulses import MINIMUM, OTHERS, published
from helmdesk.act.survey_words import LABELS, LANGUAGES, PHRASES, QUESTIONS, choices, known_language
from helmdesk.act.surveys import (
    SCALES,
    Kind,
    Known,
    Purpose,
    Reason,
    Terms,
    decide,
    decide_now,
    draw,
    is_program,
    next_open,
    plain_address,
    read_link,
    remind_at,
    sign,
)

KEY = b"a key of the site"
TUESDAY = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"is_erased": True, "has_address": False}, Reason.ERASED),
        ({"has_address": False, "is_unsubscribed": True}, Reason.NO_ADDRESS),
        ({"is_unsubscribed": True}, Reason.UNSUBSCRIBED),
        ({"is_bounced": True}, Reason.BOUNCED),
        ({"is_quiet": True}, Reason.QUIET),
        ({}, None),
    ],
)
def test_who_cannot_be_asked_has_a_reason_both_times(
    what: dict[str, bool], reason: Reason | None
) -> None:
    known = replace(Known(TUESDAY), **what)
    assert decide(known, Terms(), 0.5, TUESDAY) == reason
    assert decide_now(known, Terms(), TUESDAY) == reason


def test_the_past_is_left_alone() -> None:
    terms = Terms(oldest_days=14, delay_hours=24)
    for days, reason in ((14, None), (16, Reason.STALE)):
        known = Known(TUESDAY - timedelta(days=days))
        assert decide(known, terms, 0.0, TUESDAY) is reason


def test_cool_downs_end_on_the_day() -> None:
    terms = Terms(person_days=90, account_days=7)
    for past, reason in ((89.99, Reason.COOL_DOWN), (90, None)):
        known = Known(TUESDAY, last_asked_at=TUESDAY - timedelta(days=past))
        assert decide_now(known, terms, TUESDAY) is reason
    for past, reason in ((6.99, Reason.ACCOUNT_COOL_DOWN), (7, None)):
        known = Known(TUESDAY, account_asked_at=TUESDAY - timedelta(days=past))
        assert decide_now(known, terms, TUESDAY) is reason
    forever = Known(TUESDAY, last_asked_at=TUESDAY, account_asked_at=TUESDAY)
    assert decide_now(forever, Terms(person_days=0, account_days=0), TUESDAY) is None
    assert decide_now(Known(TUESDAY, is_reopened=True), terms, TUESDAY) is Reason.REOPENED


def test_a_sample_is_the_same_at_every_try_and_as_large_as_was_said() -> None:
    drawn = [draw("seed", "rule", f"T-{number}") for number in range(20_000)]
    assert drawn == [draw("seed", "rule", f"T-{number}") for number in range(20_000)]
    assert drawn != [draw("other", "rule", f"T-{number}") for number in range(20_000)]
    for share in (0.1, 0.5, 0.9):
        asked = sum(
            decide(Known(TUESDAY), Terms(share=share), each, TUESDAY) is None for each in drawn
        )
        # Five standard deviations of 20,000 draws.
        assert abs(asked - 20_000 * share) < 5 * (20_000 * share * (1 - share)) ** 0.5
    assert draw("seed", "a", "bc") != draw("seed", "ab", "c")


@pytest.mark.parametrize(
    ("moment", "zone", "opens"),
    [
        ("2026-03-03T12:00+00:00", "Europe/Berlin", "2026-03-03T12:00+00:00"),
        ("2026-03-03T16:00+00:00", "Europe/Berlin", "2026-03-04T08:00+00:00"),  # 17:00 there
        ("2026-03-06T20:00+00:00", "Europe/Berlin", "2026-03-09T08:00+00:00"),  # over the week-end
        ("2026-03-27T20:00+00:00", "Europe/Berlin", "2026-03-30T07:00+00:00"),  # clocks go forward
        ("2026-03-03T12:00+00:00", "Pacific/Auckland", "2026-03-03T20:00+00:00"),
        ("2026-03-06T12:00+00:00", "Pacific/Auckland", "2026-03-08T20:00+00:00"),  # Saturday there
    ],
)
def test_mail_is_sent_in_the_working_hours_of_the_customer(
    moment: str, zone: str, opens: str
) -> None:
    found = next_open(datetime.fromisoformat(moment), zone, Terms())
    assert found == datetime.fromisoformat(opens)


def test_mail_never_leaves_outside_the_hours_in_any_zone() -> None:
    random = Random(1)
    zones = ("America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "UTC", "Africa/Casablanca")
    for _ in range(2000):
        zone = random.choice(zones)
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(525_600))
        found = next_open(moment, zone, Terms())
        local = found.astimezone(ZoneInfo(zone))
        assert found >= moment and found - moment <= timedelta(days=3, hours=1)
        assert local.weekday() < 5 and time(9) <= local.time() < time(17)


def test_one_reminder_after_three_working_days() -> None:
    sent = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)  # Thursday
    assert remind_at(sent, "UTC", Terms()) == datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    assert remind_at(sent, "UTC", Terms(reminder_days=0)) is None
    assert remind_at(sent, "UTC", Terms(open_days=4)) is None, "it would be over by then"


def test_links_are_ours_for_one_purpose_and_cannot_be_bent() -> None:
    own, over = uuid4(), datetime(2026, 5, 1, tzinfo=UTC)
    made = sign(KEY, Purpose.ANSWER, own, over)
    found = read_link(KEY, Purpose.ANSWER, made)
    assert found is not None and (found.invitation, found.expires_at) == (own, over)
    assert read_link(KEY, Purpose.STOP, made) is None
    assert read_link(b"another", Purpose.ANSWER, made) is None
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place in range(len(made)):
        for letter in {letters[0], letters[-1], "é", "=", " "} - {made[place]}:
            bent = read_link(KEY, Purpose.ANSWER, made[:place] + letter + made[place + 1 :])
            assert bent is None, "there is one way to write it"
    for wrong in ("", "x", made[:-1], made + "A", "Ä" * 40, "\0"):
        assert read_link(KEY, Purpose.ANSWER, wrong) is None
    assert len({sign(KEY, Purpose.ANSWER, UUID(int=n), over) for n in range(100)}) == 100


def test_links_in_mails_of_yesterday_open_tomorrow() -> None:
    """How a link is written, by hand: whoever changes it takes every link back that was sent."""
    own, over = uuid4(), datetime(2026, 5, 1, tzinfo=UTC)
    body = own.bytes + int(over.timestamp()).to_bytes(6, "big")
    seal = hmac.new(KEY, b"helmdesk survey answer " + body, hashlib.sha256).digest()[:18]
    by_hand = base64.urlsafe_b64encode(body + seal).decode().rstrip("=")
    assert sign(KEY, Purpose.ANSWER, own, over) == by_hand


def test_one_person_is_one_however_the_address_is_written() -> None:
    same = ("Ada@Example.org", " ada@example.org ", "ADA+support@example.ORG", "ada+@example.org")
    assert {plain_address(each) for each in same} == {"ada@example.org"}
    assert plain_address("+x@example.org") == "+x@example.org"
    assert plain_address("straße@example.org") == plain_address("STRASSE@example.org")


def test_programs_that_follow_links_are_told_from_people() -> None:
    sent = TUESDAY

    def opened(*seconds: float) -> dict[str, datetime]:
        return {str(n): sent + timedelta(seconds=at) for n, at in enumerate(seconds)}

    assert is_program(opened(2), sent), "faster than a mail is read"
    assert is_program(opened(600, 601, 602), sent)
    assert is_program(opened(60, 600, 605, 609.9), sent)
    assert not is_program(opened(600), sent)
    assert not is_program(opened(600, 608, 611), sent), "somebody who changes their mind"
    assert not is_program({}, sent)


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": 0},
        {"share": 1.01},
        {"delay_hours": -1},
        {"open_days": 0},
        {"person_days": 9999},
        {"start": time(17), "end": time(9)},
    ],
)
def test_terms_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"from|share"):
        Terms(**wrong)  # type: ignore[arg-type]


def test_every_kind_is_said_in_every_language() -> None:
    for language in LANGUAGES:
        assert set(QUESTIONS[language]) == set(Kind)
        assert all(vars(PHRASES[language]).values())
        for kind in Kind:
            offered = choices(kind, language)
            assert [each.value for each in offered] == list(SCALES[kind].answers)
            assert all(each.label for each in offered) and LABELS[kind][language]
    assert known_language("de-AT") == "de" and known_language("xx", "FR") == "fr"
    assert known_language("", "zz") == "en"


def test_scales_are_those_that_the_metrics_read() -> None:
    for kind, scale in SCALES.items():
        assert set(scale.positive) | set(scale.negative) | set(scale.neutral) == set(scale.answers)
        assert not set(scale.positive) & set(scale.negative), kind
    assert SCALES[Kind.CSAT].positive == ("4", "5")
    assert SCALES[Kind.CES].positive == ("5", "6", "7")
    assert SCALES[Kind.NPS].negative == ("0", "1", "2", "3", "4", "5", "6")


# -- pulses ----------------------------------------------------------------------------------------


def shown(counts: dict[str, int]) -> dict[str, int]:
    """Return what is shown, by the name it is shown under."""
    found: dict[str, int] = {}
    for group, name in published(counts).items():
        found[name] = found.get(name, 0) + counts[group]
    return found


def test_small_groups_are_one_and_take_another_along_where_they_must() -> None:
    assert shown({"A": 9, "B": 3, "C": 2}) == {"A": 9, OTHERS: 5}
    assert shown({"A": 9, "B": 7, "C": 2}) == {"A": 9, OTHERS: 9}
    assert shown({"A": 9, "C": 2}) == {OTHERS: 11}
    assert shown({"A": 2, "B": 2}) == {}
    assert shown({"A": 5, "B": 5}) == {"A": 5, "B": 5}
    assert shown({"A": 5, "B": 0}) == {"A": 5}
    assert shown({}) == {}


def test_whatever_is_shown_is_made_of_whole_groups_of_five_or_more() -> None:
    random = Random(7)
    for _ in range(2000):
        counts = {f"team {n}": random.randrange(12) for n in range(random.randrange(1, 8))}
        sizes = shown(counts)
        assert sum(sizes.values()) in (0, sum(counts.values())), "all are shown, or nobody is"
        # A filter chooses whole groups, so two of them differ by whole groups.
        for number in range(1, len(sizes) + 1):
            for left in combinations(sizes.values(), number):
                assert sum(left) >= MINIMUM, counts
