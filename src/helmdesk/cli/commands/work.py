"""``helmdesk work``: do what the site's jobs ask for, in a process of its own."""

from __future__ import annotations

import signal
from types import FrameType

import click

from helmdesk.cli.options import desk_option, open_desk
from helmdesk.cli.output import talk
from helmdesk.errors import DamageError, HelmdeskError
from helmdesk.web.site_folder import SiteFolder


@click.command(
    "work",
    epilog="\b\nExamples:\n  helmdesk work --desk my-desk\n  helmdesk work --once --desk my-desk",
)
@desk_option
@click.option("--once", is_flag=True, help="Do what is due now, and stop.")
def command(desk_path: str | None, once: bool) -> None:
    """Do the site's jobs: loads, refreshes, schedules. The site does them itself while no such
    process runs.
    """
    desk = open_desk(desk_path)
    try:
        from helmdesk.web.prepare import migrate, start_django
    except ImportError as error:
        raise HelmdeskError(
            f"the site's packages are not installed ({error.name}); run: pip install"
            " 'helmdesk[site]'"
        ) from error
    for what, mend in SiteFolder(desk.path).damage():
        raise DamageError(f"{what}; {mend}")
    start_django(desk.path)
    migrate()
    from helmdesk.web.apps.jobs.worker import Worker

    worker = Worker(is_thread=False)
    if once:
        done = worker.work_off()
        talk(f"{done} {'job' if done == 1 else 'jobs'} done" if done else "nothing was due")
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    talk(f"working for {desk.path} (Ctrl-C stops; what is being done then goes back)")
    worker.run()
