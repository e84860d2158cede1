"""更正数据 by a reviewer: whoever looked at the old facts must look again."""

from datetime import datetime

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, Correct, OpenTask, RouteStep
from models.rules.approval.history import accepted, refuse_stale, refuse_without_reason, task_of
from models.rules.approval.normal import normalised, open_step
from models.rules.approval.people import check_person
from models.rules.approval.route import position, step_of
from models.rules.approval.signing import resettled

FACTS = "facts"
"""The field of `looks_at` and `changed` that a correction touches."""


def check_correct(state: ApprovalState, act: Correct) -> None:
    """A reviewer may correct facts only on the open task of a step that allows it."""
    state = normalised(state)
    task = task_of(state, act.task_id)
    check_person(state, task, act)
    if task.step == NOBODY_TO_ACT or not step_of(state, state.stage).may_correct_facts:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    refuse_stale(task, act.version)
    refuse_without_reason(act)
    if not act.corrections:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1)


def correct(state: ApprovalState, act: Correct, at: datetime) -> ApprovalState:
    """The same step with newer task versions; signatures under the old facts, here and further on, do not count.

    Steps behind the case keep theirs: the corrected facts are before the steps ahead of it.
    """
    check_correct(state, act)
    state = normalised(state)
    step, here = open_step(state), position(state, state.stage)
    if judges(step_of(state, state.stage), FACTS):
        step = step.model_copy(update={"sign_offs": ()})
    passed = tuple(
        one for one in state.passed if position(state, one.stage) < here or not judges(step_of(state, one.stage), FACTS)
    )
    tasks = resettled(step, tuple(_newer(task, step.stage.value) for task in state.tasks))
    return accepted(state, act, at, "correct", {"step": step, "passed": passed, "tasks": tasks})


def judges(step: RouteStep, field: str) -> bool:
    """Whether a step looks at a field; one that names none looks at everything."""
    return not step.looks_at or field in step.looks_at


def _newer(task: OpenTask, step: str) -> OpenTask:
    return task.model_copy(update={"version": task.version + 1}) if task.step == step else task
