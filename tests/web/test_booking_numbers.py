"""What the site tells of booked calls reaches the numbers."""
# Fixtures are taken from the other file by their names.
# ruff: noqa: F401, F811

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desks import make_desk
from web.booking_desk import HOUR, NOW, TUESDAY, link_for, make_kind, staff, told
from web.test_booking import _empty, now


def test_calls_of_every_link_count_as_booked_by_it(now: Any, tmp_path: Path) -> None:
    """One call by a link for one, two by a link for three, one moved by nobody knows whom."""
    from helmdesk.sources.helmdesk import source
    from helmdesk.sources.parts.source import Options
    from helmdesk.web.apps.booking.bookings import Caller, Outcome, book
    from helmdesk.web.apps.events.models import Event

    staff()
    kind = make_kind()
    one, _ = link_for(kind)
    more, _ = link_for(kind, most=3)
    times = ((one, 0), (more, 3), (more, 5))
    made = [book(link, TUESDAY + hours * HOUR, Caller(zone="UTC")) for link, hours in times]
    assert [outcome for outcome, _ in made] == [Outcome.DONE] * 3
    linked = [each.get("link_id") for each in told("booked")]
    assert linked == [None, f"helmdesk:{more.id}", f"helmdesk:{more.id}"]
    file = tmp_path / "events.jsonl"
    rows = [each.row for each in Event.objects.all()]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    desk = make_desk(tmp_path / "desk")
    desk.load_with(lambda staging: source.read(staging, [file], Options()), source.name, "b1")
    (by_the_door,) = desk.measure("queue_bypass_rate")
    assert (by_the_door.value, by_the_door.n) == (0, 3)
    (lead,) = desk.measure("booking_lead_time", variant="mean")
    ahead = [(TUESDAY + hours * HOUR - NOW).total_seconds() for _, hours in times]
    assert lead.value == pytest.approx(sum(ahead) / 3)
