"""The application: settings, record database, engine gateway, middlewares and every router."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from temporalio.client import Client
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api import problems
from api.backup.fence import Fence
from api.dispatcher import dispatch_for_ever
from api.gateway import Gateway
from api.live import live_inboxes
from api.logs import configure_logs
from api.loops import beside
from api.middleware import BodyLimitMiddleware, MaintenanceMiddleware, RequestContextMiddleware
from api.ops_bulk import act_in_bulk_for_ever
from api.outlooks import Outlooks
from api.pages.assets import PREFIX as STATIC_PREFIX
from api.pages.assets import static_app
from api.pages.headers import PreferencesMiddleware, SecurityHeadersMiddleware
from api.reconciling import reconcile_for_ever
from api.routers import API_ROUTERS, PAGE_ROUTERS, ROOT_ROUTERS
from api.security.knocks import Knocks
from api.watch.calls import API_PATH
from api.watch.metrics import asked_of, served
from api.watch.traces import TraceMiddleware
from models.database import Database
from models.settings import Settings
from workflows.client import QUICK_RETRY, connect
from workflows.telemetry import log_runtime, tracer_of

_LOOPS = {"dispatch": dispatch_for_ever, "reconcile": reconcile_for_ever, "ops-bulk": act_in_bulk_for_ever}
_DESCRIPTION: dict[str, Any] = {}


class Application(FastAPI):
    """FastAPI whose description is worked out once a process, seconds that every further application need not pay."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description: every application has the same routes."""
        if not _DESCRIPTION:
            _DESCRIPTION.update(super().openapi())
        return _DESCRIPTION


def create_app(settings: Settings, database: Database | None = None, gateway: Gateway | None = None) -> FastAPI:
    """The application of one copy; a given database stays open when the application ends.

    Raises ValueError for settings that must not be served.
    """
    settings.check()
    configure_logs()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = database or Database.from_settings(settings)
        client = None if gateway else await _client_of(settings)
        app.state.gateway = gateway or (Gateway(client, settings.task_queue) if client else None)
        async with _dispatching(app), _fenced(app, client), live_inboxes(app):
            with served(settings, app.state.database, asked_of(app.state.gateway)):
                yield
        if database is None:
            app.state.database.dispose()

    app = Application(
        title="Greenlane 绿道",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        middleware=_middlewares(settings),
    )
    app.state.settings = settings
    app.state.outlooks = Outlooks()
    app.state.knocks = Knocks(settings)
    problems.install(app)
    app.router.routes.extend(_routes())
    app.mount(STATIC_PREFIX, static_app(), name="static")
    return app


async def _client_of(settings: Settings) -> Client | None:
    """The way to the copy's engine; it connects at first use, so that pages answer while the engine is away."""
    if settings.temporal_address is None:
        return None
    return await connect(settings, lazy=True, retry=QUICK_RETRY, runtime=log_runtime())


@asynccontextmanager
async def _dispatching(app: FastAPI) -> AsyncIterator[None]:
    """Re-send unanswered requests, and compare records with the engine, while the application runs."""
    if app.state.gateway is None:
        yield
        return
    async with AsyncExitStack() as running:
        for name, loop in _LOOPS.items():
            work = partial(loop, app.state.database, app.state.gateway)
            await running.enter_async_context(beside(name, work))
        yield


@asynccontextmanager
async def _fenced(app: FastAPI, client: Client | None) -> AsyncIterator[None]:
    """Close the doors on records and engine of different ages; open them, and those of a restore, once both agree."""
    if client is None:
        yield
        return
    settings: Settings = app.state.settings
    fence = Fence.of(app.state.database, app.state.gateway, client, settings)
    await fence.before_the_first()
    async with beside("doors", fence.keep):
        yield


def _middlewares(settings: Settings) -> list[Middleware]:
    """Outermost first: who asks is settled before anything else; headers stand on every answer, errors included."""
    return [
        Middleware(ProxyHeadersMiddleware, trusted_hosts=settings.proxies),
        Middleware(SecurityHeadersMiddleware),
        Middleware(PreferencesMiddleware),
        Middleware(RequestContextMiddleware),
        Middleware(TraceMiddleware, tracer=tracer_of(settings)),
        Middleware(MaintenanceMiddleware),
        Middleware(BodyLimitMiddleware, settings=settings),
    ]


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Every route, once a process: an application works out the parameters of what it includes at its first request,
    a third of a second that a second application of the process need not pay."""
    every = APIRouter()
    for router in ROOT_ROUTERS:
        every.include_router(router, include_in_schema=False)
    for router in API_ROUTERS:
        every.include_router(router, prefix=API_PATH)
    for router in PAGE_ROUTERS:
        every.include_router(router, include_in_schema=False)
    return tuple(every.routes)
