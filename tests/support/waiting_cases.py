"""Cases written straight into the records as they stand before their final approval, for races and store tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlmodel import Session

from models.identifiers import qualification_id, qualification_key
from models.messages.approval import ApprovalState, Decide, OpenTask, PastAct, PostRef
from models.messages.calendar import Deadline
from models.messages.qualification import RecordStep
from models.rules import approval
from models.rules.routing import route
from models.services.rulebooks import rulebook_in_force
from models.stores.people import PeopleStore
from models.tables.cases import Case, Task
from models.tables.columns import new_id
from models.types import CaseKind, Door, InstitutionLevel, Role, SeatKind, Stage, TaskState, Tier, Verdict
from tests.support.world import YEAR, World, add_customer

AT = datetime(2026, 2, 2, 2, 0, tzinfo=UTC)
STEP_BEFORE = 3


@dataclass(frozen=True)
class Waiting:
    """A silver case on the desk of the branch lead."""

    world: World
    state: ApprovalState

    def approval(self, key: str = "", at: datetime = AT) -> RecordStep:
        """The record of the lead's approval, as the workflow would ask for it."""
        task = self.state.tasks[0]
        act = Decide(
            update_id=f"{self.world.accounts['lead']}:{key or uuid4()}",
            content_hash="x",
            actor_id=self.world.accounts["lead"],
            actor_name=self.world.name("lead"),
            posts=(PostRef(role=Role.BR_LEAD, institution_code="BJ"),),
            door=Door.API,
            task_id=task.task_id,
            version=task.version,
            verdict=Verdict.APPROVE,
        )
        after = approval.decide(self.state, act, at)
        return RecordStep(workflow_id="x", before=self.state, after=after, act=act, at=at)


def before_final_approval(session: Session, world: World, number: int) -> Waiting:
    """A new silver customer whose case needs only the branch's approval."""
    customer_no = f"R{number:05d}"
    add_customer(session, customer_no, f"候选客户{number}", "BJ01", 300_000)
    rulebook, version = rulebook_in_force(session, AT.date())
    levels = {InstitutionLevel(item.level): item.code for item in PeopleStore(session).ancestry("BJ01")}
    task = _task()
    state = ApprovalState(
        case_id=new_id(),
        stage=Stage.BRANCH_APPROVAL,
        version=STEP_BEFORE,
        step_no=STEP_BEFORE,
        tier=Tier.SILVER,
        seat_kind=SeatKind.SILVER,
        declared_by=world.accounts["mgr"],
        declarant_institution="BJ01",
        route=route(rulebook.procedure, levels, year=YEAR, tier=Tier.SILVER, seat_kind=SeatKind.SILVER),
        tasks=(task,),
        acts=(_past(world, "mgr", 1), _past(world, "unit", 2), _past(world, "svc", STEP_BEFORE)),
        branch_approval_opened=True,
    )
    session.add(_case(customer_no, state, version.id))
    session.flush()
    session.add(_row(customer_no, state, task))
    session.flush()
    return Waiting(world, state)


def _task() -> OpenTask:
    deadline = Deadline(due_at=AT + timedelta(days=8), provisional=False, calendar_version="c")
    return OpenTask(
        task_id=new_id(),
        step=Stage.BRANCH_APPROVAL.value,
        role=Role.BR_LEAD,
        institution_code="BJ",
        opened_at=AT,
        deadline=deadline,
    )


def _past(world: World, login: str, step_no: int) -> PastAct:
    act: dict[str, object] = {"act": "declare"} if step_no == 1 else {"act": "decide", "verdict": Verdict.APPROVE}
    return PastAct.model_validate(
        {
            **act,
            "step_no": step_no,
            "stage": Stage.DECLARED,
            "round": 1,
            "actor_id": world.accounts[login],
            "actor_name": world.name(login),
            "at": AT,
        }
    )


def _case(customer_no: str, state: ApprovalState, rulebook_version_id: UUID) -> Case:
    return Case(
        id=state.case_id,
        kind=CaseKind.QUALIFICATION,
        workflow_id=qualification_id(YEAR, customer_no, 1),
        open_key=qualification_key(YEAR, customer_no),
        customer_no=customer_no,
        institution_code="BJ01",
        year=YEAR,
        attempt=1,
        tier=state.tier,
        tier_applied=state.tier,
        seat_kind=state.seat_kind,
        stage=state.stage,
        version=state.version,
        declared_by=state.declared_by,
        rulebook_version_id=rulebook_version_id,
        content_hash="x",
        value=Decimal(300_000),
        state=state.model_dump(mode="json"),
        opened_at=AT,
    )


def _row(customer_no: str, state: ApprovalState, task: OpenTask) -> Task:
    return Task(
        id=task.task_id,
        case_id=state.case_id,
        kind=CaseKind.QUALIFICATION,
        step=task.step,
        title=task.step,
        state=TaskState.OPEN,
        version=1,
        round=1,
        customer_no=customer_no,
        customer_name=customer_no,
        tier=state.tier,
        institution_code=task.institution_code,
        role=task.role,
        opened_at=AT,
        due_at=task.deadline.due_at,
        calendar_version="c",
    )
