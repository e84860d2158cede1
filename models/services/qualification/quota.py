"""名额 left in a pool before anybody declares for it: what forms and the ranking page show."""

from typing import NamedTuple

from sqlmodel import Session

from models.rulebook import Rulebook
from models.rules.seats import seat_class
from models.services.qualification.seats import branch_of
from models.services.quotas import silver_quota
from models.stores.seats import SeatStore
from models.types import SeatKind, Tier


class SeatsLeft(NamedTuple):
    """A pool of seats: how many there are and how many are taken. `scope_code` is the branch for silver, else `HQ`."""

    scope_code: str
    quota: int
    used: int

    @property
    def left(self) -> int:
        """Free seats; a quota lowered below what is taken leaves none."""
        return max(0, self.quota - self.used)


def seats_left(
    session: Session, rulebook: Rulebook, *, year: int, tier: Tier, seat_kind: SeatKind, institution_code: str
) -> SeatsLeft:
    """The pool a seat for a customer of this institution would come from."""
    branch = branch_of(session, institution_code)
    pool = seat_class(rulebook.tiers, tier, seat_kind, branch, silver_quota(session, year, rulebook.tiers, branch))
    taken = SeatStore(session).taken(year, pool.tier, pool.kind, pool.scope_code)
    return SeatsLeft(pool.scope_code, pool.quota, len(taken))
