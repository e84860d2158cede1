"""Seats 席位 and their quotas, article 13."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from models.tables.cases import Seat, SilverQuota
from models.tables.organisation import Account, Post
from models.types import Role, SeatKind, Tier


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

    def filed_quota(self, year: int, branch_code: str) -> SilverQuota | None:
        """The silver quota the branch filed for the year."""
        return self.session.get(SilverQuota, (year, branch_code))

    def service_posts(self, branch_code: str, role: Role) -> int:
        """How many enabled people hold the service post at the branch: its after-sales capacity."""
        statement = (
            select(func.count())
            .select_from(Post)
            .join(Account, col(Account.id) == Post.account_id)
            .where(Post.institution_code == branch_code, Post.role == role, col(Account.disabled_at).is_(None))
        )
        return self.session.exec(statement).one()
