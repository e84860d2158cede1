"""A campaign before it is opened: a draft 草稿 is a record without a workflow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import survey_id
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.rules.survey_stages import closing, wrong_stage
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


class Seen(NamedTuple):
    """A draft as whoever changes it saw it."""

    campaign_id: UUID
    version: int


def draft(session: Session, asked: Draft, account_id: UUID, by: By, at: datetime) -> SurveyCampaign:
    """Keep a draft. Raises INVALID_INPUT for a tier that is promised no survey, or a closing day that is over."""
    number = new_id()
    row = SurveyCampaign(
        id=number,
        workflow_id=survey_id(number),
        **_fields(session, asked, at),
        stage=SurveyStage.DRAFT,
        created_by=account_id,
        created_at=at,
    )
    SurveyStore(session).add(row)
    _audit(session, row, "drafted", by, at, after=_told(row))
    return row


def amend(session: Session, seen: Seen, asked: Draft, by: By, at: datetime) -> SurveyCampaign:
    """Change a draft as it was seen. Raises as `draft`, and what `_unopened` refuses."""
    row = _unopened(session, seen)
    before = _told(row)
    for name, value in _fields(session, asked, at).items():
        setattr(row, name, value)
    row.version += 1
    SurveyStore(session).add(row)
    _audit(session, row, "amended", by, at, before=before, after=_told(row))
    return row


def discard(session: Session, seen: Seen, by: By, at: datetime, *, reason: str = "") -> None:
    """Delete a draft, of which nobody was asked anything; its audit stays. Raises what `_unopened` refuses."""
    row = _unopened(session, seen)
    _audit(session, row, "discarded", by, at, before=_told(row), reason=reason.strip() or None)
    SurveyStore(session).remove(row)


def _unopened(session: Session, seen: Seen) -> SurveyCampaign:
    """The draft, held against its opening. Raises NOT_FOUND, WRONG_STAGE once it is open, STALE_VERSION."""
    row = SurveyStore(session).locked(seen.campaign_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if row.stage is not SurveyStage.DRAFT:
        raise wrong_stage(row.stage)
    if row.version != seen.version:
        raise DomainError(ErrorCode.STALE_VERSION, version=row.version)
    return row


def _fields(session: Session, asked: Draft, at: datetime) -> dict[str, Any]:
    """What a draft says. Raises INVALID_INPUT."""
    day = local_date(at)
    rulebook = rulebook_in_force(session, day).rulebook
    promised = asked_tiers(rulebook)
    if not asked.tiers or not set(asked.tiers) <= set(promised):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "tiers", "reason": "enum"}])
    closing(snapshot(session, rulebook.working_time, day), at, asked.closes_on)
    return {
        "title": asked.title.strip(),
        "period": asked.period,
        "tiers": [tier.value for tier in promised if tier in asked.tiers],
        "institution_code": asked.institution_code,
        "closes_on": asked.closes_on,
    }


def _told(row: SurveyCampaign) -> dict[str, Any]:
    """A draft as the audit trail keeps it."""
    closes_on = row.closes_on.isoformat()
    return {"period": row.period, "tiers": row.tiers, "institution": row.institution_code, "closes_on": closes_on}


def _audit(session: Session, row: SurveyCampaign, what: str, by: By, at: datetime, **more: Any) -> None:
    audit.append(
        session,
        actor=by.actor,
        action=f"survey.{what}",
        object_kind="survey",
        object_id=str(row.id),
        door=by.door,
        request_id=by.request_id,
        at=at,
        **more,
    )


def asked_tiers(rulebook: Rulebook) -> tuple[Tier, ...]:
    """Tiers that are promised a survey, highest first."""
    item = rulebook.services.item(SURVEY_CODE)
    return tuple(tier for tier in reversed(Tier) if item.promise(tier) is not None)
