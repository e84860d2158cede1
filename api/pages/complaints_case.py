"""Builds the page of an inquiry or a complaint: two clocks, the way it went, texts masked until they are opened."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.complaint_answers import TEXTS, may_open, record_clock
from api.pages.complaints_acts import Bar, TypedAct, act_forms
from api.pages.complaints_desk import COMPLAINTS, named_pills, places_of, row_tags
from api.pages.complaints_history import entries
from api.pages.customers_view import customer_href
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import NOTHING, instant, mask_name, mask_phone, mask_text, stamp
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.limits import limit_text
from api.pages.view.clock import build_strip, clock_row, pill_of
from api.pages.view.common import ErrorSummary, FieldError, Link, Strip, StripTone
from api.pages.view.complaints import ClockPanel, ComplaintCasePage, Life, StageStep, TextRow
from api.pages.view.task import Fact
from api.pages.words import word
from api.problems import sentence
from api.security.policy import Action
from models.errors import ErrorCode
from models.messages.service import ServiceState
from models.rules.due_reason import why_due
from models.rules.service.clocks import find
from models.rules.service.facts import ClockName
from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView
from models.services.care.hush import hushing_complaint
from models.services.case_view import timeline_of
from models.services.complaints.reading import readings
from models.services.rulebooks import rulebook_of
from models.stores.complaints import ComplaintRow, ComplaintStore
from models.stores.customers import customer_in_scope
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.types import Stage

OTHERS = 5
_TEXT_WORDS = {
    "matter": _m("投诉事项"),
    "first_reply": _m("首次答复"),
    "investigation": _m("调查情况"),
    "handling": _m("处理办法"),
    "view_text": _m("客户怎么说"),
    "leader_opinion": _m("负责人意见"),
}
_INQUIRY_WORDS = {"matter": _m("咨询事项"), "first_reply": _m("答复")}
_DONE = {
    "register": _m("已登记，两个时限已开始计算。"),
    "accept": _m("已受理，由您办理。"),
    "assign": _m("已指派。"),
    "reply": _m("已记下答复。"),
    "investigate": _m("已记下调查情况。"),
    "grade": _m("已定级。"),
    "judge": _m("已判定。"),
    "complete": _m("已处理完毕，等待客户意见。"),
    "close": _m("已结案。"),
    "reopen": _m("已重新打开，两个时限重新计算。"),
}
_WAY = (Stage.REGISTERED, Stage.AWAITING_FIRST_REPLY, Stage.INVESTIGATING, Stage.HANDLING, Stage.AWAITING_CUSTOMER)
_SHORT_WAY = (Stage.REGISTERED, Stage.AWAITING_FIRST_REPLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a case is shown: its contents open or masked, an act that was refused, what was just done."""

    opened: bool = False
    act: TypedAct | None = None
    done: str = ""


def case_page(desk: Desk, row: ComplaintRow, fields: Mapping[str, Any], shown: Shown) -> ComplaintCasePage:
    """The page; `fields` are those of an act by its reader, for asking the rules."""
    record, state = row.record, ServiceState.model_validate(row.case.state)
    href = f"{COMPLAINTS}/{record.case_id}"
    may_read = customer_in_scope(desk.session, record.customer_no, desk.caller.scope(Action.READ_CUSTOMERS)) is not None
    openable = may_open(desk.session, desk.caller, row)
    timeline = timeline_of(desk.session, row.case)
    return ComplaintCasePage(
        shell=desk.shell("complaints"),
        title=word(record.sheet),
        phone_title=word(record.sheet),
        back_href=COMPLAINTS,
        json_href=f"/api/v1/{'inquiries' if record.sheet is ComplaintSheet.INQUIRY else 'complaints'}/{record.case_id}",
        kind=word(record.sheet),
        customer=row.customer_name,
        customer_href=customer_href(record.customer_no) if may_read else None,
        record_no=record.record_no,
        sentence=_sentence(desk, row, state),
        tags=row_tags(row, places_of(desk)),
        pills=named_pills(desk, row),
        stages=_stages(state),
        facts=_facts(desk, row, opened=shown.opened),
        texts=_texts(row, opened=shown.opened),
        opened=shown.opened,
        open_href=f"{href}?open=1" if openable and not shown.opened else None,
        open_note=_open_note(shown.opened, openable),
        clocks=tuple(_clocks(desk, row, state)),
        acts=act_forms(Bar(desk, row, state, fields), shown.act),
        timeline=entries(timeline, desk.now, opened=shown.opened),
        print_href=f"/forms/5/{record.case_id}",
        lives=_lives(desk, row),
        readings=_readings(desk, row) if openable else (),
        others=_others(desk, row),
        result=_result(row),
        hush=_hush(desk, row),
        strips=tuple(_strips(shown)),
        errors=_errors(shown.act),
        versions=_versions(desk, row, state),
    )


def _sentence(desk: Desk, row: ComplaintRow, state: ServiceState) -> str:
    """What it waits for now, or how it ended."""
    record = row.record
    if record.closed_at is not None:
        at, who = stamp(record.closed_at, desk.now), state.acts[-1].actor_name
        if state.reopen_until is not None and state.reopen_until > desk.now:
            until = instant(state.reopen_until, desk.now)
            return _("%(who)s 于 %(at)s 结案；客户不认可时，可在 %(until)s 前重新打开。", who=who, at=at, until=until)
        return _("%(who)s 于 %(at)s 办结。", who=who, at=at)
    task = state.tasks[0] if state.tasks else None
    who = record.handler_name or word(task.role if task else state.role)
    due = instant(row.next_due_at, desk.now) if row.next_due_at else NOTHING
    return _("%(stage)s，由 %(who)s 办理，%(due)s 到期。", stage=word(state.stage), who=who, due=due)


def _open_note(opened: bool, openable: bool) -> str:
    if opened:
        return _("内容已打开，本次查阅已记入审计。")
    return _("内容属个人信息，已遮盖；打开一次记一次。") if openable else _("内容属个人信息，您的岗位不能打开。")


def _stages(state: ServiceState) -> tuple[StageStep, ...]:
    way = _SHORT_WAY if state.sheet is ComplaintSheet.INQUIRY else _WAY
    stage = Stage.REGISTERED if state.stage is Stage.REOPENED else state.stage
    reached = way.index(stage) if stage in way else len(way)
    steps = [
        StageStep(
            text=word(state.stage) if item is Stage.REGISTERED and state.stage is Stage.REOPENED else word(item),
            state="done" if at < reached else "now" if at == reached else "ahead",
        )
        for at, item in enumerate(way)
    ]
    closed = StageStep(text=_("已结案"), state="now" if state.stage is Stage.CLOSED else "ahead")
    return (*steps, closed)


def _facts(desk: Desk, row: ComplaintRow, *, opened: bool) -> tuple[Fact, ...]:
    record = row.record
    who, phone, subject = record.complainant, record.phone, record.subject
    if not opened:
        who, phone = mask_name(who) if who else "", mask_phone(phone) if phone else ""
        subject = mask_text(subject)
    facts = [
        Fact(label=_("来电人") if record.sheet is ComplaintSheet.INQUIRY else _("投诉人"), value=who or NOTHING),
        Fact(label=_("电话"), value=phone or NOTHING),
        Fact(label=_("渠道"), value=word(record.channel)),
        Fact(label=_("受理时间"), value=stamp(record.received_at, desk.now)),
        Fact(label=_("主题"), value=subject or NOTHING, wide=True),
        Fact(label=_("办理人"), value=record.handler_name or _("待领取")),
        Fact(label=_("服务机构"), value=_place(desk, record.institution_code)),
    ]
    if record.late_reason:
        facts.append(Fact(label=_("逾期原因"), value=record.late_reason, wide=True))
    return tuple(facts)


def _place(desk: Desk, code: str) -> str:
    found = InstitutionStore(desk.session).get(code, EVERYTHING)
    return found.name if found else code


def _texts(row: ComplaintRow, *, opened: bool) -> tuple[TextRow, ...]:
    record = row.record
    is_inquiry = record.sheet is ComplaintSheet.INQUIRY
    words = _TEXT_WORDS | (_INQUIRY_WORDS if is_inquiry else {})
    written = ((name, getattr(record, name)) for name in TEXTS)
    return tuple(
        TextRow(label=_(words[name]), text=text if opened else mask_text(text)) for name, text in written if text
    )


def _result(row: ComplaintRow) -> tuple[Fact, ...]:
    record, facts = row.record, []
    if record.sheet is ComplaintSheet.COMPLAINT:
        facts.append(Fact(label=_("等级"), value=word(record.grade)))
    if record.justified is not None:
        facts.append(Fact(label=_("成立与否"), value=_("成立") if record.justified else _("不成立")))
    if record.customer_view is not None:
        facts.append(Fact(label=_("客户意见"), value=word(record.customer_view)))
    return tuple(facts)


def _clocks(desk: Desk, row: ComplaintRow, state: ServiceState) -> Iterator[ClockPanel]:
    names: tuple[ClockName, ...] = ("reply", "close")
    for named, name in zip(named_pills(desk, row), names, strict=False):
        promise = find(state, name)
        if promise is None:
            continue
        clock = record_clock(desk.calendar, row, name)
        limit = limit_text(promise.limit.unit, promise.limit.value) if promise.limit else _("无固定时限")
        yield ClockPanel(
            name=named.name,
            pill=pill_of(desk.calendar, clock, desk.now),
            limit=_("%(limit)s（%(code)s）", limit=limit, code=promise.code),
            strip=build_strip(desk.calendar, clock, desk.now, limit=limit),
            rows=tuple(clock_row(item, desk.now) for item in why_due(desk.calendar, clock, desk.now)),
        )


def _lives(desk: Desk, row: ComplaintRow) -> tuple[Life, ...]:
    return tuple(_life(desk, number, life) for number, life in enumerate(row.record.lives, start=1))


def _life(desk: Desk, number: int, life: Mapping[str, Any]) -> Life:
    def at(name: str) -> str:
        return stamp(datetime.fromisoformat(life[name]), desk.now) if life.get(name) else NOTHING

    def in_time(name: str) -> str:
        known = life.get(name)
        return NOTHING if known is None else _("按时") if known else _("逾期")

    justified = life.get("justified")
    view = life.get("customer_view")
    facts = (
        Fact(label=_("首次答复"), value=at("first_reply_at"), hint=in_time("reply_in_time")),
        Fact(label=_("结案"), value=at("closed_at"), hint=in_time("closed_in_time")),
        Fact(label=_("成立与否"), value=NOTHING if justified is None else _("成立") if justified else _("不成立")),
        Fact(label=_("客户意见"), value=word(CustomerView(view)) if view else NOTHING),
        Fact(label=_("等级"), value=word(ComplaintGrade(life["grade"])) if life.get("grade") else NOTHING),
        Fact(label=_("办理人"), value=life.get("handler_name") or NOTHING),
    )
    return Life(title=_("第 %(n)s 次办理", n=number), facts=facts)


def _readings(desk: Desk, row: ComplaintRow) -> tuple[Fact, ...]:
    found = readings(desk.session, row.record.case_id)
    return tuple(Fact(label=stamp(item.at, desk.now), value=item.name) for item in found)


def _others(desk: Desk, row: ComplaintRow) -> tuple[Link, ...]:
    """Other inquiries and complaints of the customer that the reader may see."""
    found = ComplaintStore(desk.session).of_customer(
        row.record.customer_no, desk.caller.scope(Action.READ_COMPLAINTS), limit=OTHERS + 1
    )
    return tuple(
        Link(text=_other(desk, item), href=f"{COMPLAINTS}/{item.record.case_id}")
        for item in found
        if item.record.case_id != row.record.case_id
    )[:OTHERS]


def _other(desk: Desk, row: ComplaintRow) -> str:
    record = row.record
    at = stamp(record.received_at, desk.now)
    return f"{word(record.sheet)} {record.record_no} · {at} · {word(Stage(row.case.stage))}"


def _hush(desk: Desk, row: ComplaintRow) -> str:
    """暂缓问候 while the complaint is open."""
    record = row.record
    if record.closed_at is not None or record.sheet is not ComplaintSheet.COMPLAINT:
        return ""
    if hushing_complaint(desk.session, record.customer_no, record.contact_id) is None:
        return ""
    if record.contact_id is None:
        return _("该客户的问候已暂缓，结案后恢复。")
    return _("此联系人的问候已暂缓，结案后恢复。")


def _strips(shown: Shown) -> Iterator[Strip]:
    error = shown.act.error if shown.act else None
    if error is not None and _errors(shown.act) is None:
        yield Strip(text=sentence(error.code, error.context), tone=StripTone.WARN, icon="alert", focus=True)
    elif shown.done in _DONE:
        yield Strip(text=_(_DONE[shown.done]), tone=StripTone.OK, icon="check", focus=True)


def _errors(act: TypedAct | None) -> ErrorSummary | None:
    """The red panel, its links at the controls of the act that was refused."""
    if act is None or act.error is None:
        return None
    at = {ErrorCode.REASON_REQUIRED: "comment", ErrorCode.LATE_REASON_REQUIRED: "late_reason"}.get(act.error.code)
    summary = error_summary(act.error)
    if at is not None:
        return ErrorSummary(title=summary.title, errors=(FieldError(field_id=f"{act.name}-{at}", text=summary.title),))
    if act.error.code is not ErrorCode.INVALID_INPUT:
        return None
    fields = tuple(FieldError(field_id=f"{act.name}-{item.field_id}", text=item.text) for item in summary.errors)
    return ErrorSummary(title=summary.title, errors=fields)


def _versions(desk: Desk, row: ComplaintRow, state: ServiceState) -> tuple[Fact, ...]:
    version = rulebook_of(desk.session, row.case.rulebook_version_id).version
    facts = [
        Fact(label=_("规则版本"), value=f"{version.code} v{version.version}", wide=True),
        Fact(label=_("日历版本"), value=state.clocks[0].deadline.calendar_version, wide=True),
    ]
    if desk.caller.may(Action.READ_OPS):
        facts.append(Fact(label=_("流程号"), value=row.case.workflow_id, wide=True))
    return tuple(facts)
