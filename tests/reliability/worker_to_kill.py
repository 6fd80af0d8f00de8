"""A worker over a database of its own, to be killed: each job says that it began, and leaves one
row together with its end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from helmdesk.web.prepare import start_django


def main(desk: str) -> None:
    start_django(Path(desk))
    from django.db import connection

    from helmdesk.web.apps.jobs.kind import Held, JobKind, Nothing
    from helmdesk.web.apps.jobs.worker import Worker

    def run(held: Held[Nothing]) -> Callable[[], None]:
        sys.stdout.write("at work\n")
        sys.stdout.flush()
        time.sleep(0.1)

        def effect() -> None:
            with connection.cursor() as cursor:
                cursor.execute("insert into effects (name) values (%s)", [held.key])

        return effect

    Worker(is_thread=False, known={"kill": JobKind("kill", "To be killed", Nothing, run)}).run()


if __name__ == "__main__":
    main(sys.argv[1])
