"""A case at the branch review, on paper, and who holds what there."""

from models.rules import approval
from models.types import Door, SignerRule, Stage, Verdict
from tests.support.approval_cast import IDS, approve, named, opened
from tests.support.approval_paths import Move, PaperDesk, Seats

REVIEW = Stage.BRANCH_REVIEW

ALL_THREE = named("svc1", "legal", "both1", rule=SignerRule.ALL)


def review(plan: Seats | None = None) -> PaperDesk:
    """A case at branch review, signed as planned; `unit1` took the step before."""
    return approve(opened({REVIEW: plan} if plan else {}), "unit1")


def holder(desk: PaperDesk, number: str = "1") -> str | None:
    """Who the task of a seat is assigned to."""
    task = next(task for task in approval.step_tasks(desk.state) if task.signer_id == number)
    return desk.population.by_id(task.assignee_id)


def returned(desk: PaperDesk, who: str, seat: str = "1", to: Stage = Stage.DECLARED) -> PaperDesk:
    """Returned by one of the signers."""
    desk.do(Move("decide", who, seat, Verdict.RETURN, return_to=to))
    return desk


def caller(login: str) -> dict[str, object]:
    return {
        "update_id": "k",
        "content_hash": "x",
        "actor_id": IDS[login],
        "actor_name": login,
        "door": Door.API,
    }
