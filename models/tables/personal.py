"""What a session writes about a contact is sealed: a new contact gets its key, that of a known one is looked up."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, event, insert, inspect, select
from sqlalchemy.orm import Mapper

from models.person_keys import Known, new_sealed_key
from models.retention_types import ERASED
from models.tables.book import Contact, PersonKey

PERSONAL = ("name", "birthday", "mobile", "email")
"""The columns of a contact that are sealed under its key."""
_KEYS: Any = PersonKey.__table__  # type: ignore[attr-defined]


def _seal(contact: Contact, names: Iterable[str], sealed_key: bytes) -> None:
    for name in names:
        setattr(contact, name, Known(getattr(contact, name), sealed_key))


def _to_seal(contact: Contact) -> list[str]:
    """Changed columns that say something and do not say yet whose they are."""
    changed = [name for name in PERSONAL if inspect(contact).attrs[name].history.has_changes()]
    values = {name: getattr(contact, name) for name in changed}
    return [name for name, value in values.items() if value not in (None, ERASED) and not isinstance(value, Known)]


@event.listens_for(Contact, "before_insert")
def _new_key(_: Mapper[Contact], __: Connection, contact: Contact) -> None:
    _seal(contact, _to_seal(contact), new_sealed_key())


@event.listens_for(Contact, "after_insert")
def _keep_key(_: Mapper[Contact], connection: Connection, contact: Contact) -> None:
    if isinstance(contact.name, Known):
        connection.execute(insert(_KEYS).values(contact_id=contact.id, sealed_key=contact.name.sealed_key))


@event.listens_for(Contact, "before_update")
def _own_key(_: Mapper[Contact], connection: Connection, contact: Contact) -> None:
    """Raises LookupError for a person who was erased: nothing is written about it again."""
    names = _to_seal(contact)
    if not names:
        return
    key = connection.execute(select(_KEYS.c.sealed_key).where(_KEYS.c.contact_id == contact.id)).scalar()
    if key is None:
        raise LookupError(f"contact {contact.id} was erased")
    _seal(contact, names, key)
