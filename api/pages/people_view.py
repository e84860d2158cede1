"""Builds the page of people and posts from the records."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from fastapi import Request
from sqlmodel import Session

from api.pages.form_errors import error_summary
from api.pages.format import stamp
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.shell import shell_for
from api.pages.view.common import ErrorSummary, Option, Pager, Strip, StripTone, Tag, TagTone
from api.pages.view.people import EmptyPostRow, HeldPostView, NewLink, NewPersonForm, NewPostForm, PeoplePage, PersonRow
from api.pages.words import word
from api.paging import Paging
from api.security.caller import Caller
from api.security.policy import Action
from models.errors import DomainError
from models.services.accounts import HandOver, empty_posts
from models.services.sign_in import ACTIVATE, LINK_LIFE
from models.stores.accounts import AccountStore, PlacedPost
from models.stores.institutions import InstitutionStore
from models.tables.organisation import Account, Institution
from models.types import Role

_DONE = {
    "post_added": _m("已加岗，下一次操作起生效。"),
    "post_removed": _m("已撤岗，下一次操作起生效。"),
    "enabled": _m("已启用。"),
    "disabled": _m("已停用。"),
}


class NewPost(NamedTuple):
    """A post that was refused: of whom, which, and why."""

    account: Account
    role: str
    institution_code: str
    error: DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    """What the page shows beside the list: the filter, what was just done, what was refused."""

    institution: str = ""
    paging: Paging = field(default_factory=Paging)
    done: str = ""
    error: DomainError | None = None
    new_person: NewPersonForm = field(default_factory=NewPersonForm)
    new_post: NewPost | None = None
    handed_over: HandOver | None = None
    link: tuple[str, str, datetime] | None = None


def people_page(request: Request, caller: Caller, session: Session, chosen: PeopleFilter) -> PeoplePage:
    """The page, within the caller's institutions."""
    scope = caller.scope(Action.MANAGE_STAFF)
    institutions = InstitutionStore(session).all(scope)
    store, paging = AccountStore(session), chosen.paging
    rows = store.page(scope, after=paging.text(), limit=paging.fetch, institution_code=chosen.institution or None)
    shown, cursor = paging.cut(rows, lambda row: (row.login,))
    if chosen.new_post and chosen.new_post.account.id not in {account.id for account in shown}:
        shown = [chosen.new_post.account, *shown]
    posts = store.posts_of([account.id for account in shown])
    names = {institution.code: institution.name for institution in institutions}
    empty = [EmptyPostRow(institution=e.institution.name, post=word(e.role)) for e in empty_posts(session, scope)]
    return PeoplePage(
        shell=shell_for(request, caller, current="people"),
        title=_("人员岗位"),
        headline=_("%(empty)s 个空缺岗位", empty=len(empty)),
        empty_posts=tuple(empty),
        people=tuple(
            _person(account, posts, names, caller, _new_post_form(account, institutions, chosen.new_post))
            for account in shown
        ),
        institutions=_options(institutions, chosen.new_person.institution_code),
        filters=(Option(value="", text=_("全部机构")), *_options(institutions, chosen.institution)),
        roles=_roles(chosen.new_person.role),
        pager=_pager(chosen.institution, cursor),
        strips=_strips(chosen, names),
        errors=error_summary(chosen.error) if chosen.error else _post_errors(chosen.new_post),
        new_link=_new_link(chosen.link),
        new_person=chosen.new_person,
        json_href="/api/v1/staff",
    )


def _new_post_form(account: Account, institutions: Sequence[Institution], refused: NewPost | None) -> NewPostForm:
    if refused is None or refused.account.id != account.id:
        return NewPostForm(roles=_roles(""), institutions=_options(institutions, account.institution_code))
    return NewPostForm(
        roles=_roles(refused.role),
        institutions=_options(institutions, refused.institution_code),
        errors=_post_errors(refused),
    )


def _post_errors(refused: NewPost | None) -> ErrorSummary | None:
    """The controls of 加岗 stand once per person and are called after it."""
    if refused is None:
        return None
    summary = error_summary(refused.error)
    errors = tuple(replace(error, field_id=f"{error.field_id}-{refused.account.login}") for error in summary.errors)
    return replace(summary, errors=errors)


def _roles(selected: str) -> tuple[Option, ...]:
    return tuple(Option(value=role.value, text=word(role), selected=role.value == selected) for role in Role)


def _person(
    account: Account, posts: Sequence[PlacedPost], names: dict[str, str], caller: Caller, new_post: NewPostForm
) -> PersonRow:
    held = tuple(
        HeldPostView(
            text=_("%(institution)s · %(post)s", institution=names.get(p.institution_code, "—"), post=word(p.role)),
            role=p.role.value,
            institution_code=p.institution_code,
        )
        for p in posts
        if p.account_id == account.id
    )
    return PersonRow(
        login=account.login,
        name=account.name,
        institution=names.get(account.institution_code, account.institution_code),
        institution_code=account.institution_code,
        state=_state(account),
        disabled=account.disabled_at is not None,
        own=account.id == caller.account_id,
        posts=held,
        new_post=new_post,
    )


def _state(account: Account) -> Tag:
    if account.disabled_at is not None:
        return Tag(text=_("已停用"), tone=TagTone.BAD)
    if account.password_hash is None:
        return Tag(text=_("未激活"), tone=TagTone.WARN)
    return Tag(text=_("在用"), tone=TagTone.OK)


def _options(institutions: Sequence[Institution], selected: str) -> tuple[Option, ...]:
    return tuple(Option(value=i.code, text=f"{i.name} {i.code}", selected=i.code == selected) for i in institutions)


def _pager(institution: str, cursor: str | None) -> Pager | None:
    if cursor is None:
        return None
    kept = f"institution={quote(institution)}&" if institution else ""
    return Pager(next_href=f"/admin/people?{kept}cursor={cursor}")


def _strips(chosen: PeopleFilter, names: dict[str, str]) -> tuple[Strip, ...]:
    if chosen.done not in _DONE:
        return ()
    strips = [Strip(text=_(_DONE[chosen.done]), tone=StripTone.OK, icon="check", focus=True)]
    over = chosen.handed_over
    if over is not None:
        text = _("%(tasks)s 件待办已退回岗位，%(n)s 处登录已结束。", tasks=over.tasks_released, n=over.sign_ins_ended)
        strips.append(Strip(text=text))
        if over.nobody_left:
            left = "、".join(f"{names.get(code, code)} {word(role)}" for code, role in over.nobody_left)
            strips.append(
                Strip(text=_("以下岗位已无人，请尽快补岗：%(posts)s", posts=left), tone=StripTone.WARN, icon="alert")
            )
    return tuple(strips)


def _new_link(link: tuple[str, str, datetime] | None) -> NewLink | None:
    if link is None:
        return None
    name, url, now = link
    return NewLink(name=name, url=url, until=stamp(now + LINK_LIFE[ACTIVATE], datetime.now(UTC)))
