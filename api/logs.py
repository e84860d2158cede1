"""How the service writes its log: one JSON line an event on standard error, without local variables.

The default of structlog prints the locals of every frame of a traceback, and locals hold people's data. So do some
texts of exceptions: pydantic's quote what did not fit, PostgreSQL's the row that was refused.
"""

import json
import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

_QUOTED = re.compile(r"(?s:(?<=input_value=).*?(?=, input_type=))|(?m:(?<=^DETAIL:  ).*$)")


def _without_quotes(_: Any, __: str, event: EventDict) -> EventDict:
    """Take out of a traceback what its exceptions quote of people's data."""
    if "exception" in event:
        event["exception"] = _QUOTED.sub("…", event["exception"])
    return event


_COMMON: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _without_quotes,
)


def configure_logs() -> None:
    """Set the one log format of this process; calling it again changes nothing."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[*_COMMON, _json()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def bridge_libraries() -> None:
    """Let what libraries log from WARNING on come out in the same form; for a process of its own, once."""
    handler = logging.StreamHandler(sys.stderr)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[strip, _json()], foreign_pre_chain=[*_COMMON, structlog.stdlib.add_logger_name]
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _json() -> structlog.processors.JSONRenderer:
    return structlog.processors.JSONRenderer(serializer=_dumps)


def _dumps(event: Any, **_: Any) -> str:
    return json.dumps(event, ensure_ascii=False, default=str)
