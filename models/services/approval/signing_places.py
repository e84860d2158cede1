"""Where a lone approval is signed: the institution whose post decides what somebody below it asks for."""

from uuid import UUID

from sqlmodel import Session

from models.stores.people import PeopleStore
from models.types import Role


def signing_institution(session: Session, role: Role, institution_code: str, asking: UUID) -> str:
    """The nearest institution with somebody else in the post; without one, the nearest that has the post, else its own.

    There operations are told that nobody may act (no silent pass).
    """
    people = PeopleStore(session)
    codes = [item.code for item in people.ancestry(institution_code)]
    staffed = (code for code in codes if people.holder_ids(role, code) - {asking})
    held = (code for code in codes if people.holder_ids(role, code))
    return next(staffed, None) or next(held, None) or institution_code
