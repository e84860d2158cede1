"""How often one address may knock at a public door 公开入口: a link that needs no sign-in, whose secret may be guessed.

Counted in memory, per process, door and client address; whoever knocks too often waits. Every page with `public_form`
is limited already; a public door without a form takes `dependencies=[limited]`.
"""

import math
import time

from fastapi import Depends, Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from models.errors import DomainError, ErrorCode
from models.settings import Settings

_READS = frozenset({"GET", "HEAD"})
_NOWHERE = "unknown"


class Knocks:
    """The counts of one process."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._opening = RateLimitItemPerMinute(settings.public_opens_per_minute)
        self._sending = RateLimitItemPerMinute(settings.public_sends_per_minute)

    def count(self, door: str, address: str, *, sends: bool) -> None:
        """One more knock. Raises RATE_LIMITED with the seconds until the next one is heard."""
        item = self._sending if sends else self._opening
        if not self._limiter.hit(item, door, address):
            reset_at, _ = self._limiter.get_window_stats(item, door, address)
            raise DomainError(ErrorCode.RATE_LIMITED, seconds=max(1, math.ceil(reset_at - time.time())))


async def knock(request: Request) -> None:
    """Count a request at the door it came to, the first part of its path. Raises RATE_LIMITED."""
    knocks: Knocks = request.app.state.knocks
    door = request.url.path.split("/", 2)[1]
    address = request.client.host if request.client else _NOWHERE
    knocks.count(door, address, sends=request.method not in _READS)


limited = Depends(knock)
"""`dependencies=[limited]` on a public route or its router."""
