"""What operations may do to one case now, act by act, and what refuses the rest: the page and its JSON ask this."""

from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session

from api import ops_acts
from api.act_base import now
from api.chain_acts import refusal_of
from api.deps import Caller
from api.gateway.reads import Look
from api.ops_judging import refuse_lost, refuse_reset, refuse_terminate
from models.errors import DomainError, ErrorCode
from models.ops_types import OpsAct
from models.services.idempotency import Key
from models.services.reconcile.runs import watch
from models.stores.desk import DeskStore
from models.tables.cases import Case
from models.types import TaskState

ASKED = "asked"
"""The reason and the key of an act that is only tried."""
_BY_RUN = frozenset({OpsAct.SKIP, OpsAct.CANCEL})
"""Acts that the run of the case carries out."""


class Offer(NamedTuple):
    """One act, and what would refuse it."""

    act: OpsAct
    refusal: DomainError | None


class Standing(NamedTuple):
    """A case and one look at its run."""

    case: Case
    look: Look[BaseModel]


def offers(session: Session, caller: Caller, found: Standing) -> tuple[Offer, ...]:
    """Every act on the case but 改派, which stands at its task. Nothing is kept and nothing is sent."""
    return tuple(Offer(act, refusal_of(lambda act=act: refuse(session, caller, found, act))) for act in OpsAct)  # type: ignore[misc]


def refuse(session: Session, caller: Caller, found: Standing, act: OpsAct) -> None:
    """Raises what refuses the act now."""
    case, at, key = found.case, now(), asked_key(caller.account_id)
    if act in _BY_RUN:
        refuse_lost(case, found.look)
    match act:
        case OpsAct.RETRY:
            _refuse_retry(found)
        case OpsAct.RELEASE:
            _refuse_release(session, case)
        case OpsAct.SKIP:
            ops_acts.skip(caller, key, case.id, reason=ASKED)(session)
        case OpsAct.CANCEL:
            ops_acts.cancel(caller, key, case.id, reason=ASKED)(session)
        case OpsAct.RESET:
            refuse_reset(case, found.look, watch(session, at).failing_tries)
        case OpsAct.TERMINATE:
            refuse_terminate(case, found.look, watch(session, at).failing_tries, at)


def asked_key(account_id: UUID) -> Key:
    """The key of an act that is only tried."""
    return Key(account_id, ASKED, "", "")


def _refuse_retry(found: Standing) -> None:
    """Raises WRONG_STAGE where no activity fails."""
    trouble = found.look.trouble
    if trouble is None or not trouble.activity:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=found.case.stage.value)


def _refuse_release(session: Session, case: Case) -> None:
    if not any(task.state is TaskState.CLAIMED for task in DeskStore(session).open_tasks(case.id)):
        raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
