"""Where the audit trail begins since its oldest part was dropped."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, delete, func, or_, select

from models.tables.audit import AuditEntry
from models.tables.cases import Case
from models.tables.retention import AuditAnchor, LegalHold

ONLY = 1


class AnchorStore:
    """The one anchor, and the entries behind it; the database refuses to delete any that stands after it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def anchor(self) -> AuditAnchor | None:
        """Number and hash of the last entry that was dropped; None while the trail begins at its beginning."""
        return self.session.get(AuditAnchor, ONLY)

    def first_kept(self, before: datetime) -> int:
        """Number of the first entry that must stay: not older than an instant, of something held, or the newest."""
        newest = self.session.exec(select(func.max(col(AuditEntry.seq)))).one() or 0
        young = select(func.min(col(AuditEntry.seq))).where(AuditEntry.at >= before)
        found = [newest, self.session.exec(young).one(), self._first_held()]
        return min(seq for seq in found if seq is not None)

    def _first_held(self) -> int | None:
        named = self._held_names()
        if not named:
            return None
        return self.session.exec(
            select(func.min(col(AuditEntry.seq))).where(col(AuditEntry.object_id).in_(named))
        ).one()

    def _held_names(self) -> set[str]:
        """Customers and cases under a hold, as the trail names its objects."""
        standing = col(LegalHold.lifted_at).is_(None)
        customers = set(self.session.exec(select(LegalHold.customer_no).where(standing)).all()) - {None}
        cases: set[UUID | None] = set(self.session.exec(select(LegalHold.case_id).where(standing)).all()) - {None}
        theirs = select(Case.id).where(or_(col(Case.customer_no).in_(customers), col(Case.id).in_(cases)))
        return {str(name) for name in customers | set(self.session.exec(theirs).all())}

    def behind(self, seq: int) -> tuple[int, datetime | None]:
        """How many entries stand before a number, and when the oldest of them was written."""
        statement = select(func.count(), func.min(col(AuditEntry.at))).where(AuditEntry.seq < seq)
        return self.session.exec(statement).one()

    def oldest(self, seq: int, limit: int) -> list[AuditEntry]:
        """The oldest entries before a number, in order."""
        statement = select(AuditEntry).where(AuditEntry.seq < seq).order_by(col(AuditEntry.seq)).limit(limit)
        return list(self.session.exec(statement))

    def drop_to(self, anchor: AuditAnchor) -> None:
        """Move the anchor, then delete what stands at and before it."""
        self.session.add(anchor)
        self.session.flush()
        self.session.execute(delete(AuditEntry).where(col(AuditEntry.seq) <= anchor.seq))
