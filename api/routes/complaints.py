"""`/inquiries` 咨询 and `/complaints` 投诉, 附件五: registered, answered, investigated, closed, reopened.

Registering and listing are by sheet; one of them is found by its id under either name.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool

from api import acts, complaint_acts
from api.acts import Prepare
from api.complaint_acts import Wanted
from api.complaint_answers import complaint_answer, may_open, row_answer, visible_complaint
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.gateway import Gateway
from api.institution_filter import part_of_tree
from api.paging import Paging, PagingDep
from api.schemas.base import PageAnswer
from api.schemas.complaints import (
    AcceptBody,
    AssignBody,
    CloseBody,
    ComplaintAnswer,
    ComplaintBody,
    ComplaintRowAnswer,
    CompleteBody,
    GradeBody,
    InquiryBody,
    InvestigateBody,
    JudgeBody,
    RegisteredAnswer,
    ReopenBody,
    ReplyBody,
    ServiceActBody,
)
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.service_types import ComplaintGrade, ComplaintSheet
from models.services.calendars import snapshot
from models.services.complaints.reading import note_reading
from models.services.rulebooks import rulebook_in_force
from models.stores.complaints import ComplaintFilter, ComplaintStore
from models.types import Stage

inquiries = APIRouter(prefix="/inquiries", tags=["complaints"])
router = APIRouter(prefix="/complaints", tags=["complaints"])
ReaderDep = Annotated[Caller, require(Action.READ_COMPLAINTS)]
RegistrarDep = Annotated[Caller, require(Action.TAKE_REQUESTS)]
OpenedQuery = Annotated[bool, Query(alias="open")]


@dataclass(frozen=True)
class At:
    """One request that acts on a case, by somebody who works on services."""

    database: Database
    gateway: Gateway
    key: str
    caller: Caller
    case_id: UUID

    async def do(self, name: str, body: ServiceActBody) -> ComplaintRowAnswer:
        """Do the act once, and answer with the case as it stands then."""
        key = acts.key_for(self.caller, self.key, f"complaint-{name}:{self.case_id}", body.model_dump(mode="json"))
        prepare: Prepare = complaint_acts.act(self.caller, key, self.case_id, name, body)
        await acts.perform(self.database, self.gateway, key, prepare)
        return await run_in_threadpool(self._row)

    def _row(self) -> ComplaintRowAnswer:
        with self.database.read() as session:
            return row_answer(visible_complaint(session, self.caller, self.case_id), datetime.now(UTC))


async def _at(
    complaint_id: UUID,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.WORK_ON_SERVICES)],
) -> At:
    return At(database, gateway, key, caller, complaint_id)


AtDep = Annotated[At, Depends(_at)]


@inquiries.post("", status_code=201)
async def register_inquiry(
    body: InquiryBody, database: DatabaseDep, gateway: GatewayDep, key: IdempotencyKeyDep, caller: RegistrarDep
) -> RegisteredAnswer:
    """登记咨询: its answer is due as the customer's tier was promised (Z17)."""
    wanted = Wanted.of(ComplaintSheet.INQUIRY, body)
    return await _register(database, gateway, caller, key, wanted)


@router.post("", status_code=201)
async def register_complaint(
    body: ComplaintBody, database: DatabaseDep, gateway: GatewayDep, key: IdempotencyKeyDep, caller: RegistrarDep
) -> RegisteredAnswer:
    """登记投诉: first reply and closing are due as the customer's tier was promised (Z18)."""
    wanted = Wanted.of(ComplaintSheet.COMPLAINT, body, body.grade)
    return await _register(database, gateway, caller, key, wanted)


async def _register(
    database: Database, gateway: Gateway, caller: Caller, sent: str, wanted: Wanted
) -> RegisteredAnswer:
    key = acts.key_for(caller, sent, f"register-{wanted.sheet.value}", wanted.content())
    done = await acts.perform(database, gateway, key, complaint_acts.register(caller, key, wanted))
    return await run_in_threadpool(_registered, database, done.case_id)


def _registered(database: Database, case_id: UUID) -> RegisteredAnswer:
    with database.read() as session:
        row = ComplaintStore(session).get(case_id)
        if row is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return RegisteredAnswer.model_validate(row.record)


@dataclass(frozen=True)
class Asked:
    """The filters of a list."""

    stage: Stage | None
    grade: ComplaintGrade | None
    institution: str | None
    customer_no: str | None
    overdue: bool | None
    q: str | None


async def _asked(
    *,
    stage: Stage | None = None,
    grade: ComplaintGrade | None = None,
    institution: Annotated[str | None, Query(max_length=32)] = None,
    customer_no: Annotated[str | None, Query(max_length=32)] = None,
    overdue: bool | None = None,
    q: Annotated[str | None, Query(max_length=100)] = None,
) -> Asked:
    return Asked(stage, grade, institution, customer_no, overdue, q)


AskedDep = Annotated[Asked, Depends(_asked)]


@inquiries.get("")
def list_inquiries(
    database: DatabaseDep, paging: PagingDep, caller: ReaderDep, asked: AskedDep
) -> PageAnswer[ComplaintRowAnswer]:
    """Inquiries of the caller's institutions, newest first, texts masked. `q`: record number or customer."""
    return _list(database, paging, caller, asked, ComplaintSheet.INQUIRY)


@router.get("")
def list_complaints(
    database: DatabaseDep, paging: PagingDep, caller: ReaderDep, asked: AskedDep
) -> PageAnswer[ComplaintRowAnswer]:
    """Complaints of the caller's institutions, newest first, texts masked. `q`: record number or customer."""
    return _list(database, paging, caller, asked, ComplaintSheet.COMPLAINT)


def _list(
    database: Database, paging: Paging, caller: Caller, asked: Asked, sheet: ComplaintSheet
) -> PageAnswer[ComplaintRowAnswer]:
    now, scope = datetime.now(UTC), caller.scope(Action.READ_COMPLAINTS)
    with database.read() as session:
        wanted = ComplaintFilter(
            sheet=sheet,
            stage=asked.stage,
            grade=asked.grade,
            customer_no=asked.customer_no,
            under=part_of_tree(session, asked.institution, scope),
            due_before=now if asked.overdue else None,
            not_due_before=now if asked.overdue is False else None,
            q=asked.q,
        )
        found = ComplaintStore(session).newest(scope, wanted, after=paging.instant_and_id(), limit=paging.fetch)
        shown, cursor = paging.cut(found, lambda row: (row.record.received_at.isoformat(), str(row.record.case_id)))
        return PageAnswer(items=[row_answer(row, now) for row in shown], next_cursor=cursor)


@inquiries.get("/{complaint_id}")
@router.get("/{complaint_id}")
def read_one(
    complaint_id: UUID, database: DatabaseDep, caller: ReaderDep, opened: OpenedQuery = False
) -> ComplaintAnswer:
    """One of them. With `open=1` its texts stand in full, and the reading is written to the audit trail.

    Raises NOT_ALLOWED for whoever may not read contents.
    """
    now = datetime.now(UTC)
    if opened:
        _note(database, caller, complaint_id, now)
    with database.read() as session:
        row = visible_complaint(session, caller, complaint_id)
        today = local_date(now)
        calendar = snapshot(session, rulebook_in_force(session, today).rulebook.working_time, today)
        return complaint_answer(session, row, calendar, now, opened=opened)


def _note(database: Database, caller: Caller, case_id: UUID, now: datetime) -> None:
    """The reading stands before the text is given out."""
    with database.write() as session:
        row = visible_complaint(session, caller, case_id)
        if not may_open(session, caller, row):
            raise complaint_acts.may_not_open()
        note_reading(session, row.record, caller.by, now)


@inquiries.post("/{complaint_id}/reply")
@router.post("/{complaint_id}/reply")
async def reply(body: ReplyBody, at: AtDep) -> ComplaintRowAnswer:
    """首次答复; it closes an inquiry."""
    return await at.do("reply", body)


@inquiries.post("/{complaint_id}/investigate")
@router.post("/{complaint_id}/investigate")
async def investigate(body: InvestigateBody, at: AtDep) -> ComplaintRowAnswer:
    """调查: may be written more than once."""
    return await at.do("investigate", body)


@inquiries.post("/{complaint_id}/grade")
@router.post("/{complaint_id}/grade")
async def grade(body: GradeBody, at: AtDep) -> ComplaintRowAnswer:
    """定级: a serious one goes to the branch head."""
    return await at.do("grade", body)


@inquiries.post("/{complaint_id}/judge")
@router.post("/{complaint_id}/judge")
async def judge(body: JudgeBody, at: AtDep) -> ComplaintRowAnswer:
    """判定成立与否, with how it is handled."""
    return await at.do("judge", body)


@inquiries.post("/{complaint_id}/close")
@router.post("/{complaint_id}/close")
async def close(body: CloseBody, at: AtDep) -> ComplaintRowAnswer:
    """结案 with the customer's view; late with its reason."""
    return await at.do("close", body)


@inquiries.post("/{complaint_id}/reopen")
@router.post("/{complaint_id}/reopen")
async def reopen(body: ReopenBody, at: AtDep) -> ComplaintRowAnswer:
    """重新打开 within the days of the rulebook: a new life with new clocks."""
    return await at.do("reopen", body)


@inquiries.post("/{complaint_id}/assign")
@router.post("/{complaint_id}/assign")
async def assign(body: AssignBody, at: AtDep) -> ComplaintRowAnswer:
    """指派 to a person."""
    return await at.do("assign", body)


@inquiries.post("/{complaint_id}/accept")
@router.post("/{complaint_id}/accept")
async def accept(body: AcceptBody, at: AtDep) -> ComplaintRowAnswer:
    """受理 by the caller."""
    return await at.do("accept", body)


@inquiries.post("/{complaint_id}/complete")
@router.post("/{complaint_id}/complete")
async def complete(body: CompleteBody, at: AtDep) -> ComplaintRowAnswer:
    """处理完毕: now the customer's view is asked for."""
    return await at.do("complete", body)
