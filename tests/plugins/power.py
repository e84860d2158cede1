"""One real engine, which some tests kill and restart."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.parts import Engine


@pytest.fixture(scope="session")
async def power(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """A real engine on a file; some tests kill and restart it."""
    engine = Engine(tmp_path_factory.mktemp("engine"))
    try:
        await engine.start()
        yield engine
    finally:
        engine.kill()
