"""Makes a desk as this version leaves it, to be opened by every later one: python
tests/older/make_desk.py NAME

Keep what it writes, and never change it: ``tests/data/desks/NAME.tar.gz`` (the whole folder, mart
included) and ``NAME.json`` (what every metric said). The records are the sample's, made here.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from pathlib import Path

from helmdesk.catalogue.discovery import load_catalogue
from helmdesk.sample.generate import create_sample

FOLDER = Path(__file__).parents[1] / "data" / "desks"
WINDOW = {"start": "2025-01-01", "end": "2026-06-01"}


def main() -> None:
    """Write both files."""
    name = sys.argv[1]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        desk, _ = create_sample(Path(scratch) / "desk", scale=0.004)
        desk.lake.compact()
        desk.refresh()
        said = {}
        for key, entry in load_catalogue().items():
            answer = desk.measure(key, **WINDOW)
            said[key] = {
                "version": entry.metric.version,
                "rows": json.loads(json.dumps(answer.as_rows(), default=str)),
            }
        receipt = json.loads(
            desk.measure("csat", "first_response_time", grain="month").receipt.to_json()
        )
        (FOLDER / f"{name}.json").write_text(
            json.dumps({"said": said, "receipt": receipt}, indent=1, sort_keys=True) + "\n",
            encoding="utf-8",
        )
        with tarfile.open(FOLDER / f"{name}.tar.gz", "w:gz") as archive:
            archive.add(desk.path, "desk")


if __name__ == "__main__":
    main()
