"""Keys of persons 一人一钥: made with a contact, looked up to write about it, destroyed when it is erased."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from models.person_keys import new_sealed_key
from models.stores.bulk import insert_many
from models.tables.book import Contact, PersonKey
from models.types import ContactKind


class PersonKeyStore:
    """Keys by contact, as they are stored: wrapped by the ring. Never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def of(self, contact_id: UUID | None) -> bytes | None:
        """The key of a contact; None for one that is unknown, or was erased."""
        return None if contact_id is None else self.session.exec(_of(contact_id)).first()

    def to_write(self, contact_id: UUID) -> bytes | None:
        """The same, to write about the contact, which is not erased before this transaction ends."""
        return self.session.exec(_of(contact_id).with_for_update(read=True)).first()

    def to_destroy(self, contact_id: UUID) -> None:
        """Wait until nobody writes about the contact any more; whoever comes after finds it erased."""
        self.session.exec(_of(contact_id).with_for_update()).first()

    def matching(self, customer_no: str, kind: ContactKind, name_index: str) -> bytes | None:
        """The key, to write about it, of the contact of a customer that bears a name; None where there is none."""
        named = (Contact.customer_no == customer_no, Contact.kind == kind, Contact.name_index == name_index)
        joined = select(PersonKey.sealed_key).join(Contact, col(Contact.id) == PersonKey.contact_id)
        return self.session.exec(joined.where(*named).with_for_update(read=True, of=PersonKey)).first()

    def add(self, keys: dict[UUID, bytes]) -> None:
        """Keep the keys of contacts that were just inserted."""
        insert_many(self.session, PersonKey, ("contact_id", "sealed_key"), list(keys.items()))

    def destroy(self, contact_ids: Collection[UUID]) -> None:
        """For good: whatever was sealed under them cannot be read again, wherever a copy of it lies."""
        self.session.execute(delete(PersonKey).where(col(PersonKey.contact_id).in_(contact_ids)))


def _of(contact_id: UUID) -> SelectOfScalar[bytes]:
    return select(PersonKey.sealed_key).where(PersonKey.contact_id == contact_id)


def fresh(contact_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """New keys for contacts that are about to be inserted."""
    return {contact_id: new_sealed_key() for contact_id in contact_ids}
