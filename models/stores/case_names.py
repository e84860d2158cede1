"""What a case is about, by name: its customer, or the institution of a case without one."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session

from models.stores.customers import names_of
from models.stores.institutions import institution_names
from models.tables.cases import Case


def case_names(session: Session, cases: Collection[Case]) -> dict[UUID, str]:
    """Names by case id, in at most two queries; the number itself where nothing of that number is known."""
    customers = names_of(session, {case.customer_no for case in cases if case.customer_no})
    institutions = institution_names(session, {case.institution_code for case in cases if not case.customer_no})
    known = {**institutions, **customers}
    return {case.id: known.get(case.number, case.number) for case in cases}


def case_name(session: Session, case: Case) -> str:
    """The same for one case."""
    return case_names(session, [case])[case.id]
