"""Structured logs: one JSON object a line, with request ids and without personal data."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

FIELDS = (
    "request_id",
    "method",
    "route",
    "status",
    "milliseconds",
    "role",
    "error",
    "where",
    "job",
    "kind",
)


class JsonFormatter(logging.Formatter):
    """Writes the named fields of a log record and nothing else: no path, no query, no name, no
    address.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
        }
        line["event"] = record.getMessage() if record.name.startswith("helmdesk") else record.name
        line.update({name: getattr(record, name) for name in FIELDS if hasattr(record, name)})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frame = record.exc_info[2]
            while frame is not None and frame.tb_next is not None:
                frame = frame.tb_next
            if frame is not None:
                line["where"] = (
                    f"{frame.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}"
                )
        return json.dumps(line)
