"""Whom a task may be handed to, asked or shown: the choices of a picker, with why one of them would be refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from sqlmodel import Session

from api.act_base import OfCase, OnTask, act_fields, desk_rules
from api.chain_acts import refusal_of
from api.deps import Action, Caller
from api.security.policy import holders
from models.errors import ErrorCode
from models.messages.handing import AddSigner, ChainAct, Delegate, Reassign, Target, Transfer
from models.rules import approval
from models.services.authority import posts_cover
from models.services.case_state import approval_of, is_approval
from models.services.idempotency import Key
from models.stores.cases import CaseStore
from models.stores.desk import DeskStore
from models.stores.people import PeopleStore
from models.tables.cases import Case, Task
from models.tables.organisation import Account, Institution
from models.types import OPEN_TASK_STATES, AddedPosition, Door, Role


class Purpose(StrEnum):
    """What a person is looked for."""

    TRANSFER = "transfer"
    DELEGATE = "delegate"
    ADD_SIGNER = "add_signer"
    REASSIGN = "reassign"
    ASK = "ask"
    CC = "cc"
    MENTION = "mention"


_NEEDS = {
    Purpose.TRANSFER: Action.ACT_ON_TASKS,
    Purpose.DELEGATE: Action.ACT_ON_TASKS,
    Purpose.ADD_SIGNER: Action.ACT_ON_TASKS,
    Purpose.REASSIGN: Action.ACT_ON_TASKS,
    Purpose.ASK: Action.COMMENT_CASE,
    Purpose.CC: Action.READ_CASES,
    Purpose.MENTION: Action.READ_CASES,
}
_ABOUT_THE_PERSON = {ErrorCode.BAD_TRANSFER_TARGET, ErrorCode.OWN_CASE, ErrorCode.CONSECUTIVE_STEP}


@dataclass(frozen=True)
class Candidate:
    """A person to choose. `authorised`: may decide the task by its own posts; `why_not`: what would refuse it."""

    id: UUID
    name: str
    posts: tuple[tuple[Role, str], ...]
    """As (role, name of the institution)."""
    authorised: bool
    why_not: ErrorCode | None = None


def candidates(session: Session, caller: Caller, task: Task, purpose: Purpose) -> list[Candidate]:
    """People of the case's branch and above it who hold a post for the purpose; those who may act come first."""
    case = CaseStore(session).get(task.case_id)
    if case is None:
        return []
    found = OnTask(task, case, approval_of(case)) if is_approval(case) else OfCase(task, case)
    desk, above = desk_rules(session, case), PeopleStore(session).ancestry(task.institution_code)
    choices = []
    for account, posts in _people(session, case, purpose):
        authorised = posts_cover(desk, task.role, above, posts)
        target = Target(account_id=account.id, name=account.name, authorised=authorised)
        named = tuple((role, place.name) for role, place in posts)
        choices.append(Candidate(account.id, account.name, named, authorised, _refusal(caller, found, purpose, target)))
    return sorted((c for c in choices if c.id != caller.account_id), key=lambda c: (c.why_not is not None, c.name))


def _people(session: Session, case: Case, purpose: Purpose) -> Iterator[tuple[Account, list[tuple[Role, Institution]]]]:
    """Everybody near the case with the posts that serve the purpose."""
    ancestry = PeopleStore(session).ancestry(case.institution_code)
    rows = DeskStore(session).posts_near(ancestry, holders(_NEEDS[purpose])) if ancestry else []
    for account, group in groupby(rows, key=lambda row: row[0]):
        yield account, [(role, place) for _, role, place in group]


def _refusal(caller: Caller, found: OfCase, purpose: Purpose, to: Target) -> ErrorCode | None:
    """What the rules say against the person; of whatever else stands in the way nothing is said here."""
    act = _act(caller, found, purpose, to)
    if act is None or not isinstance(found, OnTask) or found.task.state not in OPEN_TASK_STATES:
        return None
    error = refusal_of(lambda: approval.check(found.state, act))
    return error.code if error and error.code in _ABOUT_THE_PERSON else None


def _act(caller: Caller, found: OfCase, purpose: Purpose, to: Target) -> ChainAct | None:
    """The act that would name the person; None where the person is only told or asked."""
    own = act_fields(caller, Key(caller.account_id, "asked", "", ""), "?")
    common = {**own, "task_id": found.task.id, "version": found.task.version, "to": to}
    match purpose:
        case Purpose.TRANSFER:
            return Transfer(**common)
        case Purpose.DELEGATE:
            return Delegate(**common)
        case Purpose.ADD_SIGNER:
            return AddSigner(**common, position=AddedPosition.AFTER)
        case Purpose.REASSIGN:
            return Reassign(**common | {"door": Door.OVERRIDE})
        case _:
            return None
