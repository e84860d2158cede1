"""The frame around every page: navigation by role, who is signed in, language and theme."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from api.pages.i18n import Language, _, language
from api.pages.i18n import mark as _m
from api.pages.view.common import Article
from api.pages.words import word
from models.types import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """An entry of the rail. `count` is shown when it is not None; `hot` when something in it is overdue."""

    key: str
    text: str
    href: str
    icon: str
    current: bool = False
    count: int | str | None = None
    hot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NavGroup:
    """A titled group of entries."""

    title: str
    items: tuple[NavItem, ...]


class NavCount(NamedTuple):
    """Number beside an entry."""

    number: int | str
    hot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is signed in."""

    name: str
    post: str
    """E.g. 北京分公司 · 分公司团险负责人."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Everything `base.html` needs beside the page itself."""

    path: str = "/"
    query: str = ""
    current: str = ""
    theme: str = "light"
    csrf_token: str = ""
    person: Person | None = None
    groups: tuple[NavGroup, ...] = ()
    tabs: tuple[NavItem, ...] = ()
    search_href: str | None = None
    lang: Language = field(default_factory=language)
    refresh_href: str | None = None
    """Where `<noscript>` goes after 2 s on a page that waits for an answer."""
    articles: tuple[Article, ...] = ()
    """Which articles the page serves."""
    unread: int | str | None = None
    """Number at the bell 通知; None where the page does not count it."""

    @property
    def html_lang(self) -> str:
        """Value of the `lang` attribute."""
        return "zh-CN" if self.lang == "zh" else "en"

    def preference_href(self, name: str, value: str) -> str:
        """This page again in another language or theme; the filter stays."""
        kept = [(key, old) for key, old in parse_qsl(self.query, keep_blank_values=True) if key != name]
        return f"{self.path}?{urlencode([*kept, (name, value)])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Base of every page model."""

    shell: Shell
    title: str
    """First part of the document title and, unless the page says otherwise, its `h1`."""
    json_href: str | None = None
    """The same facts under `/api/v1`."""
    phone_title: str = ""
    back_href: str | None = None


class _Entry(NamedTuple):
    key: str
    text: str
    href: str
    icon: str
    group: str
    roles: frozenset[Role]


_WORK, _RATING, _SERVICE, _ADMIN = _m("我的工作"), _m("资格评定"), _m("客户服务"), _m("系统管理")
_REPORTS, _OPERATIONS = _m("报表考核"), _m("运行监控")
_ADMINS = frozenset({Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN})
_BUSINESS = frozenset(Role) - _ADMINS - {Role.OPS}
_QUARTERS = frozenset({Role.HQ_VIP, Role.HQ_LEAD, Role.BR_LEAD, Role.BR_SVC, Role.AUDIT})
_DECIDERS = frozenset({Role.MGR, Role.UNIT_LEAD, Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP, Role.HQ_LEAD})
_SERVING = _BUSINESS | {Role.OPS}
_LOOKING = frozenset({Role.MGR, Role.BR_SVC, Role.UNIT_LEAD, Role.BR_LEAD, Role.HQ_VIP, Role.HQ_LEAD, Role.AUDIT})
_SPENDING = frozenset({Role.MGR, Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP, Role.HQ_LEAD, Role.AUDIT})
_RANKING = frozenset({Role.UNIT_LEAD, Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP, Role.HQ_LEAD, Role.AUDIT})
_PRINTING = frozenset({Role.HQ_VIP, Role.BR_LEAD, Role.BR_SVC, Role.AUDIT})
_ASSESSED = frozenset({Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP, Role.HQ_LEAD, Role.AUDIT})

_WATCHING = frozenset({Role.OPS})

NAVIGATION: tuple[_Entry, ...] = (
    _Entry("inbox", _m("待办"), "/inbox", "inbox", _WORK, _DECIDERS | {Role.BR_CTR, Role.OPS}),
    _Entry("stand-ins", _m("代理设置"), "/stand-ins", "people", _WORK, _DECIDERS | {Role.BR_CTR, Role.OPS}),
    _Entry("dashboard", _m("看板"), "/dashboard", "chart", _WORK, _LOOKING),
    _Entry("ranking", _m("排名与名额"), "/evaluations", "star", _RATING, _RANKING),
    _Entry("declare", _m("申报"), "/qualifications/new", "file", _RATING, frozenset({Role.MGR})),
    _Entry("rollout", _m("启动计划"), "/rollout", "cal", _RATING, _SERVING),
    _Entry("green-channel", _m("绿色通道"), "/green-channel", "bolt", _SERVICE, _SERVING),
    _Entry("care", _m("关怀日历"), "/care", "smile", _SERVICE, _SERVING - {Role.BR_CTR}),
    _Entry("complaints", _m("投诉咨询"), "/complaints", "chat", _SERVICE, _SERVING),
    _Entry("surveys", _m("满意度"), "/surveys", "check", _SERVICE, _BUSINESS),
    _Entry("customers", _m("客户"), "/customers", "users", _SERVICE, _BUSINESS),
    _Entry("quarters", _m("季度汇总"), "/reports/quarterly", "chart", _REPORTS, _QUARTERS),
    _Entry("spend", _m("服务投入"), "/reports/spend", "chart", _REPORTS, _SPENDING),
    _Entry("forms", _m("批量打印"), "/forms/batch", "print", _REPORTS, _PRINTING),
    _Entry("assessment", _m("考核"), "/reports/assessment", "chart", _REPORTS, _ASSESSED),
    _Entry("duties", _m("岗位职责"), "/duties", "keep", _WORK, _BUSINESS),
    _Entry("ops", _m("运行总览"), "/ops", "pulse", _OPERATIONS, _WATCHING),
    _Entry("ops-stuck", _m("卡住清单"), "/ops/stuck", "alert", _OPERATIONS, _WATCHING),
    _Entry("ops-cases", _m("流程查询"), "/ops/cases", "search", _OPERATIONS, _WATCHING),
    _Entry("ops-drift", _m("对账"), "/ops/drift", "check", _OPERATIONS, _WATCHING),
    _Entry("ops-releases", _m("发布检查"), "/ops/releases", "pulse", _OPERATIONS, _WATCHING),
    _Entry("imports", _m("导入"), "/imports", "upload", _ADMIN, frozenset({Role.BR_SVC, Role.HQ_VIP})),
    _Entry("calendar", _m("工作日历"), "/admin/calendar", "cal", _ADMIN, frozenset({Role.OPS, Role.SYS_ADMIN})),
    _Entry("people", _m("人员岗位"), "/admin/people", "people", _ADMIN, frozenset({Role.SEC_ADMIN})),
    _Entry("retention", _m("留存"), "/admin/retention", "keep", _ADMIN, frozenset({Role.SYS_ADMIN, Role.SEC_ADMIN})),
    _Entry("regulation", _m("条文索引"), "/regulation", "file", _ADMIN, frozenset(Role)),
)
"""Every entry there is, in order; a page that joins the service adds its line here."""

_TAB_KEYS = ("inbox", "green-channel", "customers", "ranking", "people", "imports")
_TABS_BESIDE_MORE = 3


def build_shell(
    *,
    path: str,
    query: str = "",
    current: str = "",
    theme: str = "light",
    csrf_token: str = "",
    person: Person | None = None,
    roles: Sequence[Role] = (),
    counts: Mapping[str, NavCount] | None = None,
    refresh_href: str | None = None,
    articles: Sequence[Article] = (),
    unread: int | str | None = None,
) -> Shell:
    """The shell for a person with these roles; entries they may not open are absent.

    `current` is a key of `NAVIGATION`, `counts` are the numbers beside entries by key.
    """
    items = {e.key: _item(e, current, counts or {}) for e in NAVIGATION if not e.roles.isdisjoint(roles)}
    return Shell(
        path=path,
        query=query,
        current=current,
        theme=theme,
        csrf_token=csrf_token,
        person=person,
        groups=_groups(items),
        tabs=tuple(items[key] for key in _TAB_KEYS if key in items)[:_TABS_BESIDE_MORE],
        search_href="/customers" if "customers" in items else None,
        refresh_href=refresh_href,
        articles=tuple(articles),
        unread=unread,
    )


def post_of(roles: Sequence[Role], institution_name: str) -> str:
    """The line beside a name: 北京分公司 · 分公司团险负责人."""
    return " · ".join((institution_name, "、".join(word(role) for role in roles)))


def _item(entry: _Entry, current: str, counts: Mapping[str, NavCount]) -> NavItem:
    beside = counts.get(entry.key)
    return NavItem(
        key=entry.key,
        text=_(entry.text),
        href=entry.href,
        icon=entry.icon,
        current=entry.key == current,
        count=beside.number if beside else None,
        hot=bool(beside and beside.hot),
    )


def _groups(items: Mapping[str, NavItem]) -> tuple[NavGroup, ...]:
    titles = dict.fromkeys(entry.group for entry in NAVIGATION)
    groups = (
        NavGroup(title=_(title), items=tuple(items[e.key] for e in NAVIGATION if e.group == title and e.key in items))
        for title in titles
    )
    return tuple(group for group in groups if group.items)
