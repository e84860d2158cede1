"""A reviewer's correction of facts: an adjustment on the case, never on the book (decisions.md 11)."""

from datetime import datetime

from sqlmodel import Session

from models.messages.approval import ApprovalState
from models.messages.scoring import Correction, ScoreExplanation
from models.rules.eligibility import Applicant, Check, checks, refuse_failed
from models.rules.facts import PolicyYear, corrected
from models.rules.scoring import Scorer
from models.services.evaluation import LiveScore, score_one
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.evaluations import BookFactsStore
from models.tables.cases import Case, CaseScore
from models.tables.organisation import Institution


def corrections_of(session: Session, case: Case) -> tuple[Correction, ...]:
    """The adjustments that stand on the case, newest value of each fact."""
    latest: dict[tuple[str, int, str], Correction] = {}
    for score in CaseStore(session).scores(case.id):
        for item in score.corrections:
            correction = Correction.model_validate(item)
            latest[correction.policy_no, correction.year, correction.field.value] = correction
    return tuple(latest.values())


def correctable_facts(session: Session, case: Case) -> tuple[PolicyYear, ...]:
    """What a reviewer may correct: the policies of the evaluation year as they stand on the case, by policy number."""
    scorer = Scorer(rulebook_of(session, case.rulebook_version_id).rulebook.scoring, case.year)
    found = BookFactsStore(session).customer_facts(case.year, scorer.first_year, case.customer)
    if not found:
        return ()
    rows = corrected(found[0], corrections_of(session, case)).policy_years
    return tuple(sorted(row for row in rows if row.year == case.year))


def record_correction(
    session: Session, case: Case, added: tuple[Correction, ...], after: ApprovalState, at: datetime
) -> None:
    """Store the recomputed score beside the declared one and move the case's value.

    Raises NOT_FOUND for a policy that is not the customer's.
    """
    corrections = (*corrections_of(session, case), *added)
    score = _score(session, case, corrections).explanation
    CaseStore(session).add(
        CaseScore(
            case_id=case.id,
            step_no=after.step_no,
            round=after.round,
            value=score.value,
            explanation=score.model_dump(mode="json"),
            corrections=[item.model_dump(mode="json") for item in added],
            at=at,
        )
    )
    case.value = score.value


def preview(session: Session, case: Case, proposed: tuple[Correction, ...]) -> ScoreExplanation:
    """The score with a reviewer's proposal on top of what was corrected before; writes nothing.

    Raises INVALID_INPUT for a policy that is not the customer's.
    """
    return _score(session, case, (*corrections_of(session, case), *proposed)).explanation


def refuse_ineligible(session: Session, case: Case, state: ApprovalState) -> None:
    """Ask the checks again at the final approval: facts may have moved since. Raises NOT_ELIGIBLE."""
    refuse_failed(checks_of(session, case, state))


def checks_of(session: Session, case: Case, state: ApprovalState) -> tuple[Check, ...]:
    """资格核对 of a case as it stands: its own value (adjustments included), today's flags, arrears and policies."""
    live = _score(session, case, corrections_of(session, case))
    institution = session.get(Institution, case.institution_code)
    applicant = Applicant(
        tier=state.tier,
        seat_kind=state.seat_kind,
        value=case.value,
        is_new_customer=live.explanation.new_customer,
        region_class=institution.region_class if institution else 1,
        ineligible=live.ineligible,
        in_points=live.explanation.points is not None,
    )
    return checks(rulebook_of(session, case.rulebook_version_id).rulebook.tiers, applicant)


def _score(session: Session, case: Case, corrections: tuple[Correction, ...]) -> LiveScore:
    rulebook = rulebook_of(session, case.rulebook_version_id).rulebook
    return score_one(session, case.customer, case.year, rulebook, corrections)
