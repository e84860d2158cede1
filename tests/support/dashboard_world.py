"""Random records around an instant: memberships of three years, touchpoints, requests, complaints, tasks.

Everything comes from one seed, so that a failure can be looked at again.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from models.database import Database
from models.rules.calendar import local_date
from models.service_types import ComplaintSheet, GreenService, SpendKind, SurveyChannel, SurveyStage
from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.cases import Case, Membership, Task
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.tables.spend import SpendEntry, SpendPlan
from models.tables.survey import SurveyCampaign, SurveyInvitation, SurveySheet
from models.types import CaseKind, MembershipStage, Role, Stage, TaskState, Tier
from tests.support import service_rows, world
from tests.support.care import planned
from tests.support.members import add_member
from tests.support.world import World

PLACES = {"BJ": "/HQ/BJ/", "BJ01": "/HQ/BJ/BJ01/", "SH": "/HQ/SH/", "HQ": "/HQ/"}
CUSTOMERS = 24
_KINDS = (CaseKind.QUALIFICATION, CaseKind.GREEN_CHANNEL, CaseKind.CARE_TOUCHPOINT, CaseKind.COMPLAINT)
_ROLES = (Role.BR_SVC, Role.BR_LEAD, Role.MGR)
_VIPS = (Tier.GOLD, Tier.SILVER)
_STAGES = (Stage.PLANNED, Stage.DUE, Stage.DONE, Stage.DONE, Stage.DONE, Stage.MISSED, Stage.SKIPPED, Stage.CANCELLED)
_CODES = (("Z08", "manager_visit"), ("Z10", "birthday_greeting"), ("17(4)", "renewal_reminder"), ("Z19", "survey"))


def fill(database: Database, now: datetime, seed: int = 7) -> World:
    """The small insurer, with more customers and a busy year behind it."""
    made = world.build(database)
    chance = Random(seed)
    with database.write() as session:
        numbers = [_customer(session, chance, number) for number in range(CUSTOMERS)]
        session.flush()
        for customer_no in numbers:
            _terms(session, chance, customer_no, now, list(made.accounts.values()))
        for number in range(160):
            _touchpoint(session, chance, chance.choice(numbers), local_date(now), number)
        for number in range(60):
            _request(session, chance, chance.choice(numbers), now, number)
            _complaint(session, chance, chance.choice(numbers), now, number)
        session.flush()
        _surveys(session, chance, numbers, now, made.accounts["svc"])
        for customer_no in numbers[::2]:
            _spend(session, chance, customer_no, local_date(now))
        cases = session.exec(select(Case)).all()
        for number in range(240):
            _task(session, chance, chance.choice(cases), now, (number, list(made.accounts.values())))
    return made


def _customer(session: Session, chance: Random, number: int) -> str:
    customer_no = f"C9{number:06d}"
    world.add_customer(session, customer_no, f"虚构客户{number}", chance.choice(("BJ", "BJ01", "BJ01", "SH")), 100_000)
    return customer_no


def _terms(session: Session, chance: Random, customer_no: str, now: datetime, people: list[UUID]) -> None:
    """Terms of up to three years; some downgraded, replaced, cancelled or not renewed."""
    year, before = local_date(now).year, None
    for starts in (date(year - 2, 3, 1), date(year - 1, 3, 1), date(year, 3, 1)):
        if chance.random() < 0.3:
            continue
        row = add_member(session, customer_no, chance.choice((Tier.GOLD, Tier.SILVER)), starts)
        row.valid_to = starts.replace(year=starts.year + 1) - timedelta(days=1)
        row.manager_id = chance.choice(people)
        _fate(chance, row, local_date(now))
        before = row
    if before is not None and before.tier is Tier.SILVER and before.ended_on is None and chance.random() < 0.5:
        _upgraded(session, before, local_date(now))


def _fate(chance: Random, row: Membership, today: date) -> None:
    middle = row.valid_from + timedelta(days=chance.randrange(20, 300))
    fate = chance.choice(("runs", "runs", "runs", "cancelled", "down", "out"))
    over = row.valid_to < today
    row.stage = MembershipStage.EXPIRED if over else MembershipStage.SERVING
    row.ended_on = row.valid_to if over else None
    if fate == "runs" or middle >= today:
        return
    row.ended_on = middle if fate in {"cancelled", "out"} else row.ended_on
    row.stage = {"cancelled": MembershipStage.CANCELLED, "out": MembershipStage.EXPIRED}.get(fate, row.stage)
    row.buffer_until = None if fate == "cancelled" else middle
    row.tier = Tier.SILVER if fate == "down" else row.tier


def _upgraded(session: Session, before: Membership, today: date) -> None:
    """An upgrade in the middle of a term ends the older membership."""
    if before.valid_to < today or before.buffer_until is not None:
        return
    row = add_member(session, before.customer_no, Tier.GOLD, before.valid_from)
    row.valid_from, row.valid_to = today - timedelta(days=20), before.valid_to
    row.stage, row.manager_id = MembershipStage.SERVING, before.manager_id
    before.stage, before.ended_on = MembershipStage.EXPIRED, today - timedelta(days=20)


def _touchpoint(session: Session, chance: Random, customer_no: str, today: date, number: int) -> None:
    code, item = chance.choice(_CODES)
    day, stage = today + timedelta(days=chance.randrange(-200, 30)), chance.choice(_STAGES)
    at, tier = chance.choice(("BJ", "BJ01", "SH")), chance.choice(tuple(Tier))
    changes = {"key": f"k:{number}", "code": code, "item": item, "stage": stage, "institution_code": at, "tier": tier}
    due = day + timedelta(days=chance.choice((0, 3)))
    in_time = chance.random() < 0.7 if stage is Stage.DONE else None
    session.add(planned(customer_no, day=day, **changes, due_on=due, in_time=in_time))


def _request(session: Session, chance: Random, customer_no: str, now: datetime, number: int) -> None:
    received = now - timedelta(days=chance.randrange(0, 200), minutes=number)
    case_id = service_rows.add_green_channel(
        session, customer_no, chance.choice(("BJ", "BJ01")), "周启明", received=received
    )
    row, case = session.get_one(GreenChannelRecord, case_id), session.get_one(Case, case_id)
    row.record_no, row.service = f"GC-{number}", chance.choice((GreenService.CLAIM, GreenService.ISSUE))
    case.tier, fate = chance.choice(tuple(Tier)), chance.choice(("in time", "late", "open", "cancelled"))
    row.in_time = {"in time": True, "late": False}.get(fate)
    if fate in {"open", "cancelled"}:
        row.finished_at = None
    if fate == "open":
        case.outcome = case.closed_at = None
        row.due_at = now + timedelta(days=chance.choice((-2, 2)))
    session.flush()


def _complaint(session: Session, chance: Random, customer_no: str, now: datetime, number: int) -> None:
    case_id = service_rows.add_complaint(session, customer_no, chance.choice(("BJ", "SH")), "甲", "事由")
    row, case = session.get_one(ComplaintRecord, case_id), session.get_one(Case, case_id)
    row.record_no, row.sheet, case.tier = (
        f"TS-{number}",
        chance.choice(tuple(ComplaintSheet)),
        chance.choice(tuple(Tier)),
    )
    row.received_at = now - timedelta(days=chance.randrange(0, 200))
    row.reply_due_at = row.received_at + timedelta(days=1)
    row.close_due_at = row.received_at + timedelta(days=5) if row.sheet is ComplaintSheet.COMPLAINT else None
    row.reply_in_time, row.closed_in_time = chance.choice((True, True, False, None)), chance.choice((True, False, None))
    row.closed_at = row.received_at + timedelta(days=3) if chance.random() < 0.7 else None
    session.flush()


def _surveys(session: Session, chance: Random, numbers: list[str], now: datetime, by: UUID) -> None:
    """Three campaigns of two periods; of some customers both people are asked, and none, one or both answer."""
    for at, stage in enumerate((SurveyStage.OPEN, SurveyStage.CLOSED, SurveyStage.PUBLISHED)):
        opened = now - timedelta(days=20 + 60 * at)
        about: dict[str, Any] = {
            "workflow_id": f"survey/{at}",
            "title": f"调查{at}",
            "period": f"2026-Q{1 + at % 2}",
            "tiers": ["gold"],
            "institution_code": "HQ",
            "stage": stage,
            "closes_on": opened.date(),
            "created_by": by,
            "created_at": opened,
            "opened_at": opened,
        }
        row = SurveyCampaign(**about)
        session.add(row)
        session.flush()
        for number in chance.sample(numbers, 14):
            code, tier = session.get_one(Customer, number).institution_code, chance.choice((Tier.GOLD, Tier.SILVER))
            for key in ("a", "b")[: chance.choice((1, 2))]:
                _invitation(
                    session, chance, row, opened, customer_no=number, institution_code=code, tier=tier, key=number + key
                )


def _invitation(session: Session, chance: Random, campaign: SurveyCampaign, opened: datetime, **about: Any) -> None:
    asked = SurveyInvitation(campaign_id=campaign.id, channel=SurveyChannel.QR, **about)
    asked.token_hash, asked.invited_on = f"{campaign.id}{asked.key}", local_date(opened)
    asked.answered_at = opened + timedelta(days=2) if chance.random() < 0.5 else None
    session.add(asked)
    session.flush()
    if asked.answered_at is not None:
        fields = {
            name: getattr(asked, name) for name in ("campaign_id", "customer_no", "institution_code", "tier", "channel")
        }
        score, valid = Decimal(chance.randrange(4000, 10_000)) / 100, chance.random() < 0.8
        fields |= {"answered_at": asked.answered_at, "answered_on": local_date(asked.answered_at)}
        session.add(SurveySheet(invitation_id=asked.id, answers={}, score=score, answered=9, is_valid=valid, **fields))


def _spend(session: Session, chance: Random, customer_no: str, today: date) -> None:
    """An estimate of a term around or before today, and spendings of a year, one of them corrected downwards."""
    member = session.exec(select(Membership).where(Membership.customer_no == customer_no)).first()
    point = session.exec(select(Touchpoint).where(Touchpoint.customer_no == customer_no)).first()
    if member is None or point is None:
        return
    total, at = Decimal(chance.randrange(100_000, 900_000)) / 100, datetime.combine(today, datetime.min.time(), UTC)
    begun = today - timedelta(days=chance.choice((90, 200, 500)))
    about: dict[str, Any] = {
        "customer_no": customer_no,
        "year": member.year,
        "institution_code": member.institution_code,
        "membership_id": member.id,
        "rulebook_version_id": session.get_one(Case, member.case_id).rulebook_version_id,
        "tier": chance.choice(_VIPS),
        "persons": 1,
        **dict.fromkeys(("value", "standard_premium", "total", "spend_limit"), total),
        "first_on": begun,
        "last_on": begun + timedelta(days=364),
        **dict.fromkeys(("created_at", "updated_at"), at),
    }
    plan = SpendPlan(**about)
    session.add(plan)
    session.flush()
    session.add_all([_entry(chance, plan.id, point.id, life, at) for life in range(1, 9)])
    session.flush()


def _entry(chance: Random, plan_id: UUID, point_id: UUID, life: int, at: datetime) -> SpendEntry:
    about: dict[str, Any] = {
        "plan_id": plan_id,
        "source": f"{point_id}#{life}",
        "touchpoint_id": point_id,
        "life": life,
        "kind": chance.choice((SpendKind.COMMIT, SpendKind.COMMIT, SpendKind.RESERVE)),
        "code": "Z08",
        "extra": False,
        "yuan": Decimal(chance.randrange(100, 90_000)) / 100 * (-1 if life == 8 else 1),
        "day": at.date() - timedelta(days=chance.randrange(0, 300)),
        "at": at,
    }
    return SpendEntry(**about)


def _task(session: Session, chance: Random, case: Case, now: datetime, of: tuple[int, list[UUID]]) -> None:
    number, people = of
    opened = now - timedelta(hours=chance.randrange(0, 24 * 60), minutes=number)
    role, at = chance.choice(_ROLES), chance.choice(("BJ", "BJ01", "SH", "HQ"))
    given = chance.choice((None, None, chance.choice(people)))
    done = chance.random() < 0.4
    state = chance.choice((TaskState.DONE, TaskState.DONE, TaskState.CANCELLED)) if done else TaskState.OPEN
    session.add(
        Task(
            case_id=case.id,
            kind=chance.choice(_KINDS) if case.kind is CaseKind.QUALIFICATION else case.kind,
            step="x",
            title="事项",
            state=state,
            version=1,
            round=1,
            customer_no=case.customer,
            customer_name="虚构",
            tier=chance.choice((Tier.GOLD, Tier.SILVER)),
            institution_code=at,
            role=role,
            assignee_id=given,
            opened_at=opened,
            due_at=opened + timedelta(days=chance.randrange(1, 30)),
            calendar_version="x",
            closed_at=min(now, opened + timedelta(hours=chance.randrange(1, 90))) if done else None,
            closed_by=(given or chance.choice(people)) if done else None,
        )
    )


def span_of(now: datetime) -> tuple[date, date]:
    """Days that cut through everything above."""
    today = local_date(now.astimezone(UTC))
    return today - timedelta(days=150), today - timedelta(days=1)
