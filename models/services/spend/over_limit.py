"""报超限审批: a year above its limit takes a reason and the approval of the post that the rulebook names.

It is asked up to a total of the year; approved, the year may go so far. Nothing that was promised is blocked by it.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, RouteStep
from models.messages.lone_approval import StartApproval
from models.rulebook.schema.spend import SpendRules
from models.rules.calendar import local_date
from models.rules.spend import CENT
from models.services.approval.signing_places import signing_institution
from models.services.approval.subjects import Subject, register
from models.services.care.gifts import plain
from models.services.desk.acting import invalid
from models.services.rulebooks import rulebook_of
from models.services.spend.figures import of_plan
from models.stores.people import PeopleStore
from models.stores.spend import SpendStore
from models.tables.cases import Case
from models.tables.spend import OverLimitRequest, SpendPlan
from models.types import Role, Stage

SPEND = "spend"
MAY_ASK = (Role.MGR, Role.BR_SVC, Role.BR_LEAD)
_TOTAL = "total"
_TOO_MUCH = Decimal(10) ** 12


def facts_of(total: Decimal) -> dict[str, str]:
    """What the start of an approval carries: up to which total of the year, in yuan."""
    return {_TOTAL: str(total)}


def may_start(session: Session, start: StartApproval, _at: datetime) -> None:
    """Raises NOT_FOUND without an estimate, NOT_ALLOWED without a post at the owning institution and to a manager of
    other customers, SPEND_LIMIT_EXCEEDED where the rulebook lets no year go above its limit, INVALID_INPUT for a total
    within the limit, or below what the year comes to already."""
    plan, total = _asked(session, start)
    _refuse_others(session, start, plan)
    figures = of_plan(session, plan).figures
    if _rules(session, plan).over_limit == "block":
        raise DomainError(ErrorCode.SPEND_LIMIT_EXCEEDED, over=plain(max(figures.over, total - figures.ceiling)))
    if total <= figures.ceiling:
        raise invalid(_TOTAL, "within_the_limit")
    if total < figures.projected:
        raise invalid(_TOTAL, "below_the_estimate")


def route(session: Session, start: StartApproval, at: datetime) -> tuple[RouteStep, ...]:
    """One step: the post of the rulebook, at the owning institution or one above it."""
    plan, _total = _asked(session, start)
    role = _rules(session, plan).over_limit_role
    place = signing_institution(session, role, plan.institution_code, start.actor_id)
    day = local_date(at)
    return (RouteStep(stage=Stage.BRANCH_APPROVAL, role=role, institution_code=place, due_on=day, may_reject=True),)


def keep(session: Session, case: Case, start: StartApproval, at: datetime) -> None:
    """What was asked for, beside the case."""
    plan, total = _asked(session, start)
    plan.case_id, plan.updated_at = case.id, at
    store = SpendStore(session)
    store.add(plan)
    store.add(OverLimitRequest(case_id=case.id, plan_id=plan.id, asked_total=total, over=total - plan.spend_limit))


def approve(session: Session, case: Case, state: ApprovalState, at: datetime) -> None:
    """Approved: the year may go up to the total that was asked for."""
    store = SpendStore(session)
    asked = store.request(case.id)
    plan = store.get(asked.plan_id) if asked is not None else None
    if asked is None or plan is None or asked.approved_at is not None:
        return
    asked.approved_at = at
    plan.approved_total, plan.approved_at, plan.updated_at = asked.asked_total, at, at
    plan.approved_by = state.acts[-1].actor_name if state.acts else None
    store.add(asked)
    store.add(plan)


def refuse(session: Session, case: Case, _state: ApprovalState, at: datetime) -> None:
    """Refused: the limit holds."""
    asked = SpendStore(session).request(case.id)
    if asked is not None and asked.refused_at is None:
        asked.refused_at = at
        SpendStore(session).add(asked)


def _asked(session: Session, start: StartApproval) -> tuple[SpendPlan, Decimal]:
    try:
        total = Decimal(start.facts[_TOTAL]).quantize(CENT)
    except (KeyError, InvalidOperation) as error:
        raise invalid(_TOTAL, "decimal_parsing") from error
    if not total.is_finite():
        raise invalid(_TOTAL, "decimal_parsing")
    if total >= _TOO_MUCH:
        raise invalid(_TOTAL, "decimal_max_digits")
    plan = SpendStore(session).plan(start.customer, start.year)
    if plan is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return plan, total


def _rules(session: Session, plan: SpendPlan) -> SpendRules:
    return rulebook_of(session, plan.rulebook_version_id).rulebook.spend


def _refuse_others(session: Session, start: StartApproval, plan: SpendPlan) -> None:
    people = PeopleStore(session)
    codes = [item.code for item in people.ancestry(plan.institution_code)]
    held = {role for role in MAY_ASK for code in codes if people.holds(start.actor_id, role, code)}
    if not SpendStore(session).is_managed_by(plan, start.actor_id):
        held -= {Role.MGR}
    if not held:
        raise DomainError(ErrorCode.NOT_ALLOWED, who="、".join(role.value for role in MAY_ASK))


SUBJECT = register(
    Subject(name=SPEND, may_start=may_start, route=route, on_opened=keep, on_approved=approve, on_rejected=refuse)
)
