"""A quarter with facts in it, its close on an engine, and what came of it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from uuid import uuid4

from sqlmodel import Session, col, select
from temporalio.client import Client

from models.database import Database
from models.identifiers import PERIOD_CLOSE
from models.messages.approval import PostRef
from models.messages.quarter import StartPeriodClose
from models.rules.calendar import local_date
from models.rules.quarter import Quarter
from models.services.quarter.content import verify
from models.services.quarter.starting import start_of
from models.tables.quarter import QuarterSummary
from models.tables.service import ComplaintRecord
from models.types import Door, Stage, Tier
from tests.support import engine, world
from tests.support.engine import Case
from tests.support.members import add_member
from tests.support.service_rows import add_complaint, add_green_channel
from tests.support.sweeping import add_touchpoint
from tests.support.world import World

BRANCH = "BJ"
SIGNERS = ("svc", "lead", "hq-vip")
"""Who prepares, checks and publishes."""
SAID = "欧阳对时效有异议"
_numbers = count(1)


def last_quarter(today: date | None = None) -> Quarter:
    """The quarter that ended last."""
    return Quarter.of(today or local_date(datetime.now(UTC))).before


def at(quarter: Quarter, days: int) -> datetime:
    """10:00 in Shanghai, so many days after the quarter's first."""
    return datetime.combine(quarter.first, datetime.min.time(), UTC) + timedelta(days=days, hours=2)


def fill(session: Session, people: World, quarter: Quarter) -> None:
    """Two VIPs of the branch. Gold: a visit of 380 yuan done, one missed, a claim in time, a justified complaint."""
    gold, silver = people.customer(world.GOLD), people.customer(world.SILVER)
    for number, tier in ((gold, Tier.GOLD), (silver, Tier.SILVER)):
        member = add_member(session, number, tier, quarter.first)
        member.valid_to, member.manager_id = quarter.last, people.accounts["mgr"]
        member.certificate_no = f"VIP-{number}"
    day = quarter.first + timedelta(days=12)
    spent = {"cost": Decimal(200), "gift_name": "茶叶", "gift_value": Decimal(180)}
    add_touchpoint(session, gold, day, stage=Stage.DONE, done_on=day, in_time=True, **spent)
    add_touchpoint(session, gold, day + timedelta(days=30), stage=Stage.DUE)
    add_green_channel(session, gold, "BJ01", "欧阳", received=at(quarter, 20))
    case_id = add_complaint(session, gold, "BJ01", "欧阳", SAID)
    session.flush()
    record = session.get(ComplaintRecord, case_id)
    assert record is not None
    record.received_at, record.closed_at = at(quarter, 30), at(quarter, 32)
    record.reply_due_at = record.close_due_at = at(quarter, 33)
    session.add(record)


def start(people: World, quarter: Quarter, *, login: str = "", branch: str = BRANCH) -> StartPeriodClose:
    """What starts a close, by the programme or by a person."""
    by_programme = start_of(quarter, branch)
    if not login:
        return by_programme
    role, code = people.post(login)
    return by_programme.model_copy(
        update={
            "update_id": f"{people.accounts[login]}:quarter-{next(_numbers)}",
            "actor_id": people.accounts[login],
            "actor_name": people.name(login),
            "posts": (PostRef(role=role, institution_code=code),),
            "door": Door.PAGE,
        }
    )


async def close(
    client: Client, people: World, quarter: Quarter, *, queue: str, login: str = "", branch: str = BRANCH
) -> Case:
    """Start a close and wait for its first record. Raises Refused."""
    message = start(people, quarter, login=login, branch=branch)
    return await engine.started(client, people, PERIOD_CLOSE, message, queue)


async def published_after(folder: Path, quarter: Quarter, days: int) -> str | None:
    """The seal of a world of its own that closes the quarter so many days from now."""
    folder.mkdir()
    database = world.new_database(folder)
    people, queue = world.build(database), f"quarter-{uuid4()}"
    with database.write() as session:
        fill(session, people, quarter)
    async with engine.time_skipping() as own, engine.worker(own.client, people, folder, queue):
        await own.sleep(timedelta(days=days))
        case = await close(own.client, people, quarter, queue=queue)
        await case.through(*SIGNERS)
        await case.handle.result()
    digest = summary(database, quarter).digest
    database.dispose()
    return digest


def summary(database: Database, quarter: Quarter, branch: str = BRANCH) -> QuarterSummary:
    """The one summary of a branch and quarter; what was published must be as it was."""
    with database.read() as session:
        row = session.exec(
            select(QuarterSummary)
            .where(QuarterSummary.year == quarter.year, QuarterSummary.quarter == quarter.number)
            .where(col(QuarterSummary.institution_code) == branch)
        ).one()
        verify(session, row)
    return row
