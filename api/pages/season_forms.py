"""What is asked before an act on a season: for each phase to lead to, what the button says and what it does."""

from api.pages.i18n import mark as _m
from models.types import SeasonPhase

OPEN = "open"
SEASON_WORDS = {
    OPEN: (_m("启动名额季"), _m("各阶段由总公司带原因推进；日程日期到期只提醒，不自动结束。")),
    SeasonPhase.DECLARE.value: (
        _m("冻结名单"),
        _m("冻结后名单只读，申报按此名单排序。更正数据须先解冻。"),
    ),
    SeasonPhase.FREEZE.value: (_m("解冻名单"), _m("解冻后可更正数据并重新评定；已批准的资格不受影响。")),
    SeasonPhase.RANK.value: (_m("结束申报并排名"), _m("记下当前名次与席位，由总公司复核；此后的申报须说明逾期原因。")),
    SeasonPhase.PUBLISH.value: (
        _m("公示名单"),
        _m("公示每个客户的席位或没有席位的原因，通知各机构，并开始申诉期。公示后不能解冻。"),
    ),
    SeasonPhase.APPEAL.value: (_m("提前截止申诉"), _m("不再接受新的申诉；已提出的继续办理。")),
    SeasonPhase.EFFECTIVE.value: (_m("名单生效"), _m("本年度名额季结束。尚有申诉未办结时不能生效。")),
}
"""Per phase to lead to: what the button says and what it does."""
