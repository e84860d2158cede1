"""Sign-in: server-side sessions, API tokens and one-use links. Secrets are stored hashed only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from models.tables.columns import new_id


class SignInSession(SQLModel, table=True):
    """A server-side session; the cookie holds the secret whose hash is the key."""

    __tablename__ = "sign_in_session"

    token_hash: str = Field(primary_key=True, max_length=64)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    csrf_secret: str = Field(max_length=64)
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    user_agent: str = Field(default="", max_length=200)


class ApiToken(SQLModel, table=True):
    """Opaque bearer token `prefix_id.secret` (decisions.md 23)."""

    __tablename__ = "api_token"

    prefix_id: str = Field(primary_key=True, max_length=32)
    secret_hash: str = Field(max_length=64)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class OneUseLink(SQLModel, table=True):
    """A link that works once before it expires: first administrator, or activation of imported staff."""

    __tablename__ = "one_use_link"

    token_hash: str = Field(primary_key=True, max_length=64)
    id: UUID = Field(default_factory=new_id, unique=True)
    purpose: str = Field(max_length=32)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
