"""Rows that hold a person's data outside free text: the contact, the service records that name it, letters to it."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.tables.messages import Notification
from models.tables.service import ComplaintRecord, GreenChannelRecord

ERASED_INDEX = "erased:"
"""Begins the name index of an erased contact."""
Row = Contact | GreenChannelRecord | ComplaintRecord | Notification


class ErasingStore:
    """What is overwritten when a person is erased; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def contact(self, contact_id: UUID) -> Contact | None:
        """The person, as it stands now."""
        return self.session.get(Contact, contact_id, populate_existing=True)

    def requests(self, contact: Contact) -> Sequence[GreenChannelRecord]:
        """Requests of the customer; which of them name the person is known only after decrypting."""
        statement = select(GreenChannelRecord).where(GreenChannelRecord.customer_no == contact.customer_no)
        return self.session.exec(statement.order_by(col(GreenChannelRecord.case_id))).all()

    def complaints(self, contact: Contact) -> Sequence[ComplaintRecord]:
        """Inquiries and complaints of the customer."""
        statement = select(ComplaintRecord).where(ComplaintRecord.customer_no == contact.customer_no)
        return self.session.exec(statement.order_by(col(ComplaintRecord.case_id))).all()

    def touchpoints(self, contact: Contact) -> Sequence[UUID]:
        """Touchpoints planned for the person."""
        return self.session.exec(select(Touchpoint.id).where(Touchpoint.contact_id == contact.id)).all()

    def letters(self, contact: Contact) -> Sequence[Notification]:
        """Letters to people of the customer; whom they are addressed to is known only after decrypting."""
        to_them = Notification.customer_no == contact.customer_no, col(Notification.account_id).is_(None)
        return self.session.exec(select(Notification).where(*to_them).order_by(col(Notification.id))).all()

    def erased(self) -> Sequence[UUID]:
        """Everybody who was erased."""
        statement = select(Contact.id).where(col(Contact.name_index).startswith(ERASED_INDEX))
        return self.session.exec(statement.order_by(col(Contact.id))).all()

    def save(self, *rows: Row) -> None:
        """Change them."""
        self.session.add_all(rows)
        self.session.flush()
