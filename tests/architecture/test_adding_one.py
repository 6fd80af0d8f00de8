"""One of each is added as one file or folder in a temporary package, is found, and works; nothing
that is there is edited.

It runs in a process of its own, because what was found once is remembered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

# Where a file lies in the temporary package is where it would lie in ours.
FILES = {
    "catalogue/kinds/greatest.py": '''
"""The greatest value of any row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helmdesk.catalogue.finished import Columns, Finished, alone, floats
from helmdesk.catalogue.kind import NO_ROW, Kind, Statistic


@dataclass(frozen=True)
class Greatest(Kind):
    """Greatest value of `column`."""

    column: str

    statistic = Statistic("maximum")
    form = None

    @property
    def row_value(self) -> str:
        return self.column

    @property
    def required(self) -> str:
        return self.column

    @property
    def row(self) -> Mapping[str, str]:
        return {**NO_ROW, "x": self.column}

    @property
    def numbers(self) -> Mapping[str, str]:
        return {"greatest": "max(cast(x as double))"}

    @property
    def nothing(self) -> Mapping[str, Any]:
        return {"greatest": None}

    def finish(self, columns: Columns) -> Finished:
        return alone(floats(columns["greatest"]))


kind = Greatest
''',
    "facts/wishes.py": '''
"""What customers wish for: here, one a ticket."""

from helmdesk.facts.build.fact import TIME_DIMENSIONS, Dimension, Fact, Whole

fact = Fact(
    name="wishes",
    grain="one wish",
    refresh=Whole(with_tickets=True),
    families=(),
    depends=("tickets",),
    dated="wished_at",
    dimensions=(
        Dimension("team", "team", "team of its ticket"),
        Dimension("initial", "upper(left(ticket_id, 1))", "first letter of its ticket"),
        *TIME_DIMENSIONS,
    ),
    sql="""
    select ticket_id, team, created_at as wished_at, length(ticket_id) as size, fidelity
    from tickets
    """,
)
''',
    "metrics/greatest_wish.py": '''
"""How large the greatest wish of all is, as its ticket's name is long: what nobody would count,
which is why it stands here and nowhere else.
"""

from datetime import date

from helmdesk.catalogue.kinds.greatest import Greatest
from helmdesk.catalogue.metric import Change, Metric

metric = Metric(
    key="greatest_wish",
    name="Greatest wish",
    version=1,
    owner="tests",
    changes=(Change(1, date(2026, 11, 27), "new"),),
    pillar="customer_quality",
    category="customer_experience",
    unit="wishes",
    direction="context",
    fact="wishes",
    value=Greatest("size"),
    where="true",
    where_words="all wishes",
    formula="the greatest size",
    evidence=("ticket_id", "wished_at", "size"),
    rewards="short names",
    exposes="long names",
    supports=("data",),
    anchor="wished_at",
)
''',
    "sources/profiles/wishlist.py": '''
"""Wishlist: a table of wishes."""

from helmdesk.sources.parts.profile import Profile

profile = Profile(
    title="Wishlist export",
    tells=("Wish Number", "Wished On", "Wisher", "Granted On", "Wish State"),
    fields={
        "ticket_id": ("Wish Number",),
        "created": ("Wished On",),
        "solved": ("Granted On",),
        "status": ("Wish State",),
        "customer_id": ("Wisher",),
    },
    statuses={"Hoped": "open", "Granted": "solved"},
    checked="by nobody: it is made up",
)
''',
    "sources/wishes.py": '''
"""Wishes as lines of text: a number, a semicolon, a day."""

from helmdesk.quoting import name
from helmdesk.sources.parts.source import Source, named_paths


def read(staging, paths, options):
    """Stage a ticket a line."""
    lines = [line.split(";") for path in paths for line in path.read_text().split()]
    staging.connection.execute("create table wished (number varchar, day timestamptz)")
    staging.connection.executemany("insert into wished values (?, ?)", lines)
    staging.add(
        "created",
        {
            "record_id": "'wish:' || number",
            "ticket_id": "number",
            "occurred_at": "day",
            "channel": "'letter'",
            "actor_kind": "'customer'",
        },
        "wished",
    )


source = Source("wishes", "lines of wishes", read, named_paths)
''',
    "web/pages/wishes/page.py": '''
"""The greatest wish."""

from django.http import HttpResponse

from helmdesk.web.access import EVERYONE
from helmdesk.web.page import Page, Route
from helmdesk.web.request import DeskRequest


def wishes(request: DeskRequest) -> HttpResponse:
    """Tell it."""
    return HttpResponse(f"greatest: {request.desk.measure('greatest_wish')[0].value:g}")


page = Page("Wishes", EVERYONE, (Route("wishes", wishes, "wishes"),), place=990, key="w")
''',
    "web/apps/granted/models.py": '''
"""Wishes that were granted."""

from django.db import models


class Granted(models.Model):
    """One that was."""

    PERSONAL = ("who",)
    IMPERSONAL = ()

    who = models.CharField(max_length=50)
''',
    "web/apps/granted/migrations/0001_initial.py": """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Granted",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("who", models.CharField(max_length=50)),
            ],
        )
    ]
""",
    "web/apps/granted/jobs.py": '''
"""Granting in the background."""

from helmdesk.web.apps.granted.models import Granted
from helmdesk.web.apps.jobs.kind import Held, Nothing, job


@job("grant", "Grant a wish", Nothing, schedule="daily 04:00")
def grant(held: Held[Nothing]):
    """Grant one."""
    return lambda: Granted.objects.create(who="Ada")
''',
    "web/apps/granted/page.py": '''
"""Who got what."""

from django.http import HttpResponse

from helmdesk.web.access import ADMINISTRATORS
from helmdesk.web.apps.granted.models import Granted
from helmdesk.web.page import Page, Route


def granted(request):
    """Tell how many."""
    return HttpResponse(f"granted: {Granted.objects.count()}")


page = Page("Granted", ADMINISTRATORS, (Route("granted", granted, "granted"),), needs_data=False)
''',
    "presets/wishtool.py": '''
"""Wishtool: counts as we do."""

from helmdesk.presets.parts.preset import Preset, ToolMetric
from helmdesk.presets.parts.rules import RESOLUTION

preset = Preset(
    name="wishtool",
    tool="Wishtool",
    sources=("nowhere",),
    metrics=(ToolMetric("resolution", "resolution_time", RESOLUTION, (), variant="mean"),),
)
''',
    "cli/commands/wish.py": '''
"""Say a wish."""

import click


@click.command("wish")
def command() -> None:
    """Say it."""
    click.echo("wished")
''',
}

SCRIPT = """
import importlib, json, os, sys
from datetime import timedelta
from pathlib import Path

more, folder = Path(sys.argv[1]), Path(sys.argv[2])
for place in sorted({file.parent for file in more.rglob("*.py")}):
    parts = place.relative_to(more).parts
    name = ".".join(("helmdesk", *parts))
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError:
        continue  # a folder of its own, found within its parent
    if str(place) not in list(package.__path__):
        package.__path__.append(str(place))
for parent in ("web/pages", "web/apps"):
    importlib.import_module("helmdesk." + parent.replace("/", ".")).__path__.append(
        str(more / parent)
    )

found = {}
from click.testing import CliRunner
from helmdesk.cli.main import commands
from helmdesk.desk.desk import Desk
from helmdesk.settings import Settings

desk = Desk.create(folder, Settings())
lines = folder.parent / "wishes.txt"
lines.write_text("wish-1;2026-01-02\\nwish-10;2026-01-03\\n")
refused = desk.load("wishes", [lines]).quarantined_rows
found["source"] = [refused, desk.measure("ticket_volume")[0].value]
found["metric"] = desk.measure("greatest_wish")[0].value
found["statistic"] = desk.measure("greatest_wish")[0].statistic
with desk.marts.reader() as reader:
    found["first"] = str(reader.bounds.first)
table = folder.parent / "export.csv"
table.write_text(
    "Wish Number,Wished On,Wisher,Granted On,Wish State\\n"
    "a-wish-100,2026-01-05 10:00,Ada,2026-01-06 10:00,Granted\\n"
    "b-wish-2,2026-01-05 11:00,Bob,,Hoped\\n"
)
found["profile"] = [
    desk.load("file", [table]).rows, desk.measure("ticket_volume")[0].value
]
found["refreshed"] = desk.measure("greatest_wish")[0].value
found["dimension"] = {m.group[0][1]: m.value for m in desk.measure("greatest_wish", by="initial")}
found["help"] = desk.dimensions("greatest_wish")["initial"]
found["drill"] = desk.drill("greatest_wish").num_rows
found["spread"] = sum(bin_.n for bin_ in desk.distribution("greatest_wish"))
weekly = desk.measure("greatest_wish", grain="week", start="2025-12-29", end="2026-01-19")
found["weekly"] = [m.value for m in weekly]
desk.verify(desk.measure("greatest_wish", by="team").receipt)
custom = folder / "metrics" / "own_greatest.toml"
custom.parent.mkdir()
custom.write_text(Path(sys.argv[3]).read_text())
found["own"] = Desk(folder).measure("own_greatest")[0].value
desk.refresh(is_forced=True)
found["rebuilt"] = desk.measure("greatest_wish")[0].value
card, = desk.scorecard(keys=["greatest_wish"], trend="week").cards
found["card"] = card.now.value
found["explained"] = desk.explain("greatest_wish").metric.key
from helmdesk.presets.parts.preset import find_preset

found["preset"] = [each.metric.name for each in desk.compare(find_preset("wishtool"))]
found["command"] = CliRunner().invoke(commands, ["wish"]).output

os.environ["HELMDESK_LOG_LEVEL"] = "ERROR"
from helmdesk.web.prepare import prepare, start_django

start_django(folder)
prepare()
from django.conf import settings
from django.test import Client
from helmdesk.web.apps.people.models import Person

settings.ALLOWED_HOSTS.append("testserver")
ada = Person.objects.create_user("ada", password="a long enough password", role="administrator")
client = Client()
client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
found["page"] = client.get("/wishes").content.decode()
from helmdesk.web.apps.jobs.kind import kinds
from helmdesk.web.apps.jobs.kind import Nothing
from helmdesk.web.apps.jobs.queue import enqueue
from helmdesk.web.apps.jobs.worker import Worker

enqueue(kinds()["grant"], "grant:1", Nothing())
Worker(is_thread=False, known={"grant": kinds()["grant"]}).work()
found["app"] = client.get("/granted").content.decode()
found["navigation"] = "/wishes" in client.get("/scorecard", follow=True).content.decode()
from django.apps import apps

found["personal"] = [m.PERSONAL for m in apps.get_models() if m.__name__ == "Granted"]
print("FOUND " + json.dumps(found, default=str))
"""

OWN = """
name = "Own greatest"
version = 1
owner = "tests"
changes = [{ version = 1, date = 2026-11-27, why = "new" }]
pillar = "customer_quality"
category = "customer_experience"
unit = "wishes"
direction = "context"
fact = "wishes"
anchor = "wished_at"
value = { kind = "greatest", column = "size + 1" }
where = "true"
where_words = "all wishes"
formula = "the greatest size"
description = "The greatest wish, and one more."
evidence = ["ticket_id", "size"]
rewards = "short names"
exposes = "long names"
supports = ["data"]
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("adding")
    for name, text in FILES.items():
        file = folder / "more" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip(), encoding="utf-8")
        if name.startswith("web/"):
            for place in (file.parent, file.parent.parent):
                if place.name not in ("web", "pages", "apps"):
                    (place / "__init__.py").touch()
    (folder / "add.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "own.toml").write_text(OWN, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "add.py", "more", "desk", "own.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FOUND " in done.stdout, done.stderr[-3000:]
    content: dict[str, Any] = json.loads(done.stdout.partition("FOUND ")[2])
    return content


EXPECTED = {
    "source": [0, 2.0],
    "metric": 7.0,
    "statistic": "maximum",
    "first": "2026-01-02 00:00:00",
    "profile": [2, 4.0],
    "refreshed": 10.0,
    "dimension": {"A": 10.0, "B": 8.0, "W": 7.0},
    "help": "first letter of its ticket",
    "drill": 4,
    "spread": 4,
    "weekly": [7.0, 10.0],
    "own": 11.0,
    "rebuilt": 10.0,
    "card": 10.0,
    "explained": "greatest_wish",
    "preset": ["resolution"],
    "command": "wished\n",
    "page": "greatest: 10",
    "app": "granted: 1",
    "navigation": True,
    "personal": [["who"]],
}


@pytest.mark.parametrize("what", EXPECTED)
def test_what_is_added_works(found: dict[str, Any], what: str) -> None:
    assert found[what] == EXPECTED[what]
