"""Service records without their story: a request, a complaint and a touchpoint, as the records hold them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, select

from models.messages.calendar import Deadline
from models.messages.service import ServiceClock, ServicePast, ServiceState, TimeLimit
from models.service_types import ComplaintGrade, ComplaintSheet, GreenService, IntakeChannel, TouchpointOrigin
from models.services.rulebooks import ensure_builtin
from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.tables.columns import new_id
from models.tables.organisation import Account
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import CaseKind, LimitUnit, Outcome, Role, SeatKind, Stage, Tier

RECEIVED = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
DUE = datetime(2026, 6, 3, 9, 30, tzinfo=UTC)
_CLOCKS = {CaseKind.GREEN_CHANNEL: ("complete",), CaseKind.COMPLAINT: ("reply", "close")}
_PROMISE = ServiceClock(
    name="complete",
    code="Z04",
    article="第十四条",
    limit=TimeLimit(unit=LimitUnit.WORKING_DAYS, value=2),
    started_at=RECEIVED,
    deadline=Deadline(due_at=DUE, provisional=False, calendar_version="test"),
    finished_at=DUE,
)


def service_case(session: Session, kind: CaseKind, customer_no: str, at: str, role: Role) -> Case:
    """A closed service case, served at an institution."""
    account = session.exec(select(Account).order_by(Account.login)).first()
    assert account is not None
    case_id = new_id()
    state = ServiceState(
        case_id=case_id,
        kind=kind,
        stage=Stage.CLOSED,
        tier=Tier.GOLD,
        customer_no=customer_no,
        institution_code=at,
        role=role,
        opened_by=account.id,
        acts=(_closed_by(account),),
        clocks=tuple(_PROMISE.model_copy(update={"name": name}) for name in _CLOCKS.get(kind, ())),
        outcome=Outcome.COMPLETED,
    )
    case = Case(
        id=case_id,
        kind=kind,
        workflow_id=f"{kind.value}/{case_id}",
        customer_no=customer_no,
        institution_code=at,
        year=RECEIVED.year,
        attempt=1,
        tier=Tier.GOLD,
        tier_applied=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        stage=Stage.CLOSED,
        version=1,
        outcome=Outcome.COMPLETED,
        declared_by=account.id,
        rulebook_version_id=ensure_builtin(session).id,
        content_hash="x",
        value=Decimal(0),
        state=state.model_dump(mode="json"),
        opened_at=RECEIVED,
        closed_at=DUE,
    )
    session.add(case)
    session.flush()
    return case


def _closed_by(account: Account) -> ServicePast:
    return ServicePast(step_no=1, act="close", stage=Stage.CLOSED, actor_id=account.id, actor_name=account.name, at=DUE)


def add_green_channel(
    session: Session, customer_no: str, at: str, contact_name: str, *, received: datetime = RECEIVED
) -> UUID:
    """附件三: a claim, closed in time two days after it was received."""
    due = received + timedelta(days=2)
    case = service_case(session, CaseKind.GREEN_CHANNEL, customer_no, at, Role.BR_CTR)
    session.add(
        GreenChannelRecord(
            case_id=case.id,
            record_no=f"GC-{at}-2026-00001",
            customer_no=customer_no,
            institution_code=at,
            service=GreenService.CLAIM,
            reference_no="#evil *CL-1*",
            channel=IntakeChannel.COUNTER,
            contact_name=contact_name,
            code="Z04",
            limit_unit="working_days",
            limit_value=3,
            received_at=received,
            due_at=due,
            finished_at=due,
            in_time=True,
            handler_name="柜员甲",
        )
    )
    return case.id


def add_complaint(
    session: Session, customer_no: str, at: str, complainant: str, matter: str, *, number: int = 1
) -> UUID:
    """附件五: a justified complaint, closed."""
    case = service_case(session, CaseKind.COMPLAINT, customer_no, at, Role.BR_SVC)
    session.add(
        ComplaintRecord(
            case_id=case.id,
            record_no=f"TS-{at}-2026-{number:05}",
            customer_no=customer_no,
            institution_code=at,
            sheet=ComplaintSheet.COMPLAINT,
            grade=ComplaintGrade.ORDINARY,
            channel=IntakeChannel.PHONE,
            complainant=complainant,
            phone="13800138000",
            matter=matter,
            received_at=RECEIVED,
            reply_due_at=DUE,
            close_due_at=DUE,
            justified=True,
            closed_at=DUE,
        )
    )
    return case.id


def add_touchpoint(session: Session, customer_no: str, at: str, content: str) -> UUID:
    """附件四: a manager's visit, done."""
    contact = session.exec(select(Contact).where(Contact.customer_no == customer_no)).first()
    row = Touchpoint(
        customer_no=customer_no,
        institution_code=at,
        key="Z08:2026-Q2:1",
        code="Z08",
        item="manager_visit",
        article="regulation 2.5",
        origin=TouchpointOrigin.PLAN,
        tier=Tier.GOLD,
        contact_id=contact.id if contact else None,
        planned_on=date(2026, 6, 1),
        due_on=date(2026, 6, 1),
        lead_on=date(2026, 5, 25),
        role=Role.MGR,
        human=True,
        stage=Stage.DONE,
        record_no=f"GH-{at}-2026-00001",
        done_on=date(2026, 6, 1),
        done_at=DUE,
        done_by_name="王晓梅",
        content=content,
        gift_name="茶叶",
        gift_value=Decimal("180.00"),
        created_at=RECEIVED,
        updated_at=RECEIVED,
    )
    session.add(row)
    session.flush()
    return row.id
