"""Inquiries and complaints before they are sent: registered where they are to be served, acts written as messages."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any, Self, cast
from uuid import UUID

from sqlmodel import Session

from api import service_acts
from api.act_base import known_person
from api.acts import Prepare, Standing
from api.complaint_answers import visible_complaint
from api.schemas.complaints import InquiryBody, ServiceActBody
from api.security.caller import Caller
from api.security.policy import Action, holders
from models.errors import DomainError, ErrorCode
from models.messages import service_acts as messages
from models.messages.envelope import Envelope
from models.messages.handing import Target
from models.messages.service import ServiceState
from models.messages.service_acts import ServiceAct
from models.service_types import ComplaintGrade, ComplaintSheet, IntakeChannel
from models.services.authority import is_authorised
from models.services.idempotency import Key
from models.services.rulebooks import rulebook_of
from models.stores.complaints import ComplaintRow

ACTS: Mapping[str, type[messages.OnService]] = {
    "accept": messages.AcceptService,
    "assign": messages.AssignService,
    "reply": messages.ReplyComplaint,
    "investigate": messages.InvestigateComplaint,
    "grade": messages.GradeComplaint,
    "judge": messages.JudgeComplaint,
    "complete": messages.CompleteService,
    "close": messages.CloseComplaint,
    "reopen": messages.ReopenService,
}
"""Every act on an inquiry or a complaint by the last part of its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A registration as it was asked for."""

    sheet: ComplaintSheet
    customer_no: str
    grade: ComplaintGrade = ComplaintGrade.ORDINARY
    contact_id: UUID | None = None
    channel: IntakeChannel = IntakeChannel.PHONE
    complainant: str = ""
    phone: str = ""
    subject: str = ""
    matter: str = ""
    received_at: datetime | None = None

    @classmethod
    def of(cls, sheet: ComplaintSheet, body: InquiryBody, grade: ComplaintGrade = ComplaintGrade.ORDINARY) -> Self:
        """What a JSON body asks for."""
        return cls(sheet=sheet, **body.model_dump(exclude={"grade"}), grade=grade)

    def content(self) -> dict[str, Any]:
        """What makes two registrations the same request."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def register(caller: Caller, key: Key, wanted: Wanted) -> Prepare:
    """登记. Raises NOT_FOUND for an unknown customer, INVALID_INPUT."""
    return service_acts.register(caller, key, **wanted.content())


def act(caller: Caller, key: Key, case_id: UUID, name: str, body: ServiceActBody) -> Prepare:
    """The act of a name (`ACTS`) with what its body says.

    Raises NOT_FOUND, INVALID_INPUT and BAD_TRANSFER_TARGET for whom it names, and what the rules refuse.
    """

    def prepare(session: Session) -> Envelope | Standing:
        row = visible_complaint(session, caller, case_id)
        given = body.model_dump()
        given["comment"] = given["comment"].strip()
        if name == "assign":
            given["to"] = _target(session, row, given["to"])
        build = partial(_built, name, given)
        return service_acts.on_service(caller, key, case_id, build)(session)

    return prepare


def _built(name: str, given: Mapping[str, Any], who: Mapping[str, Any]) -> ServiceAct:
    made = ACTS[name](**{**who, **given})
    return cast("ServiceAct", made)


def may_not_open() -> DomainError:
    """The refusal of somebody who may not read what people said."""
    return DomainError(ErrorCode.NOT_ALLOWED, who="、".join(role.value for role in holders(Action.OPEN_COMPLAINT_TEXT)))


def _target(session: Session, row: ComplaintRow, to: UUID) -> Target:
    account = known_person(session, to)
    state = ServiceState.model_validate(row.case.state)
    desk = rulebook_of(session, row.case.rulebook_version_id).rulebook.desk
    allowed = is_authorised(session, desk, to, state.role, state.institution_code)
    return Target(account_id=account.id, name=account.name, authorised=allowed)
