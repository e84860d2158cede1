"""What the records hold of a served case, a step recorded, and the refusal of what they do not take."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.service import RecordServiceStep, ServiceRecorded
from models.services.servicing import steps
from models.stores.services import ServiceStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.tables.service import GreenChannelRecord
from tests.support.serving import Served
from tests.support.world import World

HOUR = timedelta(hours=1)


def case_of(session: Session, found: Served) -> Case:
    case = session.get(Case, found.state.case_id)
    assert case is not None
    return case


def form_of(found: Served) -> GreenChannelRecord:
    with found.world.database.read() as session:
        row = ServiceStore(session).green_channel(found.state.case_id)
        assert row is not None
        return row


def task_of(found: Served) -> Task:
    with found.world.database.read() as session:
        row = TaskStore(session).get(found.state.tasks[0].task_id)
        assert row is not None
        return row


def refused(code: ErrorCode, do: Any) -> dict[str, Any]:
    with pytest.raises(DomainError) as caught:
        do()
    assert caught.value.code is code
    return caught.value.context


def recorded_step(insurer: World, message: RecordServiceStep) -> ServiceRecorded:
    with insurer.database.write() as session:
        return steps.record_step(session, message)
