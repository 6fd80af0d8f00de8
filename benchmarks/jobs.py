"""How many empty jobs a worker takes and ends in a second: two transactions on the disk each.

    python benchmarks/jobs.py [JOBS]

On SQLite, or on the PostgreSQL server that HELMDESK_DATABASE names (an empty database).
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from helmdesk.desk.desk import Desk
from helmdesk.web.prepare import migrate, start_django


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        start_django(Desk.create(Path(folder) / "desk").path)
        migrate()
        from django.db import connection, transaction

        from helmdesk.web.apps.jobs.kind import JobKind, Nothing
        from helmdesk.web.apps.jobs.queue import enqueue
        from helmdesk.web.apps.jobs.worker import Worker

        kind = JobKind("empty", "Nothing", Nothing, lambda held: None)
        with transaction.atomic():
            for number in range(count):
                enqueue(kind, f"empty:{number}", Nothing())
        worker = Worker(is_thread=False, known={kind.name: kind})
        before, spent = time.perf_counter(), time.process_time()
        done = worker.work_off()
        took, cpu = time.perf_counter() - before, time.process_time() - spent
        connection.close()
        print(
            f"{connection.vendor}: {done / took:.0f} jobs a second,"
            f" {cpu / done * 1000:.1f} ms of CPU each"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
