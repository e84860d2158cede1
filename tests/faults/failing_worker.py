"""`failing_worker.py POINT STEP_NO`: the real worker, killed with SIGKILL where the record of one step is written,
of an approval or of a service case.

Points: `in_transaction` (everything written, nothing committed), `after_commit` (committed, the engine not told),
`after_completion` (the engine told, half a second later); `after_sending` dies once the mail server took a letter,
and makes the engine miss it after seconds instead of a minute; `in_sweep` dies after so many starts of touchpoints.
Nothing of this exists in the service itself.
"""

import asyncio
import os
import signal
import sys
import threading
from datetime import timedelta
from functools import wraps
from itertools import count
from types import ModuleType
from typing import Any

from temporalio.worker import UnsandboxedWorkflowRunner

from activities.adapters.duties import EngineDuties
from activities.adapters.smtp import SmtpMail
from activities.approval import ApprovalActivities
from activities.service import ServiceActivities
from models.messages.letters import Letter
from models.messages.service import StartTouchpoint
from models.services.approval import steps as approving
from models.services.servicing import steps as serving
from models.settings import Settings
from workflows import worker
from workflows.options import SEND_ONCE

LINGER_SECONDS = 0.5
MISSED_AFTER = timedelta(seconds=5)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm_inside(steps: ModuleType, step_no: int) -> None:
    original = steps.record_step

    def record_step(session: Any, message: Any) -> Any:
        recorded = original(session, message)
        if message.after.step_no == step_no:
            session.flush()
            _die()
        return recorded

    steps.record_step = record_step  # type: ignore[attr-defined]  # the activity calls it through the module


def _arm_after(activities: Any, step_no: int, seconds: float) -> None:
    original = activities.record_step

    @wraps(original)
    def record_step(self: Any, message: Any) -> Any:
        recorded = original(self, message)
        if message.after.step_no == step_no:
            if seconds:
                threading.Timer(seconds, _die).start()
            else:
                _die()
        return recorded

    activities.record_step = record_step


def _arm_mail() -> None:
    original = SmtpMail.send

    def send(self: SmtpMail, letter: Letter) -> None:
        original(self, letter)
        _die()

    SmtpMail.send = send  # type: ignore[method-assign]
    SEND_ONCE["start_to_close_timeout"] = MISSED_AFTER
    worker.sandbox = UnsandboxedWorkflowRunner  # type: ignore[assignment, attr-defined]  # the sandbox would not see the change


def _arm_sweep(starts: int) -> None:
    original, begun = EngineDuties.start_touchpoint, count(1)

    async def start_touchpoint(self: EngineDuties, start: StartTouchpoint, per_second: int) -> bool:
        started = await original(self, start, per_second)
        if next(begun) == starts:
            _die()
        return started

    EngineDuties.start_touchpoint = start_touchpoint  # type: ignore[method-assign]


def main(point: str, step_no: int) -> None:
    """Arm the point and run until it is reached."""
    if point == "after_sending":
        _arm_mail()
    elif point == "in_sweep":
        _arm_sweep(step_no)
    for steps, activities in ((approving, ApprovalActivities), (serving, ServiceActivities)):
        if point == "in_transaction":
            _arm_inside(steps, step_no)
        elif point not in {"after_sending", "in_sweep"}:
            _arm_after(activities, step_no, LINGER_SECONDS if point == "after_completion" else 0.0)
    asyncio.run(worker.run_worker(Settings()))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
