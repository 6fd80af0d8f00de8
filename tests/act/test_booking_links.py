"""Links to book by: what was not made here opens nothing, whatever it looks like."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from helmdesk.act.booking.links import Purpose, change_link, issue, read_link

KEY, ROW = b"a key of this site", UUID(int=7)
THEN = datetime(2027, 1, 4, 9, tzinfo=UTC)


def test_a_link_says_what_it_was_made_with_and_no_more_than_its_digest_is_kept() -> None:
    text, kept = issue(KEY, ROW, THEN)
    found = read_link(KEY, Purpose.BOOK, text)
    assert found is not None
    assert (found.row, found.secret, found.expires_at) == (ROW, kept, THEN)
    assert len(kept) == 64 and kept not in text
    assert len(text) == 75 and set(text) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
    assert issue(KEY, ROW, THEN)[0] != text  # two links of one row are two


def test_foreign_and_other_links_are_none_of_ours() -> None:
    text, _ = issue(KEY, ROW, THEN)
    assert read_link(b"the key of another site", Purpose.BOOK, text) is None
    assert read_link(KEY, Purpose.CHANGE, text) is None
    assert read_link(KEY, Purpose.BOOK, change_link(KEY, ROW, THEN)) is None
    assert read_link(KEY, Purpose.BOOK, text + "=") is None
    assert read_link(KEY, Purpose.BOOK, "") is None
    assert read_link(KEY, Purpose.BOOK, text * 3) is None


def test_a_later_end_cannot_be_written_into_a_link() -> None:
    text, _ = issue(KEY, ROW, THEN)
    raw = bytearray(base64.urlsafe_b64decode(text + "="))
    raw[32:38] = int((THEN + timedelta(days=365)).timestamp()).to_bytes(6)
    forged = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    assert read_link(KEY, Purpose.BOOK, forged) is None


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 74), letter=st.sampled_from("AZaz09-_"))
def test_one_changed_letter_makes_it_no_link(place: int, letter: str) -> None:
    text, _ = issue(KEY, ROW, THEN)
    changed = text[:place] + letter + text[place + 1 :]
    assert (read_link(KEY, Purpose.BOOK, changed) is None) == (changed != text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120))
def test_nothing_that_anybody_types_is_a_link(text: str) -> None:
    assert read_link(KEY, Purpose.BOOK, text) is None


def test_the_link_of_a_booking_is_the_same_in_every_mail() -> None:
    first, second = (change_link(KEY, ROW, THEN) for _ in range(2))
    assert first == second
    found = read_link(KEY, Purpose.CHANGE, first)
    assert found is not None and found.row == ROW
