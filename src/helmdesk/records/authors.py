"""Whose side an author is on, where no source told: counted and named, so that somebody can say."""

from __future__ import annotations

from collections.abc import Collection

from helmdesk.records.staging import Staging

SHOWN = 5


def tell_unknown_authors(staging: Staging, known: Collection[str]) -> None:
    """Say how many staged messages are of authors of whom nobody knows whether they are agents or
    customers.

    Args:
        known: the agents of the desk; facts know these by their ids.
    """
    given = staging.families.get("message", set())
    if not {"direction", "actor_kind"} <= given:
        return
    author = "actor_id" if "actor_id" in given else "null::varchar"
    staging.connection.execute("create or replace temp table known_agents (actor_id varchar)")
    if "entity_id" in staging.families.get("entity", set()):
        staging.connection.execute(
            "insert into known_agents select entity_id from staged_entity where type = 'agent'"
        )
    staging.connection.executemany(
        "insert into known_agents values (?)", [[agent] for agent in known] or [[None]]
    )
    found = staging.connection.execute(f"""select {author}, count(*) from staged_message
        where (actor_kind = 'unknown' or (actor_kind is null and direction = 'outbound'))
            and coalesce({author}, '') not in (select actor_id from known_agents
                where actor_id is not null)
        group by 1 order by 2 desc, 1""").fetchall()
    if not found:
        return
    named = [(who, count) for who, count in found if who is not None]
    total = sum(count for _, count in found)
    whose = (
        f"{len(named):,} authors"
        f" ({', '.join(f'{who}: {count:,}' for who, count in named[:SHOWN])}"
        f"{', ...' if len(named) > SHOWN else ''})"
    )
    staging.note(
        f"{total:,} messages of unknown authors count neither as replies nor as customers' words:"
        f" nothing tells whether {whose if named else 'their authors, who have no name,'} are"
        " agents or customers;"
        + (
            f' name the agents in a file, [[agent]] id = "{named[0][0]}", and run: helmdesk load'
            " definitions FILE"
            if named
            else " give them an actor_kind"
        )
    )
