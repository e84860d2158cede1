"""A launch as JSON, and the one the caller may read."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from api.deps import Action, Caller
from api.schemas.rollout import FileRefAnswer, ItemAnswer, PartAnswer, RolloutAnswer
from models.errors import DomainError, ErrorCode
from models.services.desk import attachments
from models.services.desk.attachments import Attached
from models.services.rollout.overview import ItemRow, Overview, PartRow, overview_of
from models.stores.rollout import RolloutStore


def visible_launch(session: Session, caller: Caller, case_id: UUID | None, now: datetime) -> Overview:
    """A launch, or the newest one, as the caller sees it. Raises NOT_FOUND."""
    store = RolloutStore(session)
    case = store.get(case_id) if case_id is not None else store.newest()
    found = overview_of(session, case, caller.scope(Action.READ_ROLLOUT), now) if case else None
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return found


def launch_file(session: Session, caller: Caller, case_id: UUID, attachment_id: UUID, now: datetime) -> Attached:
    """A file handed in with a part that the caller sees. Raises NOT_FOUND."""
    found = visible_launch(session, caller, case_id, now)
    if not any(file.id == attachment_id for row in found.items for part in row.parts for file in part.files):
        raise DomainError(ErrorCode.NOT_FOUND)
    return attachments.read(session, found.case.id, attachment_id)


def launch_answer(found: Overview) -> RolloutAnswer:
    """The whole launch."""
    case, state = found.case, found.state
    return RolloutAnswer(
        case_id=case.id,
        stage=state.stage,
        version=state.version,
        outcome=state.outcome,
        start_on=state.start_on,
        branches=list(state.branches),
        done=found.progress.done,
        total=found.progress.total,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        items=[_item(row) for row in found.late_first],
    )


def _item(row: ItemRow) -> ItemAnswer:
    standing, entry = row.standing, row.entry
    return ItemAnswer(
        number=entry.number,
        name_zh=entry.name_zh,
        name_en=entry.name_en,
        result_zh=entry.result_zh,
        result_en=entry.result_en,
        responsible=list(standing.item.responsible),
        from_on=standing.item.from_on,
        to_on=standing.item.to_on,
        after=list(standing.item.after),
        place=standing.place,
        late=standing.late,
        critical=standing.critical,
        waits_for=list(standing.waits_for),
        done=standing.progress.done,
        total=standing.progress.total,
        parts=[_part(part) for part in row.parts],
    )


def _part(row: PartRow) -> PartAnswer:
    answer = PartAnswer(role=row.part.role, institution_code=row.part.institution_code, institution=row.place)
    if row.task is None:
        return answer
    answer.task_id = row.task.id
    if row.done is None:
        answer.version, answer.holder = row.version, row.holder
        answer.due_at, answer.late = row.task.due_at, row.late
        return answer
    answer.done_at, answer.done_by, answer.result = row.done.at, row.done.actor_name, row.done.comment or ""
    answer.files = [FileRefAnswer(attachment_id=file.id, name=file.name, size=file.size) for file in row.files]
    return answer
