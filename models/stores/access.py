"""Queries of sign-in sessions, API tokens and one-use links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from models.tables.access import ApiToken, OneUseLink, SignInSession


class AccessStore:
    """Sessions, tokens and links by the hash of their secret."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def sign_in(self, token_hash: str) -> SignInSession | None:
        """A session, ended or not."""
        return self.session.get(SignInSession, token_hash)

    def token(self, prefix_id: str) -> ApiToken | None:
        """A token, revoked or not."""
        return self.session.get(ApiToken, prefix_id)

    def link(self, token_hash: str) -> OneUseLink | None:
        """A link, used or not."""
        return self.session.get(OneUseLink, token_hash)

    def add(self, row: SignInSession | ApiToken | OneUseLink) -> None:
        """Store a new one."""
        self.session.add(row)
        self.session.flush()

    def touch_sign_in(self, token_hash: str, at: datetime) -> None:
        """Note that a session was used."""
        rows = update(SignInSession).where(col(SignInSession.token_hash) == token_hash)
        self.session.execute(rows.values(last_seen_at=at))

    def touch_token(self, prefix_id: str, at: datetime) -> None:
        """Note that a token was used."""
        self.session.execute(update(ApiToken).where(col(ApiToken.prefix_id) == prefix_id).values(last_used_at=at))

    def end_sign_ins(self, account_id: UUID, at: datetime, *, but: str = "") -> int:
        """End every open session of an account, except the one with hash `but`; how many."""
        rows = update(SignInSession).where(
            col(SignInSession.account_id) == account_id,
            col(SignInSession.ended_at).is_(None),
            col(SignInSession.token_hash) != but,
        )
        return self.session.execute(rows.values(ended_at=at)).rowcount  # type: ignore[attr-defined, no-any-return]

    def revoke_tokens(self, account_id: UUID, at: datetime) -> int:
        """Revoke every live token of an account; how many."""
        rows = update(ApiToken).where(col(ApiToken.account_id) == account_id, col(ApiToken.revoked_at).is_(None))
        return self.session.execute(rows.values(revoked_at=at)).rowcount  # type: ignore[attr-defined, no-any-return]

    def spend_links(self, purpose: str, account_id: UUID | None, at: datetime) -> None:
        """Make every unused link of this purpose and account unusable."""
        rows = update(OneUseLink).where(
            col(OneUseLink.purpose) == purpose,
            col(OneUseLink.used_at).is_(None),
            col(OneUseLink.account_id) == account_id if account_id else col(OneUseLink.account_id).is_(None),
        )
        self.session.execute(rows.values(used_at=at))

    def spend_link(self, token_hash: str, at: datetime) -> bool:
        """Use a link; False when somebody else was first."""
        rows = update(OneUseLink).where(col(OneUseLink.token_hash) == token_hash, col(OneUseLink.used_at).is_(None))
        return self.session.execute(rows.values(used_at=at)).rowcount == 1  # type: ignore[attr-defined, no-any-return]
