"""申诉 of a branch about one indicator or the deduction of its confirmed year: a lone approval of head office.

Upheld, what the branch asked for is put in place in the next version of the result, which stands at once; the facts
behind it stay those of the version appealed against.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, RouteStep
from models.messages.assessment import DEDUCTION, Correction, Kept
from models.messages.lone_approval import StartApproval
from models.rules.assessment import assess
from models.rules.calendar import local_date
from models.service_types import AssessmentCause
from models.services.approval.subjects import Subject, register
from models.services.assessment.keeping import Made, digest_of, kept_of, mark_confirmed, next_version
from models.services.desk.acting import Actor, invalid
from models.services.rulebooks import rulebook_of
from models.stores.assessment import AssessmentStore
from models.stores.fact_sources import YEAR_PERIOD
from models.stores.people import PeopleStore
from models.tables.assessment import AssessmentAppeal, AssessmentResult
from models.tables.cases import Case
from models.tables.columns import new_id
from models.types import Door, InstitutionLevel, Role, Stage

ASSESSMENT_APPEAL = "assessment"
MAY_APPEAL = (Role.BR_SVC, Role.BR_LEAD)
HIGHEST = Decimal(100)
_LARGEST = 9
"""Power of ten beyond which nothing that is asked for can be rounded, nor is meant."""
_STEPS = ((Stage.HQ_REVIEW, Role.HQ_VIP), (Stage.HQ_APPROVAL, Role.HQ_LEAD))


def facts_of(item: str, asked: str) -> dict[str, str]:
    """What the start of an appeal carries."""
    return {"item": item, "asked": asked.strip()}


def standing(session: Session, year: int, branch: str) -> AssessmentResult | None:
    """The newest confirmed version of a branch's year."""
    versions = AssessmentStore(session).versions(year, branch, YEAR_PERIOD)
    return next((row for row in versions if row.confirmed_at is not None), None)


def takes_appeals(row: AssessmentResult | None, at: datetime) -> bool:
    """Whether a branch may appeal against this version now."""
    return row is not None and row.appeals_until is not None and at <= row.appeals_until


def value_of(kept: Kept, item: str) -> Decimal | None:
    """What stands for an item: points deducted, or the actual value; None where there is nothing to appeal against."""
    if item == DEDUCTION:
        return kept.assessed.deduction or None
    return next((score.actual for score in kept.assessed.indicators if score.code == item), None)


def may_start(session: Session, start: StartApproval, at: datetime) -> None:
    """Raises NOT_FOUND without a confirmed result, APPEALS_CLOSED behind its window, NOT_ALLOWED without a post at the
    branch, INVALID_INPUT for an item or a value that cannot be appealed for, DUPLICATE_CASE beside an appeal about the
    same item that is open, or was decided on the facts of this version."""
    row = _confirmed(session, start)
    if not takes_appeals(row, at):
        raise DomainError(
            ErrorCode.APPEALS_CLOSED, until=row.appeals_until.isoformat() if row.appeals_until else at.isoformat()
        )
    people = PeopleStore(session)
    if not any(people.holds(start.actor_id, role, row.institution_code) for role in MAY_APPEAL):
        raise DomainError(ErrorCode.NOT_ALLOWED, who="、".join(role.value for role in MAY_APPEAL))
    _old_and_new(row, start)
    if start.facts["item"] in AssessmentStore(session).appealed(row):
        raise DomainError(ErrorCode.DUPLICATE_CASE)


def route(session: Session, start: StartApproval, at: datetime) -> tuple[RouteStep, ...]:
    """Head office reviews and approves; each step has the usual allowance of working days."""
    above = PeopleStore(session).ancestry(start.institution_code or "")
    hq = next((item.code for item in above if item.level is InstitutionLevel.HQ), None)
    return tuple(
        RouteStep(stage=stage, role=role, institution_code=hq, due_on=local_date(at), may_reject=True)
        for stage, role in _STEPS
    )


def keep(session: Session, case: Case, start: StartApproval, _at: datetime) -> None:
    """What stood and what is asked for, beside the case."""
    row = _confirmed(session, start)
    old, new = _old_and_new(row, start)
    AssessmentStore(session).add(
        AssessmentAppeal(
            case_id=case.id,
            result_id=row.id,
            year=row.year,
            institution_code=row.institution_code,
            item=start.facts["item"],
            old=old,
            new=new,
        )
    )


def uphold(session: Session, case: Case, state: ApprovalState, at: datetime) -> None:
    """成立: the correction is recorded and taken in by the next version, in the transaction of the last decision."""
    store = AssessmentStore(session)
    appeal = store.appeal(case.id)
    if appeal is None or appeal.upheld_at is not None:
        return
    appeal.upheld_at = at
    store.add(appeal)
    versions = store.locked_versions(appeal.year, appeal.institution_code, YEAR_PERIOD)
    before = next(row for row in versions if row.confirmed_at is not None)
    decided = state.acts[-1]
    by = Actor(decided.actor_id or case.declared_by, decided.actor_name, Door.API, at)
    made = Made(AssessmentCause.APPEAL, at, by)
    row = _corrected(session, before, appeal, len(versions) + 1, made)
    row.case_id, row.appeals_until = case.id, before.appeals_until
    mark_confirmed(row, by)
    next_version(session, row, made)


def refuse(session: Session, case: Case, _state: ApprovalState, at: datetime) -> None:
    """不成立: the result stands."""
    appeal = AssessmentStore(session).appeal(case.id)
    if appeal is not None and appeal.rejected_at is None:
        appeal.rejected_at = at
        AssessmentStore(session).add(appeal)


def _corrected(
    session: Session, before: AssessmentResult, appeal: AssessmentAppeal, version: int, made: Made
) -> AssessmentResult:
    """The version before with one correction more, under the same rulebook."""
    kept = kept_of(before)
    correction = Correction(item=appeal.item, value=appeal.new)
    facts = kept.facts.model_copy(update={"corrections": (*kept.facts.corrections, correction)})
    assessed = assess(rulebook_of(session, before.rulebook_version_id).rulebook.assessment, facts)
    content = Kept(facts=facts, assessed=assessed, rulebook=kept.rulebook).model_dump(mode="json")
    return AssessmentResult(
        id=new_id(),
        year=before.year,
        institution_code=before.institution_code,
        period=YEAR_PERIOD,
        version=version,
        cause=made.cause,
        rulebook_version_id=before.rulebook_version_id,
        total=assessed.total,
        grade=assessed.grade,
        kept=content,
        digest=digest_of(content),
        facts_id=before.facts_id,
        reckoned_at=made.at,
        reckoned_by=made.by.account_id if made.by else None,
    )


def _confirmed(session: Session, start: StartApproval) -> AssessmentResult:
    row = standing(session, start.year, start.institution_code or "")
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def _old_and_new(row: AssessmentResult, start: StartApproval) -> tuple[Decimal, Decimal]:
    """What stands and what is asked for; only something better makes an appeal."""
    item, asked = start.facts.get("item", ""), start.facts.get("asked", "")
    old = value_of(kept_of(row), item)
    if old is None:
        raise invalid("item", "literal_error")
    try:
        new = Decimal(asked)
    except InvalidOperation as error:
        raise invalid("asked", "decimal_parsing") from error
    if not new.is_finite() or new.adjusted() > _LARGEST or new != round(new, 4):
        raise invalid("asked", "decimal_parsing")
    least, most = (Decimal(0), old) if item == DEDUCTION else (old, HIGHEST)
    if new == old or not least <= new <= most:
        raise invalid("asked", "greater_than" if new <= least else "less_than")
    return old, new


SUBJECT = register(
    Subject(
        name=ASSESSMENT_APPEAL,
        may_start=may_start,
        route=route,
        on_opened=keep,
        on_approved=uphold,
        on_rejected=refuse,
        opened_as="appeal_opened",
    )
)
