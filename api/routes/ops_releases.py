"""`/ops/releases`: which release was replayed on the running cases, and what it could not go on with."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import Action, Caller, DatabaseDep, require
from api.schemas.releases import ReleaseCheckAnswer, ReleasesAnswer, ReplayProblem
from models.services import releases

SHOWN = 20
router = APIRouter(prefix="/ops/releases", tags=["ops"])


@router.get("")
def read_releases(
    database: DatabaseDep,
    _caller: Annotated[Caller, require(Action.READ_OPS)],
    limit: Annotated[int, Query(ge=1, le=100)] = SHOWN,
) -> ReleasesAnswer:
    """The last checks (`greenlane replay`), newest first; a release is kept only while its check is among them."""
    with database.read() as session:
        return ReleasesAnswer(items=[_answer(check) for check in releases.newest(session, limit)])


def _answer(check: releases.ReleaseCheck) -> ReleaseCheckAnswer:
    return ReleaseCheckAnswer(
        release=check.release,
        by=check.actor,
        at=check.at,
        passed=check.passed,
        failed=check.failed,
        problems=[_problem(one) for one in check.problems],
    )


def _problem(one: releases.CaseReplay) -> ReplayProblem:
    return ReplayProblem(workflow_id=one.workflow_id, kind=one.kind, problem=one.problem or "")
