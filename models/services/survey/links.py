"""问卷链接: by it a respondent answers without signing in, once, while the campaign is open.

The secret is derived from the keys and the invitation, so that a reminder and a printed code can show it again; only
its hash is stored.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from models.encryption import keyring
from models.errors import DomainError, ErrorCode
from models.rules.survey_stages import wrong_stage
from models.service_types import SurveyStage
from models.services.sign_in import digest
from models.stores.survey import InvitationStore, SurveyStore
from models.tables.survey import SurveyCampaign, SurveyInvitation

_PURPOSE = "survey-link"
PATH = "/s/"


@dataclass(frozen=True, slots=True)
class Answerable:
    """A link that leads somewhere: the invitation and its campaign."""

    invitation: SurveyInvitation
    campaign: SurveyCampaign


def secret_of(invitation_id: UUID) -> str:
    """The secret of an invitation's link."""
    mac = hmac.new(keyring().derive(_PURPOSE), str(invitation_id).encode(), sha256).digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def hash_of(invitation_id: UUID) -> str:
    """What is stored of the link."""
    return digest(secret_of(invitation_id))


def address_of(base_url: str, invitation_id: UUID) -> str:
    """The link as it is sent or printed."""
    return f"{base_url}{PATH}{secret_of(invitation_id)}"


def found(session: Session, secret: str) -> Answerable:
    """What a link belongs to, whether it can be answered or not. Raises LINK_USED_OR_EXPIRED for no link of ours."""
    invitation = InvitationStore(session).by_hash(digest(secret))
    campaign = SurveyStore(session).get(invitation.campaign_id) if invitation else None
    if invitation is None or campaign is None:
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return Answerable(invitation, campaign)


def refuse_closed(campaign: SurveyCampaign, at: datetime) -> None:
    """Raises WRONG_STAGE while a campaign takes no answers: a draft, or closed; the record may lag behind its hour."""
    if campaign.stage is not SurveyStage.OPEN:
        raise wrong_stage(campaign.stage)
    if campaign.closes_at is None or at >= campaign.closes_at:
        raise wrong_stage(SurveyStage.CLOSED)
