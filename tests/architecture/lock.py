"""Write the hash of every metric definition; refuse a changed meaning under an old version.

python tests/architecture/lock.py src/helmdesk/metrics/definitions.lock
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from helmdesk.catalogue.discovery import definition_hash, load_catalogue


def main(path: Path) -> int:
    locked = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    lines = [
        "# What every metric meant at which version. Written by `make lock`; never edited by hand."
    ]
    for key, entry in sorted(load_catalogue().items()):
        now = definition_hash(entry.metric)
        before = locked.get(key)
        if before and before["version"] == entry.metric.version and before["definition"] != now:
            sys.stderr.write(
                f"{key}: the meaning changed but the version is still {entry.metric.version}; raise"
                " it and say why in `changes`\n"
            )
            return 1
        lines += ["", f"[{key}]", f"version = {entry.metric.version}", f'definition = "{now}"']
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
