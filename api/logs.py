"""How the service writes its log: one JSON line an event on standard error, without local variables.

The default of structlog prints the locals of every frame of a traceback, and locals hold people's data.
"""

import json
import logging
import sys
from typing import Any

import structlog


def configure_logs() -> None:
    """Set the one log format of this process; calling it again changes nothing."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _dumps(event: Any, **_: Any) -> str:
    return json.dumps(event, ensure_ascii=False, default=str)
