"""The spend ledger 预留 / 支出 / 释放: it follows every touchpoint that is written, in the same transaction.

There is one seam, the flush: whoever changes the stage of a touchpoint, and however, the ledger has its entries with
it. Only `SweepStore.close_sent` writes past the session, and calls `follow` itself.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import UOWTransaction
from sqlmodel import Session, col, select

from models.rules.calendar import local_date
from models.rules.spend_ledger import Entry, Standing, Wanted, following, real_cost
from models.service_types import SpendKind, TouchpointOrigin
from models.tables.care import Touchpoint
from models.tables.spend import SpendEntry, SpendLine, SpendPlan
from models.types import Stage

NONE = Decimal(0)
_WATCHED = ("stage", "gift_value", "cost")


class _Books(NamedTuple):
    """What the entries of some touchpoints are reckoned from."""

    plans: dict[str, list[SpendPlan]]
    lines: dict[tuple[UUID, str], SpendLine]
    entries: dict[UUID, list[SpendEntry]]

    def plan_of(self, row: Touchpoint) -> SpendPlan | None:
        """The plan that keeps its entries already, else that of the year the touchpoint was planned for.

        Where terms overlap it is the plan of its own membership, else that of the newest year.
        """
        plans = self.plans.get(row.customer_no, [])
        kept = next((entry.plan_id for entry in self.entries.get(row.id, [])), None)
        if kept is not None:
            return next((plan for plan in plans if plan.id == kept), None)
        of_its_day = [plan for plan in plans if plan.first_on <= row.planned_on <= plan.last_on]
        return max(of_its_day, key=lambda plan: (plan.membership_id == row.membership_id, plan.year), default=None)


class SpendLedger:
    """Entries of touchpoints; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def follow(self, rows: Sequence[Touchpoint]) -> None:
        """Write what the ledger does not say yet of these touchpoints; a second time it finds nothing to write."""
        plans = self._plans({row.customer_no for row in rows})
        if not plans:
            return
        books = _Books(plans, self._lines(plans), self._entries(row.id for row in rows))
        for row in rows:
            plan = books.plan_of(row)
            if plan is not None:
                self.session.add_all(_missing(row, plan, books))

    def planned_cost(self, row: Touchpoint) -> tuple[SpendPlan, Decimal] | None:
        """The plan a touchpoint belongs to, and its part of it in yuan; None for a customer without one."""
        plans = self._plans({row.customer_no})
        books = _Books(plans, self._lines(plans), {})
        plan = books.plan_of(row)
        return None if plan is None else (plan, _part(row, books.lines.get((plan.id, row.code))))

    def _plans(self, customers: Iterable[str]) -> dict[str, list[SpendPlan]]:
        found: dict[str, list[SpendPlan]] = {}
        for plan in self.session.exec(select(SpendPlan).where(col(SpendPlan.customer_no).in_(set(customers)))):
            found.setdefault(plan.customer_no, []).append(plan)
        return found

    def _lines(self, plans: dict[str, list[SpendPlan]]) -> dict[tuple[UUID, str], SpendLine]:
        ids = [plan.id for each in plans.values() for plan in each]
        lines = self.session.exec(select(SpendLine).where(col(SpendLine.plan_id).in_(ids)))
        return {(line.plan_id, line.code): line for line in lines}

    def _entries(self, ids: Iterable[UUID]) -> dict[UUID, list[SpendEntry]]:
        found: dict[UUID, list[SpendEntry]] = {}
        for entry in self.session.exec(select(SpendEntry).where(col(SpendEntry.touchpoint_id).in_(set(ids)))):
            found.setdefault(entry.touchpoint_id, []).append(entry)
        return found


def _missing(row: Touchpoint, plan: SpendPlan, books: _Books) -> Iterable[SpendEntry]:
    planned = _part(row, books.lines.get((plan.id, row.code)))
    by_itself = not row.human and row.merged_into is None
    real = real_cost(cost=row.cost, gift_value=row.gift_value, planned=planned, by_itself=by_itself)
    held = [Entry(entry.life, entry.kind, entry.yuan) for entry in books.entries.get(row.id, [])]
    for entry in following(Standing.of(held), Wanted(row.stage, planned, real)):
        yield _row(row, plan, entry)


def _part(row: Touchpoint, line: SpendLine | None) -> Decimal:
    """A touchpoint with a person of its own is one of the line's persons; without one it is for all of them."""
    if line is None:
        return NONE
    return line.unit_cost * (1 if row.contact_id else line.persons)


def _row(row: Touchpoint, plan: SpendPlan, entry: Entry) -> SpendEntry:
    done = row.stage is Stage.DONE
    at = (row.done_at if done else None) or row.updated_at
    return SpendEntry(
        plan_id=plan.id,
        source=f"touchpoint:{row.id}#{entry.life}",
        touchpoint_id=row.id,
        life=entry.life,
        kind=SpendKind(entry.kind),
        code=row.code,
        extra=row.origin is TouchpointOrigin.MANUAL,
        yuan=entry.yuan,
        day=(row.done_on if done else None) or local_date(at),
        at=at,
    )


@event.listens_for(Session, "after_flush")
def _follow_what_was_written(session: Session, _: UOWTransaction) -> None:
    """The entries go out with the next flush of the same transaction, the touchpoints being there already."""
    rows = [row for row in (*session.new, *session.dirty) if isinstance(row, Touchpoint) and _moved(row)]
    if rows:
        SpendLedger(session).follow(rows)


def _moved(row: Touchpoint) -> bool:
    state = inspect(row)
    return any(state.attrs[name].history.has_changes() for name in _WATCHED)


@event.listens_for(SpendEntry, "before_update")
@event.listens_for(SpendEntry, "before_delete")
def _refuse_change(mapper: Any, connection: Any, target: SpendEntry) -> None:  # noqa: ARG001  fixed by SQLAlchemy
    raise RuntimeError(f"entry {target.source} {target.kind} is in the ledger: add another one")
