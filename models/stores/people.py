"""Who holds which post: the look-ups that decide whether a person may act."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, col, select

from models.tables.organisation import Account, Institution, Post
from models.types import Role


class PeopleStore:
    """Accounts by post, and institutions by descent."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def account(self, account_id: UUID) -> Account | None:
        """An account, whether enabled or not."""
        return self.session.get(Account, account_id)

    def named(self, account_ids: Collection[str]) -> list[Account]:
        """Accounts by their ids as text, by name."""
        ids = [UUID(account_id) for account_id in account_ids]
        return list(self.session.exec(select(Account).where(col(Account.id).in_(ids)).order_by(Account.name)))

    def holders(self, role: Role, institution_code: str) -> list[Account]:
        """Enabled people who hold the post at exactly this institution."""
        statement = (
            select(Account)
            .join(Post, col(Post.account_id) == Account.id)
            .where(Post.role == role, Post.institution_code == institution_code, col(Account.disabled_at).is_(None))
            .order_by(Account.login)
        )
        return list(self.session.exec(statement))

    def holder_ids(self, role: Role, institution_code: str) -> frozenset[UUID]:
        """Who holds the post now, as ids: what a decision needs on its way."""
        statement = (
            select(Post.account_id)
            .join(Account, col(Account.id) == Post.account_id)
            .where(Post.role == role, Post.institution_code == institution_code, col(Account.disabled_at).is_(None))
        )
        return frozenset(self.session.exec(statement))

    def holders_by_post(self) -> dict[tuple[Role, str], list[UUID]]:
        """Enabled people by (role, institution code), over the whole company."""
        statement = select(Post.role, Post.institution_code, Post.account_id).join(
            Account, col(Account.id) == Post.account_id
        )
        found: dict[tuple[Role, str], list[UUID]] = {}
        for role, code, account_id in self.session.exec(statement.where(col(Account.disabled_at).is_(None))):
            found.setdefault((Role(role), code), []).append(account_id)
        return found

    def holds(self, account_id: UUID, role: Role, institution_code: str) -> bool:
        """Whether this enabled person holds the post now."""
        return account_id in self.holder_ids(role, institution_code)

    def ancestry(self, institution_code: str) -> list[Institution]:
        """The institution and everything above it, lowest first."""
        own = self.session.get(Institution, institution_code)
        if own is None:
            return []
        codes = [code for code in own.path.split("/") if code]
        found = {
            item.code: item for item in self.session.exec(select(Institution).where(col(Institution.code).in_(codes)))
        }
        return [found[code] for code in reversed(codes)]

    def posts(self, account_id: UUID) -> list[tuple[Role, Institution]]:
        """Every post of a person as (role, institution)."""
        statement = (
            select(Post.role, Institution)
            .join(Institution, col(Institution.code) == Post.institution_code)
            .where(Post.account_id == account_id)
        )
        return [(Role(role), institution) for role, institution in self.session.exec(statement)]
