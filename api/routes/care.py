"""`/care/touchpoints`: the care calendar 关怀日历, extra touchpoints, and doing them with proof (附件四)."""

import calendar as months
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts, care_acts
from api.care_acts import Wanted
from api.care_answers import reader_of, row_answers, touchpoint_answer, visible_touchpoint
from api.deps import Action, Caller, DatabaseDep, GatewayDep, IdempotencyKeyDep, require
from api.gateway import Gateway
from api.institution_filter import part_of_tree
from api.paging import Paging, PagingDep
from api.routes.recording import Recording, recording
from api.routes.sending import opened_case
from api.schemas.base import PageAnswer
from api.schemas.care import (
    AssignBody,
    ClearanceBody,
    CompleteBody,
    ExtraBody,
    OnTouchpoint,
    ProofAnswer,
    ProofBody,
    RescheduleBody,
    SkipBody,
    TouchpointAnswer,
    TouchpointRowAnswer,
)
from api.schemas.cases import CaseRowAnswer
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.care import proofs
from models.services.desk.acting import invalid
from models.services.desk.attachments import decoded
from models.services.desk.once import Facts, once
from models.services.idempotency import Key
from models.stores.care_calendar import CareCalendarStore, CareFilter, Doer, Position
from models.stores.people import PeopleStore
from models.types import Stage

router = APIRouter(prefix="/care/touchpoints", tags=["care"])
ReaderDep = Annotated[Caller, require(Action.READ_CARE)]
Code = Annotated[str | None, Query(max_length=32)]
ME = "me"


@dataclass(frozen=True)
class At:
    """One request that acts on a touchpoint, by somebody who works on services."""

    database: Database
    gateway: Gateway
    key: str
    caller: Caller
    touchpoint_id: UUID

    async def do(self, name: str, body: OnTouchpoint) -> TouchpointAnswer:
        """Do the act once, and answer with the touchpoint as it stands then."""
        await care_acts.perform(self.database, self.gateway, self.wanted(name, body))
        return await run_in_threadpool(self.answer)

    def wanted(self, name: str, body: OnTouchpoint) -> Wanted:
        """The act under its key."""
        key = acts.key_for(self.caller, self.key, f"touchpoint-{name}:{self.touchpoint_id}", care_acts.body_of(body))
        return Wanted(self.caller, key, self.touchpoint_id, name, body)

    def answer(self) -> TouchpointAnswer:
        """The touchpoint as it stands now."""
        with self.database.read() as session:
            row = visible_touchpoint(session, self.caller, self.touchpoint_id)
            return touchpoint_answer(session, self.caller, row, datetime.now(UTC))


async def _at(
    touchpoint_id: UUID,
    database: DatabaseDep,
    gateway: GatewayDep,
    key: IdempotencyKeyDep,
    caller: Annotated[Caller, require(Action.WORK_ON_SERVICES)],
) -> At:
    return At(database, gateway, key, caller, touchpoint_id)


AtDep = Annotated[At, Depends(_at)]


@router.get("")
def list_touchpoints(
    database: DatabaseDep,
    paging: PagingDep,
    caller: ReaderDep,
    *,
    customer_no: Code = None,
    month: Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] = None,
    person: Annotated[str | None, Query(max_length=36)] = None,
    institution: Code = None,
    code: Code = None,
    stage: Stage | None = None,
) -> PageAnswer[TouchpointRowAnswer]:
    """关怀日历 by due day: of a customer, of a month, of a person (an account id, or `me`)."""
    with database.read() as session:
        first, last = month_of(month) if month else (None, None)
        wanted = CareFilter(
            first=first,
            last=last,
            customer_no=customer_no,
            doer=doer_of(session, caller, person),
            under=part_of_tree(session, institution, caller.scope(Action.READ_CARE)),
            code=code,
            stages=(stage,) if stage else (),
        )
        found = CareCalendarStore(session).listed(reader_of(caller), wanted, after=position(paging), limit=paging.fetch)
        shown, cursor = paging.cut(found, lambda row: (row.due_on.isoformat(), str(row.id)))
        return PageAnswer(items=row_answers(session, shown, datetime.now(UTC)), next_cursor=cursor)


@router.post("", status_code=201)
async def add_touchpoint(
    body: ExtraBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    by: Annotated[Recording, recording(Action.PLAN_CARE)],
) -> TouchpointAnswer:
    """临时新增: an extra touchpoint. What is due soon has its task at once, else the daily sweep opens it."""
    touchpoint_id = await run_in_threadpool(_added, by, body)
    await care_acts.start_if_due(database, gateway, by.caller, by.key, touchpoint_id)
    return await run_in_threadpool(At(database, gateway, by.key, by.caller, touchpoint_id).answer)


def _added(by: Recording, body: ExtraBody) -> UUID:
    def do(session: Session, key: Key) -> Facts:
        return care_acts.add(session, by.caller, key, body)

    return by.once("touchpoint-add", body, do, lambda _, facts: UUID(facts["touchpoint_id"]))


@router.get("/{touchpoint_id}")
def read_touchpoint(touchpoint_id: UUID, database: DatabaseDep, caller: ReaderDep) -> TouchpointAnswer:
    """附件四 of one touchpoint: whom, what, when, by whom, with what gift and proof."""
    with database.read() as session:
        row = visible_touchpoint(session, caller, touchpoint_id)
        return touchpoint_answer(session, caller, row, datetime.now(UTC))


@router.post("/{touchpoint_id}/complete")
async def complete(body: CompleteBody, at: AtDep) -> TouchpointAnswer:
    """完成. 422 `gift_cap_exceeded` says what is left; above it a sign-off comes first."""
    return await at.do(care_acts.DONE, body)


@router.post("/{touchpoint_id}/skip")
async def skip(body: SkipBody, at: AtDep) -> TouchpointAnswer:
    """跳过, with a reason."""
    return await at.do(care_acts.SKIPPED, body)


@router.post("/{touchpoint_id}/reschedule")
async def reschedule(body: RescheduleBody, at: AtDep) -> TouchpointAnswer:
    """改期, with a reason; a day without work moves as the kind says."""
    return await at.do(care_acts.MOVED, body)


@router.post("/{touchpoint_id}/assign")
async def assign(body: AssignBody, at: AtDep) -> TouchpointAnswer:
    """指派 or 改派 by whoever has it, by whoever leads the post, or by operations with a reason."""
    return await at.do(care_acts.ASSIGNED, body)


@router.post("/{touchpoint_id}/clearance", status_code=201)
async def ask_clearance(body: ClearanceBody, response: Response, at: AtDep) -> CaseRowAnswer:
    """合规审批 of a gift above its cap; answers with the approval that decides it."""
    key = acts.key_for(at.caller, at.key, f"touchpoint-clearance:{at.touchpoint_id}", care_acts.body_of(body))
    prepare = care_acts.ask_clearance(at.caller, key, at.touchpoint_id, body)
    done = await acts.perform(at.database, at.gateway, key, prepare)
    response.status_code = done.status
    return await run_in_threadpool(opened_case, at.database, done)


@router.post("/{touchpoint_id}/proofs", status_code=201)
def add_proof(
    touchpoint_id: UUID, body: ProofBody, by: Annotated[Recording, recording(Action.WORK_ON_SERVICES)]
) -> ProofAnswer:
    """照片 or 签名, base64: JPEG, PNG or WebP of at most 5 MB, known by its first bytes."""

    def do(session: Session, key: Key) -> Facts:
        def keep() -> Facts:
            row = visible_touchpoint(session, by.caller, touchpoint_id)
            care_acts.refuse_others(session, by.caller, row)
            sent = proofs.image(body.name, decoded(body.content), "content")
            kept = proofs.keep(session, row, body.kind, sent, by_id=by.caller.account_id, at=datetime.now(UTC))
            return {"proof_id": str(kept.id)}

        return once(session, key, datetime.now(UTC), keep)

    def answer(session: Session, facts: Facts) -> ProofAnswer:
        row = CareCalendarStore(session).proof(touchpoint_id, UUID(facts["proof_id"]))
        if row is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return ProofAnswer(**row.model_dump(include=set(ProofAnswer.model_fields)), proof_id=row.id)

    return by.once(f"touchpoint-proof:{touchpoint_id}", body, do, answer)


@router.get("/{touchpoint_id}/proofs/{proof_id}")
def read_proof(touchpoint_id: UUID, proof_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The image itself."""
    with database.read() as session:
        row = visible_touchpoint(session, caller, touchpoint_id)
        return image_response(proofs.read(session, row.id, proof_id))


def image_response(image: proofs.Image) -> Response:
    """An image that a browser may show and not guess the kind of; kept by nobody on the way."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Content-Disposition": "inline",
    }
    return Response(image.content, media_type=image.media_type, headers=headers)


def month_of(month: str) -> tuple[date, date]:
    """First and last day of `YYYY-MM`."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, 1), date(year, number, months.monthrange(year, number)[1])


def doer_of(session: Session, caller: Caller, person: str | None) -> Doer | None:
    """What a person has to do by name and by its posts; None without a wish. Raises INVALID_INPUT."""
    if not person:
        return None
    if person == ME:
        return Doer(caller.account_id, tuple((post.role, post.institution_code) for post in caller.posts))
    try:
        account_id = UUID(person)
    except ValueError as error:
        raise invalid("person", "uuid_parsing") from error
    posts = PeopleStore(session).posts(account_id)
    return Doer(account_id, tuple((role, place.code) for role, place in posts))


def position(paging: Paging) -> Position | None:
    """Where the list goes on. Raises INVALID_INPUT for a cursor of another list."""
    if paging.after is None:
        return None
    try:
        return date.fromisoformat(paging.text(0) or ""), UUID(paging.text(1) or "")
    except ValueError as error:
        raise invalid("cursor", "bad_cursor") from error
