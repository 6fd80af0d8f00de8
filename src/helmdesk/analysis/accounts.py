"""Accounts: what each customer company gets, beside its contract and its own past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from helmdesk.analysis.scorecard import judge
from helmdesk.catalogue.discovery import Entry
from helmdesk.engines.engine import FOREVER
from helmdesk.errors import NotFoundError, NotPermittedError
from helmdesk.query.judgement import Judgement
from helmdesk.query.measurement import Measurement
from helmdesk.query.periods import local_date
from helmdesk.query.reader import Reader
from helmdesk.query.request import Request
from helmdesk.query.window import Window, moved

METRICS = ("account_health", "sla_compliance", "backlog", "csat", "nps", "ticket_volume")
BASELINE_WINDOWS = 6


@dataclass(frozen=True)
class Account:
    """One customer company.

    Attributes:
        name: as the dimension `account` says it; tier, region, contract value (in `currency`),
        owner: latest known; None where the policy hides them. policies: SLA policies of its
        contracts. renews_on: the local day on which the first of its running contracts ends; None
        where no end is known. measured: measurements by metric key over the window. aged: open
        tickets older than seven days. baseline: the account's own satisfaction over the six
        windows before, and the verdict against it.
    """

    name: str
    tier: str | None
    region: str | None
    contract_value: float | None
    currency: str
    owner: str | None
    policies: tuple[str, ...]
    renews_on: date | None
    measured: dict[str, Measurement]
    aged: int
    baseline: Measurement | None
    verdict: Judgement


def accounts(
    reader: Reader, window: Window, base: Request, find: Callable[[str], Entry]
) -> list[Account]:
    """Return every account that the policy lets through, by name.

    Args:
        find: gives a metric of the desk.
    """
    asked = replace(base, start=window.start, end=window.end, by=("account",))
    measured: dict[str, dict[str, Measurement]] = {}
    for key in METRICS:
        for measurement in _by_account(reader, replace(asked, key=key, entry=find(key))):
            measured.setdefault(measurement.group[0][1], {})[key] = measurement
    before = _baseline(reader, window, base, find("csat"))
    aged = _aged(
        reader, replace(base, key="backlog", entry=find("backlog"), end=window.end), window.end
    )
    found = []
    for name, row in directory(reader, base).items():
        if name not in measured and base.policy.predicate is not None:
            continue
        values = measured.get(name, {})
        now, baseline = values.get("csat"), before.get(name)
        verdict = (
            judge(find("csat").metric, now, baseline) if now and baseline else Judgement.TOO_FEW
        )
        found.append(
            Account(
                name,
                row["tier"],
                row["region"],
                row["contract_value"] if base.policy.may_see("contract_value") else None,
                reader.bounds.stated_currency or "money",
                row["owner"] if base.policy.may_see("owner") else None,
                row["policies"],
                local_date(ends_at, base.time_zone) if (ends_at := row["ends_at"]) else None,
                values,
                aged.get(name, 0),
                baseline,
                verdict,
            )
        )
    return found


def directory(reader: Reader, base: Request) -> dict[str, dict[str, Any]]:
    """Return the accounts that sources or definitions name, or that tickets belong to, by name."""
    known = reader.engine.run(
        "select distinct coalesce(a.name, a.entity_id) as account, a.tier, a.region,"
        " a.contract_value, a.owner, coalesce(p.name, c.policy_id) as policy, case when c.valid_to"
        f" < timestamp '{FOREVER}' and c.valid_to > m.as_of then c.valid_to end as ends_at"
        " from latest_accounts a cross join mart m"
        " left join latest_contracts c on c.account_id = a.entity_id left join latest_sla_policies"
        " p on p.entity_id = c.policy_id order by account, policy"
    )
    columns = ("tier", "region", "contract_value", "owner")
    found: dict[str, dict[str, Any]] = {}
    for name, *rest, policy, ends_at in known:
        plain = dict(zip(columns, rest, strict=True))
        row = found.setdefault(name, {**plain, "policies": (), "ends_at": None})
        if policy is not None and policy not in row["policies"]:
            row["policies"] = (*row["policies"], policy)
        if ends_at is not None:
            row["ends_at"] = min(ends_at, row["ends_at"] or ends_at)
    empty = {**dict.fromkeys(columns), "policies": (), "ends_at": None}
    for (name,) in reader.engine.run(
        "select distinct account from tickets where account is not null and is_counted"
    ):
        found.setdefault(name, dict(empty))
    return dict(sorted(found.items()))


def _by_account(reader: Reader, request: Request) -> Sequence[Measurement]:
    try:
        return [m for m in reader.answer(request).measurements if m.group[0][1] is not None]
    except (NotFoundError, NotPermittedError):
        return ()


def _baseline(reader: Reader, window: Window, base: Request, csat: Entry) -> dict[str, Measurement]:
    start = moved(window.start, -BASELINE_WINDOWS * window.days(base.time_zone), base.time_zone)
    asked = replace(base, key="csat", entry=csat, start=start, end=window.start, by=("account",))
    return {m.group[0][1]: m for m in _by_account(reader, asked)}


def _aged(reader: Reader, request: Request, end: datetime) -> dict[str, int]:
    """Count each account's rows of the backlog that are older than a week."""
    instant = min(end, reader.bounds.as_of)
    answer = reader.answer(request)
    if not answer.measurements[0].n:
        return {}
    rows = reader.engine.run(
        f"select account, count(*) from ({answer.drill_sql}) q where created_at <= timestamp"
        f" '{instant - timedelta(days=7)}' group by account"
    )
    return dict(rows)
