"""One touchpoint as its page: whom, what, why today; gift left of its cap; doing it with proof; what it came to."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from api.care_answers import entry_name, proof_asked, sees_cost
from api.pages.care_assign import assign_form
from api.pages.care_query import CARE
from api.pages.care_rows import article_of, pill_of, state_tag, title_of, why
from api.pages.care_shown import (
    ASSIGN,
    CLEARANCE,
    COMPLETE,
    NOTHING_TYPED,
    RESCHEDULE,
    SKIP,
    Shown,
    Typed,
    gift_facts_of,
    merged_links,
    shown_at,
)
from api.pages.care_touchpoint_forms import clearance_form, complete_form, move_forms
from api.pages.customers_view import customer_href, tier_tag
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import NOTHING, long_day, mask_name, mask_phone, money, stamp
from api.pages.format import day as day_text
from api.pages.i18n import _, language
from api.pages.i18n import mark as _m
from api.pages.plan_reasons import reason_text
from api.pages.view.care import Proof, TouchpointPage
from api.pages.view.common import ErrorSummary, FieldError, Link, Strip, StripTone, Tag, TagTone
from api.pages.view.task import Fact
from api.pages.words import word
from api.security.policy import Action
from models.errors import ErrorCode
from models.rulebook.schema.services import Period
from models.rules.calendar import local_date
from models.services.care.consent import may_be_greeted
from models.services.care.doing import OPEN
from models.stores.care_calendar import CareCalendarStore
from models.stores.customers import contacts_of, names_of
from models.stores.gifts import GiftStore
from models.stores.service_counts import SURVEY_CODE
from models.stores.survey import SurveyStore
from models.tables.book import Contact
from models.tables.care import GiftClearance
from models.types import Stage

_SHOWN_PEOPLE = 4
_PERIODS = {
    Period.YEAR: _m("每年 %(n)s 次"),
    Period.QUARTER: _m("每季度 %(n)s 次"),
    Period.MONTH: _m("每月 %(n)s 次"),
    Period.APPROVAL: _m("随资格批准"),
    Period.TERM: _m("会员期内"),
}
_AT = {
    ErrorCode.GIFT_CAP_EXCEEDED: "gift_value",
    ErrorCode.LATE_REASON_REQUIRED: "late_reason",
    ErrorCode.REASON_REQUIRED: "reason",
}
"""The control of a refusal that names no field."""
_DONE = {
    COMPLETE: _m("已完成，记录已保存。"),
    RESCHEDULE: _m("已改期。"),
    SKIP: _m("已跳过。"),
    ASSIGN: _m("已指派。"),
    CLEARANCE: _m("已报合规审批，批准后可按此礼品完成。"),
    "added": _m("已新增。到期前会进入办理人的待办。"),
}


def touchpoint_page(desk: Desk, touchpoint_id: UUID, typed: Typed = NOTHING_TYPED, *, done: str = "") -> TouchpointPage:
    """The page. Raises NOT_FOUND."""
    shown = shown_at(desk, touchpoint_id, typed)
    row, name = shown.row, entry_name(shown.entry, shown.row.item)
    customer = names_of(desk.session, [row.customer_no]).get(row.customer_no, row.customer_no)
    return TouchpointPage(
        shell=desk.shell("care"),
        title=f"{name} · {customer}",
        phone_title=name,
        back_href=CARE,
        json_href=f"/api/v1/care/touchpoints/{row.id}",
        kind=title_of(shown.rulebook, row),
        subject=customer,
        subject_href=customer_href(row.customer_no) if desk.caller.may(Action.READ_CUSTOMERS) else None,
        pill=pill_of(desk, row),
        tags=(tier_tag(row.tier), state_tag(row), Tag(text=word(row.origin), tone=TagTone.OUTLINE)),
        articles=(article_of(row),),
        sentence=_sentence(shown),
        strips=tuple(_strips(shown, done)),
        errors=_errors(typed),
        whom=_whom(shown),
        calls=_calls(shown),
        what=_what(shown),
        gift=gift_facts_of(shown),
        clearances=tuple(_clearance_fact(shown, one) for one in GiftStore(desk.session).clearances(row.id)),
        merged=merged_links(shown),
        complete=complete_form(shown),
        clearance=clearance_form(shown),
        moves=move_forms(shown),
        assign=assign_form(desk, row, shown.href, typed.values) if shown.may_lead and row.stage in OPEN else None,
        why_not=_why_not(shown),
        record=_record(shown),
        proofs=_proofs(shown),
        links=tuple(_links(shown)),
    )


def _links(shown: Shown) -> Iterator[Link]:
    """附件四 of it; of a follow-up 低分回访 the sheet that asks for it."""
    row = shown.row
    sheet = SurveyStore(shown.desk.session).sheet_behind(row.id) if row.code == SURVEY_CODE else None
    if sheet is not None and shown.desk.caller.may(Action.READ_SURVEYS):
        yield Link(text=_("查看问卷"), href=f"/forms/6/{sheet.id}", icon="file")
    yield Link(text=_("打印附件四"), href=f"/forms/4/{row.id}", icon="print")


def _errors(typed: Typed) -> ErrorSummary | None:
    """The refusal at the controls of its form: the page has several with the same fields."""
    if typed.error is None:
        return None
    summary = error_summary(typed.error)
    at = tuple(replace(one, field_id=f"{typed.form}-{one.field_id}") for one in summary.errors)
    known = _AT.get(typed.error.code)
    if not at and known:
        at = (FieldError(field_id=f"{typed.form}-{known}", text=summary.title),)
    return ErrorSummary(title=summary.title, errors=at)


def _sentence(shown: Shown) -> str:
    """Why it stands here, and why on this day."""
    row, today = shown.row, local_date(shown.desk.now)
    promise = _promised(shown)
    parts = [_("%(tier)s客户%(what)s", tier=word(row.tier), what=promise) if promise else word(row.origin)]
    if row.planned_on != row.due_on:
        planned, due = day_text(row.planned_on, today), day_text(row.due_on, today)
        parts.append(_("原定 %(planned)s，到期 %(due)s", planned=planned, due=due))
    else:
        parts.append(_("到期 %(due)s", due=day_text(row.due_on, today)))
    return "；".join(parts) if language() == "zh" else "; ".join(parts)


def _promised(shown: Shown) -> str:
    """每季度 1 次, as the catalogue promises the tier; a follow-up is none of the surveys that are promised."""
    if shown.row.code == SURVEY_CODE:
        return ""
    item = next((one for one in shown.rulebook.services.items if one.code == shown.row.code), None)
    promise = item.promise(shown.row.tier) if item else None
    frequency = promise.frequency if promise else None
    return _(_PERIODS[frequency.per], n=frequency.times) if frequency else ""


def _strips(shown: Shown, done: str) -> list[Strip]:
    found = []
    if done in _DONE:
        links = (Link(text=_("回待办"), href="/inbox"), Link(text=_("关怀日历"), href=CARE))
        found.append(Strip(text=_(_DONE[done]), tone=StripTone.OK, icon="check", links=links, focus=True))
    reason = why(shown.row)
    if reason:
        found.append(Strip(text=reason, tone=StripTone.WARN, icon="alert"))
    elif _withheld(shown):
        found.append(
            Strip(text=_("联系人未同意接收关怀：请先取得同意，或跳过并说明。"), tone=StripTone.WARN, icon="alert")
        )
    return found


def _withheld(shown: Shown) -> bool:
    greeting = shown.entry is not None and shown.entry.greeting and shown.row.stage in OPEN
    return greeting and not may_be_greeted(shown.desk.session, shown.rulebook, shown.row.contact_id)


def _whom(shown: Shown) -> tuple[Fact, ...]:
    """Who it is for; for the unit as a whole, whom one may turn to there."""
    contact = shown.contact
    if contact is None:
        people = (
            Fact(label=word(one.kind), value=f"{mask_name(one.name)} {one.title}".strip(), hint=_phone(one))
            for one in _people(shown)
        )
        return (Fact(label=_("对象"), value=_("单位整体")), *people)
    return (
        Fact(label=_("姓名"), value=mask_name(contact.name), hint=contact.title),
        Fact(label=_("类别"), value=word(contact.kind)),
        Fact(label=_("电话"), value=_phone(contact) or NOTHING),
        Fact(label=_("同意接收关怀"), value=_("是") if contact.consent else _("否")),
    )


def _people(shown: Shown) -> tuple[Contact, ...]:
    """Whom it is for, or whom one may turn to; nobody who has left."""
    if shown.contact is not None:
        return (shown.contact,)
    found = contacts_of(shown.desk.session, shown.row.customer_no)
    return tuple(one for one in found if one.left_on is None)[:_SHOWN_PEOPLE]


def _phone(contact: Contact) -> str:
    return mask_phone(contact.mobile) if contact.mobile else ""


def _calls(shown: Shown) -> tuple[Link, ...]:
    """The number itself stands only in the link, for whoever is to do it."""
    if not shown.may_do or shown.row.stage not in OPEN:
        return ()
    return tuple(
        Link(text=_("拨打 %(who)s %(phone)s", who=mask_name(one.name), phone=_phone(one)), href=_tel(one.mobile))
        for one in _people(shown)
        if one.mobile and one.left_on is None
    )


def _tel(mobile: str) -> str:
    return "tel:" + "".join(char for char in mobile if char.isdigit() or char == "+")


def _what(shown: Shown) -> tuple[Fact, ...]:
    row, people, today = shown.row, CareCalendarStore(shown.desk.session), local_date(shown.desk.now)
    names = people.people({row.assignee_id}) if row.assignee_id else {}
    who = names.get(row.assignee_id, NOTHING) if row.assignee_id else _("待领：%(post)s", post=word(row.role))
    asked = "、".join(word(kind) for kind in proof_asked(shown.entry))
    return (
        Fact(label=_("执行人"), value=who),
        Fact(label=_("计划日"), value=day_text(row.planned_on, today)),
        Fact(label=_("到期"), value=day_text(row.due_on, today)),
        Fact(label=_("证明"), value=asked),
    )


def _clearance_fact(shown: Shown, one: GiftClearance) -> Fact:
    if one.cleared_at is not None:
        state = _("已批准 %(at)s", at=stamp(one.cleared_at, shown.desk.now))
    elif one.refused_at is not None:
        state = _("未批准 %(at)s", at=stamp(one.refused_at, shown.desk.now))
    else:
        state = _("审批中")
    return Fact(label=_("合规审批"), value=f"{one.gift_name} {money(one.gift_value)}", hint=state)


def _why_not(shown: Shown) -> str:
    row = shown.row
    if row.stage not in OPEN or shown.may_do:
        return ""
    if not shown.desk.caller.may(Action.WORK_ON_SERVICES):
        return _("您可查看，不能办理。")
    who = CareCalendarStore(shown.desk.session).people({row.assignee_id} if row.assignee_id else set())
    name = next(iter(who.values()), word(row.role))
    return _("由 %(who)s 办理；如需您办理，请其指派给您。", who=name)


def _record(shown: Shown) -> tuple[Fact, ...]:
    row = shown.row
    if row.stage is not Stage.DONE:
        return ()
    gift = f"{row.gift_name} {money(row.gift_value)}" if row.gift_value is not None else row.gift_name
    facts = [
        Fact(label=_("记录号"), value=row.record_no or NOTHING),
        Fact(label=_("完成日"), value=long_day(row.done_on) if row.done_on else NOTHING),
        Fact(label=_("完成人"), value=row.done_by_name or NOTHING),
        Fact(label=_("按时"), value=_("是") if row.in_time else _("否")),
        Fact(label=_("内容"), value=row.content or NOTHING, wide=True),
        Fact(label=_("礼品"), value=gift or NOTHING),
        Fact(label=_("客户反馈"), value=row.feedback or NOTHING, wide=True),
        Fact(
            label=_("后续跟进"),
            value=row.follow_up or NOTHING,
            hint=long_day(row.follow_up_on) if row.follow_up_on else "",
        ),
    ]
    if row.cost is not None and sees_cost(shown.desk.session, shown.desk.caller, row):
        facts.insert(6, Fact(label=_("费用"), value=money(row.cost)))
    if row.in_time is False and row.reason:
        facts.append(Fact(label=_("逾期原因"), value=reason_text(row.reason), wide=True))
    return tuple(facts)


def _proofs(shown: Shown) -> tuple[Proof, ...]:
    return tuple(
        Proof(
            href=f"{shown.href}/proofs/{one.id}",
            kind=word(one.kind),
            text=_("%(kind)s，%(at)s", kind=word(one.kind), at=stamp(one.at, shown.desk.now)),
        )
        for one in CareCalendarStore(shown.desk.session).proofs(shown.row.id)
    )
