"""确认链接: by it a customer confirms a finished request without signing in: one use, expiring, for one completion.

The secret is derived from the keys, the case and the completion, so that staff can show it again; only its hash is
stored. A request that was sent back and finished again has a new link.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from models.encryption import keyring
from models.errors import DomainError, ErrorCode
from models.messages.service import ServiceState
from models.services.sign_in import digest
from models.stores.cases import CaseStore
from models.stores.services import ConfirmationLinkStore
from models.tables.cases import Case
from models.tables.service import ConfirmationLink
from models.types import Stage

_PURPOSE = "confirmation-link"
_COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Confirmable:
    """A usable link: the case that waits for its customer."""

    token_hash: str
    case: Case
    state: ServiceState


def issue(session: Session, state: ServiceState, now: datetime, *, days: int) -> str:
    """The secret of the link for the last completion, usable for so many natural days. Twice is the same link."""
    secret = secret_of(state)
    store = ConfirmationLinkStore(session)
    if store.get(digest(secret)) is None:
        row = ConfirmationLink(
            token_hash=digest(secret),
            case_id=state.case_id,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        store.add(row)
    return secret


def usable(session: Session, secret: str, now: datetime) -> Confirmable:
    """What the link is good for now. Raises LINK_USED_OR_EXPIRED: used, expired, or the case has moved on."""
    row = ConfirmationLinkStore(session).get(digest(secret))
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    case = CaseStore(session).get(row.case_id)
    if case is None or case.outcome is not None:
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    state = ServiceState.model_validate(case.state)
    if state.stage is not Stage.AWAITING_CONFIRMATION or not hmac.compare_digest(secret_of(state), secret):
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return Confirmable(row.token_hash, case, state)


def case_of(session: Session, secret: str) -> UUID | None:
    """The case of a link, whether it still works or not; None for a link that there never was."""
    row = ConfirmationLinkStore(session).get(digest(secret))
    return row.case_id if row else None


def spend(session: Session, secret: str, now: datetime) -> None:
    """Use the link up, once its answer stands in the records."""
    ConfirmationLinkStore(session).spend(digest(secret), now)


def expires_at(session: Session, state: ServiceState) -> datetime | None:
    """Until when the link of the last completion works; None when there is none, or it was used."""
    row = ConfirmationLinkStore(session).get(digest(secret_of(state)))
    return row.expires_at if row is not None and row.used_at is None else None


def secret_of(state: ServiceState) -> str:
    """The secret of the link for the last completion of a case."""
    completion = max((past.step_no for past in state.acts if past.act == _COMPLETE), default=0)
    bound = f"{state.case_id}:{completion}"
    mac = hmac.new(keyring().derive(_PURPOSE), bound.encode(), sha256).digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
