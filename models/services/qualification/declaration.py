"""What a declaration 申报 needs to be allowed, and the facts it is judged by (regulation 2.3, 2.4)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import RouteStep
from models.messages.scoring import Correction, ScoreExplanation
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.rules.eligibility import Applicant, Check, checks, refuse_failed
from models.rules.routing import route
from models.services.evaluation import score_one
from models.services.rulebooks import InForce, rulebook_in_force, rulebook_of
from models.services.season.guard import has_right_to_declare, refuse_settled
from models.stores.cases import CaseStore
from models.stores.evaluations import EvaluationStore
from models.stores.people import PeopleStore
from models.tables.book import Customer
from models.tables.evaluation import RankingRow
from models.tables.organisation import Institution
from models.types import InstitutionLevel, SeatKind, Tier


@dataclass(frozen=True)
class Request:
    """What a declarant asks for."""

    customer_no: str
    year: int
    tier: Tier
    seat_kind: SeatKind
    reason: str
    late_reason: str | None = None
    signers: tuple[UUID, ...] = ()
    """Whom the declarant names where a step leaves the choice to it (申报人指定)."""


@dataclass(frozen=True)
class Prepared:
    """A declaration with everything it is judged by."""

    customer: Customer
    institutions: tuple[Institution, ...]
    rulebook: Rulebook
    rulebook_version_id: UUID
    score: ScoreExplanation
    ranking: RankingRow | None
    route: tuple[RouteStep, ...]
    checks: tuple[Check, ...]
    is_late: bool


def prepare(session: Session, request: Request, at: datetime, corrections: tuple[Correction, ...] = ()) -> Prepared:
    """Score, route and obstacles of a declaration, without refusing it: the form shows this live.

    Raises NOT_FOUND for an unknown customer.
    """
    customer = session.get(Customer, request.customer_no)
    if customer is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    rulebook, version = _rules_of(session, request.year, at)
    institutions = tuple(PeopleStore(session).ancestry(customer.institution_code))
    live = score_one(session, request.customer_no, request.year, rulebook, corrections)
    score = live.explanation
    levels = {InstitutionLevel(item.level): item.code for item in institutions}
    applicant = Applicant(
        tier=request.tier,
        seat_kind=request.seat_kind,
        value=score.value,
        is_new_customer=score.new_customer,
        region_class=institutions[0].region_class,
        ineligible=live.ineligible,
        in_points=score.points is not None,
    )
    return Prepared(
        customer=customer,
        institutions=institutions,
        rulebook=rulebook,
        rulebook_version_id=version.id,
        score=score,
        ranking=session.get(RankingRow, (request.year, request.customer_no)),
        route=route(rulebook.procedure, levels, year=request.year, tier=request.tier, seat_kind=request.seat_kind),
        checks=checks(rulebook.tiers, applicant),
        is_late=not has_right_to_declare(session, request.year, request.customer_no)
        and _is_late(rulebook, request.year, local_date(at), new_customer=score.new_customer),
    )


def check(session: Session, request: Request, at: datetime, *, declarant: UUID) -> Prepared:
    """`prepare`, refused where it may not go on.

    Raises DUPLICATE_CASE, NOT_ELIGIBLE, REASON_REQUIRED (no reason, or late without one), INVALID_INPUT for signers
    that a step asks for and that are missing, disabled, unknown, the declarant itself, or asked for by no step.
    """
    cases = CaseStore(session)
    if cases.open_qualification(request.year, request.customer_no) is not None:
        raise DomainError(ErrorCode.DUPLICATE_CASE)
    refuse_settled(session, request.year, request.customer_no)
    approved = {case.tier for case in cases.approved(request.year, request.customer_no)}
    if approved & {request.tier, Tier.GOLD}:
        raise DomainError(ErrorCode.DUPLICATE_CASE)
    prepared = prepare(session, request, at)
    refuse_failed(prepared.checks)
    if not request.reason.strip() or (prepared.is_late and not (request.late_reason or "").strip()):
        raise DomainError(ErrorCode.REASON_REQUIRED)
    _check_signers(session, prepared.route, request.signers, declarant)
    return prepared


def leaves_a_choice(route: tuple[RouteStep, ...]) -> bool:
    """Whether the declarant names who signs one of the steps."""
    return any(spec.choice for step in route if step.institution_code for spec in step.signers)


def _check_signers(session: Session, route: tuple[RouteStep, ...], signers: tuple[UUID, ...], declarant: UUID) -> None:
    accounts = [PeopleStore(session).account(account_id) for account_id in signers]
    if leaves_a_choice(route):
        reason = "not_enabled" if any(one is None or one.disabled_at is not None for one in accounts) else ""
        reason = "yourself" if declarant in signers else reason
        reason = reason if signers else "missing"
    else:
        reason = "not_asked" if signers else ""
    if reason:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "signers", "reason": reason}])


def _rules_of(session: Session, year: int, at: datetime) -> InForce:
    """The rules the year's list was made by, so that case and list compare; today's while there is no list."""
    evaluation = EvaluationStore(session).get(year)
    if evaluation is not None:
        return rulebook_of(session, evaluation.rulebook_version_id)
    return rulebook_in_force(session, local_date(at))


def _is_late(rulebook: Rulebook, year: int, today: date, *, new_customer: bool) -> bool:
    procedure = rulebook.procedure
    if new_customer and procedure.window_mid_year.contains(today) and today.year == year + 1:
        return False
    opens, closes = date(year, 12, 31), procedure.steps[0].due_on(year)
    return not opens <= today <= closes
