"""经过: what happened, in plain words, newest first, each with the door it came through."""

from collections.abc import Iterator
from datetime import datetime

from api.pages.format import NOTHING, local, stamp
from api.pages.i18n import _, count_text
from api.pages.plan_reasons import reason_text
from api.pages.view.common import Link, Tag, TagTone
from api.pages.view.task import ChangeRow, History, TimelineEntry
from api.pages.words import word
from models.services.case_view import TimelineItem
from models.types import CaseKind, Door, Stage, Tier


def history(timeline: tuple[TimelineItem, ...], now: datetime, *, limit: int | None = None, case_href: str) -> History:
    """The newest entries; with a limit, a link to the rest on the page of the case."""
    shown = timeline[::-1][:limit]
    rest = Link(text=count_text("全部 %(num)s 条", len(timeline)), href=f"{case_href}#timeline")
    return History(
        entries=tuple(entry(item, now, case_href) for item in shown),
        all=rest if len(shown) < len(timeline) else None,
    )


def entry(item: TimelineItem, now: datetime, case_href: str = "") -> TimelineEntry:
    """One thing that happened, with the way to what its actor saw."""
    return TimelineEntry(
        text=_text(item),
        at=stamp(item.at, now),
        at_iso=local(item.at).isoformat(timespec="seconds"),
        door=_("经 %(door)s", door=word(item.door)),
        quote=reason_text(item.comment),
        tags=_tags(item),
        changes=tuple(changes_of(item)),
        evidence=f"{case_href}/evidence/{item.step_no}" if item.evidence_digest and case_href else None,
    )


def _tags(item: TimelineItem) -> tuple[Tag, ...]:
    """An act of operations in somebody's place is always marked; sign-offs that a resubmission kept are named."""
    marks = [Tag(text=word(Door.OVERRIDE), tone=TagTone.BAD, icon="alert")] if item.door is Door.OVERRIDE else []
    for stage, names in item.kept.items():
        text = _("保留签批：%(stage)s（%(names)s）", stage=word(stage), names="、".join(names))
        marks.append(Tag(text=text, tone=TagTone.OK, icon="keep"))
    return tuple(marks)


def changes_of(item: TimelineItem) -> Iterator[ChangeRow]:
    """What a resubmission changed, field by field."""
    for name, (before, after) in (item.changes or {}).items():
        yield ChangeRow(field=field_word(name), before=before or NOTHING, after=after or NOTHING)


def field_word(name: str) -> str:
    """申报理由, or the figure of a policy (`premium_received P-1 2025`)."""
    figure, _space, policy = name.partition(" ")
    texts = {
        "reason": _("申报理由"),
        "premium_received": _("实收保费"),
        "earned_premium": _("已赚保费"),
        "incurred_claims": _("已发生赔款"),
    }
    text = texts.get(figure, figure)
    return f"{text} {policy}" if policy else text


def who_did(item: TimelineItem) -> str:
    """B（代 A）."""
    who = _("系统") if item.actor.startswith("system:") else item.actor
    return _("%(who)s（代 %(whom)s）", who=who, whom=item.on_behalf_of_name) if item.on_behalf_of_name else who


def _asked(item: TimelineItem, who: str) -> str:
    if item.kind is CaseKind.PERIOD_CLOSE:
        return _("%(who)s 冻结了季度数据", who=who)
    lone = item.kind is not CaseKind.QUALIFICATION
    return _("%(who)s 提出", who=who) if lone else _("%(who)s 提交申报", who=who)


def _text(item: TimelineItem) -> str:
    who, whom = who_did(item), item.to_name or ""
    stage = word(item.stage) if item.stage else ""
    to = word(item.return_to or Stage.DECLARED)
    if item.act == "approve" and item.approve_as is Tier.SILVER:
        return _("%(who)s 同意为银牌（%(stage)s）", who=who, stage=stage)
    texts = {
        "declare": _asked(item, who),
        "approve": _("%(who)s 同意了 %(stage)s", who=who, stage=stage),
        "reject": _("%(who)s 在 %(stage)s 驳回", who=who, stage=stage),
        "return": _("%(who)s 从 %(stage)s 退回到 %(to)s", who=who, stage=stage, to=to),
        "resubmit": _("%(who)s 重新提交（第 %(round)s 轮）", who=who, round=item.round or 1),
        "withdraw": _("%(who)s 撤销了申报", who=who),
        "terminate": _("%(who)s 终止了流程", who=who),
        "correct": _("%(who)s 在 %(stage)s 更正了数据", who=who, stage=stage),
        "acknowledge": _("%(who)s 已知晓无人可办", who=who),
        "breach": _("%(who)s 记录了逾期", who=who),
        "notify_customer": _("%(who)s 通知了客户", who=who),
        "customer_not_notified": _("资格通知没有送达，请客户经理亲自告知"),
        "take_back": _("%(who)s 撤回了自己的决定", who=who),
        "transfer": _("%(who)s 转办给 %(whom)s", who=who, whom=whom),
        "delegate": _("%(who)s 委派给 %(whom)s", who=who, whom=whom),
        "hand_back": _("%(who)s 交回了委派", who=who),
        "add_signer": _("%(who)s 加签 %(whom)s", who=who, whom=whom),
        "remove_signer": _("%(who)s 减签 %(whom)s", who=who, whom=whom),
        "reassign": _("%(who)s 改派给 %(whom)s", who=who, whom=whom),
        "pause": _("%(who)s 暂停计时", who=who),
        "resume": _("%(who)s 恢复计时", who=who),
        "reminder": _("%(who)s 发出提醒", who=who),
        "escalation": _("%(who)s 升级督办", who=who),
        "enter_reserve": _("%(who)s 同意时名额已满，进入候补", who=who),
    }
    return texts.get(item.act, f"{who} {item.act}")
