"""A campaign before it is opened: a draft 草稿 is a record without a workflow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import survey_id
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.rules.survey_stages import closing
from models.service_types import SurveyStage
from models.services import audit
from models.services.by import By
from models.services.calendars import snapshot
from models.services.rulebooks import rulebook_in_force
from models.stores.service_counts import SURVEY_CODE
from models.stores.survey import SurveyStore
from models.tables.columns import new_id
from models.tables.survey import SurveyCampaign
from models.types import Tier


@dataclass(frozen=True)
class Draft:
    """What a campaign is to be."""

    title: str
    period: str
    tiers: Sequence[Tier]
    institution_code: str
    closes_on: date


def draft(session: Session, asked: Draft, account_id: UUID, by: By, at: datetime) -> SurveyCampaign:
    """Keep a draft. Raises INVALID_INPUT for a tier that is promised no survey, or a closing day that is over."""
    day = local_date(at)
    rulebook = rulebook_in_force(session, day).rulebook
    promised = asked_tiers(rulebook)
    if not asked.tiers or not set(asked.tiers) <= set(promised):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "tiers", "reason": "enum"}])
    closing(snapshot(session, rulebook.working_time, day), at, asked.closes_on)
    number = new_id()
    row = SurveyCampaign(
        id=number,
        workflow_id=survey_id(number),
        title=asked.title.strip(),
        period=asked.period,
        tiers=[tier.value for tier in promised if tier in asked.tiers],
        institution_code=asked.institution_code,
        stage=SurveyStage.DRAFT,
        closes_on=asked.closes_on,
        created_by=account_id,
        created_at=at,
    )
    SurveyStore(session).add(row)
    audit.append(
        session,
        actor=by.actor,
        action="survey.drafted",
        object_kind="survey",
        object_id=str(row.id),
        door=by.door,
        after={"period": row.period, "tiers": row.tiers, "institution": row.institution_code},
        request_id=by.request_id,
        at=at,
    )
    return row


def asked_tiers(rulebook: Rulebook) -> tuple[Tier, ...]:
    """Tiers that are promised a survey, highest first."""
    item = rulebook.services.item(SURVEY_CODE)
    return tuple(tier for tier in reversed(Tier) if item.promise(tier) is not None)
