"""Queries after a restore: which acts the records have that an older engine lacks, and the requests they came by."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from models.stores.idempotency import DONE
from models.tables.cases import Case, Decision
from models.tables.messages import IdempotencyRecord
from models.types import Outcome

REFUSED = 400


class Stand(NamedTuple):
    """A case and its last act in the records."""

    case_id: UUID
    workflow_id: str
    step_no: int
    is_open: bool
    is_cut_off: bool = False
    """终止: its last act stands in the records alone, the run was ended from outside."""


class RestoredStore:
    """Never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def stands(self, closed_since: datetime) -> list[Stand]:
        """Open cases, and those closed since an instant, each with its last act."""
        last = select(func.max(Decision.step_no)).where(Decision.case_id == Case.id).scalar_subquery()
        wanted = or_(col(Case.closed_at).is_(None), col(Case.closed_at) >= closed_since)
        statement = select(Case.id, Case.workflow_id, last, Case.outcome).where(wanted)
        rows = self.session.exec(statement.order_by(col(Case.opened_at)))
        return [
            Stand(case_id, workflow_id, step_no or 0, outcome is None, outcome is Outcome.TERMINATED)
            for case_id, workflow_id, step_no, outcome in rows
        ]

    def requests_after(self, case_id: UUID, step_no: int) -> Sequence[IdempotencyRecord]:
        """The kept messages of a case's acts after a step, in order of the acts; an act without one is left out."""
        statement = (
            select(Decision.update_id)
            .where(Decision.case_id == case_id, col(Decision.step_no) > step_no)
            .order_by(col(Decision.step_no))
        )
        found = (self._request(update_id) for update_id in self.session.exec(statement))
        return [row for row in found if row is not None]

    def answered_since(self, since: datetime) -> Sequence[IdempotencyRecord]:
        """Every kept message since an instant that was done and not refused, in order; a request that only wrote
        records has none."""
        statement = select(IdempotencyRecord).where(
            IdempotencyRecord.created_at >= since,
            col(IdempotencyRecord.message).is_not(None),
            IdempotencyRecord.state == DONE,
            col(IdempotencyRecord.status) < REFUSED,
        )
        return self.session.exec(statement.order_by(col(IdempotencyRecord.created_at))).all()

    def _request(self, update_id: str) -> IdempotencyRecord | None:
        account, _, key = update_id.partition(":")
        try:
            owner = UUID(account)
        except ValueError:  # an automatic act: its timer does it again
            return None
        statement = select(IdempotencyRecord).where(
            IdempotencyRecord.account_id == owner,
            IdempotencyRecord.key == key,
            col(IdempotencyRecord.message).is_not(None),
        )
        return self.session.exec(statement).first()
