"""How often the columns of files are taken for what they are: fields right, wrong and missed, of
heads that the rules were made with and of heads held out.

``python benchmarks/recognition.py`` writes ``benchmarks/RECOGNITION.md``.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helmdesk.records.limits import Limits
from helmdesk.sources.parts.call_words import LAYOUT, tells_calls
from helmdesk.sources.parts.columns import meanings_of
from helmdesk.sources.parts.profile import TELEPHONY, recognise
from helmdesk.sources.parts.suggestion import draft_mapping
from helmdesk.sources.reading.preview import first_rows

ROOT = Path(__file__).resolve().parents[1]
HEADS = ROOT / "tests/data/recognition.toml"
ROWS = 15
SECOND = 2
FIRST_LOOK = "212 of 257 fields right (82.5%), 10 wrong (3.9%), 35 missed (13.6%)"


@dataclass(frozen=True)
class Result:
    """What became of one file.

    Attributes:
        held: the round in which it was held out; 0: it was looked at.
        system: whose it was recognised as; empty: nobody's.
        wrong: fields that were read from another column than theirs.
    """

    name: str
    held: int
    system: str
    right: int
    wrong: tuple[str, ...]
    missed: tuple[str, ...]


def heads() -> list[dict[str, Any]]:
    """Return the heads to try."""
    return list(tomllib.loads(HEADS.read_text(encoding="utf-8"))["file"])


def file_of(head: Mapping[str, Any], folder: Path) -> Path:
    """Write a head and rows as a file."""
    path = folder / "tickets.csv"
    rows = (
        head["row"]
        .replace("{n}", str(number))
        .replace("{d}", str(10 + number))
        .replace("{h}", f"{number:02}")
        for number in range(1, ROWS + 1)
    )
    path.write_text("\n".join([head["head"], *rows]) + "\n", encoding="utf-8")
    return path


def found_in(path: Path) -> tuple[str, dict[str, str]]:
    """Return whose a file is, and which field is read from which column."""
    columns = first_rows(path, 1, Limits())[0]
    known = recognise(columns)
    if known and known.profile.kind in TELEPHONY:
        return known.name, dict(known.found)
    if not known and tells_calls(columns):
        return "a call log", meanings_of(columns, LAYOUT)
    return known.name if known else "", dict(draft_mapping(path).found or {})


def tried(head: Mapping[str, Any]) -> Result:
    """Return what becomes of a head."""
    with tempfile.TemporaryDirectory() as scratch:
        system, found = found_in(file_of(head, Path(scratch)))
    due = {field: column.split("|") for field, column in head["is"].items()}
    may = {field: column.split("|") for field, column in head.get("may", {}).items()}
    if "ended" in due:
        ends = [field for field in ("solved", "closed") if field in found]
        if ends:
            found["ended"] = found.pop(ends[0])
    right = [field for field, columns in due.items() if found.get(field) in columns]
    wrong = [
        f"{field} from {column}"
        for field, column in found.items()
        if column not in due.get(field, may.get(field, ()))
    ]
    missed = [field for field in due if field not in found]
    return Result(
        head["name"],
        head.get("round", 1) if head.get("held_out") else 0,
        system,
        len(right),
        tuple(wrong),
        tuple(missed),
    )


def rates(results: Iterable[Result]) -> tuple[int, int, int]:
    """Return how many fields are right, wrong and missed."""
    listed = list(results)
    return (
        sum(each.right for each in listed),
        sum(len(each.wrong) for each in listed),
        sum(len(each.missed) for each in listed),
    )


def _line(name: str, results: list[Result]) -> str:
    right, wrong, missed = rates(results)
    total = right + wrong + missed
    return (
        f"| {name} | {len(results)} | {right} ({right / total:.1%}) | {wrong} ({wrong / total:.1%})"
        f" | {missed} ({missed / total:.1%}) |"
    )


def written(results: list[Result]) -> str:
    """Return the page."""
    lines = [
        "# Recognition of files",
        "",
        "Fields of a file that are read from their column, another one, or not at all. Made by",
        "`benchmarks/recognition.py` from `tests/data/recognition.toml`, which says where a head",
        "is from. Held out is a head that was written down before anything was tried on it.",
        "",
        f"The first look at the first round gave {FIRST_LOOK}. Rules were mended after it: three",
        "tables of calls and answers were drafted as tickets; `#` and `Key` were no number of a",
        "ticket, `Changed` no time of a change, `LastUpdated` was one word. Its line below is no",
        "longer that of unseen heads; the second round's is: written after that, and no rule was",
        "changed since. Heads and rules have one author; heads of systems are written from",
        "knowledge of their documentation, not taken from files, and rows are made.",
        "",
        "| heads | files | right | wrong | missed |",
        "|---|---|---|---|---|",
        _line("held out, second round", [each for each in results if each.held == SECOND]),
        _line("held out, first round", [each for each in results if each.held == 1]),
        _line("looked at", [each for each in results if not each.held]),
        _line("all", results),
        "",
        "| file | recognised as | right | wrong | missed |",
        "|---|---|---|---|---|",
    ]
    for each in results:
        held = f" (held out, {each.held})" if each.held else ""
        lines.append(
            f"| {each.name}{held} | {each.system or 'nobody known'} | {each.right} |"
            f" {', '.join(each.wrong) or '–'} | {', '.join(each.missed) or '–'} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    page = written([tried(head) for head in heads()])
    (ROOT / "benchmarks/RECOGNITION.md").write_text(page, encoding="utf-8")
    print(page)
