"""What a case is about, by name: its customer, or the institution of a case without one."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, col, select

from models.stores.customers import names_of
from models.tables.cases import Case
from models.tables.organisation import Institution


def case_names(session: Session, cases: Collection[Case]) -> dict[UUID, str]:
    """Names by case id, in at most two queries; the number itself where nothing of that number is known."""
    customers = names_of(session, {case.customer_no for case in cases if case.customer_no})
    institutions = _institutions(session, {case.institution_code for case in cases if not case.customer_no})
    known = {**institutions, **customers}
    return {case.id: known.get(case.number, case.number) for case in cases}


def case_name(session: Session, case: Case) -> str:
    """The same for one case."""
    return case_names(session, [case])[case.id]


def _institutions(session: Session, codes: Collection[str]) -> dict[str, str]:
    if not codes:
        return {}
    statement = select(Institution.code, Institution.name).where(col(Institution.code).in_(codes))
    return dict(session.exec(statement).all())
