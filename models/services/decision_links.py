"""决定链接: a mail that lets its reader decide one task. One use, expiring, bound to person, task, round and version.

The secret is derived from the keys and what it is bound to, so that a mail sent again carries the same link; only its
hash is stored. Whether the reader must sign in besides is the rulebook's to say.
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
from models.messages.approval import NOBODY_TO_ACT
from models.rulebook import Desk
from models.services.sign_in import digest
from models.stores.decision_links import DecisionLinkStore
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Task
from models.tables.desk import DecisionLink
from models.types import OPEN_TASK_STATES, Stage

_PURPOSE = "decision-link"
_DECLARANTS = frozenset({Stage.DECLARED.value, Stage.RETURNED.value, NOBODY_TO_ACT})
"""Steps at which nothing is approved: they have no link."""


@dataclass(frozen=True, slots=True)
class LinkedTask:
    """A usable link: who may decide what with it."""

    token_hash: str
    account_id: UUID
    task: Task


def issue(session: Session, account_id: UUID, task: Task, desk: Desk, now: datetime) -> str | None:
    """The secret for the person's mail about an open task; None where there is no link.

    The same while person, task, round and version are; sent again it lives on from now, unless it was used.
    """
    if not desk.decision_links or task.step in _DECLARANTS or not _is_theirs(session, account_id, task):
        return None
    secret = _secret(account_id, task)
    store = DecisionLinkStore(session)
    row = store.get(digest(secret)) or DecisionLink(
        token_hash=digest(secret),
        account_id=account_id,
        task_id=task.id,
        round=task.round,
        version=task.version,
        created_at=now,
        expires_at=now,
    )
    if row.used_at is not None:
        return None
    row.expires_at = now + timedelta(hours=desk.link_hours)
    store.add(row)
    return secret


def usable(session: Session, secret: str, now: datetime) -> LinkedTask:
    """What a link is good for now. Raises LINK_USED_OR_EXPIRED: used, expired, or the task has moved on."""
    row = DecisionLinkStore(session).get(digest(secret))
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    task = TaskStore(session).get(row.task_id)
    if task is None or task.state not in OPEN_TASK_STATES or (task.round, task.version) != (row.round, row.version):
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    if not _is_theirs(session, row.account_id, task):
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return LinkedTask(row.token_hash, row.account_id, task)


def owner(session: Session, secret: str) -> UUID:
    """Whose link it is, whether it still works or not. Raises LINK_USED_OR_EXPIRED for one there never was."""
    row = DecisionLinkStore(session).get(digest(secret))
    if row is None:
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return row.account_id


def spend(session: Session, secret: str, now: datetime) -> LinkedTask:
    """Use a link up; of two at once one gets it. Raises LINK_USED_OR_EXPIRED."""
    found = usable(session, secret, now)
    if not DecisionLinkStore(session).spend(found.token_hash, now):
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return found


def give_back(session: Session, secret: str) -> None:
    """The act was never sent: the link works again."""
    DecisionLinkStore(session).give_back(digest(secret))


def _is_theirs(session: Session, account_id: UUID, task: Task) -> bool:
    people = PeopleStore(session)
    account = people.account(account_id)
    if account is None or account.disabled_at is not None:
        return False
    if task.assignee_id is not None:
        return task.assignee_id == account_id
    return people.holds(account_id, task.role, task.institution_code)


def _secret(account_id: UUID, task: Task) -> str:
    bound = f"{account_id}:{task.id}:{task.round}:{task.version}"
    mac = hmac.new(keyring().derive(_PURPOSE), bound.encode(), sha256).digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")
