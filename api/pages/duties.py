"""岗位职责: what each post owes in a month, done or not, and the rows behind each number."""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.assessment_answers import named
from api.deps import Action, Caller, DatabaseDep, require
from api.duties_shown import ALL, Wanted, duty_facts, duty_lines, readable_roles
from api.pages.facts_view import DONE, facts_page
from api.pages.i18n import _, language
from api.pages.lists import TrailDep, href
from api.pages.render import render
from api.pages.serves import article_href, article_label
from api.pages.shell import shell_for
from api.pages.view.assessment import DutiesPage, DutyRow, PostDuties
from api.pages.view.common import Article, Link, Option, Tag, TagTone
from api.pages.words import word
from api.paging import PagingDep
from api.routes.assessment import position_of
from models.rules.calendar import local_date
from models.services.post_duties import DutyLine
from models.services.rulebooks import rulebook_in_force
from models.types import Role

router = APIRouter(prefix="/duties")
ReaderDep = Annotated[Caller, require(Action.READ_DUTIES)]
Month = Annotated[str, Query(max_length=7)]
RoleText = Annotated[str, Query(max_length=20)]


@router.get("")
def show_duties(
    request: Request, database: DatabaseDep, caller: ReaderDep, *, month: Month = "", role: RoleText = ""
) -> Response:
    """Duties of the reader's own posts, of one post, or of all within its institutions."""
    now = datetime.now(UTC)
    with database.read() as session:
        shown, lines = duty_lines(session, caller, role, month, now)
        roles = readable_roles(session, rulebook_in_force(session, local_date(now)).rulebook, caller)
    model = DutiesPage(
        shell=shell_for(request, caller, current="duties"),
        title=_("岗位职责"),
        phone_title=_("岗位职责"),
        json_href=href("/api/v1/duties", {"month": shown, "role": role}),
        headline=_month_word(shown),
        months=tuple(_months(shown, role)),
        roles=_roles(roles, role),
        month=shown,
        posts=tuple(
            PostDuties(post=named(post), rows=tuple(_row(line, shown) for line in of_post))
            for post, of_post in groupby(lines, key=lambda line: line.post)
        ),
    )
    return render(request, "pages/duties.html", model)


@router.get("/{role}/{number}/facts")
def show_duty_facts(
    request: Request,
    role: Role,
    number: int,
    database: DatabaseDep,
    paging: PagingDep,
    *,
    trail: TrailDep,
    caller: ReaderDep,
    month: Month = "",
) -> Response:
    """The rows behind the number of one duty."""
    now, wanted = datetime.now(UTC), Wanted(role, number, month)
    with database.read() as session:
        duty, found = duty_facts(session, caller, wanted, now, after=position_of(paging), limit=paging.fetch)
        model = facts_page(
            request,
            caller,
            session,
            found,
            paging,
            title=duty.text_en if language() == "en" else duty.text_zh,
            headline=f"{word(role)} {_month_word(month or f'{local_date(now):%Y-%m}')}",
            current="duties",
            back=href("/duties", {"month": month, "role": role.value}),
            query={"month": month},
            trail=trail,
            today=local_date(now),
            words=DONE,
        )
    return render(request, "pages/facts.html", model)


def _month_word(month: str) -> str:
    year, _dash, number = month.partition("-")
    return month if language() == "en" else f"{year}年{int(number)}月"


def _months(month: str, role: str) -> tuple[Link, ...]:
    first = date.fromisoformat(f"{month}-01")
    before, after = first - timedelta(days=1), first + timedelta(days=31)
    return (
        Link(text=_("上月"), href=href("/duties", {"month": f"{before:%Y-%m}", "role": role})),
        Link(text=_("下月"), href=href("/duties", {"month": f"{after:%Y-%m}", "role": role})),
    )


def _roles(roles: list[Role], chosen: str) -> tuple[Option, ...]:
    return (
        Option(value="", text=_("本人岗位"), selected=not chosen),
        Option(value=ALL, text=_("全部岗位"), selected=chosen == ALL),
        *(Option(value=role.value, text=word(role), selected=role.value == chosen) for role in roles),
    )


def _row(line: DutyLine, month: str) -> DutyRow:
    text = line.duty.text_en if language() == "en" else line.duty.text_zh
    article = Article(text=article_label(line.duty.article), href=article_href(line.duty.article))
    if line.due is None or line.done is None:
        return DutyRow(
            text=text, article=article, due="", done="", state=Tag(text=_("无系统记录"), tone=TagTone.OUTLINE)
        )
    rows = href(f"/duties/{line.post.role.value}/{line.number}/facts", {"month": month})
    return DutyRow(
        text=text, article=article, due=str(line.due), done=str(line.done), href=rows, state=_state(line.due, line.done)
    )


def _state(due: int, done: int) -> Tag:
    if not due:
        return Tag(text=_("本月无"), tone=TagTone.OUTLINE)
    if done == due:
        return Tag(text=_("已完成"), tone=TagTone.OK)
    return Tag(text=_("还有 %(n)s 项", n=due - done), tone=TagTone.WARN)
