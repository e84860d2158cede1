"""Words of retention 留存: each class of record, and what of it goes."""

from collections.abc import Mapping

from api.pages.i18n import _
from api.pages.i18n import mark as _m
from models.retention_types import RecordClass

_CLASSES: Mapping[RecordClass, tuple[str, str]] = {
    RecordClass.SERVICE_TEXTS: (_m("服务记录的文字和附件"), _m("结案后清空文字、删除附件；流程、时限和结果保留")),
    RecordClass.SURVEY_TEXTS: (_m("满意度调查的文字"), _m("清空自由填写的文字；答案和得分保留")),
    RecordClass.NOTIFICATIONS: (_m("通知"), _m("通知和发送记录；未结案流程的除外")),
    RecordClass.IDEMPOTENCY: (_m("请求记录"), _m("已答复的请求")),
    RecordClass.JOBS: (_m("后台作业"), _m("已结束的导入、评定、对账和批量打印，连同文件和报告")),
    RecordClass.DRAFTS: (_m("草稿"), _m("未提交的草稿")),
    RecordClass.LINKS: (_m("一次性链接"), _m("失效的激活、确认和决定链接")),
    RecordClass.SESSIONS: (_m("登录会话"), _m("失效的会话和接口令牌")),
    RecordClass.AUDIT: (_m("审计记录"), _m("只从最早的开始整段删除，余下的仍可校验；不少于 180 天")),
}


def class_words(record_class: RecordClass) -> tuple[str, str]:
    """The name of a class, and what of it goes."""
    name, hint = _CLASSES[record_class]
    return _(name), _(hint)
