"""Who gets what: each reason by itself, worked out by hand, and what must hold for any state."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import tries
from helmdesk.act.routing.assign import decide
from helmdesk.act.routing.decision import Bar, Cause, Decision, read_decision
from helmdesk.act.routing.record import decision_of, digest_of, kept, replayed
from helmdesk.act.routing.rules import Rules, Weights, read_rules
from helmdesk.act.routing.snapshot import Agent, Contact, Need, Snapshot, read_snapshot
from helmdesk.act.routing.words import why_first, why_nobody, why_person
from helmdesk.errors import ConflictError, UsageError

NOW = 1_800_000_000.0
HOUR = 3600.0
NONE = Weights(0, 0, 0, 0, 0, 0, 0)


def contact(id: str = "c1", **said: object) -> Contact:
    given = {"queue": "Billing", "channel": "email", "arrived_at": NOW - 60, "target_seconds": HOUR}
    return Contact(id, **{**given, **said})  # type: ignore[arg-type]


def agent(id: str = "ann", **said: object) -> Agent:
    return Agent(id, **{"queues": ("Billing",), "skills": {}, **said})  # type: ignore[arg-type]


def look(
    contacts: list[Contact], agents: list[Agent], rules: Rules | None = None
) -> dict[str, Decision]:
    tick = decide(Snapshot(NOW, tuple(contacts), tuple(agents)), rules or Rules(), NOW)
    return {each.contact: each for each in tick.decisions}


def given_to(contacts: list[Contact], agents: list[Agent], rules: Rules | None = None) -> dict:
    return {key: each.agent for key, each in look(contacts, agents, rules).items()}


def test_who_knows_the_customer_gets_the_contact():
    both = [agent("ann"), agent("bob")]
    assert given_to([contact(known_by=("bob",))], both) == {"c1": "bob"}
    decision = look([contact(known_by=("bob",))], both)["c1"]
    assert why_person(decision) == ("knows this customer",)
    # A whole weight of 2 for bob, nothing for ann; all else is equal.
    points = {each.agent: each.points for each in decision.candidates}
    assert points["bob"] - points["ann"] == 2_000_000


def test_the_more_urgent_goes_first_where_there_is_one_place():
    place = [agent(capacity=2.0)]
    old, young = contact("old", arrived_at=NOW - HOUR), contact("young")
    assert given_to([young, old], place) == {"old": "ann", "young": ""}
    urgent = replace(young, priority=1)
    # Priority counts 3 × (1 − 1/3) = 2 more; an hour of an hour's target 3 × 1/3 and risk 2 × 1.
    assert given_to([urgent, old], place) == {"old": "ann", "young": ""}
    assert given_to([urgent, replace(old, risk=0.0)], place) == {"old": "", "young": "ann"}


def test_a_trained_risk_takes_the_place_of_age():
    place = [agent(capacity=2.0)]
    risky = contact("risky", risk=0.9)
    assert given_to([contact("calm", risk=0.1), risky], place) == {"calm": "", "risky": "ann"}
    assert "about 90 of 100" in " ".join(
        why_first(look([risky], place)["risky"], risky, NOW, lambda seconds: f"{seconds:g}s")
    )


def test_units_are_counted_across_channels():
    # Six units: a chat takes 3, a mail 2; a call takes everything.
    work = [contact(f"m{i}") for i in range(4)]
    assert sum(map(bool, given_to(work, [agent()]).values())) == 3
    assert sum(map(bool, given_to(work, [agent(used=3.0)]).values())) == 1
    chats = [contact(f"h{i}", channel="chat") for i in range(3)]
    assert sum(map(bool, given_to(chats, [agent()]).values())) == 2
    call = contact("call", channel="phone")
    assert given_to([call], [agent(takes_calls=True, used=2.0)]) == {"call": ""}
    assert given_to([call], [agent(takes_calls=True)]) == {"call": "ann"}
    assert given_to([call], [agent()]) == {"call": ""}, "who takes no calls gets none"


def test_some_are_kept_free_for_calls():
    people = [agent(name, takes_calls=True) for name in ("ann", "bob", "cid", "dot")]
    work = [contact(f"m{i:02}") for i in range(20)]
    rules = Rules(voice_reserve=0.5)
    found = look(work, people, rules)
    used = {each.agent for each in found.values() if each.agent}
    assert len(used) == 2
    left = next(each for each in found.values() if not each.agent)
    assert left.barred == {Bar.FULL.value: 2, Bar.FOR_CALLS.value: 2}
    assert why_nobody(left) == "2 have no room, 2 are kept free for calls"
    # A call that comes takes one of them; the reserve stays two of four.
    found = look([*work, contact("call", channel="phone")], people, rules)
    free = {each.id for each in people} - {each.agent for each in found.values()}
    assert found["call"].agent and len(free) == 2


def test_a_skill_is_asked_for_until_the_wait_is_too_long():
    needs = (Need("billing", 3, can_wait=False), Need("french", 1), Need("vip", 1))
    ann, bob = (
        agent(skills={"billing": 2, "french": 5, "vip": 5}),
        agent("bob", skills={"billing": 3}),
    )
    assert given_to([contact(needs=needs)], [ann, bob]) == {"c1": ""}
    assert (
        why_nobody(look([contact(needs=needs)], [ann, bob])["c1"]) == "2 lack a skill it asks for"
    )
    one = contact(needs=needs, arrived_at=NOW - 1200)
    assert given_to([one], [ann, bob]) == {"c1": ""}
    assert look([one], [ann, bob])["c1"].relaxed == ("vip",)
    two = contact(needs=needs, arrived_at=NOW - 2400)
    assert given_to([two], [ann, bob]) == {"c1": "bob"}
    ever = contact(needs=needs, arrived_at=NOW - 24000)
    assert given_to([ever], [ann]) == {"c1": ""}, "the first stays"
    assert given_to([ever], [ann, bob], Rules(relax_seconds=0)) == {"c1": ""}


def test_of_one_skill_asked_for_twice_the_higher_rank_counts():
    for needs in ((Need("x", 3), Need("x", 1)), (Need("x", 1), Need("x", 3))):
        assert given_to([contact(needs=needs)], [agent(skills={"x": 2})]) == {"c1": ""}


def test_the_better_rank_is_preferred():
    needs = (Need("billing", 1),)
    people = [agent(skills={"billing": 2}), agent("bob", skills={"billing": 5})]
    assert given_to([contact(needs=needs)], people) == {"c1": "bob"}


def test_whoever_just_came_warms_up():
    work = [contact(f"m{i}") for i in range(3)]

    def taken(since: float) -> int:
        return sum(map(bool, given_to(work, [agent(since=NOW - since)]).values()))

    # A third of six units at once, two thirds at half of the quarter of an hour, then all.
    assert (taken(0), taken(450), taken(900)) == (1, 2, 3)


def test_nothing_new_shortly_before_the_end_of_a_shift():
    found = look([contact()], [agent(until=NOW + 599)])["c1"]
    assert (found.agent, found.barred) == ("", {Bar.SHIFT_ENDS.value: 1})
    assert given_to([contact()], [agent(until=NOW + 601)]) == {"c1": "ann"}
    assert look([contact()], [agent(until=NOW - 1)])["c1"].barred == {Bar.AWAY.value: 1}


def test_a_silent_assignee_loses_the_contact_and_does_not_get_it_back():
    people = [agent(), agent("bob")]
    silent = contact(assignee="ann", assigned_at=NOW - 7200, known_by=("ann",))
    found = look([silent], people)["c1"]
    assert (found.cause, found.agent, found.assignee) == (Cause.SILENT, "bob", "ann")
    assert look([silent], [agent()])["c1"].barred == {Bar.SILENT.value: 1}
    assert look([replace(silent, assigned_at=NOW - 7199)], people) == {}
    assert look([replace(silent, acted_at=NOW - 7000)], people) == {}
    early = replace(silent, acted_at=NOW - 9000)
    assert look([early], people)["c1"].agent == "bob", "what was done before says nothing"
    assert look([silent], people, Rules(return_seconds=0)) == {}


def test_reopened_work_goes_to_whoever_is_there():
    back = contact(assignee="ann", assigned_at=NOW - 60, is_reopened=True, acted_at=NOW - 30)
    assert look([back], [agent(), agent("bob")]) == {}, "ann is there and keeps it"
    found = look([back], [agent(is_there=False), agent("bob")])["c1"]
    assert (found.cause, found.agent) == (Cause.REOPENED, "bob")
    assert look([back], [agent("bob")])["c1"].agent == "bob", "ann is not known here any more"


def test_other_queues_are_left_alone():
    found = look([contact(queue="Repairs")], [agent()])["c1"]
    assert (found.agent, found.barred) == ("", {Bar.OTHER_QUEUE.value: 1})
    assert why_nobody(found) == "nobody works on this queue"


def test_an_old_snapshot_is_refused():
    snapshot = Snapshot(NOW - 60, (contact(),), (agent(),))
    assert decide(snapshot, Rules(), NOW).decisions
    with pytest.raises(ConflictError, match=r"61 s old; .*nothing is given out"):
        decide(snapshot, Rules(), NOW + 1)
    with pytest.raises(ConflictError, match="100 s ahead of this clock"):
        decide(replace(snapshot, taken_at=NOW + 100), Rules(), NOW)


def test_nothing_and_nobody():
    assert look([], []) == {} and look([], [agent()]) == {}
    found = look([contact()], [])["c1"]
    assert (found.agent, found.candidates, found.possible) == ("", (), 0)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"voice_reserve": 1.5}, "150% of people kept for calls"),
        ({"relax_seconds": -1.0}, "relax seconds of -1"),
        ({"return_seconds": float("nan")}, "return seconds of nan"),
        ({"units": {"chat": 0.0}}, "0 units for chat"),
        ({"weights": Weights(risk=float("inf"))}, "risk of inf"),
    ],
)
def test_rules_that_cannot_be(said: dict, words: str):
    with pytest.raises(UsageError, match=words):
        Rules(**said)


def test_fairness_by_accrual():
    """Three thousand contacts, people of other hours and a long absence: nobody is more than two
    contacts away from what was due."""
    names = [f"p{i}" for i in range(10)]
    owed, due, got = dict.fromkeys(names, 0.0), Counter(), Counter()
    rules = Rules(weights=replace(NONE, fairness=1.0))
    for number in range(3000):
        there = [
            name
            for place, name in enumerate(names)
            if (number * (place + 3)) % 7 < 4 and not (place == 4 and 500 < number < 1500)
        ]
        if not there:
            continue
        people = tuple(agent(name, owed=owed[name]) for name in there)
        tick = decide(Snapshot(NOW, (contact(),), people), rules, NOW)
        owed.update(tick.owed)
        got[tick.decisions[0].agent] += 1
        for name in there:
            due[name] += 1 / len(there)
    assert sum(got.values()) > 2900
    assert max(abs(got[name] - due[name]) for name in names) <= 2


def test_a_whole_assignment_is_the_best_there_is():
    """Beside every way to give three contacts to three people of one place each."""
    people = [
        agent("ann", capacity=2.0, skills={"x": 1, "y": 4}, owed=0.4),
        agent("bob", capacity=2.0, skills={"x": 5, "y": 1}, owed=-0.3),
        agent("cid", capacity=2.0, skills={"x": 3, "y": 5}),
    ]
    work = [
        contact("c1", needs=(Need("x"),), known_by=("cid",)),
        contact("c2", needs=(Need("y"),), known_by=("cid", "ann")),
        contact("c3", needs=(Need("x"), Need("y")), priority=1),
    ]
    single = {
        (c.id, a.id): next(
            each.points for each in look([c], people)[c.id].candidates if each.agent == a.id
        )
        for c in work
        for a in people
    }
    best = max(
        itertools.permutations(["ann", "bob", "cid"]),
        key=lambda order: sum(single[f"c{i + 1}", name] for i, name in enumerate(order)),
    )
    assert tuple(given_to(work, people).values()) == best


SKILLS = ("x", "y", "z")
PEOPLE = ("ann", "bob", "cid", "dot", "eve")
contacts = st.builds(
    Contact,
    st.uuids().map(str),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["email", "chat", "phone"]),
    st.floats(0, 20_000).map(lambda ago: NOW - ago),
    st.floats(60, 90_000),
    st.integers(1, 4),
    st.lists(st.builds(Need, st.sampled_from(SKILLS), st.integers(1, 5), st.booleans()), max_size=2)
    .map(tuple),
    st.lists(st.sampled_from(PEOPLE), max_size=2).map(tuple),
    st.none() | st.floats(0, 1),
    st.sampled_from(["", "", *PEOPLE]),
    st.none() | st.floats(0, 20_000).map(lambda ago: NOW - ago),
    st.none() | st.floats(0, 20_000).map(lambda ago: NOW - ago),
    st.booleans(),
)  # fmt: skip
agents = st.builds(
    Agent,
    st.sampled_from(PEOPLE),
    st.sampled_from([("A",), ("B",), ("A", "B")]),
    st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5)),
    st.sampled_from([2.0, 6.0, 7.5]),
    st.sampled_from([0.0, 0.0, 2.0, 5.0]),
    st.booleans(),
    st.none() | st.floats(0, 2000).map(lambda ago: NOW - ago),
    st.none() | st.floats(-500, 2000).map(lambda after: NOW + after),
    st.booleans(),
    st.sampled_from([0.5, 1.0]),
    st.floats(-8, 8),
)
states = st.builds(
    Snapshot,
    st.just(NOW),
    st.lists(contacts, max_size=12, unique_by=lambda each: each.id).map(tuple),
    st.lists(agents, max_size=5, unique_by=lambda each: each.id).map(tuple),
)
rules_drawn = st.builds(
    Rules,
    voice_reserve=st.sampled_from([0.0, 0.3, 1.0]),
    relax_seconds=st.sampled_from([0.0, 600.0]),
    weights=st.builds(Weights, *([st.floats(0, 10)] * 7)),
)


@settings(max_examples=tries(50, 3000), deadline=None)
@given(states, rules_drawn, st.randoms())
def test_every_decision_can_be_made_again_bit_by_bit(state, rules, random):
    tick = decide(state, rules, NOW)
    row = kept(state, rules, NOW, tick)
    again = replayed(row.content, row.digest)
    assert again == tick and digest_of(again) == row.digest
    # The order in which things were read is no reason.
    shuffled = replace(
        state,
        contacts=tuple(random.sample(state.contacts, len(state.contacts))),
        agents=tuple(random.sample(state.agents, len(state.agents))),
    )
    assert digest_of(decide(shuffled, rules, NOW)) == row.digest
    assert shuffled.id == state.id
    for decision in tick.decisions:
        assert decision_of(row.content, row.digest, decision.contact) == decision
        assert read_decision(decision.as_dict()) == decision
    assert read_rules(rules.as_dict()) == rules
    assert read_snapshot(state.as_dict()).id == state.id


@settings(max_examples=tries(50, 3000), deadline=None)
@given(states, rules_drawn)
def test_nobody_gets_what_they_may_not_have(state, rules):
    found = decide(state, rules, NOW).decisions
    by_id = {each.id: each for each in state.contacts}
    taken = Counter()
    for decision in found:
        case = by_id[decision.contact]
        assert decision.agent != case.assignee or not decision.agent
        assert decision.possible + sum(decision.barred.values()) == len(state.agents)
        if not decision.agent:
            assert why_nobody(decision)
            continue
        who = next(each for each in state.agents if each.id == decision.agent)
        assert why_person(decision)
        assert who.is_there and case.queue in who.queues
        assert who.until is None or who.until - NOW >= rules.last_seconds
        assert all(
            who.skills.get(need.skill, 0) >= need.rank
            for need in case.needs
            if need.skill not in decision.relaxed
        )
        assert decision.chosen and decision.chosen.points == sum(decision.chosen.parts.values())
        taken[who.id] += rules.units_of(case.channel, who.capacity)
    for who in state.agents:
        assert not taken[who.id] or who.used + taken[who.id] <= who.capacity + 1e-6


@settings(max_examples=tries(40, 1000), deadline=None)
@given(states, rules_drawn)
def test_nobody_is_left_waiting_beside_somebody_who_could(state, rules):
    """Whatever is left over, nobody who could still take it has room after all was given out."""
    for decision in decide(state, rules, NOW).decisions:
        if not decision.agent:
            assert decision.possible == 0


def test_a_changed_row_is_noticed():
    state = Snapshot(NOW, (contact(),), (agent(), agent("bob")))
    tick = decide(state, Rules(), NOW)
    row = kept(state, Rules(), NOW, tick)
    other = kept(state, Rules(), NOW, decide(replace(state, agents=(agent(),)), Rules(), NOW))
    with pytest.raises(ConflictError, match="other decisions now"):
        replayed(row.content, other.digest)
    with pytest.raises(ConflictError, match="cannot be read"):
        replayed(row.content[:-3], row.digest)


def test_five_hundred_contacts_and_a_hundred_people():
    """Lenient here, since machines are shared; `benchmarks/routing.py` says how fast it is."""
    state = Snapshot(
        NOW,
        tuple(
            contact(f"c{i}", arrived_at=NOW - i, priority=1 + i % 4, known_by=(f"p{i % 100}",))
            for i in range(500)
        ),
        tuple(agent(f"p{i}", skills={"x": 1 + i % 5}) for i in range(100)),
    )
    decide(state, Rules(), NOW)
    began = time.process_time()
    found = decide(state, Rules(), NOW).decisions
    assert time.process_time() - began < 1.0
    assert sum(bool(each.agent) for each in found) == 300, "three places each"
