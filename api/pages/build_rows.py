"""One row of the inbox: whose task it is, what stands in the way, and what can be done with one click."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from api import bulk
from api.act_base import OnTask, act_fields, in_place_of
from api.chain_acts import refusal_of
from api.pages.build_acts import may_claim
from api.pages.build_clock import task_pill
from api.pages.build_rollout_rows import launch_task_row
from api.pages.build_service_rows import Named, service_task_row
from api.pages.build_task_tags import task_tags, tier_tags
from api.pages.desk import Desk
from api.pages.format import instant, stamp, value_short
from api.pages.i18n import _
from api.pages.inbox_query import InboxQuery
from api.pages.view.acts import ActForm
from api.pages.view.common import Link, Tag, TagTone
from api.pages.view.inbox import TaskRow
from api.pages.words import case_word, step_word, word
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, Decide, PastAct
from models.messages.handing import TakeBack
from models.rulebook import Bulk
from models.rules import approval
from models.rules.stand_ins import StoodFor, Subject
from models.services.case_state import approval_of, is_approval, is_service
from models.services.idempotency import Key
from models.services.rulebooks import formula_of, rulebook_of
from models.services.stand_ins import offered
from models.stores.cases import CaseStore
from models.stores.desk import DeskStore
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.tables.cases import Case, Task
from models.types import OPEN_TASK_STATES, Box, CaseKind, SeatKind, Stage, Tier, Verdict


@dataclass(frozen=True)
class Reading:
    """What all rows of one page are made from, loaded at once."""

    desk: Desk
    query: InboxQuery
    cases: Mapping[UUID, Case]
    paths: Mapping[str, str]
    snoozed: Mapping[UUID, datetime]
    bulk_rules: Mapping[UUID, Bulk]
    """By the version of the rulebook that a case pinned."""
    named: Named

    @classmethod
    def of(cls, desk: Desk, query: InboxQuery, tasks: Sequence[Task]) -> "Reading":
        """Cases, what was put off and, for a stand-in, where institutions lie."""
        cases = CaseStore(desk.session).by_ids({task.case_id for task in tasks})
        standing = bool(desk.person.stands_for)
        places = InstitutionStore(desk.session).all(EVERYTHING) if standing else []
        asleep = DeskStore(desk.session).snoozed(desk.caller.account_id, {task.id for task in tasks})
        versions = {case.rulebook_version_id for case in cases.values()}
        rules = {version: rulebook_of(desk.session, version).rulebook.desk.bulk for version in versions}
        return cls(
            desk,
            query,
            cases,
            {place.code: place.path for place in places},
            asleep,
            rules,
            Named.of(desk, cases.values()),
        )

    def stood_for(self, task: Task, case: Case) -> StoodFor | None:
        """The person the reader has this task from, as a stand-in."""
        person = self.desk.person
        own = task.assignee_id == person.account_id
        posted = task.assignee_id is None and (task.role, task.institution_code) in person.posts
        if own or posted:
            return None
        subject = Subject(CaseKind(case.kind), Tier(case.tier), self.paths.get(case.institution_code, "/"))
        return next((item for item in person.stands_for if offered(item, task, subject)), None)


def task_row(reading: Reading, task: Task) -> TaskRow:
    """The row of a task."""
    desk, case = reading.desk, reading.cases[task.case_id]
    stood_for = reading.stood_for(task, case)
    if not is_approval(case):
        by, act = stood_for.principal_name if stood_for else "", _taking(reading, task)
        if is_service(case):
            return service_task_row(desk, task, case, reading.named, stood_for=by, act=act)
        return launch_task_row(desk, task, case, stood_for=by, act=act)
    state = approval_of(case)
    barred = _barred(desk, task, state, stood_for)
    found = OnTask(task, case, state)
    returned = task.step == Stage.DECLARED.value
    return TaskRow(
        task_id=str(task.id),
        href=f"/cases/{case.id}" if returned else reading.query.href(f"/tasks/{task.id}"),
        pill=task_pill(desk, task, state),
        kind=case_word(case.kind, case.subject, case.tier_applied, case.seat_kind),
        subject=task.customer_name,
        tags=(*tier_tags(case), *_tags(reading, found, stood_for)),
        context=_context(desk, task, state),
        value=row_value(desk, case),
        value_note=row_rank(desk, case),
        step=_step_word(desk, task),
        tick=_tick(reading, found, barred),
        act=_one_click(reading, found, barred),
        why=_why_not(barred) if barred is not None else "",
        handing=_handing(reading, task, barred),
    )


def _barred(desk: Desk, task: Task, state: ApprovalState, stood_for: StoodFor | None) -> DomainError | None:
    """What 四眼原则 says against the reader; of whose turn it is, the tags speak."""
    waiting = next((item for item in state.tasks if item.task_id == task.id), None)
    if waiting is None or task.step in {NOBODY_TO_ACT, Stage.DECLARED.value} or task.state not in OPEN_TASK_STATES:
        return None
    fields: dict[str, Any] = act_fields(desk.caller, Key(desk.caller.account_id, "asked", "", ""), "")
    fields |= in_place_of(stood_for) if stood_for else {}
    asked = Decide(**fields, task_id=task.id, version=waiting.version, verdict=Verdict.APPROVE)
    error = refusal_of(lambda: approval.check_person(state, waiting, asked))
    return error if error and error.code in _WHY else None


_WHY = (ErrorCode.OWN_CASE, ErrorCode.CONSECUTIVE_STEP)


def _why_not(barred: DomainError) -> str:
    if barred.code is ErrorCode.OWN_CASE:
        return _("您申报的，不能审批。")
    return _("您办理了上一步，不能连办。")


def _handing(reading: Reading, task: Task, barred: DomainError | None) -> Link | None:
    if barred is None or not reading.desk.caller.may(Action.ACT_ON_TASKS):
        return None
    return Link(text=_("转办"), href=reading.query.href(f"/tasks/{task.id}", open="transfer"))


def _tick(reading: Reading, found: OnTask, barred: DomainError | None) -> str | None:
    """The checkbox, on rows that the rulebook lets be decided in bulk and the reader may decide."""
    if reading.query.box is not Box.TODO or barred is not None or not reading.desk.caller.may(Action.ACT_ON_TASKS):
        return None
    waiting = next((item for item in found.state.tasks if item.task_id == found.task.id), None)
    held = waiting is not None and not waiting.waiting and waiting.delegate_id is None
    rules = reading.bulk_rules[found.case.rulebook_version_id]
    if not held or refusal_of(lambda: bulk.refuse_single(rules, found)) is not None:
        return None
    return f"{found.task.id}:{found.task.version}"


def _one_click(reading: Reading, found: OnTask, barred: DomainError | None) -> ActForm | None:
    """撤回 of one's own decision; and what can be done with a task of any kind."""
    if reading.query.box is Box.DONE and _may_take_back(reading.desk, found):
        return _button(reading, found.task, "take_back", _("撤回"))
    return _taking(reading, found.task, barred)


def _taking(reading: Reading, task: Task, barred: DomainError | None = None) -> ActForm | None:
    """领取 from the queue; 恢复 of what was put off."""
    if reading.query.box is Box.QUEUE and barred is None and may_claim(reading.desk, task):
        return _button(reading, task, "claim", _("领取"))
    if task.id in reading.snoozed and reading.snoozed[task.id] > reading.desk.now:
        return _button(reading, task, "snooze", _("现在处理"))
    return None


def _may_take_back(desk: Desk, found: OnTask) -> bool:
    act = TakeBack(**act_fields(desk.caller, Key(desk.caller.account_id, "asked", "", ""), ""), task_id=found.task.id)
    return desk.caller.may(Action.ACT_ON_TASKS) and refusal_of(lambda: approval.check(found.state, act)) is None


def _button(reading: Reading, task: Task, name: str, text: str) -> ActForm:
    return ActForm(
        name=name,
        action=reading.query.href(f"/tasks/{task.id}/acts/{name}"),
        text=text,
        idempotency_key=uuid4().hex,
        fixed=(("back", "list"),),
    )


def _tags(reading: Reading, found: OnTask, stood_for: StoodFor | None) -> tuple[Tag, ...]:
    """Round, special seat, for whom, and what is particular about the task."""
    task, tags = found.task, list[Tag]()
    if task.round > 1:
        tags.append(Tag(text=_("第 %(round)s 轮", round=task.round), tone=TagTone.BLUE))
    if found.state.seat_kind is SeatKind.SPECIAL:
        tags.append(Tag(text=word(SeatKind.SPECIAL), tone=TagTone.VIOLET))
    if task.state in OPEN_TASK_STATES:
        tags += task_tags(reading.desk, task, stood_for.principal_name if stood_for else "")
    until = reading.snoozed.get(task.id)
    if until is not None and until > reading.desk.now:
        when = instant(until, reading.desk.now)
        tags.append(Tag(text=_("稍后至 %(when)s", when=when), tone=TagTone.OUTLINE, icon="clock"))
    return tuple(tags)


def _step_word(desk: Desk, task: Task) -> str:
    if task.delegated_by is not None and task.assignee_id == desk.caller.account_id:
        return _("提出意见")
    return step_word(task.step)


def row_value(desk: Desk, case: Case) -> str:
    """The customer value of a case, where the reader may see it."""
    if not desk.caller.may(Action.READ_SCORES):
        return ""
    return value_short(case.value, formula_of(desk.session, case.rulebook_version_id))


def row_rank(desk: Desk, case: Case) -> str:
    """Its place in the list."""
    if case.rank is None or not desk.caller.may(Action.READ_SCORES):
        return ""
    return _("第 %(rank)s 名", rank=f"{case.rank:,}")


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
