"""Closes of a quarter started by hand, each until its first record stands."""

import asyncio
from collections.abc import Callable, Sequence

from api.gateway import Gateway, WorkflowGoneError
from models.errors import DomainError, ErrorCode
from models.messages.envelope import PeriodCloseStart
from models.messages.quarter import StartPeriodClose
from models.settings import Settings
from workflows.client import QUICK_RETRY, connect


async def close_quarters(settings: Settings, starts: Sequence[StartPeriodClose], done: Callable[[], None]) -> None:
    """Start what has not run, and what was broken off; `done` is called for each that was asked for.

    One that no worker answers goes on when there is one. Raises ENGINE_UNAVAILABLE, and what a close is refused with.
    """
    try:
        client = await connect(settings, retry=QUICK_RETRY)
    except (RuntimeError, ValueError) as error:
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error
    gateway = Gateway(client, settings.task_queue)
    await asyncio.gather(*(_close(gateway, start, done) for start in starts))


async def _close(gateway: Gateway, start: StartPeriodClose, done: Callable[[], None]) -> None:
    try:
        await gateway.send(PeriodCloseStart(act=start))
    except WorkflowGoneError:
        pass  # it was published meanwhile
    except DomainError as error:
        if error.code is not ErrorCode.NOT_YET_CONFIRMED:
            raise
    done()
