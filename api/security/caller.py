"""The caller: who sends the request, with which posts, through which door."""

from dataclasses import dataclass
from uuid import UUID

from api.security.policy import Action, HeldPost, allowed, scope_of
from models.services.by import By
from models.stores.scope import Scope
from models.types import Door, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A person who is signed in, as the records say at this very request."""

    account_id: UUID
    login: str
    name: str
    institution_code: str
    institution_name: str
    posts: tuple[HeldPost, ...]
    door: Door
    language: str = "zh"
    csrf_token: str = ""
    """Token for the forms of this session; empty for a bearer token."""
    session_hash: str = ""
    """Key of the sign-in session; empty for a bearer token."""
    request_id: str | None = None

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role held, once each, in the order of the glossary."""
        held = {post.role for post in self.posts}
        return tuple(role for role in Role if role in held)

    @property
    def by(self) -> By:
        """The caller as the audit names it."""
        return By(str(self.account_id), self.door, self.request_id)

    def may(self, action: Action) -> bool:
        """Whether one of the posts allows the action; pages leave out what it refuses."""
        return allowed(self.posts, action)

    def scope(self, action: Action) -> Scope:
        """The institutions within which the caller may do the action."""
        return scope_of(self.posts, action)
