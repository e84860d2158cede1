"""The application: settings, record database, engine gateway, middlewares and every router."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from fastapi import FastAPI
from starlette.middleware import Middleware

from api import problems
from api.middleware import BodyLimitMiddleware, RequestContextMiddleware
from api.pages.assets import PREFIX as STATIC_PREFIX
from api.pages.assets import static_app
from api.pages.headers import PreferencesMiddleware, SecurityHeadersMiddleware
from api.routers import API_ROUTERS, PAGE_ROUTERS, ROOT_ROUTERS
from models.database import Database
from models.settings import Settings

API_PATH = "/api/v1"


class EngineGateway(Protocol):
    """What the frame itself asks of the gateway to the workflow engine."""

    async def healthy(self) -> bool:
        """Whether the engine answers."""
        ...


def create_app(settings: Settings, database: Database | None = None, gateway: EngineGateway | None = None) -> FastAPI:
    """The application of one copy; a given database stays open when the application ends.

    Raises ValueError for settings that must not be served.
    """
    settings.check()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = database or Database.from_settings(settings)
        app.state.gateway = gateway
        yield
        if database is None:
            app.state.database.dispose()

    app = FastAPI(
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
    problems.install(app)
    _include(app)
    return app


def _middlewares(settings: Settings) -> list[Middleware]:
    """Outermost first: headers stand on every answer, errors included."""
    return [
        Middleware(SecurityHeadersMiddleware),
        Middleware(PreferencesMiddleware),
        Middleware(RequestContextMiddleware),
        Middleware(BodyLimitMiddleware, settings=settings),
    ]


def _include(app: FastAPI) -> None:
    for router in ROOT_ROUTERS:
        app.include_router(router, include_in_schema=False)
    for router in API_ROUTERS:
        app.include_router(router, prefix=API_PATH)
    for router in PAGE_ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.mount(STATIC_PREFIX, static_app(), name="static")
