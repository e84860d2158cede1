"""咨询投诉, 附件五: its record from the registration to the customer's view, through every life of it."""

from typing import Any

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.service import ServiceState, StartComplaint
from models.messages.service_acts import (
    CloseComplaint,
    GradeComplaint,
    InvestigateComplaint,
    JudgeComplaint,
    ReopenService,
    ReplyComplaint,
)
from models.rules.calendar import local_date
from models.rules.service.facts import OpeningFacts
from models.service_types import ComplaintGrade, ComplaintSheet
from models.services.servicing import record_numbers
from models.services.servicing.effects.base import Effect, Ground, Intake, Step, clock_named, in_time
from models.services.servicing.naming import said_about
from models.services.servicing.posts import opener, serving_at
from models.services.servicing.promises import promised_answers, tier_of
from models.stores.customers import contacts_of
from models.stores.services import ServiceStore
from models.tables.cases import Case
from models.tables.service import ComplaintRecord
from models.types import CaseKind

_FORMS = {
    ComplaintSheet.INQUIRY: record_numbers.INQUIRY,
    ComplaintSheet.COMPLAINT: record_numbers.COMPLAINT,
}


def intake(session: Session, start: StartComplaint, ground: Ground) -> Intake:
    """Who answers how fast; an inquiry is never serious. Raises INVALID_INPUT."""
    _check(session, start)
    rules = ground.rulebook.keeping.complaint
    tier = tier_of(session, start.customer_no, local_date(start.received_at))
    serving = serving_at(session, rules.role, rules.lead_role, start.institution_code)
    is_complaint = start.sheet is ComplaintSheet.COMPLAINT
    return Intake(
        OpeningFacts(
            case_id=start.case_id,
            kind=CaseKind.COMPLAINT,
            tier=tier,
            customer_no=start.customer_no,
            **serving._asdict(),
            opened_by=opener(session, start, serving, None),
            received_at=start.received_at,
            promises=promised_answers(ground.rulebook, start.sheet, tier),
            confirm_working_days=rules.view_working_days,
            reopen_working_days=rules.reopen_working_days if is_complaint else 0,
            sheet=start.sheet,
            grade=start.grade,
        )
    )


def opened(session: Session, case: Case, start: StartComplaint, state: ServiceState) -> None:
    """附件五 as it is registered."""
    reply, close = clock_named(state, "reply"), clock_named(state, "close")
    if reply is None:
        raise RuntimeError(f"complaint {case.id} has no clock for its first reply")
    year = local_date(case.opened_at).year
    ServiceStore(session).add(
        ComplaintRecord(
            case_id=case.id,
            record_no=record_numbers.record_no(session, _FORMS[start.sheet], case.institution_code, year),
            customer_no=case.customer,
            institution_code=case.institution_code,
            sheet=start.sheet,
            grade=start.grade,
            channel=start.channel,
            contact_id=start.contact_id,
            complainant=said_about(session, start.contact_id, start.complainant),
            phone=said_about(session, start.contact_id, start.phone, gone=""),
            subject=start.subject,
            matter=start.matter,
            received_at=start.received_at,
            reply_due_at=reply.deadline.due_at,
            close_due_at=close.deadline.due_at if close else None,
        )
    )


def stepped(session: Session, case: Case, step: Step) -> None:
    """What the act changes on the form."""
    store, row = ServiceStore(session), _row(session, case)
    if isinstance(step.act, ReopenService):
        _begin_again(row)
    _write(row, step)
    _follow(row, step.after)
    store.add(row)


def redated(session: Session, case: Case, after: ServiceState) -> None:
    """A published calendar moved the deadlines."""
    row = _row(session, case)
    _follow(row, after)
    ServiceStore(session).add(row)


def _write(row: ComplaintRecord, step: Step) -> None:
    act = step.act
    if isinstance(act, GradeComplaint):
        row.grade = act.grade
    elif isinstance(act, ReplyComplaint):
        row.first_reply, row.late_reason = act.text, act.late_reason
    elif isinstance(act, InvestigateComplaint):
        row.investigation = f"{row.investigation}\n{act.text}".strip()
    elif isinstance(act, JudgeComplaint):
        row.justified, row.handling = act.justified, act.handling
    elif isinstance(act, CloseComplaint):
        row.customer_view, row.view_text, row.leader_opinion = act.customer_view, act.view_text, act.leader_opinion
        row.late_reason = act.late_reason or row.late_reason


def _follow(row: ComplaintRecord, after: ServiceState) -> None:
    reply, close = clock_named(after, "reply"), clock_named(after, "close")
    row.handler_id, row.handler_name = after.handler_id, after.handler_name
    if reply is not None:
        row.reply_due_at, row.first_reply_at = reply.deadline.due_at, reply.finished_at
        row.reply_in_time = in_time(reply)
    if close is not None:
        row.close_due_at = close.deadline.due_at
    row.closed_at = after.acts[-1].at if after.outcome is not None else None
    row.closed_in_time = in_time(close) if close is not None and after.outcome is not None else None


def _begin_again(row: ComplaintRecord) -> None:
    """重新打开: the life that ended is kept in brief; what people wrote stays until it is written anew."""
    row.lives = [*row.lives, _life(row)]
    row.justified = row.customer_view = row.late_reason = None


def _life(row: ComplaintRecord) -> dict[str, Any]:
    """Instants and results of a life; no text that people typed but the reason for being late."""
    kept = {"first_reply_at", "reply_due_at", "reply_in_time", "closed_at", "close_due_at", "closed_in_time"}
    kept |= {"justified", "customer_view", "grade", "handler_name"}
    life: dict[str, Any] = row.model_dump(mode="json", include=kept)
    return life


def _row(session: Session, case: Case) -> ComplaintRecord:
    row = ServiceStore(session).complaint(case.id)
    if row is None:
        raise RuntimeError(f"case {case.id} has no complaint record")
    return row


def _check(session: Session, start: StartComplaint) -> None:
    errors = []
    if start.sheet is ComplaintSheet.INQUIRY and start.grade is ComplaintGrade.SERIOUS:
        errors.append({"field": "grade", "reason": "complaints_only"})
    known = {contact.id for contact in contacts_of(session, start.customer_no)}
    if start.contact_id is not None and start.contact_id not in known:
        errors.append({"field": "contact_id", "reason": "unknown_contact"})
    if errors:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(errors), errors=errors)


EFFECT = Effect(intake=intake, opened=opened, stepped=stepped, redated=redated)
