"""How long the first run of a live account takes: ``python benchmarks/live_accounts.py [TICKETS]``.

A fake Zendesk in a process of its own states limits that nobody reaches, so that what is measured
is the work, not the waiting. Prints seconds and CPU seconds of this process.

Measured on two shared cores that others kept busy: 10,000 tickets in 24.9 s, 13.9 s of the
processor; so 100,000 take about 140 s of the processor, and the 60 s that are wanted are missed.
Most of it are requests: the history of each ticket is one. What would bring it down is to
read the first run's history from the export of ticket events, a thousand to a request.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / each) for each in ("src", "tests")]


def serve_account(tickets: int, pipe: Connection) -> None:
    """Serve an account until somebody says that it is enough."""
    from connectors.fake import serve
    from connectors.fake_zendesk import FakeZendesk

    account = FakeZendesk(tickets=tickets)
    for number in range(1, tickets + 1, 2):
        account.change(number)
    account.now += 120
    with serve(account.answer) as server:
        pipe.send(server.url)
        pipe.recv()


def main() -> None:
    """Connect, fetch, and say how long it took."""
    from connectors.fake_zendesk import EMAIL, TOKEN
    from connectors.live import connect
    from helmdesk import Desk
    from helmdesk.desk.sync import sync

    tickets = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve_account, args=(tickets, theirs), daemon=True)
    server.start()
    url = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk.create(Path(folder) / "desk")
        connect(desk, "zendesk", {"token": TOKEN}, account=url, email=EMAIL)
        began, worked = time.perf_counter(), time.process_time()
        report = sync(desk, "zendesk", refresh=False)
        print(
            f"{report.tickets:,} tickets in {time.perf_counter() - began:.1f} s,"
            f" {time.process_time() - worked:.1f} CPU s, {len(report.loads)} batches,"
            f" {report.status.requests}, {report.status.completeness}"
        )
    ours.send("enough")
    server.join()


if __name__ == "__main__":
    main()
