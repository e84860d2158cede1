"""What routes ask for: settings, the record database, the caller and its permission."""

from typing import Annotated, cast
from uuid import uuid4

from fastapi import Depends, Header, Request

from api.gateway import Gateway
from api.security.caller import Caller
from api.security.guard import public, require
from api.security.policy import Action
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.settings import Settings

__all__ = ["Action", "Caller", "DatabaseDep", "GatewayDep", "IdempotencyKeyDep", "SettingsDep", "public", "require"]


async def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


async def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


async def _gateway(request: Request) -> Gateway:
    gateway = request.app.state.gateway
    if gateway is None:
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)
    return cast("Gateway", gateway)


async def _idempotency_key(
    idempotency_key: Annotated[str | None, Header(min_length=8, max_length=100, pattern=r"^[\w.:-]+$")] = None,
) -> str:
    """The caller's key; without one every request is a new one."""
    return idempotency_key or uuid4().hex


SettingsDep = Annotated[Settings, Depends(_settings)]
DatabaseDep = Annotated[Database, Depends(_database)]
GatewayDep = Annotated[Gateway, Depends(_gateway)]
IdempotencyKeyDep = Annotated[str, Depends(_idempotency_key)]
