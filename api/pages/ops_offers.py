"""The acts of operations on one case as forms with what each will do, and in a sentence why the others are not open."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import uuid4

from api.gateway.reads import RunStatus
from api.ops_case import Watched
from api.ops_offers import Offer
from api.pages.form_errors import reason_summary
from api.pages.format import whole
from api.pages.i18n import _, pgettext
from api.pages.i18n import mark as _m
from api.pages.i18n import mark_context as _c
from api.pages.ops_events import retry_preview
from api.pages.view.common import ErrorSummary
from api.pages.view.ops import ActForm, Refused
from api.pages.words import word
from api.problems import sentence
from models.errors import DomainError, ErrorCode
from models.ops_types import OpsAct
from models.services.case_state import is_approval
from models.types import CaseKind

ACTS: Mapping[OpsAct, str] = {
    OpsAct.RETRY: _c("act", "重试"),
    OpsAct.RELEASE: _c("act", "放回岗位"),
    OpsAct.SKIP: _c("act", "跳过"),
    OpsAct.CANCEL: _c("act", "取消"),
    OpsAct.RESET: _c("act", "重置"),
    OpsAct.TERMINATE: _c("act", "终止"),
}
_BUTTONS: Mapping[OpsAct, str] = {
    OpsAct.RETRY: _m("立即重试"),
    OpsAct.RELEASE: _m("放回岗位"),
    OpsAct.SKIP: _m("跳过此次关怀"),
    OpsAct.CANCEL: _m("取消流程"),
    OpsAct.RESET: _m("从记录重新开始"),
    OpsAct.TERMINATE: _m("终止，不再恢复"),
}
_DONE: Mapping[OpsAct, str] = {
    OpsAct.RETRY: _m("已要求立即重试。"),
    OpsAct.RELEASE: _m("已放回岗位。"),
    OpsAct.SKIP: _m("已跳过。"),
    OpsAct.CANCEL: _m("已取消，流程结束。"),
    OpsAct.RESET: _m("已从记录重新开始。"),
    OpsAct.TERMINATE: _m("已终止。"),
}
_ICONS = {OpsAct.RETRY: "undo", OpsAct.RESET: "undo", OpsAct.RELEASE: "people"}
_SAYS_ALL = frozenset({ErrorCode.CASE_CLOSED, ErrorCode.RUN_LOST})
_ONLY_CARE = _m("只有关怀可以跳过。")
_TOO_LATE = _m("已过可撤销的环节，按规定不能取消；由办理人退回或驳回。")
_NOTHING_TO_DO: Mapping[OpsAct, str] = {
    OpsAct.RETRY: _m("没有执行失败的步骤。"),
    OpsAct.RELEASE: _m("没有人从岗位领取任务；指名的任务请改派。"),
    OpsAct.TERMINATE: _m("咨询投诉和季度汇总必须办结，不能终止；请重置。"),
}
_NEVER_CANCELLED: Mapping[CaseKind, str] = {
    CaseKind.COMPLAINT: _m("咨询投诉必须答复，不能取消。"),
    CaseKind.PERIOD_CLOSE: _m("季度汇总必须签发，不能取消。"),
    CaseKind.ROLLOUT: _m("启动计划由总公司VIP服务管理岗取消。"),
}


def act_forms(found: Watched, typed_act: OpsAct | None, reason: str) -> tuple[ActForm, ...]:
    """A form for each act that is open now, with what was typed into one that was refused."""
    return tuple(
        ActForm(
            act=offer.act.value,
            name=pgettext("act", ACTS[offer.act]),
            action=f"/ops/cases/{found.case.id}/{offer.act.value}",
            idempotency_key=uuid4().hex,
            preview=_preview(found, offer.act),
            button=_(_BUTTONS[offer.act]),
            icon=_ICONS.get(offer.act, "x"),
            reason=reason if offer.act is typed_act else "",
            confirm=_("我知道这不能恢复。") if offer.act is OpsAct.TERMINATE else "",
        )
        for offer in found.offers
        if offer.refusal is None or offer.act is typed_act
    )


def refused_acts(found: Watched) -> tuple[Refused, ...]:
    """The other acts, each with the reason; of a closed case the one reason is enough."""
    refused = [(offer, offer.refusal) for offer in found.offers if offer.refusal is not None]
    told = [Refused(name=pgettext("act", ACTS[offer.act]), text=_why(found, offer, why)) for offer, why in refused]
    closed = [why for _offer, why in refused if why.code is ErrorCode.CASE_CLOSED]
    if len(closed) < len(refused) - 1 or not closed:
        return tuple(told)
    return (Refused(name=_("各项操作"), text=sentence(closed[0].code, closed[0].context)),)


def done_text(act: str) -> str:
    """What was done, after the form; empty for what is no act."""
    return _(_DONE[OpsAct(act)]) if act in set(OpsAct) else ""


def summary_of(error: DomainError, act: OpsAct | None) -> ErrorSummary:
    """The refusal, leading to the fields of this act's form."""
    found = reason_summary(error, confirmed=_("确认"))
    if act is None:
        return found
    fields = tuple(replace(field, field_id=f"{act.value}-{field.field_id}") for field in found.errors)
    return replace(found, errors=fields)


def _why(found: Watched, offer: Offer, why: DomainError) -> str:
    own = "" if why.code in _SAYS_ALL else _own_reason(found.case.kind, offer.act, why.code)
    return _(own) if own else sentence(why.code, why.context)


def _own_reason(kind: CaseKind, act: OpsAct, code: ErrorCode) -> str:
    """A plainer sentence than the refusal's own; empty where there is none."""
    if act is OpsAct.SKIP:
        return "" if kind is CaseKind.CARE_TOUCHPOINT else _ONLY_CARE
    if act is OpsAct.CANCEL:
        return _NEVER_CANCELLED.get(kind, _TOO_LATE if code is ErrorCode.TOO_LATE_TO_WITHDRAW else "")
    return _NOTHING_TO_DO.get(act, "") if code is ErrorCode.WRONG_STAGE else ""


def _preview(found: Watched, act: OpsAct) -> str:
    known = _PREVIEWS[act]
    return _(known) if isinstance(known, str) else known(found)


def _preview_retry(found: Watched) -> str:
    return retry_preview(found.look.trouble)


def _preview_cancel(found: Watched) -> str:
    number = whole(len(found.tasks))
    if is_approval(found.case):
        return _("代申报人撤销：关闭 %(n)s 个任务并通知相关人员，申报人可以重新申报；记入审计。", n=number)
    return _("不再办理：关闭 %(n)s 个任务，时限停止计算；记入审计。", n=number)


def _preview_terminate(found: Watched) -> str:
    if found.case.outcome is not None:
        ended = word(found.case.outcome)
        return _("只结束引擎中的运行；记录已结束（%(outcome)s），不会改变。记入审计。", outcome=ended)
    text = _("记录以“终止”结束：关闭 %(n)s 个任务，通知发起人和办理人。", n=whole(len(found.tasks)))
    return text + _("引擎中的运行立即结束，未记录的办理会丢失。不能恢复，仍需要时须重新发起；记入审计。")


def _preview_reset(found: Watched) -> str:
    kept = _("环节、任务、期限和已办的都照记录保留，没有人会收到新的任务。")
    if found.look.status is RunStatus.RUNNING:
        return _("结束失败的运行，再从记录重新开始。") + kept + _("引擎历史从头记起；记入审计。")
    return _("引擎中已没有此流程在运行，从记录重新开始。") + kept + _("记入审计。")


_PREVIEWS: Mapping[OpsAct, str | Callable[[Watched], str]] = {
    OpsAct.RETRY: _preview_retry,
    OpsAct.RELEASE: _m("任务从领取人放回岗位，岗位上的人都可办理；期限不变，记入审计。"),
    OpsAct.SKIP: _m("此次关怀将跳过，不再办理；记入审计。"),
    OpsAct.CANCEL: _preview_cancel,
    OpsAct.RESET: _preview_reset,
    OpsAct.TERMINATE: _preview_terminate,
}
