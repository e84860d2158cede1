"""What the records say about the rows of a chunk: do their references exist, are they new, changed or as stored.

One class per kind of book file. `load` reads everything a chunk needs in a few queries; the rest looks it up.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlmodel import Session, SQLModel

from models.services.importing.kinds import LAYOUTS, BookKind, Layout, RowError, Values
from models.services.importing.parsing import KEEP, Key, Row
from models.stores.book import BookStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.book import Customer, Experience, Policy


@dataclass(frozen=True)
class Errand:
    """For whom rows are loaded: `actor` as the audit names it, the institutions within reach, power over posts."""

    job_id: UUID
    actor: str
    scope: Scope = EVERYTHING
    manages_people: bool = True


class Target(ABC):
    """Rows of one kind against the records. Subclasses say where the rows live and what they refer to."""

    kind: ClassVar[BookKind]
    table: ClassVar[type[SQLModel]]
    refers_by: ClassVar[str]
    unknown: ClassVar[str]

    def __init__(self, session: Session, errand: Errand, now: datetime) -> None:
        self.store = BookStore(session)
        self.errand, self.now = errand, now
        self.layout: Layout = LAYOUTS[self.kind]
        self.at = {name: index for index, name in enumerate(self.layout.names)}
        self.stored: dict[Key, Values] = {}
        self.known: set[Any] = set()
        self.is_partial = False

    def load(self, rows: Sequence[Row]) -> None:
        """Read what is stored under the keys of these rows and what they refer to."""
        if rows:
            self.is_partial = any(value is KEEP for value in rows[0].values)
            self.stored = self.read_stored(rows)
            self.known = self.read_known(rows)

    def read_stored(self, rows: Sequence[Row]) -> dict[Key, Values]:
        """Stored values by key."""
        first, key_at = self.layout.key[0], [self.at[name] for name in self.layout.key]
        found = self.store.rows(self.table, self.layout.names, first, self.pick(rows, first))
        return {tuple([values[at] for at in key_at]): values for values in found}

    @abstractmethod
    def read_known(self, rows: Sequence[Row]) -> set[Any]:
        """Those references of these rows that exist within reach."""

    def pick(self, rows: Iterable[Row], name: str) -> set[Any]:
        """Every value of one column."""
        at = self.at[name]
        return {row.values[at] for row in rows}

    def value(self, row: Row, name: str) -> Any:
        """One value of a row."""
        return row.values[self.at[name]]

    def verify(self, row: Row, before: Values | None) -> None:
        """Raise RowError when the row may not be loaded."""
        at = self.at[self.refers_by]
        if row.values[at] not in self.known or (before is not None and before[at] not in self.known):
            raise RowError(self.refers_by, f"{self.unknown} {row.values[at]} 不存在，或不在您的机构范围内")

    def settle(self, row: Row, before: Values | None) -> Values:
        """The values to store: a column that the file leaves out keeps what is stored."""
        if not self.is_partial:
            return row.values
        fallback = before or tuple([column.default for column in self.layout.columns])
        return tuple([old if value is KEEP else value for value, old in zip(row.values, fallback, strict=True)])

    def insert(self, rows: Sequence[Values]) -> None:
        """Store new rows."""
        self.store.insert(self.table, self.layout.names, rows)

    def update(self, before: Values, values: Values) -> None:
        """Change a stored row."""
        changed = self.changes(before, values)
        key = {name: before[self.at[name]] for name in self.layout.key}
        self.store.update(self.table, key, {name: new for name, (_, new) in changed.items()})

    def changes(self, before: Values, values: Values) -> dict[str, tuple[Any, Any]]:
        """Old and new value of every column that differs."""
        pairs = zip(self.layout.names, before, values, strict=True)
        return {name: (old, new) for name, old, new in pairs if old != new}

    def is_late(self, _: Values) -> bool:
        """Whether the row comes after the facts of its year were fixed."""
        return False


class CustomerTarget(Target):
    """客户 of an institution."""

    kind = BookKind.CUSTOMERS
    table = Customer
    refers_by = "institution_code"
    unknown = "机构代码"

    def read_known(self, rows: Sequence[Row]) -> set[Any]:
        """Institutions these rows name or the stored rows belong to."""
        at = self.at["institution_code"]
        codes = self.pick(rows, "institution_code") | {values[at] for values in self.stored.values()}
        return set(self.store.institutions_within(self.errand.scope, codes))


class PolicyTarget(Target):
    """保单 of a customer."""

    kind = BookKind.POLICIES
    table = Policy
    refers_by = "customer_no"
    unknown = "客户号"

    def read_known(self, rows: Sequence[Row]) -> set[Any]:
        """Customers these rows name or the stored rows belong to."""
        at = self.at["customer_no"]
        numbers = self.pick(rows, "customer_no") | {values[at] for values in self.stored.values()}
        return set(self.store.customers_within(self.errand.scope, numbers))


class ExperienceTarget(Target):
    """经验数据 of a policy and year; after the freeze of that year it is a late correction."""

    kind = BookKind.EXPERIENCE
    table = Experience
    refers_by = "policy_no"
    unknown = "保单号"

    def __init__(self, session: Session, errand: Errand, now: datetime) -> None:
        super().__init__(session, errand, now)
        self.frozen = self.store.frozen_years()

    def read_known(self, rows: Sequence[Row]) -> set[Any]:
        """Policies within reach."""
        return set(self.store.policies_within(self.errand.scope, self.pick(rows, "policy_no")))

    def is_late(self, values: Values) -> bool:
        """Whether the evaluation of the row's year is frozen."""
        return values[self.at["year"]] in self.frozen

    def insert(self, rows: Sequence[Values]) -> None:
        """Store new rows, marking late ones."""
        marked = [(*values, self.now if self.is_late(values) else None) for values in rows]
        self.store.insert(self.table, (*self.layout.names, "late_correction_at"), marked)

    def update(self, before: Values, values: Values) -> None:
        """Change a stored row, marking it when late."""
        super().update(before, values)
        if self.is_late(values):
            key = {name: values[self.at[name]] for name in self.layout.key}
            self.store.update(self.table, key, {"late_correction_at": self.now})
