"""Acts on survey campaigns: drafted and entered on the records, led through their workflow; follow-ups started."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.act_base import act_fields
from api.acts import Prepare
from api.care_acts import STARTS
from api.deps import Action, Caller
from api.gateway import Gateway, WorkflowGoneError
from api.schemas.surveys import PaperBody, SheetBody, SurveyBody, SurveyEditBody, SurveyMoveBody
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.envelope import ServiceStart, SurveyStart, SurveyUpdate
from models.messages.survey import CloseSurvey, ExtendSurvey, OpenSurvey, PublishSurvey, SurveyAct, SurveyState
from models.rules import survey_stages
from models.rules.calendar import local_date
from models.service_types import SurveyStage
from models.services.by import By
from models.services.desk.once import Facts, once
from models.services.duties.starting import start_of
from models.services.idempotency import Key
from models.services.survey import answering, drafting, links, opening
from models.services.survey.answering import Given, Recorded
from models.services.survey.drafting import Draft, Seen, draft
from models.services.survey.links import Answerable
from models.stores.care import TouchpointStore
from models.stores.institutions import InstitutionStore
from models.stores.survey import InvitationStore, SurveyStore
from models.tables.care import Touchpoint
from models.tables.survey import SurveyCampaign
from models.types import CUSTOMER_LINK, Door

OPEN, CLOSE, EXTEND, PUBLISH = "open", "close", "extend", "publish"
"""Every act that leads a campaign, by the last part of its address."""
_ACTS: dict[str, type[CloseSurvey | ExtendSurvey | PublishSurvey]] = {
    CLOSE: CloseSurvey,
    EXTEND: ExtendSurvey,
    PUBLISH: PublishSurvey,
}
_log = structlog.get_logger(__name__)


def now() -> datetime:
    """The instant of the request."""
    return datetime.now(UTC)


def add(session: Session, caller: Caller, key: Key, body: SurveyBody) -> Facts:
    """A draft. Raises NOT_FOUND for an institution outside the caller's, and what `draft` refuses."""

    def do() -> Facts:
        row = draft(session, _asked(session, caller, body), caller.account_id, caller.by, now())
        return {"survey_id": str(row.id)}

    return once(session, key, now(), do)


def amend(session: Session, caller: Caller, key: Key, survey_id: UUID, body: SurveyEditBody) -> Facts:
    """修改草稿. Raises NOT_FOUND, as `add` does, and what the change refuses (WRONG_STAGE, STALE_VERSION)."""

    def do() -> Facts:
        row = owned(session, caller, survey_id)
        drafting.amend(session, Seen(row.id, body.version), _asked(session, caller, body), caller.by, now())
        return {"survey_id": str(row.id)}

    return once(session, key, now(), do)


def discard(session: Session, caller: Caller, key: Key, survey_id: UUID, body: SurveyMoveBody) -> Facts:
    """删除草稿. Raises NOT_FOUND, WRONG_STAGE once it is open, STALE_VERSION."""

    def do() -> Facts:
        row = owned(session, caller, survey_id)
        drafting.discard(session, Seen(row.id, body.version), caller.by, now(), reason=body.reason)
        return {}

    return once(session, key, now(), do)


def _asked(session: Session, caller: Caller, body: SurveyBody) -> Draft:
    if InstitutionStore(session).get(body.institution_code, caller.scope(Action.RUN_SURVEYS)) is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return Draft(**body.model_dump(exclude={"version"}))


def owned(session: Session, caller: Caller, survey_id: UUID) -> SurveyCampaign:
    """The campaign, if the caller may lead it. Raises NOT_FOUND."""
    row = SurveyStore(session).owned(survey_id, caller.scope(Action.RUN_SURVEYS))
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def seen(session: Session, caller: Caller, survey_id: UUID) -> SurveyCampaign:
    """The campaign, if it belongs to the caller's institutions or asks one of their customers. Raises NOT_FOUND."""
    row = SurveyStore(session).seen(survey_id, caller.scope(Action.READ_SURVEYS))
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def open_survey(caller: Caller, key: Key, survey_id: UUID, *, version: int, reason: str = "") -> Prepare:
    """发放. Raises NOT_FOUND, and what the opening refuses (WRONG_STAGE, STALE_VERSION, INVALID_INPUT)."""

    def prepare(session: Session) -> SurveyStart:
        row = owned(session, caller, survey_id)
        start = OpenSurvey(
            **act_fields(caller, key, reason), campaign_id=row.id, workflow_id=row.workflow_id, version=version
        )
        opening.check(session, row, start, now())
        return SurveyStart(act=start)

    return prepare


def lead(caller: Caller, key: Key, survey_id: UUID, name: str, *, version: int, reason: str, **more: Any) -> Prepare:
    """提前截止, 延期 or 发布. Raises NOT_FOUND, WRONG_STAGE for a draft, and what the rule refuses."""

    def prepare(session: Session) -> SurveyUpdate:
        row = owned(session, caller, survey_id)
        if row.state is None:
            raise survey_stages.wrong_stage(SurveyStage.DRAFT)
        act: SurveyAct = _ACTS[name](**act_fields(caller, key, reason), version=version, **more)
        survey_stages.check(SurveyState.model_validate(row.state), act)
        return SurveyUpdate(workflow_id=row.workflow_id, act=act)

    return prepare


def enter(session: Session, caller: Caller, key: Key, survey_id: UUID, body: PaperBody) -> Facts:
    """录入纸质. Raises NOT_FOUND outside the caller's institutions, ALREADY_ANSWERED where a sheet stands, and what
    `answer` refuses."""

    def do() -> Facts:
        campaign = SurveyStore(session).seen(survey_id, caller.scope(Action.ENTER_SHEETS))
        invitation = InvitationStore(session).in_scope(body.invitation_id, caller.scope(Action.ENTER_SHEETS))
        if campaign is None or invitation is None or invitation.campaign_id != campaign.id:
            raise DomainError(ErrorCode.NOT_FOUND)
        given = given_of(body, entered_by=caller.account_id, answered_on=body.answered_on)
        recorded = answering.answer(session, Answerable(invitation, campaign), given, caller.by, now())
        if recorded.adopted:
            raise already_answered(recorded.sheet.answered_at)
        return facts_of(recorded)

    return once(session, key, now(), do)


def already_answered(at: datetime) -> DomainError:
    """What whoever enters a sheet is told where one stands."""
    return DomainError(ErrorCode.ALREADY_ANSWERED, when=at.isoformat())


def given_of(body: SheetBody, **more: Any) -> Given:
    """A body as an answer."""
    return Given({number: str(value) for number, value in body.answers.items()}, body.improvement, **more)


def facts_of(recorded: Recorded) -> Facts:
    """Ids of what was recorded."""
    follow_up = recorded.sheet.follow_up_id
    return {"sheet_id": str(recorded.sheet.id), "follow_up_id": str(follow_up) if follow_up else None}


def answer(database: Database, secret: str, given: Given, request_id: str | None) -> Recorded:
    """A respondent's own answer by link, once. Raises LINK_USED_OR_EXPIRED, WRONG_STAGE, INVALID_INPUT."""
    with database.write() as session:
        found = links.found(session, secret)
        return answering.answer(session, found, given, By(CUSTOMER_LINK, Door.LINK, request_id), now())


async def start_follow_up(database: Database, gateway: Gateway | None, touchpoint_id: UUID | None) -> None:
    """Open the case of a follow-up at once. Where that cannot be now, the next sweep does it."""
    due = await run_in_threadpool(_waiting, database, touchpoint_id) if gateway and touchpoint_id else None
    start = start_of(due, now()) if due is not None else None
    if gateway is None or start is None:
        return
    try:
        await gateway.send(ServiceStart(act=start))
    except WorkflowGoneError:
        return  # it has run to its end
    except DomainError as error:
        _log.warning("a follow-up waits for the sweep", code=error.code.value)


def _waiting(database: Database, touchpoint_id: UUID) -> Touchpoint | None:
    with database.read() as session:
        row = TouchpointStore(session).get(touchpoint_id)
        waits = row is not None and row.stage in STARTS and row.case_id is None
        return row if row is not None and waits and row.lead_on <= local_date(now()) else None
