"""The records behind a figure, one by one: each source counts them and lists them with one and the same query.

So a figure is always the sum of the list that it opens. A source is restricted to a scope inside its query.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Select, and_, case, null
from sqlmodel import Session, cast, col, func, select

from models.errors import DomainError, ErrorCode
from models.rules.calendar import ONE_DAY, instant, local_date
from models.service_types import FactKind
from models.stores.scope import Scope
from models.types import Tier


class Asked(NamedTuple):
    """Facts of the days from `first` to `last` (Asia/Shanghai, both included) as they stand at `at`, within a scope."""

    first: date
    last: date
    at: datetime
    scope: Scope

    def during(self, moment: Any) -> ColumnElement[bool]:
        """The condition that an instant (a column) lies in the span."""
        return and_(col(moment) >= instant(self.first), col(moment) < instant(self.last + ONE_DAY))

    def has(self, moment: datetime) -> bool:
        """The same of one instant."""
        return instant(self.first) <= moment < instant(self.last + ONE_DAY)


class Fact(NamedTuple):
    """One record: `good` when it counts as kept, `value` where it has one (the score of a sheet)."""

    kind: FactKind
    ref: str
    customer_no: str | None
    institution_code: str
    tier: Tier | None
    on: date
    good: bool
    value: Decimal | None = None


class Count(NamedTuple):
    """Records of one institution and tier: how many, how many of them good; with values, the sum of those."""

    institution_code: str
    tier: Tier | None
    good: Decimal
    of: int


class Source(Protocol):
    """Records of one kind."""

    def counts(self, session: Session, asked: Asked) -> list[Count]:
        """By institution and tier; what has none is not there."""

    def page(self, session: Session, asked: Asked, after: str | None, limit: int) -> list[Fact]:
        """In the order of their reference, behind `after`."""


Statement = Callable[[Asked], Select[Any]]


@dataclass(frozen=True)
class SqlSource:
    """Records by one statement, whose columns are those of `columns`; `key` reads a reference back."""

    kind: FactKind
    statement: Statement
    key: Callable[[str], Any] = UUID

    def counts(self, session: Session, asked: Asked) -> list[Count]:
        """Sums over the statement."""
        rows = self.statement(asked).subquery()
        score = func.sum(func.coalesce(rows.c.value, rows.c.good))
        statement = select(rows.c.institution_code, rows.c.tier, score, func.count())
        found = session.execute(statement.group_by(rows.c.institution_code, rows.c.tier))
        return [Count(code, _tier(tier), _exact(good), of) for code, tier, good, of in found]

    def page(self, session: Session, asked: Asked, after: str | None, limit: int) -> list[Fact]:
        """Rows of the statement."""
        rows = self.statement(asked).subquery()
        statement = select(*rows.c).order_by(rows.c.ref).limit(limit)
        if after is not None:
            statement = statement.where(rows.c.ref > self._reference(after))
        return [self._fact(row) for row in session.execute(statement)]

    def _reference(self, text: str) -> Any:
        """Where a page goes on. Raises INVALID_INPUT for a position that is none of this list."""
        try:
            return self.key(text)
        except ValueError as error:
            fault = {"field": "cursor", "reason": "bad_cursor"}
            raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[fault]) from error

    def _fact(self, row: Any) -> Fact:
        ref, customer_no, code, tier, on, good, value = row
        day = local_date(on) if isinstance(on, datetime) else on
        exact = None if value is None else _exact(value)
        return Fact(self.kind, str(ref), customer_no, code, _tier(tier), day, bool(good), exact)


def columns(
    ref: Any,
    customer_no: Any,
    institution_code: Any,
    *,
    tier: Any,
    on: Any,
    good: ColumnElement[bool],
    value: Any = None,
) -> tuple[Any, ...]:
    """What a statement of a source selects."""
    return (
        _named(ref, "ref"),
        _named(customer_no, "customer_no"),
        _named(institution_code, "institution_code"),
        _named(tier, "tier"),
        _named(on, "on"),
        case((good, 1), else_=0).label("good"),
        (cast(null(), Numeric(6, 2)) if value is None else col(value)).label("value"),
    )


def _named(column: Any, name: str) -> Any:
    return (null() if column is None else column if hasattr(column, "label") else col(column)).label(name)


@dataclass(frozen=True)
class WalkedSource:
    """Records that no query can count, such as lives inside a document: they are few, and walked one by one."""

    walk: Callable[[Session, Asked], Iterable[Fact]]

    def counts(self, session: Session, asked: Asked) -> list[Count]:
        """One after another."""
        good: Counter[tuple[str, Tier | None]] = Counter()
        every: Counter[tuple[str, Tier | None]] = Counter()
        for fact in self.walk(session, asked):
            every[fact.institution_code, fact.tier] += 1
            good[fact.institution_code, fact.tier] += fact.good
        return [Count(*key, Decimal(good[key]), number) for key, number in every.items()]

    def page(self, session: Session, asked: Asked, after: str | None, limit: int) -> list[Fact]:
        """Sorted by reference."""
        found = sorted(self.walk(session, asked), key=lambda fact: fact.ref)
        return [fact for fact in found if after is None or fact.ref > after][:limit]


Place = tuple[int, str | None]
"""Where a list of several sources goes on: number of the source, and the last reference seen of it."""


def page_of(
    session: Session, sources: Sequence[Source], asked: Asked, place: Place, limit: int
) -> list[tuple[Place, Fact]]:
    """Facts of one source after the other, each with its place; at most `limit`."""
    found: list[tuple[Place, Fact]] = []
    number, after = place
    while number < len(sources) and len(found) < limit:
        rows = sources[number].page(session, asked, after, limit - len(found))
        found += [((number, fact.ref), fact) for fact in rows]
        number, after = number + 1, None
    return found


def every(session: Session, sources: Sequence[Source], asked: Asked, chunk: int = 2000) -> Iterator[Fact]:
    """All of them, in chunks: what a kept version writes down."""
    place: Place = (0, None)
    while rows := page_of(session, sources, asked, place, chunk):
        yield from (fact for _, fact in rows)
        place = rows[-1][0]


def _tier(value: Any) -> Tier | None:
    return None if value is None else Tier(value)


def _exact(value: Any) -> Decimal:
    """SQLite adds scores of two decimals up as floats, PostgreSQL as decimals; what is whole is written so."""
    exact = Decimal(str(value or 0)).quantize(Decimal("0.01"))
    return exact.to_integral_value() if exact == exact.to_integral_value() else exact
