"""What a desk knows beside numbers: definitions, people, what was loaded, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from helmdesk.desk.folder import Folder
from helmdesk.desk.marts import Marts
from helmdesk.lake.lake import Snapshot
from helmdesk.parquet import asking
from helmdesk.quoting import texts

if TYPE_CHECKING:
    from datetime import datetime

    from helmdesk.analysis.concerns import Concern
    from helmdesk.records.journal import Batch, Quarantined
    from helmdesk.records.mending import RowsToMend


@dataclass(frozen=True)
class PlannedTime:
    """A stretch of somebody's time as it is planned.

    Attributes:
        agent: identity in the data. name: how they are called there.
        team, team_id: name and identity of the present team; empty where nobody told.
        skills: as the data name them.
        activity: work, or what it is instead.
        start_at, end_at: naive UTC.
    """

    agent: str
    name: str
    team: str
    team_id: str
    skills: tuple[str, ...]
    activity: str
    start_at: datetime
    end_at: datetime


class Contents:
    """What lies in a desk's lake and marts."""

    def __init__(self, folder: Folder, marts: Marts) -> None:
        self.folder, self.lake, self.marts = folder, folder.lake, marts

    def dimensions(self, key: str, variant: str | None = None) -> dict[str, str]:
        """Return what a metric can be sliced by: names with their help; people are not among
        them.
        """
        from helmdesk.query.compile import resolve
        from helmdesk.query.dimensions import metric_dimensions
        from helmdesk.query.policy import OWNER
        from helmdesk.query.request import Request

        request = Request(
            key,
            variant=variant,
            time_zone=self.folder.settings.time_zone,
            policy=OWNER,
            entry=self.folder.find_metric(key),
        )
        with self.marts.reader() as reader:
            known = metric_dimensions(resolve(request), request, reader.bounds)
        return {
            name: dimension.help
            for name, (dimension, _) in known.items()
            if not dimension.is_person
        }

    def concerns(self) -> list[Concern]:
        """Return what the numbers lack or rest on that a reader should know, each with its mend."""
        from helmdesk.analysis.concerns import find_concerns

        with self.marts.reader() as reader:
            return reader.cache(
                ("concerns", self.folder.settings.default_calendar),
                lambda: find_concerns(reader.engine, self.folder.settings),
            )

    def agents(self) -> dict[str, str | None]:
        """Return the names of all agents in the data with their present team, by name."""
        with self.marts.reader() as reader:
            rows = reader.engine.run(
                "select coalesce(a.name, a.entity_id), coalesce(t.name, a.team_id) from"
                " latest_agents a left join latest_teams t on t.entity_id = a.team_id union select"
                " distinct agent, null from tickets where agent is not null and agent_id not in"
                " (select entity_id from latest_agents)"
            )
        return dict(sorted(rows))

    def planned_times(self, since: datetime) -> list[PlannedTime]:
        """Return what people of teams are planned to do from an instant on, by agent and time;
        nothing where no shifts are known.

        Args:
            since: naive UTC; what ended before it is left out.
        """
        import json

        from helmdesk.facts.build.build import ensure_fact

        with self.marts.reader() as reader:
            if not {"shift_planned", "shift_changed"} & set(reader.bounds.record_types):
                return []
            ensure_fact(reader.engine, "shifts")
            rows = reader.engine.run(
                "select s.agent_id, coalesce(a.name, s.agent_id), coalesce(t.name, a.team_id, ''),"
                " coalesce(a.team_id, ''), a.skills, s.activity, s.start_at, s.end_at from shifts s"
                " left join latest_agents a on a.entity_id = s.agent_id"
                " left join latest_teams t on t.entity_id = a.team_id"
                f" where s.end_at > timestamp '{since:%Y-%m-%d %H:%M:%S}' order by 1, 6, 5"
            )
        return [
            PlannedTime(agent, name, team, team_id, tuple(json.loads(skills or "[]")), *rest)
            for agent, name, team, team_id, skills, *rest in rows
        ]

    def team_of(self, agent: str) -> str | None:
        """Return the present team of an agent."""
        return self.agents().get(agent)

    def definitions(self) -> dict[str, list[dict[str, Any]]]:
        """Return the calendars, SLA policies, instruments, queues, teams and contracts that the
        desk knows, latest versions.
        """
        import json

        tables = ("calendars", "sla_policies", "instruments", "queues", "teams", "contracts")
        found = {}
        with self.marts.reader() as reader:
            for table in tables:
                names, listed = reader.engine.fetch(
                    f"select * from latest_{table} order by entity_id"
                )
                rows = [dict(zip(names, row, strict=True)) for row in listed]
                for row in rows:
                    if row.get("definition"):
                        row["definition"] = json.loads(row["definition"])
                found[table] = rows
        return found

    def batches(self) -> list[Batch]:
        """Return what was loaded, latest first, with how late its records came."""
        from helmdesk.records.journal import read_batches

        snapshot = self.lake.snapshot()
        with self.lake.reading(), self.marts.reader() as reader:
            now = reader.bounds.as_of
            return reader.cache(
                ("batches", snapshot.version), lambda: read_batches(snapshot.files, now)
            )

    def quarantine(self, batch_id: str | None = None) -> list[Quarantined]:
        """Return quarantined cells with file, line, column and reason."""
        from helmdesk.records.journal import read_quarantine

        with self.lake.reading():
            return read_quarantine(self.lake.snapshot().files, batch_id)

    def find_batch(self, given: str) -> str:
        """Return the identity of a load by it, or by enough of its beginning.

        Raises:
            NotFoundError: there is no such load, or several begin like this.
        """
        from helmdesk.records.journal import find_batch

        with self.lake.reading():
            return find_batch(self.lake.snapshot().files, given)

    def rows_to_mend(self, batch: str) -> list[RowsToMend]:
        """Return the whole rows of what a load kept apart, to be mended and loaded again.

        Args:
            batch: identity of the load, or enough of its beginning.

        Raises:
            NotFoundError: there is no such load.
        """
        from helmdesk.records.mending import rows_to_mend

        found = self.find_batch(batch)
        with self.lake.reading():
            return rows_to_mend(self.lake.snapshot().files, found)

    def count_records(self, snapshot: Snapshot) -> dict[str, int]:
        """Return how many records of each type the files of a snapshot hold, read from the
        files.
        """
        found: dict[str, int] = {}
        with self.lake.reading(), asking() as connection:
            for files in snapshot.files.values():
                reader = (
                    f"read_parquet({texts(files)}, union_by_name=true, hive_partitioning=false)"
                )
                found.update(
                    connection.execute(
                        f"select type, count(*) from {reader} group by type order by type"
                    ).fetchall()
                )
        return found
