"""A mart brought up to a newer lake version: only what new records touch is computed again.

The facts' own SQL runs over the records of the touched tickets alone; its rows replace theirs. The
result equals a mart built from nothing, row for row. Where that cannot be promised (a calendar
changed, records were corrected, most tickets are touched) `FullRebuildRequired` says why, and the
mart is built from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helmdesk.engines.duckdb import DuckDB
from helmdesk.facts.build.assessments import refresh_assessments
from helmdesk.facts.build.build import (
    create_custom_fields,
    create_mart_table,
    create_watermark,
    facts_hash,
    settings_text,
    sql_for,
)
from helmdesk.facts.build.entities import (
    LATEST,
    LOOKUPS,
    create_instruments,
    create_latest,
    versions_sql,
)
from helmdesk.facts.build.events import (
    FACT_FAMILIES,
    FullRebuildRequired,
    create_record_views,
    create_touched_records,
    record_types_sql,
)
from helmdesk.facts.build.fact import ByKey, ByTicket, Fact, Refresh, Whole, load_facts
from helmdesk.facts.build.working_time import create_working_time
from helmdesk.facts.tickets import MATURITIES
from helmdesk.quoting import texts
from helmdesk.records.schema import RECORD_TYPES

MOST = 0.2
"""Beyond this share of touched tickets, or new records, building anew costs less."""

REFRESHES = 100
"""After so many refreshes the file is written anew: replaced rows leave holes."""


def _facts(*ways: type[Refresh]) -> dict[str, Fact]:
    """Return the facts that are refreshed in one of some ways, each after those it depends on."""
    return {name: fact for name, fact in load_facts().items() if isinstance(fact.refresh, ways)}


def _families(*facts: Fact) -> tuple[str, ...]:
    """Return the families of records that facts read, in the order of the lake."""
    read = {family for fact in facts for family in fact.families}
    return tuple(family for family in FACT_FAMILIES if family in read)


def refresh_facts(
    engine: DuckDB,
    files: Mapping[str, Sequence[str]],
    new_files: Mapping[str, Sequence[str]],
    new_batches: Sequence[str],
    settings: Mapping[str, Any],
    lake_version: int,
    log: str = "",
    on_step: Callable[[str], None] = lambda _step: None,
) -> None:
    """Bring an open, writable copy of a mart up to `lake_version`.

    Args:
        files: all Parquet files of that version, by family.
        new_files: those that came since the mart was made, holding nothing else.
        new_batches: identities of the batches in them.
        log: digest of the lake's log up to that version.

    Raises:
        FullRebuildRequired: build the mart from nothing instead; the copy is spoilt.
    """
    on_step("looking at what is new")
    ((made_with, known, made_settings),) = engine.run(
        "select facts_hash, lake_version, settings from mart"
    )
    if made_with != facts_hash() or made_settings != settings_text(settings):
        raise FullRebuildRequired("the facts or their settings have changed")
    ((refreshes,),) = engine.run("select count(*) from refreshes")
    if refreshes >= REFRESHES:
        raise FullRebuildRequired(f"it was refreshed {REFRESHES} times")
    reject_much_new(engine, new_files)
    engine.define_functions()
    engine.connection.execute("insert into refreshes values (?, ?)", [known, lake_version])
    _Refresh(engine, files, new_files, new_batches, on_step).run(settings, lake_version, log)


def reject_much_new(engine: DuckDB, new_files: Mapping[str, Sequence[str]]) -> None:
    """Look how many records are new before any of them is read.

    Raises:
        FullRebuildRequired: too many.
    """
    ((known,),) = engine.run("select coalesce(sum(records), 0) from record_types")
    files = [path for family in FACT_FAMILIES for path in new_files.get(family, ())]
    new = _rows(engine, files)
    if new > known * MOST:
        raise FullRebuildRequired(f"{new:,} of {known + new:,} records are new")


def _rows(engine: DuckDB, files: Sequence[str]) -> int:
    """Return how many rows files hold, which stands at the end of each."""
    if not files:
        return 0
    ((rows,),) = engine.run(f"select sum(num_rows) from parquet_file_metadata({texts(files)})")
    return int(rows)


class _Refresh:
    """One refresh, step by step; every set of what is touched is a temporary table."""

    def __init__(
        self,
        engine: DuckDB,
        files: Mapping[str, Sequence[str]],
        new_files: Mapping[str, Sequence[str]],
        new_batches: Sequence[str],
        on_step: Callable[[str], None],
    ) -> None:
        self.engine, self.files, self.new_files, self.new_batches, self.on_step = (
            engine,
            files,
            new_files,
            new_batches,
            on_step,
        )
        self.execute = engine.connection.execute
        self.facts = {name: fact for name, fact in load_facts().items() if not fact.is_view}
        self.by_ticket, self.by_key, self.whole = _facts(ByTicket), _facts(ByKey), _facts(Whole)
        self.of_tickets = _families(
            *self.by_ticket.values(), *self.by_key.values(), self.facts["legs"]
        )

    def run(self, settings: Mapping[str, Any], lake_version: int, log: str) -> None:
        """Find what is touched, compute it again, put it in place."""
        self._read_new_records()
        self._refresh_entities()
        self._refresh_watermark(settings)
        self._touch_legs()
        self._touch_tickets()
        self._refresh_by_ticket()
        self._refresh_around()
        self._refresh_whole()
        self._grow_mature()
        self._count_records()
        if self.custom_changed:
            self.execute("drop table mart.custom_fields")
            create_custom_fields(self.engine)
        self.execute("drop table mart.mart")
        create_mart_table(self.engine, self.latest, settings, lake_version, log)

    # -- what is new ------------------------------------------------------------------------------

    def _read_new_records(self) -> None:
        """Create ``new_<family>``: the new batches' records as they came."""
        create_record_views(self.engine, self.new_files, prefix="new_")
        if any(
            self._count(f"(select 1 from new_{family}_records where supersedes is not null)")
            for family in FACT_FAMILIES
        ):
            raise FullRebuildRequired("records were corrected")
        told = (
            "select source, metric as habit from new_fallback_records where type = 'asserted_value'"
            " union select source, type from new_survey_records where type = 'delivered' union"
            " select source, 'messages' from new_message_records"
        )
        known_habits = (
            "select source, 'transfers' as habit from source_habits where keeps_transfers union"
            " select source, 'reopens' from source_habits where keeps_reopens union select source,"
            " 'delivered' from source_habits where reports_deliveries union select source,"
            " 'messages' from source_habits where keeps_messages"
        )
        if self._count(
            f"(select * from ({told}) where habit in ('transfers', 'reopens', 'delivered',"
            f" 'messages') except ({known_habits}))"
        ):
            raise FullRebuildRequired("a source reports what it never reported before")

    def _count(self, relation: str) -> int:
        ((found,),) = self.engine.run(f"select count(*) from {relation}")
        return int(found)

    def _refresh_entities(self) -> None:
        """Bring the look-ups up to date; what a changed customer touches is touched, other changes
        are too wide.
        """
        self.execute("create temp table changed_customers (customer_id varchar)")
        if not self._count("new_entity_records"):
            return
        create_record_views(self.engine, self.files, only=("entity",))
        for table, specification in LOOKUPS.items():
            entity = specification.split("|")[0]
            if not self._count(f"(select 1 from new_entity_records where type = '{entity}')"):
                continue
            self.execute(f"create temp table refreshed as {versions_sql(table)}")
            self.execute(
                "create temp table changed as select distinct entity_id from ((from refreshed"
                f" except all from mart.{table})"
                f" union all (from mart.{table} except all from refreshed))"
            )
            self._accept(entity)
            self.execute(f"delete from mart.{table} where entity_id in (from changed)")
            self.execute(
                f"insert into mart.{table} select * from refreshed"
                " where entity_id in (from changed)"
            )
            self.execute("drop table refreshed; drop table changed")
        for latest in LATEST:
            self.execute(f"drop table mart.{latest}")
        create_latest(self.engine)
        self.execute("drop table mart.instruments")
        create_instruments(self.engine)

    def _accept(self, entity: str) -> None:
        if not self._count("changed"):
            return
        if entity == "customer":
            self.execute("insert into changed_customers from changed")
            return
        holders = {
            fact.name: fact.refers[entity] for fact in self.facts.values() if entity in fact.refers
        }
        if not holders:
            raise FullRebuildRequired(f"a {entity} has changed")
        for table, column in holders.items():
            if self._count(
                f"(select 1 from mart.{table} where {column} in (from changed) limit 1)"
            ):
                raise FullRebuildRequired(f"an {entity} that is in use has changed")
        # Rules read the account a ticket passed to as well, and that stands in its records alone.
        if entity == "account" and self._count("mart.sla_policy_versions"):
            create_record_views(self.engine, self.files, only=("ticket",))
            if self._count(
                "(select 1 from ticket_records where type = 'field_changed' and field ="
                " 'account_id' and value in (select entity_id from changed) limit 1)"
            ):
                raise FullRebuildRequired("an account that is in use has changed")

    def _refresh_watermark(self, settings: Mapping[str, Any]) -> None:
        """Move the end of the data; working time reaches further, but must not begin earlier."""
        ((self.was_latest,),) = self.engine.run("select as_of from watermark")
        new_types = record_types_sql(prefix="new_")
        dated = (
            "select coalesce(min(earliest) filter (where is_observed), min(earliest)),"
            " coalesce(max(latest) filter (where is_observed), max(latest)) from (from"
            f" record_types union all {new_types}) where is_dated"
        )
        ((old_first, _),) = self.engine.run(dated.replace(f" union all {new_types}", ""))
        ((first, self.latest),) = self.engine.run(dated)
        if old_first is None or first.date() != old_first.date():
            raise FullRebuildRequired("the data begin earlier than before")
        if self.latest.date() != self.was_latest.date():
            for table in ("working_time", "working_days", "calendar_clocks", "watermark"):
                self.execute(f"drop table mart.{table}")
            create_watermark(
                self.engine,
                self.latest,
                create_working_time(self.engine, first, self.latest),
                settings,
            )
        else:
            self.execute("update mart.watermark set as_of = ?", [self.latest])

    # -- what is touched --------------------------------------------------------------------------

    def _touch_legs(self) -> None:
        """Legs named by new records, and those that share an agent's time with one of them."""
        self.execute(
            "create temp table named_legs as select distinct coalesce(leg_id, record_id) as leg_id"
            " from new_leg_records"
        )
        self.execute("create temp table touched_legs as from named_legs")
        self._restrict("leg", "coalesce(leg_id, record_id) in (from named_legs)")
        self._create_temp("legs", self.facts["legs"])
        spans = (
            "select leg_id, agent_id, answered_at, handled_at, {0} as is_named from {1} where"
            " channel <> 'phone' and agent_id is not null and answered_at < handled_at and"
            " handled_at < forever()"
        )
        self.execute(
            f"""insert into touched_legs
            with spans as ({spans.format("true", "temp.legs")}
                union all {spans.format("true", "mart.legs")} and leg_id in (from named_legs)
                union all {spans.format("false", "mart.legs")} and leg_id not in (from named_legs)
                    and agent_id in (select agent_id from temp.legs union select agent_id
                        from mart.legs where leg_id in (from named_legs))),
            marked as (select *, answered_at > max(handled_at) over (partition by agent_id
                order by answered_at, handled_at, leg_id
                    rows between unbounded preceding and 1 preceding) as is_after from spans),
            numbered as (select *, sum(case when is_after then 1
                else 0 end) over (partition by agent_id order by answered_at, handled_at, leg_id
                    rows between unbounded preceding and current row) as stretch from marked),
            shared as (select *, bool_or(is_named) over (partition by agent_id,
                stretch) as is_shared from numbered)
            select distinct leg_id from shared where is_shared
                and leg_id not in (from named_legs)"""
        )
        if self._count("touched_legs") > self._count("named_legs"):
            self.execute("drop table temp.legs")
            self._restrict("leg", "coalesce(leg_id, record_id) in (from touched_legs)")
            self._create_temp("legs", self.facts["legs"])

    def _touch_tickets(self) -> None:
        """Create ``changed_tickets`` and ``touched_tickets``: those with new records, and all whose
        facts may follow.
        """
        named = " union ".join(
            f"select ticket_id from new_{family}_records" for family in self.of_tickets
        )
        self.execute(
            f"""create temp table changed_tickets as select distinct ticket_id from ({named}
                union select ticket_id from temp.legs union select ticket_id from mart.legs
                    where leg_id in (from touched_legs)
                union select ticket_id from mart.tickets
                    where customer_id in (from changed_customers)) where ticket_id is not null"""
        )
        self.execute(
            "create temp table merge_steps as select ticket_id, merged_into from mart.merges union"
            " select ticket_id, target_ticket_id from new_ticket_records where type = 'merged_into'"
        )
        self._spread_over_merges("changed_tickets")
        # Clocks of open tickets run until the end of the data.
        is_moved = str(self.latest != self.was_latest).lower()
        self.execute(
            f"""create temp table touched_tickets as
            from changed_tickets union select ticket_id from mart.tickets
                where last_solved_at = forever() and {is_moved}"""
        )
        self._spread_over_merges("touched_tickets")
        touched, tickets = self._count("touched_tickets"), self._count("mart.tickets")
        if touched > max(tickets * MOST, 1):
            raise FullRebuildRequired(f"{touched:,} of {tickets:,} tickets are touched")

    def _spread_over_merges(self, table: str) -> None:
        """Add to a set of tickets all that were merged with one of them: the survivor's row tells
        what was done on the others.
        """
        grown = -1
        while (count := self._count(table)) != grown:
            grown = count
            self.execute(
                f"""insert into {table}
                select ticket_id from (select ticket_id from merge_steps
                    where merged_into in (from {table})
                    union select merged_into from merge_steps where ticket_id in (from {table}))
                        where ticket_id not in (from {table})"""
            )

    # -- what is computed again -------------------------------------------------------------------

    def _restrict(self, family: str, condition: str) -> None:
        create_touched_records(
            self.engine, family, self.files.get(family, ()), condition, self.new_batches
        )

    def _create_temp(self, name: str, fact: Fact) -> None:
        self.on_step(f"refreshing {name}")
        if fact.prepare:
            fact.prepare(self.engine)
        self.execute(f"create temp table {name} as {sql_for(fact, self.engine)}")

    def _replace(self, name: str, touched: str) -> None:
        """Put the temporary table's rows in the place of the mart's rows whose key is in
        `touched`.
        """
        key = self.facts[name].key
        self.execute(f"delete from mart.{name} where {key} in (from {touched})")
        self.execute(f"insert into mart.{name} from temp.{name}")
        self.execute(f"drop table temp.{name}")

    def _refresh_by_ticket(self) -> None:
        """Tickets and all that hangs on them: every fact sees the touched tickets only."""
        for family in _families(*self.by_ticket.values()):
            self._restrict(family, "ticket_id in (from touched_tickets)")
        self.execute("create temp table refreshed_legs as from temp.legs; drop table temp.legs")
        self.execute(
            """create temp view legs as select * from mart.legs
                where leg_id not in (from touched_legs) and ticket_id in (from touched_tickets)
            union all select * from refreshed_legs where ticket_id in (from touched_tickets)"""
        )
        for name, fact in self.by_ticket.items():
            self._create_temp(name, fact)
        # What accounts may look back on: where changed tickets were, and where they are now.
        self.execute(
            """create temp table changed_accounts as
            select account_id, created_at as since from mart.tickets
                where ticket_id in (from changed_tickets) and account_id is not null
            union all select account_id, created_at from temp.tickets
                where ticket_id in (from changed_tickets) and account_id is not null"""
        )
        customs = (
            "select ticket_id, custom from {0}.tickets where ticket_id in (from touched_tickets)"
            " and custom is not null"
        )
        self.custom_changed = (
            self._count(f"({customs.format('mart')} except {customs.format('temp')})") > 0
        )
        self.execute(
            "insert into mart.custom_fields select distinct unnest(json_keys(custom)) as name from"
            " temp.tickets where custom is not null except from mart.custom_fields"
        )
        whose = (
            "select coalesce(customer_id, account_id) as who from {0}.tickets where ticket_id in"
            " (from changed_tickets)"
        )
        self.execute(
            f"create temp table touched_customers as {whose.format('mart')} union"
            f" {whose.format('temp')}"
        )
        for name, fact in self.by_ticket.items():
            if not fact.is_internal:
                self._replace(name, "touched_tickets")
        self._refresh_repeats()
        self.execute("drop view temp.legs; alter table refreshed_legs rename to legs")
        self._replace("legs", "touched_legs")

    def _refresh_repeats(self) -> None:
        """A ticket may be the return of an earlier one of the same customer: look again at all
        tickets of those whose tickets changed.
        """
        for name in ("ticket_openings", "ticket_clocks", "ticket_repeats"):
            self.execute(f"drop table temp.{name}")
        self.execute(
            "create temp table ticket_openings as select ticket_id, created_at, last_solved_at,"
            " issue_type, subject, customer_id, account_id, is_spam, is_merged, is_split,"
            " is_deleted, is_outbound, outcome, repeat_ticket_id from mart.tickets where"
            " coalesce(customer_id, account_id) in (from touched_customers)"
        )
        self.execute("create temp view ticket_clocks as from ticket_openings")
        self._create_temp("ticket_repeats", self.facts["ticket_repeats"])
        self.execute(
            """update mart.tickets set repeat_ticket_id = w.repeat_ticket_id,
                is_repeated = w.repeat_ticket_id is not null
            from (select o.ticket_id, r.repeat_ticket_id from ticket_openings o
                left join ticket_repeats r on r.ticket_id = o.ticket_id
                where o.repeat_ticket_id is distinct from r.repeat_ticket_id) w
                    where w.ticket_id = mart.tickets.ticket_id"""
        )

    def _refresh_around(self) -> None:
        """Contacts, surveys and reviews: keyed by themselves, dressed with the tickets they belong
        to.
        """
        self.execute(
            """create temp table touched_contacts as from touched_legs
            union select leg_id from mart.legs where ticket_id in (from changed_tickets)
                or customer_id in (from changed_customers)"""
        )
        self.execute(
            """create temp table named_surveys as select survey_id from new_survey_records
            union select survey_id from mart.responses where ticket_id in (from changed_tickets)
                or customer_id in (from changed_customers)
            union select survey_id from mart.invites where ticket_id in (from changed_tickets)
                or customer_id in (from changed_customers)"""
        )
        # One voice per person: an answer may silence an earlier one of the same customer, of
        # whatever ticket.
        self.execute(
            """create temp table surveyed_customers as
            select customer_id from mart.responses where survey_id in (from named_surveys)
            union select customer_id from new_survey_records
            union select t.customer_id from new_survey_records n join mart.tickets t
                on t.ticket_id = n.ticket_id"""
        )
        self.execute(
            """create temp table touched_surveys as from named_surveys
            union select survey_id from mart.responses
                where customer_id in (from surveyed_customers where customer_id is not null)
            union select survey_id from mart.invites
                where customer_id in (from surveyed_customers where customer_id is not null)"""
        )
        self.execute(
            "create temp table touched_reviews as select record_id from new_review_records"
            " union select review_id from mart.reviews where ticket_id in (from changed_tickets)"
        )
        self._restrict("survey", "survey_id in (from touched_surveys)")
        self._restrict("review", "record_id in (from touched_reviews)")
        self.execute(
            """create temp table context_tickets as select ticket_id from mart.legs
                where leg_id in (from touched_contacts)
            union select ticket_id from survey_records union select ticket_id from review_records"""
        )
        for name in ("tickets", "episodes"):
            self.execute(
                f"create temp view {name} as select * from mart.{name} where ticket_id in (from"
                " context_tickets)"
            )
        self.execute(
            "create temp view legs as select * from mart.legs where leg_id in (from"
            " touched_contacts)"
        )
        answers = "from {0}.responses where survey_id in (from touched_surveys)"
        for name, fact in self.by_key.items():
            self._create_temp(name, fact)
            if name == "responses":
                old, new = (answers.format(schema) for schema in ("mart", "temp"))
                self.execute(
                    f"insert into changed_accounts select account_id, responded_at from (({old}"
                    f" except all {new}) union all ({new} except all {old})) where account_id is"
                    " not null"
                )
            assert isinstance(fact.refresh, ByKey)
            self._replace(name, fact.refresh.touched)
        self.execute("drop view temp.tickets; drop view temp.episodes; drop view temp.legs")

    def _refresh_whole(self) -> None:
        """Facts without a key of their own."""
        refresh_assessments(self.engine, self.facts["account_health"].sql)
        for name, fact in self.whole.items():
            if self._is_due(fact):
                create_record_views(self.engine, self.files, only=fact.families)
                self._create_temp(name, fact)
                self.execute(f"drop table mart.{name}")
                self.execute(
                    f"create table mart.{name} as from temp.{name}; drop table temp.{name}"
                )

    def _is_due(self, fact: Fact) -> bool:
        """Whether something happened that a fact which is made whole follows."""
        assert isinstance(fact.refresh, Whole)
        if any(self._count(f"new_{family}_records") for family in fact.families):
            return True
        if (
            fact.refresh.with_time
            and self.latest != self.was_latest
            and self._count(f"mart.{fact.refresh.with_time}")
        ):
            return True
        return fact.refresh.with_tickets and bool(
            self._count(f"mart.{fact.name}") and self._count("changed_tickets")
        )

    def _grow_mature(self) -> None:
        """What waiting alone made true, for tickets that nothing else touched."""
        for column, condition in MATURITIES.items():
            self.execute(
                f"update mart.tickets set {column} = w.is_now from (select t.ticket_id,"
                f" t.{condition} as is_now from mart.tickets t cross join watermark z where"
                f" t.{column} is distinct from (t.{condition})) w where w.ticket_id ="
                " mart.tickets.ticket_id"
            )

    def _count_records(self) -> None:
        """Add what the new batches really added to the counts by type; families without a key are
        counted anew.
        """
        families = [family for family in FACT_FAMILIES if self._count(f"new_{family}_records")]
        for family in families:
            if family not in self.of_tickets:
                create_record_views(self.engine, self.files, only=(family,))
                self.execute(
                    f"create temp view before_{family}_records as select * from {family}_records"
                    " where false"
                )
                types = ", ".join(
                    f"'{kind.name}'" for kind in RECORD_TYPES.values() if kind.family == family
                )
                self.execute(f"delete from mart.record_types where type in ({types})")
        if families:
            self.execute(f"create temp table counted as {record_types_sql(families)}")
            self.execute(
                "create temp table counted_before as"
                f" {record_types_sql(families, prefix='before_')}"
            )
            if self._count(
                """(select 1 from counted_before b join mart.record_types t on t.type = b.type
                    left join counted c on c.type = b.type
                where (b.latest = t.latest and (c.latest is null or c.latest < b.latest))
                    or (b.earliest = t.earliest
                        and (c.earliest is null or c.earliest > b.earliest)))"""
            ):
                raise FullRebuildRequired("the first or the last record of its type has changed")
            self.execute("""create temp table total as
                select type, cast(sum(records) as bigint) as records, min(earliest) as earliest,
                    max(latest) as latest,
                    bool_or(is_observed) as is_observed, bool_or(is_dated) as is_dated
                from (from mart.record_types union all from counted
                    union all select * replace (-records as records) from counted_before)
                group by type having sum(records) > 0""")
            self.execute("delete from mart.record_types; insert into mart.record_types from total")
            ((latest,),) = self.engine.run(
                "select coalesce(max(latest) filter (where is_observed), max(latest)) from"
                " mart.record_types where is_dated"
            )
            if latest != self.latest:
                raise FullRebuildRequired("the last record is an older version of another")
