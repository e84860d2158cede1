"""Who may decide in place of whom (转办, 代理, 改派): posts of the rulebook's `desk.take_over`, and where they sit."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session

from models.rulebook import Desk
from models.stores.people import PeopleStore
from models.tables.organisation import Institution
from models.types import Role


def is_authorised(session: Session, desk: Desk, account_id: UUID, role: Role, institution_code: str) -> bool:
    """Whether an enabled person may decide a task of `role` at the institution by one of its own posts.

    The post must be one that may take over, and sit at the institution, above it, or beside it under the same parent.
    """
    people = PeopleStore(session)
    account = people.account(account_id)
    if account is None or account.disabled_at is not None:
        return False
    return posts_cover(desk, role, people.ancestry(institution_code), people.posts(account_id))


def posts_cover(desk: Desk, role: Role, ancestry: list[Institution], posts: Iterable[tuple[Role, Institution]]) -> bool:
    """The same for posts that are loaded already; `ancestry` is the task's institution and all above, lowest first."""
    if not ancestry:
        return False
    allowed = desk.may_take_over(role)
    return any(held in allowed and _near(ancestry, place) for held, place in posts)


def _near(ancestry: list[Institution], place: Institution) -> bool:
    """`ancestry` starts with the task's institution, lowest first."""
    own = ancestry[0]
    beside = own.parent_code is not None and place.parent_code == own.parent_code
    return beside or any(place.code == institution.code for institution in ancestry)
