"""满意度: campaigns, a new one, one with its results and acts; printed codes and the blank 附件六."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, survey_acts
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep, SettingsDep, require
from api.forms.kinds import Printing
from api.forms.sheet import Content, PrintedForm, filled
from api.forms.survey import blank_record
from api.pages.acting import has_own_page, pending, send, status_headers, usable_key
from api.pages.desk import Desk, desk_of
from api.pages.form_bodies import BodyT, validated
from api.pages.forms import pdf_response
from api.pages.i18n import _
from api.pages.lists import Trail, TrailDep, href, pager
from api.pages.render import render, see_other
from api.pages.survey_view import Refused, survey_page
from api.pages.surveys_view import SURVEYS, draft_page, surveys_page, typed_of
from api.pages.view.common import EmptyState
from api.pages.view.forms import FormPage
from api.pages.view.surveys import CodeCard, CodesPage
from api.pages.words import word
from api.paging import Paging, PagingDep, encode_cursor
from api.schemas.surveys import ExtendBody, SurveyBody, SurveyEditBody, SurveyMoveBody
from api.survey_answers import contact_names
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.survey_stages import wrong_stage
from models.service_types import SurveyStage
from models.services.desk.once import Facts
from models.services.idempotency import Key
from models.services.survey import links
from models.services.survey.answering import rules_of
from models.stores.survey import InvitationStore
from models.tables.survey import SurveyInvitation

router = APIRouter(prefix=SURVEYS)
ReaderDep = Annotated[Caller, require(Action.READ_SURVEYS)]
RunnerDep = Annotated[Caller, require(Action.RUN_SURVEYS)]
EntererDep = Annotated[Caller, require(Action.ENTER_SHEETS)]
Short = Annotated[str, Form(max_length=500)]
Number = Annotated[str, Query(max_length=100)]
_BODIES: dict[str, type[SurveyMoveBody]] = {
    survey_acts.OPEN: SurveyMoveBody,
    survey_acts.CLOSE: SurveyMoveBody,
    survey_acts.EXTEND: ExtendBody,
    survey_acts.PUBLISH: SurveyMoveBody,
}


@router.get("")
def show_surveys(
    request: Request,
    database: DatabaseDep,
    caller: ReaderDep,
    *,
    paging: PagingDep,
    trail: TrailDep,
    stage: Number = "",
    done: Number = "",
) -> Response:
    """Campaigns with their return rate, and how satisfaction moves."""
    wanted = next((one for one in SurveyStage if one.value == stage), None)
    with database.read() as session:
        model = surveys_page(desk_of(request, session, caller), wanted, paging, trail, done=done)
    return render(request, "pages/surveys.html", model)


@router.get("/new")
def ask_new(request: Request, database: DatabaseDep, caller: RunnerDep) -> Response:
    """Whom it asks, about which period, until when; every tier that is promised a survey is chosen already."""
    with database.read() as session:
        model = draft_page(desk_of(request, session, caller), {}, ("gold", "silver"))
    return render(request, "pages/survey_new.html", model)


@dataclass(frozen=True)
class _Written:
    """The form of a draft that came back."""

    request: Request
    database: Database
    caller: Caller
    typed: Mapping[str, str]
    tiers: list[str]
    key: str

    def keep(self, write: Callable[[Session, Key], Facts], drafted: UUID | None = None) -> Response:
        """Write the draft, and show it; a refusal comes back on the form with what was typed."""
        name = f"survey-amend:{drafted}" if drafted else "survey"
        try:
            key = acts.key_for(self.caller, self.key, name, {**self.typed, "tiers": self.tiers})
            with self.database.write() as session:
                survey_id = write(session, key)["survey_id"]
        except DomainError as error:
            if not has_own_page(error):
                raise
            return self._refused(error, drafted)
        return see_other(self.request, href(f"{SURVEYS}/{survey_id}", {"done": "amended" if drafted else "drafted"}))

    def body(self, kind: type[BodyT]) -> BodyT:
        """What was typed. Raises INVALID_INPUT."""
        return validated(kind, {**self.typed, "tiers": self.tiers})

    def _refused(self, error: DomainError, drafted: UUID | None) -> Response:
        with self.database.read() as session:
            model = draft_page(desk_of(self.request, session, self.caller), self.typed, self.tiers, drafted, error)
        status, headers = status_headers(error)
        return render(self.request, "pages/survey_new.html", model, status, headers)


async def _written(
    request: Request,
    database: DatabaseDep,
    caller: RunnerDep,
    *,
    title: Short = "",
    period: Short = "",
    tiers: Annotated[list[str] | None, Form()] = None,
    institution_code: Short = "",
    closes_on: Short = "",
    version: Short = "",
    idempotency_key: Short = "",
) -> _Written:
    typed = {"title": title, "period": period, "institution_code": institution_code, "closes_on": closes_on}
    if version:
        typed["version"] = version
    return _Written(request, database, caller, typed, list(tiers or ()), usable_key(idempotency_key))


WrittenDep = Annotated[_Written, Depends(_written)]


@router.post("")
def add(form: WrittenDep) -> Response:
    """存为草稿."""
    return form.keep(lambda session, key: survey_acts.add(session, form.caller, key, form.body(SurveyBody)))


@router.get("/{survey_id}/edit")
def ask_changes(request: Request, survey_id: UUID, database: DatabaseDep, caller: RunnerDep) -> Response:
    """修改草稿: the form with what the draft says."""
    with database.read() as session:
        row = survey_acts.owned(session, caller, survey_id)
        if row.stage is not SurveyStage.DRAFT:
            raise wrong_stage(row.stage)
        model = draft_page(desk_of(request, session, caller), typed_of(row), row.tiers, row.id)
    return render(request, "pages/survey_new.html", model)


@router.post("/{survey_id}/edit")
def amend(survey_id: UUID, form: WrittenDep) -> Response:
    """保存 of a changed draft."""

    def write(session: Session, key: Key) -> Facts:
        survey_acts.owned(session, form.caller, survey_id)  # whose it is comes before what was typed
        return survey_acts.amend(session, form.caller, key, survey_id, form.body(SurveyEditBody))

    return form.keep(write, survey_id)


@router.get("/{survey_id}")
def show_survey(
    request: Request,
    survey_id: UUID,
    database: DatabaseDep,
    caller: ReaderDep,
    *,
    paging: PagingDep,
    trail: TrailDep,
    done: Number = "",
) -> Response:
    """One campaign: results, low answers with their task, and what may be done now."""
    with database.read() as session:
        model = survey_page(desk_of(request, session, caller), survey_id, paging, trail, done=done)
    return render(request, "pages/survey.html", model)


@dataclass(frozen=True)
class _On:
    """A form of a campaign's page that came back."""

    request: Request
    database: Database
    caller: Caller
    survey_id: UUID
    key: str

    async def do(self, name: str, values: Mapping[str, str]) -> Response:
        """Do the act; a refusal comes back on the page with what was typed."""
        back = f"{SURVEYS}/{self.survey_id}"
        try:
            body = validated(_BODIES[name], {key: value for key, value in values.items() if value.strip()})
            key = acts.key_for(self.caller, self.key, f"survey-{name}:{self.survey_id}", dict(values))
            await send(self.request, self.database, key, self._prepared(name, key, body))
        except DomainError as error:
            if error.code is ErrorCode.NOT_YET_CONFIRMED:
                return await run_in_threadpool(self._wait, values, back)
            if not has_own_page(error):
                raise
            return await run_in_threadpool(self._refused, name, values, error)
        return see_other(self.request, href(back, {"done": name}))

    def discard(self, values: Mapping[str, str]) -> Response:
        """Delete the draft; a refusal comes back as above."""
        try:
            body = validated(SurveyMoveBody, values)
            key = acts.key_for(self.caller, self.key, f"survey-discard:{self.survey_id}", dict(values))
            with self.database.write() as session:
                survey_acts.discard(session, self.caller, key, self.survey_id, body)
        except DomainError as error:
            if not has_own_page(error):
                raise
            return self._refused("discard", values, error)
        return see_other(self.request, href(SURVEYS, {"done": "discarded"}))

    def _prepared(self, name: str, key: Key, body: SurveyMoveBody) -> Prepare:
        given = body.model_dump()
        if name == survey_acts.OPEN:
            return survey_acts.open_survey(self.caller, key, self.survey_id, **given)
        return survey_acts.lead(self.caller, key, self.survey_id, name, **given)

    def _wait(self, values: Mapping[str, str], back: str) -> Response:
        return pending(self.request, self.database, self.caller, self.key, kept=values.get("reason", ""), back=back)

    def _refused(self, name: str, values: Mapping[str, str], error: DomainError) -> Response:
        refused = Refused(name, self.key, values.get("reason", ""), values.get("closes_on", ""), error)
        with self.database.read() as session:
            desk = desk_of(self.request, session, self.caller)
            model = survey_page(desk, self.survey_id, Paging(), (), refused=refused)
        status, headers = status_headers(error)
        return render(self.request, "pages/survey.html", model, status, headers)


async def _on(
    request: Request, survey_id: UUID, database: DatabaseDep, caller: RunnerDep, idempotency_key: Short = ""
) -> _On:
    return _On(request, database, caller, survey_id, usable_key(idempotency_key))


OnDep = Annotated[_On, Depends(_on)]


@router.post("/{survey_id}/open")
async def open_survey(on: OnDep, version: Short = "") -> Response:
    """发放."""
    return await on.do(survey_acts.OPEN, {"version": version})


@router.post("/{survey_id}/close")
async def close(on: OnDep, version: Short = "", reason: Short = "") -> Response:
    """提前截止."""
    return await on.do(survey_acts.CLOSE, {"version": version, "reason": reason})


@router.post("/{survey_id}/extend")
async def extend(on: OnDep, version: Short = "", reason: Short = "", due_on: Short = "") -> Response:
    """延期."""
    return await on.do(survey_acts.EXTEND, {"version": version, "reason": reason, "closes_on": due_on})


@router.post("/{survey_id}/publish")
async def publish(on: OnDep, version: Short = "") -> Response:
    """发布结果."""
    return await on.do(survey_acts.PUBLISH, {"version": version})


@router.post("/{survey_id}/discard")
def discard(on: OnDep, version: Short = "", comment: Short = "") -> Response:
    """删除草稿."""
    return on.discard({"version": version, "reason": comment})


@router.get("/{survey_id}/codes")
def show_codes(
    request: Request,
    survey_id: UUID,
    settings: SettingsDep,
    database: DatabaseDep,
    caller: EntererDep,
    *,
    paging: PagingDep,
    trail: TrailDep,
) -> Response:
    """打印二维码 of everybody who has not answered; each leads to that person's own sheet."""
    with database.read() as session:
        desk = desk_of(request, session, caller)
        row = survey_acts.seen(session, caller, survey_id)
        if row.stage is not SurveyStage.OPEN:
            raise wrong_stage(row.stage)
        found = waiting(session, caller, survey_id, paging)
        shown, cursor = paging.cut(found, lambda pair: (pair[0].customer_no, str(pair[0].id)))
        model = _codes(desk, survey_id, shown, settings.base_url, (paging, cursor, trail))
    return render(request, "pages/survey_codes.html", model)


def waiting(
    session: Session, caller: Caller, survey_id: UUID, paging: Paging, q: str = ""
) -> list[tuple[SurveyInvitation, str]]:
    """Who has not answered, within the caller's institutions, one page and a row more."""
    scope, store = caller.scope(Action.ENTER_SHEETS), InvitationStore(session)
    return store.unanswered(survey_id, scope, q=q.strip(), after=paging.text_and_id(), limit=paging.fetch)


def _codes(
    desk: Desk,
    survey_id: UUID,
    shown: list[tuple[SurveyInvitation, str]],
    base_url: str,
    page: tuple[Paging, str | None, Trail],
) -> CodesPage:
    paging, cursor, trail = page
    base, names = f"{SURVEYS}/{survey_id}", contact_names(desk.session, [row for row, _name in shown])
    current = encode_cursor(paging.after) if paging.after else None
    return CodesPage(
        shell=desk.shell("surveys"),
        title=_("问卷二维码"),
        phone_title=_("问卷二维码"),
        back_href=base,
        note=_("每个二维码只对应一人，只能提交一次；请剪下后交给本人。"),
        cards=tuple(_card(row, customer, names.get(row.key, ""), base_url) for row, customer in shown),
        empty=EmptyState(text=_("都已提交，没有要打印的二维码。"), icon="check"),
        pager=pager(f"{base}/codes", {}, current=current, following=cursor, trail=trail),
    )


def _card(row: SurveyInvitation, customer: str, name: str, base_url: str) -> CodeCard:
    code = segno.make(links.address_of(base_url, row.id), error="m")
    who = word(row.respondent) if row.respondent else _("单位整体")
    return CodeCard(
        image=code.svg_data_uri(scale=4, border=2),
        customer=customer,
        customer_no=row.customer_no,
        respondent=f"{who} {name}".strip(),
        alt=_("%(customer)s的问卷二维码", customer=customer),
    )


@router.get("/{survey_id}/blank.pdf")
def blank_pdf(survey_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """空白问卷 附件六 as PDF."""
    with database.read() as session:
        return pdf_response(_blank(session, caller, survey_id))


@router.get("/{survey_id}/blank")
def show_blank(request: Request, survey_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """空白问卷 附件六, to be filled in by hand."""
    with database.read() as session:
        form = _blank(session, caller, survey_id)
        model = FormPage(
            shell=desk_of(request, session, caller).shell("surveys"),
            title=form.title,
            back_href=f"{SURVEYS}/{survey_id}",
            form=form,
            pdf_href=f"{SURVEYS}/{survey_id}/blank.pdf",
            full_action=None,
            full=False,
        )
    return render(request, "pages/form.html", model)


def _blank(session: Session, caller: Caller, survey_id: UUID) -> PrintedForm:
    row, now = survey_acts.seen(session, caller, survey_id), survey_acts.now()
    found = rules_of(session, row, now)
    record = blank_record(found.rulebook.survey, row)
    form = found.rulebook.forms.form(record.form)
    sheet = next(sheet for sheet in form.sheets if sheet.code == record.sheet)
    # Nothing personal stands in it: it is complete as it is.
    printed = Printing(by=caller.name, now=now, full=True).foot()
    content = Content(values=record.values, record_no=record.record_no)
    return filled(form, sheet, content, version=str(found.version.id)[:8], printed=printed)
