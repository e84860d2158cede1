"""What routes ask for: settings, the record database, the caller and its permission."""

from typing import Annotated, cast

from fastapi import Depends, Request

from api.security.caller import Caller
from api.security.guard import public, require
from api.security.policy import Action
from models.database import Database
from models.settings import Settings

__all__ = ["Action", "Caller", "DatabaseDep", "SettingsDep", "public", "require"]


async def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


async def _database(request: Request) -> Database:
    return cast("Database", request.app.state.database)


SettingsDep = Annotated[Settings, Depends(_settings)]
DatabaseDep = Annotated[Database, Depends(_database)]
