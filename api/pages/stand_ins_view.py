"""Builds the page of stand-ins from the records."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from fastapi import Request
from sqlmodel import Session

from api.pages.form_errors import error_summary
from api.pages.format import instant, term
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.lists import institution_options
from api.pages.shell import shell_for
from api.pages.stand_in_outlook import rehearsal_view
from api.pages.view.common import EmptyState, ErrorSummary, Option, Strip, StripTone, Tag, TagTone
from api.pages.view.stand_ins import StandInForm, StandInList, StandInRow, StandInsPage
from api.pages.words import word
from api.paging import Paging
from api.routes.stand_ins import Whose, stand_ins_of
from api.schemas.stand_ins import StandInAnswer
from api.security.caller import Caller
from api.security.policy import Action
from api.stand_in_acts import stand_in_answers
from models.errors import DomainError
from models.rules.calendar import local_date
from models.services.stand_in_people import Choice, choices
from models.services.stand_in_rehearsal import Rehearsal
from models.stores.accounts import AccountStore
from models.stores.institutions import InstitutionStore
from models.tables.organisation import Account
from models.types import CaseKind, Tier

STAND_INS = "/stand-ins"
_DAY = timedelta(days=1)
_DONE = {"set": _m("代理已设置，到期自动结束；双方已收到通知。"), "ended": _m("代理已结束，待办恢复由本人办理。")}
_STATES = {
    "in_force": (_m("代理中"), TagTone.OK),
    "planned": (_m("未开始"), TagTone.BLUE),
    "over": (_m("已结束"), TagTone.PLAIN),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as it was sent."""

    principal: str = ""
    stand_in: str = ""
    starts_on: str = ""
    ends_on: str = ""
    kind: str = ""
    tier: str = ""
    institution_code: str = ""
    reason: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInQuery:
    """What the page shows beside the lists: the form, its rehearsal, what was done, what was refused."""

    typed: Typed
    rehearsal: Rehearsal | None = None
    done: str = ""
    error: DomainError | None = None


def stand_ins_page(request: Request, caller: Caller, session: Session, query: StandInQuery) -> StandInsPage:
    """The page of the caller."""
    now, names = datetime.now(UTC), _institution_names(session, caller)
    form = _form(session, caller, query.typed, now)
    view = rehearsal_view(query.rehearsal, query.typed, now) if query.rehearsal else None
    return StandInsPage(
        shell=shell_for(request, caller, current="stand-ins"),
        title=_("代理设置"),
        json_href="/api/v1/stand-ins",
        form=form,
        lists=tuple(_lists(session, caller, now, names)),
        rehearsal=view,
        strips=_strips(query),
        errors=_errors(query.error) if query.error else None,
        end_key=uuid4().hex,
    )


def _strips(query: StandInQuery) -> tuple[Strip, ...]:
    if query.done not in _DONE:
        return ()
    return (Strip(text=_(_DONE[query.done]), tone=StripTone.OK, icon="check", focus=True),)


def _institution_names(session: Session, caller: Caller) -> dict[str, str]:
    found = InstitutionStore(session).all(caller.scope(Action.READ_INSTITUTIONS))
    return {institution.code: institution.name for institution in found}


def _form(session: Session, caller: Caller, typed: Typed, now: datetime) -> StandInForm:
    managed = _managed(session, caller)
    principal = next((one for one in managed if one.login == typed.principal), None)
    principal = principal or AccountStore(session).by_login(caller.login)
    people = choices(session, principal, now) if principal else []
    login = principal.login if principal else caller.login
    institutions = InstitutionStore(session).all(caller.scope(Action.READ_INSTITUTIONS))
    return StandInForm(
        principal=login,
        principal_name=principal.name if principal else caller.name,
        principals=tuple(Option(value=one.login, text=one.name, selected=one.login == login) for one in managed),
        people=_people(people, typed.stand_in),
        starts_on=typed.starts_on,
        ends_on=typed.ends_on,
        kinds=_kinds(typed.kind),
        tiers=_tiers(typed.tier),
        institutions=institution_options(institutions, typed.institution_code),
        reason=typed.reason,
        key=typed.key,
        kept=_kept(replace(typed, principal=login)),
    )


def _managed(session: Session, caller: Caller) -> list[Account]:
    """The people for whom the caller may set one, itself first; nobody when it may for itself only."""
    if not caller.may(Action.MANAGE_STAND_INS):
        return []
    found = AccountStore(session).all(caller.scope(Action.MANAGE_STAND_INS))
    enabled = [account for account in found if account.disabled_at is None]
    return sorted(enabled, key=lambda account: (account.id != caller.account_id, account.name))


def _people(found: Iterable[Choice], selected: str) -> tuple[Option, ...]:
    options = [Option(value="", text=_("请选择"))]
    for choice in found:
        posts = _("、").join(
            _("%(post)s（%(place)s）", post=word(role), place=place.name) for role, place in choice.posts
        )
        text = f"{choice.account.name} · {posts}"
        options.append(Option(value=choice.account.login, text=text, selected=choice.account.login == selected))
    return tuple(options)


def _kinds(selected: str) -> tuple[Option, ...]:
    texts = {
        "": _("全部事项"),
        CaseKind.QUALIFICATION.value: word(CaseKind.QUALIFICATION),
        CaseKind.APPROVAL.value: _("申诉等其他审批"),
    }
    return tuple(Option(value=value, text=text, selected=value == selected) for value, text in texts.items())


def _tiers(selected: str) -> tuple[Option, ...]:
    texts = {"": _("全部层级"), **{tier.value: word(tier) for tier in (Tier.GOLD, Tier.SILVER)}}
    return tuple(Option(value=value, text=text, selected=value == selected) for value, text in texts.items())


def _kept(typed: Typed) -> tuple[tuple[str, str], ...]:
    fields = {name: value for name, value in asdict(typed).items() if name != "key"}
    return tuple(fields.items())


def _lists(session: Session, caller: Caller, now: datetime, names: dict[str, str]) -> Iterable[StandInList]:
    texts = {
        Whose.MINE: (_("谁代我"), _("没有设置代理。请假前可在上方设置并预演。")),
        Whose.FOR_OTHERS: (_("我代谁"), _("目前没有请您代理的人。")),
        Whose.BRANCH: (_("本机构人员的代理"), _("本机构没有代理。")),
    }
    for whose, (title, nothing) in texts.items():
        if whose is Whose.BRANCH and not caller.may(Action.MANAGE_STAND_INS):
            continue
        rows = stand_in_answers(session, caller, stand_ins_of(session, caller, whose, Paging()))
        shown = tuple(_row(row, now, names) for row in rows)
        yield StandInList(title=title, rows=shown, empty=EmptyState(text=nothing, icon="people"))


def _row(row: StandInAnswer, now: datetime, names: dict[str, str]) -> StandInRow:
    text, tone = _STATES[row.state]
    period = term(local_date(row.starts_at), local_date(row.ends_at) - _DAY)
    if row.ended_at is not None:
        period = _("%(period)s，%(when)s 提前结束", period=period, when=instant(row.ended_at, now))
    return StandInRow(
        number=str(row.stand_in_id),
        who=_("%(stand_in)s 代 %(principal)s", stand_in=row.stand_in.name, principal=row.principal.name),
        period=period,
        scope=_scope(row, names),
        reason=row.reason,
        state=Tag(text=_(text), tone=tone),
        may_end=row.may_end,
    )


def _scope(row: StandInAnswer, names: dict[str, str]) -> str:
    parts = [_("申诉等其他审批") if kind is CaseKind.APPROVAL else word(kind) for kind in row.kinds]
    parts += [word(tier) for tier in row.tiers]
    if row.institution_code:
        parts.append(names.get(row.institution_code, row.institution_code))
    return " · ".join(parts) or _("全部")


def _errors(error: DomainError) -> ErrorSummary:
    return error_summary(
        error, stand_in=_("代理人"), starts_on=_("开始日"), ends_on=_("结束日"), principal=_("被代理人")
    )
