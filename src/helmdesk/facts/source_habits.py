"""What each source was ever seen to report: where it never does, its silence denies nothing."""

from helmdesk.facts.fact import Fact

fact = Fact(
    name="source_habits",
    grain="one source that keeps counters of tickets or reports deliveries of surveys",
    sql="""
    select source, bool_or(keeps_transfers) as keeps_transfers, bool_or(keeps_reopens) as keeps_reopens,
        bool_or(reports_deliveries) as reports_deliveries
    from (
        select source, metric = 'transfers' as keeps_transfers, metric = 'reopens' as keeps_reopens, false as reports_deliveries
        from fallback_records
        where type = 'asserted_value'
        union all
        select source, false, false, true from survey_records where type = 'delivered'
    ) seen
    group by source
    """,
)
