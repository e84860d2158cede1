"""Signing in: lockout, server-side sessions, API tokens and one-use links. Secrets are stored hashed only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services import audit
from models.stores.access import AccessStore
from models.stores.accounts import AccountStore
from models.tables.access import ApiToken, OneUseLink, SignInSession
from models.tables.organisation import Account
from models.types import Door

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOKEN_LIFE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
FREE_ATTEMPTS = 5
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=30)
SETUP = "setup"
ACTIVATE = "activate"
LINK_LIFE = {SETUP: timedelta(hours=24), ACTIVATE: timedelta(days=7)}


def digest(secret: str) -> str:
    """The stored form of a random 256-bit secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def lock_delay(failures: int) -> timedelta:
    """How long the next attempt waits after so many failures in a row: 30 s, doubled each time, at most 30 min."""
    if failures < FREE_ATTEMPTS:
        return timedelta(0)
    doublings: int = min(failures - FREE_ATTEMPTS, 10)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def refuse_locked(account: Account | None, now: datetime) -> None:
    """Raises ACCOUNT_LOCKED while the account must wait."""
    if account is not None and account.locked_until is not None and account.locked_until > now:
        raise DomainError(ErrorCode.ACCOUNT_LOCKED, until=account.locked_until.isoformat())


def record_attempt(session: Session, login: str, *, password_fits: bool, door: Door, now: datetime) -> Account | None:
    """Book the outcome of one attempt; the account when it may come in, None when it may not.

    The lock is looked at again here, in the write transaction: guesses sent side by side win nothing.
    Raises ACCOUNT_LOCKED.
    """
    account = AccountStore(session).by_login(login)
    refuse_locked(account, now)
    if account is None or not password_fits or account.disabled_at is not None:
        if account is not None:
            _count_failure(session, account, door, now)
        return None
    account.failed_sign_ins, account.locked_until = 0, None
    session.add(account)
    return account


def _count_failure(session: Session, account: Account, door: Door, now: datetime) -> None:
    account.failed_sign_ins += 1
    delay = lock_delay(account.failed_sign_ins)
    account.locked_until = now + delay if delay else None
    session.add(account)
    _note(session, account.id, "sign_in_failed", door, now)


def open_session(session: Session, account_id: UUID, *, user_agent: str, now: datetime) -> str:
    """A new session with a new id; the secret for the cookie, which is not stored."""
    secret = secrets.token_urlsafe(32)
    AccessStore(session).add(
        SignInSession(
            token_hash=digest(secret),
            account_id=account_id,
            csrf_secret=secrets.token_hex(32),
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
            user_agent=user_agent[:200],
        )
    )
    _note(session, account_id, "sign_in", Door.PAGE, now)
    return secret


def live_session(session: Session, secret: str, now: datetime) -> SignInSession | None:
    """The session of a cookie, unless it ended, sat idle for 30 minutes or is 12 hours old."""
    row = AccessStore(session).sign_in(digest(secret))
    if row is None or row.ended_at is not None or row.expires_at <= now or row.last_seen_at + IDLE <= now:
        return None
    return row


def end_session(session: Session, secret: str, now: datetime) -> None:
    """End the session of a cookie; nothing happens when there is none."""
    row = AccessStore(session).sign_in(digest(secret))
    if row is not None and row.ended_at is None:
        row.ended_at = now
        session.add(row)
        _note(session, row.account_id, "sign_out", Door.PAGE, now)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A bearer token, shown once."""

    token: str
    expires_at: datetime


def issue_token(session: Session, account_id: UUID, now: datetime) -> IssuedToken:
    """A new opaque token `prefix_id.secret` (decisions.md 23), good for 12 hours."""
    prefix_id, secret = f"gl_{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    row = ApiToken(
        prefix_id=prefix_id,
        secret_hash=digest(secret),
        account_id=account_id,
        created_at=now,
        expires_at=now + TOKEN_LIFE,
    )
    AccessStore(session).add(row)
    _note(session, account_id, "token_issued", Door.API, now)
    return IssuedToken(f"{prefix_id}.{secret}", row.expires_at)


def live_token(session: Session, token: str, now: datetime) -> ApiToken | None:
    """The row of a bearer token, unless it is wrong, expired or revoked."""
    prefix_id, _, secret = token.partition(".")
    row = AccessStore(session).token(prefix_id)
    known = row.secret_hash if row else digest("")
    if not secrets.compare_digest(known, digest(secret)) or row is None:
        return None
    return row if row.revoked_at is None and row.expires_at > now else None


def revoke_token(session: Session, token: str, now: datetime) -> None:
    """Make a live token useless at once."""
    row = live_token(session, token, now)
    if row is not None:
        row.revoked_at = now
        session.add(row)
        _note(session, row.account_id, "token_revoked", Door.API, now)


def create_link(session: Session, purpose: str, account_id: UUID | None, now: datetime) -> str:
    """A new one-use link; older ones of the same purpose and account stop working. Returns its secret."""
    store, secret = AccessStore(session), secrets.token_urlsafe(32)
    store.spend_links(purpose, account_id, now)
    life = LINK_LIFE[purpose]
    store.add(
        OneUseLink(
            token_hash=digest(secret), purpose=purpose, account_id=account_id, created_at=now, expires_at=now + life
        )
    )
    return secret


def usable_link(session: Session, purpose: str, secret: str, now: datetime) -> OneUseLink:
    """The link behind a secret. Raises LINK_USED_OR_EXPIRED."""
    row = AccessStore(session).link(digest(secret))
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= now:
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return row


def spend_link(session: Session, purpose: str, secret: str, now: datetime) -> OneUseLink:
    """Use a link up; of two at once one gets it. Raises LINK_USED_OR_EXPIRED."""
    row = usable_link(session, purpose, secret, now)
    if not AccessStore(session).spend_link(row.token_hash, now):
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    return row


def _note(session: Session, account_id: UUID, action: str, door: Door, now: datetime) -> None:
    who = str(account_id)
    audit.append(session, actor=who, action=action, object_kind="account", object_id=who, door=door, at=now)
