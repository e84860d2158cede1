"""经过 of an inquiry or a complaint in plain words, newest first; what was written with an act stays masked."""

from datetime import datetime

from api.pages.build_history import who_did
from api.pages.format import local, mask_text, stamp
from api.pages.i18n import _
from api.pages.view.common import Tag, TagTone
from api.pages.view.task import TimelineEntry
from api.pages.words import word
from models.services.case_view import TimelineItem
from models.types import Door


def entries(timeline: tuple[TimelineItem, ...], now: datetime, *, opened: bool) -> tuple[TimelineEntry, ...]:
    """What happened; `opened` shows comments in full."""
    return tuple(_entry(item, now, opened=opened) for item in reversed(timeline))


def _entry(item: TimelineItem, now: datetime, *, opened: bool) -> TimelineEntry:
    override = Tag(text=word(Door.OVERRIDE), tone=TagTone.BAD, icon="alert")
    return TimelineEntry(
        text=_text(item),
        at=stamp(item.at, now),
        at_iso=local(item.at).isoformat(timespec="seconds"),
        door=_("经 %(door)s", door=word(item.door)),
        quote=item.comment if opened else mask_text(item.comment),
        tags=(override,) if item.door is Door.OVERRIDE else (),
    )


def _text(item: TimelineItem) -> str:
    who, whom = who_did(item), item.to_name or ""
    texts = {
        "open": _("%(who)s 登记", who=who),
        "accept": _("%(who)s 受理", who=who),
        "assign": _("%(who)s 指派给 %(whom)s", who=who, whom=whom),
        "reply": _("%(who)s 答复客户", who=who),
        "investigate": _("%(who)s 写下调查情况", who=who),
        "grade": _("%(who)s 定级", who=who),
        "judge": _("%(who)s 判定并写下处理办法", who=who),
        "complete": _("%(who)s 处理完毕，等待客户意见", who=who),
        "close": _("%(who)s 结案", who=who),
        "reopen": _("%(who)s 重新打开", who=who),
        "warning": _("%(who)s 发出预警", who=who),
        "reminder": _("%(who)s 发出提醒", who=who),
        "breach": _("%(who)s 记录了逾期", who=who),
        "escalation": _("%(who)s 升级督办", who=who),
    }
    return texts.get(item.act, f"{who} {item.act}")
