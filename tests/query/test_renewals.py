"""When an account renews: the first of its running contracts to end, on the desk's clock."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from desks import load_events, make_desk, ticket

SINCE = "2025-01-01 00:00:00"


def contract(name: str, account: str, ends: str | None) -> dict[str, str]:
    told = {"type": "contract", "entity_id": name, "valid_from": SINCE, "account_id": account}
    return {**told, "occurred_at": SINCE, **({"valid_to": ends} if ends else {})}


def test_the_first_running_contract_to_end_is_the_next_renewal(tmp_path: Path) -> None:
    desk = make_desk(tmp_path / "desk", time_zone="Europe/Berlin")
    accounts = [
        {
            "type": "account",
            "entity_id": name,
            "name": name,
            "valid_from": SINCE,
            "occurred_at": SINCE,
        }
        for name in ("one", "two", "open", "over", "none")
    ]
    load_events(
        desk,
        [
            *ticket("t1", "2026-01-05 08:00:00", "2026-01-06 08:00:00"),
            *accounts,
            contract("c1", "one", "2026-08-31 22:00:00"),  # midnight in Berlin
            contract("c2", "two", "2027-03-01 00:00:00"),
            contract("c3", "two", "2026-10-01 00:00:00"),
            contract("c4", "two", "2026-01-01 00:00:00"),  # over before the data end
            contract("c5", "open", None),
            contract("c6", "over", "2025-12-31 00:00:00"),
        ],
    )
    desk.refresh()
    found = {account.name: account.renews_on for account in desk.accounts()}
    assert found == {
        "one": date(2026, 9, 1),
        "two": date(2026, 10, 1),
        "open": None,
        "over": None,
        "none": None,
    }
