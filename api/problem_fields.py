"""What to say about one field, and facts of an error as people read them."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from api.pages.format import stamp
from api.pages.i18n import gettext
from api.pages.i18n import mark as _m
from api.pages.words import word
from models.service_types import SurveyStage
from models.types import MembershipStage, Outcome, Role, SeasonPhase, Stage, Verdict

_MESSAGES = {
    "missing": _m("必填。"),
    "string_too_short": _m("必填。"),
    "string_too_long": _m("太长，请缩短。"),
    "string_type": _m("应为文字。"),
    "string_pattern_mismatch": _m("格式不对。"),
    "int_parsing": _m("应为整数。"),
    "int_type": _m("应为整数。"),
    "decimal_parsing": _m("应为数字。"),
    "bool_parsing": _m("应为是或否。"),
    "enum": _m("不在可选范围内。"),
    "literal_error": _m("不在可选范围内。"),
    "uuid_parsing": _m("编号格式不对。"),
    "date_from_datetime_parsing": _m("应为日期，如 2026-03-01。"),
    "datetime_from_date_parsing": _m("应为带时区的时间。"),
    "timezone_aware": _m("应为带时区的时间。"),
    "greater_than": _m("数值太小。"),
    "greater_than_equal": _m("数值太小。"),
    "less_than": _m("数值太大。"),
    "less_than_equal": _m("数值太大。"),
    "json_invalid": _m("不是有效的 JSON。"),
    "bad_cursor": _m("翻页标记无效，请从第一页开始。"),
    "too_short": _m("至少 12 个字符。"),
    "too_long": _m("最多 256 个字符。"),
    "holds_login": _m("密码不能包含登录名。"),
    "common": _m("密码太常见，请换一个。"),
    "wrong_password": _m("当前密码不对。"),
    "not_the_same": _m("两次输入不一致。"),
    "login_taken": _m("登录名已被使用。"),
    "account_disabled": _m("该人员已停用，请先启用。"),
    "unchanged": _m("没有改动，请先更正数据。"),
    "unknown_institution": _m("没有这个机构，或不在您的机构范围内。"),
    "not_a_branch": _m("名额由二级机构（分公司）申报。"),
    "no_such_post_at_this_level": _m("该级别的机构没有这个岗位。"),
    "administrators_are_separated": _m("三员分立：一人不能兼任两个管理岗。"),
    "unknown_person": _m("没有这个人员。"),
    "already_manager": _m("已是该客户的客户经理，请另选。"),
    "in_the_past": _m("不能早于今天。"),
    "ends_before_it_starts": _m("不能早于开始日。"),
    "longer_than_a_year": _m("最长一年。"),
    "another_stand_in_then": _m("这段时间和范围内已有代理，请先结束或改期。"),
    "may_not_read_cases": _m("其岗位不能查看本件，请另选人员。"),
    "too_many_people": _m("一次最多 20 人。"),
    "yourself": _m("不能选自己。"),
    "not_enabled": _m("没有这个人员，或已停用。请另选人员。"),
    "not_asked": _m("本件各环节均不由申报人指定签批人。"),
    "not_in_future": _m("应晚于现在。"),
    "too_far_ahead": _m("最多推迟 30 天。"),
    "bad_file": _m("不支持这种文件，或内容与后缀不符。可用 PDF、图片、Office、TXT、CSV。"),
    "bad_file_name": _m("文件名不可用，请改名后再上传。"),
    "too_many_files": _m("一次最多 5 个文件。"),
    "too_many_items": _m("一次选得太多，请分批。"),
    "chat_url": _m("不是可用的机器人地址。可用 dingtalk://、wecombot://、feishu:// 等。"),
    "twice": _m("同一任务选了两次。"),
    "one_of_two": _m("客户号和流程编号只填一项。"),
    "no_facts": _m("本件没有可更正的数据。"),
    "not_an_image": _m("只能上传 JPG、PNG、WebP 图片。"),
    "proof_missing": _m("此项须上传证明图片。"),
    "too_many_proofs": _m("一个触点最多 10 张图片。"),
    "contact_left": _m("该联系人已离职，请另选。"),
    "contact_erased": _m("该联系人的个人信息已删除，请另选。"),
    "later_than_promised": _m("晚于知悉后 2 个工作日，请提前。"),
    "within_the_cap": _m("未超过礼品限额，无需审批。"),
    "within_the_limit": _m("未超过投入限额，无需审批。"),
    "below_the_estimate": _m("不能低于本年度预计投入。"),
    "decimal_max_places": _m("最多两位小数。"),
    "decimal_max_digits": _m("数值太大。"),
    "which_customer": _m("请从匹配的客户中选一家，或输入完整的客户号。"),
    "unknown_customer": _m("没有这家客户，请检查客户号或客户名。"),
    "future": _m("不能晚于现在。"),
    "unknown_contact": _m("不是该客户的联系人。"),
    "not_ended": _m("季度尚未结束，不能冻结。"),
    "not_later": _m("应晚于现在的截止日。"),
    "beyond_a_year": _m("最多一年之后。"),
    "not_in_the_campaign": _m("应在开始发放之后、今天或之前。"),
    "complaints_only": _m("咨询不分等级。"),
    "other_cities": _m("记录中该客户只在一个城市，请写明其他城市。"),
    "above_share": _m("超过无争议金额的可预付比例，请减少。"),
    "no_advance": _m("只有重大事故预付才填金额，请清空。"),
    "nothing_to_print": _m("这个季度没有可打印的表单。"),
    "before_start": _m("不能早于起始日。"),
    "before_predecessor": _m("须晚于所依赖工作的结束日。"),
    "out_of_range": _m("不在启动计划的期间内。"),
    "years_away": _m("太远，最多相隔两年。"),
    "circle": _m("工作之间互相等待，请更正。"),
    "branches_only": _m("考核以二级机构（分公司）为单位。"),
    "nothing_to_assess": _m("该分公司本年度没有可考核的记录。"),
    "veto_stands": _m("该否决已记录，尚未撤销。"),
    "not_a_case_of_the_branch": _m("没有这个流程，或不属于该分公司。请填流程页地址中的编号。"),
}

_TYPES: dict[str, tuple[type[StrEnum], ...]] = {
    "verb": (Verdict,),
    "stage": (Stage, SeasonPhase, MembershipStage, SurveyStage),
    "outcome": (Outcome,),
}
_HANDLED = _m("处理")
"""What was done, where the act has no word of its own: names of acts are no text for people."""
_COUNT = re.compile(r"(\d+)-(\d+)")
"""A reason that says how many have to be chosen: `1-2`."""
_INSTANTS = frozenset({"when", "until"})


def field_message(reason: str) -> str:
    """What to correct, in the language of the request; an unknown reason reads as "not valid"."""
    count = _COUNT.fullmatch(reason)
    if count is not None:
        return gettext(_m("须选 %(least)s 至 %(most)s 位。")) % {"least": count[1], "most": count[2]}
    return gettext(_MESSAGES.get(reason, _m("内容无效，请更正。")))


def readable(key: str, value: Any) -> Any:
    """A fact of an error as it stands in the sentence: instants on Shanghai's clock, values as words."""
    if not isinstance(value, str):
        return value
    if key in _INSTANTS:
        return _instant(value)
    if key == "who":
        return "、".join(_role(part) for part in value.split("、"))
    for kind in _TYPES.get(key, ()):
        if value in {member.value for member in kind}:
            return word(kind(value))
    return gettext(_HANDLED) if key == "verb" else value


def _role(value: str) -> str:
    return word(Role(value)) if value in set(Role) else value


def _instant(value: str) -> str:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value
    return stamp(at, datetime.now(UTC)) if at.tzinfo else value
