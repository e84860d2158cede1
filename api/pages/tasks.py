"""审批: one task, everything in sight, decided in one click; nothing typed is lost."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, chain_acts
from api.act_base import fields_on, on_task, visible_task
from api.chain_acts import Judgement
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import (
    checked_comment,
    has_own_page,
    keep_draft,
    key_to_show,
    pending,
    refused_before,
    send,
    status_headers,
    usable_key,
)
from api.pages.build_acts import TypedAct
from api.pages.build_decide import Typed
from api.pages.build_task import Shown, task_page
from api.pages.case_pages import page_of_task
from api.pages.corrections import changed_facts, typed_corrections
from api.pages.desk import desk_of
from api.pages.inbox_query import InboxQuery, InboxQueryDep
from api.pages.render import render, see_other
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.approval import Correct
from models.messages.scoring import Correction, ScoreExplanation
from models.rules.approval import check_person, step_of, task_of
from models.services.idempotency import Key
from models.services.qualification.rescore import preview as preview_score
from models.tables.cases import Case
from models.types import KINDS_WITHOUT_APPROVAL, Stage, Tier, Verdict

TEMPLATE = "pages/task.html"
AS_SILVER = "approve_as_silver"
RESUBMISSION = Stage.DECLARED.value
router = APIRouter(prefix="/tasks")
ReaderDep = Annotated[Caller, require(Action.READ_TASKS)]
ActorDep = Annotated[Caller, require(Action.ACT_ON_TASKS)]
Text = Annotated[str, Form(max_length=100)]
KindT = TypeVar("KindT", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionForm:
    """The decide bar as it was sent."""

    verdict: str
    comment: str
    version: str
    key: str
    return_to: str

    @property
    def typed(self) -> Typed:
        """What goes back into the bar when the decision did not go through."""
        return Typed(comment=self.comment, return_to=self.return_to, key=self.key)

    def judgement(self) -> Judgement:
        """The decision. Raises INVALID_INPUT."""
        comment = checked_comment(self.comment)
        silver = self.verdict == AS_SILVER
        verdict = Verdict.APPROVE if silver else _one_of(Verdict, self.verdict, "verdict")
        return_to = _one_of(Stage, self.return_to, "return_to") if self.return_to else None
        return Judgement(
            verdict,
            self.number(),
            comment,
            return_to if verdict is Verdict.RETURN else None,
            Tier.SILVER if silver else None,
        )

    def number(self) -> int:
        """The version the person saw. Raises STALE_VERSION for what is none: the page must be drawn again."""
        if not self.version.isdecimal():
            raise DomainError(ErrorCode.STALE_VERSION)
        return int(self.version)


async def decision_form(
    *,
    verdict: Text = "",
    comment: Annotated[str, Form(max_length=50_000)] = "",
    version: Text = "",
    idempotency_key: Text = "",
    return_to: Text = "",
) -> DecisionForm:
    """The decide bar of a request."""
    key = usable_key(idempotency_key)
    return DecisionForm(verdict=verdict, comment=comment, version=version, key=key, return_to=return_to)


FormDep = Annotated[DecisionForm, Depends(decision_form)]


@dataclass(frozen=True)
class AtTask:
    """Where a request acts."""

    request: Request
    database: Database
    caller: Caller
    task_id: UUID
    query: InboxQuery

    @property
    def subject(self) -> str:
        return f"task:{self.task_id}"

    def href(self, **change: str | None) -> str:
        return self.query.href(f"/tasks/{self.task_id}", **change)


async def _at(request: Request, task_id: UUID, database: DatabaseDep, caller: ActorDep, query: InboxQueryDep) -> AtTask:
    return AtTask(request, database, caller, task_id, query)


AtDep = Annotated[AtTask, Depends(_at)]


@router.get("/{task_id}")
def show_task(
    request: Request,
    task_id: UUID,
    database: DatabaseDep,
    caller: ReaderDep,
    query: InboxQueryDep,
    *,
    done: Annotated[str, Query(max_length=20)] = "",
    update: Annotated[str, Query(max_length=100)] = "",
    opened: Annotated[str, Query(max_length=40, alias="open")] = "",
) -> Response:
    """The decision page; a returned case is handled by its declarant on the case's page."""
    with database.read() as session:
        task = visible_task(session, caller, task_id)
        if task.step == RESUBMISSION:
            return see_other(request, f"/cases/{task.case_id}")
        if task.kind in KINDS_WITHOUT_APPROVAL:
            return see_other(request, page_of_task(session, task))
        error = refused_before(session, caller, update)
        act = TypedAct(name=opened) if opened else None
        shown = Shown(query=query, error=error, done=done, act=act)
        model = task_page(desk_of(request, session, caller), task, shown)
    return render(request, TEMPLATE, model)


@router.post("/{task_id}/decide")
async def decide(at: AtDep, form: FormDep) -> Response:
    """同意 / 驳回 / 退回 / 改批银牌: then the result line with the way to the next task."""
    try:
        wanted = form.judgement()
        key = acts.key_for(at.caller, form.key, f"decide:{at.task_id}", wanted.content())
        await send(at.request, at.database, key, chain_acts.decide(at.caller, key, at.task_id, wanted))
    except DomainError as error:
        return await _not_done(at, form.typed, error)
    await keep_draft(at.database, at.caller.account_id, at.subject, {})
    return see_other(at.request, at.href(done="1"))


@router.post("/{task_id}/preview")
async def preview(at: AtDep, form: FormDep) -> Response:
    """Recompute with the typed facts and show the difference; nothing is sent."""
    typed = replace(form.typed, corrections=typed_corrections(await at.request.form()))
    try:
        proposed = await run_in_threadpool(_proposed, at, typed)
    except DomainError as error:
        return await _not_done(at, typed, error)
    return await run_in_threadpool(
        task_answer, at, Shown(query=at.query, typed=replace(typed, previewed=True), proposed=proposed)
    )


@router.post("/{task_id}/correct")
async def correct(at: AtDep, form: FormDep) -> Response:
    """更正数据: the score is recomputed and the task's version moves; the decision itself comes after."""
    typed = replace(form.typed, corrections=typed_corrections(await at.request.form()), previewed=True)
    try:
        comment = checked_comment(form.comment)
        corrections = await run_in_threadpool(_corrections, at, typed)
        body = {"version": form.number(), "corrections": [c.model_dump(mode="json") for c in corrections]}
        key = acts.key_for(at.caller, form.key, f"correct:{at.task_id}", body | {"comment": comment})
        prepare = chain_acts.correct(
            at.caller, key, at.task_id, version=form.number(), corrections=corrections, comment=comment
        )
        await send(at.request, at.database, key, prepare)
    except DomainError as error:
        return await _not_done(at, typed, error)
    await keep_draft(at.database, at.caller.account_id, at.subject, {})
    return see_other(at.request, at.href(done="1"))


async def _not_done(at: AtTask, typed: Typed, error: DomainError) -> Response:
    """The page again with what was typed and what to do now; 202 waits for the outcome."""
    if not has_own_page(error):
        raise error
    if typed.comment.strip():
        await keep_draft(at.database, at.caller.account_id, at.subject, {"comment": typed.comment})
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        return await run_in_threadpool(
            pending, at.request, at.database, at.caller, typed.key, kept=typed.comment, back=at.href()
        )
    return await run_in_threadpool(task_answer, at, Shown(query=at.query, typed=typed, error=error))


def task_answer(at: AtTask, shown: Shown) -> Response:
    """The page of the task again, with what was typed and what was refused."""
    with at.database.read() as session:
        task = visible_task(session, at.caller, at.task_id)
        if task.kind in KINDS_WITHOUT_APPROVAL:
            return _elsewhere(at, page_of_task(session, task), shown)
        fresh = shown
        if shown.typed:
            fresh = replace(shown, typed=replace(shown.typed, key=key_to_show(session, at.caller, shown.typed.key)))
        elif shown.act:
            fresh = replace(shown, act=replace(shown.act, key=key_to_show(session, at.caller, shown.act.key)))
        model = task_page(desk_of(at.request, session, at.caller), task, fresh)
    status, headers = status_headers(shown.failed) if shown.failed else (200, {})
    return render(at.request, TEMPLATE, model, status, headers)


def _elsewhere(at: AtTask, href: str, shown: Shown) -> Response:
    """A service task has no page of its own: what was refused is said, what was done stands on the page of its case."""
    if shown.failed is not None:
        raise shown.failed
    return see_other(at.request, href)


def _proposed(at: AtTask, typed: Typed) -> ScoreExplanation:
    with at.database.read() as session:
        case = _correctable(at, session)
        return preview_score(session, case, changed_facts(session, case, typed.corrections))


def _corrections(at: AtTask, typed: Typed) -> tuple[Correction, ...]:
    with at.database.read() as session:
        return changed_facts(session, _correctable(at, session), typed.corrections)


def _correctable(at: AtTask, session: Session) -> Case:
    """The case, when the caller may correct its facts now. Raises what refuses it."""
    found = on_task(session, at.caller, at.task_id)
    task = task_of(found.state, at.task_id)
    fields = fields_on(session, at.caller, Key(at.caller.account_id, "asked", "", ""), found, "?")
    asked = Correct(**fields, task_id=task.task_id, version=task.version, corrections=())
    check_person(found.state, task, asked)
    if not step_of(found.state, found.state.stage).may_correct_facts:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=found.state.stage.value)
    return found.case


def _one_of(kind: type[KindT], value: str, field: str) -> KindT:
    try:
        return kind(value)
    except ValueError as error:
        errors = [{"field": field, "reason": "enum"}]
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=errors) from error
