"""Words of the green channel: lanes, limits beside the regular ones, and why a pause stands."""

from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.limits import limit_text
from api.pages.view.common import Article, Tag, TagTone
from models.messages.service import ServiceClock, TimeLimit
from models.service_types import GreenService
from models.stores.green_channel import IN_HAND, GreenBand
from models.types import Stage

BASE = "/green-channel"
LANES: dict[str, tuple[str, tuple[Stage, ...]]] = {
    "received": (_m("待受理"), (Stage.RECEIVED,)),
    "handling": (_m("处理中"), IN_HAND),
    "paused": (_m("已暂停"), (Stage.PAUSED,)),
    "confirming": (_m("待客户确认"), (Stage.AWAITING_CONFIRMATION,)),
}
BANDS: dict[GreenBand, str] = {
    GreenBand.OPEN: _m("在办"),
    GreenBand.OVERDUE: _m("已逾期"),
    GreenBand.TODAY: _m("今日到期"),
    GreenBand.PAUSED: _m("已暂停"),
    GreenBand.FINISHED: _m("今日办结"),
    GreenBand.MONTH: _m("本月及时率"),
}
FORM = _m("附件三")
_SERVICE_ARTICLES = {
    GreenService.ISSUE: "17(1)",
    GreenService.ENDORSEMENT: "17(2)",
    GreenService.SIMPLE_ENDORSEMENT: "17(2)",
    GreenService.CLAIM: "17(3)",
    GreenService.INVESTIGATED_CLAIM: "17(3)",
    GreenService.RENEWAL: "17(4)",
}
_CROSS_REGION = "17(8)"


def limits_text(clock: ServiceClock) -> str:
    """限 2 个工作日 · 常规 3 个工作日; only the regular one where the customer has no other."""
    return limits_of(clock.limit, clock.regular)


def limits_of(limit: TimeLimit | None, regular: TimeLimit | None) -> str:
    """The limit with the regular one of article 17 beside it."""
    own = length(limit)
    if limit is None:
        return own if regular is None else _("%(limit)s · 常规 %(regular)s", limit=own, regular=length(regular))
    if regular is None:
        return _("限 %(limit)s", limit=own)
    if limit == regular:
        return _("常规 %(limit)s", limit=own)
    return _("限 %(limit)s · 常规 %(regular)s", limit=own, regular=length(regular))


def length(limit: TimeLimit | None) -> str:
    """A limit in words; a renewal has a day instead, counted back from the end of its policy."""
    return limit_text(limit.unit, limit.value) if limit else _("按满期日倒推")


def article_of(code: str) -> Article:
    """17(3) as 第17条（3）; a catalogue entry (Z03) as it is."""
    if code.startswith("17("):
        return Article(text=_("第17条（%(n)s）", n=code[3:-1]))
    return Article(text=code, title=_("超值服务目录") if code.startswith("C") else _("增值服务目录"))


def regular_article(service: GreenService) -> Article | None:
    """The item of article 17 that a service stands under; a visit has none."""
    code = _SERVICE_ARTICLES.get(service)
    return article_of(code) if code else None


def cross_region_article() -> Article:
    """跨地域: article 17 item 8."""
    return article_of(_CROSS_REGION)


def cross_region_tag() -> Tag:
    """跨地域."""
    return Tag(text=_("跨地域"), tone=TagTone.VIOLET)
