"""How long requests and calls to the engine take, and how they end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Histogram
from starlette.types import Scope

from models.errors import DomainError

API_PATH = "/api/v1"
PROBES = {"/healthz", "/readyz"}

REQUESTS = Histogram(
    "greenlane_request_seconds",
    "Requests, by route and status; probes are left out.",
    ("method", "route", "status"),
    registry=None,
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 8.0),
)
ENGINE_CALLS = Histogram(
    "greenlane_engine_call_seconds",
    "Calls to the engine, by what was asked and how it ended.",
    ("call", "result"),
    registry=None,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
)


def route_of(scope: Scope) -> str:
    """The template of a request's address, `-` when nothing is there: an address holds links and customers' numbers."""
    path = getattr(scope.get("route"), "path", None)
    if path is None:
        return "-"
    return f"{API_PATH}{path}" if scope["path"].startswith(f"{API_PATH}/") else str(path)


@contextmanager
def timed_call(call: str) -> Iterator[None]:
    """Time a call; a refusal counts under its error code, anything else under `error`."""
    started, result = time.perf_counter(), "ok"
    try:
        yield
    except DomainError as error:
        result = error.code.value
        raise
    except Exception:
        result = "error"
        raise
    finally:
        ENGINE_CALLS.labels(call, result).observe(time.perf_counter() - started)
