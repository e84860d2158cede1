"""经过: what happened, in plain words, newest first, each with the door it came through."""

from datetime import datetime

from api.pages.format import local, stamp
from api.pages.i18n import _, count_text
from api.pages.view.common import Link
from api.pages.view.task import History, TimelineEntry
from api.pages.words import word
from models.services.case_view import TimelineItem
from models.types import Stage, Tier


def history(
    timeline: tuple[TimelineItem, ...], now: datetime, *, limit: int | None = None, all_href: str = ""
) -> History:
    """The newest entries; with a limit, a link to the rest."""
    shown = timeline[::-1][:limit]
    rest = Link(text=count_text("全部 %(num)s 条", len(timeline)), href=all_href)
    return History(
        entries=tuple(entry(item, now) for item in shown), all=rest if all_href and len(shown) < len(timeline) else None
    )


def entry(item: TimelineItem, now: datetime) -> TimelineEntry:
    """One thing that happened."""
    return TimelineEntry(
        text=_text(item),
        at=stamp(item.at, now),
        at_iso=local(item.at).isoformat(timespec="seconds"),
        door=_("经 %(door)s", door=word(item.door)),
        quote=item.comment,
    )


def _text(item: TimelineItem) -> str:
    who = _("系统") if item.actor.startswith("system:") else item.actor
    stage = word(item.stage) if item.stage else ""
    to = word(item.return_to or Stage.DECLARED)
    if item.act == "approve" and item.approve_as is Tier.SILVER:
        return _("%(who)s 同意为银牌（%(stage)s）", who=who, stage=stage)
    texts = {
        "declare": _("%(who)s 提交申报", who=who),
        "approve": _("%(who)s 同意了 %(stage)s", who=who, stage=stage),
        "reject": _("%(who)s 在 %(stage)s 驳回", who=who, stage=stage),
        "return": _("%(who)s 从 %(stage)s 退回到 %(to)s", who=who, stage=stage, to=to),
        "resubmit": _("%(who)s 重新提交（第 %(round)s 轮）", who=who, round=item.round or 1),
        "withdraw": _("%(who)s 撤销了申报", who=who),
        "correct": _("%(who)s 在 %(stage)s 更正了数据", who=who, stage=stage),
        "acknowledge": _("%(who)s 已知晓无人可办", who=who),
        "breach": _("%(who)s 记录了逾期", who=who),
        "notify_customer": _("%(who)s 通知了客户", who=who),
        "enter_reserve": _("%(who)s 同意时名额已满，进入候补", who=who),
    }
    return texts.get(item.act, f"{who} {item.act}")
