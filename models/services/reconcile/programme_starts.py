"""What starts a run of the programme again from its records: the opening finds what stands and goes on there."""

from sqlmodel import Session

from models.identifiers import MEMBERSHIP, QUOTA_SEASON, SURVEY
from models.messages.envelope import SeasonStart, Starting, SurveyStart
from models.messages.qualification import MembershipGrant
from models.messages.season import OpenSeason
from models.messages.survey import OpenSurvey
from models.services.qualification.memberships import grant_of
from models.stores.memberships import OVER
from models.stores.reconcile_programme import ProgrammeStore
from models.types import SYSTEM_SCHEDULE, SYSTEM_SLA_ID, Door


def starts_of(session: Session, workflow_id: str) -> list[Starting | MembershipGrant]:
    """The start of a season or a campaign; of a membership every term that is not over, each granted once more."""
    store, kind = ProgrammeStore(session), workflow_id.partition("/")[0]
    if kind == MEMBERSHIP:
        rows = (row for row in store.memberships(workflow_id) if row.stage not in OVER)
        return [grant_of(session, row.case_id) for row in rows]
    by = {
        "update_id": f"{SYSTEM_SCHEDULE}:again:{workflow_id}",
        "content_hash": workflow_id,
        "actor_id": SYSTEM_SLA_ID,
        "actor_name": SYSTEM_SCHEDULE,
        "door": Door.SYSTEM,
    }
    season = store.season(workflow_id) if kind == QUOTA_SEASON else None
    if season is not None:
        return [SeasonStart(act=OpenSeason(**by, workflow_id=workflow_id, year=season.year))]
    survey = store.survey(workflow_id) if kind == SURVEY else None
    if survey is not None:
        start = OpenSurvey(**by, workflow_id=workflow_id, campaign_id=survey.id, version=survey.version)
        return [SurveyStart(act=start)]
    return []
