"""报超限审批 before it is sent: authorised, loaded and written as a message."""

from decimal import Decimal

from sqlmodel import Session

from api.act_base import act_fields, now
from api.acts import Prepare
from api.deps import Action, Caller
from api.spend_reading import reader_of
from models.errors import DomainError, ErrorCode
from models.identifiers import approval_id
from models.messages.envelope import ApprovalStart
from models.messages.lone_approval import StartApproval
from models.services.approval import lone
from models.services.idempotency import Key
from models.services.spend import over_limit
from models.stores.cases import CaseStore
from models.stores.spend import SpendStore
from models.tables.columns import new_id


def ask_over_limit(caller: Caller, key: Key, year: int, customer_no: str, *, total: Decimal, reason: str) -> Prepare:
    """Up to which total the year may go. Raises NOT_FOUND, and what the subject refuses."""

    def prepare(session: Session) -> ApprovalStart:
        plan = SpendStore(session).plan(customer_no, year, reader_of(caller, Action.ASK_OVER_LIMIT))
        if plan is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        attempt = len(SpendStore(session).requests(plan.id)) + 1
        membership = SpendStore(session).membership(plan)
        about = CaseStore(session).get(membership.case_id) if membership else None
        start = StartApproval(
            **act_fields(caller, key, reason),
            case_id=new_id(),
            workflow_id=approval_id(over_limit.SPEND, f"{year}-{customer_no}", attempt),
            subject=over_limit.SPEND,
            customer_no=customer_no,
            year=year,
            attempt=attempt,
            subject_case_id=about.id if about else None,
            reason=reason,
            facts=over_limit.facts_of(total),
        )
        lone.check(session, start, now())
        return ApprovalStart(act=start)

    return prepare
