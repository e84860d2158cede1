"""Acts on a launch before they are sent: authorised, loaded and written as messages."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts
from api.act_base import act_fields, fields_on_task, known_person, now, same_that_stands, visible_task
from api.acts import Prepare, Standing
from api.deps import Caller
from api.desk_acts import actor_of
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.identifiers import rollout_id
from models.messages.envelope import RolloutStart, RolloutUpdate
from models.messages.handing import Target
from models.messages.rollout import (
    CancelRollout,
    CompletePart,
    LaunchRollout,
    PlannedItem,
    PlanRollout,
    ReassignPart,
    RescheduleItem,
    RolloutAct,
    StartRollout,
)
from models.rules import rollout as rules
from models.services.authority import is_authorised
from models.services.calendars import case_calendar
from models.services.case_state import launch_of, refuse_closed
from models.services.desk import comments
from models.services.desk.attachments import Attached
from models.services.idempotency import Key
from models.services.rollout import opening
from models.services.rulebooks import rulebook_of
from models.stores.rollout import RolloutStore
from models.tables.cases import Case
from models.tables.columns import new_id
from models.types import OPEN_TASK_STATES


def open_launch(
    caller: Caller, key: Key, *, start_on: date, branches: Sequence[str] = (), comment: str = ""
) -> Prepare:
    """A draft from the template; without branches all of them take part.

    Raises DUPLICATE_CASE with the open launch, INVALID_INPUT; the same content again is the launch that stands.
    """

    def prepare(session: Session) -> RolloutStart | Standing:
        case_id = new_id()
        start = StartRollout(
            **act_fields(caller, key, comment.strip()),
            case_id=case_id,
            workflow_id=rollout_id(case_id),
            start_on=start_on,
            branches=tuple(branches) or opening.all_branches(session),
        )
        return _starting(session, start)

    return prepare


def replan(
    caller: Caller,
    key: Key,
    case_id: UUID,
    *,
    version: int,
    start_on: date,
    branches: Sequence[str],
    items: Sequence[PlannedItem],
    comment: str = "",
) -> Prepare:
    """The draft anew. Raises INVALID_INPUT with everything that is wrong, STALE_VERSION, WRONG_STAGE."""

    def build(session: Session, _: Case) -> RolloutAct:
        opening.refuse_unknown_branches(session, tuple(branches))
        fields = act_fields(caller, key, comment.strip())
        return PlanRollout(**fields, version=version, start_on=start_on, branches=tuple(branches), items=tuple(items))

    return _on_launch(case_id, build)


def launch(caller: Caller, key: Key, case_id: UUID, *, version: int, comment: str = "") -> Prepare:
    """启动. Raises STALE_VERSION, WRONG_STAGE."""
    fields = act_fields(caller, key, comment.strip())
    return _on_launch(case_id, lambda *_: LaunchRollout(**fields, version=version))


def reschedule(
    caller: Caller, key: Key, case_id: UUID, *, version: int, number: int, dates: tuple[date, date], comment: str
) -> Prepare:
    """改期 of one piece of work. Raises REASON_REQUIRED, INVALID_INPUT, STALE_VERSION, WRONG_STAGE."""

    def build(session: Session, case: Case) -> RolloutAct:
        fields = act_fields(caller, key, comment.strip())
        act = RescheduleItem(**fields, version=version, number=number, from_on=dates[0], to_on=dates[1])
        rules.apply(launch_of(case), act, now(), case_calendar(session, case, now()))
        return act

    return _on_launch(case_id, build)


def cancel(caller: Caller, key: Key, case_id: UUID, *, version: int, comment: str) -> Prepare:
    """取消. Raises REASON_REQUIRED, STALE_VERSION."""
    fields = act_fields(caller, key, comment.strip())
    return _on_launch(case_id, lambda *_: CancelRollout(**fields, version=version))


@dataclass(frozen=True)
class Result:
    """What a part is completed with: the task as it was seen, its result 成果, and files."""

    version: int
    comment: str
    files: Sequence[Attached] = ()


@dataclass
class Completing:
    """完成 of a part, by whoever has its task or stands in; its files are kept beside it, in a comment of the case."""

    database: Database
    caller: Caller
    task_id: UUID
    result: Result
    _kept: UUID | None = None

    def under(self, key: Key) -> Prepare:
        """The act under its key.

        Raises NOT_FOUND, NOT_YOUR_TASK, ALREADY_CLAIMED, ALREADY_DECIDED, STALE_VERSION, INVALID_INPUT, FILE_TOO_LARGE.
        """

        def prepare(session: Session) -> RolloutUpdate:
            case = _case_of(session, self.caller, self.task_id)
            task = visible_task(session, self.caller, self.task_id)
            if task.state not in OPEN_TASK_STATES:
                refuse_closed(case, task)
            own = act_fields(self.caller, key, self.result.comment.strip())
            fields = fields_on_task(session, own, self.caller, task, case)
            act = CompletePart(**fields, task_id=self.task_id, version=self.result.version)
            rules.check(launch_of(case), act)
            self._keep(session, case, act.comment)
            return RolloutUpdate(workflow_id=case.workflow_id, act=act)

        return prepare

    @asynccontextmanager
    async def files_kept_if_done(self) -> AsyncIterator[None]:
        """Around the sending: files of what was refused, or was never sent, are not left behind."""
        try:
            yield
        except DomainError as error:
            if error.code not in acts.UNDECIDED and self._kept is not None:
                await run_in_threadpool(self._drop, self._kept)
            raise

    def _keep(self, session: Session, case: Case, text: str) -> None:
        if self.result.files:
            by, files = actor_of(self.caller), self.result.files
            self._kept = comments.comment(session, case, by, text, files=files, task_id=self.task_id).id

    def _drop(self, comment_id: UUID) -> None:
        with self.database.write() as session:
            comments.take_out(session, comment_id, actor_of(self.caller))


def reassign(caller: Caller, key: Key, task_id: UUID, *, version: int, to: UUID, comment: str) -> Prepare:
    """改派 of a part to a person. Raises NOT_FOUND, REASON_REQUIRED, BAD_TRANSFER_TARGET, STALE_VERSION."""

    def prepare(session: Session) -> RolloutUpdate:
        case = _case_of(session, caller, task_id)
        task = visible_task(session, caller, task_id)
        account = known_person(session, to)
        desk = rulebook_of(session, case.rulebook_version_id).rulebook.desk
        allowed = is_authorised(session, desk, account.id, task.role, task.institution_code)
        target = Target(account_id=account.id, name=account.name, authorised=allowed)
        fields = act_fields(caller, key, comment.strip())
        act = ReassignPart(**fields, task_id=task_id, version=version, to=target)
        rules.check(launch_of(case), act)
        return RolloutUpdate(workflow_id=case.workflow_id, act=act)

    return prepare


def _on_launch(case_id: UUID, build: Callable[[Session, Case], RolloutAct]) -> Prepare:
    def prepare(session: Session) -> RolloutUpdate:
        case = RolloutStore(session).get(case_id)
        if case is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        act = build(session, case)
        rules.check(launch_of(case), act)
        return RolloutUpdate(workflow_id=case.workflow_id, act=act)

    return prepare


def _case_of(session: Session, caller: Caller, task_id: UUID) -> Case:
    task = visible_task(session, caller, task_id)
    case = RolloutStore(session).get(task.case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return case


def _starting(session: Session, start: StartRollout) -> RolloutStart | Standing:
    """The start, or the open launch that has this very content already."""
    try:
        opening.check(session, start, now())
    except DomainError as error:
        return same_that_stands(session, error, start.content_hash)
    return RolloutStart(act=start)
