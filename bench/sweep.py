"""The daily sweep on 10,000 memberships with 200,000 open touchpoints, and what it costs at ten times as many VIPs."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col
from temporalio.testing import ActivityEnvironment

from activities.sweep import SweepActivities
from bench.copy import SECRET, insert_dicts
from bench.estimates import estimated
from bench.report import Ratio
from models.database import Database
from models.encryption import Keyring
from models.messages.letters import Letter
from models.messages.membership import MembershipDue
from models.messages.quarter import StartPeriodClose
from models.messages.service import StartGreenChannel, StartTouchpoint
from models.messages.service_acts import AssignService, StopTouchpoint
from models.messages.sweep import CloseSweep, RecordOrder, StartSweep, SweepDone, SweepOrder
from models.person_keys import Known
from models.service_types import TouchpointOrigin
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.stores.person_keys import PersonKeyStore, fresh
from models.tables.book import Contact, Customer
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Case, Membership
from models.tables.columns import new_id
from models.tables.organisation import Account, Institution, Post
from models.types import (
    BirthdayCalendar,
    CaseKind,
    ContactKind,
    InstitutionLevel,
    MembershipStage,
    Outcome,
    Role,
    SeatKind,
    Stage,
    Tier,
)

ROUNDS = 3
VIPS, TENFOLD = 1_000, 10_000
ROWS_PER_VIP = 20
BRANCHES = 10
DUE_PER_DAY = 10_000
CHUNK = 200
DAY = date(2026, 5, 12)
FIRED_GOAL, COST_GOAL = 150.0, 1.1
_CODES = (("Z08", "manager_visit", True), ("Z10", "birthday_greeting", False), ("Z13", "magazine", False))


class Took(NamedTuple):
    """Wall time and processor time of one day, in seconds."""

    seconds: float
    cpu: float


class _Nobody:
    """The world as it costs nothing: what is measured is the sweep's own work."""

    def __init__(self) -> None:
        self.fired = 0

    def send(self, letter: Letter) -> None:
        """A letter that is taken at once."""
        self.fired += 1

    async def start_touchpoint(self, start: StartTouchpoint, per_second: int) -> bool:
        """A start that is taken at once; on a real engine the rulebook's rate holds it to 20 a second."""
        self.fired += 1
        return True

    async def start_renewal(self, start: StartGreenChannel, per_second: int) -> bool:
        """As above."""
        return await self.start_touchpoint(start, per_second)  # type: ignore[arg-type]

    async def start_close(self, start: StartPeriodClose, per_second: int) -> bool:
        """As above."""
        return await self.start_touchpoint(start, per_second)  # type: ignore[arg-type]

    async def serve(self, workflow_id: str, act: StopTouchpoint | AssignService) -> bool:
        """An act that is taken at once."""
        self.fired += 1
        return True

    async def call_due(self, workflow_id: str, message: MembershipDue, per_second: int) -> bool:
        """A signal that is taken at once."""
        self.fired += 1
        return True


def measure() -> list[Ratio]:
    """One day of the sweep at both sizes, in turn."""
    return asyncio.run(_measure())


async def _measure() -> list[Ratio]:
    fired, costs = [], []
    last: dict[str, object] = {}
    for _ in range(ROUNDS):
        small, _, _ = await _day(VIPS, VIPS * DUE_PER_DAY // TENFOLD)
        large, quiet, count = await _day(TENFOLD, DUE_PER_DAY)
        fired.append(count / large.seconds)
        costs.append((large.cpu / TENFOLD) / (small.cpu / VIPS))
        last = {
            "touchpoints": f"{TENFOLD * ROWS_PER_VIP:,}",
            "day with 10,000 due s": f"{large.seconds:.1f}",
            "day with nothing due s": f"{quiet.seconds:.2f}",
            "CPU-ms/VIP": f"{small.cpu / VIPS * 1000:.2f} -> {large.cpu / TENFOLD * 1000:.2f}",
            "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    return [
        Ratio("sweep, touchpoints fired per second, 10,000 due", FIRED_GOAL, at_least=True, rounds=fired, detail=last),
        Ratio("sweep, cost per VIP at 10x as many VIPs", COST_GOAL, at_least=False, rounds=costs, detail=last),
    ]


async def _day(vips: int, due: int) -> tuple[Took, Took, int]:
    """What a day with so many touchpoints due takes, and the day after with none, and how many were fired."""
    with TemporaryDirectory(prefix="greenlane-bench-") as folder:
        database = Database(f"sqlite:///{Path(folder)}/records.db", Keyring(SECRET))
        database.migrate()
        with database.write() as session:
            _fill(session, vips, due)
        nobody = _Nobody()
        activities = SweepActivities(database, nobody, nobody, nobody)
        busy = await _timed(activities, DAY)
        fired = nobody.fired
        _take_up(database)
        quiet = await _timed(activities, DAY + timedelta(days=1))
        database.dispose()
        return busy, quiet, fired


async def _timed(activities: SweepActivities, day: date) -> Took:
    began, worked = time.perf_counter(), time.process_time()
    for number in range(BRANCHES):
        await _sweep(activities, day, f"B{number}")
    return Took(time.perf_counter() - began, time.process_time() - worked)


async def _sweep(acts: SweepActivities, day: date, branch: str) -> None:
    at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    await _run(acts.open, StartSweep(institution_code=branch, day=day))
    common: dict[str, Any] = {"institution_code": branch, "day": day, "at": at, "limit": CHUNK, "per_second": 1_000_000}
    for phase in ("plans", "duties", "settle"):
        await _walk(acts.records, RecordOrder(**common, phase=phase))
    await _walk(acts.amend_running, SweepOrder(**common))
    await _walk(acts.start_due, SweepOrder(**common))
    await _walk(acts.call_due, SweepOrder(**common))
    await _walk(acts.records, RecordOrder(**common, phase="candidates"))
    await _walk(acts.send_greetings, SweepOrder(**common))
    await _run(acts.close, CloseSweep(institution_code=branch, day=day, at=at, counts={}))


async def _walk(activity: Callable[..., Any], order: SweepOrder) -> None:
    while True:
        done: SweepDone = await _run(activity, order)
        if done.after is None:
            return
        order = order.model_copy(update={"after": done.after})


async def _run(activity: Callable[..., Any], message: object) -> Any:
    found = ActivityEnvironment().run(activity, message)
    return await found if isinstance(found, Awaitable) else found


def _take_up(database: Database) -> None:
    """Whatever was started is somebody's task, as its first record says."""
    with database.write() as session:
        session.execute(update(Touchpoint).where(col(Touchpoint.due_on) == DAY).values(stage=Stage.DONE))


def _fill(session: Session, vips: int, due: int) -> None:
    book = rulebook_of(session, ensure_builtin(session).id)
    version = book.version.id
    account = Account(login="bench", name="bench", institution_code="HQ", created_at=datetime.now(UTC))
    _institutions(session)
    session.add(account)
    session.flush()
    for number in range(BRANCHES):
        for role in (Role.MGR, Role.BR_SVC, Role.BR_LEAD):
            session.add(Post(account_id=account.id, role=role, institution_code=f"B{number}"))
    session.flush()
    numbers = [f"V{number:06d}" for number in range(vips)]
    contacts, cases, members = ([new_id() for _ in numbers] for _ in range(3))
    insert_dicts(session, Customer, [_customer(n, number) for n, number in enumerate(numbers)])
    keys = fresh(contacts)
    insert_dicts(session, Contact, [_contact(no, one, keys[one]) for no, one in zip(numbers, contacts, strict=True)])
    PersonKeyStore(session).add(keys)
    insert_dicts(session, Case, [_case(n, number, cases[n], account.id, version) for n, number in enumerate(numbers)])
    insert_dicts(session, Membership, [_member(n, numbers[n], members[n], cases[n], account.id) for n in range(vips)])
    estimated(session, book, DAY.year - 1, [(number, _branch(n), members[n]) for n, number in enumerate(numbers)])
    insert_dicts(session, CarePlan, [_plan(number, members[n]) for n, number in enumerate(numbers)])
    for first in range(0, vips, 1000):
        rows = [
            _touchpoint(n, at, numbers[n], members[n], contacts[n], account.id, version, at_hand=at == 0 and n < due)
            for n in range(first, min(first + 1000, vips))
            for at in range(ROWS_PER_VIP)
        ]
        insert_dicts(session, Touchpoint, rows)


def _institutions(session: Session) -> None:
    hq = Institution(code="HQ", name="HQ", level=InstitutionLevel.HQ, region_class=1, city="-", path="/HQ/")
    session.add(hq)
    session.flush()
    for number in range(BRANCHES):
        code, level = f"B{number}", InstitutionLevel.BRANCH
        path = f"/HQ/{code}/"
        session.add(
            Institution(code=code, name=code, level=level, parent_code="HQ", region_class=1, city="-", path=path)
        )
    session.flush()


def _branch(n: int) -> str:
    return f"B{n % BRANCHES}"


def _customer(n: int, number: str) -> dict[str, object]:
    return {
        "customer_no": number,
        "name": number,
        "institution_code": _branch(n),
        "industry": "-",
        "employees": 1,
        "insured_lives": 1,
        "flags": "",
        "overdue_days": 0,
    }


def _contact(number: str, contact_id: UUID, key: bytes) -> dict[str, object]:
    return {
        "id": contact_id,
        "customer_no": number,
        "kind": ContactKind.LEADER,
        "name": Known(number, key),
        "name_index": "1",
        "title": "",
        "gender": "",
        "birthday_calendar": BirthdayCalendar.SOLAR,
        "email": Known(f"{number}@example.com", key),
        "consent": True,
    }


def _case(n: int, number: str, case_id: UUID, account_id: UUID, version_id: UUID) -> dict[str, object]:
    return {
        "id": case_id,
        "kind": CaseKind.QUALIFICATION,
        "workflow_id": f"bench/{number}",
        "customer_no": number,
        "institution_code": _branch(n),
        "year": DAY.year - 1,
        "attempt": 1,
        "tier": Tier.SILVER,
        "tier_applied": Tier.SILVER,
        "seat_kind": SeatKind.SILVER,
        "stage": Stage.ACTIVE,
        "round": 1,
        "version": 1,
        "outcome": Outcome.APPROVED,
        "declared_by": account_id,
        "rulebook_version_id": version_id,
        "content_hash": "-",
        "value": Decimal(1),
        "state": {},
        "opened_at": datetime(2026, 2, 27, tzinfo=UTC),
    }


def _member(n: int, number: str, member_id: UUID, case_id: UUID, manager_id: UUID) -> dict[str, object]:
    return {
        "id": member_id,
        "case_id": case_id,
        "workflow_id": f"membership/{number}",
        "customer_no": number,
        "institution_code": _branch(n),
        "year": DAY.year - 1,
        "tier": Tier.SILVER,
        "seat_kind": SeatKind.SILVER,
        "certificate_no": number,
        "manager_id": manager_id,
        "valid_from": date(2026, 3, 1),
        "valid_to": date(2027, 2, 28),
        "stage": MembershipStage.SERVING,
        "created_at": datetime(2026, 2, 27, tzinfo=UTC),
    }


def _plan(number: str, member_id: UUID) -> dict[str, object]:
    return {
        "id": new_id(),
        "membership_id": member_id,
        "customer_no": number,
        "number": 1,
        "cause": "granted",
        "cause_key": f"bench:{number}",
        "tier": Tier.SILVER,
        "from_on": DAY,
        "until_on": DAY,
        "difference": {},
        "at": datetime(2026, 3, 1, tzinfo=UTC),
    }


def _touchpoint(  # noqa: PLR0917 - one row of a bench
    n: int, at: int, number: str, member: UUID, contact: UUID, manager: UUID, version: UUID, *, at_hand: bool
) -> dict[str, object]:
    code, item, human = _CODES[(n + at) % len(_CODES)]
    due = DAY if at_hand else DAY + timedelta(days=30 + 12 * at)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    return {
        "id": new_id(),
        "customer_no": number,
        "membership_id": member,
        "institution_code": _branch(n),
        "key": f"{code}:{at}",
        "code": code,
        "item": item,
        "article": "regulation 2.5",
        "origin": TouchpointOrigin.PLAN,
        "tier": Tier.SILVER,
        "contact_id": contact,
        "title": "",
        "planned_on": due,
        "due_on": due,
        "lead_on": due - timedelta(days=1),
        "role": Role.MGR,
        "assignee_id": manager,
        "human": human,
        "stage": Stage.PLANNED,
        "rulebook_version_id": version,
        "gift_name": "",
        "content": "",
        "feedback": "",
        "follow_up": "",
        "created_at": now,
        "updated_at": now,
    }
