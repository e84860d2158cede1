"""Bodies and answers about sign-in, people, posts and institutions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr, StringConstraints

from api.schemas.base import Answer, Body
from models.types import InstitutionLevel, Role

Login = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]


class TokenRequest(Body):
    """登录名 and password."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Password


class TokenAnswer(Answer):
    """A bearer token; it is shown once."""

    token: str
    expires_at: datetime


class PostAnswer(Answer):
    """岗位: a role at an institution."""

    role: Role
    institution_code: str


class MeAnswer(Answer):
    """The caller: who it is and what it may do."""

    account_id: UUID
    login: str
    name: str
    institution_code: str
    language: str
    posts: list[PostAnswer]
    actions: list[str]


class PasswordChange(Body):
    """A new password for oneself; the current one proves who asks."""

    current: Password
    new: Password


class InstitutionAnswer(Answer):
    """机构."""

    code: str
    name: str
    level: InstitutionLevel
    parent_code: str | None
    region_class: int
    city: str


class PersonAnswer(Answer):
    """One person with its posts. `state` is `active`, `not_activated` (no password yet) or `disabled`."""

    account_id: UUID
    login: str
    name: str
    institution_code: str
    state: Literal["active", "not_activated", "disabled"]
    posts: list[PostAnswer]


class EmptyPostAnswer(Answer):
    """A post that the institution has and nobody holds."""

    institution_code: str
    institution_name: str
    role: Role


class NewPersonRequest(Body):
    """A person to enter; the password comes with the activation link."""

    login: Login
    name: Name
    institution_code: Code
    email: Annotated[str, StringConstraints(max_length=200)] | None = None
    roles: list[Role] = Field(default_factory=list, max_length=12)


class PostRequest(Body):
    """A post to give or take away."""

    role: Role
    institution_code: Code


class LinkAnswer(Answer):
    """A one-use activation link; it is shown once."""

    url: str
    expires_at: datetime


class HandOverAnswer(Answer):
    """What disabling did; `nobody_left` are posts with tasks and without another person."""

    tasks_released: int
    sign_ins_ended: int
    tokens_revoked: int
    nobody_left: list[PostAnswer]
