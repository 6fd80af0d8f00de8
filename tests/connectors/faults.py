"""An account that is read while everything fails, and while somebody works in it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

from connectors.fake import Asked, Faults, Said, serve
from connectors.live import bring, connect, content, killed_after
from helmdesk import Desk
from helmdesk.desk.connections import Connections


class Account(Protocol):
    """What a fake account can do."""

    now: int
    before_answer: Callable[[Asked], None]

    def answer(self, asked: Asked) -> Said: ...

    def live(self, steps: int) -> None: ...

    def alive(self) -> set[str]: ...

    def gone(self) -> set[str]: ...


def disturb(
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    account: Account,
    system: str,
    secrets: dict[str, str],
    **said: str,
) -> None:
    """Whatever fails on the way, the lake holds what one quiet run over the same account brings."""
    drawn = random.Random(seed)
    account.live(drawn.randrange(10, 30))
    account.now += 120
    asked = iter(range(1, 1 << 30))

    def live_on(_request: Asked) -> None:
        if next(asked) % 40 == 0:  # somebody works while we read, and deletes too
            account.live(2)

    account.before_answer = live_on
    with serve(account.answer, Faults(seed)) as server:
        desk = Desk.create(tmp_path / "desk")
        connect(desk, system, secrets, account=server.url, **said)
        for _ in range(3):
            where = drawn.choice(("request", "request", "before", "after"))
            with killed_after(monkeypatch, drawn.randrange(1, 80), at=where):
                bring(desk, system, for_seconds=0 if drawn.random() < 0.3 else None)
            account.live(drawn.randrange(4))
            account.now += drawn.choice((0, 30, 120))
        account.before_answer = lambda _request: None
        account.now += 120
        while not bring(desk, system).is_caught_up:
            pass
        status = Connections(desk.path).status(system)
    with serve(account.answer) as server:
        fresh = Desk.create(tmp_path / "fresh")
        connect(fresh, system, secrets, account=server.url, **said)
        assert bring(fresh, system).is_caught_up
    got, expected = content(desk), content(fresh)
    ours, theirs = standing(got, account), standing(expected, account)
    differing = {key for key in ours | theirs if ours.get(key) != theirs.get(key)}
    assert not differing, [(key, ours.get(key), theirs.get(key)) for key in sorted(differing)[:3]]
    deleted = {each["ticket_id"] for each in got.values() if each["type"] == "deleted"}
    assert deleted == account.gone()
    assert status and status.completeness
    found = status.completeness
    assert found.theirs in (None, found.ours) and found.ours == len(account.alive())


def standing(records: dict[str, dict[str, Any]], account: Account) -> dict[str, dict[str, Any]]:
    """Return what two readers must agree on. Who read a ticket before it was deleted, or saw a
    state that passed, has seen what the other cannot.
    """
    newest: dict[str, str] = {}
    for each in records.values():
        if "row_id" in each:
            newest[each["row_id"]] = max(newest.get(each["row_id"], ""), each["stated_at"])
    gone = account.gone()
    # What a row showed when somebody happened to look.
    passing: Callable[[dict[str, Any]], bool] = getattr(account, "is_passing", lambda _each: False)
    # People without a time are as they were when somebody looked.
    undated = getattr(account, "undated", ())
    timeless = ("record_id", "occurred_at", "valid_from")
    return {
        f"{each['type']} {each['entity_id']}": {k: v for k, v in each.items() if k not in timeless}
        for each in records.values()
        if each["type"] in undated
    } | {
        key: each
        for key, each in records.items()
        if each.get("ticket_id") not in gone
        and each["type"] not in (*undated, "customer", "account")
        and ("row_id" not in each or each["stated_at"] == newest[each["row_id"]])
        and not passing(each)
    }
