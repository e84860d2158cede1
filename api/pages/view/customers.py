"""Customers: the list, and everything about one."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, Link, Option, Pager, Strip, Tag
from api.pages.view.promises import PromisesPanel
from api.pages.view.score import ScoreTable
from api.pages.view.shell import Page
from api.pages.view.spend_panel import SpendPanel
from api.pages.view.task import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """One customer of the list."""

    href: str
    name: str
    customer_no: str
    institution: str
    tier: Tag
    value: str = ""
    rank: str = ""
    manager: str = ""
    next: str = ""
    """When the next open task about it is due, or its open case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilters:
    """The GET form over a list."""

    action: str
    tiers: tuple[Option, ...] = ()
    institutions: tuple[Option, ...] = ()
    q: str = ""
    clear_href: str = ""
    active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersPage(Page):
    """客户: find one."""

    headline: str
    filters: ListFilters
    rows: tuple[CustomerRow, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """One policy; premium, K1 and amount are those of the evaluation year, empty where it does not count."""

    policy_no: str
    product_class: str
    pay: str
    period: str
    status: Tag
    premium: str = ""
    k1: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """One person served, masked."""

    kind: str
    name: str
    title: str
    phone: str
    email: str
    consent: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case of the customer."""

    href: str
    title: str
    state: Tag
    opened: str
    year: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermRow:
    """One membership."""

    tier: Tag
    seat: str
    term: str
    certificate_no: str
    state: Tag
    case_href: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage(Page):
    """One customer: tier and term first, then value, cases, people served, policies."""

    customer_no: str
    sentence: str
    tags: tuple[Tag, ...] = ()
    primary: Link | None = None
    """The one thing to do from here: 申报."""
    facts: tuple[Fact, ...] = ()
    score: ScoreTable | None = None
    score_note: str = ""
    cases: tuple[CaseRow, ...] = ()
    terms: tuple[TermRow, ...] = ()
    member_acts: tuple[Link, ...] = ()
    contacts: tuple[ContactRow, ...] = ()
    contacts_link: Link | None = None
    """调整, for who may choose the key contacts of a member."""
    policies: tuple[PolicyRow, ...] = ()
    older_policies: tuple[PolicyRow, ...] = ()
    older_title: str = ""
    strips: tuple[Strip, ...] = ()
    promises: PromisesPanel | None = None
    """承诺与兑现; None for who may not see care."""
    spend: SpendPanel | None = None
    """服务投入; None for who sees no budget, and without an estimate."""
