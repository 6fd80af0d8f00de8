"""Receipts: everything needed to compute a result again, and to notice when somebody changed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helmdesk.catalogue.discovery import Entry, definition_hash
from helmdesk.engines.engine import Engine
from helmdesk.errors import InputError, NotFoundError, ReceiptMismatch
from helmdesk.facts.build.build import facts_hash
from helmdesk.facts.build.made_of import MadeOf
from helmdesk.query.filters import parse_filter, to_text
from helmdesk.query.policy import OWNER, Policy
from helmdesk.query.question import Question
from helmdesk.query.run import Answer
from helmdesk.query.window import plain
from helmdesk.query.words import is_money
from helmdesk.version import __version__

FORMAT = 1


@dataclass(frozen=True)
class Receipt:
    """The proof of one result: a JSON document with a digest over itself."""

    content: dict[str, Any]

    @classmethod
    def seal(cls, content: dict[str, Any]) -> Receipt:
        """Return a receipt of `content` with format, result hash and digest added."""
        body = {"receipt": FORMAT, **content, "result_hash": result_hash(content["results"])}
        return cls({**body, "digest": _digest(body)})

    @property
    def results(self) -> list[dict[str, Any]]:
        """The rows as they were handed out."""
        return list(self.content["results"])

    def is_intact(self) -> bool:
        """Whether nothing was changed since the receipt was made."""
        body = {key: value for key, value in self.content.items() if key != "digest"}
        return bool(
            self.content.get("digest") == _digest(body)
            and self.content.get("result_hash") == result_hash(self.results)
        )

    def to_json(self) -> str:
        """Return the receipt as indented JSON."""
        return json.dumps(self.content, indent=2, ensure_ascii=False)


def read_receipt(path: Path) -> Receipt:
    """Read a receipt file.

    Raises:
        NotFoundError: no such file.
        InputError: not a receipt, or one of a format this version does not know.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: no such receipt") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a receipt: {error}") from error
    return receipt_from(content, str(path))


def receipt_from(content: Any, place: str) -> Receipt:
    """Return what was read at a place as a receipt.

    Raises:
        InputError: not a receipt, or one of a format this version does not know.
    """
    needed = ("receipt", "request", "lake_version", "results", "settings", "queries", "digest")
    missing = [key for key in needed if not isinstance(content, dict) or key not in content]
    if missing:
        raise InputError(f"{place}: not a receipt: '{missing[0]}' is missing")
    if content["receipt"] != FORMAT:
        raise InputError(
            f"{place}: receipt format {content['receipt']} is not known to this version (it knows"
            f" {FORMAT})"
        )
    return Receipt(content)


def canonical(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with floats at 12 significant digits: sums may differ in the last bits between
    runs.
    """
    return [{key: _rounded(value) for key, value in row.items()} for row in rows]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return value


def result_hash(rows: list[dict[str, Any]]) -> str:
    """Return a digest of result rows."""
    return hashlib.sha256(
        json.dumps(canonical(rows), sort_keys=True, default=str).encode()
    ).hexdigest()


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def differences(recorded: list[dict[str, Any]], computed: list[dict[str, Any]]) -> list[str]:
    """Return what differs between two results, in words; empty when they are equal."""
    found = []
    if len(recorded) != len(computed):
        found.append(f"{len(recorded)} rows recorded, {len(computed)} computed")
    for place, (then, now) in enumerate(
        zip(canonical(recorded), canonical(computed), strict=False), 1
    ):
        # Rows without a statistic are of a time when units named neither clock nor currency, and
        # whole windows were never partial.
        labels = () if "statistic" in then else ("statistic", "unit", "is_partial")
        # Before results gave reasons, a period before the data began was told as one without cases.
        is_outside = "reason" not in then and now.get("reason") == "out_of_range"
        for key in then:  # a later version may say more of a result than the receipt holds
            # Which currency amounts are in, where records do not say, is the desk's to name later.
            is_named = (
                key == "unit" and is_money(str(then.get(key))) and is_money(str(now.get(key)))
            )
            is_known = key in labels or is_named or (is_outside and key == "value")
            if not is_known and then.get(key) != now.get(key):
                found.append(
                    f"row {place} ({then.get('metric')}): {key} recorded {then.get(key)!r},"
                    f" computed {now.get(key)!r}"
                )
    return found


def confirm(receipt: Receipt, again: Receipt, notes: list[str]) -> None:
    """Compare a receipt with one made `again` just now.

    Raises:
        ReceiptMismatch: the receipt was edited, or the lake gives another answer; says where.
    """
    found = differences(receipt.results, again.results)
    if not receipt.is_intact():
        where = f": {found[0]}" if found else "; the results themselves still agree with the lake"
        raise ReceiptMismatch(f"the receipt was edited after it was made{where}")
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise ReceiptMismatch("; ".join([f"not equal: {found[0]}{more}", *notes]))
    # Receipts of earlier versions name no log.
    if receipt.content.get("lake_log", again.content["lake_log"]) != again.content["lake_log"]:
        raise ReceiptMismatch(
            "the results are equal, but the lake is another one: its log up to version"
            f" {receipt.content['lake_version']} is not the log that the receipt names"
        )


@dataclass(frozen=True)
class Origin:
    """What answered: the facts, what they were made of, and the engine that holds them."""

    made_of: MadeOf
    engine: str
    engine_version: str

    @classmethod
    def of(cls, engine: Engine) -> Origin:
        """Read what the open facts say of themselves."""
        return cls(MadeOf.read(engine), engine.name, engine.version())


def make_receipt(origin: Origin, question: Question, answers: Sequence[Answer]) -> Receipt:
    """Return the sealed receipt of answers that facts of this origin have given."""
    made_of = origin.made_of
    results = [row for answer in answers for row in answer.measurements.as_rows()]
    return Receipt.seal(
        {
            "helmdesk": __version__,
            "request": question.as_dict(),
            "settings": made_of.settings,
            "lake_version": made_of.lake_version,
            "lake_log": made_of.log,
            "data_as_of": plain(made_of.latest, question.time_zone) if made_of.latest else None,
            "facts": made_of.facts,
            "engine": {"name": origin.engine, "version": origin.engine_version},
            "packages": {name: version(name) for name in ("duckdb", "deltalake", "sqlglot")},
            "queries": [_query(answer) for answer in answers],
            **_reader(answers),
            "row_count": len(results),
            "results": json.loads(json.dumps(results, default=str)),
        }
    )


def _reader(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return how the receipt's reader is restricted, so that it can be computed again as they see
    it; nothing for who sees all.
    """
    policy = answers[0].request.policy if answers else OWNER
    if policy.predicate is None and policy.may_compare_people:
        return {}
    return {
        "reader": {
            "where": to_text(policy.predicate),
            "may_compare_people": policy.may_compare_people,
            "agent": policy.agent,
        }
    }


def reader_of(receipt: Receipt) -> Policy:
    """Return the policy that a receipt is computed again under: its rows are those that its reader
    could see.

    Raises:
        FilterError: it was edited, and says no rows.
    """
    said = receipt.content.get("reader")
    if not isinstance(said, dict):
        return OWNER  # it sees all, or was made before receipts said so
    where = str(said.get("where", ""))
    return Policy(
        "the reader of a receipt",
        parse_filter(where) if where else None,
        may_compare_people=said.get("may_compare_people") is True,
        agent=str(said.get("agent", "")),
    )


def _query(answer: Answer) -> dict[str, Any]:
    return {
        "metric": f"{answer.metric.key}@{answer.metric.version}",
        "variant": answer.request.variant,
        "definition": definition_hash(answer.request.definition().metric),
        "policy": answer.request.policy.digest(),
        "rows_behind": sum(answer.measurements.column("n")),
        "sql": answer.sql,
        "drill_sql": answer.drill_sql,
    }


def changed_since(receipt: Receipt, lookup: Callable[[str], Entry]) -> list[str]:
    """Return which definitions are no longer those the receipt was made with; `lookup` finds
    today's.
    """
    notes = []
    for query in receipt.content["queries"]:
        key = str(query["metric"]).split("@")[0]
        metric = lookup(key).metric
        if definition_hash(metric) != query["definition"]:
            notes.append(
                f"the definition of {key} has changed since ({query['metric']}, now version"
                f" {metric.version})"
            )
    if receipt.content.get("facts") != facts_hash():
        notes.append("the receipt was made with other fact definitions")
    return notes
