"""考核: branches of a year by points, one branch with its proof, and the facts behind each figure."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.assessment_acts import place_of
from api.assessment_answers import ASSESSMENT, counted, name_of
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.assessment_view import branch_page, year_page
from api.pages.facts_view import facts_page
from api.pages.i18n import _
from api.pages.lists import TrailDep, href
from api.pages.render import render
from api.paging import PagingDep
from api.routes.assessment import position_of
from api.routes.evaluations import YearPath
from models.messages.assessment import DEDUCTION
from models.rules.calendar import local_date
from models.services.assessment.facts import RETURNED
from models.services.assessment.overview import BranchView, branch_view, facts_behind

router = APIRouter(prefix=ASSESSMENT)
ReaderDep = Annotated[Caller, require(Action.READ_ASSESSMENT)]
Version = Annotated[str, Query(max_length=8)]


@router.get("", dependencies=[require(Action.READ_ASSESSMENT)])
def newest() -> Response:
    """To this year."""
    return RedirectResponse(f"{ASSESSMENT}/{local_date(datetime.now(UTC)).year}", status_code=303)


@router.get("/{year}")
def show_year(request: Request, year: YearPath, database: DatabaseDep, caller: ReaderDep) -> Response:
    """Branches within the reader's institutions."""
    with database.read() as session:
        model = year_page(request, caller, session, year, datetime.now(UTC))
    return render(request, "pages/assessment.html", model)


@router.get("/{year}/{institution_code}")
def show_branch(
    request: Request,
    year: YearPath,
    institution_code: str,
    database: DatabaseDep,
    caller: ReaderDep,
    *,
    version: Version = "",
) -> Response:
    """One branch: what stands, or the version asked for."""
    place = place_of(caller, Action.READ_ASSESSMENT, year, institution_code)
    with database.read() as session:
        model = branch_page(request, caller, session, place, version)
    return render(request, "pages/assessment_branch.html", model)


@router.get("/{year}/{institution_code}/facts/{item}")
def show_facts(
    request: Request,
    year: YearPath,
    institution_code: str,
    item: str,
    database: DatabaseDep,
    *,
    paging: PagingDep,
    trail: TrailDep,
    caller: ReaderDep,
    version: Version = "",
) -> Response:
    """The records behind one figure, with their sum."""
    place, now = place_of(caller, Action.READ_ASSESSMENT, year, institution_code), datetime.now(UTC)
    with database.read() as session:
        found = facts_behind(session, place, item, version, now, after=position_of(paging), limit=paging.fetch)
        view = branch_view(session, place, version, now)
        model = facts_page(
            request,
            caller,
            session,
            found,
            paging,
            title=_item_name(view, item),
            headline=_("%(branch)s %(year)s 年度考核", branch=view.branch.name, year=year),
            sum_text=_sum_text(view, item),
            current="assessment",
            back=href(f"{ASSESSMENT}/{year}/{institution_code}", {"version": version}),
            query={"version": version},
            trail=trail,
            today=local_date(now),
        )
    return render(request, "pages/facts.html", model)


def _item_name(view: BranchView, item: str) -> str:
    """扣分, the return rate, or the indicator."""
    names = {DEDUCTION: _("扣分：成立投诉"), RETURNED: _("问卷发放与回收")}
    return names.get(item) or name_of(view.rules, item)


def _sum_text(view: BranchView, item: str) -> str:
    if item == DEDUCTION:
        return _("合计 %(n)s 件", n=view.assessed.justified)
    if item == RETURNED:
        sheets = next((one.sheets for one in view.facts.measured if one.sheets is not None), None)
        sent, returned = (sheets.sent, sheets.returned) if sheets else (0, 0)
        return _("合计 %(of)s 项，其中达标 %(good)s 项", of=sent, good=returned)
    good, of = counted(view.facts, item)
    rule = next((one for one in view.rules.indicators if one.code == item), None)
    if rule is not None and rule.unit == "points":
        return _("合计 %(of)s 份，总分 %(good)s", of=of, good=f"{good:f}")
    return _("合计 %(of)s 项，其中达标 %(good)s 项", of=of, good=f"{good:f}")
