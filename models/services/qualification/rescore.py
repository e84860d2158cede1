"""A reviewer's correction of facts: an adjustment on the case, never on the book (decisions.md 11)."""

from datetime import datetime

from sqlmodel import Session

from models.messages.approval import ApprovalState, Correct
from models.messages.scoring import Correction
from models.services.evaluation import score_one
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.tables.cases import Case, CaseScore


def corrections_of(session: Session, case: Case) -> tuple[Correction, ...]:
    """The adjustments that stand on the case, newest value of each fact."""
    latest: dict[tuple[str, int, str], Correction] = {}
    for score in CaseStore(session).scores(case.id):
        for item in score.corrections:
            correction = Correction.model_validate(item)
            latest[correction.policy_no, correction.year, correction.field.value] = correction
    return tuple(latest.values())


def record_correction(session: Session, case: Case, act: Correct, after: ApprovalState, at: datetime) -> None:
    """Store the recomputed score beside the declared one and move the case's value.

    Raises NOT_FOUND for a policy that is not the customer's.
    """
    corrections = (*corrections_of(session, case), *act.corrections)
    rulebook = rulebook_of(session, case.rulebook_version_id).rulebook
    score = score_one(session, case.customer_no, case.year, rulebook, corrections).explanation
    CaseStore(session).add(
        CaseScore(
            case_id=case.id,
            step_no=after.step_no,
            round=after.round,
            value=score.value,
            explanation=score.model_dump(mode="json"),
            corrections=[item.model_dump(mode="json") for item in act.corrections],
            at=at,
        )
    )
    case.value = score.value
