"""Everything a site needs before it can answer: database, static files, chart bundle, first
administrator.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import django

from helmdesk.version import __version__
from helmdesk.web.site_folder import COLLECTED, DESK, SiteFolder

Step = Callable[[str], None]


def start_django(desk: Path) -> None:
    """Set Django up over a desk; once in a process."""
    os.environ[DESK] = str(desk.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helmdesk.web.settings")
    write_chart_bundle(SiteFolder(desk.absolute()).make())
    django.setup()


def write_chart_bundle(site: SiteFolder) -> None:
    """Take Vega out of the wheel it comes in, once for each version; no browser asks another
    machine for it.
    """
    folder = site.path / "chart"
    marker, wanted = folder / "version", version("vl-convert-python")
    if marker.is_file() and marker.read_bytes() == f"{wanted} {_content(folder, marker)}".encode():
        return
    import vl_convert

    marker.parent.mkdir(exist_ok=True)
    bundle = vl_convert.javascript_bundle()  # type: ignore[call-arg]
    (marker.parent / "vega.js").write_text(bundle, encoding="utf-8")
    marker.write_text(f"{wanted} {_content(folder, marker)}", encoding="utf-8")


def prepare(on_step: Step = lambda _step: None) -> None:
    """Migrate the database and collect static files where something changed."""
    from django.conf import settings
    from django.core.management import call_command

    from helmdesk.web.apps.people.audit import note_latest, note_restored
    from helmdesk.web.pages.data.jobs import go_on_with_loads

    on_step("preparing the database")
    migrate()
    go_on_with_loads()
    note_restored()
    note_latest()
    root, wanted = settings.STATIC_ROOT, _static_identity()
    collected = root / COLLECTED
    if (
        not collected.is_file()
        or collected.read_bytes() != f"{wanted} {_content(root, collected)}".encode()
    ):
        on_step("collecting static files")
        shutil.rmtree(root, ignore_errors=True)
        call_command("collectstatic", verbosity=0, interactive=False)
        collected.write_text(f"{wanted} {_content(root, collected)}", encoding="utf-8")


def migrate() -> None:
    """Make the database, or bring one of an earlier version up to this one."""
    from django.conf import settings
    from django.core.management import call_command

    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        settings.SITE.make_database()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def _content(folder: Path, marker: Path) -> str:
    """Return a digest of everything in a folder but the marker that keeps it: what is damaged there
    is made anew.
    """
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file != marker:
            digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def load_pages() -> None:
    """Import every page: else the first reader waits for it."""
    from django.urls import get_resolver

    assert get_resolver().url_patterns


def _static_identity() -> str:
    own = Path(__file__).parent / "static" / "helmdesk"
    stamps = [f"{file.name}:{file.stat().st_mtime_ns}" for file in sorted(own.iterdir())]
    return " ".join([__version__, version("vl-convert-python"), version("django-htmx"), *stamps])


def setup_code() -> str | None:
    """Return a new one-time code while there is no administrator."""
    from helmdesk.web.access import Role
    from helmdesk.web.apps.people.models import Person, SetupCode

    if Person.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
        return None
    return SetupCode.renew()
