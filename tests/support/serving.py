"""Service cases written straight into the records, as their workflow would ask for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from models.identifiers import complaint_id, green_channel_id
from models.messages.approval import PostRef
from models.messages.calendar import CalendarSnapshot
from models.messages.service import (
    RecordServiceOpening,
    RecordServiceStep,
    ServiceOpened,
    ServiceRecorded,
    ServiceState,
    StartComplaint,
    StartGreenChannel,
)
from models.messages.service_acts import ServiceAct
from models.rules import service
from models.service_types import ComplaintSheet, GreenService
from models.services.servicing import opening, steps
from models.tables.cases import Membership
from models.tables.columns import new_id
from models.tables.organisation import Account, Post
from models.types import CUSTOMER_ID, CUSTOMER_LINK, Door, MembershipStage, Role, SeatKind, Tier
from tests.support.waiting_cases import before_final_approval
from tests.support.world import SILVER, World

RECEIVED = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
"""Wednesday 10:00 in Shanghai."""
COUNTER = "ctr"


def with_counter(world: World, login: str = COUNTER, name: str = "何柜面", institution: str = "BJ") -> World:
    """The branch with one more person at its counter 柜面."""
    with world.database.write() as session:
        account = Account(
            login=login, name=name, institution_code=institution, email=f"{login}@example.com", created_at=RECEIVED
        )
        session.add(account)
        session.flush()
        session.add(Post(account_id=account.id, role=Role.BR_CTR, institution_code=institution))
        world.accounts[login] = account.id
    return world


def make_vip(session: Session, world: World, customer_no: str, tier: Tier) -> Membership:
    """A running membership of the customer, by a case of its own."""
    waiting = before_final_approval(session, world, len(customer_no) + int(customer_no[1:]) % 1000)
    row = Membership(
        case_id=waiting.state.case_id,
        workflow_id=f"membership/{customer_no}",
        customer_no=customer_no,
        institution_code="BJ01",
        year=2025,
        tier=tier,
        seat_kind=SeatKind.RANKED,
        certificate_no=f"2026-{customer_no}",
        manager_id=world.accounts["mgr"],
        valid_from=date(2026, 3, 1),
        valid_to=date(2027, 2, 28),
        stage=MembershipStage.SERVING,
        created_at=RECEIVED,
    )
    session.add(row)
    session.flush()
    return row


def actor(world: World, login: str, *posts: tuple[Role, str]) -> dict[str, Any]:
    """What an act carries of a person."""
    with world.database.read() as session:
        account = session.get(Account, world.accounts[login])
        name = account.name if account else login
    return {
        "update_id": f"{world.accounts[login]}:{uuid4()}",
        "content_hash": "x",
        "actor_id": world.accounts[login],
        "actor_name": name,
        "posts": tuple(PostRef(role=role, institution_code=code) for role, code in posts),
        "door": Door.API,
    }


def counter(world: World, login: str = COUNTER) -> dict[str, Any]:
    """The counter of the branch."""
    return actor(world, login, (Role.BR_CTR, "BJ"))


def customer() -> dict[str, Any]:
    """The customer by its link."""
    return {
        "update_id": f"{CUSTOMER_ID}:{uuid4()}",
        "content_hash": "x",
        "actor_id": CUSTOMER_ID,
        "actor_name": CUSTOMER_LINK,
        "door": Door.LINK,
    }


def request(world: World, **more: Any) -> StartGreenChannel:
    """A claim of the silver customer at the branch's counter."""
    case_id = new_id()
    facts: dict[str, Any] = {
        **counter(world),
        "case_id": case_id,
        "workflow_id": green_channel_id(case_id),
        "customer_no": world.customer(SILVER),
        "institution_code": "BJ",
        "received_at": RECEIVED,
        "service": GreenService.CLAIM,
        "reference_no": f"CL-{case_id}",
        **more,
    }
    return StartGreenChannel(**facts)


def complaint(world: World, **more: Any) -> StartComplaint:
    """A complaint of the silver customer by telephone."""
    case_id = new_id()
    facts: dict[str, Any] = {
        **actor(world, "svc", (Role.BR_SVC, "BJ")),
        "case_id": case_id,
        "workflow_id": complaint_id(case_id),
        "customer_no": world.customer(SILVER),
        "institution_code": "BJ",
        "received_at": RECEIVED,
        "sheet": ComplaintSheet.COMPLAINT,
        "complainant": "刘先生",
        "phone": "13800000000",
        "subject": "理赔慢",
        "matter": "等了三周没有答复",
        **more,
    }
    return StartComplaint(**facts)


@dataclass
class Served:
    """A service case as its workflow holds it: acts are applied by the rule and recorded, one after the other."""

    world: World
    state: ServiceState
    calendar: CalendarSnapshot

    def message(self, build: Callable[..., ServiceAct], at: datetime, **fields: Any) -> RecordServiceStep:
        """The record of an act on the state as it is."""
        act = build(version=self.state.version, **fields)
        after = service.apply(self.state, act, at, self.calendar)
        return RecordServiceStep(workflow_id="x", before=self.state, after=after, act=act, at=at)

    def act(self, build: Callable[..., ServiceAct], at: datetime, **fields: Any) -> ServiceRecorded:
        """Apply and record an act."""
        message = self.message(build, at, **fields)
        with self.world.database.write() as session:
            recorded = steps.record_step(session, message)
        self.state = recorded.state
        return recorded


def opened(world: World, start: StartGreenChannel | StartComplaint, at: datetime = RECEIVED) -> Served:
    """Open a case and hold it as its workflow would."""
    found = record(world, start, at)
    return Served(world, found.state, found.calendar)


def record(world: World, start: StartGreenChannel | StartComplaint, at: datetime = RECEIVED) -> ServiceOpened:
    """The record of an opening."""
    with world.database.write() as session:
        return opening.record_opening(session, RecordServiceOpening(start=start, at=at))


def case_id_of(found: Served) -> UUID:
    """The case."""
    return found.state.case_id
