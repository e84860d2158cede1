"""A year of service spend as a request asks for it: the same rows for pages, JSON and files."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlmodel import Session

from api.act_base import now
from api.deps import Action, Caller
from api.institution_filter import part_of_tree
from api.paging import Paging
from models.errors import DomainError, ErrorCode
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force
from models.services.spend.figures import Report, YearSpend, report
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.stores.spend import Reader, SpendStore
from models.stores.spend_sums import SpendFilter
from models.tables.spend import SpendPlan
from models.types import Role, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendQuery:
    """What is asked for: a year, and part of it."""

    year: int
    tier: Tier | None = None
    institution: str = ""
    q: str = ""
    """A part of a customer's name or number."""


@dataclass(frozen=True)
class SpendYear:
    """The year as the caller sees it, with the names that go with it."""

    report: Report
    places: dict[str, str]
    rulebook: Rulebook


def reader_of(caller: Caller, action: Action = Action.READ_SPEND) -> Reader:
    """Whose spend the caller sees, or may ask an approval for: a manager that of its own customers."""
    return Reader(caller.scope(action), caller.account_id if Role.MGR in caller.roles else None)


def year_of(session: Session, caller: Caller, asked: SpendQuery) -> SpendYear:
    """Read it; nobody whom the caller does not see is in it."""
    under = part_of_tree(session, asked.institution, caller.scope(Action.READ_CUSTOMERS))
    wanted = SpendFilter(asked.tier, under, asked.q.strip())
    places = {place.code: place.name for place in InstitutionStore(session).all(EVERYTHING)}
    rules = rulebook_in_force(session, local_date(now())).rulebook
    return SpendYear(report(session, asked.year, reader_of(caller), wanted), places, rules)


def visible_plan(session: Session, caller: Caller, customer_no: str, year: int) -> SpendPlan:
    """The estimate, where the caller sees it: the owning institution's alone. Raises NOT_FOUND."""
    plan = SpendStore(session).plan(customer_no, year, reader_of(caller))
    if plan is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return plan


def page_of(found: Report, paging: Paging) -> tuple[list[YearSpend], str | None]:
    """One page of customers, those over the limit first, and the cursor of the next."""
    return paging.cut(_behind(found.rows, paging), lambda row: (str(row.figures.over), row.customer_no))


def _behind(rows: Sequence[YearSpend], paging: Paging) -> Sequence[YearSpend]:
    """Rows behind the position. Raises INVALID_INPUT for a cursor of another list."""
    over, number = paging.text(0), paging.text(1) if paging.after else None
    if over is None or number is None:
        return rows
    try:
        return rows[bisect_right(rows, (-Decimal(over), number), key=lambda row: row.place) :]
    except InvalidOperation as error:
        fault = {"field": "cursor", "reason": "bad_cursor"}
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[fault]) from error
