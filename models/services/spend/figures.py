"""Plan, reserve, actual and what is left, by customer, institution and item; every sum is that of its rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session

from models.rules.spend import Figures
from models.service_types import SpendKind
from models.stores.customers import names_of
from models.stores.scope import EVERYTHING, Scope
from models.stores.spend import SpendFilter, SpendStore, Sum
from models.tables.spend import SpendLine, SpendPlan

ZERO = Decimal("0.00")
KeyT = TypeVar("KeyT")


@dataclass
class Account:
    """Planned, added, reserved and spent yuan of whatever is added up."""

    planned: Decimal = ZERO
    extra: Decimal = ZERO
    reserved: Decimal = ZERO
    committed: Decimal = ZERO

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

    def enter(self, entry: Sum) -> None:
        """One sum of the ledger: spending takes from what is reserved, so does a release."""
        sign = 1 if entry.kind is SpendKind.RESERVE else -1
        self.reserved += sign * entry.yuan
        if entry.kind is SpendKind.COMMIT:
            self.committed += entry.yuan
        if entry.extra and entry.kind is not SpendKind.COMMIT:
            self.extra += sign * entry.yuan


@dataclass(frozen=True)
class ItemSpend:
    """One item of a customer's year; `line` is None for what was spent beside the estimate."""

    code: str
    line: SpendLine | None
    account: Account


@dataclass(frozen=True)
class CustomerSpend:
    """One customer's year."""

    plan: SpendPlan
    name: str
    items: tuple[ItemSpend, ...]
    asked: bool

    @cached_property
    def account(self) -> Account:
        """The items added up."""
        return _total(item.account for item in self.items)

    @cached_property
    def figures(self) -> Figures:
        """The year against its limit."""
        account = self.account
        return Figures(
            planned=account.planned,
            extra=account.extra,
            reserved=account.reserved,
            committed=account.committed,
            limit=self.plan.spend_limit,
            approved=self.plan.approved_total,
            asked=self.asked,
        )


@dataclass(frozen=True)
class Report:
    """A year within a scope, those over the limit first."""

    year: int
    rows: tuple[CustomerSpend, ...]

    @property
    def total(self) -> Account:
        """Everything added up."""
        return _total(row.account for row in self.rows)

    def over(self) -> int:
        """How many are over their limit, an approval under way or not."""
        return sum(1 for row in self.rows if row.figures.over)

    def by(self, key: Callable[[CustomerSpend], KeyT]) -> dict[KeyT, Account]:
        """Added up by something about the customer, such as its institution."""
        found: dict[KeyT, Account] = {}
        for row in self.rows:
            found.setdefault(key(row), Account()).add(row.account)
        return found

    def by_item(self) -> dict[str, Account]:
        """Added up by item code."""
        found: dict[str, Account] = {}
        for row in self.rows:
            for item in row.items:
                found.setdefault(item.code, Account()).add(item.account)
        return dict(sorted(found.items()))


def report(session: Session, year: int, scope: Scope, wanted: SpendFilter | None = None) -> Report:
    """Every customer's year within the scope: over the limit first, by how much; then by number."""
    plans = SpendStore(session).plans(year, scope, wanted or SpendFilter())
    rows = _customers(session, plans)
    return Report(year, tuple(sorted(rows, key=lambda row: (-row.figures.over, row.plan.customer_no))))


def of_plan(session: Session, plan: SpendPlan) -> CustomerSpend:
    """One customer's year."""
    return _customers(session, [plan])[0]


def of_customer(session: Session, customer_no: str, year: int, scope: Scope = EVERYTHING) -> CustomerSpend | None:
    """The same by customer and year; None without an estimate, and outside the scope."""
    plan = SpendStore(session).plan(customer_no, year, scope)
    return of_plan(session, plan) if plan is not None else None


def _customers(session: Session, plans: Sequence[SpendPlan]) -> list[CustomerSpend]:
    store, ids = SpendStore(session), [plan.id for plan in plans]
    lines, asked = store.lines(ids), store.under_way(plans)
    sums: dict[UUID, list[Sum]] = {}
    for entry in store.sums(ids):
        sums.setdefault(entry.plan_id, []).append(entry)
    names = names_of(session, {plan.customer_no for plan in plans})
    return [
        CustomerSpend(
            plan=plan,
            name=names.get(plan.customer_no, plan.customer_no),
            items=_items(lines.get(plan.id, []), sums.get(plan.id, [])),
            asked=plan.id in asked,
        )
        for plan in plans
    ]


def _items(lines: Sequence[SpendLine], sums: Sequence[Sum]) -> tuple[ItemSpend, ...]:
    accounts = {line.code: Account(planned=line.subtotal) for line in lines}
    for entry in sums:
        accounts.setdefault(entry.code, Account()).enter(entry)
    known = {line.code: line for line in lines}
    return tuple(ItemSpend(code, known.get(code), account) for code, account in accounts.items())


def _total(accounts: Iterable[Account]) -> Account:
    total = Account()
    for account in accounts:
        total.add(account)
    return total
