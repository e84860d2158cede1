"""Queries of the institution tree."""

from collections.abc import Collection, Sequence

from sqlmodel import Session, col, select

from models.stores.scope import Scope, scoped
from models.tables.organisation import Institution
from models.types import InstitutionLevel


class InstitutionStore:
    """Institutions 机构, always within a scope where one is given."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, code: str, scope: Scope) -> Institution | None:
        """One institution, or None when there is none in the scope."""
        return self.session.exec(
            scoped(select(Institution).where(Institution.code == code), Institution.code, scope)
        ).first()

    def page(self, scope: Scope, *, after: str | None, limit: int) -> list[Institution]:
        """Institutions in the order of their path, from `after` (a path) on."""
        statement = scoped(select(Institution), Institution.code, scope).order_by(col(Institution.path)).limit(limit)
        if after is not None:
            statement = statement.where(col(Institution.path) > after)
        return list(self.session.exec(statement))

    def all(self, scope: Scope) -> Sequence[Institution]:
        """Every institution in the scope, in the order of the tree."""
        return self.session.exec(
            scoped(select(Institution), Institution.code, scope).order_by(col(Institution.path))
        ).all()

    def is_empty(self) -> bool:
        """Whether there is no institution yet."""
        return self.session.exec(select(Institution.code).limit(1)).first() is None

    def head_office(self) -> Institution | None:
        """总公司, the root of the tree."""
        return self.session.exec(select(Institution).where(Institution.level == InstitutionLevel.HQ)).first()

    def add(self, institution: Institution) -> None:
        """Store a new institution."""
        self.session.add(institution)
        self.session.flush()


def institution_names(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Names by code, in one query; none for no codes."""
    if not codes:
        return {}
    statement = select(Institution.code, Institution.name).where(col(Institution.code).in_(codes))
    return dict(session.exec(statement).all())
