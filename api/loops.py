"""Work that goes on beside the application for ever: what breaks it off unforeseen is told, and it begins again.

A task that ended would be seen by nobody: requests would be taken and never sent again until the next start.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

import structlog

AGAIN_SECONDS = 2.0
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def beside(name: str, begin: Callable[[], Coroutine[object, object, None]]) -> AsyncIterator[None]:
    """Run it beside the block, which cancels it."""
    task = asyncio.create_task(_for_ever(name, begin))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _for_ever(name: str, begin: Callable[[], Coroutine[object, object, None]]) -> None:
    while True:
        try:
            await begin()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next turn may not meet it
            _log.error("work broke off and begins again", work=name, exc_info=error)
        await asyncio.sleep(AGAIN_SECONDS)
