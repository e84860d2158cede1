"""The decision page of one task: everything in sight, and the bar for those who may act."""

from dataclasses import dataclass, field

from api.pages.build_clock import task_pill, task_strip
from api.pages.build_decide import Typed, decide_bar
from api.pages.build_facts import case_checks, case_score, comparison, declaration
from api.pages.build_history import history
from api.pages.build_path import approval_path
from api.pages.build_strips import task_errors, task_strips
from api.pages.customers_view import customer_href
from api.pages.desk import Desk, capped
from api.pages.i18n import _
from api.pages.inbox_query import INBOX, InboxQuery
from api.pages.view.common import Article, Link, Tag, TagTone
from api.pages.view.task import DecideBar, TaskPage
from api.pages.words import declaration_word, word
from api.qualification_acts import refusal
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.messages.approval import OpenTask
from models.messages.scoring import ScoreExplanation
from models.services import drafts
from models.services.case_view import CaseView, case_view
from models.stores.cases import CaseStore
from models.stores.tasks import TaskStore
from models.tables.book import Customer
from models.tables.cases import Case, Task
from models.types import SeatKind, Tier

HISTORY_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a task is shown: the filter it was opened with, what was typed, what was refused, what was proposed."""

    query: InboxQuery = field(default_factory=InboxQuery)
    typed: Typed | None = None
    error: DomainError | None = None
    proposed: ScoreExplanation | None = None
    acted: bool = False
    """The reader has just acted: the result line takes the focus."""


def draft_subject(task: Task) -> str:
    """Where the comment of a task is kept while it is being typed."""
    return f"task:{task.id}"


def task_page(desk: Desk, task: Task, shown: Shown) -> TaskPage:
    """The page of a task that the reader may see."""
    case = CaseStore(desk.session).get(task.case_id)
    customer = desk.session.get(Customer, task.customer_no)
    if case is None or customer is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    view = case_view(desk.session, case)
    open_task = next((found for found in view.state.tasks if found.task_id == task.id), None)
    barred = refusal(desk.caller, view.state, open_task) if open_task else None
    may_act = open_task is not None and barred is None and desk.caller.may(Action.ACT_ON_TASKS)
    typed = shown.typed or _draft(desk, task)
    return TaskPage(
        shell=desk.shell(),
        title=_("审批"),
        phone_title=_("审批"),
        back_href=shown.query.href(INBOX),
        json_href=f"/api/v1/tasks/{task.id}",
        kind=declaration_word(case.tier_applied, case.seat_kind),
        subject=customer.name,
        subject_href=customer_href(customer.customer_no) if desk.caller.may(Action.READ_CUSTOMERS) else None,
        reference=customer.customer_no,
        pill=task_pill(desk, task),
        tags=case_tags(case),
        articles=(Article(text=_("第13条")), Article(text=_("附件一"))),
        actions=(Link(text=_("查看案件"), href=f"/cases/{case.id}", icon="file"),),
        next=next_link(desk, task, shown.query),
        strips=task_strips(desk, view, task, barred=barred, error=shown.error, typed=typed.comment, acted=shown.acted),
        errors=task_errors(shown.error),
        comparison=comparison(view, desk),
        score=case_score(view, desk, shown.proposed),
        checks=case_checks(view, desk, may_act=may_act),
        declaration=declaration(view, desk, customer),
        clock=task_strip(desk, task, view.state),
        path=approval_path(view, desk),
        history=history(view.timeline, desk.now, limit=HISTORY_SHOWN, all_href=f"/cases/{case.id}#timeline"),
        decide=_bar(view, open_task, desk, shown.query, typed) if may_act else None,
    )


def _bar(view: CaseView, task: OpenTask | None, desk: Desk, query: InboxQuery, typed: Typed) -> DecideBar | None:
    return decide_bar(view, task, desk, query, typed) if task else None


def _draft(desk: Desk, task: Task) -> Typed:
    kept = drafts.load(desk.session, desk.caller.account_id, draft_subject(task))
    return Typed(comment=kept.fields.get("comment", "")) if kept else Typed()


def case_tags(case: Case) -> tuple[Tag, ...]:
    """What is asked for, the round, the seat, and that it came outside the window."""
    tone = TagTone.GOLD if case.tier is Tier.GOLD else TagTone.PLAIN
    tags = [Tag(text=_("申报 %(tier)s", tier=word(case.tier_applied)), tone=tone)]
    if case.round > 1:
        tags.append(Tag(text=_("第 %(round)s 轮", round=case.round), tone=TagTone.BLUE))
    seat_tone = TagTone.VIOLET if case.seat_kind is SeatKind.SPECIAL else TagTone.PLAIN
    tags.append(Tag(text=word(case.seat_kind), tone=seat_tone))
    if case.late_reason:
        tags.append(Tag(text=_("窗口外申报"), tone=TagTone.WARN))
    if case.in_reserve_since is not None and case.outcome is None:
        tags.append(Tag(text=_("候补"), tone=TagTone.WARN))
    return tuple(tags)


def next_link(desk: Desk, task: Task, query: InboxQuery) -> Link | None:
    """下一件（还有 11 件）: the next task of the same filter, from the start again after the last; else the inbox."""
    store, wanted = TaskStore(desk.session), query.filter(desk, query.due)
    following = store.todo(desk.person, wanted, after=(task.due_at, task.id), limit=1)
    following = following or [row for row in store.todo(desk.person, wanted, after=None, limit=2) if row.id != task.id]
    if not following:
        return Link(text=_("回到待办"), href=query.href(INBOX)) if task.closed_at else None
    left = store.todo_count(desk.person, wanted) - (task.closed_at is None)
    text = _("下一件（还有 %(n)s 件）", n=capped(max(left, 1)))
    return Link(text=text, href=query.href(f"/tasks/{following[0].id}"))
