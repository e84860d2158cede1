"""Around every request: its number, the access log, the last resort for what nobody caught, the body limit."""

import re
import time
from uuid import uuid4

import structlog
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from api.pages.assets import PREFIX as STATIC_PREFIX
from api.pages.i18n import _
from api.problems import API_PREFIX, answer
from api.watch.calls import PROBES, REQUESTS, route_of
from models.errors import DomainError, ErrorCode
from models.services.maintenance import is_closed
from models.settings import Settings

REQUEST_ID_HEADER = "X-Request-ID"
UPLOAD_PATHS = re.compile(r"(/api/v1)?/(imports|cases/[0-9a-f-]{36}/(comments|answers))")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
OK = 200
_SHOWN_IDS = {"case_id", "task_id"}
"""What of an address may stand in the log: these are opaque, other parts name customers or open doors."""
CLOSED_ASKED_EVERY_SECONDS = 1.0
_log = structlog.get_logger("greenlane.access")


class RequestContextMiddleware:
    """Gives each request a number, logs it without personal data, and answers what no handler knew."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an unexpected exception becomes `internal_error` with the request's number."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status, started = 0, time.perf_counter()
        bind_contextvars(request_id=request_id)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((REQUEST_ID_HEADER.lower().encode(), request_id.encode()))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001 - the last resort: nothing may leave without an answer
            _log.error("unexpected", error=type(error).__name__, exc_info=error)
            if status == 0:
                refusal = answer(Request(scope, receive), DomainError(ErrorCode.INTERNAL_ERROR))
                await refusal(scope, receive, send_with_id)
        finally:
            _log_access(scope, status, time.perf_counter() - started)
            clear_contextvars()


class MaintenanceMiddleware:
    """While the doors are closed 维护: no page, and of `/api` what only reads; asked of the records once a second."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._closed, self._asked = False, -CLOSED_ASKED_EVERY_SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 503 and when to come back."""
        if scope["type"] == "http" and not _passes_closed_doors(scope) and await self._is_closed(scope):
            refusal = answer(Request(scope, receive), DomainError(ErrorCode.MAINTENANCE, until=_("核对完成后")))
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _is_closed(self, scope: Scope) -> bool:
        if time.monotonic() - self._asked >= CLOSED_ASKED_EVERY_SECONDS:
            self._closed = await run_in_threadpool(is_closed, scope["app"].state.database)
            self._asked = time.monotonic()
        return self._closed


def _passes_closed_doors(scope: Scope) -> bool:
    path: str = scope["path"]
    reads = scope["method"] in {"GET", "HEAD"} and path.startswith(API_PREFIX)
    return reads or path in PROBES or path.startswith(STATIC_PREFIX)


class BodyLimitMiddleware:
    """Refuses bodies above the limit with 413 before they are in memory; uploads have their own limit."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a counting `receive`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        if _declared_length(scope) > limit:
            refusal = answer(Request(scope, receive), DomainError(ErrorCode.FILE_TOO_LARGE, limit=_size(limit)))
            await refusal(scope, receive, send)
            return
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, _size(limit))
            return message

        await self.app(scope, receive_counted, send)

    def _limit(self, path: str) -> int:
        return self.settings.max_upload_bytes if UPLOAD_PATHS.fullmatch(path) else self.settings.max_body_bytes


def _request_id(scope: Scope) -> str:
    """The caller's own number when it is harmless, else a new one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID_HEADER.lower().encode():
            sent: str = value.decode("latin-1")
            return sent if _ID.fullmatch(sent) else uuid4().hex
    return uuid4().hex


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _size(limit: int) -> str:
    return f"{limit // 1024 // 1024} MB" if limit >= 1024 * 1024 else f"{limit // 1024} KB"


def _log_access(scope: Scope, status: int, seconds: float) -> None:
    route = route_of(scope)
    if route in PROBES and status == OK:
        return  # ten lines a second while a copy starts would bury the rest
    REQUESTS.labels(scope["method"], route, status).observe(seconds)
    _log.info(
        "request",
        method=scope["method"],
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        **{name: value for name, value in scope.get("path_params", {}).items() if name in _SHOWN_IDS},
    )
