"""巡检 of one branch and day in the records: which are to be run, how each runs, what it found."""

from datetime import date, datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.sweep import CloseSweep, StartSweep, SweepOpened
from models.rules.calendar import CHINA, local_date
from models.services import audit
from models.services.duties.branches import branches, swept_with
from models.services.rulebooks import rulebook_in_force
from models.stores.batches import BatchStore
from models.stores.sweeps import SweepStore
from models.tables.service import DutySweep
from models.types import SYSTEM_SCHEDULE, Door


def to_run(session: Session, now: datetime) -> tuple[date, list[str]]:
    """The day, and the branches whose sweep of it is not finished; none before the hour of the rulebook."""
    day = local_date(now)
    try:
        hour = rulebook_in_force(session, day).rulebook.keeping.sweep.hour
    except DomainError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return day, []  # no rulebook yet: an empty database
    if now.astimezone(CHINA).hour < hour:
        return day, []
    finished = SweepStore(session).finished_on(day)
    return day, [code for code in branches(session) if code not in finished]


def open_sweep(session: Session, start: StartSweep, at: datetime) -> SweepOpened:
    """Note that a sweep began, once, and forget printed batches whose time is over. Raises NOT_FOUND for what is no
    branch."""
    if not swept_with(session, start.institution_code):
        raise DomainError(ErrorCode.NOT_FOUND)
    store = SweepStore(session)
    if store.get(start.day, start.institution_code) is None:
        store.add(DutySweep(day=start.day, institution_code=start.institution_code, started_at=at))
    BatchStore(session).drop_expired(at)
    book = rulebook_in_force(session, start.day).rulebook
    sweep, desk = book.keeping.sweep, book.desk
    return SweepOpened(
        chunk=sweep.chunk,
        start_per_second=sweep.start_per_second,
        signal_per_second=sweep.signal_per_second,
        quiet_from_hour=desk.quiet_from_hour,
        quiet_until_hour=desk.quiet_until_hour,
    )


def close_sweep(session: Session, message: CloseSweep) -> None:
    """Note that it is finished and what it found; a second time changes nothing."""
    store = SweepStore(session)
    row = store.get(message.day, message.institution_code)
    if row is None or row.finished_at is not None:
        return
    row.finished_at, row.counts = message.at, dict(message.counts)
    store.add(row)
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="duties.swept",
        object_kind="duty_sweep",
        object_id=f"{message.institution_code}/{message.day.isoformat()}",
        door=Door.SYSTEM,
        after=dict(message.counts),
        at=message.at,
    )
