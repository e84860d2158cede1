"""启动计划 as its reader sees it: whose turn it is, what is late, what it may do."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from api.act_base import act_fields, holds
from api.chain_acts import refusal_of
from api.forms.sheet import named
from api.pages.build_clock import task_pill
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import instant, short_day, stamp
from api.pages.i18n import _, language
from api.pages.rollout_gantt import gantt
from api.pages.view.common import (
    EmptyState,
    ErrorSummary,
    Link,
    Option,
    Strip,
    StripTone,
    Tag,
    TagTone,
)
from api.pages.view.rollout import ItemLine, LaunchButton, NewLaunch, OwnWork, PartLine, RolloutPage
from api.pages.words import word
from api.rollout_answers import visible_launch
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.messages.rollout import LaunchRollout
from models.rules import calendar as cal
from models.rules import rollout as rules
from models.rules.calendar import local_date
from models.rules.rollout import ItemPlace
from models.services.idempotency import Key
from models.services.rollout.overview import ItemRow, Overview, PartRow
from models.services.stand_ins import acting_for, standing_for
from models.stores.institutions import InstitutionStore
from models.stores.rollout import RolloutStore
from models.stores.scope import EVERYTHING
from models.tables.cases import Task
from models.types import OPEN_TASK_STATES, InstitutionLevel, Stage

BASE = "/rollout"
EARLIER = 12


@dataclass(frozen=True)
class ShownLaunch:
    """What a request did: a part, or a draft, that was refused with what was typed; or what was done."""

    error: DomainError | None = None
    task_id: UUID | None = None
    typed: str = ""
    had_files: bool = False
    key: str = ""
    start_on: str = ""
    branches: tuple[str, ...] | None = None
    done: str = ""


def rollout_page(desk: Desk, case_id: UUID | None, shown: ShownLaunch) -> RolloutPage:
    """The page of a launch, or of the newest one. Raises NOT_FOUND for a launch that is not the reader's."""
    try:
        found = visible_launch(desk.session, desk.caller, case_id, desk.now)
    except DomainError as error:
        if case_id is not None or error.code is not ErrorCode.NOT_FOUND:
            raise
        return _nothing(desk, shown)
    return _page(desk, found, shown)


def _nothing(desk: Desk, shown: ShownLaunch) -> RolloutPage:
    leads = desk.caller.may(Action.LEAD_ROLLOUT)
    text = _("还没有启动计划。可按附件八建立草稿。") if leads else _("您的机构没有参加的启动计划。")
    return RolloutPage(
        shell=desk.shell("rollout"),
        title=_("启动计划"),
        errors=_errors(shown),
        new=_new(desk, shown) if leads else None,
        empty=EmptyState(text=text, icon="cal"),
    )


def _page(desk: Desk, found: Overview, shown: ShownLaunch) -> RolloutPage:
    case, leads = found.case, desk.caller.may(Action.LEAD_ROLLOUT)
    return RolloutPage(
        shell=desk.shell("rollout"),
        title=_("启动计划"),
        json_href=f"/api/v1/reports/rollout/{case.id}",
        headline=_headline(desk, found),
        tags=(Tag(text=word(found.state.outcome or found.state.stage), tone=_tone(found)),),
        links=tuple(_links(desk, found)),
        launch=_launch(desk, found),
        strips=_strips(shown),
        errors=_errors(shown),
        own=tuple(_own(desk, found, shown)),
        gantt=gantt(found.items, local_date(desk.now)),
        items=tuple(_line(desk, found, row) for row in found.late_first),
        new=_new(desk, shown) if leads and found.state.outcome is not None else None,
        earlier=_earlier(desk, found),
    )


def _headline(desk: Desk, found: Overview) -> str:
    late = sum(row.standing.late for row in found.items)
    text = _(
        "%(day)s 起 · %(n)s 家分公司 · 已完成 %(done)s/%(total)s",
        day=short_day(found.state.start_on, local_date(desk.now)),
        n=len(found.state.branches),
        done=found.progress.done,
        total=found.progress.total,
    )
    return f"{text} · {_('%(n)s 项逾期', n=late)}" if late else text


def _tone(found: Overview) -> TagTone:
    return {Stage.RUNNING: TagTone.BLUE, Stage.DONE: TagTone.OK}.get(found.state.stage, TagTone.OUTLINE)


def _links(desk: Desk, found: Overview) -> Iterator[Link]:
    base = f"{BASE}/{found.case.id}"
    if desk.caller.may(Action.LEAD_ROLLOUT) and found.state.outcome is None:
        if found.state.stage is Stage.PLANNED:
            yield Link(text=_("编辑草稿"), href=f"{base}/plan", icon="file")
        yield Link(text=_("取消计划"), href=f"{base}/cancel")
    yield Link(text=_("打印附件八"), href=f"/forms/8/{found.case.id}", icon="file")
    yield Link(text="PDF", href=f"/forms/8/{found.case.id}.pdf")
    yield Link(text="XLSX", href=f"/api/v1/reports/rollout/{found.case.id}.xlsx")


def _launch(desk: Desk, found: Overview) -> LaunchButton | None:
    fields = act_fields(desk.caller, Key(desk.caller.account_id, "asked", "", ""), "")
    act = LaunchRollout(**fields, version=found.state.version)
    if not desk.caller.may(Action.LEAD_ROLLOUT) or refusal_of(lambda: rules.check(found.state, act)) is not None:
        return None
    action = f"{BASE}/{found.case.id}/launch"
    return LaunchButton(action=action, version=found.state.version, idempotency_key=uuid4().hex)


def _strips(shown: ShownLaunch) -> tuple[Strip, ...]:
    texts = {
        "open": _("草稿已建立。核对负责岗位、日期和参加的分公司后启动。"),
        "plan": _("草稿已保存。"),
        "launch": _("已启动，第一批工作已进入待办。"),
        "complete": _("已完成，成果已记录。"),
        "reschedule": _("已改期，后续工作相应顺延。"),
        "reassign": _("已改派。"),
        "cancel": _("启动计划已取消。"),
    }
    text = texts.get(shown.done)
    return (Strip(text=text, tone=StripTone.OK, icon="check", focus=True),) if text else ()


def _errors(shown: ShownLaunch) -> ErrorSummary | None:
    """The red panel; each task has its own controls for the result and its files."""
    if shown.error is None:
        return None
    summary = error_summary(
        shown.error, comment=_("成果"), attachments=_("附件"), start_on=_("开始日"), branches=_("参加的分公司")
    )
    called = {"comment": f"result-{shown.task_id}", "attachments": f"files-{shown.task_id}"} if shown.task_id else {}
    fields = tuple(replace(entry, field_id=called.get(entry.field_id, entry.field_id)) for entry in summary.errors)
    return replace(summary, errors=fields)


def _own(desk: Desk, found: Overview, shown: ShownLaunch) -> Iterator[OwnWork]:
    """Open parts of the reader: its own by name or post, or of whom it stands in for; late ones first."""
    if not desk.caller.may(Action.ACT_ON_TASKS):
        return
    stands_in = bool(standing_for(desk.session, desk.caller.account_id, desk.now))
    waiting = [
        (part.task, part, row)
        for row in found.items
        for part in row.parts
        if part.task is not None and part.done is None and _is_mine(desk, found, part.task, stands_in=stands_in)
    ]
    for task, part, row in sorted(waiting, key=lambda found: (found[0].due_at, found[0].id)):
        yield _work(desk, row, part, task, shown)


def _is_mine(desk: Desk, found: Overview, task: Task, *, stands_in: bool) -> bool:
    """Whose stand-in it is, is asked of each task only where the reader stands in for anybody."""
    if task.state not in OPEN_TASK_STATES:
        return False
    if holds(desk.caller, task):
        return True
    return stands_in and acting_for(desk.session, desk.caller.account_id, task, found.case, desk.now) is not None


def _work(desk: Desk, row: ItemRow, part: PartRow, task: Task, shown: ShownLaunch) -> OwnWork:
    again = shown.task_id == task.id
    return OwnWork(
        task_id=str(task.id),
        name=named(row.entry),
        expected=_expected(row),
        place=f"{part.place} · {word(part.part.role)}",
        pill=task_pill(desk, task),
        action=f"{BASE}/tasks/{task.id}/complete",
        version=part.version,
        idempotency_key=shown.key if again and shown.key else uuid4().hex,
        typed=shown.typed if again else "",
        files_again=again and shown.had_files,
    )


def _line(desk: Desk, found: Overview, row: ItemRow) -> ItemLine:
    item, today = row.standing.item, local_date(desk.now)
    done, total = row.standing.progress
    return ItemLine(
        number=item.number,
        name=named(row.entry),
        result=_expected(row),
        responsible="、".join(word(role) for role in item.responsible),
        dates=f"{short_day(item.from_on, today)} – {short_day(item.to_on, today)}",
        waits=_waits(row),
        tags=tuple(_tags(found, row)),
        progress=f"{done}/{total}",
        parts=tuple(_part(desk, found, part) for part in row.parts),
        reschedule=_reschedule(desk, found, row),
    )


def _expected(row: ItemRow) -> str:
    return row.entry.result_en if language() == "en" else row.entry.result_zh


def _waits(row: ItemRow) -> str:
    numbers = row.standing.waits_for
    return _("等第 %(numbers)s 项", numbers="、".join(map(str, numbers))) if numbers else ""


def _tags(found: Overview, row: ItemRow) -> Iterator[Tag]:
    if row.standing.late:
        yield Tag(text=_("逾期"), tone=TagTone.BAD, icon="alert")
    if row.standing.place is ItemPlace.DONE:
        yield Tag(text=_("已完成"), tone=TagTone.OK, icon="check")
    elif row.standing.place is ItemPlace.BLOCKED or found.state.stage is Stage.PLANNED:
        yield Tag(text=_("未开始"), tone=TagTone.OUTLINE)
    elif found.state.outcome is None:
        yield Tag(text=_("进行中"), tone=TagTone.BLUE)
    if row.standing.critical:
        yield Tag(text=_("关键"), tone=TagTone.VIOLET)


def _part(desk: Desk, found: Overview, row: PartRow) -> PartLine:
    who = f"{row.place} · {word(row.part.role)}"
    if row.done is not None:
        files = tuple(Link(text=file.name, href=f"{BASE}/{found.case.id}/files/{file.id}") for file in row.files)
        note = _("%(who)s %(when)s 完成", who=row.done.actor_name, when=stamp(row.done.at, desk.now))
        state = Tag(text=_("已完成"), tone=TagTone.OK)
        return PartLine(who=who, state=state, note=note, result=row.done.comment or "", files=files)
    if row.task is None:
        return PartLine(who=who, state=Tag(text=_("未开始"), tone=TagTone.OUTLINE))
    due = _("%(due)s 到期", due=instant(row.task.due_at, desk.now))
    state = Tag(text=_("逾期"), tone=TagTone.BAD) if row.late else Tag(text=_("待办"), tone=TagTone.BLUE)
    holder = row.holder or ("" if row.task.role is row.part.role else word(row.task.role))
    note = " · ".join(filter(None, (holder, due)))
    return PartLine(who=who, state=state, note=note, reassign=_reassign(desk, found, row))


def _reassign(desk: Desk, found: Overview, row: PartRow) -> Link | None:
    if row.task is None or found.state.outcome is not None or not desk.caller.may(Action.LEAD_ROLLOUT):
        return None
    return Link(text=_("改派"), href=f"{BASE}/tasks/{row.task.id}/reassign")


def _reschedule(desk: Desk, found: Overview, row: ItemRow) -> Link | None:
    running = found.state.stage is Stage.RUNNING and row.standing.place is not ItemPlace.DONE
    if not running or not desk.caller.may(Action.LEAD_ROLLOUT):
        return None
    return Link(text=_("改期"), href=f"{BASE}/{found.case.id}/items/{row.entry.number}/reschedule")


def _new(desk: Desk, shown: ShownLaunch) -> NewLaunch:
    places = InstitutionStore(desk.session).all(EVERYTHING)
    chosen = shown.branches
    start = cal.move_to_working_day(desk.calendar, local_date(desk.now) + timedelta(days=1))
    return NewLaunch(
        start_on=shown.start_on or start.isoformat(),
        branches=tuple(
            Option(value=place.code, text=place.name, selected=chosen is None or place.code in chosen)
            for place in places
            if place.level is InstitutionLevel.BRANCH
        ),
        idempotency_key=shown.key if shown.branches is not None and shown.key else uuid4().hex,
    )


def _earlier(desk: Desk, found: Overview) -> tuple[Link, ...]:
    rows = RolloutStore(desk.session).earlier(found.case.id, EARLIER) if desk.caller.may(Action.LEAD_ROLLOUT) else ()
    return tuple(
        Link(text=f"{stamp(row.opened_at, desk.now)} · {word(row.outcome or row.stage)}", href=f"{BASE}/{row.id}")
        for row in rows
    )
