"""Which version of a record stands: of those that came under one identity, or from one row, the
newest.

The newest is what its source dates last, else what was loaded last. All records that a row gave
stand or fall together, so what a row no longer says is gone too. The lake keeps every version: a
receipt of an earlier lake still verifies.
"""

_NEWEST = "order by stated_at desc nulls last, recorded_at desc, batch_id desc"
STANDING = (
    f"qualify row_number() over (partition by record_id {_NEWEST}) = 1"
    f" and rank() over (partition by coalesce(row_id, record_id) {_NEWEST}) = 1"
)
"""SQL that ends a query over records of several batches."""
