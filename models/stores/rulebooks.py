"""Queries of rulebook versions; a version is inserted once and never changed."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import event, func
from sqlmodel import Session, col, select

from models.tables.rulebook import RulebookVersion


class RulebookStore:
    """Versions 规则版本 by date, number and id."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def in_force(self, on: date) -> RulebookVersion | None:
        """The version in force on a day (Asia/Shanghai): latest effective date, among equals the newest."""
        statement = (
            select(RulebookVersion)
            .where(RulebookVersion.effective_on <= on)
            .order_by(
                col(RulebookVersion.effective_on).desc(),
                col(RulebookVersion.created_at).desc(),
                col(RulebookVersion.version).desc(),
            )
            .limit(1)
        )
        return self.session.exec(statement).first()

    def by_id(self, version_id: UUID) -> RulebookVersion | None:
        """The version a case or an evaluation is pinned to."""
        return self.session.get(RulebookVersion, version_id)

    def by_version(self, code: str, version: int) -> RulebookVersion | None:
        """One version of one regulation by its number."""
        statement = select(RulebookVersion).where(RulebookVersion.code == code, RulebookVersion.version == version)
        return self.session.exec(statement).first()

    def list(self) -> list[RulebookVersion]:
        """Every version, newest effective date first."""
        order = (col(RulebookVersion.effective_on).desc(), col(RulebookVersion.version).desc())
        return [*self.session.exec(select(RulebookVersion).order_by(*order))]

    def last_number(self, code: str) -> int:
        """Highest version number of a regulation, 0 when there is none."""
        statement = select(func.max(RulebookVersion.version)).where(RulebookVersion.code == code)
        return self.session.exec(statement).one() or 0

    def insert(self, row: RulebookVersion) -> None:
        """Store a new version; the unique (code, version) refuses a second one."""
        self.session.add(row)
        self.session.flush()


@event.listens_for(RulebookVersion, "before_update")
@event.listens_for(RulebookVersion, "before_delete")
def _refuse_change(mapper: Any, connection: Any, target: RulebookVersion) -> None:  # noqa: ARG001  fixed by SQLAlchemy
    raise RuntimeError(f"rulebook version {target.code} {target.version} is immutable: activate a new one")
