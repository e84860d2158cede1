"""The inbox from the records: rows of one page with their cases in one query, counts that stop at 99+."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.pages.build_clock import task_pill
from api.pages.build_path import open_task
from api.pages.customers_view import tier_tag
from api.pages.desk import Desk, capped
from api.pages.format import clock_time, instant, long_day, stamp, value_short
from api.pages.i18n import _
from api.pages.inbox_query import INBOX, InboxQuery
from api.pages.lists import Trail, institution_options, pager, tier_options
from api.pages.view.clock import pill_of
from api.pages.view.common import EmptyState, Link, Option, Tag, TagTone, TimePill
from api.pages.view.inbox import (
    BandedRow,
    ChipTone,
    Choice,
    DueBand,
    InboxFilters,
    InboxPage,
    TaskGroup,
    TaskRow,
    group_rows,
)
from api.pages.words import declaration_word, word
from api.paging import Paging, encode_cursor
from api.qualification_acts import refusal
from api.security.policy import Action
from models.errors import ErrorCode
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, PastAct
from models.rules import calendar as cal
from models.rules.clock import Clock, PillLevel
from models.services.rulebooks import formula_of
from models.stores.cases import CaseStore
from models.stores.customers import names_of
from models.stores.institutions import InstitutionStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.types import Box, CaseKind, SeatKind, Stage

_CHIPS = (
    (None, ChipTone.PLAIN),
    (DueBand.OVERDUE, ChipTone.LATE),
    (DueBand.TODAY, ChipTone.TODAY),
    (DueBand.SOON, ChipTone.PLAIN),
)


def inbox_page(desk: Desk, query: InboxQuery, paging: Paging, trail: Trail) -> InboxPage:
    """One page of a box."""
    if query.box is Box.STARTED:
        groups, following = _started(desk, query, paging)
    else:
        groups, following = _tasks(desk, query, paging)
    chips = _chips(desk, query) if query.box is Box.TODO else ()
    current = encode_cursor(paging.after) if paging.after else None
    return InboxPage(
        shell=desk.shell(),
        title=_("待办"),
        json_href=query.href("/api/v1/tasks", institution=None, due=None),
        headline=_headline(desk),
        boxes=_boxes(query, chips),
        chips=chips,
        filters=_filters(desk, query),
        groups=groups,
        pager=pager(INBOX, query.params, current=current, following=following, trail=trail),
        empty=None if groups else _empty(query),
    )


def _headline(desk: Desk) -> str:
    today = cal.local_date(desk.now)
    now = f"{long_day(today)} {clock_time(desk.now)}"
    if not cal.is_working_day(desk.calendar, today):
        rest = _("今天不是工作日")
    else:
        closes = clock_time(cal.close_of(desk.calendar, today))
        rest = _("今天是工作日，%(closes)s 下班", closes=closes)
    return f"{now} · {rest}"


def _boxes(query: InboxQuery, chips: Sequence[Choice]) -> tuple[Choice, ...]:
    texts = {Box.TODO: _("待我处理"), Box.DONE: _("已办"), Box.STARTED: _("我发起的")}
    open_count = chips[0].count if chips else None
    return tuple(
        Choice(
            text=text,
            href=query.href(box=None if box is Box.TODO else box.value, due=None),
            current=box is query.box,
            count=open_count if box is Box.TODO else None,
        )
        for box, text in texts.items()
    )


def _chips(desk: Desk, query: InboxQuery) -> tuple[Choice, ...]:
    texts = {
        None: _("全部"),
        DueBand.OVERDUE: _("已逾期"),
        DueBand.TODAY: _("今日到期"),
        DueBand.SOON: _("3 个工作日内"),
    }
    wanted = {band or "all": query.filter(desk, band) for band, _tone in _CHIPS}
    found = TaskStore(desk.session).todo_counts(desk.person, wanted)
    return tuple(
        Choice(
            text=texts[band],
            href=query.href(due=band.value if band else None),
            current=band is query.due,
            count=capped(found[band or "all"]),
            tone=tone if found[band or "all"] else ChipTone.PLAIN,
        )
        for band, tone in _CHIPS
    )


def _filters(desk: Desk, query: InboxQuery) -> InboxFilters:
    institutions = InstitutionStore(desk.session).all(desk.caller.scope(Action.READ_INSTITUTIONS))
    kinds = (
        Option(value="", text=_("全部事项")),
        Option(
            value=CaseKind.QUALIFICATION.value,
            text=word(CaseKind.QUALIFICATION),
            selected=query.kind is CaseKind.QUALIFICATION,
        ),
    )
    kept = {"box": query.params["box"], "due": query.params["due"]}
    return InboxFilters(
        kept=tuple((name, value) for name, value in kept.items() if value),
        kinds=kinds,
        tiers=tier_options(query.tier),
        institutions=institution_options(institutions, query.institution),
        q=query.q,
        clear_href=_cleared(query),
        active=query.narrowed,
    )


def _cleared(query: InboxQuery) -> str:
    return query.href(kind=None, tier=None, institution=None, q=None)


def _empty(query: InboxQuery) -> EmptyState:
    if query.narrowed or query.due:
        cleared = InboxQuery(box=query.box).href()
        text = _("没有符合条件的事项。")
        return EmptyState(text=text, link=Link(text=_("清除筛选"), href=cleared), icon="search")
    if query.box is Box.TODO:
        return EmptyState(text=_("没有待办。"), link=Link(text=_("查看已办"), href=query.href(box=Box.DONE.value)))
    text = _("还没有办过的事项。") if query.box is Box.DONE else _("还没有发起过申报。")
    return EmptyState(text=text, link=Link(text=_("查看待办"), href=query.href(box=None)))


def _tasks(desk: Desk, query: InboxQuery, paging: Paging) -> tuple[tuple[TaskGroup, ...], str | None]:
    store, wanted = TaskStore(desk.session), query.filter(desk, query.due if query.box is Box.TODO else None)
    list_box = store.todo if query.box is Box.TODO else store.done
    rows = list_box(desk.person, wanted, after=paging.instant_and_id(), limit=paging.fetch)
    if query.box is Box.TODO:
        shown, following = paging.cut(rows, lambda row: (row.due_at.isoformat(), str(row.id)))
    else:
        shown, following = paging.cut(rows, lambda row: ((row.closed_at or row.due_at).isoformat(), str(row.id)))
    cases = CaseStore(desk.session).by_ids({row.case_id for row in shown})
    banded = [BandedRow(desk.band(row.due_at), _task_row(desk, query, row, cases)) for row in shown]
    if query.box is Box.TODO:
        return group_rows(banded), following
    return _one_group([item.row for item in banded]), following


def _one_group(rows: Sequence[TaskRow]) -> tuple[TaskGroup, ...]:
    return (TaskGroup(title="", rows=tuple(rows)),) if rows else ()


def _task_row(desk: Desk, query: InboxQuery, task: Task, cases: Mapping[UUID, Case]) -> TaskRow:
    case = cases[task.case_id]
    state = ApprovalState.model_validate(case.state)
    returned = task.step == Stage.DECLARED.value
    return TaskRow(
        task_id=str(task.id),
        href=f"/cases/{case.id}" if returned else query.href(f"/tasks/{task.id}"),
        pill=task_pill(desk, task),
        kind=declaration_word(case.tier_applied, case.seat_kind),
        subject=task.customer_name,
        tags=(tier_tag(case.tier), *_tags(desk, task, state)),
        context=_context(desk, task, state),
        value=_value(desk, case),
        value_note=_rank(desk, case),
        step=_step_word(task.step),
    )


def _step_word(step: str) -> str:
    if step == NOBODY_TO_ACT:
        return _("无人可办")
    return _("待重新提交") if step == Stage.DECLARED.value else word(Stage(step))


def _value(desk: Desk, case: Case) -> str:
    if not desk.caller.may(Action.READ_SCORES):
        return ""
    return value_short(case.value, formula_of(desk.session, case.rulebook_version_id))


def _rank(desk: Desk, case: Case) -> str:
    if case.rank is None or not desk.caller.may(Action.READ_SCORES):
        return ""
    return _("第 %(rank)s 名", rank=f"{case.rank:,}")


def _tags(desk: Desk, task: Task, state: ApprovalState) -> tuple[Tag, ...]:
    """Round, special seat, and why the reader must not decide it."""
    tags = []
    if task.round > 1:
        tags.append(Tag(text=_("第 %(round)s 轮", round=task.round), tone=TagTone.BLUE))
    if state.seat_kind is SeatKind.SPECIAL:
        tags.append(Tag(text=word(SeatKind.SPECIAL), tone=TagTone.VIOLET))
    waiting = next((found for found in state.tasks if found.task_id == task.id), None)
    barred = refusal(desk.caller, state, waiting) if waiting and task.step != Stage.DECLARED.value else None
    if barred is not None:
        tags.append(Tag(text=_why_not(barred.code), tone=TagTone.WARN, icon="alert"))
    return tuple(tags)


def _why_not(code: ErrorCode) -> str:
    texts = {
        ErrorCode.OWN_CASE: _("您申报的，不能审批"),
        ErrorCode.CONSECUTIVE_STEP: _("您办理了上一步，不能连办"),
    }
    return texts.get(code, _("不由您办理"))


def _context(desk: Desk, task: Task, state: ApprovalState) -> str:
    """第 1 轮 · 王晓梅 2月2日 14:05 提交 · C010207."""
    handed_in = _handed_in(desk, state)
    number = _("第 %(round)s 轮", round=task.round) if task.round == 1 else ""
    return " · ".join(part for part in (number, handed_in, task.customer_no) if part)


def _handed_in(desk: Desk, state: ApprovalState) -> str:
    last: PastAct = next(past for past in reversed(state.acts) if past.act in {"declare", "resubmit"})
    when = stamp(last.at, desk.now)
    if last.act == "resubmit":
        return _("%(who)s %(when)s 重新提交", who=last.actor_name, when=when)
    return _("%(who)s %(when)s 提交", who=last.actor_name, when=when)


def _started(desk: Desk, query: InboxQuery, paging: Paging) -> tuple[tuple[TaskGroup, ...], str | None]:
    store = TaskStore(desk.session)
    rows = store.started(desk.person, query.filter(desk), after=paging.instant_and_id(), limit=paging.fetch)
    shown, following = paging.cut(rows, lambda row: (row.opened_at.isoformat(), str(row.id)))
    names = names_of(desk.session, {row.customer_no for row in shown})
    return _one_group([_case_row(desk, row, names) for row in shown]), following


def _case_row(desk: Desk, case: Case, names: Mapping[str, str]) -> TaskRow:
    state = ApprovalState.model_validate(case.state)
    return TaskRow(
        task_id=str(case.id),
        href=f"/cases/{case.id}",
        pill=_case_pill(desk, case, state),
        kind=declaration_word(case.tier_applied, case.seat_kind),
        subject=names.get(case.customer_no, case.customer_no),
        tags=(tier_tag(case.tier),),
        context=_("%(when)s 申报 · %(number)s", when=stamp(case.opened_at, desk.now), number=case.customer_no),
        value=_value(desk, case),
        value_note=_rank(desk, case),
        step=word(case.outcome) if case.outcome else word(case.stage),
    )


def _case_pill(desk: Desk, case: Case, state: ApprovalState) -> TimePill:
    """The clock of the step that is waited for, or when the case ended."""
    waiting = open_task(state, Stage.DECLARED if case.stage is Stage.RETURNED else case.stage)
    if waiting is not None:
        return pill_of(desk.calendar, Clock(started_at=waiting.opened_at, due_at=waiting.deadline.due_at), desk.now)
    ended = instant(case.closed_at, desk.now) if case.closed_at else ""
    text = word(case.outcome) if case.outcome else word(case.stage)
    return TimePill(level=PillLevel.NO_LIMIT, text=text, due=ended)
