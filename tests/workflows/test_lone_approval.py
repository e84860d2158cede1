"""A lone approval on a real engine: any subject that says who decides, when it may start, and what its end changes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import APPROVAL
from models.messages.approval import ApprovalState, RouteStep
from models.messages.handing import Transfer
from models.messages.lone_approval import StartApproval
from models.services.approval import subjects
from models.services.approval.subjects import Subject
from models.stores.cases import CaseStore
from models.tables.cases import Case as CaseRow
from models.tables.cases import Seat, Task
from models.types import CaseKind, Outcome, Role, Verdict
from models.types import Stage as CaseStage
from tests.support import world
from tests.support.engine import Case, Refused, start_lone
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]

STEPS = ((CaseStage.HQ_REVIEW, Role.HQ_VIP), (CaseStage.HQ_APPROVAL, Role.HQ_LEAD))


@dataclass
class Ends:
    """What the subject of these tests was told."""

    closed: bool = False
    ended: list[tuple[str, UUID]] = field(default_factory=list)

    def may_start(self, _: Session, start: StartApproval, __: datetime) -> None:
        """Not while closed."""
        if self.closed:
            raise DomainError(ErrorCode.WRONG_STAGE, stage=start.subject)

    def route(self, _: Session, __: StartApproval, ___: datetime) -> tuple[RouteStep, ...]:
        """Head office in two steps."""
        return tuple(
            RouteStep(stage=stage, role=role, institution_code="HQ", due_on=date(2026, 1, 1), may_reject=True)
            for stage, role in STEPS
        )

    def approved(self, _: Session, case: CaseRow, __: ApprovalState, ___: datetime) -> None:
        """Upheld."""
        self.ended.append(("approved", case.id))

    def rejected(self, _: Session, case: CaseRow, __: ApprovalState, ___: datetime) -> None:
        """Not upheld."""
        self.ended.append(("rejected", case.id))


@pytest.fixture
def ends() -> Iterator[Ends]:
    """A subject `test` that notes its ends."""
    found = Ends()
    subjects.register(Subject("test", found.may_start, found.route, found.approved, found.rejected))
    yield found
    del subjects._SUBJECTS["test"]


async def _start(stage: Stage, *, attempt: int = 1, subject: str = "test") -> Case:
    case = await start_lone(
        stage.client, stage.world, stage.world.customer(world.GOLD), subject, queue=stage.queue, attempt=attempt
    )
    stage.cases.append(case)
    return case


async def test_a_lone_approval_goes_through_its_own_route_and_tells_its_subject_once(stage: Stage, ends: Ends) -> None:
    case = await _start(stage)
    row = stage.record(case)
    assert (row.kind, row.subject, row.open_key) == (CaseKind.APPROVAL, "test", case.handle.id.rpartition("/")[0])
    assert [(task.kind, task.step, task.title) for task in stage.rows(Task)] == [
        (CaseKind.APPROVAL, "hq_review", f"{APPROVAL}:hq_review")
    ]
    await case.through("hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED
    assert ends.ended == [("approved", case.case_id)]
    assert (stage.rows(Seat), stage.record(case).open_key) == ([], None)


async def test_a_rejected_one_tells_its_subject_too_and_takes_every_act_of_the_desk(stage: Stage, ends: Ends) -> None:
    case = await _start(stage)
    await case.hand(Transfer, "hq-vip", to=case.target("hq-lead"))
    with pytest.raises(Refused, match="reason_required"):
        await case.decide("hq-lead", Verdict.REJECT)
    await case.decide("hq-lead", Verdict.REJECT, comment="名单无误")
    assert await case.handle.result() is Outcome.REJECTED
    assert ends.ended == [("rejected", case.case_id)]
    assert stage.audited(case) == ["declare", "transfer", "reject"]


async def test_what_the_subject_forbids_and_what_nobody_knows_never_starts(stage: Stage, ends: Ends) -> None:
    ends.closed = True
    with pytest.raises(Refused, match="wrong_stage"):
        await _start(stage)
    with pytest.raises(Refused, match="not_found"):
        await _start(stage, subject="unheard-of")
    assert stage.rows(CaseRow) == []
    ends.closed = False
    await _start(stage)


async def test_one_open_approval_of_a_subject_at_a_time(stage: Stage, ends: Ends) -> None:
    first = await _start(stage)
    with pytest.raises(Refused, match="duplicate_case"):
        await _start(stage, attempt=2)
    assert (await _start(stage)).case_id == first.case_id
    await first.withdraw()
    assert ends.ended == []
    assert (await _start(stage, attempt=2)).case_id != first.case_id


async def test_it_counts_for_nothing_where_declarations_are_counted(stage: Stage, ends: Ends) -> None:
    case = await _start(stage)
    await case.through("hq-vip", "hq-lead")
    await case.handle.result()
    with stage.world.database.read() as session:
        store = CaseStore(session)
        assert store.approved(world.YEAR, stage.world.customer(world.GOLD)) == []
        assert store.attempts(world.YEAR, stage.world.customer(world.GOLD)) == 0
    declared = await stage.declare()
    await declared.through("unit")
    assert ends.ended == [("approved", case.case_id)]


async def test_one_about_an_institution_needs_no_customer(stage: Stage, ends: Ends) -> None:
    case = await start_lone(stage.client, stage.world, "BJ", "test", queue=stage.queue)
    stage.cases.append(case)
    assert stage.record(case).customer_no is None
    assert [(task.customer_no, task.customer_name) for task in stage.rows(Task)] == [("BJ", "北京分公司")]
    await case.through("hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED
    assert ends.ended == [("approved", case.case_id)]
