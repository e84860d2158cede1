"""录入纸质: whose sheet it is, then its answers as they stand on paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api import acts, survey_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import has_own_page, status_headers, usable_key
from api.pages.desk import desk_of
from api.pages.form_bodies import validated
from api.pages.i18n import _
from api.pages.lists import TrailDep, href, pager
from api.pages.render import render, see_other
from api.pages.survey_sheet_form import sheet_errors, typed_of
from api.pages.survey_view import DONE
from api.pages.surveys import waiting
from api.pages.surveys_view import SURVEYS
from api.pages.view.common import EmptyState, Strip, StripTone
from api.pages.view.surveys import InvitationRow, PaperPage, SheetFormPage
from api.pages.words import word
from api.paging import PagingDep, encode_cursor
from api.schemas.surveys import PaperBody
from api.survey_answers import contact_names
from api.survey_questions import questions
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services.survey import links
from models.services.survey.answering import rules_of
from models.stores.customers import names_of
from models.stores.survey import InvitationStore
from models.tables.survey import SurveyCampaign, SurveyInvitation

router = APIRouter(prefix=SURVEYS)
EntererDep = Annotated[Caller, require(Action.ENTER_SHEETS)]
Number = Annotated[str, Query(max_length=100)]


async def _typed(request: Request) -> FormData:
    return await request.form()


TypedDep = Annotated[FormData, Depends(_typed)]


@router.get("/{survey_id}/paper")
def choose(
    request: Request,
    survey_id: UUID,
    database: DatabaseDep,
    caller: EntererDep,
    *,
    paging: PagingDep,
    trail: TrailDep,
    q: Number = "",
    done: Number = "",
) -> Response:
    """Whose sheet it is: of everybody who has not answered."""
    base = f"{SURVEYS}/{survey_id}"
    with database.read() as session:
        survey_acts.seen(session, caller, survey_id)
        found = waiting(session, caller, survey_id, paging, q)
        shown, cursor = paging.cut(found, lambda pair: (pair[0].customer_no, str(pair[0].id)))
        names = contact_names(session, [row for row, _name in shown])
        current = encode_cursor(paging.after) if paging.after else None
        model = PaperPage(
            shell=desk_of(request, session, caller).shell("surveys"),
            title=_("录入纸质问卷"),
            phone_title=_("录入纸质"),
            back_href=base,
            json_href=f"/api/v1{base}/invitations",
            search_action=f"{base}/paper",
            q=q,
            rows=tuple(_row(base, row, customer, names.get(row.key, "")) for row, customer in shown),
            empty=EmptyState(text=_("没有待填的问卷。") if not q else _("没有找到，请换个名称或客户号。")),
            pager=pager(f"{base}/paper", {"q": q}, current=current, following=cursor, trail=trail),
            strips=(Strip(text=_(DONE[done]), tone=StripTone.OK, icon="check", focus=True),) if done in DONE else (),
        )
    return render(request, "pages/survey_paper.html", model)


def _row(base: str, row: SurveyInvitation, customer: str, name: str) -> InvitationRow:
    return InvitationRow(
        href=f"{base}/paper/{row.id}",
        customer=customer,
        customer_no=row.customer_no,
        respondent=_who(row, name),
        channel=word(row.channel),
    )


def _who(row: SurveyInvitation, name: str) -> str:
    who = word(row.respondent) if row.respondent else _("单位整体")
    return f"{who} {name}".strip()


@router.get("/{survey_id}/paper/{invitation_id}")
def show_form(
    request: Request, survey_id: UUID, invitation_id: UUID, database: DatabaseDep, caller: EntererDep
) -> Response:
    """The questions, for one respondent."""
    return _form(_Asked(request, database, caller, survey_id, invitation_id), {})


@router.post("/{survey_id}/paper/{invitation_id}")
async def enter(
    request: Request,
    survey_id: UUID,
    invitation_id: UUID,
    *,
    database: DatabaseDep,
    caller: EntererDep,
    form: TypedDep,
    after: BackgroundTasks,
) -> Response:
    """录入; a low one has its follow-up task at once."""
    typed, asked = typed_of(form), _Asked(request, database, caller, survey_id, invitation_id)
    values = {name: value for name, value in form.items() if isinstance(value, str) and name in _OWN}

    def write() -> UUID | None:
        given = {"answers": typed, "invitation_id": invitation_id, "answered_on": values.get("answered_on") or None}
        body = validated(PaperBody, given)
        key = acts.key_for(
            caller,
            usable_key(values.get("idempotency_key", "")),
            f"survey-sheet:{survey_id}",
            body.model_dump(mode="json"),
        )
        with database.write() as session:
            follow_up = survey_acts.enter(session, caller, key, survey_id, body)["follow_up_id"]
        return UUID(follow_up) if follow_up else None

    try:
        follow_up = await run_in_threadpool(write)
    except DomainError as error:
        if not has_own_page(error) or error.code is ErrorCode.ALREADY_ANSWERED:
            raise
        return await run_in_threadpool(_form, asked, typed | values, error)
    after.add_task(survey_acts.start_follow_up, database, request.app.state.gateway, follow_up)
    return see_other(request, href(f"{SURVEYS}/{survey_id}/paper", {"done": "sheet"}))


_OWN = frozenset({"answered_on", "idempotency_key"})


@dataclass(frozen=True)
class _Asked:
    """Who enters whose sheet."""

    request: Request
    database: Database
    caller: Caller
    survey_id: UUID
    invitation_id: UUID


def _refuse_in_vain(row: SurveyCampaign, invitation: SurveyInvitation, now: datetime) -> None:
    """Nobody fills in a sheet that will not be taken. Raises ALREADY_ANSWERED, WRONG_STAGE."""
    if invitation.answered_at is not None:
        raise survey_acts.already_answered(invitation.answered_at)
    links.refuse_closed(row, now)


def _form(asked: _Asked, typed: Mapping[str, str], error: DomainError | None = None) -> Response:
    """The questions with what was typed. Raises NOT_FOUND, and for a new sheet as `_refuse_in_vain`."""
    caller, survey_id = asked.caller, asked.survey_id
    with asked.database.read() as session:
        desk, row = desk_of(asked.request, session, caller), survey_acts.seen(session, caller, survey_id)
        invitation = InvitationStore(session).in_scope(asked.invitation_id, caller.scope(Action.ENTER_SHEETS))
        if invitation is None or invitation.campaign_id != row.id:
            raise DomainError(ErrorCode.NOT_FOUND)
        if error is None:
            _refuse_in_vain(row, invitation, desk.now)
        rules = rules_of(session, row, desk.now).rulebook.survey
        customer = names_of(session, [invitation.customer_no]).get(invitation.customer_no, invitation.customer_no)
        name = contact_names(session, [invitation]).get(invitation.key, "")
        model = SheetFormPage(
            shell=desk.shell("surveys"),
            title=_("录入纸质问卷"),
            phone_title=_("录入纸质"),
            back_href=f"{SURVEYS}/{survey_id}/paper",
            action=f"{SURVEYS}/{survey_id}/paper/{invitation.id}",
            lead=f"{customer} · {_who(invitation, name)}",
            questions=questions(rules, typed),
            key=typed.get("idempotency_key") or uuid4().hex,
            answered_on=typed.get("answered_on") or local_date(desk.now).isoformat(),
            errors=sheet_errors(error, rules) if error else None,
        )
    status, headers = status_headers(error) if error else (200, {})
    return render(asked.request, "pages/survey_paper_sheet.html", model, status, headers)
