"""Seats 席位 and their quotas, article 13."""

from collections import Counter
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from models.tables.cases import Seat, SilverQuota
from models.tables.organisation import Account, Institution, Post
from models.types import InstitutionLevel, Role, SeatKind, Tier


class SeatStore:
    """Takes and counts seats. The unique key of a seat is what makes overrunning impossible."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def taken(self, year: int, tier: Tier, kind: SeatKind, scope_code: str) -> set[int]:
        """Numbers of the seats that are held."""
        statement = select(Seat.seat_no).where(
            Seat.year == year, Seat.tier == tier, Seat.seat_kind == kind, Seat.scope_code == scope_code
        )
        return set(self.session.exec(statement))

    def try_take(self, seat: Seat) -> bool:
        """Insert the seat; False when another transaction took that number first."""
        try:
            with self.session.begin_nested():
                self.session.add(seat)
        except IntegrityError:
            return False
        return True

    def release(self, year: int, customer_no: str) -> None:
        """Free whatever seat the customer holds in the year."""
        held = select(Seat).where(Seat.year == year, Seat.customer_no == customer_no)
        for seat in self.session.exec(held):
            self.session.delete(seat)
        self.session.flush()

    def of_case(self, case_id: UUID) -> Seat | None:
        """The seat that an approved case took."""
        return self.session.exec(select(Seat).where(Seat.case_id == case_id)).first()

    def free(self, seat: Seat) -> None:
        """Free one seat."""
        self.session.delete(seat)
        self.session.flush()

    def taken_by_pool(self, year: int) -> dict[tuple[Tier, SeatKind, str], int]:
        """How many seats final approvals have taken, by pool."""
        pool = (col(Seat.tier), col(Seat.seat_kind), col(Seat.scope_code))
        statement = select(*pool, func.count()).where(Seat.year == year).group_by(*pool)
        return {(tier, kind, scope): count for tier, kind, scope, count in self.session.exec(statement)}

    def filed_quota(self, year: int, branch_code: str) -> SilverQuota | None:
        """The silver quota the branch filed for the year."""
        return self.session.get(SilverQuota, (year, branch_code))

    def filed_quotas(self, year: int) -> dict[str, SilverQuota]:
        """Silver quotas that branches filed for the year, by branch."""
        filed = self.session.exec(select(SilverQuota).where(SilverQuota.year == year))
        return {row.institution_code: row for row in filed}

    def add_quota(self, quota: SilverQuota) -> None:
        """Insert or change what a branch filed."""
        self.session.add(quota)
        self.session.flush()

    def service_posts(self, role: Role, branch_code: str | None = None) -> Counter[str]:
        """Posts of `role` per branch, of people who are not disabled; posts below a branch count for it.

        With `branch_code`, of that branch alone.
        """
        branch, place = aliased(Institution), aliased(Institution)
        statement = (
            select(branch.code, func.count())
            .join(place, func.substr(place.path, 1, func.length(branch.path)) == branch.path)
            .join(Post, col(Post.institution_code) == col(place.code))
            .join(Account, col(Account.id) == col(Post.account_id))
            .where(col(branch.level) == InstitutionLevel.BRANCH)
            .where(Post.role == role, col(Account.disabled_at).is_(None))
            .group_by(col(branch.code))
        )
        if branch_code is not None:
            statement = statement.where(branch.code == branch_code)
        return Counter(dict(self.session.exec(statement).all()))
