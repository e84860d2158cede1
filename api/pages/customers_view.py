"""Builds the list of customers and the page of one from the records."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote

from fastapi import Request
from sqlmodel import Session

from api.customer_answers import reader_of
from api.institution_filter import part_of_tree
from api.pages.build_promises import promises_panel
from api.pages.format import NOTHING, amount, factor, instant, long_day, percent, term, value_short, whole
from api.pages.i18n import _, count_text
from api.pages.i18n import mark as _m
from api.pages.lists import Trail, href, institution_options, pager, tier_options, tier_or_none
from api.pages.people_served import contact_rows
from api.pages.plan_reasons import end_text
from api.pages.score_view import rank_tag, score_table
from api.pages.shell import shell_for
from api.pages.spend_panel import spend_panel
from api.pages.view.common import EmptyState, Link, Option, Strip, StripTone, Tag, TagTone
from api.pages.view.customers import (
    CaseRow,
    CustomerPage,
    CustomerRow,
    CustomersPage,
    ListFilters,
    PolicyRow,
    TermRow,
)
from api.pages.view.promises import PromisesPanel
from api.pages.view.score import ScoreTable
from api.pages.view.task import Fact
from api.pages.words import declaration_word, word
from api.paging import Paging, encode_cursor
from api.security.caller import Caller
from api.security.policy import Action
from models.messages.scoring import PremiumLine, ScoreExplanation
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.services.customers import CustomerSummary, CustomerView, customer_view, list_customers
from models.services.promises import promises
from models.services.rulebooks import rulebook_in_force
from models.stores.care import CareStore
from models.stores.customers import CustomerFilter
from models.stores.evaluations import EvaluationStore
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.tables.book import Policy
from models.tables.cases import Case, Membership
from models.types import MembershipStage, Outcome, PayMode, PolicyStatus, Tier

CUSTOMERS = "/customers"
_DONE = {
    "cancelled": _m("会员资格已取消，席位已空出。"),
    "manager": _m("客户经理已更换，未办的触点和办理中的任务随即转给新客户经理。"),
    "downgraded": _m("已决定降级，原层级服务保留至缓冲期满。"),
}
TIER_TONES = {Tier.GOLD: TagTone.GOLD, Tier.SILVER: TagTone.PLAIN, Tier.REGULAR: TagTone.OUTLINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersQuery:
    """What the address of the list asks for."""

    q: str
    tier: str
    institution: str
    paging: Paging
    trail: Trail

    @property
    def filters(self) -> dict[str, str | None]:
        """The parameters that stay from page to page."""
        return {"q": self.q, "tier": self.tier, "institution": self.institution}


def tier_tag(tier: Tier) -> Tag:
    """金牌 / 银牌 / 普通."""
    return Tag(text=word(tier), tone=TIER_TONES[tier])


def customers_page(request: Request, caller: Caller, session: Session, asked: CustomersQuery) -> CustomersPage:
    """The list, within the caller's institutions."""
    scope, now, paging = caller.scope(Action.READ_CUSTOMERS), datetime.now(UTC), asked.paging
    institutions = InstitutionStore(session).all(scope)
    under = part_of_tree(session, asked.institution, scope)
    wanted = CustomerFilter(asked.q.strip() or None, tier_or_none(asked.tier), under)
    reader = reader_of(caller)
    found = list_customers(session, reader, wanted, now=now, after=paging.text(), limit=paging.fetch)
    shown, following = paging.cut(found, lambda item: (item.customer.customer_no,))
    names = {item.code: item.name for item in institutions}
    years = {item.ranking.year for item in shown if item.ranking}
    formulas = {year: EvaluationStore(session).formula(year) for year in years}
    current = encode_cursor(paging.after) if paging.after else None
    return CustomersPage(
        shell=shell_for(request, caller, current="customers"),
        title=_("客户"),
        headline=_headline(caller),
        json_href="/api/v1/customers",
        filters=_filters(asked, institution_options(institutions, asked.institution)),
        rows=tuple(_row(item, names, formulas, now) for item in shown),
        pager=pager(CUSTOMERS, asked.filters, current=current, following=following, trail=asked.trail),
        empty=None if shown else _empty(asked),
    )


def customer_page(
    request: Request, caller: Caller, session: Session, customer_no: str, *, done: str = ""
) -> CustomerPage:
    """Everything about one customer. Raises NOT_FOUND outside the caller's institutions."""
    now = datetime.now(UTC)
    view = customer_view(session, customer_no, reader_of(caller), now)
    customer, today = view.summary.customer, local_date(now)
    institution = InstitutionStore(session).get(customer.institution_code, EVERYTHING)
    rulebook = rulebook_in_force(session, today).rulebook
    counted, older = policy_rows(view.policies, view.score)
    return CustomerPage(
        shell=shell_for(request, caller, current="customers"),
        title=customer.name,
        phone_title=_("客户"),
        back_href=CUSTOMERS,
        json_href=f"/api/v1/customers/{quote(customer_no, safe='')}",
        customer_no=customer.customer_no,
        sentence=_sentence(view, today),
        tags=_tags(view, today),
        primary=_primary(view, caller),
        facts=_facts(view, institution.name if institution else customer.institution_code),
        score=_score(view, rulebook.tiers.gold.ranked_seats),
        score_note=_score_note(view),
        cases=tuple(_case(case) for case in view.cases),
        strips=(Strip(text=_(_DONE[done]), tone=StripTone.OK, icon="check", focus=True),) if done in _DONE else (),
        terms=tuple(_term(row, today) for row in view.memberships),
        member_acts=_member_acts(view, caller),
        promises=_promises(session, caller, customer_no, rulebook, now),
        spend=spend_panel(session, caller, customer_no),
        contacts=contact_rows(view.contacts),
        contacts_link=_contacts_link(view, caller),
        policies=counted,
        older_policies=older,
        older_title=count_text("其他年度保单 %(num)s 张", len(older)),
    )


def _promises(
    session: Session, caller: Caller, customer_no: str, rulebook: Rulebook, now: datetime
) -> PromisesPanel | None:
    if not caller.may(Action.READ_CARE):
        return None
    plans = CareStore(session).plans_of(customer_no)
    return promises_panel(promises(session, customer_no, rulebook, now), customer_no, plans)


def _headline(caller: Caller) -> str:
    return _("%(institution)s 及下属机构", institution=caller.institution_name)


def _filters(asked: CustomersQuery, institutions: tuple[Option, ...]) -> ListFilters:
    return ListFilters(
        action=CUSTOMERS,
        tiers=tier_options(tier_or_none(asked.tier)),
        institutions=institutions,
        q=asked.q,
        clear_href=CUSTOMERS,
        active=any(asked.filters.values()),
    )


def _empty(asked: CustomersQuery) -> EmptyState:
    if any(asked.filters.values()):
        return EmptyState(text=_("没有符合条件的客户。"), link=Link(text=_("清除筛选"), href=CUSTOMERS), icon="search")
    return EmptyState(text=_("还没有客户。请先导入客户数据。"), icon="users")


def _row(item: CustomerSummary, names: Mapping[str, str], formulas: Mapping[int, str], now: datetime) -> CustomerRow:
    customer, ranking = item.customer, item.ranking
    return CustomerRow(
        href=customer_href(customer.customer_no),
        name=customer.name,
        customer_no=customer.customer_no,
        institution=names.get(customer.institution_code, customer.institution_code),
        tier=tier_tag(item.tier),
        value=value_short(ranking.value, formulas[ranking.year]) if ranking else "",
        rank=_("第 %(rank)s 名", rank=f"{ranking.rank:,}") if ranking else "",
        manager=item.manager,
        next=_next(item, now),
    )


def _next(item: CustomerSummary, now: datetime) -> str:
    if item.open_case is None:
        return ""
    stage = word(item.open_case.stage)
    return f"{stage} · {instant(item.next_due, now)}" if item.next_due else stage


def customer_href(customer_no: str) -> str:
    """The page of a customer."""
    return f"{CUSTOMERS}/{quote(customer_no, safe='')}"


def _sentence(view: CustomerView, today: date) -> str:
    held, case = view.summary.membership, view.summary.open_case
    if case is not None:
        what = declaration_word(case.tier_applied, case.seat_kind)
        return _("%(what)s正在办理：%(stage)s。", what=what, stage=word(case.stage))
    if held is None:
        return _("普通客户，享受常规服务。")
    tier, days = word(held.tier), term(held.valid_from, held.valid_to)
    if held.valid_from > today:
        return _("已评定为%(tier)s，会员期 %(term)s。", tier=tier, term=days)
    return _("%(tier)s客户，会员期 %(term)s。", tier=tier, term=days)


def _tags(view: CustomerView, today: date) -> tuple[Tag, ...]:
    held = view.summary.membership
    tags = [tier_tag(view.summary.tier)]
    if held is not None:
        tags.append(Tag(text=word(held.seat_kind)))
        if held.valid_from > today:
            tags.append(Tag(text=_("待生效"), tone=TagTone.BLUE))
    if view.score is not None and view.score.new_customer:
        tags.append(Tag(text=_("新客户"), tone=TagTone.BLUE))
    return tuple(tags)


def _primary(view: CustomerView, caller: Caller) -> Link | None:
    case = view.summary.open_case
    if case is not None:
        return Link(text=_("查看办理中的流程"), href=f"/cases/{case.id}", icon="next")
    if not caller.may(Action.DECLARE):
        return None
    return Link(
        text=_("申报"),
        href=href("/qualifications/new", {"customer_no": view.summary.customer.customer_no}),
        icon="file",
    )


def _member_acts(view: CustomerView, caller: Caller) -> tuple[Link, ...]:
    held = view.summary.membership
    return tuple(_acts_on(held, caller)) if held is not None else ()


def _acts_on(held: Membership, caller: Caller) -> Iterator[Link]:
    base = customer_href(held.customer_no)
    if caller.may(Action.CHANGE_MANAGER):
        yield Link(text=_("更换客户经理"), href=f"{base}/manager")
    if not caller.may(Action.END_MEMBERSHIP):
        return
    yield Link(text=_("取消会员资格"), href=f"{base}/membership/cancel")
    if held.stage is not MembershipStage.DOWNGRADE_BUFFER:
        yield Link(text=_("会员降级"), href=f"{base}/membership/downgrade")


def _contacts_link(view: CustomerView, caller: Caller) -> Link | None:
    held = view.summary.membership
    if held is None or not caller.may(Action.KEEP_CONTACTS):
        return None
    return Link(text=_("调整"), href=f"{customer_href(held.customer_no)}/key-contacts")


def _facts(view: CustomerView, institution: str) -> tuple[Fact, ...]:
    customer, held, score = view.summary.customer, view.summary.membership, view.score
    facts = [
        Fact(label=_("客户号"), value=customer.customer_no),
        Fact(label=_("机构"), value=institution),
        Fact(label=_("行业"), value=customer.industry or NOTHING),
        Fact(label=_("员工／参保"), value=f"{whole(customer.employees)} / {whole(customer.insured_lives)}"),
    ]
    if held is not None:
        facts += [
            Fact(label=_("会员期"), value=term(held.valid_from, held.valid_to), wide=True),
            Fact(label=_("VIP编号"), value=held.certificate_no),
            Fact(label=_("客户经理"), value=view.summary.manager or NOTHING),
        ]
    if score is not None:
        ratio = score.profit.loss_ratio
        facts += [
            Fact(label=_("连续投保"), value=_("%(years)s 年", years=score.loyalty.insured_years)),
            Fact(label=_("三年赔付率"), value=percent(ratio) if ratio is not None else NOTHING),
            Fact(label=_("首次承保"), value=long_day(score.first_effective_on), wide=True),
        ]
    return tuple(facts)


def _score(view: CustomerView, seats: int) -> ScoreTable | None:
    if view.score is None:
        return None
    ranking = view.summary.ranking
    return score_table(view.score, tags=rank_tag(ranking.rank if ranking else None, seats))


def _score_note(view: CustomerView) -> str:
    if view.is_live:
        return _("%(year)s 年度，按现有数据试算", year=view.year)
    return _("%(year)s 年度评定", year=view.year)


def _case(case: Case) -> CaseRow:
    return CaseRow(
        href=f"/cases/{case.id}",
        title=declaration_word(case.tier_applied, case.seat_kind),
        state=_case_state(case),
        opened=long_day(local_date(case.opened_at)),
        year=_("%(year)s 年度", year=case.year),
    )


def _case_state(case: Case) -> Tag:
    if case.outcome is None:
        return Tag(text=word(case.stage), tone=TagTone.BLUE)
    return Tag(text=word(case.outcome), tone=TagTone.OK if case.outcome is Outcome.APPROVED else TagTone.PLAIN)


def _term(row: Membership, today: date) -> TermRow:
    state, note = Tag(text=_("服务中"), tone=TagTone.OK), ""
    if row.stage is MembershipStage.CANCELLED:
        state, note = Tag(text=word(row.stage), tone=TagTone.BAD), end_text(row.end_reason or "")
    elif row.stage is MembershipStage.DOWNGRADE_BUFFER and row.buffer_until and row.downgrade_to:
        state = Tag(text=word(row.stage), tone=TagTone.WARN)
        day, tier = long_day(row.buffer_until), word(row.downgrade_to)
        note = _("原层级服务保留至 %(day)s，此后为%(tier)s。", day=day, tier=tier)
    elif row.valid_to < today or row.stage is MembershipStage.EXPIRED:
        state = Tag(text=_("已到期"))
    elif row.valid_from > today:
        state = Tag(text=_("待生效"), tone=TagTone.BLUE)
    return TermRow(
        tier=tier_tag(row.tier),
        seat=word(row.seat_kind),
        term=term(row.valid_from, row.valid_to),
        certificate_no=row.certificate_no,
        state=state,
        case_href=f"/cases/{row.case_id}",
        note=note,
    )


def policy_rows(
    policies: Sequence[Policy], score: ScoreExplanation | None
) -> tuple[tuple[PolicyRow, ...], tuple[PolicyRow, ...]]:
    """Policies with K1 and amount where they count for the score, then all others."""
    lines = {line.policy_no: line for line in score.lines} if score else {}
    rows = [(row.policy_no in lines, _policy(row, lines.get(row.policy_no))) for row in policies]
    return tuple(row for counts, row in rows if counts), tuple(row for counts, row in rows if not counts)


_STATUS = {
    PolicyStatus.IN_FORCE: TagTone.OK,
    PolicyStatus.EXPIRED: TagTone.PLAIN,
    PolicyStatus.LAPSED: TagTone.BAD,
    PolicyStatus.SURRENDERED: TagTone.WARN,
}


def _policy(row: Policy, line: PremiumLine | None) -> PolicyRow:
    paid = _("%(mode)s %(years)s 年", mode=word(row.pay_mode), years=row.pay_term_years)
    return PolicyRow(
        policy_no=row.policy_no,
        product_class=row.product_class.value,
        pay=paid if row.pay_mode is PayMode.REGULAR and row.pay_term_years else word(row.pay_mode),
        period=f"{row.effective_on} – {row.expires_on}",
        status=Tag(text=word(row.status), tone=_STATUS[row.status]),
        premium=amount(line.premium) if line else "",
        k1=factor(line.k1) if line else "",
        amount=amount(line.amount) if line else "",
    )
