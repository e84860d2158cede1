"""Builds the spend of one customer: 附件七 line by line with what became of it, and the ledger behind each line."""

from fastapi import Request
from sqlmodel import Session

from api.act_base import now
from api.forms.spend import payer_word
from api.pages.customers_view import tier_tag
from api.pages.desk import desk_of
from api.pages.format import NOTHING, amount, long_day, money, percent, short_day, stamp, term, yuan
from api.pages.i18n import _, count_text, language
from api.pages.lists import href
from api.pages.spend_links import SPEND, ask_link, customer_href, state_tag
from api.pages.view.common import Link, Strip, StripTone, Tag, TagTone
from api.pages.view.spend import EntryRow, SpendCustomerPage, SpendLineRow
from api.pages.view.task import Fact
from api.pages.words import word
from api.security.caller import Caller
from api.security.policy import Action
from api.spend_answers import item_names
from api.spend_reading import visible_plan
from models.rulebook import Rulebook
from models.rules.spend import share_of_premium, share_of_tier
from models.service_types import SpendKind, SpendState
from models.services.rulebooks import rulebook_of
from models.services.spend.figures import Account, ItemizedSpend, ItemSpend, of_plan
from models.stores.spend import Moved, SpendStore
from models.tables.spend import SpendLine

_KINDS = {SpendKind.RESERVE: TagTone.BLUE, SpendKind.COMMIT: TagTone.OK, SpendKind.RELEASE_RESERVE: TagTone.PLAIN}


def spend_customer_page(
    request: Request, caller: Caller, session: Session, asked: tuple[str, int], *, code: str, done: str = ""
) -> SpendCustomerPage:
    """Of a customer number and year; `code` shows the entries of one line. Raises NOT_FOUND."""
    plan = visible_plan(session, caller, *asked)
    found, rules = of_plan(session, plan), rulebook_of(session, plan.rulebook_version_id).rulebook
    here = customer_href(plan.year, plan.customer_no)
    known = code if any(item.code == code for item in found.items) else ""
    names = _names(rules)
    entries = tuple(_entry(moved, names) for moved in SpendStore(session).moved(plan.id, known or None))
    return SpendCustomerPage(
        shell=desk_of(request, session, caller).shell("spend"),
        title=_("%(year)s 年度服务投入：%(name)s", year=plan.year, name=found.name),
        phone_title=_("服务投入"),
        back_href=f"{SPEND}/{plan.year}",
        json_href=f"/api/v1{here}",
        sentence=_sentence(found),
        tags=(tier_tag(plan.tier), state_tag(found.figures.state)),
        strips=_strips(found, done),
        ask=ask_link(found, caller, ahead=True),
        urgent=found.figures.state is SpendState.OVER_LIMIT,
        links=_links(found, caller),
        facts=tuple(_facts(found, rules)),
        lines=tuple(_line(item, names, here, known) for item in found.items),
        total=_total(found.account, here),
        entries=entries,
        entries_count=count_text("%(num)s 笔", len(entries)),
        entries_title=_("%(item)s 的台账", item=names.get(known, known)) if known else _("投入台账"),
        entries_all=Link(text=_("全部项目"), href=f"{here}#entries") if known else None,
    )


def _names(rules: Rulebook) -> dict[str, str]:
    english = language() == "en"
    return {code: en if english else zh for code, (zh, en) in item_names(rules).items()}


def _sentence(found: ItemizedSpend) -> str:
    plan, figures = found.plan, found.figures
    days = term(plan.first_on, plan.last_on)
    if figures.over:
        return _(
            "会员期 %(term)s：预计投入 %(sum)s，超出限额 %(over)s。",
            term=days,
            sum=money(figures.projected),
            over=money(figures.over),
        )
    return _(
        "会员期 %(term)s：预计投入 %(sum)s，限额 %(limit)s 以内。",
        term=days,
        sum=money(figures.projected),
        limit=money(figures.ceiling),
    )


def _strips(found: ItemizedSpend, done: str) -> tuple[Strip, ...]:
    case = (Link(text=_("查看审批"), href=f"/cases/{found.plan.case_id}"),) if found.plan.case_id else ()
    if found.asked:
        text = _("超限审批办理中；已承诺的服务照常执行。")
        return (Strip(text=text, tone=StripTone.INFO, links=case, focus=bool(done)),)
    if found.figures.state is SpendState.OVER_LIMIT:
        text = _("超出投入限额，须填写原因并报审批；已承诺的服务照常执行。")
        return (Strip(text=text, tone=StripTone.WARN, icon="alert"),)
    return ()


def _links(found: ItemizedSpend, caller: Caller) -> tuple[Link, ...]:
    plan = found.plan
    customer = Link(text=_("客户"), href=f"/customers/{plan.customer_no}")
    form = Link(text=_("附件七"), href=f"/forms/7/{plan.id}")
    benefits = Link(text=_("礼品与限额"), href=f"{SPEND}/{plan.first_on.year}/benefits")
    return (form, customer, benefits) if caller.may(Action.READ_SERVICES) else (customer, benefits)


def _facts(found: ItemizedSpend, rules: Rulebook) -> list[Fact]:
    plan, figures = found.plan, found.figures
    share = share_of_premium(plan.total, plan.standard_premium)
    limit = _("标准保费的 %(share)s", share=percent(share_of_tier(rules.spend, plan.tier)))
    facts = [
        Fact(label=_("客户价值"), value=yuan(plan.value)),
        Fact(label=_("标准保费"), value=money(plan.standard_premium)),
        Fact(label=_("重点服务对象"), value=_("%(n)s 位", n=plan.persons)),
        Fact(label=_("限额"), value=money(plan.spend_limit), hint=limit),
        Fact(label=_("计划"), value=money(plan.total), hint=percent(share, 2) if share is not None else NOTHING),
        Fact(label=_("追加"), value=money(figures.extra)),
        Fact(label=_("实际投入"), value=money(figures.committed)),
        Fact(label=_("偏差"), value=money(figures.deviation), hint=_("实际减计划")),
    ]
    if plan.approved_total is not None and plan.approved_at is not None:
        who = " · ".join(filter(None, (plan.approved_by, stamp(plan.approved_at, now()))))
        facts.append(Fact(label=_("批准投入"), value=money(plan.approved_total), hint=who))
    return facts


def _line(item: ItemSpend, names: dict[str, str], here: str, current: str) -> SpendLineRow:
    account, line = item.account, item.line
    return SpendLineRow(
        code=item.code,
        name=names.get(item.code, item.code),
        times=_times(line) if line is not None else "",
        payer=payer_word(line.payer) if line is not None else "",
        planned=amount(account.planned + account.extra),
        reserved=amount(account.reserved),
        committed=amount(account.committed),
        left=amount(account.left),
        href=f"{href(here, {'code': item.code})}#entries",
        extra=_("另追加 %(yuan)s", yuan=amount(account.extra)) if account.extra else "",
        current=item.code == current,
    )


def _times(line: SpendLine) -> str:
    return f"{line.persons} × {line.frequency} × {amount(line.unit_cost)}"


def _total(account: Account, here: str) -> SpendLineRow:
    return SpendLineRow(
        code="",
        name=_("合计"),
        times="",
        payer="",
        planned=amount(account.planned + account.extra),
        reserved=amount(account.reserved),
        committed=amount(account.committed),
        left=amount(account.left),
        href=here,
    )


def _entry(moved: Moved, names: dict[str, str]) -> EntryRow:
    entry, row = moved.entry, moved.touchpoint
    what = " · ".join(filter(None, (names.get(entry.code, entry.code), row.title, short_day(row.due_on, entry.day))))
    return EntryRow(
        day=long_day(entry.day),
        kind=Tag(text=word(entry.kind), tone=_KINDS[entry.kind]),
        what=what,
        href=f"/care/touchpoints/{row.id}",
        yuan=amount(entry.yuan),
    )
