"""Words of operations: kinds of drift, names of columns, values of both sides."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from api.gateway.reads import RunStatus
from api.pages.format import NOTHING, local
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.view.common import Tag, TagTone
from api.pages.view.ops import Side
from api.pages.words import step_word, word
from models.identifiers import MEMBERSHIP, QUOTA_SEASON, SURVEY
from models.ops_types import DriftKind, StuckReason
from models.service_types import SurveyStage
from models.types import CaseKind, Outcome, Role, SeasonPhase, SeatKind, Stage, TaskState, Tier

_DRIFT: Mapping[DriftKind, str] = {
    DriftKind.CASE_DIFFERS: _m("流程记录不同"),
    DriftKind.TASK_DIFFERS: _m("任务不同"),
    DriftKind.TASK_MISSING: _m("缺少任务"),
    DriftKind.TASK_EXTRA: _m("多出任务"),
    DriftKind.RUN_MISSING: _m("没有运行的流程"),
    DriftKind.RECORD_MISSING: _m("孤儿流程"),
    DriftKind.RECORD_AHEAD: _m("记录领先"),
    DriftKind.DECISION_MISSING: _m("缺少决定"),
    DriftKind.RUN_FAILING: _m("执行失败"),
}
_STUCK: Mapping[StuckReason, str] = {
    StuckReason.FAILING: _m("执行失败"),
    StuckReason.NOBODY: _m("无人可办"),
    StuckReason.ORPHAN: _m("孤儿流程"),
    StuckReason.OVERDUE: _m("已逾期"),
    StuckReason.PAUSED: _m("暂停过久"),
    StuckReason.PROVISIONAL: _m("暂定期限"),
}
_MILD = {StuckReason.PAUSED, StuckReason.PROVISIONAL}
_COLUMNS: Mapping[str, str] = {
    "stage": _m("环节"),
    "round": _m("轮次"),
    "version": _m("版本"),
    "tier": _m("层级"),
    "seat_kind": _m("席位"),
    "outcome": _m("结果"),
    "closed_at": _m("结束时间"),
    "open_key": _m("在办标识"),
    "in_reserve_since": _m("候补起始"),
    "case_id": _m("所属流程"),
    "kind": _m("种类"),
    "step": _m("步骤"),
    "title": _m("标题"),
    "state": _m("任务状态"),
    "customer_no": _m("客户号"),
    "institution_code": _m("机构"),
    "role": _m("岗位"),
    "assignee_id": _m("办理人"),
    "opened_at": _m("开始时间"),
    "due_at": _m("期限"),
    "provisional": _m("暂定"),
    "calendar_version": _m("日历版本"),
    "breached_at": _m("逾期时间"),
    "signer_id": _m("签批席位"),
    "claimed_at": _m("领取时间"),
    "delegated_by": _m("委派人"),
    "paused_since": _m("暂停起始"),
    "closed_by": _m("办结人"),
    "status": _m("运行状态"),
    "started_at": _m("启动时间"),
    "step_no": _m("步号"),
    "phase": _m("环节"),
    "year": _m("年度"),
    "valid_from": _m("起始日"),
    "valid_to": _m("到期日"),
    "buffer_until": _m("缓冲期至"),
    "published_at": _m("公示时间"),
    "publish_reason": _m("公示原因"),
    "appeals_until": _m("申诉截止"),
    "closes_at": _m("截止时间"),
}
_STATUS: Mapping[RunStatus, str] = {
    RunStatus.RUNNING: _m("运行中"),
    RunStatus.COMPLETED: _m("已完成"),
    RunStatus.FAILED: _m("已失败"),
    RunStatus.CANCELLED: _m("已取消"),
    RunStatus.TERMINATED: _m("已终止"),
    RunStatus.TIMED_OUT: _m("已超时"),
    RunStatus.GONE: _m("引擎没有此流程"),
}
_TASK_STATES: Mapping[TaskState, str] = {
    TaskState.OPEN: _m("待办"),
    TaskState.CLAIMED: _m("已领取"),
    TaskState.WAITING: _m("等待前序"),
    TaskState.DONE: _m("已办"),
    TaskState.CANCELLED: _m("已取消"),
}
_Read: TypeAlias = Mapping[str, tuple[type[StrEnum], ...]]
_READ: _Read = {
    "stage": (Stage,),
    "phase": (SeasonPhase,),
    "tier": (Tier,),
    "seat_kind": (SeatKind,),
    "outcome": (Outcome,),
    "kind": (CaseKind,),
    "role": (Role,),
    "state": (TaskState,),
    "status": (RunStatus, Stage),
}
"""Columns whose values have words."""
_OWN: Mapping[str, _Read] = {SURVEY: {"stage": (SurveyStage,)}}
"""Those that one kind of workflow reads otherwise."""
_INSTANTS = frozenset({"paused_since", "in_reserve_since", "appeals_until"})
"""Columns that hold an instant without saying so by their name."""


def drift_tag(kind: DriftKind) -> Tag:
    """The kind of a difference."""
    return Tag(text=_(_DRIFT[kind]), tone=TagTone.WARN)


def stuck_word(reason: StuckReason) -> str:
    """Why a case is stuck."""
    return _(_STUCK[reason])


def stuck_tag(reason: StuckReason) -> Tag:
    """The same as a tag."""
    return Tag(text=stuck_word(reason), tone=TagTone.WARN if reason in _MILD else TagTone.BAD)


def status_word(status: RunStatus) -> str:
    """How a run stands."""
    return _(_STATUS[status])


def shown_sides(sides: Mapping[str, Any], workflow_id: str) -> tuple[Side, ...]:
    """Both sides of what differs, in words; parts of the state by one line, for only a digest is kept of them."""
    read = {**_READ, **_OWN.get(workflow_id.partition("/")[0], {})}
    parts = [name for name in sides if name.startswith("state.") or _is_digest(sides[name][1])]
    shown = [
        Side(name=_(_COLUMNS.get(name, name)), record=_value(name, pair[0], read), engine=_value(name, pair[1], read))
        for name, pair in sides.items()
        if name not in parts
    ]
    if parts:
        shown.append(Side(name=_("流程状态"), record=_("%(n)s 处不同", n=len(parts)), engine=_("以引擎为准")))
    return tuple(shown)


def _is_digest(value: Any) -> bool:
    """A whole document is told by its digest."""
    return isinstance(value, str) and value.startswith("#")


def _value(name: str, value: Any, read: _Read) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return "、".join(map(str, value))
    if name == "step":
        return step_word(value)
    if name.endswith("_at") or name in _INSTANTS:
        return f"{local(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
    found = next((kind(value) for kind in read.get(name, ()) if value in set(kind)), None)
    return _enum(found) if found is not None else str(value)


def _enum(value: StrEnum) -> str:
    if isinstance(value, RunStatus):
        return status_word(value)
    return _(_TASK_STATES[value]) if isinstance(value, TaskState) else word(value)


def run_word(kind: str) -> str:
    """What a workflow that has records is called, by its wire name; a campaign is of no kind of case."""
    return _("服务满意度调查") if kind == SURVEY else word(CaseKind(kind))


def nameless(kind: DriftKind, workflow_id: str) -> str:
    """What a run without a case is called: an orphan, or a record of the programme."""
    name = workflow_id.partition("/")[0]
    if kind is DriftKind.RECORD_MISSING or name not in {MEMBERSHIP, QUOTA_SEASON, SURVEY}:
        return _("没有记录的流程")
    return run_word(name)
