"""`/tasks/{task_id}`: what moves nothing: claim, release, snooze, copy, ask; and who may be named."""

from datetime import UTC
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import Session

from api import desk_acts
from api.act_base import on_task, visible_task
from api.candidates import Purpose, candidates
from api.case_answers import task_answer
from api.deps import Action, Caller, DatabaseDep, require
from api.routes.recording import Recording, recording
from api.schemas.cases import TaskAnswer
from api.schemas.desk import (
    AlarmAnswer,
    AskBody,
    CandidateAnswer,
    CandidatePostAnswer,
    CopiedAnswer,
    CopyBody,
    PersonRefAnswer,
    SaidAnswer,
    SignersAnswer,
    SnoozeBody,
    SnoozedAnswer,
)
from api.signer_answers import signers_answer
from models.services.desk.once import Facts
from models.stores.desk import DeskStore

router = APIRouter(prefix="/tasks", tags=["tasks"])
ReaderDep = Annotated[Caller, require(Action.READ_TASKS)]
ActorDep = Annotated[Recording, recording(Action.ACT_ON_TASKS)]
SpeakerDep = Annotated[Recording, recording(Action.COMMENT_CASE)]


@router.post("/{task_id}/claim")
def claim(task_id: UUID, by: ActorDep) -> TaskAnswer:
    """领取 from the queue of a post: the first one wins, the others are told who."""
    return by.once(
        f"claim:{task_id}",
        None,
        lambda session, key: desk_acts.claim(session, by.caller, key, task_id),
        lambda session, _: _task(session, by.caller, task_id),
    )


@router.post("/{task_id}/release")
def release(task_id: UUID, by: ActorDep) -> TaskAnswer:
    """放回 to the post."""
    return by.once(
        f"release:{task_id}",
        None,
        lambda session, key: desk_acts.release(session, by.caller, key, task_id),
        lambda session, _: _task(session, by.caller, task_id),
    )


@router.post("/{task_id}/snooze")
def snooze(task_id: UUID, body: SnoozeBody, by: ActorDep) -> SnoozedAnswer:
    """稍后处理: hidden from the caller's inbox until then; the clock runs on."""

    def answer(session: Session, _: Facts) -> SnoozedAnswer:
        row = DeskStore(session).snooze(by.caller.account_id, task_id)
        return SnoozedAnswer(task_id=task_id, snoozed_until=row.until.astimezone(UTC) if row else None)

    return by.once(
        f"snooze:{task_id}",
        body,
        lambda session, key: desk_acts.snooze(session, by.caller, key, task_id, until=body.until),
        answer,
    )


@router.post("/{task_id}/cc")
def cc(task_id: UUID, body: CopyBody, by: SpeakerDep) -> CopiedAnswer:
    """抄送: they may read this one case from now on, and are told."""

    def answer(session: Session, _: Facts) -> CopiedAnswer:
        task, names = visible_task(session, by.caller, task_id), DeskStore(session).names(body.people)
        people = [PersonRefAnswer(account_id=account_id, name=name) for account_id, name in names.items()]
        return CopiedAnswer(case_id=task.case_id, people=sorted(people, key=lambda person: person.name))

    return by.once(
        f"cc:{task_id}",
        body,
        lambda session, key: desk_acts.cc(session, by.caller, key, task_id, people=body.people, text=body.comment),
        answer,
    )


@router.post("/{task_id}/ask")
def ask(task_id: UUID, body: AskBody, by: SpeakerDep) -> SaidAnswer:
    """征询 of one person while the task stays where it is."""

    def answer(session: Session, facts: Facts) -> SaidAnswer:
        return SaidAnswer(case_id=visible_task(session, by.caller, task_id).case_id, comment_id=facts["comment_id"])

    return by.once(
        f"ask:{task_id}",
        body,
        lambda session, key: desk_acts.ask(session, by.caller, key, task_id, to=body.to, text=body.text),
        answer,
    )


@router.get("/{task_id}/signers")
def read_signers(task_id: UUID, database: DatabaseDep, caller: ReaderDep) -> SignersAnswer:
    """会签 live: who signed, who is asked now, what is missing."""
    with database.read() as session:
        return signers_answer(session, on_task(session, caller, task_id).state)


@router.get("/{task_id}/alarms")
def read_alarms(task_id: UUID, database: DatabaseDep, caller: ReaderDep) -> list[AlarmAnswer]:
    """Reminders, breaches and escalations of the task that went off."""
    with database.read() as session:
        task = visible_task(session, caller, task_id)
        return [AlarmAnswer.model_validate(row) for row in DeskStore(session).alarms(task.id)]


@router.get("/{task_id}/candidates")
def list_candidates(
    task_id: UUID, database: DatabaseDep, caller: ReaderDep, purpose: Purpose = Purpose.TRANSFER
) -> list[CandidateAnswer]:
    """Whom the task may be handed to, asked or shown, with what would refuse somebody."""
    with database.read() as session:
        found = candidates(session, caller, visible_task(session, caller, task_id), purpose)
    return [
        CandidateAnswer(
            account_id=person.id,
            name=person.name,
            posts=[CandidatePostAnswer(role=role, institution=place) for role, place in person.posts],
            authorised=person.authorised,
            why_not=person.why_not.value if person.why_not else None,
        )
        for person in found
    ]


def _task(session: Session, caller: Caller, task_id: UUID) -> TaskAnswer:
    task = visible_task(session, caller, task_id)
    session.refresh(task)
    return task_answer(task)
