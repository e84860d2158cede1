"""A real engine with a real worker in the test's own loop, and people who act through it."""

import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from models.encryption import Keyring
from models.identifiers import APPROVAL, QUALIFICATION, approval_id, qualification_id
from models.messages.approval import Answered, ApprovalState, Correct, Decide, OpenTask, PostRef, Resubmit, Withdraw
from models.messages.handing import ChainAct, HandingAct, Target
from models.messages.lone_approval import StartApproval
from models.messages.qualification import StartQualification
from models.messages.quarter import StartPeriodClose
from models.messages.scoring import Correction
from models.settings import Settings
from models.tables.columns import new_id
from models.types import Door, Outcome, Role, SeatKind, Stage, Tier, Verdict
from tests.support.world import INSTITUTIONS, SECRET, YEAR, World
from workflows.client import data_converter
from workflows.options import TASK_TIMEOUT
from workflows.search_attributes import SEARCH_ATTRIBUTES
from workflows.worker import make_worker

AHEAD = timedelta(minutes=10)
"""How far the clock of a shared server may be ahead."""

_numbers = count(1)


def program(name: str) -> str:
    """An engine's program as installed beside the running Python, whatever PATH says."""
    return str(Path(sys.executable).parent / name)


@asynccontextmanager
async def time_skipping() -> AsyncIterator[WorkflowEnvironment]:
    """The time-skipping server, with our converter and search attributes."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=program("temporal-test-server"),
        data_converter=data_converter(Keyring(SECRET)),
    ) as environment:
        await add_search_attributes(environment.client)
        yield environment


class SharedServer:
    """One time-skipping server for many tests, replaced once a test has let its clock run ahead of ours.

    Waiting for a result lets time skip to whatever timer of an older test comes next; a later test, whose records are
    of today, would find its terms over.
    """

    def __init__(self) -> None:
        self._running: WorkflowEnvironment | None = None
        self._held = AsyncExitStack()

    async def at_present(self) -> WorkflowEnvironment:
        """A server whose clock is ours."""
        if self._running and await self._running.get_current_time() - datetime.now(UTC) < AHEAD:
            return self._running
        await self.stop()
        self._running = await self._held.enter_async_context(time_skipping())
        return self._running

    async def stop(self) -> None:
        """Stop the server, if one runs."""
        self._running = None
        await self._held.aclose()


async def add_search_attributes(client: Client) -> None:
    """Register ours: an unknown one makes every workflow task of the test server fail for ever."""
    request = AddSearchAttributesRequest(namespace=client.namespace)
    for key in SEARCH_ATTRIBUTES:
        request.search_attributes[key.name] = key.indexed_value_type.value  # type: ignore[assignment]
    await client.operator_service.add_search_attributes(request)


@asynccontextmanager
async def worker(client: Client, world: World, home: Path, queue: str) -> AsyncIterator[None]:
    """A worker on real collaborators and the world's database."""
    settings = Settings(home=home, task_queue=queue)
    with ThreadPoolExecutor(8) as executor:
        async with make_worker(client, world.database, settings, executor):
            yield


class Refused(Exception):  # noqa: N818  reads as what happened
    """An act was refused with this code and context."""

    def __init__(self, error: ApplicationError) -> None:
        super().__init__(error.type)
        self.code = error.type
        self.context = error.details[0] if error.details else {}


@dataclass
class Case:
    """A running case and the people who act on it."""

    client: Client
    world: World
    handle: WorkflowHandle[object, Outcome]
    case_id: UUID

    async def state(self) -> ApprovalState:
        """State as the workflow holds it."""
        state: ApprovalState = await self.handle.query("state", result_type=ApprovalState)
        return state

    async def standing(self) -> Answered:
        """Where the case stands, as an accepted act would answer."""
        state = await self.state()
        return Answered(case_id=state.case_id, stage=state.stage, version=state.version, outcome=state.outcome)

    async def decision(
        self,
        login: str,
        verdict: Verdict = Verdict.APPROVE,
        *,
        comment: str = "",
        key: str = "",
        task_id: UUID | None = None,
        version: int | None = None,
        return_to: Stage | None = None,
        approve_as: Tier | None = None,
        post: tuple[Role, str] | None = None,
    ) -> Decide:
        """A decision to send: the open task, its version and the person's own post unless told otherwise."""
        task = self.task_of(await self.state(), login, post)
        return Decide(
            **self._who(login, key, post),
            comment=comment,
            task_id=task_id or (task.task_id if task else uuid4()),
            version=version or (task.version if task else 1),
            verdict=verdict,
            return_to=return_to,
            approve_as=approve_as,
        )

    async def decide(self, login: str, verdict: Verdict = Verdict.APPROVE, **more: Any) -> Answered:
        """Send one decision, made as `decision` does."""
        return await self.send("decide", await self.decision(login, verdict, **more))

    async def through(self, *logins: str) -> None:
        """Approve step after step."""
        for login in logins:
            await self.decide(login)

    def task_of(self, state: ApprovalState, login: str, post: tuple[Role, str] | None = None) -> OpenTask | None:
        """The open task that lies with the person or its post; else the first one, to be refused on."""
        account, own = self.world.accounts[login], post or self.world.post(login)
        named = [task for task in state.tasks if account in {task.assignee_id, task.delegate_id}]
        posted = [task for task in state.tasks if (task.role, task.institution_code) == own and not task.assignee_id]
        return next(iter((*named, *posted, *state.tasks)), None)

    def target(self, login: str, *, authorised: bool = True) -> Target:
        """Whom something is handed to."""
        return Target(account_id=self.world.accounts[login], name=self.world.name(login), authorised=authorised)

    async def hand(self, kind: type[HandingAct], login: str, **fields: Any) -> Answered:
        """Send an act that is no decision, on the person's open task unless told otherwise."""
        return await self.send("act", await self.handing(kind, login, **fields))

    async def handing(
        self, kind: type[HandingAct], login: str, *, post: tuple[Role, str] | None = None, **fields: Any
    ) -> HandingAct:
        """Such an act, to send."""
        task = self.task_of(await self.state(), login, post)
        on_task = {"task_id": task.task_id, "version": task.version} if task else {}
        return kind.model_validate({"comment": "请办理", **self._who(login, "", post), **on_task, **fields})

    async def resubmit(self, login: str = "mgr", *, post: tuple[Role, str] | None = None, **changes: Any) -> Answered:
        """重新提交."""
        version = (await self.state()).version
        act = Resubmit(**self._who(login, "", post), version=version, comment="已更正", **changes)
        return await self.send("resubmit", act)

    async def withdraw(self, login: str = "mgr", comment: str = "客户撤回") -> Answered:
        """撤销."""
        version = (await self.state()).version
        return await self.send("withdraw", Withdraw(**self._who(login), version=version, comment=comment))

    async def correct(self, login: str, corrections: tuple[Correction, ...]) -> Answered:
        """Correct facts on the open task."""
        task = (await self.state()).tasks[0]
        act = Correct(
            **self._who(login), task_id=task.task_id, version=task.version, corrections=corrections, comment="核对收据"
        )
        return await self.send("correct", act)

    async def send(self, name: str, act: ChainAct) -> Answered:
        """Send an update under its own id. Raises Refused."""
        try:
            answer: Answered = await self.handle.execute_update(name, act, id=act.update_id, result_type=Answered)
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError):
                raise Refused(error.cause) from error
            raise
        return answer

    def _who(self, login: str, key: str = "", post: tuple[Role, str] | None = None) -> dict[str, Any]:
        role, code = post or self.world.post(login)
        return {
            "update_id": f"{self.world.accounts[login]}:{key or next(_numbers)}",
            "content_hash": "x",
            "actor_id": self.world.accounts[login],
            "actor_name": self.world.name(login),
            "posts": (PostRef(role=role, institution_code=code),),
            "door": Door.API,
        }


async def declare(
    client: Client,
    world: World,
    customer_no: str,
    *,
    tier: Tier = Tier.GOLD,
    seat_kind: SeatKind = SeatKind.RANKED,
    login: str = "mgr",
    queue: str,
    attempt: int = 1,
    late_reason: str | None = "补报",
    year: int = YEAR,
) -> Case:
    """Start a qualification the way the gateway does and wait for its first record. Raises Refused."""
    case_id = new_id()
    role, code = world.post(login)
    start = StartQualification(
        update_id=f"{world.accounts[login]}:{next(_numbers)}",
        content_hash="x",
        actor_id=world.accounts[login],
        actor_name=world.name(login),
        posts=(PostRef(role=role, institution_code=code),),
        door=Door.API,
        case_id=case_id,
        workflow_id=qualification_id(year, customer_no, attempt),
        customer_no=customer_no,
        year=year,
        attempt=attempt,
        tier=tier,
        seat_kind=seat_kind,
        reason="连续三年增员",
        late_reason=late_reason,
    )
    return await started(client, world, QUALIFICATION, start, queue)


async def start_lone(
    client: Client,
    world: World,
    about: str,
    subject: str,
    *,
    queue: str,
    login: str = "mgr",
    attempt: int = 1,
    facts: dict[str, str] | None = None,
) -> Case:
    """Start a lone approval about a customer or an institution and wait for its first record. Raises Refused."""
    role, code = world.post(login)
    of_institution = any(about == known for known, *_ in INSTITUTIONS)
    start = StartApproval(
        update_id=f"{world.accounts[login]}:{next(_numbers)}",
        content_hash="x",
        actor_id=world.accounts[login],
        actor_name=world.name(login),
        posts=(PostRef(role=role, institution_code=code),),
        door=Door.API,
        case_id=new_id(),
        workflow_id=approval_id(subject, about, attempt),
        subject=subject,
        customer_no=None if of_institution else about,
        institution_code=about if of_institution else None,
        year=YEAR,
        attempt=attempt,
        reason="名单有误",
        facts=facts or {},
    )
    return await started(client, world, APPROVAL, start, queue)


async def started(
    client: Client,
    world: World,
    workflow: str,
    start: StartQualification | StartApproval | StartPeriodClose,
    queue: str,
) -> Case:
    """Start a workflow and wait for its first record; one that runs is found. Raises Refused."""
    operation: WithStartWorkflowOperation[object, Outcome] = WithStartWorkflowOperation(
        workflow,
        start,
        id=start.workflow_id,
        task_queue=queue,
        result_type=Outcome,
        task_timeout=TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    try:
        answer = await client.execute_update_with_start_workflow(
            "opened", id=start.update_id, start_workflow_operation=operation, result_type=Answered
        )
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError):
            raise Refused(error.cause) from error
        raise
    return Case(client, world, await operation.workflow_handle(), answer.case_id)
