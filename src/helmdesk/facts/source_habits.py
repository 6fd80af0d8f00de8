"""What each source was ever seen to report: where it never does, its silence denies nothing."""

from helmdesk.facts.build.fact import BySteps, Fact

fact = Fact(
    name="source_habits",
    grain=(
        "one source that tells messages, keeps counters of tickets or reports deliveries of surveys"
    ),
    refresh=BySteps(
        "a source that reports what it never reported changes what silence means everywhere: then"
        " all is built anew"
    ),
    families=("fallback", "message", "survey"),
    sql="""
    select source, bool_or(keeps_transfers) as keeps_transfers,
        bool_or(keeps_reopens) as keeps_reopens,
        bool_or(reports_deliveries) as reports_deliveries, bool_or(keeps_messages) as keeps_messages
    from (
        select source, metric = 'transfers' as keeps_transfers, metric = 'reopens' as keeps_reopens,
            false as reports_deliveries,
            false as keeps_messages
        from fallback_records
        where type = 'asserted_value'
        union all
        select source, false, false, true, false from survey_records where type = 'delivered'
        union all
        select distinct source, false, false, false, true from message_records
    ) seen
    group by source
    """,
)
