"""Queries of form batches: which records belong to one, its sheets, its file."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, delete, func, select

from models.rules.calendar import instant
from models.rules.quarter import Quarter
from models.stores.scope import Scope, within
from models.tables.batches import BatchFile, BatchSheet
from models.tables.care import Touchpoint
from models.tables.jobs import Job
from models.tables.quarter import QuarterSummary
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import JobState


class Chosen(NamedTuple):
    """A record to print: 附件 number and id."""

    number: int
    form_id: UUID


class Period(NamedTuple):
    """A quarter of a branch and everything below it; `until` is the first day after it."""

    scope: Scope
    since: date
    until: date


class BatchStore:
    """Batches; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def records(self, period: Period) -> Iterator[Chosen]:
        """附件二 of the period; 附件三 finished, 附件四 done and 附件五 closed in it, in the order of their numbers."""
        green, touched, said = GreenChannelRecord, Touchpoint, ComplaintRecord
        quarter = Quarter.of(period.since)
        summaries = select(QuarterSummary.case_id).where(
            within(QuarterSummary.institution_code, period.scope),
            QuarterSummary.year == quarter.year,
            QuarterSummary.quarter == quarter.number,
        )
        since, until = instant(period.since), instant(period.until)
        finished = select(green.case_id).where(
            within(green.institution_code, period.scope),
            col(green.finished_at) >= since,
            col(green.finished_at) < until,
        )
        done = select(touched.id).where(
            within(touched.institution_code, period.scope),
            col(touched.done_on) >= period.since,
            col(touched.done_on) < period.until,
        )
        closed = select(said.case_id).where(
            within(said.institution_code, period.scope), col(said.closed_at) >= since, col(said.closed_at) < until
        )
        ordered = (
            (2, summaries.order_by(QuarterSummary.institution_code)),
            (3, finished.order_by(col(green.record_no))),
            (4, done.order_by(col(touched.record_no), col(touched.id))),
            (5, closed.order_by(col(said.record_no))),
        )
        for number, statement in ordered:
            for form_id in self.session.exec(statement):
                yield Chosen(number, form_id)

    def add(self, row: BatchSheet | BatchFile) -> None:
        """Insert a sheet or the file."""
        self.session.add(row)

    def unread(self, job_id: UUID, limit: int) -> Sequence[BatchSheet]:
        """The next sheets whose words were not read yet."""
        waiting = select(BatchSheet).where(BatchSheet.job_id == job_id, col(BatchSheet.content).is_(None))
        return self.session.exec(waiting.order_by(col(BatchSheet.position)).limit(limit)).all()

    def count(self, job_id: UUID) -> int:
        """How many sheets a batch has."""
        statement = select(func.count()).select_from(BatchSheet).where(BatchSheet.job_id == job_id)
        return self.session.exec(statement).one()

    def contents(self, job_id: UUID) -> list[str]:
        """The words of every sheet, in order."""
        statement = select(BatchSheet).where(BatchSheet.job_id == job_id).order_by(col(BatchSheet.position))
        return [row.content or "" for row in self.session.exec(statement)]

    def drop_sheets(self, job_id: UUID) -> None:
        """Forget the sheets of a batch that ended."""
        self.session.execute(delete(BatchSheet).where(col(BatchSheet.job_id) == job_id))

    def file(self, job_id: UUID, now: datetime) -> BatchFile | None:
        """What a batch ended as, while it is kept."""
        statement = select(BatchFile).where(BatchFile.job_id == job_id, col(BatchFile.expires_at) > now)
        return self.session.exec(statement).first()

    def kept_until(self, job_ids: Sequence[UUID], now: datetime) -> dict[UUID, datetime]:
        """Which of these batches can be downloaded, and until when."""
        statement = select(BatchFile.job_id, BatchFile.expires_at).where(
            col(BatchFile.job_id).in_(job_ids), col(BatchFile.expires_at) > now
        )
        return dict(self.session.exec(statement).all())

    def drop_expired(self, now: datetime) -> None:
        """Delete files whose time is over, and the sheets of batches that failed: nobody reads them again."""
        self.session.execute(delete(BatchFile).where(col(BatchFile.expires_at) <= now))
        failed = select(Job.id).where(Job.state == JobState.FAILED)
        self.session.execute(delete(BatchSheet).where(col(BatchSheet.job_id).in_(failed)))
