"""Service cases on a real engine: started and acted on the way the gateway does, with the real records."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from temporalio.client import WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError

from models.identifiers import CARE_TOUCHPOINT, COMPLAINT, GREEN_CHANNEL, touchpoint_workflow_id
from models.messages.approval import Answered
from models.messages.handing import Target
from models.messages.service import ServiceStart, ServiceState, StartTouchpoint
from models.messages.service_acts import OnService
from models.service_types import TouchpointOrigin
from models.tables.care import Touchpoint
from models.tables.columns import new_id
from models.types import SYSTEM_SCHEDULE, SYSTEM_SLA_ID, Door, Outcome, Role, Tier
from models.types import Stage as CaseStage
from tests.support import serving
from tests.support.engine import Refused
from tests.support.stage import Stage
from tests.support.world import SILVER
from workflows.options import TASK_TIMEOUT

WORKFLOWS = {"green_channel": GREEN_CHANNEL, "complaint": COMPLAINT, "touchpoint": CARE_TOUCHPOINT}
POSTS = {serving.COUNTER: (Role.BR_CTR, "BJ"), "ctr2": (Role.BR_CTR, "BJ")}
PROGRAMME = "programme"
"""Whoever acts for the programme itself."""
_numbers = count(1)


@dataclass
class Serving:
    """A running service case and the people who act on it."""

    stage: Stage
    handle: WorkflowHandle[object, Outcome]
    case_id: UUID

    async def state(self) -> ServiceState:
        """State as the workflow holds it."""
        found: ServiceState = await self.handle.query("state", result_type=ServiceState)
        return found

    async def in_step(self) -> ServiceState:
        """The workflow's state, which must be the record's (only the workflow marks alarms)."""
        state = await self.state()
        row = self.stage.record(self)  # type: ignore[arg-type]
        assert _quiet(state) == _quiet(ServiceState.model_validate(row.state))
        return state

    async def act(self, kind: type[OnService], login: str, **fields: Any) -> Answered:
        """Send an act on the case as it stands. Raises Refused."""
        return await self.send(await self.acting(kind, login, **fields))

    async def acting(self, kind: type[OnService], login: str, **fields: Any) -> OnService:
        """Such an act, to send."""
        version = (await self.state()).version
        return kind.model_validate({"comment": "请办理", "version": version, **who(self.stage, login), **fields})

    async def send(self, act: OnService) -> Answered:
        """Send an act under its own id. Raises Refused."""
        try:
            answer: Answered = await self.handle.execute_update("serve", act, id=act.update_id, result_type=Answered)
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError):
                raise Refused(error.cause) from error
            raise
        return answer

    def target(self, login: str) -> Target:
        """Whom it is given to."""
        return Target(account_id=self.stage.world.accounts[login], name=login, authorised=True)


def who(stage: Stage, login: str) -> dict[str, Any]:
    """What an act carries of a person, of the customer, or of the programme."""
    if login == "customer":
        return serving.customer()
    if login == PROGRAMME:
        return {
            "update_id": f"{SYSTEM_SCHEDULE}:{next(_numbers)}",
            "content_hash": "x",
            "actor_id": SYSTEM_SLA_ID,
            "actor_name": SYSTEM_SCHEDULE,
            "door": Door.SYSTEM,
        }
    return serving.actor(stage.world, login, POSTS.get(login) or stage.world.post(login))


async def request(stage: Stage, **more: Any) -> Serving:
    """A green-channel request at the branch's counter, received now."""
    if serving.COUNTER not in stage.world.accounts:
        serving.with_counter(stage.world)
    return await started(stage, serving.request(stage.world, **{"received_at": datetime.now(UTC), **more}))


async def complaint(stage: Stage, **more: Any) -> Serving:
    """An inquiry or a complaint, received now."""
    return await started(stage, serving.complaint(stage.world, **{"received_at": datetime.now(UTC), **more}))


async def touchpoint(stage: Stage, due_on: date, **more: Any) -> Serving:
    """A visit by the customer's manager, started by the programme."""
    row = _planned(stage, due_on, **more)
    at = datetime.now(UTC)
    start = StartTouchpoint(
        **who(stage, PROGRAMME),
        case_id=new_id(),
        workflow_id=touchpoint_workflow_id(row.id),
        customer_no=row.customer_no,
        institution_code=row.institution_code,
        received_at=at,
        touchpoint_id=row.id,
    )
    return await started(stage, start)


async def started(stage: Stage, start: ServiceStart) -> Serving:
    """Start a service case and wait for its first record. Raises Refused."""
    operation: WithStartWorkflowOperation[object, Outcome] = WithStartWorkflowOperation(
        WORKFLOWS[start.kind],
        start,
        id=start.workflow_id,
        task_queue=stage.queue,
        result_type=Outcome,
        task_timeout=TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    try:
        answer = await stage.client.execute_update_with_start_workflow(
            "opened", id=start.update_id, start_workflow_operation=operation, result_type=Answered
        )
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError):
            raise Refused(error.cause) from error
        raise
    found = Serving(stage, await operation.workflow_handle(), answer.case_id)
    stage.cases.append(found)  # type: ignore[arg-type]
    return found


def _planned(stage: Stage, due_on: date, **more: Any) -> Touchpoint:
    at = datetime.now(UTC)
    row = Touchpoint(
        customer_no=stage.world.customer(SILVER),
        institution_code="BJ01",
        key=f"Z08:{due_on}:{next(_numbers)}",
        code="Z08",
        item="manager_visit",
        article="regulation 2.5",
        origin=TouchpointOrigin.MANUAL,
        tier=Tier.SILVER,
        planned_on=due_on,
        due_on=due_on,
        lead_on=due_on,
        role=Role.MGR,
        human=True,
        stage=CaseStage.PLANNED,
        created_at=at,
        updated_at=at,
        **more,
    )
    with stage.world.database.write() as session:
        session.add(row)
    with stage.world.database.read() as session:
        found = session.get(Touchpoint, row.id)
    assert found is not None
    return found


def _quiet(state: ServiceState) -> ServiceState:
    """Without the marks of alarms, which reach the records with the next act."""
    tasks = tuple(task.model_copy(update={"breach_recorded": False, "alarms": ()}) for task in state.tasks)
    return state.model_copy(update={"tasks": tasks})
