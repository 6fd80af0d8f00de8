"""What columns of an upload mean is changed in a form, without TOML, and the preview follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helmdesk.desk.desk import Desk
from helmdesk.sources.parts.suggestion import suggest_mapping
from web.conftest import loading_into, text
from web.test_uploads import begin, work

# Nobody's export: two names for people, three times, stars from 1 to 5 that no hint finds.
UNKNOWN = (
    "Ref,Logged on,Handled by,Second pair,Finished,Stars,Where from,How it is\n"
    + "\n".join(
        f"R-{n},{n:02d}/06/2026 09:00,Ben,Cleo,{n:02d}/06/2026 {10 + n % 5}:00,{1 + n % 5},mail,"
        + ("Done" if n % 2 else "Parked")
        for n in range(1, 13)
    )
    + "\n"
)


@pytest.fixture
def desk(site: Path, tmp_path: Path) -> Iterator[Desk]:
    with loading_into(tmp_path / "desk") as desk:
        yield desk


def upload(folder: Path, content: str) -> Any:
    """Upload a file that nobody knows, and let it be checked."""
    path = folder / "desk.csv"
    path.write_text(content, encoding="utf-8")
    load = begin(path.name, content, "mapping", is_preview=True, mapping=suggest_mapping(path))
    work()
    load.refresh_from_db()
    return load


def form_of(load: Any) -> dict[str, str]:
    """Return what the form sends where nobody touches it."""
    reading = load.reading
    said = {f"column:{n}": each["field"] for n, each in enumerate(reading["columns"])}
    said |= {"time_zone": reading["time_zone"], "mapping": reading["mapping"]}
    for prefix, listed in (("means", reading["answers"]), ("state", reading["statuses"])):
        for place, (word, meaning) in enumerate(listed):
            said |= {f"{prefix}:{place}:word": word, f"{prefix}:{place}": meaning}
    if reading["scale"]:
        said |= {"scale_low": str(reading["scale"][0]), "scale_high": str(reading["scale"][1])}
    return said


def say(client: Any, load: Any, do: str = "preview", **changed: str) -> Any:
    by_name = {each["name"]: n for n, each in enumerate(load.reading["columns"])}
    said = form_of(load)
    for name, value in changed.items():
        column = name.replace("_", " ")
        said[f"column:{by_name[column]}" if column in by_name else name] = value
    assert client.post(f"/data/load/{load.pk}/go", {**said, "do": do}).status_code == 302
    work()
    load.refresh_from_db()
    return load


def test_an_unknown_file_is_told_column_by_column(desk: Desk, as_: Any, tmp_path: Path) -> None:
    ada = as_("ada")
    load = upload(tmp_path, UNKNOWN)
    page = text(ada.get(f"/data/load/{load.pk}"))
    assert "no export of a system known here" in page and "say which column each of them is" in page
    assert "One more step" in page and "[[record]]" not in page
    load = say(
        ada,
        load,
        Ref="ticket_id",
        Logged_on="created",
        Handled_by="agent_id",
        Finished="solved",
        Stars="answer",
        Where_from="channel",
        time_zone="Europe/Berlin",
    )
    assert (load.state, load.reading["order_is_asked"]) == ("failed", True)
    assert load.report.get("examples", []) == []
    load = say(ada, load, order="day-first")
    assert (load.state, load.problem) == ("previewed", "")
    first = next(each for each in load.report["examples"] if "R-3" in map(str, each.values()))
    assert any("Ben" in str(each) for each in first.values())
    # Another column for the agent, and only fives are good: the preview follows.
    load = say(ada, load, Handled_by="", Second_pair="agent_id")
    first = next(each for each in load.report["examples"] if "R-3" in map(str, each.values()))
    assert any("Cleo" in str(each) for each in first.values())
    assert dict(load.reading["answers"])["4"] == "positive"
    place = [word for word, _ in load.reading["answers"]].index("4")
    load = say(ada, load, do="load", **{f"means:{place}": "neutral"})
    assert load.state == "previewed", "what was changed is looked at before it is loaded"
    load = say(ada, load, do="load")
    assert (load.state, load.problem) == ("done", "")
    with Desk(desk.path).engine() as engine:
        found = (
            engine.run("select count(*), count(*) filter (where is_positive) from responses"),
            engine.run(
                "select strftime(created_at, '%Y-%m-%d %H:%M'), agent from tickets"
                " where ticket_id = 'R-3'"
            ),
        )
    # Stars are 1 + n % 5 for n of 1 to 12: five stars for 4 and 9. Nine in Berlin is seven UTC.
    assert found == ([(12, 2)], [("2026-06-03 07:00", "Cleo")])


def test_one_thing_of_two_columns_and_no_zone_are_refused(
    desk: Desk, as_: Any, tmp_path: Path
) -> None:
    ada = as_("ada")
    load = upload(tmp_path, UNKNOWN)
    said = form_of(load) | {"column:2": "agent_id", "column:3": "agent_id", "do": "preview"}
    refused = ada.post(f"/data/load/{load.pk}/go", said)
    assert refused.status_code == 400 and b"choose one" in refused.content
    # The form stands there with what was chosen; nothing of it was taken.
    assert len(re.findall(rb'value="agent_id"\s+selected', refused.content)) == 2
    assert load.pk and b"Nothing was changed yet" in refused.content
    # What somebody wrote in the text is not drafted away by a change above it.
    written = load.reading["mapping"] + "\n# ours\n"
    said = form_of(load) | {"mapping": written, "do": "preview"}
    assert ada.post(f"/data/load/{load.pk}/go", said).status_code == 302
    work()
    load.refresh_from_db()
    refused = ada.post(
        f"/data/load/{load.pk}/go", form_of(load) | {"column:2": "agent_id", "do": "preview"}
    )
    assert refused.status_code == 400 and b"written by hand" in refused.content
    load.refresh_from_db()
    assert load.mapping == written
    said = form_of(load) | {"time_zone": "Berlin", "do": "preview"}
    refused = ada.post(f"/data/load/{load.pk}/go", said)
    assert refused.status_code == 400 and b"no time zone" in refused.content


FRESHDESK = (
    "Ticket ID,Subject,Status,Created time,Resolved time,Last update time,Due by Time,"
    "Resolution status,Agent interactions,Customer interactions,Agent"
)
ROW = "{},x,Closed,2026-03-02 09:00,2026-03-02 11:00,2026-03-02 11:00,2026-03-03 09:00,Within,1,1,"


def test_each_of_several_files_is_told(desk: Desk, as_: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from helmdesk.web.pages.data.models import LoadJob

    ada = as_("ada")
    contents = {
        "jan.csv": f"{FRESHDESK}\n{ROW.format(1)}Kim\n",
        "feb.csv": f"{FRESHDESK}\n{ROW.format(2)}Lee\n",
        "mar.csv": f"{FRESHDESK},Group\n{ROW.format(3)}Lee,Desk B\n",
    }
    files = [SimpleUploadedFile(name, said.encode()) for name, said in contents.items()]
    made = ada.post("/data/load", {"source": "file", "files": files})
    assert made.status_code == 302
    work()
    load = LoadJob.objects.get()
    assert (load.state, load.problem) == ("previewed", "")
    page = text(ada.get(made.url))
    assert "What the columns of jan.csv are taken for" in page
    assert "feb.csv</h3> <p>It has the same columns" in page
    assert 'aria-label="Columns of mar.csv"' in page and "Desk B" in page
    told = {each["name"]: each for each in load.reading["others"]}
    assert {each["name"]: each["taken_for"] for each in told["mar.csv"]["columns"]}["Group"] == [
        "team"
    ]
    # One mapping for all of them would be wrong of the third.
    place = [each["name"] for each in load.reading["columns"]].index("Agent")
    refused = ada.post(f"{made.url}/go", form_of(load) | {f"column:{place}": "", "do": "preview"})
    assert refused.status_code == 400 and b"upload jan.csv alone" in refused.content
    assert ada.post(f"{made.url}/go", form_of(load) | {"do": "load"}).status_code == 302
    work()
    assert Desk(desk.path).measure("ticket_volume")[0].value == 3
