"""满意度问卷 `/s/{token}`: a respondent answers 附件六 by a one-use link. No sign-in, made for the phone.

Opening the link uses nothing up (mail scanners open links); its form does, once. Nothing else of the system is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api import survey_acts
from api.deps import DatabaseDep
from api.pages.acting import status_headers
from api.pages.format import stamp
from api.pages.green_channel_confirm import TELEPHONE
from api.pages.i18n import _
from api.pages.render import render
from api.pages.shell import shell_for
from api.pages.survey_sheet_form import sheet_errors, typed_of
from api.pages.view.surveys import SheetFormPage, SurveyDonePage
from api.security.public_forms import PublicForm, public_form
from api.survey_questions import questions
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.survey import links
from models.services.survey.answering import Given, rules_of
from models.stores.customers import names_of

router = APIRouter(prefix="/s")
FormDep = Annotated[PublicForm, public_form("the secret in the link says whose sheet it is; the use case checks it")]
_OVER = frozenset({ErrorCode.LINK_USED_OR_EXPIRED, ErrorCode.WRONG_STAGE})


@dataclass(frozen=True)
class _Link:
    """A request that came by a link."""

    request: Request
    database: Database
    form: PublicForm
    secret: str


async def _link(request: Request, token: str, database: DatabaseDep, form: FormDep) -> _Link:
    return _Link(request, database, form, token)


LinkDep = Annotated[_Link, Depends(_link)]


async def _typed(request: Request) -> FormData:
    return await request.form()


TypedDep = Annotated[FormData, Depends(_typed)]


@router.get("/{token}")
def show_sheet(link: LinkDep) -> Response:
    """The questions; nothing is marked as used."""
    return _drawn(link, {})


@router.post("/{token}")
async def answer(link: LinkDep, form: TypedDep, after: BackgroundTasks) -> Response:
    """提交, once; whoever has answered before is told so, and nothing is changed.

    Sent by the buttons for language and colours (`redraw`) it is only drawn again, with what was typed.
    """
    typed = typed_of(form)
    if "redraw" in form:
        return await run_in_threadpool(_drawn, link, typed)
    try:
        request_id = getattr(link.request.state, "request_id", None)
        recorded = await run_in_threadpool(survey_acts.answer, link.database, link.secret, Given(typed), request_id)
    except DomainError as error:
        return await run_in_threadpool(_not_done, link, typed, error)
    if recorded.adopted and recorded.sheet.entered_by is not None:
        # Somebody entered the paper sheet meanwhile: these answers were not taken, and nobody is told that they were.
        return _over(link, DomainError(ErrorCode.LINK_USED_OR_EXPIRED))
    after.add_task(
        survey_acts.start_follow_up, link.database, link.request.app.state.gateway, recorded.sheet.follow_up_id
    )
    return _told(link, _("感谢您的评价"), _("您的意见已收到，我们会认真对待每一条。"), 200, done=True)


def _drawn(link: _Link, typed: Mapping[str, str]) -> Response:
    """The questions, or the page of a link that does not work."""
    try:
        return _page(link, typed, None)
    except DomainError as error:
        return _over(link, error)


def _page(link: _Link, typed: Mapping[str, str], error: DomainError | None) -> Response:
    """The questions with what was typed. Raises LINK_USED_OR_EXPIRED, WRONG_STAGE."""
    now = survey_acts.now()
    with link.database.read() as session:
        found = links.found(session, link.secret)
        if found.invitation.answered_at is not None:
            raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
        links.refuse_closed(found.campaign, now)
        rules = rules_of(session, found.campaign, now).rulebook.survey
        number = found.invitation.customer_no
        customer = names_of(session, [number]).get(number, "")
    until = stamp(found.campaign.closes_at, now) if found.campaign.closes_at else ""
    asked = questions(rules, typed)
    model = SheetFormPage(
        shell=shell_for(link.request, None, csrf_token=link.form.csrf_token),
        title=_("服务满意度调查"),
        action=link.request.url.path,
        lead=_(
            "%(customer)s：请评价我们的VIP客户服务，约需五分钟。您的回答只用于改进服务，低分我们会尽快回访。",
            customer=customer,
        ),
        questions=asked,
        answered=sum(bool(question.text) or any(c.chosen for c in question.choices) for question in asked),
        telephone=TELEPHONE,
        note=_("%(until)s 前有效，只能提交一次。没有接触过的服务请选“未接触”，不计入评分。", until=until),
        errors=sheet_errors(error, rules) if error else None,
    )
    status, headers = status_headers(error) if error else (200, {})
    return link.form.on(render(link.request, "pages/survey_public.html", model, status, headers))


def _not_done(link: _Link, typed: Mapping[str, str], error: DomainError) -> Response:
    """What was refused, with what was typed, while the link still works; else the page for one that does not."""
    if error.code in _OVER:
        return _over(link, error)
    try:
        return _page(link, typed, error)
    except DomainError as gone:
        return _over(link, gone)


def _over(link: _Link, error: DomainError) -> Response:
    """Used, unknown or closed: nothing of the system but the telephone."""
    if error.code is ErrorCode.WRONG_STAGE:
        text = _("本次调查已截止，感谢您的关注。如仍有意见，请致电客户服务热线。")
        return _told(link, _("调查已截止"), text, 410, done=False)
    if error.code is not ErrorCode.LINK_USED_OR_EXPIRED:
        raise error
    text = _("此链接已提交过或无效。如需补充意见，请致电客户服务热线。")
    return _told(link, _("链接已失效"), text, status_headers(error)[0], done=False)


def _told(link: _Link, title: str, text: str, status: int, *, done: bool) -> Response:
    shell = shell_for(link.request, None, csrf_token=link.form.csrf_token)
    page = SurveyDonePage(shell=shell, title=title, text=text, telephone=TELEPHONE, done=done)
    return link.form.on(render(link.request, "pages/green_confirm_done.html", page, status))
