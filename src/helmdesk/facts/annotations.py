"""What people wrote down about a day: launches, changes of tools, outages, holidays."""

from helmdesk.facts.build.fact import Fact, Whole

fact = Fact(
    name="annotations",
    grain="one annotation about a moment or a stretch of time",
    refresh=Whole(),
    families=("context",),
    only_if="select 1 from context_records",
    sql="""
    select record_id as annotation_id, annotation_kind, title, start_at,
        coalesce(end_at, start_at) as end_at, scope, source
    from context_records
    where type = 'annotation'
    """,
)
