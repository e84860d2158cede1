"""What SQLite takes and PostgreSQL does not: over HTTP neither is a fault."""

from pathlib import Path

from pydantic import SecretStr

from api.app import create_app
from models.database import Database
from models.settings import Settings
from tests.support import world
from tests.support.clients import Clients


async def test_the_character_nul_in_an_address_is_no_fault(database: Database, tmp_path: Path) -> None:
    world.build(database)
    app = create_app(Settings(home=tmp_path, secret_key=SecretStr(world.SECRET)), database)
    async with app.router.lifespan_context(app):
        clients = Clients(app, database)
        found = await clients.token("ops").get("/api/v1/ops/cases?q=%00")
        page = await clients.browser("ops").get("/ops/cases?q=%00")
        await clients.close()
    expected = 422 if database.engine.dialect.name == "postgresql" else 200
    assert (found.status_code, page.status_code) == (expected, expected), found.text
