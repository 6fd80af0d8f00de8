"""What operators watch: counts and times of requests by route, and the age of the mart. No label is
about a person.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

registry = CollectorRegistry()
requests = Counter(
    "helmdesk_requests", "Requests answered.", ["method", "route", "status"], registry=registry
)
seconds = Histogram("helmdesk_request_seconds", "Time to answer.", ["route"], registry=registry,
                    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10))  # fmt: skip
lake_version = Gauge(
    "helmdesk_mart_lake_version",
    "Lake version that the open mart was made from.",
    registry=registry,
)
data_end = Gauge(
    "helmdesk_data_end_timestamp_seconds",
    "Instant of the last observed event, Unix time.",
    registry=registry,
)

jobs_waiting = Gauge(
    "helmdesk_jobs_waiting", "Jobs that are due and in nobody's hands.", registry=registry
)
jobs_oldest = Gauge(
    "helmdesk_jobs_oldest_seconds",
    "For how long the oldest of them has been due.",
    registry=registry,
)
jobs_troubled = Gauge(
    "helmdesk_jobs_troubled",
    "Jobs that were given up, or of which nobody knows whether they were sent.",
    registry=registry,
)


def observe(method: str, route: str, status: int, took: float) -> None:
    """Count one answer."""
    requests.labels(
        (
            method
            if method in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
            else "other"
        ),
        route,
        str(status),
    ).inc()
    seconds.labels(route).observe(took)
