"""The decision page of one task: everything in sight, and the bar for those who may act."""

from dataclasses import dataclass, field

from api.act_base import OnTask
from api.pages.build_acts import HANDING, OnDesk, TypedAct, called_back, on_desk, task_acts, undo_form
from api.pages.build_clock import task_pill, task_strip
from api.pages.build_decide import Typed, decide_bar, hand_back_bar
from api.pages.build_facts import case_checks, case_score, comparison, declaration
from api.pages.build_history import history
from api.pages.build_path import approval_path
from api.pages.build_since import look_href, since
from api.pages.build_strips import act_errors, task_errors, task_strips
from api.pages.build_task_tags import case_articles, case_tags, task_tags
from api.pages.build_thread import Around, thread
from api.pages.case_pages import form_links, subject_href
from api.pages.desk import Desk, capped
from api.pages.i18n import _
from api.pages.inbox_query import INBOX, InboxQuery
from api.pages.quarter_branch_view import of_case
from api.pages.view.common import Link
from api.pages.view.task import DecideBar, TaskPage
from api.pages.words import case_word
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.messages.scoring import ScoreExplanation
from models.services import drafts
from models.services.case_view import CaseView, case_view
from models.stores.cases import CaseStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task

HISTORY_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a task is shown: the filter it was opened with, what was typed, what was refused, what was proposed."""

    query: InboxQuery = field(default_factory=InboxQuery)
    typed: Typed | None = None
    error: DomainError | None = None
    proposed: ScoreExplanation | None = None
    done: str = ""
    """What the reader has just done, by name; `1` for a decision: the result line takes the focus."""
    act: TypedAct | None = None
    """An act beside the decision that did not go through."""

    @property
    def failed(self) -> DomainError | None:
        """Why something was refused."""
        return self.error or (self.act.error if self.act else None)


def draft_subject(task: Task) -> str:
    """Where the comment of a task is kept while it is being typed."""
    return f"task:{task.id}"


def task_page(desk: Desk, task: Task, shown: Shown) -> TaskPage:
    """The page of a task that the reader may see."""
    case = CaseStore(desk.session).get(task.case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    view = case_view(desk.session, case)
    at = on_desk(desk, OnTask(task, case, view.state), shown.query)
    quarter = of_case(desk, case)
    typed, acts = shown.typed or _draft(desk, task), task_acts(at, shown.act)
    return TaskPage(
        shell=desk.shell(),
        title=_("审批"),
        phone_title=_("审批"),
        back_href=shown.query.href(INBOX),
        json_href=f"/api/v1/tasks/{task.id}",
        kind=case_word(case.kind, case.subject, case.tier_applied, case.seat_kind),
        subject=task.customer_name,
        subject_href=subject_href(case, may_read_customers=desk.caller.may(Action.READ_CUSTOMERS)),
        reference=case.number,
        pill=task_pill(desk, task, view.state),
        tags=(*case_tags(case), *task_tags(desk, task, at.stood_for)),
        articles=case_articles(case),
        actions=(
            Link(text=_("查看案件"), href=f"/cases/{case.id}", icon="file"),
            *form_links(case, may_read_scores=desk.caller.may(Action.READ_SCORES)),
        ),
        next=next_link(desk, task, shown.query),
        strips=task_strips(at, view, error=shown.failed, typed=_typed_text(shown, typed), done=shown.done),
        errors=task_errors(shown.error) or act_errors(shown.act),
        undo=undo_form(at, task),
        look_href=look_href(case),
        look=str(view.state.step_no),
        since=since(desk, view),
        comparison=comparison(view, desk),
        score=case_score(view, desk, shown.proposed),
        checks=case_checks(view, desk, may_act=at.may_decide),
        declaration=quarter[0] if quarter else declaration(view, desk),
        vips=quarter[1] if quarter else None,
        clock=task_strip(desk, task, view.state),
        path=approval_path(view, desk),
        history=history(view.timeline, desk.now, limit=HISTORY_SHOWN, case_href=f"/cases/{case.id}"),
        thread=thread(Around(desk, at.found, case, shown.act, at.href)),
        decide=_bar(view, at, typed),
        handing=tuple(act for act in acts if act.name in HANDING),
        acts=tuple(act for act in acts if act.name not in HANDING),
    )


def _forms(desk: Desk, case: Case) -> tuple[Link, ...]:
    return form_links(case, may_read_scores=desk.caller.may(Action.READ_SCORES))


def _bar(view: CaseView, at: OnDesk, typed: Typed) -> DecideBar | None:
    if at.open is not None and at.may_decide:
        return decide_bar(view, at.open, at.desk, at.query, typed)
    return hand_back_bar(at, typed) if called_back(at) else None


def _typed_text(shown: Shown, typed: Typed) -> str:
    return shown.act.comment if shown.act else typed.comment


def _draft(desk: Desk, task: Task) -> Typed:
    kept = drafts.load(desk.session, desk.caller.account_id, draft_subject(task))
    return Typed(comment=kept.fields.get("comment", "")) if kept else Typed()


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
