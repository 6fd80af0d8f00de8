"""JSON as programming interfaces and exports give it: arrays, lines, answers with rows inside,
nested values.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helmdesk.errors import InputError
from helmdesk.records.limits import Limits
from helmdesk.records.staging import Staging
from helmdesk.sources.reading import converter
from helmdesk.sources.reading.raw_tables import read_table

TWO = [{"id": 1, "subject": "a"}, {"id": 2, "subject": "b"}]


def rows_of(
    folder: Path, content: str | bytes, known: tuple[str, ...] = ()
) -> tuple[list[dict[str, str | None]], dict[str, Any]]:
    """Convert in this process, which is quicker; how the process itself is run stands in other
    tests.
    """
    import pyarrow as pa

    path = folder / "t.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = converter.convert(
        {
            "path": str(path),
            "kind": "json",
            "folder": str(folder),
            "sheets": [],
            "known": known,
            "limits": {},
        }
    )
    found = []
    for block in told["parts"][0]["blocks"]:
        with pa.memory_map(block) as source:
            found += pa.ipc.open_file(source).read_all().to_pylist()
    return [
        {key: cell for key, cell in row.items() if key not in ("_row", "_line")} for row in found
    ], told


@pytest.mark.parametrize(
    "document",
    [
        TWO,
        {"tickets": TWO, "next_page": None, "count": 2},
        {"tickets": TWO, "users": [{"id": 7}, {"id": 8}, {"id": 9}], "meta": {"has_more": False}},
        {"data": TWO, "links": {"next": "https://example.com"}},
        {"results": TWO, "paging": {"next": {"after": "2"}}},
        {"value": TWO, "@odata.nextLink": "https://example.com"},
        {"items": TWO},
        {"result": TWO},
        {"d": {"results": TWO}},
        {"data": {"tickets": TWO, "total": 2}},
        {"content": TWO, "number": 0, "size": 20},
        {"hits": {"total": 2, "hits": [{"_id": "x", "_source": each} for each in TWO]}},
        {"type": "conversation.list", "conversations": TWO, "pages": {"next": None}},
        {"something of our own": TWO, "errors": []},
        {"columns": ["id", "subject"], "data": [[1, "a"], [2, "b"]]},
        {"cols": [{"name": "id"}, {"name": "subject"}], "rows": [[1, "a"], [2, "b"]]},
        [["id", "subject"], [1, "a"], [2, "b"]],
    ],
)
def test_rows_are_found_wherever_they_are_wrapped(tmp_path: Path, document: object) -> None:
    for number, text in enumerate((json.dumps(document), json.dumps(document, indent=2))):
        folder = tmp_path / str(number)
        folder.mkdir()
        found, told = rows_of(folder, text)
        assert found == [{"id": "1", "subject": "a"}, {"id": "2", "subject": "b"}]
        assert told["parts"][0]["columns"] == ["id", "subject"]


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1, "subject": "a"}\n{"id": 2, "subject": "b"}\n',
        '{"id": 1, "subject": "a"}\r\n\r\n{"id": 2, "subject": "b"}',
        '{"id": 1, "subject": "a"}{"id": 2, "subject": "b"}',
        (
            '{"tickets": [{"id": 1, "subject": "a"}]}\n{"tickets": [{"id": 2, "subject":'
            ' "b"}]}\n{"tickets": []}\n'
        ),
        '[{"id": 1, "subject": "a"}]\n[{"id": 2, "subject": "b"}]',
    ],
)
def test_several_documents_in_one_file(tmp_path: Path, text: str) -> None:
    assert rows_of(tmp_path, text)[0] == [{"id": "1", "subject": "a"}, {"id": "2", "subject": "b"}]


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: gzip.compress(text.encode()),
    ],
)
def test_in_any_clothes(tmp_path: Path, encode: Any) -> None:
    assert rows_of(tmp_path, encode('[{"name": "Ünal"}]'))[0] == [{"name": "Ünal"}]


def test_what_is_nested_has_a_name_with_points(tmp_path: Path) -> None:
    ticket = {
        "id": 1,
        "via": {"channel": "web", "source": {"from": {"address": "a@example.com"}}},
        "tags": ["x", "y"],
        "empty": [],
        "none": None,
        "custom_fields": [{"id": "360", "value": "gold"}, {"id": "361", "value": None}],
        "is_public": True,
        "score": 4.5,
        "ratio": 5.0,
        "comments": [{"id": 1, "body": "hello"}],
    }
    (row,), _ = rows_of(tmp_path, json.dumps([ticket]))
    assert row == {
        "id": "1",
        "via.channel": "web",
        "via.source.from.address": "a@example.com",
        "tags": '["x", "y"]',
        "empty": None,
        "none": None,
        "custom_fields.360": "gold",
        "custom_fields.361": None,
        "is_public": "true",
        "score": "4.5",
        "ratio": "5.0",
        "comments": '[{"id": 1, "body": "hello"}]',
    }
    (row,), _ = rows_of(tmp_path, json.dumps([ticket]), known=("via",))
    assert json.loads(str(row["via"]))["channel"] == "web" and row["via.channel"] == "web"


def test_one_ticket_with_lists_is_one_row(tmp_path: Path) -> None:
    (row,), _ = rows_of(tmp_path, json.dumps({"id": 1, "items": [{"id": 5}, {"id": 6}]}))
    assert row["id"] == "1"


def test_a_damaged_line_is_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"id": 1}\n{"id": 2\n{"id": 3}\n{"id": 4}\n', encoding="utf-8")
    staging = Staging(duckdb.connect(), "test", "batch")
    table = read_table(staging, path)
    assert staging.connection.execute(
        f"select id, _row, _line from {table.table} order by _row"
    ).fetchall() == [
        ("1", 1, 1),
        ("3", 3, 3),
        ("4", 4, 4),
    ]
    staging.summarise()
    assert staging.report.files[0].rows == 4 and staging.report.quarantined_rows == 1
    assert staging.report.quarantine_examples[0].startswith(
        f"{path}, line 2 = '{{\"id\": 2\\n': not JSON"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"id": 1}, {"id": ', r"not readable as JSON: line 1, column \d+"),
        ('{"a": 1,}', "not readable as JSON: line 1"),
        ("[1, 2, 3]", "JSON without rows"),
        ('["a", "b"]', "JSON without rows"),
        ("3", "JSON without rows"),
        ("", "the file is empty"),
        ('{"tickets": [], "count": 0}', "no rows in it"),
        ("[{}]", "no rows in it"),
        ("[" * 100_000, "nested too deeply"),
        ('{"id":' * 100_000, "nested too deeply"),
        ('[{"id": 1' + "0" * 5000 + "}]", "not readable as JSON"),
    ],
)
def test_what_is_no_table_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as error:
        read_table(Staging(duckdb.connect(), "test", "batch", limits=Limits()), path)
    assert str(error.value).startswith(str(path))
