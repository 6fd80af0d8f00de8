"""Solved tickets on the site: foretold when a lead asks for it, beside what came, for everybody
within what they may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

As = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _empty(site: Path) -> Iterator[None]:
    from helmdesk.web.apps.early_warning.models import Foretold
    from helmdesk.web.apps.jobs.models import Job

    yield
    Foretold.objects.all().delete()
    Job.objects.filter(kind="foretell").delete()


def test_nothing_is_foretold_until_a_lead_asks(as_: As) -> None:
    from helmdesk.web.apps.early_warning.models import Foretold
    from helmdesk.web.apps.jobs.models import unfinished

    page = as_("hugo").get("/early-warning/solved").content.decode()
    assert "Nothing was foretold yet" in page and "Switch on" not in page
    assert as_("hugo").post("/early-warning/solved/foretell", {"do": "on"}).status_code == 403
    lead = as_("lea")
    assert "Switch on" in lead.get("/early-warning/solved").content.decode()
    assert lead.post("/early-warning/solved/foretell", {"do": "soon"}).status_code == 400
    lead.post("/early-warning/solved/foretell", {"do": "on"})
    assert set(Foretold.objects.filter(is_on=True).values_list("key", flat=True)) == {
        *("csat", "ces", "fcr")
    }
    assert unfinished(kind="foretell").count() == 1
    lead.post("/early-warning/solved/foretell", {"do": "now"})
    assert unfinished(kind="foretell").count() == 1, "once at a time"
    lead.post("/early-warning/solved/foretell", {"do": "off"})
    assert not Foretold.objects.filter(is_on=True).exists()


def test_the_job_records_what_it_foretells(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from helmdesk.desk.closing import Recorded
    from helmdesk.web.apps.early_warning import jobs
    from helmdesk.web.apps.early_warning.models import Foretold
    from helmdesk.web.apps.jobs.kind import Held, Nothing

    asked: list[str] = []

    def foretold(_desk: Any, keys: list[str], _tell: Any) -> list[Recorded]:
        asked.extend(keys)
        return [Recorded(key, 3, 1, 0, "off by 9 points" if key == "ces" else "") for key in keys]

    monkeypatch.setattr(jobs, "foretell_solved", foretold)
    held = Held("k", Nothing(), 1, lambda _step: None)
    assert jobs.foretell.run(held) is None and not asked, "nothing is switched on"
    for key in ("csat", "ces"):
        Foretold.objects.create(key=key)
    Foretold.objects.create(key="fcr", is_on=False)
    finish = jobs.foretell.run(held)
    assert finish is not None
    finish()
    assert sorted(asked) == ["ces", "csat"]
    assert Foretold.objects.get(key="ces").problem == "off by 9 points"
    assert Foretold.objects.get(key="csat").done_at is not None


def test_effort_and_the_four_ways_are_shown_within_what_is_seen(as_: As, site: Path) -> None:
    from helmdesk.desk.desk import Desk

    days = {"start": "2025-07-01", "end": "2026-06-30"}
    address = "/early-warning/solved?start=2025-07-01&end=2026-06-29"
    whole = Desk(site).measure("fcr_so_far", **days)[0]
    page = as_("lea").get(address).content.decode()
    assert whole.value is not None and f"{100 * whole.value:.1f}%" in page
    # Calls have no text in the sample, the other tickets have: sums of its table say how many.
    (counted,) = (
        Desk(site)
        .sql(
            "select count(*) as n, count_if(has_text) as told from closings where is_counted"
            " and last_solved_at >= timestamp '2025-07-01 00:00:00'"
            " and last_solved_at < timestamp '2026-06-30 00:00:00'"
        )
        .to_pylist()
    )
    assert 0 < counted["told"] < counted["n"]
    told = " ".join(page.split())
    assert "there predictions also know whether the customer thanks" in told
