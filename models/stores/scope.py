"""Scope: the part of the institution tree that a query may see (regulation 2.7)."""

from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, false, or_, true
from sqlmodel import col, select

from models.tables.organisation import Institution

StatementT = TypeVar("StatementT", bound="Select[*tuple[Any, ...]]")


_ROOT_SLASHES = 2
"""Of `/HQ/`."""


class Scope(NamedTuple):
    """Subtrees of the institution tree by path prefix (`/HQ/BJ/`); no path at all means nothing."""

    paths: tuple[str, ...]

    @property
    def is_everything(self) -> bool:
        """Whether it holds the root 总公司, `/HQ/`: an import refuses an institution that does not stand under it."""
        return any(path.count("/") <= _ROOT_SLASHES for path in self.paths)

    def covers(self, path: str) -> bool:
        """Whether the institution at `path` lies within."""
        return any(path.startswith(prefix) for prefix in self.paths)


EVERYTHING = Scope(("/",))
NOTHING = Scope(())


def within(institution_code: Any, scope: Scope) -> ColumnElement[bool]:
    """The condition that `institution_code` (a column) lies in the scope."""
    if "/" in scope.paths:
        return true()
    if not scope.paths:
        return false()
    path = col(Institution.path)
    codes = select(Institution.code).where(or_(*(path.startswith(p, autoescape=True) for p in scope.paths)))
    return col(institution_code).in_(codes)


def scoped(statement: StatementT, institution_code: Any, scope: Scope) -> StatementT:
    """The statement, restricted in the query itself to rows whose institution lies in the scope."""
    return statement.where(within(institution_code, scope))
