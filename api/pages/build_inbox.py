"""The inbox from the records: rows of one page with their cases in one query, counts that stop at 99+."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from api.pages.build_path import open_task
from api.pages.build_rollout_rows import launch_case_row
from api.pages.build_rows import Reading, row_rank, row_value, task_row
from api.pages.build_service_rows import Named, service_case_row
from api.pages.build_standing import question_strips, stand_in_strips
from api.pages.build_task_tags import tier_tags
from api.pages.build_urges import Urges
from api.pages.desk import Desk, capped
from api.pages.format import clock_time, instant, long_day, stamp
from api.pages.i18n import _, count_text
from api.pages.inbox_query import INBOX, InboxQuery
from api.pages.lists import Trail, institution_options, pager, tier_options
from api.pages.view.clock import pill_of
from api.pages.view.common import EmptyState, Link, Option, Tag, TagTone, TimePill
from api.pages.view.inbox import (
    BandedRow,
    Bulk,
    ChipTone,
    Choice,
    DueBand,
    InboxFilters,
    InboxPage,
    TaskGroup,
    TaskRow,
    group_rows,
)
from api.pages.words import case_word, word
from api.paging import Paging, encode_cursor
from api.security.policy import Action
from models.messages.approval import ApprovalState
from models.rules import calendar as cal
from models.rules.clock import Clock, PillLevel
from models.services.case_state import approval_of, is_approval, is_service
from models.stores.case_names import case_names
from models.stores.institutions import InstitutionStore
from models.stores.tasks import Copied, TaskStore
from models.tables.cases import Case
from models.types import Box, CaseKind, Stage

Listed = tuple[tuple[TaskGroup, ...], str | None]
"""The rows of a page under their headings, and the cursor of the next page."""
_CHIPS = (
    (None, ChipTone.PLAIN),
    (DueBand.OVERDUE, ChipTone.LATE),
    (DueBand.TODAY, ChipTone.TODAY),
    (DueBand.SOON, ChipTone.PLAIN),
)


def inbox_page(desk: Desk, query: InboxQuery, paging: Paging, trail: Trail) -> InboxPage:
    """One page of a box."""
    read = {Box.STARTED: _started, Box.CC: _copies, Box.DONE: _done}.get(query.box, _pressing)
    groups, following = read(desk, query, paging)
    chips = _chips(desk, query) if query.box is Box.TODO else ()
    current = encode_cursor(paging.after) if paging.after else None
    ticked = any(row.tick for group in groups for row in group.rows)
    return InboxPage(
        shell=desk.shell(),
        title=_("待办"),
        json_href=query.href("/api/v1/tasks", institution=None, due=None, snoozed="true" if query.snoozed else None),
        headline=_headline(desk),
        boxes=_boxes(desk, query),
        chips=chips,
        filters=_filters(desk, query),
        groups=groups,
        strips=(*stand_in_strips(desk), *question_strips(desk)),
        pager=pager(INBOX, query.params, current=current, following=following, trail=trail),
        empty=None if groups else _empty(query),
        snoozed=_snoozed(desk, query),
        bulk=Bulk(action=query.href("/inbox/bulk"), note=_("金牌与超限事项须逐件办理，不能勾选。")) if ticked else None,
        counts_href=query.href(),
    )


def _snoozed(desk: Desk, query: InboxQuery) -> Link | None:
    """已稍后 3 件: what is left out of the list, or the way back."""
    if query.box is not Box.TODO:
        return None
    if query.snoozed:
        return Link(text=_("隐藏已稍后的事项"), href=query.href(snoozed=None))
    wanted = query.filter(desk, query.due)
    found = TaskStore(desk.session).todo_counts(desk.person, {"awake": wanted, "all": wanted._replace(awake_at=None)})
    asleep = found["all"] - found["awake"]
    return Link(text=count_text("已稍后 %(num)s 件", asleep), href=query.href(snoozed="1")) if asleep else None


def _headline(desk: Desk) -> str:
    today = cal.local_date(desk.now)
    now = f"{long_day(today)} {clock_time(desk.now)}"
    if not cal.is_working_day(desk.calendar, today):
        rest = _("今天不是工作日")
    else:
        closes = clock_time(cal.close_of(desk.calendar, today))
        rest = _("今天是工作日，%(closes)s 下班", closes=closes)
    return f"{now} · {rest}"


def _boxes(desk: Desk, query: InboxQuery) -> tuple[Choice, ...]:
    store = TaskStore(desk.session)
    awake = replace(query, box=Box.TODO).filter(desk)
    counts: dict[Box, tuple[str, int | None]] = {
        Box.TODO: (_("待我处理"), store.todo_count(desk.person, awake)),
        Box.QUEUE: (_("岗位待领"), store.queue_count(desk.person, awake)),
        Box.DONE: (_("已办"), None),
        Box.STARTED: (_("我发起的"), store.started_open(desk.person)),
        Box.CC: (_("抄送我"), store.unread_copies(desk.person)),
    }
    return tuple(
        Choice(
            text=text,
            href=query.href(box=None if box is Box.TODO else box.value, due=None, snoozed=None),
            current=box is query.box,
            count=capped(count) if count is not None and (count or box in {Box.TODO, Box.QUEUE}) else None,
        )
        for box, (text, count) in counts.items()
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
    texts = {
        Box.QUEUE: _("岗位上没有待领取的事项。"),
        Box.DONE: _("还没有办过的事项。"),
        Box.CC: _("没有抄送给您的事项。"),
    }
    text = texts.get(query.box, _("还没有发起过申报。"))
    return EmptyState(text=text, link=Link(text=_("查看待办"), href=query.href(box=None)))


def _pressing(desk: Desk, query: InboxQuery, paging: Paging) -> Listed:
    """待我处理 and 岗位待领: by the due instant, under its groups."""
    store, todo = TaskStore(desk.session), query.box is Box.TODO
    wanted = query.filter(desk, query.due if todo else None)
    rows = (store.todo if todo else store.queue)(desk.person, wanted, after=paging.instant_and_id(), limit=paging.fetch)
    shown, following = paging.cut(rows, lambda row: (row.due_at.isoformat(), str(row.id)))
    reading = Reading.of(desk, query, shown)
    return group_rows([BandedRow(desk.band(row.due_at), task_row(reading, row)) for row in shown]), following


def _done(desk: Desk, query: InboxQuery, paging: Paging) -> Listed:
    rows = TaskStore(desk.session).done(
        desk.person, query.filter(desk), after=paging.instant_and_id(), limit=paging.fetch
    )
    shown, following = paging.cut(rows, lambda row: ((row.closed_at or row.due_at).isoformat(), str(row.id)))
    reading = Reading.of(desk, query, shown)
    return _one_group([task_row(reading, row) for row in shown]), following


def _one_group(rows: Sequence[TaskRow]) -> tuple[TaskGroup, ...]:
    return (TaskGroup(title="", rows=tuple(rows)),) if rows else ()


def _started(desk: Desk, query: InboxQuery, paging: Paging) -> Listed:
    store = TaskStore(desk.session)
    rows = store.started(desk.person, query.filter(desk), after=paging.instant_and_id(), limit=paging.fetch)
    shown, following = paging.cut(rows, lambda row: (row.opened_at.isoformat(), str(row.id)))
    names = case_names(desk.session, shown)
    urges, named = Urges(desk, shown), Named.of(desk, shown)
    return _one_group([replace(_case_row(desk, row, named, names), **urges.on_row(row)) for row in shown]), following


def _copies(desk: Desk, query: InboxQuery, paging: Paging) -> Listed:
    """抄送我: newest first, the unread ones marked."""
    rows = TaskStore(desk.session).copies(
        desk.person, query.filter(desk), after=paging.instant_and_id(), limit=paging.fetch
    )
    shown, following = paging.cut(rows, lambda row: (row.copy.at.isoformat(), str(row.copy.id)))
    cases = [row.case for row in shown]
    names, named = case_names(desk.session, cases), Named.of(desk, cases)
    return _one_group([_copy_row(desk, row, named, names) for row in shown]), following


def _copy_row(desk: Desk, row: Copied, named: Named, names: Mapping[UUID, str]) -> TaskRow:
    shown = _case_row(desk, row.case, named, names)
    unread = (Tag(text=_("未读"), tone=TagTone.BLUE),) if row.copy.read_at is None else ()
    when = stamp(row.copy.at, desk.now)
    context = _("%(who)s %(when)s 抄送 · %(number)s", who=row.copy.by_name, when=when, number=row.case.number)
    return replace(shown, tags=(*shown.tags, *unread), context=context)


def _case_row(desk: Desk, case: Case, named: Named, names: Mapping[UUID, str]) -> TaskRow:
    if is_service(case):
        return service_case_row(desk, case, named, names)
    if not is_approval(case):
        return launch_case_row(desk, case, names[case.id])
    state = approval_of(case)
    return TaskRow(
        task_id=str(case.id),
        href=f"/cases/{case.id}",
        pill=_case_pill(desk, case, state),
        kind=case_word(case.kind, case.subject, case.tier_applied, case.seat_kind),
        subject=names[case.id],
        tags=tier_tags(case),
        context=_("%(when)s 申报 · %(number)s", when=stamp(case.opened_at, desk.now), number=case.number),
        value=row_value(desk, case),
        value_note=row_rank(desk, case),
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
