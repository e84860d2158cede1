"""会签 live as JSON: every seat of the open step with where it stands."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from api.schemas.desk import SignerAnswer, SignersAnswer
from models.messages.approval import ApprovalState, OpenTask, Signer, SignOff
from models.rules import approval
from models.stores.desk import DeskStore
from models.types import Verdict

_SIGNED = {Verdict.APPROVE: "approved", Verdict.REJECT: "rejected", Verdict.RETURN: "returned"}


def signers_answer(session: Session, state: ApprovalState) -> SignersAnswer:
    """Where the signatures of the case's open step stand; no seat while no step is open."""
    standing, step = approval.standing(state), approval.normalised(state).step
    seats = step.signers if step else ()
    adders = {seat.added_by for seat in seats if seat.added_by is not None}
    behalf = {one.on_behalf_of for one in (step.sign_offs if step else ()) if one.on_behalf_of is not None}
    names = DeskStore(session).names(adders | behalf) if adders | behalf else {}
    signed = {one.signer_id: one for one in step.sign_offs} if step else {}
    asked = {task.signer_id: task for task in state.tasks if step and task.step == step.stage.value}
    return SignersAnswer(
        stage=state.stage,
        round=state.round,
        rule=step.rule if step else None,
        needed=standing.needed,
        approved=standing.approved,
        rejected=standing.rejected,
        missing=[seat.signer_id for seat in standing.missing],
        signers=[_seat(seat, signed.get(seat.signer_id), asked.get(seat.signer_id), names) for seat in seats],
    )


def _seat(seat: Signer, sign_off: SignOff | None, task: OpenTask | None, names: Mapping[UUID, str]) -> SignerAnswer:
    return SignerAnswer(
        signer_id=seat.signer_id,
        name=sign_off.actor_name if sign_off else seat.name,
        role=seat.role,
        institution_code=seat.institution_code,
        group=seat.group,
        state=_state(sign_off, task),
        added_by=names.get(seat.added_by) if seat.added_by else None,
        added_by_id=seat.added_by,
        waits_for=seat.waits_for,
        task_id=sign_off.task_id if sign_off else task.task_id if task else None,
        on_behalf_of=names.get(sign_off.on_behalf_of) if sign_off and sign_off.on_behalf_of else None,
        at=sign_off.at if sign_off else None,
    )


def _state(sign_off: SignOff | None, task: OpenTask | None) -> str:
    if sign_off is not None:
        return _SIGNED[sign_off.verdict]
    if task is None:
        return "not_needed"
    return "waiting" if task.waiting else "open"
