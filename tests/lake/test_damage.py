"""Nothing is lost or changed in silence: what a lake held is sealed, marts are bound to its log,
damage is named.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import duckdb
import pytest

from desks import load_events, make_desk, ticket
from helmdesk.desk.backup import back_up, restore
from helmdesk.desk.desk import Desk
from helmdesk.desk.live import LiveDesk
from helmdesk.engines.duckdb import DuckDB
from helmdesk.errors import BusyError, DamageError, HelmdeskError, ReceiptMismatch
from helmdesk.facts.build import build, incremental
from helmdesk.facts.build.made_of import MadeOf
from helmdesk.lake import folder
from helmdesk.lake.damage import find_damage
from helmdesk.lake.erasure import erase_customers, read_erased
from helmdesk.lake.lake import Lake
from helmdesk.query.receipt import Receipt

DAY = "2026-01-05T09:00:00Z"


@pytest.fixture(autouse=True)
def tickets_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marts here hold tickets and nothing else: they are made in a tenth of the time."""
    monkeypatch.setattr(build, "build_facts", partial(build.build_facts, only=("tickets",)))
    monkeypatch.setattr(incremental, "MOST", 0)


def load(desk: Desk, batch: str, tickets: int = 3, **options: bool) -> None:
    events = [
        event
        for number in range(tickets)
        for event in ticket(f"{batch}-{number * 7919}", DAY, customer_id=f"C{number}")
    ]
    load_events(desk, events, batch=batch, **options)


def count(desk: Desk) -> int:
    with desk.engine() as engine:
        return int(engine.run("select count(*) from tickets")[0][0])


def entry(desk: Desk, number: int) -> Path:
    return desk.lake.path / "_delta_log" / f"{number:020d}.json"


@pytest.fixture(scope="module")
def three_batches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk of three batches without a mart, to be copied."""
    desk = make_desk(tmp_path_factory.mktemp("desks") / "desk")
    for batch in ("a", "b", "c"):
        load(desk, batch, refresh=False)
    return desk.path


@pytest.fixture
def desk(three_batches: Path, tmp_path: Path) -> Desk:
    return Desk(shutil.copytree(three_batches, tmp_path / "desk"))


@pytest.mark.parametrize("is_mart_lost", [False, True])
def test_a_lost_log_entry_is_never_given_again(desk: Desk, is_mart_lost: bool) -> None:
    """A load after a loss would take the lost entry's number: the mart of the one would stand for
    the records of the other.
    """
    assert count(desk) == 9
    entry(desk, 3).unlink()
    if is_mart_lost:
        shutil.rmtree(desk.path / "marts")
    said = r"0{19}3\.json is missing; no other entry names batch c \(3 records\)"
    for ask in (
        lambda: load(desk, "d"),
        lambda: count(desk),
        desk.refresh,
        desk.lake.compact,
        lambda: back_up(desk, desk.path / "x.tar"),
    ):
        with pytest.raises(DamageError, match=said):
            ask()
    assert "0003.json is missing" in find_damage(desk.lake)[0]
    desk.refresh(accepts_loss=True)
    assert (count(desk), find_damage(desk.lake)) == (6, [])
    load(desk, "c")  # what was lost can be loaded again
    assert count(desk) == 9


def test_an_entry_that_another_took_the_place_of(
    desk: Desk, three_batches: Path, tmp_path: Path
) -> None:
    """Even where the lake is whole in itself, and of the same version, a mart of another one does
    not answer.
    """
    assert count(desk) == 9
    receipt = _receipt(desk)
    other = Desk(shutil.copytree(three_batches, tmp_path / "other"))
    entry(other, 3).unlink()
    other.refresh(accepts_loss=True)
    load(other, "elsewhere", 1)
    shutil.rmtree(desk.lake.path)
    shutil.copytree(other.lake.path, desk.lake.path)
    shutil.copy(other.lake.seal_path, desk.lake.seal_path)
    assert desk.lake.version() == 3
    assert find_damage(desk.lake) == []
    with pytest.raises(
        DamageError,
        match=r"is not the one that the facts of lake version 3 were made from.*--accept-loss",
    ):
        count(desk)
    desk.refresh(accepts_loss=True)
    assert count(desk) == 7
    assert _receipt(desk).content["lake_log"] != receipt.content["lake_log"]


def _receipt(desk: Desk) -> Receipt:
    with desk.engine() as engine:
        made_of = MadeOf.read(engine)
    return Receipt.seal(
        {"lake_version": made_of.lake_version, "lake_log": made_of.log, "results": []}
    )


def test_a_receipt_of_another_log_is_told() -> None:
    from helmdesk.query.receipt import confirm

    of_one, of_other, of_earlier = (
        Receipt.seal({"lake_version": 3, "results": [], **log})
        for log in ({"lake_log": "0:a"}, {"lake_log": "0:b"}, {})
    )
    confirm(of_one, of_one, [])
    confirm(of_earlier, of_one, [])
    with pytest.raises(
        ReceiptMismatch, match="its log up to version 3 is not the log that the receipt names"
    ):
        confirm(of_one, of_other, [])


def test_an_open_site_notices(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # a site needs every fact
    live = LiveDesk(desk.path)
    assert count(live) == 9
    entry(desk, 2).unlink()
    with pytest.raises(DamageError, match=r"2\.json is missing"):
        count(live)


def test_desks_of_earlier_versions_keep_working(desk: Desk) -> None:
    """Their lakes have no seal and their marts name no log: both come with the next thing done."""
    assert count(desk) == 9
    desk.lake.seal_path.unlink()
    for number in range(4):
        entry(desk, number).write_text(
            entry(desk, number).read_text().replace('"sealed":"1"', '"x":"1"')
        )
    path = desk.marts.published_path()
    assert path is not None
    desk.marts.let_go()  # to write into it
    with duckdb.connect(str(path)) as connection:
        connection.execute("alter table mart drop lake_log")
    assert desk.lake.sealed() is None
    assert count(desk) == 9
    assert desk.marts.published_path() != path
    load(desk, "d")
    assert desk.lake.sealed() is not None
    assert count(desk) == 12


def test_a_lake_that_is_emptied_is_no_damaged_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "build_facts", build.build_facts.func)  # the site asks for all
    desk.refresh()
    site = LiveDesk(desk.path)
    assert site.open_mart().made_of.lake_version == 3
    going, may_go_on = Event(), Event()
    create = Lake.create

    def slowly(lake: Lake) -> None:
        going.set()
        assert may_go_on.wait(30)
        create(lake)

    with ThreadPoolExecutor(5) as pool, monkeypatch.context() as patched:
        patched.setattr(Lake, "create", slowly)
        emptied = pool.submit(desk.empty)
        assert going.wait(30)
        asked: list[Callable[[], Any]] = [
            Desk(desk.path).lake.version,
            lambda: Desk(desk.path).lake.snapshot().version,
            Desk(desk.path).lake.damaged,
            lambda: site.open_mart().made_of.lake_version,
        ]
        answers = [pool.submit(each) for each in asked]
        assert not wait(answers, timeout=0.3).done
        may_go_on.set()
        assert [answer.result(30) for answer in answers] == [0, 0, None, 0]
        emptied.result(30)
    load(desk, "after")
    assert count(desk) == 3


def test_one_stopped_while_it_empties_does_so_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(lake: Lake) -> None:
        raise OSError("stopped")

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "create", stop)
        with pytest.raises(OSError, match="stopped"):
            desk.lake.empty()
        patched.setattr(folder, "SETTLES_WITHIN", 0.0)
        with pytest.raises(BusyError, match="being emptied"):
            Desk(desk.path).lake.version()
    desk.lake.empty()
    assert Desk(desk.path).lake.version() == 0
    assert sorted(path.name for path in desk.path.glob("lake*")) == [
        "lake",
        "lake.lock",
        "lake.seal",
    ]


def test_a_lost_or_damaged_seal_is_said(desk: Desk) -> None:
    seal = desk.lake.seal_path
    whole = seal.read_text()
    for text in (whole.replace("a", "b", 1), whole[:-9], "", "[]", '{"files": [], "digest": ""}'):
        seal.write_text(text)
        with pytest.raises(DamageError, match=r"lake\.seal is damaged.*--accept-loss"):
            count(desk)
    seal.unlink()
    with pytest.raises(DamageError, match=r"lake\.seal is missing.*--accept-loss"):
        load(desk, "d")
    desk.refresh(accepts_loss=True)
    assert count(desk) == 9


def test_a_flipped_bit_is_no_other_ticket(tmp_path: Path) -> None:
    """Parquet keeps no digest: a flipped bit may read as another ticket's number, and 60 tickets as
    61.
    """
    desk = make_desk(tmp_path / "desk")
    load(desk, "a", 60, refresh=False)
    load(desk, "b", 60, refresh=False)
    file, _ = sorted(desk.lake.path.glob("family=ticket/*.parquet"))
    whole, rng, misread = file.read_bytes(), random.Random(7), set()
    snapshot = desk.lake.snapshot()
    for _ in range(150):
        place = rng.randrange(len(whole))
        file.write_bytes(
            whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :]
        )
        with pytest.raises(
            DamageError,
            match=(
                rf"{file.name} is damaged: its content is not what was written; it held 60 ticket"
                r" records"
            ),
        ):
            desk.lake.check_files(snapshot.files)
        try:
            misread |= set(
                duckdb.execute(
                    "select count(distinct ticket_id) from read_parquet(?)", [str(file)]
                ).fetchall()
            )
        except duckdb.Error:
            continue
    assert misread - {(60,)}, "the test's own point: without the seal some flips change the count"
    for attempt in (desk.refresh, desk.lake.compact, lambda: back_up(desk, tmp_path / "x.tar")):
        with pytest.raises(DamageError, match=file.name):
            attempt()


def test_a_damaged_checkpoint_can_be_spared(desk: Desk) -> None:
    desk.lake.compact()
    (checkpoint,) = desk.lake.path.glob("_delta_log/*.checkpoint.parquet")
    content = bytearray(checkpoint.read_bytes())
    content[len(content) // 2] ^= 4
    checkpoint.write_bytes(content)
    with pytest.raises(
        DamageError,
        match=(
            r"checkpoint\.parquet is damaged, a copy of the log.*the log is whole without it:"
            r" delete"
        ),
    ):
        count(desk)
    checkpoint.unlink()
    (checkpoint.parent / "_last_checkpoint").unlink()
    assert (count(desk), find_damage(desk.lake)) == (9, [])


def test_erasure_begins_the_log_anew(desk: Desk) -> None:
    assert count(desk) == 9
    erase_customers(desk.lake, ["C1"], desk.path)
    assert find_damage(desk.lake) == []
    desk.refresh()
    assert count(desk) == 9
    load(desk, "d")
    assert (count(desk), find_damage(desk.lake)) == (
        11,
        [],
    )  # the person of d's second ticket stays out
    erased = desk.path / "erased.json"
    salt = json.loads(erased.read_text())["salt"]
    salted = erased.read_text().replace(salt, salt[::-1])
    for text in (
        "",
        "{",
        "[]",
        erased.read_text().replace('"salt"', '"malt"'),
        erased.read_text().replace('"people"', '"peoble"'),
        salted,
    ):
        erased.write_text(text)
        with pytest.raises(DamageError, match=r"erased\.json is damaged: people erased"):
            load(desk, "e")
    erased.unlink()
    with pytest.raises(DamageError, match=r"erased\.json is missing: people erased"):
        read_erased(desk.path)


def _files(desk: Desk) -> list[Path]:
    return sorted(
        path
        for path in desk.path.rglob("*")
        if path.is_file() and not path.name.endswith(".lock") and path.suffix != ".tar"
    )


def _damage(path: Path, how: str, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if how == "delete":
        path.unlink()
    elif how == "empty" or not content:
        path.write_bytes(b"")
    elif how == "truncate":
        path.write_bytes(content[: rng.randrange(len(content))])
    else:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)


def _steps(rng: random.Random) -> Iterator[str]:
    for _ in range(7):
        yield rng.choice(
            ("load", "load", "damage", "damage", "rebuild", "restore", "count", "compact")
        )
    yield "count"


@pytest.mark.parametrize("seed", [1, 3, 14, 18])
def test_a_count_is_right_or_an_error_that_names_a_file(tmp_path: Path, seed: int) -> None:
    """Whatever is damaged, rebuilt, restored and loaded in whatever order, no count is ever
    wrong.
    """
    rng = random.Random(seed)
    desk = make_desk(tmp_path / "desk")
    load(desk, "first")
    archive, held, known, told = tmp_path / "whole.tar", 3, 3, []
    stale: set[int] = (
        set()
    )  # after a load that was stored, and told that no mart could be made of it
    back_up(desk, archive)
    for number, step in enumerate(_steps(rng)):
        try:
            if step == "damage":
                # Nothing outside the lake tells of a loss once its mart and its seal are gone with
                # it: one file is spared.
                path = rng.choice([path for path in _files(desk) if path.name != "lake.seal"])
                _damage(path, rng.choice(("delete", "empty", "truncate", "flip")), rng)
                told.append(f"{path.relative_to(desk.path)}")
            elif step == "load":
                load(desk, f"{seed}-{number}")
                known, stale = known + 3, set()
            elif step == "rebuild":
                Desk(desk.path).refresh(is_forced=True)
            elif step == "compact":
                desk.lake.compact()
            elif step == "restore":
                shutil.rmtree(desk.path)
                restore(archive, desk.path)
                desk, known, told, stale = Desk(desk.path), held, [], set()
            assert count(Desk(desk.path)) in {known, *stale}, (step, told)
        except HelmdeskError as error:
            assert told, error
            assert str(desk.path) in str(error), (told, error)
            # A load that failed may still have been stored: the next count that succeeds tells.
            if step == "load":
                stale |= {known}
                known = _stored(desk, known)


def _stored(desk: Desk, known: int) -> int:
    batches = sum(
        path.read_bytes().count(b'"txn"') for path in desk.lake.path.glob("_delta_log/*.json")
    )
    return max(known, 3 * batches)


def test_a_mart_that_rots_while_it_answers_is_named(desk: Desk) -> None:
    assert count(desk) == 9
    path = desk.marts.published_path()
    assert path is not None
    content = bytearray(path.read_bytes())
    for place in range(3 * 4096 + 100, len(content), 1000):
        content[place] ^= 255
    path.write_bytes(content)
    try:
        engine = DuckDB.open(path)
    except HelmdeskError as error:
        assert path.name in str(error)
        return
    with pytest.raises(DamageError, match=f"{path.name} is damaged.*helmdesk refresh --force"):
        engine.run("from tickets")


@pytest.mark.parametrize(
    "content",
    [b"", b"mart-1-00000000.duckdb\n", b"\xff\xfe", b"../helmdesk.toml", b"mart-1\0", b"."],
)
def test_a_damaged_pointer_names_no_mart(desk: Desk, content: bytes) -> None:
    desk.refresh()
    (desk.path / "marts" / "CURRENT").write_bytes(content)
    assert desk.marts.published_path() is None
    said = []
    desk.marts.announce = lambda reason: said.append(reason) or _quiet()  # type: ignore[func-returns-value,assignment]
    assert count(desk) == 9
    assert "CURRENT was damaged" in said[0]


def _quiet() -> object:
    from helmdesk.desk.marts import logged

    return logged("")
