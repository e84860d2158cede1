"""One green-channel request: where it stands, its clock and limits, 附件三 in brief, what may be done and was done."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from api.engine_pages import engine_href
from api.pages.build_acts import TypedAct
from api.pages.build_history import entry
from api.pages.build_strips import act_errors, refused
from api.pages.build_thread import Around, thread
from api.pages.customers_view import customer_href
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import NOTHING, instant, long_day, mask_name, money, stamp
from api.pages.green_channel_cards import COMPLETE, CONFIRM, Read, Reading, read, tags_of
from api.pages.green_channel_forms import Before, TypedFinish, act_forms, before, finish_forms
from api.pages.green_channel_words import BASE, FORM, article_of, length, regular_article
from api.pages.i18n import _
from api.pages.view.clock import ClockStrip, build_strip, pause_word
from api.pages.view.common import Article, ErrorSummary, FieldError, Link, Strip, StripTone
from api.pages.view.green_channel import CustomerLink, GreenCasePage, Promise
from api.pages.view.task import ApprovalPath, Fact, History, PathStep, StepState, TimelineEntry
from api.pages.words import word
from api.security.policy import Action
from api.service_clock import clock_of
from models.errors import ErrorCode
from models.messages.service import ServiceState
from models.rules.calendar import local_date
from models.services.case_view import TimelineItem, timeline_of
from models.services.servicing import confirmation
from models.services.servicing.effects.base import clock_named
from models.settings import Settings
from models.stores.customers import customer_in_scope
from models.stores.green_channel import GreenRow
from models.stores.memberships import current_memberships
from models.tables.service import GreenChannelRecord
from models.types import CUSTOMER_LINK, Stage

CASE = "pages/green_channel_case.html"
_ON_ITS_FORM = frozenset({ErrorCode.REASON_REQUIRED, ErrorCode.LATE_REASON_REQUIRED, ErrorCode.INVALID_INPUT})
_STAGES = (Stage.RECEIVED, Stage.HANDLING, Stage.AWAITING_CONFIRMATION, Stage.CLOSED)
_STANDS_AT = {
    Stage.RECEIVED: 0,
    Stage.ACCEPTED: 1,
    Stage.HANDLING: 1,
    Stage.PAUSED: 1,
    Stage.AWAITING_CONFIRMATION: 2,
    Stage.CLOSED: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRequest:
    """How a request is shown: what was refused with what was typed, what was just done."""

    typed: TypedFinish | None = None
    said: TypedAct | None = None
    done: str = ""


def green_case_page(desk: Desk, row: GreenRow, shown: ShownRequest | None = None) -> GreenCasePage:
    """The page of a request that the reader may see."""
    shown = shown or ShownRequest()
    reading = Reading.of(desk)
    found = read(reading, row)
    at = before(desk, found, shown.typed)
    record = row.record
    own = customer_in_scope(desk.session, record.customer_no, desk.caller.scope(Action.READ_CUSTOMERS))
    return GreenCasePage(
        shell=desk.shell("green-channel"),
        title=_("绿色通道"),
        phone_title=word(record.service),
        back_href=BASE,
        json_href=f"/api/v1/green-channel/{record.case_id}",
        service=word(record.service),
        subject=row.customer.name,
        subject_href=customer_href(record.customer_no) if own and desk.caller.may(Action.READ_CUSTOMERS) else None,
        reference=record.reference_no,
        sentence=_sentence(desk, found),
        pill=found.pill,
        tags=tags_of(reading, found),
        articles=tuple(_articles(reading, found)),
        actions=(Link(text=_("附件三"), href=f"/forms/3/{record.case_id}", icon="print"),),
        path=ApprovalPath(steps=_stages(desk, found)),
        promises=tuple(_promises(found)),
        facts=tuple(_facts(reading, found)),
        clock=_strip(desk, found, COMPLETE),
        confirm_clock=_strip(desk, found, CONFIRM),
        history=_history(desk, row),
        thread=thread(Around(desk, None, row.case, shown.said, f"{BASE}/{record.case_id}")),
        strips=tuple(_strips(desk, found, shown)),
        errors=_errors(shown.typed) or act_errors(shown.said),
        finish=finish_forms(at),
        acts=act_forms(at),
        link=_link(at),
        engine=_engine(desk, row),
    )


def _sentence(desk: Desk, found: Read) -> str:
    """What the request waits for now, or how it ended."""
    state, record = found.state, found.row.record
    who = state.handler_name or word(state.role)
    due = instant(record.due_at, desk.now)
    match state.stage:
        case Stage.RECEIVED:
            return _("正在等 %(who)s 受理，%(due)s 到期。", who=who, due=due)
        case Stage.PAUSED:
            return _("计时已暂停，由 %(who)s 跟进；恢复后期限顺延。", who=who)
        case Stage.AWAITING_CONFIRMATION:
            asked = clock_named(state, CONFIRM)
            until = instant(asked.deadline.due_at, desk.now) if asked else NOTHING
            return _("已办理完成，正在等客户确认，%(due)s 前取得。", due=until)
        case Stage.CLOSED | Stage.CANCELLED:
            ended = state.acts[-1]
            name = _("客户") if ended.actor_name == CUSTOMER_LINK else ended.actor_name
            when = stamp(ended.at, desk.now)
            return _("%(stage)s：%(who)s 于 %(when)s 办理，本件结束。", stage=word(state.stage), who=name, when=when)
        case _:
            return _("正在由 %(who)s 办理，%(due)s 到期。", who=who, due=due)


def _articles(reading: Reading, found: Read) -> Iterator[Article]:
    yield Article(text=_(FORM))
    if reading.is_cross_region(found.row):
        yield article_of("17(8)")


def _stages(desk: Desk, found: Read) -> tuple[PathStep, ...]:
    """待受理 → 处理中 → 待客户确认 → 已办结, with who and when; a cancelled one stops where it stood."""
    state, record = found.state, found.row.record
    reached = _STANDS_AT.get(state.stage, 1 if record.accepted_at else 0)
    times = (record.accepted_at, record.finished_at, record.confirmed_at, found.row.case.closed_at)
    steps = []
    for number, stage in enumerate(_STAGES):
        where = StepState.DONE if number < reached else StepState.NOW if number == reached else StepState.AHEAD
        if state.stage is Stage.CANCELLED and where is StepState.NOW:
            where = StepState.STOPPED
        at = times[number]
        now = where is StepState.NOW
        title = state.stage if now and state.stage is Stage.PAUSED else stage
        note = stamp(at, desk.now) if at and where is StepState.DONE else ""
        who = (state.handler_name or word(state.role)) if now and number < 2 else ""
        steps.append(PathStep(state=where, title=word(title), who=who, note=note))
    return tuple(steps)


def _promises(found: Read) -> Iterator[Promise]:
    """The limit that counts and the regular one, each with its article."""
    promise = found.promise
    yield Promise(label=_("时限"), value=length(promise.limit), article=article_of(promise.code))
    regular = regular_article(found.row.record.service)
    if promise.regular is not None and regular is not None and regular.text != article_of(promise.code).text:
        yield Promise(label=_("常规时限"), value=length(promise.regular), article=regular)


def _facts(reading: Reading, found: Read) -> Iterator[Fact]:
    """附件三 in brief."""
    desk, record, row = reading.desk, found.row.record, found.row
    member = current_memberships(desk.session, [record.customer_no], local_date(desk.now)).get(record.customer_no)
    yield Fact(label=_("记录号"), value=record.record_no, wide=True)
    yield Fact(label=_("VIP号"), value=member.certificate_no if member else NOTHING, wide=True)
    yield Fact(label=_("业务号"), value=record.reference_no, wide=True)
    yield Fact(label=_("保单号"), value=record.policy_no or NOTHING, wide=True)
    yield Fact(label=_("联系人"), value=mask_name(record.contact_name) if record.contact_name else NOTHING)
    yield Fact(label=_("受理方式"), value=word(record.channel))
    yield from _amounts(record)
    yield Fact(label=_("收件"), value=stamp(record.received_at, desk.now))
    yield Fact(label=_("到期"), value=instant(record.due_at, desk.now))
    yield Fact(label=_("完成"), value=stamp(record.finished_at, desk.now) if record.finished_at else NOTHING)
    yield Fact(label=_("是否按时"), value=_in_time(record.in_time))
    yield Fact(label=_("经办人"), value=record.handler_name or _("待领取"))
    yield Fact(label=_("受理机构"), value=reading.place(record.institution_code))
    if reading.is_cross_region(row):
        yield Fact(label=_("归属机构"), value=reading.place(row.customer.institution_code))
    yield from _texts(desk, found)


def _amounts(record: GreenChannelRecord) -> Iterator[Fact]:
    """What is paid in advance, of how much."""
    for label, amount in ((_("无争议金额"), record.undisputed_amount), (_("预付金额"), record.advance_amount)):
        if amount is not None:
            yield Fact(label=label, value=money(amount))


def _texts(desk: Desk, found: Read) -> Iterator[Fact]:
    record = found.row.record
    texts = (
        (_("备注"), record.remark),
        (_("办理结果"), record.result),
        (_("逾期原因"), record.late_reason or ""),
    )
    for label, value in texts:
        if value:
            yield Fact(label=label, value=value, wide=True)
    if record.confirmed_at is not None:
        view = _("满意") if record.satisfied else _("不满意")
        by = _("客户本人经链接") if record.confirmed_by == CUSTOMER_LINK else record.confirmed_by or ""
        hint = " · ".join(part for part in (by, stamp(record.confirmed_at, desk.now), record.confirmation) if part)
        yield Fact(label=_("客户确认"), value=view, hint=hint, wide=True)


def _in_time(value: bool | None) -> str:
    if value is None:
        return NOTHING
    return _("是") if value else _("否")


def _strip(desk: Desk, found: Read, name: str) -> ClockStrip | None:
    promise = clock_named(found.state, name)
    if promise is None:
        return None
    why = None
    if found.state.tasks and promise.finished_at is None:
        due = instant(promise.deadline.due_at, desk.now)
        why = Link(text=_("为何 %(due)s 到期", due=due), href=f"/tasks/{found.state.tasks[0].task_id}/clock")
    strip = build_strip(desk.calendar, clock_of(desk.calendar, promise), desk.now, limit=length(promise.limit), why=why)
    return strip if strip is not None and strip.bars else None


def _history(desk: Desk, row: GreenRow) -> History:
    promise = clock_named(ServiceState.model_validate(row.case.state), COMPLETE)
    reasons = {pause.paused_at: pause_word(pause.reason) for pause in promise.pauses} if promise else {}
    items = timeline_of(desk.session, row.case)
    return History(entries=tuple(_entry(desk, item, reasons.get(item.at, "")) for item in reversed(items)))


def _entry(desk: Desk, item: TimelineItem, reason: str) -> TimelineEntry:
    shown = entry(item, desk.now)
    who = _("客户") if item.actor == CUSTOMER_LINK else item.actor
    whom = item.to_name or ""
    if item.on_behalf_of_name:
        who = _("%(who)s（代 %(whom)s）", who=who, whom=item.on_behalf_of_name)
    texts = {
        "open": _("%(who)s 登记了申请", who=who),
        "accept": _("%(who)s 受理", who=who),
        "assign": _("%(who)s 指派给 %(whom)s", who=who, whom=whom),
        "pause": _("%(who)s 暂停计时：%(why)s", who=who, why=reason) if reason else _("%(who)s 暂停计时", who=who),
        "resume": _("%(who)s 恢复计时", who=who),
        "complete": _("%(who)s 办理完成", who=who),
        "confirm": _("%(who)s 确认", who=who) if item.actor == CUSTOMER_LINK else _("%(who)s 登记了客户确认", who=who),
        "cancel": _("%(who)s 取消了本件", who=who),
    }
    return replace(shown, text=texts.get(item.act, shown.text))


def _strips(desk: Desk, found: Read, shown: ShownRequest) -> Iterator[Strip]:
    typed = shown.typed or shown.said
    error = typed.error if typed else None
    if error is not None and error.code not in _ON_ITS_FORM:
        text = shown.typed.text if shown.typed else shown.said.comment if shown.said else ""
        yield refused(error, desk, text, href=f"{BASE}/{found.state.case_id}")
    elif (news := done_text(shown.done)) and error is None:
        yield Strip(text=news, tone=StripTone.OK, icon="check", focus=True)


def done_text(done: str) -> str:
    """What was just done; empty for anything else."""
    texts = {
        "open": _("已登记受理。"),
        "accept": _("已受理，由您办理。"),
        "assign": _("已指派。"),
        "pause": _("已暂停计时。"),
        "resume": _("已恢复计时，期限已顺延。"),
        "complete": _("已办理完成，请客户确认。"),
        "confirm": _("已登记客户确认。"),
        "cancel": _("已取消，本件结束。"),
        "comment": _("评论已发布。"),
    }
    return texts.get(done, "")


def _errors(typed: TypedFinish | None) -> ErrorSummary | None:
    """The red panel over a form whose fields want something."""
    error = typed.error if typed else None
    if typed is None or error is None or error.code not in _ON_ITS_FORM:
        return None
    summary = error_summary(error)
    name = "late_reason" if error.code is ErrorCode.LATE_REASON_REQUIRED else "comment"
    if error.code is ErrorCode.INVALID_INPUT:
        fields = tuple(replace(item, field_id=f"{typed.name}-{item.field_id}") for item in summary.errors)
    else:
        fields = (FieldError(field_id=f"{typed.name}-{name}", text=summary.title),)
    return ErrorSummary(title=summary.title, errors=fields)


def _link(at: Before) -> CustomerLink | None:
    """确认链接 for whoever may enter the confirmation, to send to the customer."""
    if at.state.stage is not Stage.AWAITING_CONFIRMATION or not finish_forms(at):
        return None
    until = confirmation.expires_at(at.desk.session, at.state)
    if until is None or until <= at.desk.now:
        return None
    settings: Settings = at.desk.request.app.state.settings
    note = _("一次有效，%(day)s 前可用。请只发给该客户。", day=long_day(local_date(until)))
    return CustomerLink(href=f"{settings.base_url}/c/{confirmation.secret_of(at.state)}", note=note)


def _engine(desk: Desk, row: GreenRow) -> Link | None:
    """The engine's own history, for operators, where the copy has the engine's pages."""
    href = engine_href(desk.request.app.state.settings, row.case.workflow_id)
    return Link(text=_("引擎记录"), href=href) if href and desk.caller.may(Action.READ_OPS) else None
