"""Bodies and answers of erasing a person 删除个人信息."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from api.schemas.base import Answer, Body
from models.types import ContactKind


class EraseBody(Body):
    """Why: the person's request, a finished purpose. It stands in the audit trail; no name of theirs."""

    reason: Annotated[str, StringConstraints(max_length=500)]


class PersonToEraseAnswer(Answer):
    """A contact, masked; how many service records name it and how many letters to it there are, 0 under a hold."""

    contact_id: UUID
    kind: ContactKind
    name: str
    title: str
    erased: bool
    service_records: int
    letters: int


class PersonsAnswer(Answer):
    """The people of a customer. `held`: a hold stands on it or on a case of it, and nobody is erased."""

    customer_no: str
    customer_name: str
    held: bool
    people: list[PersonToEraseAnswer]


class ErasedAnswer(Answer):
    """What named the person and names it no more."""

    contact_id: UUID
    service_records: int
    letters: int
