"""Plan, reserve, actual and what is left, by customer, institution and item; every sum is that of its rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from sqlmodel import Session

from models.rules.spend import Figures
from models.service_types import SpendState
from models.stores.customers import names_of
from models.stores.spend import EVERYBODY, Reader, SpendStore
from models.stores.spend_sums import EstimateSum, LedgerSum, SpendFilter, SpendSums, ledger_of
from models.tables.spend import SpendLine, SpendPlan

ZERO = Decimal("0.00")
CHUNK = 500


@dataclass
class Account:
    """Planned, added, reserved and spent yuan of whatever is added up."""

    planned: Decimal = ZERO
    extra: Decimal = ZERO
    reserved: Decimal = ZERO
    committed: Decimal = ZERO

    @classmethod
    def of(cls, planned: Decimal, ledger: LedgerSum) -> "Account":
        """A plan with its ledger."""
        return cls(planned, *ledger)

    @property
    def left(self) -> Decimal:
        """Of the plan and its additions, neither spent nor reserved."""
        return self.planned + self.extra - self.reserved - self.committed

    def add(self, other: "Account") -> None:
        """One more row."""
        self.planned += other.planned
        self.extra += other.extra
        self.reserved += other.reserved
        self.committed += other.committed


@dataclass(frozen=True)
class YearSpend:
    """One customer's year in sums alone."""

    plan_id: UUID
    customer_no: str
    name: str
    institution_code: str
    account: Account
    figures: Figures

    @classmethod
    def of(cls, found: EstimateSum) -> "YearSpend":
        """From the sums of the records."""
        account = Account.of(found.planned, found.ledger)
        figures = _figures(account, found.limit, found.approved, asked=found.asked)
        return cls(found.plan_id, found.customer_no, found.name, found.institution_code, account, figures)

    @property
    def place(self) -> tuple[Decimal, str]:
        """Where it stands in a report: over the limit first, by how much; then by number."""
        return -self.figures.over, self.customer_no


@dataclass(frozen=True)
class CustomerSpend:
    """One customer's year against its limit."""

    plan: SpendPlan
    name: str
    account: Account
    figures: Figures


@dataclass(frozen=True)
class ItemSpend:
    """One item of a customer's year; `line` is None for what was spent beside the estimate."""

    code: str
    line: SpendLine | None
    account: Account


@dataclass(frozen=True)
class ItemizedSpend(CustomerSpend):
    """The same with its items, which add up to it; `asked`: an approval above the limit is under way."""

    items: tuple[ItemSpend, ...]
    asked: bool


@dataclass(frozen=True)
class Report:
    """A year as a reader sees it: every customer in sums alone, those over the limit first, and the items."""

    year: int
    rows: tuple[YearSpend, ...]
    by_item: dict[str, Account]

    @cached_property
    def total(self) -> Account:
        """Everything added up."""
        return _total(row.account for row in self.rows)

    @cached_property
    def over(self) -> int:
        """How many are over their limit, an approval under way or not."""
        return sum(1 for row in self.rows if row.figures.over)

    @cached_property
    def unasked(self) -> int:
        """How many of them nobody asked an approval for."""
        return sum(1 for row in self.rows if row.figures.state is SpendState.OVER_LIMIT)

    @cached_property
    def by_institution(self) -> dict[str, Account]:
        """Added up by owning institution, in the order of the codes."""
        found: dict[str, Account] = {}
        for row in self.rows:
            found.setdefault(row.institution_code, Account()).add(row.account)
        return dict(sorted(found.items()))


def report(session: Session, year: int, reader: Reader, wanted: SpendFilter | None = None) -> Report:
    """Every customer's year that the reader sees, added up by the records; `customers` loads those that are shown."""
    sums = SpendSums(session, year, reader, wanted)
    rows = sorted((YearSpend.of(found) for found in sums.by_estimate()), key=lambda row: row.place)
    return Report(year, tuple(rows), {code: Account.of(*found) for code, found in sums.by_item().items()})


def customers(session: Session, rows: Sequence[YearSpend]) -> Iterator[CustomerSpend]:
    """Rows of a report with their estimates, so many at a time."""
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        plans = SpendStore(session).some([row.plan_id for row in chunk])
        yield from (CustomerSpend(plans[row.plan_id], row.name, row.account, row.figures) for row in chunk)


def of_plan(session: Session, plan: SpendPlan) -> ItemizedSpend:
    """One customer's year."""
    store = SpendStore(session)
    items = _items(store.lines(plan.id), ledger_of(session, plan.id))
    account, asked = _total(item.account for item in items), store.is_asked(plan)
    name = names_of(session, {plan.customer_no}).get(plan.customer_no, plan.customer_no)
    figures = _figures(account, plan.spend_limit, plan.approved_total, asked=asked)
    return ItemizedSpend(plan, name, account, figures, items, asked)


def of_customer(session: Session, customer_no: str, year: int, reader: Reader = EVERYBODY) -> ItemizedSpend | None:
    """The same by customer and year; None without an estimate, and for who does not see it."""
    plan = SpendStore(session).plan(customer_no, year, reader)
    return of_plan(session, plan) if plan is not None else None


def _items(lines: Sequence[SpendLine], ledger: Mapping[str, LedgerSum]) -> tuple[ItemSpend, ...]:
    """Those of the estimate in its order, then what was spent beside it."""
    known: dict[str, SpendLine | None] = {line.code: line for line in lines}
    rows = (known | dict.fromkeys(code for code in ledger if code not in known)).items()
    return tuple(
        ItemSpend(code, line, Account.of(line.subtotal if line else ZERO, ledger.get(code, LedgerSum())))
        for code, line in rows
    )


def _figures(account: Account, limit: Decimal, approved: Decimal | None, *, asked: bool) -> Figures:
    return Figures(
        planned=account.planned,
        extra=account.extra,
        reserved=account.reserved,
        committed=account.committed,
        limit=limit,
        approved=approved,
        asked=asked,
    )


def _total(accounts: Iterable[Account]) -> Account:
    total = Account()
    for account in accounts:
        total.add(account)
    return total
