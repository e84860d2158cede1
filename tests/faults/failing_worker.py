"""`failing_worker.py POINT STEP_NO`: the real worker, killed with SIGKILL where the record of one step is written.

Points: `in_transaction` (everything written, nothing committed), `after_commit` (committed, the engine not told),
`after_completion` (the engine told, half a second later). Nothing of this exists in the service itself.
"""

import asyncio
import os
import signal
import sys
import threading
from functools import wraps
from typing import Any

from activities.approval import ApprovalActivities
from models.messages.approval import Recorded
from models.messages.qualification import RecordStep
from models.services.approval import steps
from models.settings import Settings
from workflows.worker import run_worker

LINGER_SECONDS = 0.5


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm_inside(step_no: int) -> None:
    original = steps.record_step

    def record_step(session: Any, message: RecordStep) -> Recorded:
        recorded = original(session, message)
        if message.after.step_no == step_no:
            session.flush()
            _die()
        return recorded

    steps.record_step = record_step  # the activity calls it through the module


def _arm_after(step_no: int, seconds: float) -> None:
    original = ApprovalActivities.record_step

    @wraps(original)
    def record_step(self: ApprovalActivities, message: RecordStep) -> Recorded:
        recorded = original(self, message)
        if message.after.step_no == step_no:
            if seconds:
                threading.Timer(seconds, _die).start()
            else:
                _die()
        return recorded

    ApprovalActivities.record_step = record_step  # type: ignore[method-assign]


def main(point: str, step_no: int) -> None:
    """Arm the point and run until it is reached."""
    if point == "in_transaction":
        _arm_inside(step_no)
    else:
        _arm_after(step_no, LINGER_SECONDS if point == "after_completion" else 0.0)
    asyncio.run(run_worker(Settings()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
