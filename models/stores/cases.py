"""Queries of cases, their decisions and scores."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select

from models.identifiers import qualification_key
from models.stores.memberships import OVER
from models.stores.scope import Scope, scoped, within
from models.tables.book import Customer
from models.tables.cases import Case, CaseScore, Decision, Membership
from models.types import SERVICE_KINDS, CaseKind, Outcome, SeatKind, Stage, Tier

_AT_HEAD_OFFICE = (Stage.HQ_REVIEW, Stage.HQ_APPROVAL, Stage.ACTIVE)


class CaseFilter(NamedTuple):
    """What a list of cases asks for; None means no restriction."""

    kind: CaseKind | None = None
    stage: Stage | None = None
    tier: Tier | None = None
    year: int | None = None
    customer_no: str | None = None
    institution_code: str | None = None


def seen_in(scope: Scope) -> ColumnElement[bool]:
    """The condition that a case is seen in the scope: where it is, and by the institution that owns its customer.

    Customers are served wherever they ask (article 17 item 8), so for service cases the two may differ.
    """
    if "/" in scope.paths or not scope.paths:
        return within(Case.institution_code, scope)
    owned = select(Customer.customer_no).where(
        Customer.customer_no == Case.customer_no, within(Customer.institution_code, scope)
    )
    across = and_(col(Case.kind).in_(SERVICE_KINDS), owned.exists())
    return or_(within(Case.institution_code, scope), across)


class CaseStore:
    """Cases and what was decided on them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, case_id: UUID) -> Case | None:
        """A case by its opaque id."""
        return self.session.get(Case, case_id)

    def by_ids(self, case_ids: Collection[UUID]) -> dict[UUID, Case]:
        """Several cases in one query, by id."""
        return {case.id: case for case in self.session.exec(select(Case).where(col(Case.id).in_(case_ids)))}

    def in_scope(self, case_id: UUID, scope: Scope) -> Case | None:
        """The case, when its institution lies in the scope; of a service case also when its customer's does."""
        return self.session.exec(select(Case).where(Case.id == case_id, seen_in(scope))).first()

    def page(self, scope: Scope, wanted: CaseFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> list[Case]:
        """Cases of the scope, newest first, from a keyset position on."""
        statement = select(Case).where(seen_in(scope))
        for name, value in wanted._asdict().items():
            if value is not None:
                statement = statement.where(getattr(Case, name) == value)
        if after is not None:
            statement = statement.where(
                or_(col(Case.opened_at) < after[0], and_(col(Case.opened_at) == after[0], col(Case.id) < after[1]))
            )
        return list(self.session.exec(statement.order_by(col(Case.opened_at).desc(), col(Case.id).desc()).limit(limit)))

    def locked(self, case_id: UUID) -> Case | None:
        """The case, held against other writers until this transaction ends."""
        return self.session.exec(select(Case).where(Case.id == case_id).with_for_update()).first()

    def by_workflow_id(self, workflow_id: str) -> Case | None:
        """The case that a workflow records."""
        return self.session.exec(select(Case).where(Case.workflow_id == workflow_id)).first()

    def opened_by(self, workflow_id: str) -> Case | None:
        """The case that a workflow has opened, once no other attempt to write its first record is under way.

        An attempt that took too long goes on beside the next one, which must not look while the case half stands.
        """
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(workflow_id, 0))))
        return self.by_workflow_id(workflow_id)

    def by_open_key(self, key: str) -> Case | None:
        """The open case that holds a key which only one may hold."""
        return self.session.exec(select(Case).where(Case.open_key == key)).first()

    def open_qualification(self, year: int, customer_no: str) -> Case | None:
        """The customer's open declaration of an evaluation year."""
        return self.by_open_key(qualification_key(year, customer_no))

    def attempts(self, year: int, customer_no: str) -> int:
        """How many declarations of the year this customer has had."""
        statement = select(func.count()).where(
            Case.kind == CaseKind.QUALIFICATION, Case.year == year, Case.customer_no == customer_no
        )
        return self.session.exec(statement).one()

    def approved(self, year: int, customer_no: str) -> list[Case]:
        """Approved declarations of the year."""
        statement = select(Case).where(
            Case.kind == CaseKind.QUALIFICATION,
            Case.year == year,
            Case.customer_no == customer_no,
            Case.outcome == Outcome.APPROVED,
        )
        return list(self.session.exec(statement))

    def of_customer(self, customer_no: str) -> list[Case]:
        """Every case of a customer that people approve, newest first; services are counted by their promises."""
        statement = select(Case).where(Case.customer_no == customer_no, col(Case.kind).not_in(SERVICE_KINDS))
        return list(self.session.exec(statement.order_by(col(Case.opened_at).desc())))

    def special(self, year: int, scope: Scope) -> list[Case]:
        """特批 declarations of the year in the scope, newest first."""
        statement = select(Case).where(
            Case.kind == CaseKind.QUALIFICATION, Case.year == year, Case.seat_kind == SeatKind.SPECIAL
        )
        return list(self.session.exec(scoped(statement, Case.institution_code, scope).order_by(col(Case.id).desc())))

    def reserve(self, year: int, scope: Scope) -> list[Case]:
        """候补: open cases of the year that wait for a free seat, the longest waiting first."""
        statement = select(Case).where(
            Case.year == year, col(Case.in_reserve_since).is_not(None), col(Case.closed_at).is_(None)
        )
        ordered = scoped(statement, Case.institution_code, scope).order_by(col(Case.in_reserve_since))
        return list(self.session.exec(ordered))

    def ahead_at_head_office(self, case: Case) -> int:
        """How many declared gold ranked cases stand above this one in the list at head-office review.

        By the values as reviewers corrected them; where they tie, the frozen list decides. Who lost gold
        since stands above nobody.
        """
        before = col(Case.rank) < case.rank if case.rank is not None else col(Case.customer_no) < case.customer_no
        lost = or_(col(Membership.stage).in_(OVER), col(Membership.tier) != col(Case.tier))
        gone = select(Membership.id).where(Membership.case_id == Case.id, lost).exists()
        statement = select(func.count()).where(
            Case.kind == CaseKind.QUALIFICATION,
            Case.year == case.year,
            Case.tier == Tier.GOLD,
            Case.seat_kind == SeatKind.RANKED,
            Case.id != case.id,
            col(Case.stage).in_(_AT_HEAD_OFFICE),
            ~gone,
            or_(col(Case.value) > case.value, and_(col(Case.value) == case.value, before)),
        )
        return self.session.exec(statement).one()

    def decision_at(self, case_id: UUID, step_no: int) -> Decision | None:
        """The decision that stands for a step, whoever sent it."""
        return self.session.exec(
            select(Decision).where(Decision.case_id == case_id, Decision.step_no == step_no)
        ).first()

    def decision_of_task(self, task_id: UUID) -> Decision | None:
        """What was decided on a task."""
        return self.session.exec(select(Decision).where(Decision.task_id == task_id)).first()

    def decision_by_update(self, update_id: str) -> Decision | None:
        """The decision that a request made, by its update id."""
        return self.session.exec(select(Decision).where(Decision.update_id == update_id)).first()

    def decisions(self, case_id: UUID) -> list[Decision]:
        """Every decision of a case in order."""
        return list(
            self.session.exec(select(Decision).where(Decision.case_id == case_id).order_by(col(Decision.step_no)))
        )

    def scores(self, case_id: UUID) -> list[CaseScore]:
        """Score explanations of a case: the declared one, then one per correction."""
        return list(
            self.session.exec(select(CaseScore).where(CaseScore.case_id == case_id).order_by(col(CaseScore.step_no)))
        )

    def membership_of(self, case_id: UUID) -> Membership | None:
        """The membership an approved case granted."""
        return self.session.exec(select(Membership).where(Membership.case_id == case_id)).first()

    def memberships(self, customer_no: str) -> list[Membership]:
        """Every membership of a customer, newest term first."""
        statement = (
            select(Membership).where(Membership.customer_no == customer_no).order_by(col(Membership.valid_from).desc())
        )
        return list(self.session.exec(statement))

    def add(self, row: Case | Decision | CaseScore | Membership) -> None:
        """Insert or change a row; a new case is written at once, because the others refer to it."""
        self.session.add(row)
        if isinstance(row, Case):
            self.session.flush()
