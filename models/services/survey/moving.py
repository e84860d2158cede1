"""One change of a running campaign in one transaction, insert-or-adopt by version."""

from sqlmodel import Session

from models.messages.survey import ExtendSurvey, RecordSurveyMove, SurveyAct, SurveyMoved, SurveyRecorded, SurveyState
from models.rules import survey_stages
from models.rules.calendar import local_date
from models.service_types import SurveyStage
from models.services import audit
from models.services.calendars import snapshot
from models.services.idempotency import settle_by_update
from models.services.notifications import notify
from models.services.rulebooks import rulebook_in_force
from models.services.survey.opening import refuse_without_post
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.stores.survey import SurveyStore
from models.tables.survey import SurveyCampaign
from models.types import SYSTEM_SCHEDULE, Role

OK = 200
TOLD = (Role.BR_LEAD, Role.BR_SVC, Role.HQ_VIP)
"""Who hears that results are published, at the campaign's institution and below it."""


class SurveyDivergedError(RuntimeError):
    """Workflow and record disagree about the campaign's version: an incident, never papered over."""


def record_move(session: Session, message: RecordSurveyMove) -> SurveyRecorded:
    """Record the change, or return the one that stands for its version.

    Raises NOT_ALLOWED when the person lost its post, and what the rule refuses on the calendar of now.
    """
    before = message.before
    row = SurveyStore(session).locked(before.campaign_id)
    if row is None:
        raise SurveyDivergedError(f"survey {before.campaign_id} has no record")
    if row.version != before.version:
        return _standing(row, message)
    after = _after(session, message)
    moved = after.moves[-1]
    _write(session, row, after, moved, message.act)
    if moved.stage is SurveyStage.PUBLISHED:
        _tell(session, row, moved)
    _audit(session, before, moved, message.act)
    if message.act is not None:
        answer = {"campaign_id": str(row.id), "stage": after.stage.value, "version": after.version}
        settle_by_update(session, message.act.update_id, OK, answer)
    return SurveyRecorded(state=after, update_id=moved.update_id)


def _standing(row: SurveyCampaign, message: RecordSurveyMove) -> SurveyRecorded:
    state = SurveyState.model_validate(row.state)
    wanted = message.before.version + 1
    moved = next((past for past in state.moves if past.version == wanted), None)
    if moved is None or state.version != wanted:
        raise SurveyDivergedError(f"survey {row.id}: record at {row.version}, workflow at {message.before.version}")
    own = message.act.update_id if message.act else None
    return SurveyRecorded(state=state, update_id=moved.update_id, adopted=moved.update_id != own)


def _after(session: Session, message: RecordSurveyMove) -> SurveyState:
    act = message.act
    if act is None:
        return message.after
    refuse_without_post(session, act.actor_id, message.before.above)
    today = local_date(message.at)
    working_time = rulebook_in_force(session, today).rulebook.working_time
    return survey_stages.move(message.before, act, message.at, snapshot(session, working_time, today))


def _write(
    session: Session, row: SurveyCampaign, after: SurveyState, moved: SurveyMoved, act: SurveyAct | None
) -> None:
    row.stage, row.version, row.state = after.stage, after.version, after.model_dump(mode="json")
    row.closes_at = after.closes_at.due_at
    if isinstance(act, ExtendSurvey):
        row.closes_on = act.closes_on
    if moved.stage is SurveyStage.CLOSED:
        row.closed_at = moved.at
    if moved.stage is SurveyStage.PUBLISHED:
        row.published_at = moved.at
    SurveyStore(session).add(row)


def _tell(session: Session, row: SurveyCampaign, moved: SurveyMoved) -> None:
    own = InstitutionStore(session).get(row.institution_code, EVERYTHING)
    notify(
        session,
        to=SurveyStore(session).holders(TOLD, own.path if own else "/"),
        template="survey_published",
        key=f"survey-published:{row.id}",
        at=moved.at,
        context={"title": row.title, "period": row.period, "by": moved.actor_name},
    )


def _audit(session: Session, before: SurveyState, moved: SurveyMoved, act: SurveyAct | None) -> None:
    action = moved.stage.value if moved.stage is not before.stage else "extended"
    audit.append(
        session,
        actor=str(moved.actor_id) if moved.actor_id else SYSTEM_SCHEDULE,
        action=f"survey.{action}",
        object_kind="survey",
        object_id=str(before.campaign_id),
        door=moved.door,
        before={"stage": before.stage.value},
        after={"stage": moved.stage.value, "closes_at": moved.closes_at.isoformat()},
        reason=moved.reason or None,
        request_id=act.request_id if act else None,
        at=moved.at,
    )
