"""The words for reasons that the programme gave: of a plan's lines, and of what the sweep left."""

from collections.abc import Callable

from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.words import word
from models.rules.care.reasons import PlanReason, parsed
from models.rules.touchpoint_day import Why
from models.services.qualification import member_stages
from models.types import Tier

_PLAIN = {
    PlanReason.GRANTED: _m("会员资格获批，排入本期计划"),
    PlanReason.CONTACTS_ADDED: _m("重点服务对象变更，新增"),
    PlanReason.CONTACTS_DROPPED: _m("重点服务对象变更，不再适用"),
    PlanReason.CALENDAR_ADDED: _m("工作日历变更，新增"),
    PlanReason.CALENDAR_DROPPED: _m("工作日历变更，不再适用"),
    PlanReason.ADDED: _m("重排新增"),
    PlanReason.DROPPED: _m("重排后不再适用"),
    PlanReason.CONTACT_LEFT: _m("联系人已离任"),
    PlanReason.TERM_OVER: _m("会员资格已终止：会员期届满"),
    PlanReason.IN_HAND: _m("办理中，继续办完"),
    PlanReason.PAST: _m("期限已过，按错过处理"),
    PlanReason.COUNTS: _m("已做，计入本期"),
    PlanReason.BY_HAND: _m("手工安排，不受重排影响"),
    PlanReason.TOGETHER: _m("与办理中的触点合并，一并办完"),
    PlanReason.STILL: _m("仍适用"),
    PlanReason.DONE: _m("已完成"),
    PlanReason.SKIPPED: _m("已跳过，不再重排"),
    PlanReason.MISSED: _m("已错过，不再重排"),
    PlanReason.RESCHEDULED: _m("已改期，保留所改日期"),
    PlanReason.HUSHED: _m("暂缓问候中，保留"),
    PlanReason.MANAGER: _m("客户经理更换，转由新任办理"),
}
_ENDS = {
    member_stages.EXPIRED: _m("会员期届满"),
    member_stages.UPGRADED: _m("同一会员期内升级，由新资格接续"),
    member_stages.LOWER: _m("同一会员期已有更高层级的资格"),
    member_stages.ALL_ENDED: _m("全部保单已失效或退保"),
}
_SWEPT = {
    Why.CONSENT_MISSING: _m("系统巡检：未取得联系人同意，已过期"),
    Why.CONTACT_LEFT: _m("系统巡检：联系人已离任"),
    Why.NO_ADDRESS: _m("系统巡检：联系人无邮箱，已过期"),
    Why.HUSHED: _m("系统巡检：投诉未结，问候已过期"),
    Why.MISSED: _m("系统巡检：已错过日期"),
    Why.NOT_OWED: _m("系统巡检：保单或客户层级已变，不再适用"),
    Why.UNCONFIRMED: _m("系统巡检：发送中断，是否送达未知"),
}


def reason_text(text: str) -> str:
    """A stored reason in the language of the request; what a person typed stays as it is."""
    found = parsed(text)
    if found is None:
        return text
    if found.reason in _PLAIN:
        return _(_PLAIN[found.reason])
    try:
        return _ABOUT[found.reason](*found.about)
    except (KeyError, TypeError, ValueError):
        return text


def _about_tier(pattern: str) -> Callable[[str], str]:
    return lambda tier: _(pattern, tier=word(Tier(tier)))


def _swept(why: str) -> str:
    return _(_SWEPT[Why(why)])


def _moved(before: str, after: str) -> str:
    return _("由 %(before)s 移至 %(after)s", before=before, after=after)


def end_text(why: str) -> str:
    """Why a membership ended, in the language of the request; what a person typed stays as it is."""
    return _(_ENDS[why]) if why in _ENDS else why


def _ended(*why: str) -> str:
    return _("会员资格已终止：%(why)s", why=end_text("|".join(why)))


_ABOUT: dict[PlanReason, Callable[..., str]] = {
    PlanReason.NOT_IN_TIER: _about_tier(_m("%(tier)s层级不含此项")),
    PlanReason.TIER_ADDED: _about_tier(_m("层级调整为%(tier)s，新增")),
    PlanReason.TIER_DROPPED: _about_tier(_m("层级调整为%(tier)s，不再适用此项或频次不同")),
    PlanReason.MOVED: _moved,
    PlanReason.ENDED: _ended,
    PlanReason.SWEPT: _swept,
}
