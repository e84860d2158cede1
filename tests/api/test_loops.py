"""Work beside the application: broken off by whatever it may be, it goes on."""

import asyncio

import pytest
from structlog.testing import capture_logs

from api import loops

pytestmark = pytest.mark.timeout(20)


async def test_what_breaks_off_begins_again_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "AGAIN_SECONDS", 0.01)
    begun, again = [], asyncio.Event()

    async def work() -> None:
        begun.append(1)
        if len(begun) == 1:
            raise LookupError("a row that nobody can read")
        again.set()
        await asyncio.Event().wait()

    with capture_logs() as told:
        async with loops.beside("dispatch", work):
            await again.wait()
    assert len(begun) == 2
    assert [(line["work"], type(line["exc_info"])) for line in told] == [("dispatch", LookupError)]
