"""The people, routes and signer plans that the rule tests of the approval desk play with."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from models.errors import DomainError
from models.messages.approval import ApprovalState, PostRef, RouteStep, Signer
from models.messages.scoring import CorrectedField, Correction
from models.rulebook import load_builtin
from models.rules import approval
from models.rules.routing import route
from models.types import InstitutionLevel, Role, SeatKind, SignerRule, Stage, Tier
from tests.rules.calendars import published_calendar
from tests.support.approval_paths import Move, PaperDesk, Person, Population, Seats

START = datetime(2026, 1, 12, 2, tzinfo=UTC)
LEVELS = {InstitutionLevel.SUB_BRANCH: "BJ01", InstitutionLevel.BRANCH: "BJ", InstitutionLevel.HQ: "HQ"}
WHERE = {
    Role.UNIT_LEAD: "BJ01",
    Role.MGR: "BJ01",
    Role.BR_SVC: "BJ",
    Role.BR_LEAD: "BJ",
    Role.HQ_VIP: "HQ",
    Role.HQ_LEAD: "HQ",
    Role.OPS: "HQ",
}
DESK_ROLES = (Role.UNIT_LEAD, Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP, Role.HQ_LEAD)
CAST: dict[str, tuple[Role, ...]] = {
    "declarant": (*DESK_ROLES, Role.MGR),  # holds every post and still may sign nothing
    "colleague": (Role.MGR,),
    "unit1": (Role.UNIT_LEAD,),
    "unit2": (Role.UNIT_LEAD,),
    "svc1": (Role.BR_SVC,),
    "svc2": (Role.BR_SVC, Role.BR_LEAD),
    "lead1": (Role.BR_LEAD,),
    "lead2": (Role.BR_LEAD, Role.HQ_VIP),
    "vip1": (Role.HQ_VIP,),
    "vip2": (Role.HQ_VIP, Role.HQ_LEAD),
    "chief": (Role.HQ_LEAD,),
    "both1": DESK_ROLES,
    "both2": DESK_ROLES,
    "legal": (),
    "ops": (Role.OPS,),
}
IDS = {login: UUID(int=number) for number, login in enumerate(CAST, start=100)}
FACT = Correction(policy_no="P1", year=2025, field=CorrectedField.PREMIUM_RECEIVED, value=Decimal(1))


@cache
def population() -> Population:
    """Everybody of the cast."""
    people = {
        login: Person(login, IDS[login], tuple(PostRef(role=role, institution_code=WHERE[role]) for role in roles))
        for login, roles in CAST.items()
    }
    return Population(people, "declarant")


@cache
def steps(tier: Tier = Tier.GOLD) -> tuple[RouteStep, ...]:
    """The route of the built-in procedure through every level."""
    kind = SeatKind.RANKED if tier is Tier.GOLD else SeatKind.SILVER
    return route(load_builtin().procedure, LEVELS, year=2025, tier=tier, seat_kind=kind)


def seat(number: str, who: str | None = None, role: Role | None = None, group: str | None = None) -> Signer:
    """A seat of a step: a named person, or the queue of a post."""
    place = WHERE[role] if role else "BJ"
    account = IDS[who] if who else None
    return Signer(signer_id=number, role=role, institution_code=place, account_id=account, name=who or "", group=group)


def named(*logins: str, rule: SignerRule, **more: Any) -> Seats:
    """A step signed by named people."""
    return Seats(rule, tuple(seat(str(number), who) for number, who in enumerate(logins, start=1)), **more)


def grouped(**groups: tuple[str, ...]) -> Seats:
    """分组会签: one approval of each group."""
    pairs = [(group, who) for group, members in groups.items() for who in members]
    seats = tuple(seat(str(number), who, group=group) for number, (group, who) in enumerate(pairs, start=1))
    return Seats(SignerRule.PER_GROUP, seats)


def opened(
    plans: dict[Stage, Seats] | None = None,
    *,
    tier: Tier = Tier.GOLD,
    looks_at: dict[Stage, tuple[str, ...]] | None = None,
    route: tuple[RouteStep, ...] | None = None,
) -> PaperDesk:
    """A declared case on its first step, with the signers of each step as planned."""
    judged = looks_at or {}
    way = tuple(step.model_copy(update={"looks_at": judged.get(step.stage, ())}) for step in route or steps(tier))
    first = next(step for step in way if step.institution_code)
    state = ApprovalState(
        case_id=UUID(int=1),
        stage=first.stage,
        step_no=1,
        tier=tier,
        seat_kind=SeatKind.RANKED if tier is Tier.GOLD else SeatKind.SILVER,
        declared_by=IDS["declarant"],
        declarant_institution="BJ01",
        route=way,
        branch_approval_opened=first.stage is Stage.BRANCH_APPROVAL,
    )
    return PaperDesk(state, population(), plans or {}, published_calendar(2026), START, (FACT,))


def refused(desk: PaperDesk, move: Move) -> str | None:
    """Code and name of the refusal of a move, `not_your_task unit1`; None when it is taken. Nothing is done."""
    act = desk.act(move)
    assert act is not None, f"no task at {move.seat}"
    try:
        approval.check(desk.state, act)
    except DomainError as error:
        return " ".join(filter(None, (error.code.value, str(error.context.get("who", "")))))
    return None


def approve(desk: PaperDesk, *logins: str) -> PaperDesk:
    """One after another approves whichever open task is theirs."""
    for login in logins:
        tasks = approval.step_tasks(desk.state)
        moves = [Move("decide", login, task.signer_id) for task in tasks]
        desk.do(next(move for move in moves if desk.allows(move)))
    return desk
