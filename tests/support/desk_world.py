"""A case that waits for its unit, in records alone: what desks of people do around a task needs no engine."""

from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session, select

from models.identifiers import qualification_id
from models.messages.approval import PostRef
from models.messages.qualification import RecordOpening, StartQualification
from models.services.evaluation import By, evaluate
from models.services.qualification.opening import record_opening
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.stores.accounts import AccountStore
from models.tables.cases import Case, Task
from models.tables.columns import new_id
from models.tables.desk import StandIn
from models.tables.organisation import Account
from models.types import Door, Role, SeatKind, Tier
from tests.support.world import YEAR, add_customer

CUSTOMER, NAME = "C0000001", "北方恒远科技集团有限公司"
DECLARED_AT = datetime(2026, 2, 3, 2, 0, tzinfo=UTC)


def declare(session: Session, *, tier: Tier = Tier.GOLD, seat: SeatKind = SeatKind.RANKED) -> UUID:
    """A declaration of the customer of NO1 by no1-mgr; its first task waits for UNIT_LEAD at NO1."""
    version = ensure_builtin(session)
    add_customer(session, CUSTOMER, NAME, "NO1", 2_000_000)
    session.flush()
    rulebook = rulebook_of(session, version.id).rulebook
    evaluate(session, YEAR, rulebook, rulebook_version_id=version.id, by=By("test", Door.SYSTEM, DECLARED_AT))
    account = person(session, "no1-mgr")
    start = StartQualification(
        case_id=new_id(),
        workflow_id=qualification_id(YEAR, CUSTOMER, 1),
        update_id=f"{account.id}:desk-world",
        content_hash="desk",
        customer_no=CUSTOMER,
        year=YEAR,
        attempt=1,
        tier=tier,
        seat_kind=seat,
        reason="连续三年增员",
        late_reason="补报",
        actor_id=account.id,
        actor_name=account.name,
        posts=(PostRef(role=Role.MGR, institution_code="NO1"),),
        door=Door.API,
    )
    record_opening(session, RecordOpening(start=start, at=DECLARED_AT))
    return start.case_id


def person(session: Session, login: str) -> Account:
    """A person by login."""
    account = AccountStore(session).by_login(login)
    assert account is not None
    return account


def task_of(session: Session, case_id: UUID) -> Task:
    """The task of the case that waits for its unit."""
    return session.exec(select(Task).where(Task.case_id == case_id, Task.role == Role.UNIT_LEAD)).one()


def case_of(session: Session, case_id: UUID) -> Case:
    """The case's row."""
    row = session.get(Case, case_id)
    assert row is not None
    return row


def stand_in(session: Session, principal: str, who: str) -> None:
    """`who` acts for the principal from long ago on, for everything."""
    for_whom = person(session, principal)
    row = StandIn(
        principal_id=for_whom.id,
        stand_in_id=person(session, who).id,
        starts_at=datetime(2020, 1, 1, tzinfo=UTC),
        ends_at=datetime(2099, 1, 1, tzinfo=UTC),
        created_by=for_whom.id,
        created_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    session.add(row)
