"""Queries of accounts and their posts."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy import select as sqlalchemy_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.stores.scope import Scope, scoped
from models.tables.organisation import Account, Institution, Post
from models.types import Role


class PlacedPost(NamedTuple):
    """A post with the path of its institution."""

    account_id: UUID
    role: Role
    institution_code: str
    path: str


class SignedIn(NamedTuple):
    """An enabled person as every request needs it: who, where, which posts."""

    account_id: UUID
    login: str
    name: str
    institution_code: str
    institution_name: str
    language: str
    posts: tuple[PlacedPost, ...]


_home, _place = aliased(Institution), aliased(Institution)
# Built once: every request asks this, and putting a join together costs more than running it.
_SIGNED_IN = (
    sqlalchemy_select(
        col(Account.login),
        col(Account.name),
        col(Account.institution_code),
        col(_home.name),
        col(Account.language),
        col(Post.role),
        col(Post.institution_code),
        col(_place.path),
    )
    .select_from(Account)
    .join(_home, col(_home.code) == Account.institution_code)
    .outerjoin(Post, col(Post.account_id) == Account.id)
    .outerjoin(_place, col(_place.code) == Post.institution_code)
    .where(col(Account.id) == bindparam("account_id"), col(Account.disabled_at).is_(None))
    .order_by(col(_place.path), col(Post.role))
)


class AccountStore:
    """Accounts and posts 岗位; reads of other people are always within a scope."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def signed_in(self, account_id: UUID) -> SignedIn | None:
        """The person with its posts as they are now; None when unknown or disabled."""
        rows = self.session.execute(_SIGNED_IN, {"account_id": account_id}).all()
        if not rows:
            return None
        login, name, code, institution, language = rows[0][:5]
        posts = tuple(PlacedPost(account_id, Role(row[5]), row[6], row[7]) for row in rows if row[5] is not None)
        return SignedIn(account_id, login, name, code, institution, language, posts)

    def by_login(self, login: str) -> Account | None:
        """One account by its login name, in no scope: for sign-in and administration by command."""
        return self.session.exec(select(Account).where(Account.login == login)).first()

    def in_scope(self, login: str, scope: Scope) -> Account | None:
        """One account whose institution lies in the scope."""
        return self.session.exec(
            scoped(select(Account).where(Account.login == login), Account.institution_code, scope)
        ).first()

    def page(
        self, scope: Scope, *, after: str | None, limit: int, institution_code: str | None = None
    ) -> list[Account]:
        """Accounts in the order of their login, from `after` on."""
        statement = scoped(select(Account), Account.institution_code, scope).order_by(col(Account.login)).limit(limit)
        if after is not None:
            statement = statement.where(col(Account.login) > after)
        if institution_code is not None:
            statement = statement.where(Account.institution_code == institution_code)
        return list(self.session.exec(statement))

    def all(self, scope: Scope) -> Sequence[Account]:
        """Every account in the scope, by institution and login."""
        statement = scoped(select(Account), Account.institution_code, scope)
        return self.session.exec(statement.order_by(col(Account.institution_code), col(Account.login))).all()

    def posts_of(self, account_ids: Sequence[UUID]) -> list[PlacedPost]:
        """Posts of some accounts, with the paths of their institutions."""
        statement = (
            select(Post.account_id, Post.role, Post.institution_code, Institution.path)
            .join(Institution, col(Institution.code) == col(Post.institution_code))
            .where(col(Post.account_id).in_(account_ids))
            .order_by(col(Institution.path), col(Post.role))
        )
        return [PlacedPost(a, Role(r), code, path) for a, r, code, path in self.session.exec(statement)]

    def post(self, account_id: UUID, role: Role, institution_code: str) -> Post | None:
        """One post."""
        statement = select(Post).where(
            Post.account_id == account_id, Post.role == role, Post.institution_code == institution_code
        )
        return self.session.exec(statement).first()

    def held_posts(self, scope: Scope) -> set[tuple[str, Role]]:
        """(institution code, role) pairs that at least one person who is not disabled holds."""
        statement = scoped(
            select(Post.institution_code, Post.role)
            .join(Account, col(Account.id) == col(Post.account_id))
            .where(col(Account.disabled_at).is_(None))
            .distinct(),
            Post.institution_code,
            scope,
        )
        return {(code, Role(role)) for code, role in self.session.exec(statement)}

    def anyone_with(self, role: Role) -> bool:
        """Whether anybody who is not disabled holds the role anywhere."""
        statement = (
            select(Post.id)
            .join(Account, col(Account.id) == col(Post.account_id))
            .where(Post.role == role, col(Account.disabled_at).is_(None))
        )
        return self.session.exec(statement.limit(1)).first() is not None

    def add(self, row: Account | Post) -> None:
        """Store a new account or post."""
        self.session.add(row)
        self.session.flush()

    def remove(self, post: Post) -> None:
        """Take a post away."""
        self.session.delete(post)
        self.session.flush()
