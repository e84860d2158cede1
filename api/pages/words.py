"""The words people read for every enumeration (glossary.md); one place, both languages."""

from collections.abc import Mapping
from enum import StrEnum

from api.pages.i18n import gettext, pgettext
from api.pages.i18n import mark as _m
from api.pages.i18n import mark_context as _c
from models.messages.approval import NOBODY_TO_ACT
from models.service_types import (
    AssessmentCause,
    ComplaintGrade,
    ComplaintSheet,
    CustomerView,
    FactKind,
    GreenService,
    IntakeChannel,
    MissedPolicy,
    ProofKind,
    ServiceStep,
    SpendKind,
    SpendState,
    SurveyChannel,
    SurveyStage,
    TouchpointOrigin,
)
from models.types import (
    AddedPosition,
    CaseKind,
    ContactKind,
    Door,
    JobState,
    MembershipStage,
    Outcome,
    PauseReason,
    PayMode,
    PolicyStatus,
    Role,
    SeasonPhase,
    SeatKind,
    SignerRule,
    Source,
    Stage,
    Tier,
    Verdict,
)

_WORDS: tuple[tuple[StrEnum, str], ...] = (
    (Tier.REGULAR, _m("普通")),
    (Tier.SILVER, _m("银牌")),
    (Tier.GOLD, _m("金牌")),
    (SeatKind.RANKED, _m("排名席位")),
    (SeatKind.NEW_CUSTOMER, _m("新客户席位")),
    (SeatKind.SPECIAL, _m("特批")),
    (Role.HQ_VIP, _m("总公司VIP服务管理岗")),
    (Role.HQ_LEAD, _m("总公司团险分管领导")),
    (Role.BR_LEAD, _m("分公司团险负责人")),
    (Role.BR_SVC, _m("分公司VIP服务岗")),
    (Role.BR_CTR, _m("柜面服务岗")),
    (Role.MGR, _m("客户经理")),
    (Role.UNIT_LEAD, _m("三级机构负责人")),
    (Role.AUDIT, _m("审计岗")),
    (Role.OPS, _m("运营监控岗")),
    (Role.SYS_ADMIN, _m("系统管理岗")),
    (Role.SEC_ADMIN, _m("安全管理岗")),
    (Role.AUDIT_ADMIN, _m("审计管理岗")),
    (CaseKind.QUALIFICATION, _m("资格评定")),
    (CaseKind.MEMBERSHIP, _m("会员周期")),
    (CaseKind.APPROVAL, _m("单项审批")),
    (CaseKind.QUOTA_SEASON, _m("名额季")),
    (Stage.DECLARED, _m("申报")),
    (Stage.UNIT_CHECK, _m("机构复核")),
    (Stage.BRANCH_REVIEW, _m("分公司初审")),
    (Stage.BRANCH_APPROVAL, _m("分公司审批")),
    (Stage.HQ_REVIEW, _m("总公司复核")),
    (Stage.HQ_APPROVAL, _m("总公司审批")),
    (Stage.ACTIVE, _m("生效")),
    (Stage.RETURNED, _m("已退回")),
    (Stage.REJECTED, _m("已驳回")),
    (Stage.WITHDRAWN, _m("已撤销")),
    (MembershipStage.PENDING, _m("待生效")),
    (MembershipStage.SERVING, _m("服务中")),
    (MembershipStage.DOWNGRADE_BUFFER, _m("降级缓冲")),
    (MembershipStage.RE_EVALUATION, _m("再评定")),
    (MembershipStage.EXPIRED, _m("已到期")),
    (MembershipStage.CANCELLED, _m("已取消")),
    (SeasonPhase.FREEZE, _m("冻结")),
    (SeasonPhase.DECLARE, _m("申报")),
    (SeasonPhase.RANK, _m("排名")),
    (SeasonPhase.PUBLISH, _m("公示")),
    (SeasonPhase.APPEAL, _m("申诉")),
    (SeasonPhase.EFFECTIVE, _m("生效")),
    (Outcome.APPROVED, _c("outcome", "通过")),
    (Outcome.REJECTED, _c("outcome", "驳回")),
    (Outcome.WITHDRAWN, _c("outcome", "撤销")),
    (Outcome.CANCELLED, _c("outcome", "取消")),
    (Outcome.EXPIRED, _c("outcome", "到期")),
    (Outcome.TERMINATED, _c("outcome", "终止")),
    (Verdict.APPROVE, _m("同意")),
    (Verdict.REJECT, _m("驳回")),
    (Verdict.RETURN, _m("退回")),
    (SignerRule.ANY, _m("或签")),
    (SignerRule.ALL, _m("会签")),
    (SignerRule.QUORUM, _m("票签")),
    (SignerRule.SEQUENTIAL, _m("依次审批")),
    (SignerRule.PER_GROUP, _m("分组会签")),
    (AddedPosition.BEFORE, _m("前加签")),
    (AddedPosition.AFTER, _m("后加签")),
    (PauseReason.WAITING_FOR_CUSTOMER, _m("等客户补资料")),
    (PauseReason.DISABILITY_APPRAISAL, _m("伤残鉴定")),
    (PauseReason.WAITING_FOR_THIRD_PARTY, _m("等第三方")),
    (Door.PAGE, _m("网页")),
    (Door.API, _m("接口")),
    (Door.CLI, _m("命令行")),
    (Door.LINK, _m("决定链接")),
    (Door.STAND_IN, _m("代理")),
    (Door.OVERRIDE, _m("运营干预")),
    (Door.IMPORT, _m("导入")),
    (Door.SYSTEM, _m("系统")),
    (ContactKind.LEADER, _m("第一服务对象")),
    (ContactKind.HANDLER, _m("第二服务对象")),
    (PayMode.SINGLE, _m("趸交")),
    (PayMode.REGULAR, _m("期交")),
    (PolicyStatus.IN_FORCE, _m("有效")),
    (PolicyStatus.EXPIRED, _m("满期")),
    (PolicyStatus.LAPSED, _m("失效")),
    (PolicyStatus.SURRENDERED, _m("退保")),
    (JobState.QUEUED, _m("排队中")),
    (JobState.RUNNING, _m("进行中")),
    (JobState.DONE, _m("已完成")),
    (JobState.FAILED, _m("未完成")),
    (CaseKind.GREEN_CHANNEL, _m("绿色通道")),
    (CaseKind.CARE_TOUCHPOINT, _m("关怀触点")),
    (CaseKind.COMPLAINT, _m("投诉咨询")),
    (Stage.RECEIVED, _m("待受理")),
    (Stage.ACCEPTED, _m("已受理")),
    (Stage.HANDLING, _m("处理中")),
    (Stage.PAUSED, _m("已暂停")),
    (Stage.AWAITING_CONFIRMATION, _m("待客户确认")),
    (Stage.CLOSED, _m("已办结")),
    (Stage.CANCELLED, _m("已取消")),
    (Stage.REGISTERED, _m("已登记")),
    (Stage.AWAITING_FIRST_REPLY, _m("待首次答复")),
    (Stage.INVESTIGATING, _m("调查中")),
    (Stage.AWAITING_CUSTOMER, _m("待客户意见")),
    (Stage.REOPENED, _m("重新打开")),
    (Stage.PLANNED, _m("已计划")),
    (Stage.DUE, _m("待执行")),
    (Stage.DONE, _m("已完成")),
    (Stage.SKIPPED, _m("已跳过")),
    (Stage.RESCHEDULED, _m("已改期")),
    (Stage.HUSHED, _m("暂缓问候")),
    (Stage.MISSED, _m("已错过")),
    (SurveyStage.DRAFT, _m("草稿")),
    (SurveyStage.OPEN, _m("发放中")),
    (SurveyStage.CLOSED, _m("已截止")),
    (SurveyStage.PUBLISHED, _m("已发布")),
    (SurveyChannel.MAIL, _m("邮件")),
    (SurveyChannel.QR, _m("二维码")),
    (SurveyChannel.PAPER, _m("纸质")),
    (CaseKind.PERIOD_CLOSE, _m("季度汇总")),
    (CaseKind.ROLLOUT, _m("启动计划")),
    (Stage.FROZEN, _m("已冻结")),
    (Stage.COLLECTING, _m("填报中")),
    (Stage.CHECKING, _m("待复核")),
    (Stage.SIGNING, _m("待签发")),
    (Stage.PUBLISHED, _m("已发布")),
    (Stage.RUNNING, _m("进行中")),
    (ServiceStep.ACCEPT, _m("受理")),
    (ServiceStep.HANDLE, _m("业务办理")),
    (ServiceStep.CONFIRM, _m("客户确认")),
    (ServiceStep.REPLY, _m("首次答复")),
    (ServiceStep.INVESTIGATE, _m("调查")),
    (ServiceStep.CLOSE, _m("结案")),
    (ServiceStep.PERFORM, _m("执行")),
    (GreenService.ISSUE, _m("出单")),
    (GreenService.ENDORSEMENT, _m("保全")),
    (GreenService.SIMPLE_ENDORSEMENT, _m("简单信息变更")),
    (GreenService.CLAIM, _m("理赔")),
    (GreenService.INVESTIGATED_CLAIM, _m("调查理赔")),
    (GreenService.VISIT, _m("上门")),
    (GreenService.RENEWAL, _m("续保")),
    (GreenService.COORDINATION, _m("跨地域协调")),
    (GreenService.ADVANCE_PAYMENT, _m("重大事故预付")),
    (IntakeChannel.COUNTER, _m("柜面")),
    (IntakeChannel.PHONE, _m("电话")),
    (IntakeChannel.PAGE, _m("网页")),
    (IntakeChannel.API, _m("接口")),
    (ComplaintSheet.INQUIRY, _m("咨询")),
    (ComplaintSheet.COMPLAINT, _m("投诉")),
    (ComplaintGrade.ORDINARY, _m("一般")),
    (ComplaintGrade.SERIOUS, _m("重大")),
    (CustomerView.SATISFIED, _m("满意")),
    (CustomerView.ACCEPTED, _m("接受")),
    (CustomerView.DISSATISFIED, _m("不满意")),
    (CustomerView.NOT_REACHED, _m("未联系上")),
    (TouchpointOrigin.PLAN, _m("年度计划")),
    (TouchpointOrigin.DUTY, _m("常规服务")),
    (TouchpointOrigin.MANUAL, _m("临时新增")),
    (MissedPolicy.SEND_LATE, _m("补办")),
    (MissedPolicy.SKIP, _m("直接跳过")),
    (MissedPolicy.ASK, _m("人工处理")),
    (ProofKind.TEXT, _m("文字")),
    (ProofKind.PHOTO, _m("照片")),
    (ProofKind.SIGNATURE, _m("签名")),
    (SpendState.WITHIN, _m("限额内")),
    (SpendState.OVER_LIMIT, _m("超限额")),
    (SpendState.ASKED, _m("超限审批中")),
    (SpendState.APPROVED, _m("超限已批准")),
    (SpendKind.RESERVE, _m("预留")),
    (SpendKind.COMMIT, _m("支出")),
    (SpendKind.RELEASE_RESERVE, _m("释放")),
    (Outcome.COMPLETED, _c("outcome", "办结")),
    (FactKind.MEMBER, _m("年初会员")),
    (FactKind.TOUCHPOINT, _m("关怀触点")),
    (FactKind.GREEN_CHANNEL, _m("绿色通道")),
    (FactKind.INQUIRY, _m("咨询")),
    (FactKind.COMPLAINT, _m("投诉")),
    (FactKind.SHEET, _m("问卷")),
    (FactKind.INVITATION, _m("问卷邀请")),
    (FactKind.QUARTER, _m("季度汇总")),
    (FactKind.TASK, _m("任务")),
    (FactKind.DECLARATION, _m("申报")),
    (FactKind.QUOTA, _m("名额申报")),
    (FactKind.ASSESSMENT, _m("年度考核")),
    (AssessmentCause.SWEEP, _m("系统计算")),
    (AssessmentCause.BY_HAND, _m("重新计算")),
    (AssessmentCause.APPEAL, _m("申诉成立")),
    (Source.ORIGINAL, _m("原文")),
    (Source.DEFAULT, _m("默认")),
)
"""Pairs, not a mapping: members of different enumerations with one value are equal and would collide."""

_BY_TYPE: Mapping[tuple[type[StrEnum], str], str] = {(type(key), key.value): text for key, text in _WORDS}

_SILVER_SEAT = _m("机构名额")
_SUBJECTS = {
    "appeal": _m("名额申诉"),
    "gift": _m("礼品合规审批"),
    "spend": _m("服务投入超限审批"),
    "assessment": _m("考核申诉"),
}
_STEPS = {NOBODY_TO_ACT: _m("无人可办"), "rollout": _m("启动工作")}


def word(value: StrEnum) -> str:
    """The word for a value in the language of the request, e.g. `word(Tier.GOLD)` -> 金牌.

    Values of different enumerations may share their text ("rejected"), so the type counts too. A value
    that the table does not know reads as itself; a test keeps the table complete.
    """
    if value is SeatKind.SILVER:
        return gettext(_SILVER_SEAT)
    text = _BY_TYPE.get((type(value), value.value), value.value)
    return pgettext("outcome", text) if isinstance(value, Outcome) else gettext(text)


def declaration_word(tier: Tier, seat: SeatKind | None = None) -> str:
    """What a qualification asks for: 金牌资格申报, 金牌特批申报."""
    if seat is SeatKind.SPECIAL:
        return gettext(_m("金牌特批申报")) if tier is Tier.GOLD else gettext(_m("银牌特批申报"))
    return gettext(_m("金牌资格申报")) if tier is Tier.GOLD else gettext(_m("银牌资格申报"))


def case_word(kind: CaseKind, subject: str | None, tier: Tier, seat: SeatKind | None = None) -> str:
    """What a case asks for: 金牌资格申报, or the subject of a lone approval (申诉)."""
    if kind is CaseKind.QUALIFICATION:
        return declaration_word(tier, seat)
    return gettext(_SUBJECTS[subject]) if subject in _SUBJECTS else word(kind)


def step_word(step: str) -> str:
    """The step of a task of any kind: 分公司初审, 受理, 无人可办; one that the declarant has to do again says so."""
    if step == Stage.DECLARED.value:
        return gettext(_m("待重新提交"))
    if step in set(ServiceStep):
        return word(ServiceStep(step))
    return word(Stage(step)) if step in set(Stage) else gettext(_STEPS.get(step, step))
