"""`/surveys`: satisfaction campaigns 满意度调查, their results, paper sheets; answering by link."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import survey_acts
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep, GatewayDep, public, require
from api.paging import PagingDep
from api.routes.recording import Recording, recording
from api.routes.sending import Sending, sending
from api.schemas.base import PageAnswer
from api.schemas.surveys import (
    AnsweredAnswer,
    AskedAnswer,
    ExtendBody,
    InvitationAnswer,
    LowAnswer,
    PaperBody,
    SheetAnswer,
    SheetBody,
    SurveyAnswer,
    SurveyBody,
    SurveyEditBody,
    SurveyMoveBody,
    SurveyRowAnswer,
)
from api.security.knocks import limited
from api.survey_answers import asked_answer, invitation_answers, low_answers, row_answers, sheet_answer, survey_answer
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.service_types import SurveyStage
from models.services.idempotency import Key
from models.services.rulebooks import rulebook_in_force
from models.services.survey import links
from models.services.survey.answering import rules_of
from models.stores.survey import InvitationStore, SurveyStore

router = APIRouter(prefix="/surveys", tags=["surveys"])
ReaderDep = Annotated[Caller, require(Action.READ_SURVEYS)]
BY_LINK = public("a respondent answers by a one-use link without signing in; the use case checks it")
Number = Annotated[str, Query(max_length=100)]


LeadingDep = Annotated[Sending, sending(Action.RUN_SURVEYS)]


@router.get("")
def list_surveys(
    database: DatabaseDep, paging: PagingDep, caller: ReaderDep, stage: SurveyStage | None = None
) -> PageAnswer[SurveyRowAnswer]:
    """Campaigns of the caller's institutions and those that ask their customers, newest first."""
    with database.read() as session:
        store, scope = SurveyStore(session), caller.scope(Action.READ_SURVEYS)
        found = store.newest(scope, stage, after=paging.instant_and_id(), limit=paging.fetch)
        shown, cursor = paging.cut(found, lambda row: (row.created_at.isoformat(), str(row.id)))
        rules = rulebook_in_force(session, local_date(survey_acts.now())).rulebook.survey
        return PageAnswer(items=row_answers(session, caller, shown, rules), next_cursor=cursor)


@router.post("", status_code=201)
def draft_survey(body: SurveyBody, by: Annotated[Recording, recording(Action.RUN_SURVEYS)]) -> SurveyAnswer:
    """A draft: nobody is asked before it is opened."""

    def answer(session: Session, facts: dict[str, Any]) -> SurveyAnswer:
        row = survey_acts.seen(session, by.caller, UUID(facts["survey_id"]))
        return survey_answer(session, by.caller, row)

    return by.once("survey", body, lambda session, key: survey_acts.add(session, by.caller, key, body), answer)


@router.get("/{survey_id}")
def read_survey(survey_id: UUID, database: DatabaseDep, caller: ReaderDep) -> SurveyAnswer:
    """A campaign with its results, of the caller's institutions."""
    with database.read() as session:
        return survey_answer(session, caller, survey_acts.seen(session, caller, survey_id))


@router.put("/{survey_id}")
def amend_survey(
    survey_id: UUID, body: SurveyEditBody, by: Annotated[Recording, recording(Action.RUN_SURVEYS)]
) -> SurveyAnswer:
    """修改草稿; a campaign that is open already is not changed any more."""

    def answer(session: Session, _facts: dict[str, Any]) -> SurveyAnswer:
        return survey_answer(session, by.caller, survey_acts.seen(session, by.caller, survey_id))

    route = f"survey-amend:{survey_id}"
    return by.once(
        route, body, lambda session, key: survey_acts.amend(session, by.caller, key, survey_id, body), answer
    )


@router.post("/{survey_id}/discard", status_code=204)
def discard_survey(
    survey_id: UUID, body: SurveyMoveBody, by: Annotated[Recording, recording(Action.RUN_SURVEYS)]
) -> None:
    """删除草稿, of which nobody was asked anything."""
    by.once(
        f"survey-discard:{survey_id}",
        body,
        lambda session, key: survey_acts.discard(session, by.caller, key, survey_id, body),
        lambda _session, _facts: None,
    )


@router.post("/{survey_id}/open")
async def open_survey(survey_id: UUID, body: SurveyMoveBody, by: LeadingDep) -> SurveyAnswer:
    """发放: everybody is asked, by mail or by a printed code."""
    return await _lead(by, survey_id, survey_acts.OPEN, body)


@router.post("/{survey_id}/close")
async def close_survey(survey_id: UUID, body: SurveyMoveBody, by: LeadingDep) -> SurveyAnswer:
    """提前截止, with a reason."""
    return await _lead(by, survey_id, survey_acts.CLOSE, body)


@router.post("/{survey_id}/extend")
async def extend_survey(survey_id: UUID, body: ExtendBody, by: LeadingDep) -> SurveyAnswer:
    """延期 to a later day, with a reason."""
    return await _lead(by, survey_id, survey_acts.EXTEND, body)


@router.post("/{survey_id}/publish")
async def publish_survey(survey_id: UUID, body: SurveyMoveBody, by: LeadingDep) -> SurveyAnswer:
    """发布 of a closed campaign: its branches are told."""
    return await _lead(by, survey_id, survey_acts.PUBLISH, body)


async def _lead(by: Sending, survey_id: UUID, name: str, body: SurveyMoveBody) -> SurveyAnswer:
    """Do the act once, and answer with the campaign as it stands then."""
    given = body.model_dump()

    def under(key: Key) -> Prepare:
        if name == survey_acts.OPEN:
            return survey_acts.open_survey(by.caller, key, survey_id, **given)
        return survey_acts.lead(by.caller, key, survey_id, name, **given)

    await by.send(f"survey-{name}:{survey_id}", body, under)
    return await run_in_threadpool(_standing, by, survey_id)


def _standing(by: Sending, survey_id: UUID) -> SurveyAnswer:
    with by.database.read() as session:
        return survey_answer(session, by.caller, survey_acts.seen(session, by.caller, survey_id))


@router.get("/{survey_id}/invitations")
def list_invitations(
    survey_id: UUID, database: DatabaseDep, paging: PagingDep, caller: ReaderDep, q: Number = ""
) -> PageAnswer[InvitationAnswer]:
    """Who has not answered yet, by customer; `q` a part of a name or number."""
    with database.read() as session:
        row = survey_acts.seen(session, caller, survey_id)
        scope = caller.scope(Action.READ_SURVEYS)
        found = InvitationStore(session).unanswered(
            row.id, scope, q=q.strip(), after=paging.text_and_id(), limit=paging.fetch
        )
        shown, cursor = paging.cut(found, lambda pair: (pair[0].customer_no, str(pair[0].id)))
        return PageAnswer(items=invitation_answers(session, shown), next_cursor=cursor)


@router.get("/{survey_id}/low")
def list_low(survey_id: UUID, database: DatabaseDep, paging: PagingDep, caller: ReaderDep) -> PageAnswer[LowAnswer]:
    """Sheets that ask for a follow-up, with where it stands, newest first."""
    with database.read() as session:
        row = survey_acts.seen(session, caller, survey_id)
        store, scope = SurveyStore(session), caller.scope(Action.READ_SURVEYS)
        found = store.low(row.id, scope, after=paging.instant_and_id(), limit=paging.fetch)
        shown, cursor = paging.cut(found, lambda low: (low.sheet.answered_at.isoformat(), str(low.sheet.id)))
        return PageAnswer(items=low_answers(shown), next_cursor=cursor)


@router.post("/{survey_id}/sheets", status_code=201)
async def enter_sheet(
    survey_id: UUID,
    body: PaperBody,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    by: Annotated[Recording, recording(Action.ENTER_SHEETS)],
) -> SheetAnswer:
    """录入纸质 of one invitation; a low one has its follow-up task at once, else the daily sweep opens it."""

    def enter() -> tuple[SheetAnswer, UUID | None]:
        return by.once(
            f"survey-sheet:{survey_id}",
            body,
            lambda session, key: survey_acts.enter(session, by.caller, key, survey_id, body),
            lambda session, facts: _entered(session, by.caller, facts),
        )

    answer, follow_up = await run_in_threadpool(enter)
    await survey_acts.start_follow_up(database, gateway, follow_up)
    return answer


def _entered(session: Session, caller: Caller, facts: dict[str, Any]) -> tuple[SheetAnswer, UUID | None]:
    sheet = SurveyStore(session).sheet(UUID(facts["sheet_id"]), caller.scope(Action.ENTER_SHEETS))
    if sheet is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return sheet_answer(sheet), sheet.follow_up_id


@router.get("/answers/{token}", dependencies=[BY_LINK, limited])
def read_questions(token: str, database: DatabaseDep) -> AskedAnswer:
    """附件六 as the holder of a link is asked it. Reading uses nothing up."""
    with database.read() as session:
        found = links.found(session, token)
        if found.invitation.answered_at is not None:
            raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
        links.refuse_closed(found.campaign, survey_acts.now())
        rules = rules_of(session, found.campaign, survey_acts.now()).rulebook.survey
        return asked_answer(session, found, rules)


@router.post("/answers/{token}", dependencies=[BY_LINK, limited])
async def answer_by_link(
    token: str, body: SheetBody, request: Request, after: BackgroundTasks, database: DatabaseDep
) -> AnsweredAnswer:
    """The holder's answer, once; sent again it is only said that it was received."""
    given = survey_acts.given_of(body)
    request_id = getattr(request.state, "request_id", None)
    recorded = await run_in_threadpool(survey_acts.answer, database, token, given, request_id)
    follow_up = recorded.sheet.follow_up_id
    after.add_task(survey_acts.start_follow_up, database, request.app.state.gateway, follow_up)
    return AnsweredAnswer(received=True, repeated=recorded.adopted)
