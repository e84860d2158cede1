"""暂缓问候: nobody is congratulated while a complaint of that person is open.

A complaint without a contact hushes whoever of the customer's contacts bears the complainant's name; where nobody
does, everybody: better one greeting too few than one that a quarrel makes a mockery.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlmodel import Session

from models.service_types import ComplaintSheet
from models.stores.customers import contacts_of
from models.stores.sweeps import SweepStore
from models.tables.service import ComplaintRecord


class Hushes:
    """Which contacts of some customers are hushed, and by which complaint; read once for a chunk."""

    def __init__(self, session: Session, customers: Collection[str]) -> None:
        found = SweepStore(session).open_complaints(customers)
        self._by: dict[tuple[str, UUID | None], UUID] = {}
        for row in found:
            if row.sheet is ComplaintSheet.COMPLAINT:
                for contact_id in _contacts(session, row):
                    self._by.setdefault((row.customer_no, contact_id), row.case_id)

    def by(self, customer_no: str, contact_id: UUID | None) -> UUID | None:
        """The open complaint that hushes a contact; with None whatever is meant for the customer as a whole."""
        whole = self._by.get((customer_no, None))
        if whole is not None:
            return whole
        if contact_id is not None:
            return self._by.get((customer_no, contact_id))
        return next((case_id for (number, _), case_id in self._by.items() if number == customer_no), None)


def hushing_complaint(session: Session, customer_no: str, contact_id: UUID | None) -> UUID | None:
    """Case id of the open complaint because of which a contact is not greeted; None when there is none."""
    return Hushes(session, [customer_no]).by(customer_no, contact_id)


def _contacts(session: Session, row: ComplaintRecord) -> Iterable[UUID | None]:
    """Whom a complaint hushes; None stands for everybody."""
    if row.contact_id is not None:
        return [row.contact_id]
    name = row.complainant.strip()
    return [item.id for item in contacts_of(session, row.customer_no) if name and item.name.strip() == name] or [None]
