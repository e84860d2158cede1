"""`/ops/releases` 发布检查: can a release go on with the cases that run? By type, and each that cannot."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.desk import Desk, desk_of
from api.pages.format import stamp, whole
from api.pages.i18n import _
from api.pages.render import render
from api.pages.view.common import EmptyState, Strip, StripTone, Tag, TagTone
from api.pages.view.releases import CheckPanel, KindRow, Problem, ReleasesPage
from api.pages.words import word
from api.routes.ops_releases import SHOWN
from models.services import releases
from models.services.releases import ReleaseCheck
from models.types import CaseKind

router = APIRouter(prefix="/ops/releases")


@router.get("")
def show(request: Request, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_OPS)]) -> Response:
    """The last checks; they are made from the command line, with the release that is to be deployed."""
    with database.read() as session:
        model = _page(desk_of(request, session, caller), releases.newest(session, SHOWN))
    return render(request, "pages/ops_releases.html", model)


def _page(desk: Desk, checks: list[ReleaseCheck]) -> ReleasesPage:
    return ReleasesPage(
        shell=desk.shell("ops-releases"),
        title=_("发布检查"),
        json_href="/api/v1/ops/releases",
        strips=_strips(checks[:1]),
        checks=tuple(_panel(check, desk.now) for check in checks),
        empty=None if checks else EmptyState(text=_("还没有检查过。"), icon="clock"),
    )


def _strips(newest: list[ReleaseCheck]) -> tuple[Strip, ...]:
    if not any(check.failed for check in newest):
        return ()
    text = _("最近一次检查没有通过：发布后这些流程会停住。请先修正，再检查一次。")
    return (Strip(text=text, tone=StripTone.WARN, icon="alert"),)


def _panel(check: ReleaseCheck, now: datetime) -> CheckPanel:
    failed = sum(check.failed.values())
    verdict = Tag(text=_("不可发布"), tone=TagTone.BAD) if failed else Tag(text=_("可以发布"), tone=TagTone.OK)
    return CheckPanel(
        title=check.release,
        hint=_("%(when)s，%(by)s", when=stamp(check.at, now), by=check.actor),
        verdict=verdict,
        rows=tuple(
            KindRow(kind=_word(kind), passed=whole(check.passed.get(kind, 0)), failed=whole(check.failed.get(kind, 0)))
            for kind in sorted({*check.passed, *check.failed})
        ),
        problems=tuple(Problem(workflow_id=one.workflow_id, text=one.problem or "") for one in check.problems),
    )


def _word(kind: str) -> str:
    """Wire names of workflows are those of kinds of case, where there is such a kind."""
    return word(CaseKind(kind)) if kind in set(CaseKind) else kind
