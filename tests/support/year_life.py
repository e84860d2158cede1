"""A year lived on a real engine: granted, swept on every day that matters, and everything done by a scripted person.

Time starts at the real now and is skipped; the working calendar is synthetic, the same shape in every year.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import holidays
from sqlmodel import Session, col, select
from temporalio.service import RPCError

from models.messages.approval import Answered
from models.messages.service_acts import AcceptService, CompleteService, CompleteTouchpoint, ConfirmService, OnService
from models.messages.sweep import StartSweep
from models.rules.calendar import CHINA
from models.service_types import ProofKind
from models.services.care import proofs
from models.tables.book import Contact
from models.tables.calendar import CalendarDay
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Case, Membership, Task
from models.tables.service import DutySweep
from models.types import MembershipStage, Role, Tier
from models.types import Stage as CaseStage
from tests.support import care_members, serving, serving_engine
from tests.support.stage import Stage
from tests.support.vip_year import Person, Promise, days
from workflows.sweeping import start_sweep

NINE = time(9)
WHO = {
    Role.MGR: "mgr",
    Role.BR_LEAD: "lead",
    Role.BR_SVC: "svc",
    Role.BR_CTR: serving.COUNTER,
    Role.HQ_VIP: "hq-vip",
}
PHOTO = b"\xff\xd8\xff photo"
SETTLE_SECONDS = 30.0


def works(day: date) -> bool:
    """The synthetic calendar: 1-3 January and the first week of May and October off, the Saturday after that worked."""
    if (day.month in {5, 10} and day.day <= 7) or (day.month == 1 and day.day <= 3):
        return False
    return day.weekday() < 5 or (day.month in {5, 10} and 8 <= day.day <= 14 and day.weekday() == 5)


def load_calendar(session: Session, years: Sequence[int]) -> None:
    """The synthetic calendar over whatever the library knows of these years."""
    china = holidays.country_holidays("CN", years=years)
    known = {day for day in (*china, *china.weekend_workdays) if day.year in years}
    odd = {day for day in days(date(years[0], 1, 1), date(years[-1], 12, 31)) if works(day) is not (day.weekday() < 5)}
    for day in sorted(known | odd):
        session.add(CalendarDay(day=day, is_workday=works(day), name="合成", source="test"))


def first_day(today: date) -> date:
    """A term begins on the first of the next month; in February where that were January, so that it has all stages."""
    following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following if following.month > 1 else following.replace(month=2)


async def until(found: Callable[[], bool]) -> None:
    """The records follow within a moment."""
    async with asyncio.timeout(SETTLE_SECONDS):
        while not found():
            await asyncio.sleep(0.02)


@dataclass
class Life:
    """The engine, the records, and the person."""

    stage: Stage
    stages: dict[str, list[MembershipStage]] = field(default_factory=dict)

    async def now(self) -> datetime:
        """The skipped time."""
        assert self.stage.environment is not None
        return await self.stage.environment.get_current_time()

    async def go_to(self, day: date) -> None:
        """Nine o'clock of a day; every timer up to then has gone off."""
        assert self.stage.environment is not None
        while (span := datetime.combine(day, NINE, CHINA) - await self.now()) > timedelta(0):
            with suppress(RPCError):  # a starved server drops the connection; what is left of the span says how far
                await self.stage.environment.sleep(span)

    async def grant(self, customer_no: str, tier: Tier, first: date, last: date) -> Membership:
        """A membership of a term, signalled to its workflow as the approval does."""

        def write(session: Session) -> Membership:
            row = care_members.member(session, self.stage.world, customer_no, tier)
            row.valid_from, row.valid_to = first, last
            return row

        with self.stage.world.database.write() as session:
            row = write(session)
        before = len([plan for plan in self.stage.rows(CarePlan) if plan.customer_no == customer_no])
        await care_members.start(self.stage.client, self.stage.queue, self.stage.world.database, row.case_id)
        await care_members.planned(self.stage.world.database, customer_no, before + 1)
        return row

    async def sweep(self, day: date, codes: Sequence[str]) -> None:
        """Each of these branches to its end, its cases opened, its memberships moved."""
        for code in codes:
            start = StartSweep(institution_code=code, day=day)
            assert await start_sweep(self.stage.client, self.stage.queue, start)
        await until(lambda: self._swept(day) == set(codes))
        await until(lambda: all(row.case_id for row in self.touchpoints(day) if _starts(row)))
        await until(lambda: self._moved(day))

    def _swept(self, day: date) -> set[str]:
        with self.stage.world.database.read() as session:
            rows = session.exec(select(DutySweep).where(DutySweep.day == day)).all()
        return {row.institution_code for row in rows if row.finished_at}

    def _moved(self, day: date) -> bool:
        """Memberships that have a date behind them followed it; what they are now is noted."""
        for row in self.stage.rows(Membership):
            over = row.stage in {MembershipStage.EXPIRED, MembershipStage.CANCELLED}
            if not over and (row.valid_to < day or (row.stage is MembershipStage.PENDING and row.valid_from <= day)):
                return False
            new_year = row.stage is MembershipStage.SERVING and row.valid_to.year == day.year
            if new_year and row.valid_from.year < day.year:
                return False
        for row in self.stage.rows(Membership):
            seen = self.stages.setdefault(str(row.id), [MembershipStage.PENDING])
            if seen[-1] is not row.stage:
                seen.append(row.stage)
        return True

    def touchpoints(self, lead_by: date | None = None) -> Sequence[Touchpoint]:
        """Rows, all or those that are to be taken up by a day."""
        statement = select(Touchpoint)
        if lead_by is not None:
            statement = statement.where(col(Touchpoint.lead_on) <= lead_by)
        with self.stage.world.database.read() as session:
            return session.exec(statement).all()

    async def work(self, day: date) -> None:
        """What is due today is done today, each with the proof that its kind asks for."""
        for row in self.touchpoints(day):
            if row.stage is CaseStage.DUE and row.due_on == day:
                await self._do(row, day)

    async def _do(self, row: Touchpoint, day: date) -> None:
        login = WHO[row.role]
        if row.item == "renewal_proposal":
            await self._act(row, AcceptService, login)
            await self._act(row, CompleteService, login, result="已送达续保方案")
            await self._act(row, ConfirmService, login, proof="电话录音")
            return
        self._prove(row, login)
        await self._act(row, CompleteTouchpoint, login, done_on=day, content="已完成")

    def _prove(self, row: Touchpoint, login: str) -> None:
        photo, by = proofs.Image("p.jpg", "image/jpeg", PHOTO), self.stage.world.accounts[login]
        at = datetime.combine(row.due_on, NINE, CHINA)

        def write(session: Session) -> None:
            stored = session.get_one(Touchpoint, row.id)
            for kind in (ProofKind.PHOTO, ProofKind.SIGNATURE):
                proofs.keep(session, stored, kind, photo, by_id=by, at=at)

        if row.code in {"Z15", "Z16", "C4", "C9"}:
            self.stage.write(write)

    async def _act(self, row: Touchpoint, kind: type[OnService], login: str, **fields: Any) -> None:
        with self.stage.world.database.read() as session:
            assert row.case_id is not None
            case = session.get_one(Case, row.case_id)
        who = serving_engine.who(self.stage, login)
        act = kind.model_validate({"comment": "请办理", "version": case.version, **who, **fields})
        handle = self.stage.client.get_workflow_handle(case.workflow_id)
        await handle.execute_update("serve", act, id=act.update_id, result_type=Answered)


def _starts(row: Touchpoint) -> bool:
    return row.human and row.merged_into is None and row.stage in {CaseStage.PLANNED, CaseStage.RESCHEDULED}


def event_days(promises: Iterable[Promise], first: date, last: date) -> set[date]:
    """Days of a span on which a sweep finds something, or a person has something to do."""
    found = {day for promise in promises for day in (promise.lead_on, promise.due_on)}
    return {day for day in found if first <= day <= last}


# --- what stands in the records, as the oracle says it ----------------------------------------------------------


def people_of(session: Session, customer_no: str) -> tuple[Person, ...]:
    """A customer's contacts as the oracle takes them, by name."""
    rows = session.exec(select(Contact).where(Contact.customer_no == customer_no).order_by(col(Contact.id))).all()
    return tuple(
        Person(
            row.name,
            row.kind.value == "leader",
            row.birthday,
            row.birthday_calendar.value == "lunar",
            row.consent,
            row.title,
        )
        for row in rows
    )


def promised(life: Life, rows: Iterable[Touchpoint]) -> list[Promise]:
    """Rows of the records in the words of the oracle, sorted."""
    names = {row.id: row.name for row in life.stage.rows(Contact)}
    return sorted(
        Promise(
            row.code,
            row.due_on,
            row.planned_on,
            row.lead_on,
            names[row.contact_id] if row.contact_id else "",
            row.human,
            row.merged_into is not None,
        )
        for row in rows
    )


def tasks_of(life: Life) -> dict[UUID, list[str]]:
    """The steps of every touchpoint's tasks, by touchpoint."""
    cases = {row.case_id: row.id for row in life.touchpoints() if row.case_id}
    found: dict[UUID, list[str]] = {}
    for task in sorted(life.stage.rows(Task), key=lambda task: task.opened_at):
        if task.case_id in cases:
            found.setdefault(cases[task.case_id], []).append(task.step)
    return found


@contextmanager
def changing(life: Life) -> Iterator[Session]:
    """The records behind the engine's back, as an import of the book."""
    with life.stage.world.database.write() as session:
        yield session
