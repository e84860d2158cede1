"""Queries of the book as an import needs them: what is stored, what may be referred to, bulk writing."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, delete, tuple_, update
from sqlalchemy import select as sql_select
from sqlmodel import Session, SQLModel, col, select

from models.encryption import keyring
from models.stores.bulk import insert_many
from models.stores.scope import EVERYTHING, Scope, scoped
from models.tables.book import Customer, Policy
from models.tables.evaluation import Evaluation
from models.tables.organisation import Account, Institution, Post
from models.types import Role

Values = tuple[Any, ...]
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)


def contact_name_index(name: str) -> str:
    """The keyed digest under which a contact is found again by its name."""
    return keyring().blind_index(name)


class BookStore:
    """Rows of the book by key; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def rows(self, table: type[SQLModel], columns: Sequence[str], key: str, keys: Collection[Any]) -> list[Values]:
        """The named columns of the rows whose `key` column is one of `keys`."""
        statement = _select_by(table, tuple(columns), key)
        return [tuple(row) for row in self.session.execute(statement, {"keys": list(keys)})]

    def insert(self, table: type[SQLModel], columns: Sequence[str], rows: Sequence[Values]) -> None:
        """Insert many rows by one statement; values stand in the order of `columns`."""
        insert_many(self.session, table, columns, rows)

    def update(self, table: type[SQLModel], key: dict[str, Any], values: dict[str, Any]) -> None:
        """Change one row."""
        matches = [getattr(table, name) == value for name, value in key.items()]
        self.session.execute(update(table).where(*matches).values(**values))

    def institutions_within(self, scope: Scope, codes: Collection[str]) -> set[str]:
        """Those of `codes` that exist in the scope."""
        statement = select(Institution.code).where(col(Institution.code).in_(_KEYS))
        return self._found(scoped(statement, Institution.code, scope), codes)

    def customers_within(self, scope: Scope, numbers: Collection[str]) -> set[str]:
        """Those of `numbers` that are customers in the scope."""
        statement = select(Customer.customer_no).where(col(Customer.customer_no).in_(_KEYS))
        return self._found(scoped(statement, Customer.institution_code, scope), numbers)

    def policies_within(self, scope: Scope, numbers: Collection[str]) -> set[str]:
        """Those of `numbers` that are policies of customers in the scope."""
        statement = select(Policy.policy_no).where(col(Policy.policy_no).in_(_KEYS))
        if scope != EVERYTHING:
            statement = statement.join(Customer, col(Customer.customer_no) == col(Policy.customer_no))
        return self._found(scoped(statement, Customer.institution_code, scope), numbers)

    def institutions(self) -> list[Institution]:
        """The whole tree."""
        return list(self.session.exec(select(Institution)))

    def move_institution(self, code: str, path: str) -> None:
        """Give an institution and everything below it their new paths."""
        moved = self.session.exec(select(Institution.path).where(Institution.code == code)).one()
        if moved == path:
            return
        below = col(Institution.path).startswith(moved, autoescape=True)
        for found, old in self.session.exec(select(Institution.code, Institution.path).where(below)).all():
            change = update(Institution).where(col(Institution.code) == found)
            self.session.execute(change.values(path=path + old[len(moved) :]))

    def frozen_years(self) -> set[int]:
        """Evaluation years whose facts are fixed."""
        return set(self.session.exec(select(Evaluation.year).where(col(Evaluation.frozen_at).is_not(None))))

    def accounts(self, logins: Collection[str]) -> list[Account]:
        """Accounts by login."""
        return list(self.session.exec(select(Account).where(col(Account.login).in_(logins))))

    def posts(self, accounts: Collection[UUID]) -> list[Post]:
        """Every post of these accounts."""
        return list(self.session.exec(select(Post).where(col(Post.account_id).in_(accounts))))

    def remove_posts(self, account: UUID, held: Collection[tuple[str, Role]]) -> None:
        """Take posts `(institution code, role)` from a person."""
        pair = tuple_(col(Post.institution_code), col(Post.role))
        self.session.execute(delete(Post).where(col(Post.account_id) == account, pair.in_(held)))

    def _found(self, statement: Select[Any], keys: Collection[Any]) -> set[Any]:
        return set(self.session.execute(statement, {"keys": list(keys)}).scalars())


@lru_cache(maxsize=64)
def _select_by(table: type[SQLModel], columns: tuple[str, ...], key: str) -> Select[Any]:
    return sql_select(*(getattr(table, name) for name in columns)).where(getattr(table, key).in_(_KEYS))
