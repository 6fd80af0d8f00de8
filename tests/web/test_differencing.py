"""An attack: pairs of filters whose answers, taken from each other, would tell what one to four
people did.

Filters are drawn from the values there are; what stands behind each is counted here, over the plain
rows and not by the product's own check. ``HELMDESK_RELIABILITY=long`` asks 2,000 pairs a role.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from effort import tries
from helmdesk.desk.live import LiveDesk
from helmdesk.errors import HelmdeskError, NotPermittedError
from helmdesk.presets.parts.preset import find_preset

PAIRS = tries(12, 2000)
START, END = "2025-03-01", "2025-09-01"
DIMENSIONS = ("channel", "team", "priority", "issue_type", "tier", "region", "account", "tenure")
Row = dict[str, Any]
Condition = tuple[str, Callable[[Row], bool]]
ROLES = ("lea", "ann", "pat", "tom", "hugo", "vic")
OWN: dict[str, Callable[[Row], bool]] = {
    "tom": lambda row: row["team"] == "Frontline Berlin",
    "hugo": lambda row: row["agent"] == "Hugo",
    "vic": lambda row: row["account"] == "Dalora",
}


@pytest.fixture(scope="module")
def desk(site: Path) -> LiveDesk:
    return LiveDesk(site)


@pytest.fixture(scope="module")
def rows(desk: LiveDesk) -> list[Row]:
    """Whose work stands behind every answer to a satisfaction survey, with all that it can be asked
    by.
    """
    columns = ", ".join(f"r.{name}" if name != "tenure" else "t.tenure" for name in DIMENSIONS)
    with desk.engine() as engine:
        names, found = engine.fetch(
            f"select r.response_id, r.agent, {columns} from responses r left join tickets t on"
            " t.ticket_id = r.ticket_id where r.instrument_kind = 'csat' and r.responded_at >="
            f" timestamp '{START}' and r.responded_at < timestamp '{END}'"
        )
    return [dict(zip(names, row, strict=True)) for row in found]


def condition(chance: random.Random, rows: list[Row]) -> Condition:
    """Draw one condition on one dimension."""
    name = chance.choice(DIMENSIONS)
    values = sorted({row[name] for row in rows if row[name] is not None})
    some = chance.sample(values, chance.randint(1, max(1, len(values) - 1)))
    kind = chance.randrange(4)
    if kind == 0:
        return f"{name} = '{some[0]}'", lambda row: row[name] == some[0]
    if kind == 1:
        return (
            f"not {name} = '{some[0]}'",
            lambda row: row[name] is not None and row[name] != some[0],
        )
    if kind == 2:
        return f"{name} >= '{some[0]}'", lambda row: row[name] is not None and row[name] >= some[0]
    listed = ", ".join(f"'{value}'" for value in some)
    return f"{name} in ({listed})", lambda row: row[name] in some


def pairs(
    chance: random.Random, rows: list[Row], count: int
) -> Iterator[tuple[Condition, Condition]]:
    """Draw pairs of questions of which one may lie inside the other."""
    for _ in range(count):
        (one, is_one), (two, is_two) = condition(chance, rows), condition(chance, rows)
        whole = chance.choice([(one, is_one), ("", lambda row: True)])
        part = chance.choice([
            (f"({one}) and ({two})", lambda row, a=is_one, b=is_two: a(row) and b(row)),
            (f"({one}) or ({two})", lambda row, a=is_one, b=is_two: a(row) or b(row)),
            (two, is_two),
        ])  # fmt: skip
        yield whole, part


@pytest.mark.parametrize("name", ROLES)
def test_no_two_answers_tell_of_fewer_than_five(
    site: Path, desk: LiveDesk, rows: list[Row], name: str
) -> None:
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.people.models import Person

    chance = random.Random(f"{name} {PAIRS}")
    seen = desk.as_seen_by(policy_for(Person.objects.get(username=name)))
    own = [row for row in rows if OWN.get(name, lambda row: True)(row)]
    everybody = {row["agent"] for row in own if row["agent"] is not None}
    least = min(5, len(everybody))

    def ask(where: str) -> Any:
        try:
            found = seen.measure("csat", where=where or None, start=START, end=END)[0]
        except NotPermittedError:
            return None
        return found

    told = 0
    for (whole, is_whole), (part, is_part) in pairs(chance, own, PAIRS):
        asked = [
            (ask(text), [row for row in own if holds(row)])
            for text, holds in ((whole, is_whole), (part, is_part))
        ]
        for found, behind in asked:
            if found is None:
                continue
            assert found.n == len(behind), (whole, part)  # nobody else's rows are in any count
            if found.value is not None:
                people = {row["agent"] for row in behind} - {None}
                assert not people or len(people) >= least, (name, whole, part)
        if any(found is None or found.value is None for found, _ in asked):
            continue
        told += 1
        inside, outside = ({row["response_id"] for row in behind} for _, behind in asked)
        for less, more in ((inside, outside), (outside, inside)):
            if less <= more:
                left = {row["agent"] for row in own if row["response_id"] in more - less} - {None}
                assert not left or len(left) >= least, (name, whole, part, left)
    # The viewer's account has about five people behind it here: hardly anything narrowed is told of
    # it.
    assert told or name == "vic", f"{name} was told nothing at all: the attack shows nothing"


def test_spreads_and_rows_are_no_way_round(site: Path, desk: LiveDesk, rows: list[Row]) -> None:
    from helmdesk.web.access import policy_for
    from helmdesk.web.apps.people.models import Person

    lea = desk.as_seen_by(policy_for(Person.objects.get(username="lea")))
    five = sorted({row["agent"] for row in rows} - {None})[:5]
    listed = ", ".join(f"'{agent}'" for agent in five)
    for ask in (
        lambda: lea.dispersion("csat", where=f"agent in ({listed})", start=START, end=END),
        lambda: lea.rows("csat", where=f"agent in ({listed})", start=START, end=END),
        lambda: lea.distribution(
            "resolution_time", where=f"agent in ({listed})", start=START, end=END
        ),
        lambda: lea.measure("csat", by="custom.Closed by", start=START, end=END),
        lambda: lea.compare(
            find_preset("zendesk"),
            where="team = 'Specialists' and channel = 'chat' and tier = 'starter'",
        ),
    ):
        with pytest.raises(HelmdeskError):
            ask()
    judged = lea.rows("csat", start=START, end=END).table
    assert judged.num_rows and not {"agent", "agent_id", "customer"} & set(judged.column_names)
    # Nobody's own value is among the quartiles.
    found = lea.dispersion("csat", start=START, end=END)
    own = {
        round(m.value, 9)
        for m in desk.measure("csat", by="agent", start=START, end=END)
        if m.value is not None
    }
    assert found.middle is not None and not own & {
        round(value, 9) for value in (found.low, found.middle, found.high)
    }
    small = [
        m
        for m in lea.measure("csat", by=("team", "tenure"), start=START, end=END)
        if m.is_suppressed
    ]
    assert all(
        m.value is None and m.low is None and m.numerator is None and m.reason == "withheld"
        for m in small
    )


def test_the_reader_cannot_reach_the_desk_itself(site: Path, as_: Any) -> None:
    """What a request holds gives no engine, no reader and no desk; no page or API operation opens
    one by itself.
    """
    import helmdesk.web
    from helmdesk.desk.scoped import ScopedDesk
    from helmdesk.web.access import NOBODY

    seen = ScopedDesk(LiveDesk(site), NOBODY)
    parts = ("folder", "marts", "contents", "loading", "answers", "insight", "question", "ask")
    for name in (*parts, "engine", "reader", "lake", "path", "open_mart", "drill", "verify"):
        assert not hasattr(seen, name)
    folder = Path(helmdesk.web.__file__).parent
    opened = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.py")
        if any(
            word in file.read_text()
            for word in (
                *("LiveDesk(", "live_desk(", " Desk(", ".reader()", ".engine()"),
                *(
                    "desk.marts.",
                    "desk.answers.",
                    ".desk.insight.",
                    " desk.insight.",
                    "desk.folder.",
                ),
                *("desk._answers", "desk._insight", "import Answers"),
            )
        )
    }
    # The first two put what a reader may hold on the request; loading is the job of those who keep
    # the data.
    # Jobs work for the desk, not for a reader; what they tell a person is asked under a policy.
    assert opened == {
        "middleware.py",
        # Asks what Home asks, under the readers' own policies, before they do.
        "warming.py",
        "api/tokens.py",
        *("apps/actions/due.py", "apps/actions/jobs.py"),
        "apps/alerts/jobs.py",
        # Who is there when, for customers who name nobody; the desk's name; the teams, of which a
        # lead is offered the own ones.
        *("apps/booking/jobs.py", "apps/booking/people.py"),
        *("apps/booking/letters.py", "apps/booking/kinds.py"),
        # A digest as its reader may read it; a pack as its agent may ask, and which agents there
        # are for leads of their teams.
        *("apps/briefs/jobs.py", "apps/briefs/page.py"),
        "apps/coaching/page.py",
        "apps/connections/jobs.py",
        *("apps/early_warning/jobs.py", "apps/early_warning/naming.py"),
        "apps/events/jobs.py",
        # The forecast of the whole desk, kept each night; shown to who may see all of it.
        "apps/planning/jobs.py",
        "apps/reports/jobs.py",
        # A customer without an account, under a policy of the one case; names to be struck out.
        "apps/rooms/showing.py",
        *("apps/routing/jobs.py", "apps/routing/looking.py"),
        "apps/summaries/jobs.py",
        *("apps/surveys/boxes.py", "apps/surveys/jobs.py"),
        *("apps/surveys/rules.py", "apps/surveys/waves.py"),
        "pages/data/jobs.py",
    }
