"""Rows that hold a person's data outside free text: the contact, and the service records that name it."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from models.tables.book import Contact
from models.tables.service import ComplaintRecord, GreenChannelRecord


class ErasingStore:
    """What is overwritten when a person is erased; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def contact(self, contact_id: UUID) -> Contact | None:
        """The person."""
        return self.session.get(Contact, contact_id)

    def requests(self, contact: Contact) -> Sequence[GreenChannelRecord]:
        """Requests of the customer; which of them name the person is known only after decrypting."""
        statement = select(GreenChannelRecord).where(GreenChannelRecord.customer_no == contact.customer_no)
        return self.session.exec(statement.order_by(col(GreenChannelRecord.case_id))).all()

    def complaints(self, contact: Contact) -> Sequence[ComplaintRecord]:
        """Inquiries and complaints of the customer."""
        statement = select(ComplaintRecord).where(ComplaintRecord.customer_no == contact.customer_no)
        return self.session.exec(statement.order_by(col(ComplaintRecord.case_id))).all()

    def save(self, *rows: Contact | GreenChannelRecord | ComplaintRecord) -> None:
        """Change them."""
        self.session.add_all(rows)
        self.session.flush()
