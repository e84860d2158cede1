"""VIPs by tier, how they moved, and how many stayed."""

from collections import Counter
from collections.abc import Iterator

from sqlmodel import Session, col

from models.errors import DomainError, ErrorCode
from models.services.dashboard.figures import Found, Line, share
from models.services.dashboard.standing import Standing
from models.stores import dashboard as store
from models.stores.dashboard import Counted
from models.stores.dashboard_members import MOVES
from models.tables.cases import Membership
from models.types import Tier

VIP_TIERS = (Tier.GOLD, Tier.SILVER)


def tiers(session: Session, at: Standing) -> tuple[Line, ...]:
    """VIPs of the day by tier, a line per institution."""
    return tuple(_by_unit(session, at, store.members(at.ground, at.day)))


def rows_of_tiers(at: Standing, key: str) -> Found:
    """The memberships of one line."""
    return Found(store.members(at.ground, at.day), at.of_unit(key, Membership.institution_code))


def moves(session: Session, at: Standing) -> tuple[Line, ...]:
    """New, upgraded, downgraded, left and cancelled in the span, a line per tier."""
    found = store.numbers(session, store.moves(at.ground, at.today))
    nothing = dict.fromkeys(MOVES, 0)
    return tuple(Line(tier.value, (tier,), found.get((tier,), nothing)) for tier in VIP_TIERS if any(found.values()))


def rows_of_moves(at: Standing, key: str) -> Found:
    """The memberships of one tier."""
    tier = next((tier for tier in VIP_TIERS if tier.value == key), None)
    if tier is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return Found(store.moves(at.ground, at.today), (col(Membership.tier) == tier,))


def retention(session: Session, at: Standing) -> tuple[Line, ...]:
    """VIPs of the first day of the span that still are, a line per institution."""
    lines = _by_unit(session, at, store.retained(at.ground, at.day))
    counted = ((line, int(line.cells["kept"] or 0), int(line.cells["base"] or 0)) for line in lines)
    return tuple(line._replace(cells={**line.cells, "rate": share(kept, base)}) for line, kept, base in counted)


def rows_of_retention(at: Standing, key: str) -> Found:
    """The memberships of one line."""
    return Found(store.retained(at.ground, at.day), at.of_unit(key, Membership.institution_code))


def _by_unit(session: Session, at: Standing, counted: Counted) -> Iterator[Line]:
    """A line per institution of the comparison, the top only with something of its own; none when there is nothing."""
    sums: dict[str, Counter[str]] = {unit.key: Counter() for unit in at.units}
    for (code,), found in store.numbers(session, counted).items():
        sums[at.unit_of(code)].update(found)
    if any(sums.values()):
        for unit in at.units:
            numbers = {mark: sums[unit.key][mark] for mark in counted.marks}
            if any(numbers.values()) or not unit.is_top:
                yield Line(unit.key, (unit.name,), numbers)
