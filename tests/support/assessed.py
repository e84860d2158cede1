"""Random service records of two branches and a year, for assessments: touchpoints, requests, inquiries, complaints."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.service_types import ComplaintGrade, ComplaintSheet, GreenService, IntakeChannel
from models.services.assessment import keeping, vetoes
from models.services.assessment.reckoning import Place
from models.services.assessment.vetoes import Finding
from models.services.desk.acting import Actor
from models.stores.scope import EVERYTHING
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import CaseKind, Door, Role, Stage
from tests.support import world
from tests.support.care import planned
from tests.support.service_rows import service_case

YEAR = 2025
PLACES = ("BJ", "BJ01", "SH")
CUSTOMERS = (world.GOLD, world.SILVER, world.BRANCH_OWNED)
_STAGES = (Stage.DONE, Stage.DONE, Stage.DONE, Stage.MISSED, Stage.PLANNED, Stage.SKIPPED, Stage.CANCELLED)


class Dice(Random):
    """A chance of its own, and among whose customers it chooses."""

    customers: tuple[str, ...] = CUSTOMERS


def fill(session: Session, seed: int, number: int = 60, customers: tuple[str, ...] = CUSTOMERS) -> None:
    """So many of each kind, some of them outside the year."""
    chance = Dice(seed)
    chance.customers = customers
    for at in range(number):
        session.add(_touchpoint(chance, at))
        _request(session, chance, at)
        _complaint(session, chance, at)
    session.flush()


def _moment(chance: Dice) -> datetime:
    return datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(-24 * 10, 24 * 375))


def _touchpoint(chance: Dice, at: int) -> Touchpoint:
    day = date(YEAR, 1, 1) + timedelta(days=chance.randrange(-10, 375))
    return planned(
        chance.choice(chance.customers),
        day=day,
        institution_code=chance.choice(PLACES),
        key=f"Z08:{at}",
        code=chance.choice(("Z08", "Z10", "17(4)")),
        stage=chance.choice(_STAGES),
        in_time=chance.random() < 0.8,
    )


def _case(session: Session, kind: CaseKind, chance: Dice, *, closed: bool) -> Case:
    case = service_case(session, kind, chance.choice(chance.customers), chance.choice(PLACES), Role.BR_CTR)
    if not closed:
        case.outcome, case.closed_at = None, None
    return case


def _request(session: Session, chance: Dice, at: int) -> None:
    received, finished = _moment(chance), chance.random() < 0.7
    case = _case(session, CaseKind.GREEN_CHANNEL, chance, closed=finished or chance.random() < 0.2)
    session.add(
        GreenChannelRecord(
            case_id=case.id,
            record_no=f"GC-{at}",
            customer_no=case.customer,
            institution_code=case.institution_code,
            service=GreenService.CLAIM,
            reference_no=f"R{at}",
            channel=IntakeChannel.COUNTER,
            code="Z04",
            limit_unit="working_days",
            limit_value=3,
            received_at=received,
            due_at=received + timedelta(days=3),
            finished_at=received + timedelta(days=2) if finished else None,
            in_time=chance.random() < 0.8 if finished else None,
        )
    )


def _complaint(session: Session, chance: Dice, at: int) -> None:
    sheet = chance.choice(tuple(ComplaintSheet))
    first = _life(chance, _moment(chance), sheet)
    lives, life = [], first
    if sheet is ComplaintSheet.COMPLAINT and first["closed_at"] is not None and chance.random() < 0.5:
        lives = [{name: value.isoformat() if isinstance(value, datetime) else value for name, value in first.items()}]
        life = _life(chance, first["closed_at"] + timedelta(days=1), sheet)
    case = _case(session, CaseKind.COMPLAINT, chance, closed=life["closed_at"] is not None)
    case.round = 1 + len(lives)
    session.add(
        ComplaintRecord(
            case_id=case.id,
            record_no=f"TS-{at}",
            customer_no=case.customer,
            institution_code=case.institution_code,
            sheet=sheet,
            grade=ComplaintGrade.ORDINARY,
            channel=IntakeChannel.PHONE,
            received_at=life["reply_due_at"] - timedelta(days=1),
            lives=lives,
            **life,
        )
    )


def _life(chance: Dice, start: datetime, sheet: ComplaintSheet) -> dict[str, Any]:
    is_complaint, closed = sheet is ComplaintSheet.COMPLAINT, chance.random() < 0.7
    return {
        "reply_due_at": start + timedelta(days=1),
        "first_reply_at": start + timedelta(hours=5) if closed else None,
        "reply_in_time": chance.random() < 0.8 if closed else None,
        "close_due_at": start + timedelta(days=5) if is_complaint else None,
        "closed_at": start + timedelta(days=4) if closed else None,
        "closed_in_time": chance.random() < 0.7 if closed and is_complaint else None,
        "justified": chance.random() < 0.4 if closed and is_complaint else None,
    }


def any_case(session: Session, at: str) -> UUID:
    """A closed service case of an institution, for a veto to rest on."""
    return service_case(session, CaseKind.GREEN_CHANNEL, world.GOLD, at, Role.BR_CTR).id


def assess(session: Session, built: world.World, now: datetime) -> None:
    """The year of Beijing with a veto that was recorded, reckoned and confirmed by head office."""
    fill(session, 7, 12)
    hq, place = Actor(built.accounts["hq-vip"], "孙倩", Door.API, now), Place(YEAR, "BJ", EVERYTHING)
    vetoes.record(session, place, Finding("falsified_record", any_case(session, "BJ"), "时间不符", "签收单"), hq)
    keeping.keep_again(session, place, hq, "年度计分")
    keeping.confirm(session, YEAR, "BJ", 1, hq)
