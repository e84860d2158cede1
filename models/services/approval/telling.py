"""Who hears of an act, in its own transaction: whose turn it is now and not before, and the declarant of its case."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask
from models.messages.handing import Delegate, HandBack, Reassign, Transfer
from models.messages.qualification import RecordStep
from models.rules.approval import DECLARED
from models.services.approval.subjects import subject_of
from models.services.approval.tasks import holder_of, who_may_act
from models.services.notifications import emit, notify
from models.services.stand_ins import who_hears
from models.stores.case_names import case_name
from models.tables.cases import Case
from models.types import Outcome, Verdict

TASK_OPENED = "task_opened"
_HANDED: dict[type, str] = {
    Transfer: "task_transferred",
    Reassign: "task_transferred",
    Delegate: "task_delegated",
    HandBack: "task_handed_back",
}


def tell_opened(session: Session, case: Case, state: ApprovalState) -> None:
    """The first tasks of a case: whose turn it is, and of what a lone approval is about."""
    first = subject_of(case.subject).opened_as if case.subject else TASK_OPENED
    for task in state.tasks:
        template = _opening(state, task)
        template = first if template == TASK_OPENED else template
        _announce(session, case, state, task, template, by=state.acts[-1].actor_name, text="")


def tell_step(session: Session, case: Case, message: RecordStep, after: ApprovalState) -> None:
    """Everything that one act changed for somebody."""
    known = {task.task_id: task for task in message.before.tasks}
    by, text = shown_name(message), message.act.comment
    for task in after.tasks:
        template = _news(message, known.get(task.task_id), task, after)
        if template:
            _announce(session, case, after, task, template, by=by, text=text)
        elif known[task.task_id] != task:
            _emit(session, "task_changed", case, after, task)
    left = [task for task in message.before.tasks if task.task_id not in {other.task_id for other in after.tasks}]
    for task in left:
        _emit(session, "task_closed", case, after, task)
    _tell_about_case(session, case, message, after, left)


def shown_name(message: RecordStep) -> str:
    """B 代 A where somebody stands in."""
    act = message.act
    return f"{act.actor_name} 代 {act.on_behalf_of_name}" if act.on_behalf_of_name else act.actor_name


def _news(message: RecordStep, old: OpenTask | None, new: OpenTask, after: ApprovalState) -> str | None:
    """The template for whoever has the task now; None when it is still with the same people, or not their turn."""
    if old is not None and holder_of(old) != holder_of(new):
        return _HANDED.get(type(message.act), "task_transferred")
    if new.waiting or (old is not None and not old.waiting):
        return None
    return _opening(after, new)


def _opening(state: ApprovalState, task: OpenTask) -> str:
    if task.step == NOBODY_TO_ACT:
        return NOBODY_TO_ACT
    if task.step == DECLARED:
        return "case_returned"
    seats = state.step.signers if state.step else ()
    added = any(seat.signer_id == task.signer_id and seat.added_by is not None for seat in seats)
    return "signer_added" if added else TASK_OPENED


def _announce(
    session: Session, case: Case, state: ApprovalState, task: OpenTask, template: str, *, by: str, text: str
) -> None:
    """Tell whoever may act on the task, and who stands in for them (代理), once per event of it."""
    notify(
        session,
        to=sorted(_hear_of(session, case, state, task, at=state.acts[-1].at)),
        template=template,
        key=f"{template}:{task.task_id}:{task.version}",
        at=state.acts[-1].at,
        case_id=case.id,
        task_id=task.task_id,
        context={
            **_about(session, case),
            "step": task.step,
            "role": task.role.value,
            "by": by,
            "due_at": _due(task),
            "text": text,
        },
    )
    _emit(session, "task_opened", case, state, task)


def _hear_of(session: Session, case: Case, state: ApprovalState, task: OpenTask, *, at: datetime) -> frozenset[UUID]:
    return who_hears(session, case, who_may_act(session, state, task), at)


def _tell_about_case(
    session: Session, case: Case, message: RecordStep, after: ApprovalState, left: list[OpenTask]
) -> None:
    context = {
        **_about(session, case),
        "step": message.before.stage.value,
        "by": shown_name(message),
        "text": message.act.comment,
        "outcome": after.outcome.value if after.outcome else "",
    }
    for template, people in _about_case(session, case, message.before, after, left):
        notify(
            session,
            to=[account_id for account_id in people if account_id != message.act.actor_id],
            template=template,
            key=f"{template}:{case.id}:{after.step_no}",
            at=message.at,
            case_id=case.id,
            context=context,
        )


def _about_case(
    session: Session, case: Case, before: ApprovalState, after: ApprovalState, left: list[OpenTask]
) -> Iterator[tuple[str, Iterable[UUID]]]:
    """What the declarant hears of its case, and those whose open tasks fell away without their doing."""
    past = after.acts[-1]
    others = {person for task in left for person in _hear_of(session, case, before, task, at=past.at)}
    if after.outcome is Outcome.APPROVED:
        yield "case_decided", [case.declared_by]
    elif after.outcome is Outcome.REJECTED:
        yield "case_rejected", [case.declared_by]
    elif after.outcome is Outcome.WITHDRAWN:
        yield "case_withdrawn", sorted({case.declared_by, *others})
    elif past.act == "take_back":
        yield "taken_back", sorted({case.declared_by, *others})
    elif past.verdict is Verdict.RETURN and not any(task.step == DECLARED for task in after.tasks):
        yield "case_returned", [case.declared_by]


def _emit(session: Session, kind: str, case: Case, state: ApprovalState, task: OpenTask) -> None:
    """Open pages of the person it lies with, or of everybody at its post."""
    holder = holder_of(task)
    emit(
        session,
        kind,
        state.acts[-1].at,
        case_id=case.id,
        task_id=task.task_id,
        account_id=holder,
        role=None if holder else task.role,
        institution_code=None if holder else task.institution_code,
    )


def _about(session: Session, case: Case) -> dict[str, str]:
    return {"customer_no": case.number, "customer_name": case_name(session, case)}


def _due(task: OpenTask) -> str:
    return task.deadline.due_at.isoformat()
