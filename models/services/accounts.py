"""People and posts 人员岗位: accounts, passwords, activation, posts, disabling. Every change is audited."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.passwords import hash_password, weakness
from models.services import audit
from models.services.by import By
from models.services.handing_over import hand_over_tasks
from models.services.sign_in import ACTIVATE, SETUP, create_link, spend_link
from models.stores.access import AccessStore
from models.stores.accounts import AccountStore
from models.stores.institutions import InstitutionStore
from models.stores.people import PeopleStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.organisation import Account, Institution, Post
from models.types import SEPARATED_ADMIN_ROLES, Door, InstitutionLevel, Role

_HQ = frozenset({InstitutionLevel.HQ})
_BRANCH = frozenset({InstitutionLevel.BRANCH})
_SUB_BRANCH = frozenset({InstitutionLevel.SUB_BRANCH})
POST_LEVELS: dict[Role, frozenset[InstitutionLevel]] = {
    Role.HQ_VIP: _HQ,
    Role.HQ_LEAD: _HQ,
    Role.BR_LEAD: _BRANCH,
    Role.BR_SVC: _BRANCH,
    Role.BR_CTR: _BRANCH,
    Role.MGR: _BRANCH | _SUB_BRANCH,
    Role.UNIT_LEAD: _SUB_BRANCH,
    Role.AUDIT: _HQ,
    Role.OPS: _HQ,
    Role.SYS_ADMIN: _HQ,
    Role.SEC_ADMIN: _HQ,
    Role.AUDIT_ADMIN: _HQ,
}
"""At which level of the tree a post exists (regulation 2.7)."""

_NOT_OWED = frozenset({(InstitutionLevel.BRANCH, Role.MGR)})
HEAD_OFFICE_CODE = "HQ"


class EmptyPost(NamedTuple):
    """A post that an institution of this level has and that nobody holds."""

    institution: Institution
    role: Role


@dataclass(frozen=True, slots=True)
class HandOver:
    """What disabling a person did."""

    tasks_released: int
    sign_ins_ended: int
    tokens_revoked: int
    nobody_left: tuple[tuple[str, Role], ...] = field(default=())
    """Posts with released tasks for which nobody else is there: (institution code, role)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person to be entered; the password comes with the activation link."""

    login: str
    name: str
    institution_code: str
    email: str | None = None
    roles: tuple[Role, ...] = ()


def invalid(**fields: str) -> DomainError:
    """INVALID_INPUT for some fields, each with its reason."""
    errors = [{"field": name, "reason": reason} for name, reason in fields.items()]
    return DomainError(ErrorCode.INVALID_INPUT, n=len(errors), errors=errors)


def create_person(session: Session, person: NewPerson, *, by: By, now: datetime, scope: Scope = EVERYTHING) -> Account:
    """Enter a person without a password. Raises INVALID_INPUT: login taken, institution unknown or out of scope."""
    store = AccountStore(session)
    if store.by_login(person.login) is not None:
        raise invalid(login="login_taken")
    if InstitutionStore(session).get(person.institution_code, scope) is None:
        raise invalid(institution_code="unknown_institution")
    account = Account(
        login=person.login,
        name=person.name,
        institution_code=person.institution_code,
        email=person.email,
        created_at=now,
    )
    store.add(account)
    _note(session, by, "person_created", account, now, after={"institution_code": person.institution_code})
    for role in person.roles:
        add_post(session, account, role, person.institution_code, by=by, now=now, scope=scope)
    return account


def set_password(
    session: Session, account: Account, password_hash: str, *, by: By, now: datetime, keep: str = ""
) -> None:
    """Store a new password; every session (but the one with hash `keep`) and token of the person ends."""
    account.password_hash = password_hash
    account.failed_sign_ins, account.locked_until = 0, None
    session.add(account)
    access = AccessStore(session)
    access.end_sign_ins(account.id, now, but=keep)
    access.revoke_tokens(account.id, now)
    access.spend_links(ACTIVATE, account.id, now)
    _note(session, by, "password_set", account, now)


def checked_hash(password: str, login: str, field_name: str = "password") -> str:
    """Hash of a password that may be chosen: call it outside a transaction. Raises INVALID_INPUT for the field."""
    reason = weakness(password, login)
    if reason:
        raise invalid(**{field_name: reason})
    return hash_password(password)


def activation_link(session: Session, account: Account, *, by: By, now: datetime) -> str:
    """A one-use link by which the person sets a password; older ones stop working. Returns its secret."""
    if account.disabled_at is not None:
        raise invalid(login="account_disabled")
    _note(session, by, "activation_link_created", account, now)
    return create_link(session, ACTIVATE, account.id, now)


def activate(session: Session, secret: str, password_hash: str, *, now: datetime) -> Account:
    """Set the password by link. Raises LINK_USED_OR_EXPIRED."""
    link = spend_link(session, ACTIVATE, secret, now)
    account = PeopleStore(session).account(link.account_id) if link.account_id else None
    if account is None or account.disabled_at is not None:
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    set_password(session, account, password_hash, by=By(str(account.id), Door.LINK), now=now)
    return account


def needs_setup(session: Session) -> bool:
    """Whether nobody could let anybody in: no security administrator stands in the records."""
    return not AccountStore(session).anyone_with(Role.SEC_ADMIN)


def create_setup_link(session: Session, now: datetime) -> str:
    """The one-time link of `make up`: its holder becomes the first administrator. Returns its secret.

    Raises NOT_ALLOWED when there is an administrator already.
    """
    if not needs_setup(session):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.SEC_ADMIN.value)
    return create_link(session, SETUP, None, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAdministrator:
    """What the setup page asks for."""

    login: str
    name: str
    head_office_name: str


def complete_setup(
    session: Session, secret: str, first: FirstAdministrator, password_hash: str, *, now: datetime
) -> Account:
    """Create the first security administrator, and 总公司 when the tree is empty.

    Raises LINK_USED_OR_EXPIRED, also when somebody else became administrator meanwhile.
    """
    spend_link(session, SETUP, secret, now)
    if not needs_setup(session):
        raise DomainError(ErrorCode.LINK_USED_OR_EXPIRED)
    head_office = InstitutionStore(session).head_office() or _found_head_office(session, first.head_office_name)
    by = By("system:setup", Door.LINK)
    person = NewPerson(login=first.login, name=first.name, institution_code=head_office.code, roles=(Role.SEC_ADMIN,))
    account = create_person(session, person, by=by, now=now)
    set_password(session, account, password_hash, by=by, now=now)
    return account


def _found_head_office(session: Session, name: str) -> Institution:
    head_office = Institution(
        code=HEAD_OFFICE_CODE,
        name=name,
        level=InstitutionLevel.HQ,
        region_class=1,
        city="",
        path=f"/{HEAD_OFFICE_CODE}/",
    )
    InstitutionStore(session).add(head_office)
    return head_office


def add_post(
    session: Session,
    account: Account,
    role: Role,
    institution_code: str,
    *,
    by: By,
    now: datetime,
    scope: Scope = EVERYTHING,
) -> Post:
    """Give a post; the same post again changes nothing.

    Raises NOT_ALLOWED for one's own account, INVALID_INPUT when the institution is unknown or has no such
    post, or when one person would hold two of the three administrator posts (三员分立).
    """
    _refuse_own(account, by)
    store = AccountStore(session)
    existing = store.post(account.id, role, institution_code)
    if existing is not None:
        return existing
    institution = InstitutionStore(session).get(institution_code, scope)
    if institution is None:
        raise invalid(institution_code="unknown_institution")
    if institution.level not in POST_LEVELS[role]:
        raise invalid(role="no_such_post_at_this_level")
    held = {post.role for post in store.posts_of([account.id])} | {role}
    if len(held & SEPARATED_ADMIN_ROLES) > 1:
        raise invalid(role="administrators_are_separated")
    post = Post(account_id=account.id, role=role, institution_code=institution_code)
    store.add(post)
    _note(session, by, "post_added", account, now, after=_post_facts(role, institution_code))
    return post


def remove_post(
    session: Session, account: Account, role: Role, institution_code: str, *, by: By, now: datetime
) -> None:
    """Take a post away. Raises NOT_FOUND; NOT_ALLOWED for one's own account."""
    _refuse_own(account, by)
    store = AccountStore(session)
    post = store.post(account.id, role, institution_code)
    if post is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    store.remove(post)
    _note(session, by, "post_removed", account, now, before=_post_facts(role, institution_code))


def disable(session: Session, account: Account, *, by: By, now: datetime) -> HandOver:
    """停用: sign-ins and tokens end at once, open tasks go back to their role or operations is told. Again: no change.

    Raises NOT_ALLOWED for one's own account.
    """
    _refuse_own(account, by)
    first_time = account.disabled_at is None
    account.disabled_at = account.disabled_at or now
    session.add(account)
    session.flush()
    store, access = AccountStore(session), AccessStore(session)
    released, kept = hand_over_tasks(session, account, now)
    access.spend_links(ACTIVATE, account.id, now)
    held = store.held_posts(EVERYTHING)
    done = HandOver(
        tasks_released=len(released),
        sign_ins_ended=access.end_sign_ins(account.id, now),
        tokens_revoked=access.revoke_tokens(account.id, now),
        nobody_left=tuple(sorted(set(released) - held)),
    )
    if first_time:
        _note(session, by, "person_disabled", account, now, after={"tasks_released": len(released), "tasks_kept": kept})
    return done


def enable(session: Session, account: Account, *, by: By, now: datetime) -> None:
    """Let a disabled person in again; sessions and tokens stay ended. Raises NOT_ALLOWED for one's own account."""
    _refuse_own(account, by)
    if account.disabled_at is None:
        return
    account.disabled_at, account.failed_sign_ins, account.locked_until = None, 0, None
    session.add(account)
    _note(session, by, "person_enabled", account, now)


def empty_posts(session: Session, scope: Scope) -> list[EmptyPost]:
    """Posts that an institution has and nobody holds, in the order of the tree."""
    institutions: Sequence[Institution] = InstitutionStore(session).all(scope)
    held = AccountStore(session).held_posts(scope)
    return [
        EmptyPost(institution, role)
        for institution in institutions
        for role, levels in POST_LEVELS.items()
        if institution.level in levels
        and (institution.level, role) not in _NOT_OWED
        and (institution.code, role) not in held
    ]


def _refuse_own(account: Account, by: By) -> None:
    if by.actor == str(account.id):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.SEC_ADMIN.value)


def _post_facts(role: Role, institution_code: str) -> dict[str, str]:
    return {"role": role.value, "institution_code": institution_code}


def _note(
    session: Session,
    by: By,
    action: str,
    account: Account,
    now: datetime,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | dict[str, int] | None = None,
) -> None:
    audit.append(
        session,
        actor=by.actor,
        action=action,
        object_kind="account",
        object_id=str(account.id),
        door=by.door,
        before=before,
        after=after,
        request_id=by.request_id,
        at=now,
    )


def account_or_refuse(session: Session, login: str, scope: Scope) -> Account:
    """A person within the scope. Raises NOT_FOUND."""
    account = AccountStore(session).in_scope(login, scope)
    if account is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return account


def actor_by_id(session: Session, account_id: UUID) -> Account:
    """An account that must exist, such as the caller's own. Raises NOT_FOUND."""
    account = PeopleStore(session).account(account_id)
    if account is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return account
